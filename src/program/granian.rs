//! granian (2.8.7; facts, B2): `--workers` or `GRANIAN_WORKERS`; under WSGI half of the backlog's share as threads.

use std::sync::OnceLock;

use super::arguments::{Given, OptionTable};
use super::command::{Command, Outcome, Program, read_at};
use super::{Entry, Value, click};
use crate::trace::{Bound, Count, Problem};

/// granian, also as `python -m granian`.
pub(super) const PROGRAM: Program = Program { name: "granian", modules: &["granian"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/granian.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let (given, _) = click::parse(table(), command.words, false);
    if given.exits {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().and_then(Value::known);
    let mut started =
        command.started("granian", "worker", target.map(|target| Entry::module(target, Some("app"))));
    started.python_path.insert(0, command.working_dir.to_owned());
    started.development = given.flag("reload").map(|option| option.name.trail());
    let problems = &mut outcome.problems;
    started.processes = command.count_when_refused(&given.refusals, "workers").unwrap_or_else(|| {
        number(&given, "workers", "workers", command, problems).unwrap_or_else(|| {
            problems.extend(command.ignored_web_concurrency());
            command.default(1, "granian workers")
        })
    });
    let interface = given.all("interface").last().cloned();
    let interface =
        interface.or_else(|| click::from_environment(table(), "GRANIAN", "interface", command.environment));
    if interface.as_ref().and_then(Value::as_str) == Some("wsgi") {
        started.threads = threads(&given, command, &started.processes, problems);
        started.concurrency = started.threads.clone();
    }
    outcome.started.push(started);
    outcome
}

fn number(
    given: &Given,
    setting: &str,
    symbol: &str,
    command: &Command<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Count> {
    let on_line = command.given(given, setting, symbol, problems);
    on_line.or_else(|| {
        let value = click::from_environment(table(), "GRANIAN", setting, command.environment)?;
        let name = format!("GRANIAN_{}", setting.to_ascii_uppercase());
        Some(command.count(&read_at(value, command.name), symbol, &name, problems))
    })
}

/// `max(1, (backpressure or backlog // workers) // 2)` where nothing else is said (server/common.py).
fn threads(given: &Given, command: &Command<'_>, workers: &Count, problems: &mut Vec<Problem>) -> Count {
    if let Some(threads) = number(given, "blocking_threads", "threads", command, problems) {
        return threads;
    }
    let backlog = number(given, "backlog", "connections", command, problems)
        .map_or(Some(1024), |backlog| backlog.value.number().map(|n| n.max(128)));
    let pressure = match number(given, "backpressure", "requests", command, problems) {
        Some(pressure) => pressure.value.number(),
        None => backlog.zip(workers.value.number()).map(|(backlog, workers)| backlog / workers.max(1)),
    };
    let default = command.default(1, "granian blocking_threads");
    let value = match pressure {
        Some(pressure) => Bound::Exactly((pressure.max(1) / 2).max(1)),
        None => Bound::unknown("threads", "granian's threads follow from its workers, which are not known"),
    };
    Count::new(value, default.trail)
}
