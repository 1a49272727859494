//! A Python process: what it is told to run, and what it sees.

use crate::platform::{Cpus, Environment};
use crate::source::Span;
use crate::trace::Text;

use super::hooks::Role;

/// A process that runs Python code.
#[derive(Clone, Copy, Debug)]
pub struct Process<'a> {
    /// What it runs; `None` where it runs none of the application's code.
    pub entry: Option<&'a Entry>,
    /// What it loads beside it, in that order.
    pub imports: &'a [Entry],
    /// Its variables.
    pub environment: &'a Environment,
    /// The folder it works in, as it sees it.
    pub working_dir: &'a str,
    /// Folders in front of the module search path, as it sees them.
    pub python_path: &'a [String],
    /// The words behind what it runs, where that is a script or module and all of them are known.
    pub arguments: Option<&'a [Text]>,
    /// Whether celery forked it from its worker, where that is known.
    pub is_celery_child: Option<bool>,
    /// Which task queue's worker it is.
    pub role: Role,
    /// The CPUs that it counts.
    pub cpus: &'a Cpus,
}

/// What a process imports or runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A module to import, and what is taken out of it: `app.main:app`.
    Module {
        /// The dotted name.
        module: Text,
        /// What follows the colon: `app`, `create_app()`.
        attribute: Option<Text>,
    },
    /// A module that is run: `python -m app.worker`.
    Main {
        /// The dotted name.
        module: Text,
    },
    /// A script to run, as the process sees its path.
    Script {
        /// The path.
        path: Text,
    },
}

impl Entry {
    /// `app.main:app` as module and attribute; without a colon, `attribute` is what the program takes by itself.
    pub fn module(target: &Text, attribute: Option<&str>) -> Self {
        if let Some((module, attribute)) = target.split_once(':') {
            return Self::Module { module, attribute: (!attribute.is_empty()).then_some(attribute) };
        }
        let attribute = attribute.map(|name| Text::traced(name, target.trail()));
        Self::Module { module: target.clone(), attribute }
    }

    /// Where the command line names it.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Module { module: text, .. } | Self::Main { module: text } | Self::Script { path: text } => {
                text.span()
            }
        }
    }

    /// The name of the module that it becomes where it is no program's main one. A file has one without dots, which no
    /// import statement can spell.
    pub(super) fn imported_name(&self) -> String {
        match self {
            Self::Module { module, .. } | Self::Main { module } => module.as_str().trim().to_owned(),
            Self::Script { path } => path.as_str().replace('.', ":"),
        }
    }

    /// What it runs, in the letters of the command line.
    pub fn target(&self) -> &str {
        match self {
            Self::Module { module, .. } | Self::Main { module } => module.as_str(),
            Self::Script { path } => path.as_str(),
        }
    }
}
