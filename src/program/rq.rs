//! rq (3.0.0; facts, B2): a worker runs one job at a time in a forked child; a pool has `-n` workers.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::{Value, click};

/// rq.
pub(super) const PROGRAM: Program = Program { name: "rq", modules: &["rq.cli", "rq"], read };

/// The options of a worker, or of a pool of them.
pub(super) fn table(pool: bool) -> &'static OptionTable {
    static TABLES: OnceLock<[OptionTable; 2]> = OnceLock::new();
    let [worker, workers] = TABLES.get_or_init(|| {
        [
            OptionTable::from_json(include_str!("options/rq-worker.json")),
            OptionTable::from_json(include_str!("options/rq-worker-pool.json")),
        ]
    });
    if pool { workers } else { worker }
}

fn read(command: &Command<'_>) -> Outcome {
    let pool = match command.words.first().and_then(Value::as_str) {
        Some("worker") => false,
        Some("worker-pool") => true,
        _ => return Outcome::passing(),
    };
    let (given, _) = click::parse(table(pool), &command.words[1..], false);
    if given.exits {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    // Jobs are named in the queue: which modules they import stands in no file.
    let mut started = command.started("rq", "worker", None);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.concurrency = command.default(1, "rq jobs at once");
    let refused = command.count_when_refused(&given.refusals, "workers");
    let on_line = command.given(&given, "num_workers", "workers", &mut outcome.problems);
    started.processes = refused.or(on_line).unwrap_or_else(|| command.default(1, "rq workers"));
    outcome.started.push(started);
    outcome
}
