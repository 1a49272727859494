//! hypercorn (0.18.0; facts, B2): `-w`, nothing from the environment, a configuration file with `-c`.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::{Entry, Value, argparse};
use crate::trace::Text;

/// hypercorn, also as `python -m hypercorn`.
pub(super) const PROGRAM: Program = Program { name: "hypercorn", modules: &["hypercorn"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/hypercorn.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let given = argparse::parse(table(), command.words);
    if given.exits {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().and_then(Value::known);
    let entry = target.map(|target| Entry::module(target, Some("app")));
    let mut started = command.started("hypercorn", "worker", entry);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.development = given.flag("reload").map(|option| option.name.trail());
    let refused = command.count_when_refused(&given.refusals, "workers");
    let on_line = command.given_at_least_one(&given, "workers", "workers", &mut outcome.problems);
    let configured = given.all("config").last().map(|file| {
        let at = Text::traced("", file.trail());
        command.unknown("workers", "hypercorn's configuration file may set it, and it is not read", &at)
    });
    started.processes = refused.or(on_line).or(configured).unwrap_or_else(|| {
        outcome.problems.extend(command.ignored_web_concurrency());
        command.default(1, "hypercorn workers")
    });
    outcome.started.push(started);
    outcome
}
