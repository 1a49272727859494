//! The variables of a service: its `environment` before what its `env_file`s say.
//!
//! Source: compose-go v2.4.8, `types/project.go` (`WithServicesEnvironmentResolved`) and `types/mapping.go`.

use indexmap::IndexMap;

use super::interpolate::{boolean, is_unknown};
use super::load::{Loader, Scope};
use super::missing_env_file::{Missing, stand_in};
use super::value::{Data, Kind, Map, Scalar, Value};
use super::variables::{Variables, read_file};
use crate::platform::Variable;
use crate::source::{Span, TreePath};
use crate::syntax::dotenv::Dialect;
use crate::trace::{How, Origin, ProblemKind, Text};

/// The variables of a service, and what is not known of them.
#[derive(Default)]
pub(super) struct Resolved {
    /// By name.
    pub(super) variables: IndexMap<String, Variable>,
    /// Where an `env_file` is named that could not be read.
    pub(super) unread: Vec<Span>,
    /// Paths of required `env_file`s that are not there.
    pub(super) missing: Vec<(TreePath, Span)>,
}

/// The variables of `service`.
pub(super) fn resolve(
    loader: &mut Loader<'_, '_>,
    scope: &Scope<'_>,
    service: &Map,
    example_env: bool,
) -> Resolved {
    let mut resolved = Resolved::default();
    let env_files = service.get("env_file").map(|entry| entry.value.items()).unwrap_or_default();
    for file in env_files {
        if let Some(file) = EnvFile::new(file) {
            resolved.add_file(loader, scope, &file, example_env);
        }
    }
    if let Some(environment) = service.get("environment") {
        for variable in pairs(&environment.value, scope.variables) {
            resolved.variables.insert(variable.name.as_str().to_owned(), variable);
        }
    }
    resolved
}

/// The pairs of a mapping or of a list of `KEY=value`. A name alone takes the value that it has outside, if any; so does a
/// value that is not known: only who starts compose can give it.
pub(super) fn pairs(value: &Value, outside: &Variables<'_>) -> Vec<Variable> {
    let fill = |name: Text, value: Option<&Text>, span: Span| match value {
        Some(value) if is_unknown(value) => Variable { name, value: None },
        Some(value) => Variable { name, value: Some(value.clone()) },
        None => {
            let value =
                outside.get(name.as_str()).map(|value| value.then(&Origin::at(How::Environment, span)));
            Variable { name, value }
        }
    };
    match &value.data {
        Data::Map(map) => map
            .values()
            .filter_map(|entry| {
                let scalar = entry.value.as_scalar()?;
                let value = (scalar.kind != Kind::Null).then_some(&scalar.text);
                Some(fill(entry.key.clone(), value, entry.key.used_at().unwrap_or(entry.value.span)))
            })
            .collect(),
        Data::List(items) => items
            .iter()
            .filter_map(|item| {
                let text = item.as_text()?;
                Some(match text.split_once('=') {
                    Some((name, value)) => fill(name, Some(&value), item.span),
                    None => fill(text.clone(), None, item.span),
                })
            })
            .collect(),
        Data::Scalar(_) => Vec::new(),
    }
}

/// One item of `env_file`.
struct EnvFile<'a> {
    path: &'a Scalar,
    required: bool,
    format: Option<&'a Scalar>,
    place: Span,
}

impl<'a> EnvFile<'a> {
    fn new(item: &'a Value) -> Option<Self> {
        let path = item.get("path")?.as_scalar()?;
        let required = item.get("required").and_then(Value::as_scalar);
        let required = required.is_none_or(|scalar| match scalar.kind {
            Kind::Bool(required) => required,
            _ => boolean(scalar.text.as_str()).unwrap_or(true),
        });
        let format = item.get("format").and_then(Value::as_scalar).filter(|format| !format.text.is_empty());
        let place = path.place;
        Some(Self { path, required, format, place })
    }
}

impl Resolved {
    fn add_file(
        &mut self,
        loader: &mut Loader<'_, '_>,
        scope: &Scope<'_>,
        env_file: &EnvFile<'_>,
        example_env: bool,
    ) {
        let folder = env_file.path.folder.as_deref().unwrap_or(&scope.folder);
        let written = env_file.path.text.as_str();
        let path = loader.sources.resolve(folder, written);
        let place = env_file.place;
        let mut step = None;
        // `~` is the home of whoever starts compose, which is nowhere in the tree.
        let file = if written.starts_with('~') || loader.sources.tree().kind(&path).is_none() {
            if !env_file.required {
                return;
            }
            let missing = Missing { path: &path, place };
            let found = stand_in(loader, &missing, example_env);
            self.missing.push((path, place));
            step = found.is_some().then(|| Origin::at(How::Example, place));
            found
        } else {
            loader.open_env(&path, Some(place))
        };
        let Some(file) = file else {
            self.unread.push(place);
            return;
        };
        let dialect = Self::dialect(loader, env_file);
        let lookup = |name: &str| {
            let known = self.variables.get(name).and_then(|variable| variable.value.clone());
            known.or_else(|| scope.variables.get(name))
        };
        let (read, refused) = read_file(&file, dialect, &lookup, loader.refusals);
        if refused {
            self.unread.push(place);
        }
        for (name, assigned) in read {
            let value = match &step {
                Some(step) => assigned.text.then(step),
                None => assigned.text,
            };
            self.variables.insert(name, Variable { name: assigned.name, value: Some(value) });
        }
    }

    /// Compose 2.26.1 knows no `format` at all; later ones know `raw`, which is why it is read all the same.
    fn dialect(loader: &mut Loader<'_, '_>, env_file: &EnvFile<'_>) -> Dialect {
        let Some(format) = env_file.format else { return Dialect::Compose };
        let message = format!("docker compose 2.26 knows no env_file format {}", format.text);
        let problem = loader.refusals.problem(ProblemKind::RefusedArgument, format.place, message);
        loader.refusals.add(problem.help("docker compose 2.30 and later know raw"));
        if format.text.as_str() == "raw" { Dialect::Raw } else { Dialect::Compose }
    }
}
