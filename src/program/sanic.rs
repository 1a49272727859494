//! sanic (25.12.1): `--workers` (1) processes, `--fast` one for each CPU.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::{Entry, Value, argparse};
use crate::trace::Text;

/// sanic, also as `python -m sanic`.
pub(super) const PROGRAM: Program = Program { name: "sanic", modules: &["sanic"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/sanic.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let mut given = argparse::parse(table(), command.words);
    if given.exits {
        return Outcome::passing();
    }
    if let (Some(_), Some(option)) = (given.flag("fast"), given.flag("workers").cloned())
        && given.refusals.is_empty()
    {
        given.refuse(&option.name, "argument -w/--workers: not allowed with argument --fast".to_owned());
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().and_then(Value::known);
    let mut started = command.started("sanic", "worker", target.map(application));
    started.python_path.push(command.working_dir.to_owned());
    let development = ["dev", "auto_reload"].into_iter().find_map(|setting| given.flag(setting));
    started.development = development.map(|option| option.name.trail());
    started.processes = match command.count_when_refused(&given.refusals, "workers") {
        Some(refused) => refused,
        None if given.flag("fast").is_some() => command.one_per_cpu("sanic --fast"),
        None => command
            .given_at_least_one(&given, "workers", "workers", &mut outcome.problems)
            .unwrap_or_else(|| command.default(1, "sanic workers")),
    };
    outcome.started.push(started);
    outcome
}

/// `module:app`, `module.app`, or a module that has an `app` (worker/loader.py).
fn application(target: &Text) -> Entry {
    let separator = if target.as_str().contains(':') { ':' } else { '.' };
    match target.as_str().rfind(separator) {
        Some(at) => {
            let attribute = target.slice(at + 1..target.len());
            Entry::Module { module: target.slice(0..at), attribute: Some(attribute) }
        }
        None => Entry::module(target, Some("app")),
    }
}
