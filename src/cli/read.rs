//! From the command line's paths to the deployments that they name.

use std::path::{Path, PathBuf};

use crate::analysis::{self, Request, Selection};
use crate::budget::Budget;
use crate::config::Config;
use crate::platform::Project;
use crate::source::{Disk, Sources, Tree, TreePath};
use crate::trace::{Origin, Text, Trail};

use super::arguments::ReadingArguments;
use super::failure::Failure;

/// What was read for a command.
pub(super) struct Read {
    pub(super) sources: Sources,
    pub(super) config: Config,
    pub(super) projects: Vec<Project>,
    /// Whether the command line chose a part of what there is.
    pub(super) partial: bool,
}

impl Read {
    /// Reads what `paths` name. One folder is the root of its own; of several paths, and of files, the root is the
    /// folder that the command was started in.
    pub(super) fn of(paths: &[PathBuf], arguments: &ReadingArguments) -> Result<Self, Box<Failure>> {
        let mut selection = selection(arguments);
        let sources = match paths {
            [folder] if folder.is_dir() => open(folder)?,
            paths => {
                let sources = open(Path::new("."))?;
                for path in paths {
                    selection.add(&sources, path)?;
                }
                sources
            }
        };
        Self::from(sources, selection, arguments)
    }

    /// Reads a tree that is not the disk's: a revision.
    pub(super) fn of_tree(
        tree: impl Tree + 'static,
        arguments: &ReadingArguments,
    ) -> Result<Self, Box<Failure>> {
        Self::from(Sources::new(tree), selection(arguments), arguments)
    }

    fn from(
        sources: Sources,
        selection: Selection,
        arguments: &ReadingArguments,
    ) -> Result<Self, Box<Failure>> {
        let config = config(&sources, arguments.config.as_deref())?;
        let shell = arguments.variables.iter().map(|given| variable(given)).collect::<Result<Vec<_>, _>>()?;
        let partial = selection.is_partial();
        let request = Request {
            selection,
            shell: shell.into_iter().flatten().collect(),
            root_only: arguments.root_only,
        };
        let projects = analysis::projects(&sources, &config, &request);
        Ok(Self { sources, config, projects, partial })
    }

    /// Reads all that `sources` have, as `connbudget lint` does without arguments.
    pub(super) fn whole(sources: Sources) -> Result<Self, Box<Failure>> {
        let config = config(&sources, None)?;
        let projects = analysis::projects(&sources, &config, &Request::default());
        Ok(Self { sources, config, projects, partial: false })
    }

    /// Whether no deployment was found at all.
    pub(super) fn found_nothing(&self) -> bool {
        self.projects.is_empty()
    }

    /// The budget of each deployment.
    pub(super) fn budgets(&self) -> Vec<Budget> {
        self.projects.iter().map(|project| analysis::budget(&self.sources, &self.config, project)).collect()
    }
}

/// The configuration at `path`, else that of the root.
pub(super) fn config(sources: &Sources, path: Option<&str>) -> Result<Config, Box<Failure>> {
    Ok(Config::load(sources, path.map(TreePath::new).as_ref()).map_err(Failure::Config)?)
}

fn selection(arguments: &ReadingArguments) -> Selection {
    Selection {
        compose_files: arguments.compose_files.clone(),
        profiles: arguments.profiles.clone(),
        env_files: arguments.env_files.clone(),
        project_directory: arguments.project_directory.clone(),
        under: Vec::new(),
    }
}

pub(super) fn open(folder: &Path) -> Result<Sources, Box<Failure>> {
    let tree = Disk::open(folder).map_err(|error| Failure::Path { path: folder.to_owned(), error })?;
    Ok(Sources::new(tree))
}

impl Selection {
    fn is_partial(&self) -> bool {
        let Self { compose_files, profiles, env_files: _, project_directory, under } = self;
        !(compose_files.is_empty() && profiles.is_empty() && under.is_empty()) || project_directory.is_some()
    }

    /// A folder narrows the search, a file is a compose file of its own.
    fn add(&mut self, sources: &Sources, path: &Path) -> Result<(), Box<Failure>> {
        let opened =
            std::fs::metadata(path).map_err(|error| Failure::Path { path: path.to_owned(), error })?;
        let name = path.to_string_lossy().replace('\\', "/");
        if opened.is_dir() {
            self.under.push(sources.resolve(&TreePath::root(), &name));
        } else {
            self.compose_files.push(name);
        }
        Ok(())
    }
}

/// `KEY=VALUE`, or `KEY` for the value that this shell has, which may be none.
fn variable(given: &str) -> Result<Option<(String, Text)>, Box<Failure>> {
    let (name, value) = match given.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (given, std::env::var(given).ok()),
    };
    if name.is_empty() {
        return Err(Box::new(Failure::Variable(given.to_owned())));
    }
    let trail = Trail::new(Origin::CommandLine { argument: format!("--env {name}") });
    Ok(value.map(|value| (name.to_owned(), Text::traced(value, trail))))
}
