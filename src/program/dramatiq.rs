//! dramatiq (2.2.1; facts, B2): processes (one for each CPU) of threads (8).

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::{Entry, Value, argparse};

/// dramatiq, also as `python -m dramatiq`.
pub(super) const PROGRAM: Program = Program { name: "dramatiq", modules: &["dramatiq"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/dramatiq.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let given = argparse::parse(table(), command.words);
    if given.exits {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().and_then(Value::known);
    let mut started =
        command.started("dramatiq", "process", target.map(|target| Entry::module(target, None)));
    // Further modules are loaded by each process as well (cli.py, `worker_process`).
    started.imports = command.further_modules(&given, &mut outcome);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.development = given.flag("watch").map(|option| option.name.trail());
    let refused = command.count_when_refused(&given.refusals, "processes");
    let on_line = command.given(&given, "processes", "processes", &mut outcome.problems);
    started.processes = refused.or(on_line).unwrap_or_else(|| command.one_per_cpu("dramatiq processes"));
    started.threads = command
        .given(&given, "threads", "threads", &mut outcome.problems)
        .unwrap_or_else(|| command.default(8, "dramatiq threads"));
    started.concurrency = started.threads.clone();
    outcome.started.push(started);
    outcome
}
