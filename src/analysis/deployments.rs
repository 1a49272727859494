//! Which deployments a tree has.

use crate::config::{Config, DeclaredDeployment, ExampleEnv};
use crate::platform::{Project, compose, plain};
use crate::source::{Sources, TreePath};

use super::{Request, catalogued, published};

/// Folders that hold other people's code, or none at all.
const SKIPPED: [&str; 12] = [
    ".git",
    "node_modules",
    ".venv",
    "venv",
    "__pycache__",
    "site-packages",
    "vendor",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".terraform",
    ".eggs",
];

/// Which deployments are asked for. Paths are as the command line has them, seen from the linted root.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `--compose-file`: these files, laid over each other, are the deployment.
    pub compose_files: Vec<String>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `--env-file`.
    pub env_files: Vec<String>,
    /// `--project-directory`.
    pub project_directory: Option<String>,
    /// Only what is found under these folders; everywhere when empty.
    pub under: Vec<TreePath>,
}

impl Selection {
    /// Whether it chooses a part of what there is.
    pub fn is_partial(&self) -> bool {
        let Self { compose_files, profiles, env_files: _, project_directory, under } = self;
        !(compose_files.is_empty() && profiles.is_empty() && under.is_empty()) || project_directory.is_some()
    }
}

/// The projects that are asked for: those that the command line names, else those that the configuration
/// declares, else all that are found.
fn selected(sources: &Sources, config: &Config, request: &Request) -> Vec<Project> {
    let selection = &request.selection;
    let given =
        |name: &str| request.shell.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let read = |found: compose::Request| compose::read(sources, &settled(found, config, request), &given);
    if !selection.compose_files.is_empty() {
        let project = read(named(&selection.compose_files, selection.project_directory.as_deref()));
        if selection.under.is_empty() {
            return vec![project];
        }
        // Folders beside the files are asked for as well; what is found there again is one deployment all the same.
        let folders = Selection { compose_files: Vec::new(), ..selection.clone() };
        let mut projects = selected(sources, config, &Request { selection: folders, ..request.clone() });
        projects.retain(|other| other.files != project.files);
        projects.insert(0, project);
        return projects;
    }
    if !config.deployments.is_empty() {
        return config.deployments.iter().map(|declared| declared_project(declared, &read)).collect();
    }
    let files = sources.tree().walk(&TreePath::root(), &|name| SKIPPED.contains(&name));
    // The examples of a project's own rules are deployments that nobody starts.
    let rules: Vec<TreePath> = config.rules.extra.iter().map(|folder| TreePath::new(&folder.value)).collect();
    let wanted = |path: &&TreePath| {
        !rules.iter().any(|folder| path.is_under(folder))
            && (selection.under.is_empty() || selection.under.iter().any(|under| path.is_under(under)))
    };
    let files: Vec<TreePath> = files.iter().filter(wanted).cloned().collect();
    let mut projects: Vec<Project> = compose::discover(sources, &files).into_iter().map(read).collect();
    let application_is_elsewhere = !starts_what_it_builds(&projects, &files)
        && projects.iter().all(|project| super::budget(sources, config, project).is_idle());
    projects.extend(plain::discover(sources, &files, application_is_elsewhere));
    projects
}

/// Whether the `projects` build all the Dockerfiles of the tree that there are, and one at least: the application is among
/// their services.
fn starts_what_it_builds(projects: &[Project], files: &[TreePath]) -> bool {
    let builds =
        projects.iter().flat_map(|project| &project.services).filter_map(|service| service.build.as_ref());
    let built: Vec<TreePath> = builds
        .filter_map(|build| Some(build.folder.as_ref()?.join(build.dockerfile.as_ref()?.as_str())))
        .collect();
    let mut dockerfiles = files.iter().filter(|path| path.file_name() == "Dockerfile");
    !built.is_empty() && dockerfiles.all(|path| built.contains(path))
}

/// The projects that `request` selects, each image looked up that the tree itself makes.
pub fn projects(sources: &Sources, config: &Config, request: &Request) -> Vec<Project> {
    let mut projects = selected(sources, config, request);
    published::link(sources, &mut projects, &catalogued::knows);
    projects
}

/// The deployment of the command line's `--compose-file`s.
fn named(files: &[String], project_directory: Option<&str>) -> compose::Request {
    let files = files.iter().map(|file| TreePath::new(file)).collect();
    let found = compose::Request::files(TreePath::root(), files, "named on the command line");
    compose::Request { project_directory: project_directory.map(TreePath::new), ..found }
}

fn declared_project(declared: &DeclaredDeployment, read: &dyn Fn(compose::Request) -> Project) -> Project {
    let paths = |names: &[String]| names.iter().map(|name| TreePath::new(name)).collect::<Vec<_>>();
    let why = "declared in the configuration";
    let request = compose::Request {
        project_directory: declared.project_directory.as_deref().map(TreePath::new),
        profiles: declared.profiles.clone(),
        env_files: paths(&declared.env_files),
        ..compose::Request::files(TreePath::root(), paths(&declared.compose_files), why)
    };
    Project { name: declared.name.clone(), ..read(request) }
}

/// `found` with what the command line and the configuration say of every deployment.
fn settled(found: compose::Request, config: &Config, request: &Request) -> compose::Request {
    let selection = &request.selection;
    let mut settled = found;
    if !selection.profiles.is_empty() {
        settled.profiles.clone_from(&selection.profiles);
    }
    if !selection.env_files.is_empty() {
        settled.env_files = selection.env_files.iter().map(|file| TreePath::new(file)).collect();
    }
    settled.example_env = config.example_env == ExampleEnv::StandsIn;
    settled.root_only = request.root_only;
    settled
}
