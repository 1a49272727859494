//! daphne (4.2.3; facts, B2): one process that serves an ASGI application.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::{Entry, Value, argparse};

/// daphne, also as `python -m daphne`.
pub(super) const PROGRAM: Program = Program { name: "daphne", modules: &["daphne"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/daphne.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let given = argparse::parse(table(), command.words);
    if given.exits {
        return Outcome::passing();
    }
    let target = given.positionals.first().and_then(Value::known);
    let mut started = command.started("daphne", "process", target.map(|target| Entry::module(target, None)));
    // `sys.path.insert(0, ".")` (cli.py).
    started.python_path.insert(0, command.working_dir.to_owned());
    if let Some(refused) = command.count_when_refused(&given.refusals, "processes") {
        started.processes = refused;
    }
    Outcome { problems: command.refused(&given.refusals), started: vec![started], ..Outcome::default() }
}
