//! What gunicorn takes without a word and does nothing with (facts, B1).

use crate::program::arguments::Given;
use crate::program::command::Command;
use crate::source::Span;
use crate::trace::{Count, Origin, Problem, ProblemKind, Text};

/// Names that people give the configuration file, of which gunicorn looks for none by itself.
const NAMES: [&str; 6] = [
    "gunicorn_conf.py",
    "gunicorn_config.py",
    "gunicorn.config.py",
    "gunicorn-conf.py",
    "gunicorn.py",
    "conf/gunicorn.conf.py",
];

/// Tells of `threads` that somebody wrote down for a worker that starts none.
pub(super) fn threads(threads: &Count, command: &Command<'_>) -> Option<Problem> {
    let more = threads.value.number().is_some_and(|number| number > 1);
    let written = matches!(threads.trail.first(), Origin::Place { .. });
    let at = Text::traced("", threads.trail.clone());
    let message = "this worker class starts no threads: their number does nothing";
    (more && written).then(|| command.problem(ProblemKind::ThreadsIgnored, &at, message.to_owned())).flatten()
}

/// Tells of a configuration file that stands there under a name that gunicorn does not look for.
pub(super) fn unread_file(command: &Command<'_>, line: &Given) -> Option<Problem> {
    // A word that is not known may be what names it.
    if line.unsure.is_some() {
        return None;
    }
    let (name, path) = NAMES
        .iter()
        .find_map(|name| command.world.locate(command.working_dir, name).map(|path| (name, path)))?;
    let text = command.world.sources.load(&path).ok()?;
    let sets = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or_default();
        ["workers", "threads", "worker_class", "bind", "timeout"].contains(&key.trim())
            && !value.starts_with('=')
    };
    text.text.lines().any(sets).then_some(())?;
    let message = format!("gunicorn does not read {name} by itself, and nothing here names it");
    let problem = command.problem(ProblemKind::IgnoredGunicornConfig, command.name, message)?;
    Some(problem.help(format!("-c {name}, or call it gunicorn.conf.py and start gunicorn in its folder")))
}

/// Tells of a `WEB_CONCURRENCY` that counts for nothing, since the command line or the configuration file says another
/// number. One that stands in a Dockerfile is a default that is meant to be overruled.
pub(super) fn shadowed(lost: &Count, workers: &Count, command: &Command<'_>) -> Option<Problem> {
    let (number, instead) = (lost.value.number()?, workers.value.number()?);
    let (at, winner) = (lost.trail.first().span()?, workers.trail.place()?);
    let sources = command.world.sources;
    let is_made_of = workers.trail.steps().any(|step| step.span() == Some(at));
    let in_image = sources.file(at.file).path.file_name().to_ascii_lowercase().contains("dockerfile");
    if number == instead || is_made_of || in_image || workers.trail.default().is_some() {
        return None;
    }
    let message = format!("WEB_CONCURRENCY is {number} here, and gunicorn starts {instead} workers");
    let problem = Problem::at(ProblemKind::Shadowed, &sources.file(at.file).path, at, message);
    Some(problem.note(winner, "this counts"))
}

/// Settings that gunicorn's configuration file, whose first line is at `place`, sets twice outside of any block, to
/// different numbers or words.
pub(super) fn twice(place: Span, command: &Command<'_>) -> Vec<Problem> {
    let sources = command.world.sources;
    let file = sources.file(place.file);
    let mut found = Vec::new();
    for setting in ["workers", "threads", "worker_class", "worker_connections", "preload_app"] {
        let mut set: Vec<Text> = Vec::new();
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let value = line.strip_prefix(setting).and_then(|rest| rest.trim_start().strip_prefix('='));
            if let Some(value) = value.filter(|value| !value.starts_with('=')) {
                let word = value.split('#').next().unwrap_or_default().trim();
                let at = start + line.len() - value.len() + (value.len() - value.trim_start().len());
                // What is made of the value before replaces nothing.
                if !word.contains(setting) && !word.is_empty() {
                    set.push(Text::verbatim(&file, at..at + word.len()));
                }
            }
            start += line.len();
        }
        if let [.., earlier, later] = set.as_slice() {
            found.extend(Problem::twice(sources, setting, earlier, later));
        }
    }
    found
}
