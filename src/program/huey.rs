//! huey (3.5.4; facts, B2): `-w` workers (1), which `-k` makes threads, greenlets or processes.

use std::sync::OnceLock;

use super::arguments::{Given, Lookup, OptionTable};
use super::command::{Command, Outcome, Program};
use super::getopt::{self, Dialect};
use super::{Entry, Started, Value};
use crate::trace::{Count, Text};

/// huey's consumer.
pub(super) const PROGRAM: Program =
    Program { name: "huey_consumer", modules: &["huey.bin.huey_consumer"], read };

/// The same by the name of its script.
pub(super) const SCRIPT: Program = Program { name: "huey_consumer.py", modules: &[], read };

/// Its options.
pub(super) fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/huey.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let mut given = getopt::parse(table(), command.words, Dialect::Optparse);
    if given.exits && given.refusals.is_empty() {
        return Outcome::passing();
    }
    if given.positionals.is_empty() && given.unsure.is_none() && given.refusals.is_empty() {
        given.refuse_all("missing import path to `Huey` instance".to_owned());
    }
    let target = given.positionals.first().and_then(Value::known);
    let started = command.started("huey", "worker", target.and_then(instance));
    consumer(command, &given, started, &|setting| command.default(1, setting))
}

/// `app.queue.huey`: the instance behind the last dot of its module.
fn instance(path: &Text) -> Option<Entry> {
    let at = path.as_str().rfind('.')?;
    let attribute = path.slice(at + 1..path.len());
    Some(Entry::Module { module: path.slice(0..at), attribute: Some(attribute) })
}

/// What a consumer with the options `given` starts; `unsaid` is how many workers it has when they say nothing.
pub(super) fn consumer(
    command: &Command<'_>,
    given: &Given,
    mut started: Started,
    unsaid: &dyn Fn(&str) -> Count,
) -> Outcome {
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    started.python_path.insert(0, command.working_dir.to_owned());
    let refused = command.count_when_refused(&given.refusals, "workers");
    let on_line = command.given(given, "workers", "workers", &mut outcome.problems);
    let workers = refused.clone().or(on_line).unwrap_or_else(|| unsaid("huey workers"));
    let kind = match given.lookup("worker_type") {
        Lookup::Given(option) => option.value,
        Lookup::Unsure(word) => Some(word),
        Lookup::Not => None,
    };
    match &kind {
        Some(Value::Known(kind)) if kind.as_str() == "process" => {
            started.processes = workers;
            started.concurrency = command.default(1, "huey tasks in each process");
        }
        Some(Value::Known(kind)) if kind.as_str() == "greenlet" => started.concurrency = workers,
        None | Some(Value::Known(_)) => {
            started.threads = workers.clone();
            started.concurrency = workers;
        }
        Some(unknown) => {
            let at = Text::traced("", unknown.trail());
            let why = format!("whether its workers are threads or processes is not known: {}", unknown.why());
            started.processes = command.unknown("workers", &why, &at);
            started.concurrency = command.unknown("tasks", &why, &at);
        }
    }
    if let Some(refused) = refused {
        started.processes = refused;
    }
    outcome.started.push(started);
    outcome
}
