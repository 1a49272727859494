//! The pools of an application whose source is at hand.

use crate::platform::Container;
use crate::program::Started;
use crate::python::{self, Opened, Process};
use crate::source::Sources;

use super::library::LIBRARIES;

/// What a process of `started` opens in `container`.
pub fn pools(sources: &Sources, container: &Container, started: &Started) -> Opened {
    let process = Process {
        entry: started.entry.as_ref(),
        imports: &started.imports,
        arguments: started.arguments.as_deref(),
        is_celery_child: started.is_celery_child,
        role: started.role(),
        environment: &started.environment,
        working_dir: &started.working_dir,
        python_path: &started.python_path,
        cpus: &container.cpus,
    };
    python::pools(sources, &container.files, &process, LIBRARIES)
}

#[cfg(test)]
mod tests;
