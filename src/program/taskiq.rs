//! taskiq (0.13.0): `worker` has `--workers` (2) processes, each of which works on `--max-async-tasks` (100) at once; no
//! more than that many run in its threads (receiver.py takes a semaphore around both). `scheduler` sends tasks.

use std::sync::OnceLock;

use super::arguments::{Given, OptionTable};
use super::command::{Command, Outcome, Program};
use super::{Entry, Value, argparse};
use crate::platform::Unread;
use crate::trace::{Bound, Count, Problem, Text, python_int};

/// taskiq, also as `python -m taskiq`.
pub(super) const PROGRAM: Program = Program { name: "taskiq", modules: &["taskiq"], read };

fn table(worker: bool) -> &'static OptionTable {
    static TABLES: OnceLock<[OptionTable; 2]> = OnceLock::new();
    let [worker_table, scheduler] = TABLES.get_or_init(|| {
        [
            OptionTable::from_json(include_str!("options/taskiq-worker.json")),
            OptionTable::from_json(include_str!("options/taskiq-scheduler.json")),
        ]
    });
    if worker { worker_table } else { scheduler }
}

fn read(command: &Command<'_>) -> Outcome {
    let worker = match command.words.first().and_then(Value::as_str) {
        Some("worker") => true,
        Some("scheduler") => false,
        _ => return Outcome::passing(),
    };
    let given = argparse::parse(table(worker), &command.words[1..]);
    if given.exits {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let target = given.positionals.first().and_then(Value::known);
    let entry = target.map(|target| Entry::module(target, None));
    let program = if worker { "taskiq" } else { "taskiq scheduler" };
    let mut started = command.started(program, if worker { "worker" } else { "process" }, entry);
    // Modules of tasks that each process imports beside the broker (cli/utils.py, `import_tasks`).
    started.imports = command.further_modules(&given, &mut outcome);
    if let Some(option) = given.flag("fs_discover") {
        discover(&given, command, &option.name, &mut started.imports, &mut outcome);
    }
    let folder = given.all("app_dir").last().and_then(Value::as_str).unwrap_or("");
    started.python_path.insert(0, command.folder(folder));
    let refused = command.count_when_refused(&given.refusals, "workers");
    if worker {
        started.development = given.flag("reload").map(|option| option.name.trail());
        let on_line = command.given(&given, "workers", "workers", &mut outcome.problems);
        started.processes = on_line.unwrap_or_else(|| command.default(2, "taskiq workers"));
        started.concurrency = tasks(&given, command, &mut outcome.problems);
        if let Some(option) = given.flag("use_process_pool") {
            let why = "taskiq runs tasks in a pool of processes beside its workers, which is not counted";
            started.processes = Count::new(Bound::unknown("processes", why), option.name.trail());
        }
    } else {
        started.concurrency = command.default(1, "taskiq scheduler");
    }
    if let Some(refused) = refused {
        started.processes = refused;
    }
    outcome.started.push(started);
    outcome
}

/// `--fs-discover`: the modules below the folder it starts in whose files match `--tasks-pattern`, by default
/// `**/tasks.py` (cli/utils.py, `import_tasks`).
fn discover(
    given: &Given,
    command: &Command<'_>,
    option: &Text,
    imports: &mut Vec<Entry>,
    outcome: &mut Outcome,
) {
    let mut patterns: Vec<Option<&str>> = given.all("tasks_pattern").map(Value::as_str).collect();
    if patterns.is_empty() {
        patterns.push(Some("**/tasks.py"));
    }
    let files = &command.world.files;
    let folder = files.locate(command.world.sources, command.working_dir);
    // A pattern of another form, or a folder that the image brought, may be any module.
    let names: Option<Vec<&str>> = patterns
        .into_iter()
        .map(|pattern| pattern?.strip_prefix("**/").filter(|name| !name.contains(['/', '[', '?'])))
        .collect();
    let (Some(folder), Some(names)) = (folder, names) else {
        let why = "which modules --fs-discover finds is not known";
        outcome.unknown.push(Unread::new(why.to_owned(), option.trail()));
        return;
    };
    let skipped = |name: &str| matches!(name, ".git" | "node_modules" | ".venv" | "venv" | "__pycache__");
    for path in command.world.sources.tree().walk(&folder, &skipped) {
        let file = path.as_str().rsplit('/').next().unwrap_or_default();
        let is_meant = names.iter().any(|name| match name.split_once('*') {
            Some((first, last)) => {
                file.len() >= first.len() + last.len() && file.starts_with(first) && file.ends_with(last)
            }
            None => file == *name,
        });
        let inside = path.as_str().strip_prefix(folder.as_str()).unwrap_or(path.as_str());
        let module =
            inside.trim_start_matches('/').strip_suffix(".py").map(|module| module.replace('/', "."));
        if let Some(module) = module.filter(|_| is_meant) {
            let module = Text::traced(module, option.trail());
            imports.push(Entry::Module { module, attribute: None });
        }
    }
}

/// The limit and what may be added to it by chance; without bound where it is not positive.
fn tasks(given: &Given, command: &Command<'_>, problems: &mut Vec<Problem>) -> Count {
    let below_one = |value: &&Value| value.as_str().is_some_and(|text| python_int(text).is_ok_and(|n| n < 1));
    if let Some(value) = given.all("max_async_tasks").last().filter(below_one) {
        return Count::new(Bound::Unbounded, value.trail());
    }
    let limit = command
        .given(given, "max_async_tasks", "tasks", problems)
        .unwrap_or_else(|| command.default(100, "taskiq max_async_tasks"));
    let jitter = given.all("max_async_tasks_jitter").last().filter(|value| !below_one(value)).cloned();
    match jitter {
        Some(value) => {
            let more = command.count(&value, "tasks", "--max-async-tasks-jitter", problems);
            Count::new(limit.value + more.value, limit.trail)
        }
        None => limit,
    }
}
