//! A PostgreSQL server: which images are one, and what its command line, files and variables set (facts, A1 to A4).

mod arguments;
mod catalog;
mod configuration;
mod image;
mod memory;
mod number;
mod script;
mod settle;
mod steps;

use super::Value;
use super::command::variable;
use super::launch::{Reach, reached};
use crate::platform::Container;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Origin, Problem, ProblemKind, Text, Trail};

pub use image::{Flavor, Image, image};
pub use memory::bytes;
pub use number::{NumberError, number, quantity};
pub use steps::Overridden;

use settle::Settling;
use steps::{Steps, default_count};

/// A server with its limits, each as it is set or by default.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its image.
    pub image: Image,
    /// `max_connections`.
    pub max_connections: Count,
    /// `superuser_reserved_connections`.
    pub superuser_reserved: Count,
    /// `reserved_connections`, from PostgreSQL 16 on.
    pub reserved: Count,
    /// `shared_buffers` in bytes.
    pub shared_buffers: Count,
    /// `work_mem` in bytes.
    pub work_mem: Count,
    /// Limits of one place that another place overrides.
    pub overridden: Vec<Overridden>,
    /// The role that its image makes at the first start, a superuser, where that is known.
    pub superuser: Option<Text>,
    /// What is wrong with its command line and files.
    pub problems: Vec<Problem>,
    /// The files of the tree that were read for it.
    pub read: Vec<TreePath>,
}

/// The server that `container` is when it runs the image `reference`; `None` where that is no server.
pub fn server(sources: &Sources, reference: &Text, container: &Container) -> Option<Server> {
    let image = image(reference)?;
    let (words, lost) = words(sources, container)?;
    let place = reference.span();
    let settled = Settling { sources, container, image: &image, place }.settle(&words, lost);
    let steps = Steps { sources, major: image.major, all: settled.steps };
    let count = |name: &str, value, of| steps.count(name).unwrap_or_else(|| default_count(value, of, place));
    let size = |name: &str, value, unit, of| {
        let count = count(name, value, of);
        Count::new(count.value * Bound::Exactly(unit), count.trail)
    };
    let names = ["max_connections", "superuser_reserved_connections", "reserved_connections"];
    let mut problems = settled.problems;
    problems.extend(steps.problems());
    problems.extend(steps.duplicates());
    let mut server = Server {
        max_connections: count("max_connections", 100, "PostgreSQL max_connections"),
        superuser_reserved: count(
            "superuser_reserved_connections",
            3,
            "PostgreSQL superuser_reserved_connections",
        ),
        reserved: count("reserved_connections", 0, "PostgreSQL reserved_connections"),
        shared_buffers: size("shared_buffers", 16384, 8192, "PostgreSQL shared_buffers"),
        work_mem: size("work_mem", 4096, 1024, "PostgreSQL work_mem"),
        overridden: names.into_iter().flat_map(|name| steps.overridden(name)).collect(),
        superuser: superuser(&image, container, place),
        problems,
        read: settled.read,
        image,
    };
    server.check(sources, place);
    Some(server)
}

/// The superuser that the entrypoint of the official image makes (docker-library/postgres, `docker-entrypoint.sh`: initdb's
/// `--username`).
fn superuser(image: &Image, container: &Container, place: Option<Span>) -> Option<Text> {
    if !matches!(image.flavor, Flavor::Official | Flavor::Timescale) {
        return None;
    }
    match variable(&container.environment, "POSTGRES_USER") {
        Some(value) => value.known().filter(|name| !name.is_empty()).cloned(),
        None => Some(Text::traced("postgres", Trail::default_of("PostgreSQL POSTGRES_USER", place))),
    }
}

/// What the server is given, through the image's entrypoint, and why that is not known; `None` where the container
/// runs something else, as a backup does with the server's image.
fn words(sources: &Sources, container: &Container) -> Option<(Vec<Value>, Option<Count>)> {
    let Some(first) = container.words.first() else { return Some((Vec::new(), None)) };
    let all = || container.words.iter().cloned().map(Value::Known).collect();
    if first.as_str().starts_with('-') {
        // The entrypoint puts `postgres` in front (facts, A4).
        return Some((all(), None));
    }
    let found = reached(
        sources,
        container,
        &[
            "postgres",
            "postmaster",
            "docker-entrypoint.sh",
            "entrypoint.sh",
            "run.sh",
            "run-postgresql",
            "pg_autoctl",
        ],
    );
    let call = match found {
        Reach::Always(call) => call,
        Reach::Never => return None,
        Reach::Perhaps => {
            let why = "what this command gives the server is not known";
            return Some((Vec::new(), Some(Count::new(Bound::unknown("connections", why), first.trail()))));
        }
    };
    let mut words = call.words.as_slice();
    // pg_auto_failover's keeper takes words of its own and starts the server without any that set a limit
    // (hapostgres/pg_auto_failover, `src/bin/common/pgctl.c`).
    if words.first().and_then(Value::as_str).is_some_and(|word| word.rsplit('/').next() == Some("pg_autoctl"))
    {
        return Some((Vec::new(), None));
    }
    let is_server = |word: &str| matches!(word.rsplit('/').next(), Some("postgres" | "postmaster"));
    if !words.first().and_then(Value::as_str).is_some_and(is_server) {
        // The entrypoint starts what it is given, with `postgres` in front of options.
        words = &words[1..];
    }
    Some((words.to_vec(), None))
}

impl Server {
    /// What the server says at its start (facts, A1).
    fn check(&mut self, sources: &Sources, place: Option<Span>) {
        let number = |count: &Count| count.value.number();
        let (Some(most), Some(superuser), Some(reserved)) =
            (number(&self.max_connections), number(&self.superuser_reserved), number(&self.reserved))
        else {
            return;
        };
        if superuser.saturating_add(reserved) >= most {
            let message = format!(
                "the server does not start: superuser_reserved_connections ({superuser}) plus reserved_connections \
                 ({reserved}) must be less than max_connections ({most})"
            );
            let written = [&self.max_connections, &self.superuser_reserved, &self.reserved];
            let span = written.into_iter().find_map(|count| first_written(&count.trail)).or(place);
            self.problems.extend(span.map(|span| {
                let path = sources.file(span.file).path.clone();
                Problem::at(ProblemKind::RefusedArgument, &path, span, message)
            }));
        }
    }
}

fn first_written(trail: &Trail) -> Option<Span> {
    match trail.first() {
        Origin::Place { span, .. } => Some(*span),
        Origin::Default { .. } | Origin::CommandLine { .. } => None,
    }
}

#[cfg(test)]
mod tests;
