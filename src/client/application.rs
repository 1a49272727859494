//! The pools of an application whose source is at hand.

use crate::platform::FileView;
use crate::program::Started;
use crate::python::{self, Opened, Process};
use crate::source::Sources;

use super::library::LIBRARIES;

/// What a process of `started` opens, which sees the files of `view`.
pub fn pools(sources: &Sources, view: &FileView, started: &Started) -> Opened {
    let process = Process {
        entry: started.entry.as_ref(),
        environment: &started.environment,
        working_dir: &started.working_dir,
        python_path: &started.python_path,
    };
    python::pools(sources, view, &process, LIBRARIES)
}

#[cfg(test)]
mod tests;
