//! uvicorn (0.54.0; facts, B2): `--workers` > `UVICORN_WORKERS` > `WEB_CONCURRENCY`, also of `--env-file`; `--reload`
//! leaves one process.

use std::sync::OnceLock;

use super::arguments::{Given, Lookup, OptionTable};
use super::click;
use super::command::{Command, Outcome, Program, read_at, variable};
use super::{Entry, Reload, Value};
use crate::platform::{Environment, Unread};
use crate::source::TreePath;
use crate::syntax::dotenv::{self, Dialect};
use crate::trace::{Bound, Count, Problem, Text};

/// uvicorn, also as `python -m uvicorn`.
pub(super) const PROGRAM: Program = Program { name: "uvicorn", modules: &["uvicorn"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/uvicorn.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let (mut given, _) = click::parse(table(), command.words, false);
    if given.exits {
        return Outcome::passing();
    }
    let named = || super::command::variable(command.environment, "UVICORN_APP");
    let target = given.positionals.first().cloned().or_else(named);
    if target.is_none() && given.unsure.is_none() && given.refusals.is_empty() {
        given.refuse_all("Missing argument 'APP'.".to_owned());
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let entry = target.as_ref().and_then(Value::known).map(|target| Entry::module(target, None));
    let mut started = command.started("uvicorn", "worker", entry);
    if let Some(file) = setting(&given, "env_file", command) {
        load(command, &file, &mut started.environment);
    }
    let folder = setting(&given, "app_dir", command);
    let folder = folder.as_ref().and_then(Value::as_str).unwrap_or("");
    started.python_path.insert(0, command.folder(folder));
    started.development = development(&given, command);
    started.processes = match command.count_when_refused(&given.refusals, "workers") {
        Some(refused) => refused,
        None if started.development.is_some() => {
            if let Lookup::Given(option) = given.lookup("workers")
                && let Some(Value::Known(workers)) = &option.value
            {
                let why = "with --reload uvicorn starts one process, whatever its number of workers";
                outcome.problems.extend(command.ignored_workers(workers, why));
            }
            command.default(1, "uvicorn --reload")
        }
        None => workers(&given, command, &started.environment, &mut outcome.problems),
    };
    if started.processes.value != Bound::ONE {
        // `restart_all` of supervisors/multiprocess.py, measured with 0.54; a single process has no supervisor.
        started.reload = Reload::StartsOne;
    }
    started.concurrency = concurrency(&given, command, &mut outcome.problems);
    outcome.started.push(started);
    outcome
}

/// What `name` is given on the command line, else by `UVICORN_…`.
fn setting(given: &Given, name: &str, command: &Command<'_>) -> Option<Value> {
    match given.lookup(name) {
        Lookup::Given(option) => option.value,
        Lookup::Unsure(word) => Some(word),
        Lookup::Not => click::from_environment(table(), "UVICORN", name, command.environment)
            .map(|value| read_at(value, command.name)),
    }
}

fn development(given: &Given, command: &Command<'_>) -> Option<crate::trace::Trail> {
    if let Some(option) = given.flag("reload") {
        return Some(option.name.trail());
    }
    let value = click::from_environment(table(), "UVICORN", "reload", command.environment)?;
    let on = value.as_str().is_some_and(|word| {
        matches!(word.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "t" | "y")
    });
    on.then(|| value.trail())
}

fn workers(
    given: &Given,
    command: &Command<'_>,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> Count {
    // Only more than one is started beside the first process (`workers > 1` in main.py).
    let on_line = command.given_at_least_one(given, "workers", "workers", problems);
    let named = || click::from_environment(table(), "UVICORN", "workers", command.environment);
    let count = on_line.or_else(|| {
        let value = read_at(named()?, command.name);
        Some(command.at_least_one(&value, "workers", "UVICORN_WORKERS", problems))
    });
    count.unwrap_or_else(|| web_concurrency(command, environment, problems))
}

/// `WEB_CONCURRENCY`, which also counts where it is set but empty: uvicorn then fails.
pub(super) fn web_concurrency(
    command: &Command<'_>,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> Count {
    match variable(environment, "WEB_CONCURRENCY") {
        Some(value) => {
            command.at_least_one(&read_at(value, command.name), "workers", "WEB_CONCURRENCY", problems)
        }
        None => command.default(1, "uvicorn workers"),
    }
}

fn concurrency(given: &Given, command: &Command<'_>, problems: &mut Vec<Problem>) -> Count {
    let limit = command.given(given, "limit_concurrency", "requests", problems);
    let named = || click::from_environment(table(), "UVICORN", "limit_concurrency", command.environment);
    let limit = limit.or_else(|| {
        let value = read_at(named()?, command.name);
        Some(command.count(&value, "requests", "UVICORN_LIMIT_CONCURRENCY", problems))
    });
    limit.unwrap_or_else(|| Count::new(Bound::Unbounded, command.name.trail()))
}

/// `load_dotenv(file)`: sets what is not set yet.
fn load(command: &Command<'_>, file: &Value, environment: &mut Environment) {
    let open = |environment: &mut Environment, why: String| {
        environment.leave_open(Unread::new(why, file.trail()));
    };
    let Value::Known(path) = file else { return open(environment, file.why()) };
    let Some(found): Option<TreePath> = command.world.locate(command.working_dir, path.as_str()) else {
        return open(environment, format!("{path} is not there"));
    };
    command.world.note(&found);
    let loaded = match command.world.sources.load(&found) {
        Ok(loaded) => loaded,
        Err(error) => return open(environment, error.to_string()),
    };
    let outside = environment.clone();
    let lookup = |name: &str| outside.get(name).cloned();
    dotenv::note_reader(command.world.sources, &found, Dialect::Python);
    let reading = dotenv::read(&loaded, Dialect::Python, &lookup);
    for (name, entry) in reading.variables() {
        let value: Option<&Text> = entry.value.known();
        match value {
            Some(value) => environment.set_default(name, value.clone()),
            None if environment.get(name).is_none() => {
                environment.set_unknown(
                    name,
                    super::command::not_known(&entry.name, format!("{name} is not known")),
                );
            }
            None => {}
        }
    }
}
