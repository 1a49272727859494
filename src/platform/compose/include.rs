//! `include`: other projects' models brought into this one.
//!
//! Source: compose-go v2.4.8, `loader/include.go`.

use super::load::{Input, Loader, Scope};
use super::refusals::Refusals;
use super::value::{Data, Entry, Map, Scalar, Value};
use super::variables::Variables;
use crate::source::{Span, TreePath};
use crate::trace::{How, Origin, ProblemKind};

/// How deep projects may include one another.
const MAX_DEPTH: usize = 50;

/// The sections that an included model brings.
const SECTIONS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

/// One item of `include`.
struct Inclusion {
    paths: Vec<Scalar>,
    project_directory: Option<Scalar>,
    env_files: Vec<Scalar>,
    span: Span,
}

/// Carries out the `include` of `model`; `included` are the files on the way here.
pub(super) fn apply(loader: &mut Loader<'_, '_>, model: &mut Map, scope: &Scope<'_>, included: &[TreePath]) {
    let Some(include) = model.shift_remove("include") else { return };
    if include.value.is_null() {
        return;
    }
    let Data::List(items) = &include.value.data else {
        loader.refusals.malformed(include.value.span, "include has to be a list");
        return;
    };
    for item in items {
        match Inclusion::new(item) {
            Some(inclusion) => inclusion.apply(loader, model, scope, included),
            None => {
                loader.refusals.malformed(item.span, "an item of include is a path, or a mapping with one");
            }
        }
    }
}

impl Inclusion {
    fn new(item: &Value) -> Option<Self> {
        let span = item.span;
        if item.as_text().is_some() {
            let paths = item.as_scalar().cloned().into_iter().collect();
            return Some(Self { paths, project_directory: None, env_files: Vec::new(), span });
        }
        // Compose passes over other keys here: the schema never sees `include`.
        let map = item.as_map()?;
        let strings = |key: &str| match map.get(key).map(|entry| &entry.value) {
            None => Some(Vec::new()),
            Some(value) if value.as_text().is_some() => {
                Some(value.as_scalar().cloned().into_iter().collect())
            }
            Some(Value { data: Data::List(items), .. }) => {
                items.iter().map(|item| item.as_text().and(item.as_scalar()).cloned()).collect()
            }
            Some(_) => None,
        };
        let project_directory = strings("project_directory")?.into_iter().next();
        let project_directory = project_directory.filter(|folder| !folder.text.is_empty());
        Some(Self { paths: strings("path")?, project_directory, env_files: strings("env_file")?, span })
    }

    fn apply(self, loader: &mut Loader<'_, '_>, model: &mut Map, scope: &Scope<'_>, included: &[TreePath]) {
        let Some(inputs) = self.inputs(loader, scope) else { return };
        let Some(main) = inputs.first() else { return };
        if included.contains(&main.path) || included.len() > MAX_DEPTH {
            let message = if included.contains(&main.path) {
                format!("{} includes itself", main.path)
            } else {
                format!("more than {MAX_DEPTH} files include one another")
            };
            loader.refusals.malformed(self.span, message);
            return;
        }
        let folder = match &self.project_directory {
            Some(folder) => loader.sources.resolve(&scope.folder, folder.text.as_str()),
            None => main.path.parent(),
        };
        let mut variables = Variables::included(scope.variables);
        self.read_env_files(loader, scope, &folder, &mut variables);
        let inner = Scope { folder, variables: &variables };
        let mut imported = loader.load_model(&inputs, &inner, included);
        for entry in imported.values_mut() {
            entry.value.step(&Origin::at(How::Merged, self.span));
        }
        for section in SECTIONS {
            if let Some(from) = imported.shift_remove(section) {
                import(from, model, section, loader.refusals);
            }
        }
    }

    fn inputs(&self, loader: &mut Loader<'_, '_>, scope: &Scope<'_>) -> Option<Vec<Input>> {
        let mut inputs = Vec::new();
        for path in &self.paths {
            inputs.push(Input { path: loader.locate(path, scope)?, named_at: Some(path.place) });
        }
        Some(inputs)
    }

    fn read_env_files(
        &self,
        loader: &mut Loader<'_, '_>,
        scope: &Scope<'_>,
        folder: &TreePath,
        variables: &mut Variables<'_>,
    ) {
        let mut files = Vec::new();
        if self.env_files.is_empty() {
            let default = folder.join(".env");
            if loader.sources.is_file(&default) {
                files.extend(loader.open_env(&default, Some(self.span)));
            }
        }
        for file in &self.env_files {
            let path = loader.sources.resolve(&scope.folder, file.text.as_str());
            files.extend(loader.open_env(&path, Some(file.place)));
        }
        variables.add_files(&files, None, loader.refusals);
    }
}

/// Brings the entries of a section into `model`. One that says something else under the same name is refused.
fn import(from: Entry, model: &mut Map, section: &str, refusals: &mut Refusals<'_>) {
    let Entry { key, value } = from;
    let span = value.span;
    let Data::Map(entries) = value.data else { return };
    let target =
        model.entry(section.to_owned()).or_insert_with(|| Entry::new(key, Value::map(Map::new(), span)));
    let Some(target) = target.value.as_map_mut() else { return };
    for (name, entry) in entries {
        match target.get(&name) {
            None => {
                target.insert(name, entry);
            }
            Some(known) if known.value.says_the_same(&entry.value) => {}
            Some(known) => {
                let Some(place) = known.key.span() else { continue };
                let message = format!("{section}.{name} conflicts with what include brings");
                let problem = refusals.problem(ProblemKind::MalformedFile, place, message);
                refusals.add(match entry.key.span() {
                    Some(other) => problem.note(other, "brought by include"),
                    None => problem,
                });
            }
        }
    }
}
