//! Compose files to one model: read, filled in, extended, included, laid over one another and held against the schema.
//!
//! Source: compose-go v2.4.8, `loader/loader.go`.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::document::{Document, ResetPath, apply_resets};
use super::extends::{self, Base};
use super::include;
use super::interpolate::Interpolation;
use super::refusals::{Refusals, unplaced};
use super::value::{Data, Map, Scalar, Value};
use super::variables::Variables;
use super::{canonical, merge, objects, relative, shape, unique};
use crate::source::{LoadError, SourceFile, Sources, Span, TreePath};
use crate::syntax::yaml::{self, Node};
use crate::trace::{How, Origin, ProblemKind, Text};

/// How many times a file may be read for one project: `include` twice in each of forty files would never end.
const MAX_READS: usize = 1000;

/// What a model's paths are seen from, and what its variables mean.
pub(super) struct Scope<'a> {
    /// The project's folder.
    pub(super) folder: TreePath,
    /// What `${…}` stands for.
    pub(super) variables: &'a Variables<'a>,
}

/// A file to read.
pub(super) struct Input {
    /// Its path.
    pub(super) path: TreePath,
    /// What names it, where that is a file as well.
    pub(super) named_at: Option<Span>,
}

/// Reads the files of one project.
pub(super) struct Loader<'a, 'r> {
    /// The files of the run.
    pub(super) sources: &'a Sources,
    /// What compose would refuse.
    pub(super) refusals: &'r mut Refusals<'a>,
    /// The files that were read, in order.
    pub(super) files: Vec<TreePath>,
    root_only: bool,
    parsed: HashMap<TreePath, Option<Rc<[Node]>>>,
    reads: usize,
    /// How many bytes `${…}` has brought so far.
    grown: usize,
}

impl<'a, 'r> Loader<'a, 'r> {
    /// A loader that has read nothing; with `root_only`, files outside the linted root stay unread.
    pub(super) fn new(sources: &'a Sources, refusals: &'r mut Refusals<'a>, root_only: bool) -> Self {
        let parsed = HashMap::new();
        Self { sources, refusals, files: Vec::new(), root_only, parsed, reads: 0, grown: 0 }
    }

    /// The dotenv file at `path`. Compose takes its bytes as they are, so those that are no UTF-8 are no fault of it.
    pub(super) fn open_env(&mut self, path: &TreePath, named_at: Option<Span>) -> Option<Arc<SourceFile>> {
        match self.sources.load(path) {
            Err(LoadError::NotUtf8 { at, .. }) if !(self.root_only && path.is_outside()) => {
                self.files.push(path.clone());
                Some(self.sources.file(at.file))
            }
            _ => self.open(path, named_at),
        }
    }

    /// The file at `path`, noted as read; a problem at `named_at` where it cannot be.
    pub(super) fn open(&mut self, path: &TreePath, named_at: Option<Span>) -> Option<Arc<SourceFile>> {
        if self.root_only && path.is_outside() {
            let message = format!("{path} is outside the linted folder and is not read");
            let problem = match named_at {
                Some(span) => self.refusals.problem(ProblemKind::UnreadableFile, span, message),
                None => unplaced(ProblemKind::UnreadableFile, path, message),
            };
            self.refusals.add(problem);
            return None;
        }
        match self.sources.load(path) {
            Ok(file) => {
                if !self.files.contains(path) {
                    self.files.push(path.clone());
                }
                Some(file)
            }
            Err(error) => {
                self.refusals.unloadable(path, &error, named_at);
                None
            }
        }
    }

    /// The path that `name` means: a file of this machine, seen from its own folder or the scope's.
    pub(super) fn locate(&mut self, name: &Scalar, scope: &Scope<'_>) -> Option<TreePath> {
        let text = name.text.as_str();
        if is_remote(text) {
            let message = "this is fetched from elsewhere, so what it says is not known here";
            let problem = self.refusals.problem(ProblemKind::MissingFile, name.place, message);
            self.refusals.add(problem);
            return None;
        }
        let folder = name.folder.as_deref().unwrap_or(&scope.folder);
        Some(self.sources.resolve(folder, text))
    }

    /// The model of a project, or of an included one: `inputs` laid over one another.
    pub(super) fn load_model(&mut self, inputs: &[Input], scope: &Scope<'_>, included: &[TreePath]) -> Map {
        let mut model = Map::new();
        for input in inputs {
            model = self.load_file(input, scope, included, model);
        }
        objects::check(&model, self.refusals);
        relative::anchor(&mut model, &scope.folder);
        resolve_names(&mut model, scope.variables);
        model
    }

    /// `below` with the documents of one file laid over it.
    fn load_file(&mut self, input: &Input, scope: &Scope<'_>, included: &[TreePath], below: Map) -> Map {
        let mut model = below;
        let mut included = included.to_vec();
        let Some(documents) = self.documents(&input.path, input.named_at) else { return model };
        for node in documents.iter() {
            let Some(Document { model: mut over, resets }) = Document::new(node, self.refusals) else {
                continue;
            };
            self.interpolate(&mut over, scope);
            extends::apply(self, &mut over, &input.path, scope, &resets);
            apply_resets(&mut model, &resets);
            included.push(input.path.clone());
            include::apply(self, &mut over, scope, &included);
            model = self.lay_over(model, over, &scope.folder, true);
        }
        model
    }

    /// The services of a file that `extends` names. What they extend themselves is not carried out yet.
    pub(super) fn load_base(&mut self, path: &TreePath, place: Span, scope: &Scope<'_>) -> Option<Base> {
        let documents = self.documents(path, Some(place))?;
        let folder = path.parent();
        let (mut model, mut resets): (Map, Vec<ResetPath>) = (Map::new(), Vec::new());
        for node in documents.iter() {
            let Some(mut document) = Document::new(node, self.refusals) else { continue };
            self.interpolate(&mut document.model, scope);
            apply_resets(&mut model, &document.resets);
            model = self.lay_over(model, document.model, &folder, false);
            resets = document.resets;
        }
        relative::anchor(&mut model, &folder);
        let services = model.shift_remove("services").map(|entry| entry.value.data);
        let Some(Data::Map(services)) = services else {
            self.refusals.malformed(place, format!("{path} has no services to extend"));
            return None;
        };
        Some(Base { path: path.clone(), services, resets })
    }

    fn interpolate(&mut self, model: &mut Map, scope: &Scope<'_>) {
        Interpolation { variables: scope.variables, refusals: self.refusals, grown: &mut self.grown }
            .run(model);
    }

    fn lay_over(&mut self, below: Map, over: Map, folder: &TreePath, validate: bool) -> Map {
        let mut model = merge::merge(below, over, self.refusals);
        unique::enforce(&mut model, folder, self.refusals);
        if validate {
            shape::validate(&model, self.refusals);
            model.shift_remove("version");
        }
        canonical::canonicalise(&mut model, self.refusals);
        unique::enforce(&mut model, folder, self.refusals);
        model
    }

    /// The YAML documents of the file at `path`.
    pub(super) fn documents(&mut self, path: &TreePath, named_at: Option<Span>) -> Option<Rc<[Node]>> {
        self.reads += 1;
        if self.reads > MAX_READS {
            if let Some(span) = named_at {
                self.refusals.malformed(span, format!("this project reads more than {MAX_READS} files"));
            }
            return None;
        }
        if let Some(known) = self.parsed.get(path) {
            return known.clone();
        }
        let documents = self.open(path, named_at).and_then(|file| match yaml::parse(&file) {
            Ok(documents) => Some(Rc::from(documents)),
            Err(error) => {
                self.refusals.malformed(error.span, error.message);
                None
            }
        });
        self.parsed.insert(path.clone(), documents.clone());
        documents
    }
}

/// What compose's own resource loaders fetch: git and OCI addresses.
fn is_remote(name: &str) -> bool {
    ["https://", "http://", "git://", "ssh://", "git@", "github.com/", "oci:"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Gives the names without value in a list of `environment` the value that they have here (`ResolveEnvironment`).
fn resolve_names(model: &mut Map, variables: &Variables<'_>) {
    let Some(services) = model.get_mut("services").and_then(|entry| entry.value.as_map_mut()) else { return };
    for service in services.values_mut().filter_map(|entry| entry.value.as_map_mut()) {
        let Some(environment) = service.get_mut("environment") else { continue };
        let Data::List(items) = &mut environment.value.data else { continue };
        for item in items {
            let span = item.span;
            let Some(name) = item.as_text().filter(|text| !text.as_str().contains('=')) else { continue };
            let Some(value) = variables.get(name.as_str()) else { continue };
            let mut text = name.clone();
            text.push(&Text::decoded("=", span));
            text.push(&value.then(&Origin::at(How::Environment, span)));
            *item = Value::string(text, span);
        }
    }
}
