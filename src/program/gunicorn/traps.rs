//! What gunicorn takes without a word and does nothing with (facts, B1).

use crate::program::arguments::Given;
use crate::program::command::Command;
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
