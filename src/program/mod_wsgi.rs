//! mod_wsgi-express (6.1.1): `start-server` has `--processes` (1) of `--threads` (5; express/options.py, server.py).

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::getopt::{self, Dialect};
use super::{Entry, Value};

/// mod_wsgi-express.
pub(super) const PROGRAM: Program = Program { name: "mod_wsgi-express", modules: &[], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/mod_wsgi.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    if command.words.first().and_then(Value::as_str) != Some("start-server") {
        return Outcome::passing();
    }
    let given = getopt::parse(table(), &command.words[1..], Dialect::Optparse);
    if given.exits && given.refusals.is_empty() {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().or(given.all("entry_point").last()).and_then(Value::known);
    let kind = given.all("application_type").last().and_then(Value::as_str).unwrap_or("script");
    let entry = target.and_then(|target| match kind {
        "module" => Some(Entry::module(target, Some("application"))),
        "script" => Some(Entry::Script { path: target.clone() }),
        _ => None,
    });
    let mut started = command.started("mod_wsgi", "process", entry);
    let folder = given.all("working_directory").last().and_then(Value::as_str).unwrap_or("");
    started.python_path.insert(0, command.folder(folder));
    for folder in given.all("python_paths").filter_map(Value::as_str) {
        started.python_path.push(command.folder(folder));
    }
    started.development = given.flag("reload_on_changes").map(|option| option.name.trail());
    // `options['processes'] or 1` (server.py).
    let on_line = command.given_at_least_one(&given, "processes", "processes", &mut outcome.problems);
    let refused = command.count_when_refused(&given.refusals, "processes");
    started.processes =
        refused.or(on_line).unwrap_or_else(|| command.default(1, "mod_wsgi-express processes"));
    started.threads = command
        .given(&given, "threads", "threads", &mut outcome.problems)
        .unwrap_or_else(|| command.default(5, "mod_wsgi-express threads"));
    started.concurrency = started.threads.clone();
    outcome.started.push(started);
    outcome
}
