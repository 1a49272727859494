//! waitress (3.0.2): one process with `--threads` (4; adjustments.py).

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::getopt::{self, Dialect};
use super::{Entry, Value};

/// waitress-serve, also as `python -m waitress`.
pub(super) const PROGRAM: Program = Program { name: "waitress-serve", modules: &["waitress"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/waitress.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let mut given = getopt::parse(table(), command.words, Dialect::Python);
    if given.exits && given.refusals.is_empty() {
        return Outcome::passing();
    }
    if given.refusals.is_empty() && given.unsure.is_none() && given.positionals.len() != 1 {
        let message = "Specify one application only".to_owned();
        match given.positionals.get(1).map(|word| word.beginning().clone()) {
            Some(word) => given.refuse(&word, message),
            None => given.refuse_all(message),
        }
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().and_then(Value::known);
    let entry = target.map(|target| Entry::module(target, None));
    let mut started = command.started("waitress", "process", entry);
    // `sys.path.append(os.getcwd())` (runner.py).
    started.python_path.push(command.working_dir.to_owned());
    started.threads = command
        .given(&given, "threads", "threads", &mut outcome.problems)
        .unwrap_or_else(|| command.default(4, "waitress threads"));
    started.concurrency = started.threads.clone();
    if let Some(refused) = command.count_when_refused(&given.refusals, "processes") {
        started.processes = refused;
    }
    if !outcome.problems.is_empty() && !started.processes.value.is_unknown() {
        started.processes = command.unknown("processes", "waitress does not start", command.name);
    }
    outcome.started.push(started);
    outcome
}
