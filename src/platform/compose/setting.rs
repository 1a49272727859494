//! Which files a call of docker compose reads, from which folder they are seen, and what their variables mean.
//!
//! Source: docker compose v2.26.1, `cmd/compose/compose.go` (`setEnvWithDotEnv`, `toProjectOptions`), and compose-go v2.4.8,
//! `cli/options.go`.

use std::sync::Arc;

use super::load::{Input, Loader};
use super::request::Request;
use super::variables::Variables;
use crate::source::{SourceFile, Sources, Span, TreePath};
use crate::trace::{How, Origin, Text};

/// The names that compose looks for, the first one found winning.
pub(super) const DEFAULT_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names of the file that is laid over one that was found by its name.
pub(super) const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// A file that stands in for the project's `.env`, which is not there.
pub(super) struct StandIn {
    /// The example.
    pub(super) file: Arc<SourceFile>,
    /// What needs the `.env`.
    pub(super) wanted_at: Span,
    /// Why it may.
    pub(super) because: Because,
}

/// Why an example stands in for the project's `.env`.
pub(super) enum Because {
    /// Compose refuses the project without it.
    Refused,
    /// Git ignores it: it is missing on purpose.
    Ignored,
}

/// How a request is carried out.
pub(super) struct Setting<'a> {
    /// The project's folder.
    pub(super) folder: TreePath,
    /// Its files.
    pub(super) inputs: Vec<Input>,
    /// Its variables.
    pub(super) variables: Variables<'a>,
    /// The profiles that are switched on.
    pub(super) profiles: Vec<String>,
    /// The project's `.env`, where it is not there and would be read.
    pub(super) missing_env: Option<TreePath>,
}

impl<'a> Setting<'a> {
    /// What `request` comes to.
    pub(super) fn new(
        loader: &mut Loader<'_, '_>,
        request: &Request,
        given: &'a dyn Fn(&str) -> Option<Text>,
        stand_in: Option<&StandIn>,
    ) -> Self {
        let mut variables = Variables::given(given);
        let mut paths = request.files.clone();
        if paths.is_empty() {
            let start = request.project_directory.as_ref().unwrap_or(&request.folder);
            paths = default_files(loader.sources, start);
        }
        let mut folder = project_folder(request, &paths);
        let mut missing_env = read_env_files(loader, request, &folder, &mut variables, stand_in);
        if let Some(steered) = steered_files(loader.sources, request, &variables) {
            paths = steered;
            let steered_folder = project_folder(request, &paths);
            if steered_folder != folder {
                folder = steered_folder;
                missing_env = read_env_files(loader, request, &folder, &mut variables, stand_in);
            }
        }
        let profiles = profiles(request, &variables);
        let inputs = paths.into_iter().map(|path| Input { path, named_at: None }).collect();
        Self { folder, inputs, variables, profiles, missing_env }
    }
}

/// The file with one of the default names in `folder`, or the nearest one above it, and what is laid over it.
fn default_files(sources: &Sources, folder: &TreePath) -> Vec<TreePath> {
    let mut here = folder.clone();
    loop {
        let find = |names: &[&str]| {
            names.iter().map(|name| here.join(name)).find(|path| sources.tree().kind(path).is_some())
        };
        if let Some(base) = find(&DEFAULT_NAMES) {
            return std::iter::once(base).chain(find(&OVERRIDE_NAMES)).collect();
        }
        if here == TreePath::root() || here.is_outside() {
            return Vec::new();
        }
        here = here.parent();
    }
}

/// The files that `COMPOSE_FILE` names.
pub(super) fn steered_files(
    sources: &Sources,
    request: &Request,
    variables: &Variables<'_>,
) -> Option<Vec<TreePath>> {
    if !request.files.is_empty() {
        return None;
    }
    let names = variables.get("COMPOSE_FILE")?;
    let separator = variables.get("COMPOSE_PATH_SEPARATOR").filter(|separator| !separator.is_empty());
    let separator = separator.as_ref().map_or(":", Text::as_str);
    Some(names.as_str().split(separator).map(|name| sources.resolve(&request.folder, name)).collect())
}

fn project_folder(request: &Request, paths: &[TreePath]) -> TreePath {
    let folder = request.project_directory.clone().or_else(|| paths.first().map(TreePath::parent));
    folder.unwrap_or_else(|| request.folder.clone())
}

/// Adds the variables of the dotenv files; the path of the default one where it is not there.
fn read_env_files(
    loader: &mut Loader<'_, '_>,
    request: &Request,
    folder: &TreePath,
    variables: &mut Variables<'_>,
    stand_in: Option<&StandIn>,
) -> Option<TreePath> {
    let mut paths = request.env_files.clone();
    if paths.is_empty() {
        let disabled = variables.get("COMPOSE_DISABLE_ENV_FILE");
        if disabled.is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"))
        {
            return None;
        }
        let default = folder.join(".env");
        if loader.sources.tree().kind(&default).is_none() {
            if let Some(stand_in) = stand_in {
                let step = Origin::at(How::Example, stand_in.wanted_at);
                variables.add_files(&[Arc::clone(&stand_in.file)], Some(&step), loader.refusals);
            }
            return Some(default);
        }
        if loader.sources.is_file(&default) {
            paths.push(default);
        }
    }
    let files: Vec<_> = paths.iter().filter_map(|path| loader.open_env(path, None)).collect();
    variables.add_files(&files, None, loader.refusals);
    None
}

fn profiles(request: &Request, variables: &Variables<'_>) -> Vec<String> {
    if !request.profiles.is_empty() {
        return request.profiles.clone();
    }
    let steered = variables.get("COMPOSE_PROFILES");
    // Unset or empty, it switches on the profile whose name is empty, which people do use.
    steered.as_ref().map_or("", Text::as_str).split(',').map(|name| name.trim().to_owned()).collect()
}
