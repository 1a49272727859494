//! A PostgreSQL server: which images are one, and what its command line and variables set (facts, A1, A2, A4).

mod arguments;
mod image;
mod number;

use super::Value;
use super::command::variable;
use super::launch::{Reach, reached};
use crate::platform::Container;
use crate::source::{Sources, Span};
use crate::trace::{Bound, Count, Origin, Problem, ProblemKind, Text, Trail};

pub use arguments::{Settings, settings};
pub use image::{Flavor, Image, image};
pub use number::{NumberError, number};

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
    /// The configuration file that the command line names; what it sets counts where the command line does not.
    pub config_file: Option<Value>,
    /// What is wrong with its command line.
    pub problems: Vec<Problem>,
}

/// The server that `container` is when it runs the image `reference`; `None` where that is no server.
pub fn server(sources: &Sources, reference: &Text, container: &Container) -> Option<Server> {
    let image = image(reference)?;
    let (words, lost) = words(sources, container)?;
    let settings = settings(sources, &words);
    let lost = lost.or_else(|| configuration(sources, container, settings.config_file.as_ref()));
    let place = reference.span();
    let mut server = Server {
        max_connections: count(settings.max_connections, lost.as_ref())
            .or_else(|| by_variable(sources, &image, container, place, &mut Vec::new()))
            .unwrap_or_else(|| default(100, "PostgreSQL max_connections", place)),
        superuser_reserved: count(settings.superuser_reserved_connections, lost.as_ref())
            .unwrap_or_else(|| default(3, "PostgreSQL superuser_reserved_connections", place)),
        reserved: count(settings.reserved_connections, lost.as_ref())
            .unwrap_or_else(|| default(0, "PostgreSQL reserved_connections", place)),
        config_file: settings.config_file,
        problems: settings.problems,
        image,
    };
    by_variable(sources, &server.image.clone(), container, place, &mut server.problems);
    server.check(sources, place);
    Some(server)
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
        &["postgres", "postmaster", "docker-entrypoint.sh", "entrypoint.sh", "run.sh", "run-postgresql"],
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
    let is_server = |word: &str| matches!(word.rsplit('/').next(), Some("postgres" | "postmaster"));
    if !words.first().and_then(Value::as_str).is_some_and(is_server) {
        // The entrypoint starts what it is given, with `postgres` in front of options.
        words = &words[1..];
    }
    Some((words.to_vec(), None))
}

/// Where images keep their configuration when no argument names another.
const CONFIGURATIONS: [&str; 3] = [
    "/var/lib/postgresql/data/postgresql.conf",
    "/bitnami/postgresql/conf/postgresql.conf",
    "/opt/bitnami/postgresql/conf/postgresql.conf",
];

/// A configuration file of the project's own: it may set every limit that the command line leaves open, and it is not
/// read yet, so those are not known.
fn configuration(sources: &Sources, container: &Container, named: Option<&Value>) -> Option<Count> {
    let why = "a configuration file may set it, which is not read yet: set it on the command line";
    let unknown = |trail| Count::new(Bound::unknown("connections", why), trail);
    if let Some(named) = named {
        return Some(unknown(named.beginning().trail()));
    }
    let mounted = CONFIGURATIONS.iter().find_map(|path| container.files.locate(sources, path))?;
    let file = sources.load_lossy(&mounted).ok()?;
    Some(unknown(Trail::written(file.at(file.line_range(0)?))))
}

fn count(set: Option<Count>, lost: Option<&Count>) -> Option<Count> {
    set.or_else(|| lost.cloned())
}

fn default(value: u64, setting: &'static str, place: Option<Span>) -> Count {
    Count::new(Bound::Exactly(value), Trail::default_of(setting, place))
}

/// What a variable of the image sets, or what the image does by itself.
fn by_variable(
    sources: &Sources,
    image: &Image,
    container: &Container,
    place: Option<Span>,
    problems: &mut Vec<Problem>,
) -> Option<Count> {
    let name = match image.flavor {
        Flavor::Official => return None,
        Flavor::Variable(name) | Flavor::Tuned(name) => name,
    };
    let value = variable(&container.environment, name).filter(|value| value.is_empty() != Some(true));
    match (value, image.flavor) {
        (Some(Value::Known(text)), _) => Some(arguments::count(sources, &text, name, 1, problems)),
        (Some(Value::Partly { rest, .. }), _) => Some(rest),
        (None, Flavor::Tuned(_)) if container.environment.get("NO_TS_TUNE").is_some() => None,
        (None, Flavor::Tuned(_)) => {
            let why = "timescaledb-tune sets it by the memory it finds: 25 up to 2 GiB, 50 up to 4, 75 up to 6, else 100";
            let trail = Trail::default_of("timescaledb-tune max_connections", place);
            Some(Count::new(Bound::unknown("connections", why), trail))
        }
        (None, _) => None,
    }
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
