//! `extends`: a service laid over another, of the same file or of another one.
//!
//! Source: compose-go v2.4.8, `loader/extends.go`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::document::{ResetPath, apply_resets};
use super::load::{Loader, Scope};
use super::merge;
use super::value::{Entry, Map, Scalar, Value};
use crate::source::{Span, TreePath};
use crate::trace::{How, Origin, Text};

/// How long a chain of `extends` may be. Compose has no limit; people write three.
const MAX_CHAIN: usize = 100;

/// Carries out every `extends` of `model`, a document of the file at `path`.
pub(super) fn apply(
    loader: &mut Loader<'_, '_>,
    model: &mut Map,
    path: &TreePath,
    scope: &Scope<'_>,
    resets: &[ResetPath],
) {
    let Some(Entry { value, .. }) = model.get_mut("services") else { return };
    let span = value.span;
    let Some(services) = value.as_map_mut() else {
        loader.refusals.malformed(span, "services has to be a mapping");
        return;
    };
    if services.values().all(|entry| entry.value.get("extends").is_none()) {
        return;
    }
    let names: Vec<String> = services.keys().cloned().collect();
    let local = std::mem::take(services);
    let mut extends = Extends { loader, path, scope, local, done: HashSet::new(), bases: HashMap::new() };
    for name in &names {
        extends.service(name, &Set::Local, &mut Vec::new(), resets);
    }
    *services = extends.local;
}

struct Extends<'l, 'a, 'r> {
    loader: &'l mut Loader<'a, 'r>,
    path: &'l TreePath,
    scope: &'l Scope<'l>,
    /// The services of this document.
    local: Map,
    /// Those that extend nothing any more.
    done: HashSet<String>,
    /// Other files' services.
    bases: HashMap<TreePath, Option<Rc<Base>>>,
}

/// The services of another file.
pub(super) struct Base {
    pub(super) path: TreePath,
    pub(super) services: Map,
    pub(super) resets: Vec<ResetPath>,
}

/// Where a service is looked up.
#[derive(Clone)]
enum Set {
    Local,
    Base(Rc<Base>),
}

/// What `extends` says.
struct Reference {
    service: Scalar,
    file: Option<Scalar>,
    span: Span,
}

impl Extends<'_, '_, '_> {
    /// The service `name` with what it extends. `chain` holds the files and services on the way here.
    fn service(
        &mut self,
        name: &str,
        set: &Set,
        chain: &mut Vec<(TreePath, String)>,
        resets: &[ResetPath],
    ) -> Option<Value> {
        let services = match set {
            Set::Local => &self.local,
            Set::Base(base) => &base.services,
        };
        let service = services.get(name)?.value.clone();
        let is_local = matches!(set, Set::Local);
        if service.get("extends").is_none() || (is_local && self.done.contains(name)) {
            return service.as_map().is_some().then_some(service);
        }
        let extended = self.extended(name, service, set, chain, resets);
        if is_local
            && self.done.insert(name.to_owned())
            && let Some(entry) = self.local.get_mut(name)
        {
            entry.value = extended.clone();
        }
        Some(extended)
    }

    /// `service` laid over what it extends; alone where that cannot be found.
    fn extended(
        &mut self,
        name: &str,
        mut service: Value,
        set: &Set,
        chain: &mut Vec<(TreePath, String)>,
        resets: &[ResetPath],
    ) -> Value {
        let reference = self.reference(&service);
        if let Some(map) = service.as_map_mut() {
            map.shift_remove("extends");
        }
        let Some(reference) = reference else { return service };
        let Some((set, file)) = self.set(&reference, set) else { return service };
        let link = (file, name.to_owned());
        if chain.contains(&link) || chain.len() >= MAX_CHAIN {
            let message = if chain.contains(&link) {
                format!("the service {name} extends itself")
            } else {
                format!("more than {MAX_CHAIN} services extend one another")
            };
            self.loader.refusals.malformed(reference.span, message);
            return service;
        }
        let mut resets = resets.to_vec();
        if let Set::Base(base) = &set {
            resets.extend(base.resets.iter().cloned());
        }
        chain.push(link);
        let base = self.service(reference.service.text.as_str(), &set, chain, &resets);
        chain.pop();
        let Some(mut base) = base else { return service };
        base.step(&Origin::at(How::Merged, reference.span));
        let base = reset(name, base, &resets);
        let mut merged = merge::extend(base, service, self.loader.refusals);
        if let Some(map) = merged.as_map_mut() {
            map.shift_remove("extends");
        }
        merged
    }

    fn reference(&mut self, service: &Value) -> Option<Reference> {
        let extends = service.get("extends")?;
        let span = extends.span;
        if let (Some(service), true) = (extends.as_scalar(), extends.as_text().is_some()) {
            return Some(Reference { service: service.clone(), file: None, span });
        }
        let Some(service) = extends.get("service").and_then(Value::as_scalar) else {
            self.loader.refusals.malformed(span, "extends needs the name of a service");
            return None;
        };
        let file = extends.get("file").and_then(Value::as_scalar).filter(|file| !file.text.is_empty());
        Some(Reference { service: service.clone(), file: file.cloned(), span })
    }

    /// The services among which the extended one stands, and their file's path.
    fn set(&mut self, reference: &Reference, current: &Set) -> Option<(Set, TreePath)> {
        let (set, path) = match &reference.file {
            None => (current.clone(), self.path.clone()),
            Some(file) => {
                let base = self.base(file)?;
                let path = base.path.clone();
                (Set::Base(base), path)
            }
        };
        let services = match &set {
            Set::Local => &self.local,
            Set::Base(base) => &base.services,
        };
        let name = &reference.service;
        if !services.contains_key(name.text.as_str()) {
            let file = match &set {
                Set::Local => self.path,
                Set::Base(base) => &base.path,
            };
            let message = format!("there is no service {} in {file} to extend", name.text);
            self.loader.refusals.malformed(name.place, message);
            return None;
        }
        Some((set, path))
    }

    fn base(&mut self, file: &Scalar) -> Option<Rc<Base>> {
        let path = self.loader.locate(file, self.scope)?;
        if let Some(known) = self.bases.get(&path) {
            return known.clone();
        }
        let base = self.loader.load_base(&path, file.place, self.scope).map(Rc::new);
        self.bases.insert(path, base.clone());
        base
    }
}

/// `base` without what the tags of the extending files take away from the service `name`.
fn reset(name: &str, base: Value, resets: &[ResetPath]) -> Value {
    if resets.is_empty() {
        return base;
    }
    let span = base.span;
    let key = Text::decoded(name, span);
    let services = Map::from_iter([(name.to_owned(), Entry::new(key.clone(), base))]);
    let mut model = Map::from_iter([("services".to_owned(), Entry::new(key, Value::map(services, span)))]);
    apply_resets(&mut model, resets);
    let services = model.swap_remove("services").map(|entry| entry.value);
    let base = services.and_then(|mut services| services.as_map_mut()?.swap_remove(name));
    base.map_or_else(|| Value::map(Map::new(), span), |entry| entry.value)
}
