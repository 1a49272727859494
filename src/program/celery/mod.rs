//! celery (5.7.0; facts, B2): a worker's pool, and beat.

mod multi;

use std::sync::OnceLock;

use crate::program::arguments::{Given, Lookup, OptionTable};
use crate::program::command::{Command, Outcome, Program, read_at};
use crate::program::{Entry, Value, click};
use crate::trace::{Bound, Count, FlawKind, How, Origin, Problem, ProblemKind, Text, python_int};

/// celery, also as `python -m celery`.
pub(super) const PROGRAM: Program = Program { name: "celery", modules: &["celery"], read };

fn table(name: &str) -> &'static OptionTable {
    static TABLES: OnceLock<[OptionTable; 3]> = OnceLock::new();
    let [celery, worker, beat] = TABLES.get_or_init(|| {
        [
            OptionTable::from_json(include_str!("../options/celery.json")),
            OptionTable::from_json(include_str!("../options/celery-worker.json")),
            OptionTable::from_json(include_str!("../options/celery-beat.json")),
        ]
    });
    match name {
        "worker" => worker,
        "beat" => beat,
        _ => celery,
    }
}

fn read(command: &Command<'_>) -> Outcome {
    let (general, end) = click::parse(table(""), command.words, true);
    let Some(what) = command.words.get(end).and_then(Value::known) else {
        return match &general.unsure {
            Some((word, _)) => Outcome::unknown(word.beginning(), word.why()),
            None => Outcome::passing(),
        };
    };
    let rest = command.words.get(end + 1..).unwrap_or_default();
    match what.as_str() {
        "worker" => worker(command, &general, rest),
        "beat" => {
            let (given, _) = click::parse(table("beat"), rest, false);
            if given.exits {
                return Outcome::passing();
            }
            let mut started = command.started("celery beat", "process", entry(&general, &given, command));
            started.concurrency = command.default(1, "celery beat");
            Outcome { detached: given.flag("detach").is_some(), ..refusing(command, &given, started) }
        }
        "flower" => {
            let mut started =
                command.started("celery flower", "process", entry(&general, &Given::default(), command));
            // It watches the broker; of the application it only imports (flower 2.2.0, command.py).
            started.concurrency = command.default(1, "celery flower");
            started.python_path.insert(0, command.working_dir.to_owned());
            Outcome { started: vec![started], ..Outcome::default() }
        }
        "multi" => multi::read(command, &general, what, rest),
        _ => Outcome::passing(),
    }
}

/// `-A app`: the module, and the name in it that celery looks for by itself (app/utils.py `find_app`).
fn entry(general: &Given, own: &Given, command: &Command<'_>) -> Option<Entry> {
    let named = [general, own].into_iter().find_map(|given| given.all("app").last().cloned());
    let value = named.or_else(|| click::from_environment(table(""), "CELERY", "app", command.environment))?;
    let target = value.known()?;
    Some(Entry::module(&in_package(target, command), None))
}

/// Of a package that names no application itself, its module `celery` is taken (`find_app`).
fn in_package(target: &Text, command: &Command<'_>) -> Text {
    let folder = command.folder(&target.as_str().replace('.', "/"));
    let file = |name: &str| {
        let inside = format!("{folder}/{name}");
        let path = command.world.files.locate(command.world.sources, &inside)?;
        command.world.sources.load(&path).ok()
    };
    let names_one = |text: &str| ["celery", "app"].iter().any(|name| text.contains(name));
    match (file("__init__.py"), file("celery.py")) {
        (Some(package), Some(_)) if !names_one(&package.text) => {
            Text::traced(format!("{target}.celery"), target.trail())
        }
        _ => target.clone(),
    }
}

fn refusing(command: &Command<'_>, given: &Given, mut started: crate::program::Started) -> Outcome {
    if let Some(refused) = command.count_when_refused(&given.refusals, "processes") {
        started.processes = refused;
    }
    started.python_path.insert(0, command.working_dir.to_owned());
    Outcome { problems: command.refused(&given.refusals), started: vec![started], ..Outcome::default() }
}

fn worker(command: &Command<'_>, general: &Given, rest: &[Value]) -> Outcome {
    let (mut given, _) = click::parse(table("worker"), rest, false);
    if given.exits {
        return Outcome::passing();
    }
    let mut problems = Vec::new();
    let configured = extra(&mut given);
    let pool = setting(&given, "pool_cls", command).or_else(|| setting(&given, "pool", command));
    let is_prefork = pool.as_ref().is_none_or(|pool| matches!(pool.as_str(), Some("prefork" | "processes")));
    let most = concurrency(&given, configured, is_prefork, command, &mut problems);
    let mut started = command.started("celery", "pool process", entry(general, &given, command));
    let one = |setting| command.default(1, setting);
    match pool {
        None => {
            started.is_celery_child = Some(true);
            started.processes = most.clone();
            started.concurrency = one("celery pool");
        }
        Some(Value::Known(pool)) => match pool.as_str() {
            "prefork" | "processes" | "solo" | "threads" | "gevent" | "eventlet" => {
                let pool = pool.as_str();
                let prefork = matches!(pool, "prefork" | "processes");
                started.is_celery_child = Some(prefork);
                started.counts_tasks = !prefork && pool != "solo";
                started.concurrency =
                    if prefork || pool == "solo" { one("celery pool") } else { most.clone() };
                if pool == "threads" {
                    started.threads = most.clone();
                }
                if prefork {
                    started.processes = most.clone();
                }
            }
            other => {
                let why = format!("the pool {other} is not known");
                started.is_celery_child = None;
                started.processes = command.unknown("processes", &why, &pool);
                started.concurrency = command.unknown("tasks", &why, &pool);
            }
        },
        Some(unknown) => {
            let at = Text::traced("", unknown.trail());
            let why = format!("the pool is not known: {}", unknown.why());
            started.is_celery_child = None;
            started.processes = command.unknown("processes", &why, &at);
            started.concurrency = command.unknown("tasks", &why, &at);
        }
    }
    let is_default = |step: &Origin| matches!(step, Origin::Default { of } if of == DEFAULT);
    let is_counted = started.processes == most || started.counts_tasks;
    if most.trail.steps().any(is_default) && is_counted {
        started.counted_by = Some("worker_concurrency");
    }
    if !problems.is_empty() {
        // It does not start, whichever pool it has.
        started.processes = most;
    }
    let mut outcome = refusing(command, &given, started);
    outcome.problems.extend(problems);
    let included = included(&given, command);
    let modules = command.modules(included.iter(), &mut outcome);
    outcome.started.iter_mut().for_each(|started| started.imports.clone_from(&modules));
    outcome.detached = given.flag("detach").is_some();
    if let Some(option) = given.flag("beat") {
        let mut beat = command.started("celery beat", "process", entry(general, &given, command));
        beat.concurrency = Count::new(Bound::ONE, option.name.trail());
        beat.imports = modules;
        beat.python_path.insert(0, command.working_dir.to_owned());
        outcome.started.push(beat);
    }
    outcome
}

/// `--include`: modules that the worker imports beside the application (worker/worker.py, `setup_includes`).
fn included(given: &Given, command: &Command<'_>) -> Vec<Value> {
    match setting(given, "include", command) {
        Some(Value::Known(list)) => {
            let modules = list.as_str().split(',').map(|module| list.slice_of(module).trim());
            modules.filter(|module| !module.is_empty()).map(Value::Known).collect()
        }
        unknown => unknown.into_iter().collect(),
    }
}

/// Words behind the options set the application's configuration: `-- worker_concurrency=5` (app/base.py,
/// `config_from_cmdline`).
fn extra(given: &mut Given) -> Option<Value> {
    let mut concurrency = None;
    for word in given.positionals.clone() {
        let Some(text) = word.known() else { continue };
        match text.split_once('=') {
            Some((name, value)) if name.as_str() == "worker_concurrency" => concurrency = Some(value.into()),
            Some(_) => {}
            None => given.refuse(text, "Unable to parse extra configuration from command line.".to_owned()),
        }
    }
    concurrency
}

fn setting(given: &Given, name: &str, command: &Command<'_>) -> Option<Value> {
    match given.lookup(name) {
        Lookup::Given(option) => option.value,
        Lookup::Unsure(word) => Some(word),
        Lookup::Not => click::from_environment(table("worker"), "CELERY_WORKER", name, command.environment)
            .map(|value| read_at(value, command.name)),
    }
}

/// How many tasks at once: with `--autoscale` the larger of its two numbers, else `--concurrency`, else
/// `worker_concurrency` of the application's configuration, else one for each CPU.
fn concurrency(
    given: &Given,
    configured: Option<Value>,
    is_prefork: bool,
    command: &Command<'_>,
    problems: &mut Vec<Problem>,
) -> Count {
    if let Some(value) = setting(given, "autoscale", command) {
        return autoscale(&value, command, problems);
    }
    match setting(given, "concurrency", command).or(configured) {
        Some(Value::Known(text)) if text.as_str().trim().eq_ignore_ascii_case("auto") => {
            auto(&text, is_prefork, command)
        }
        // An empty or zero one leaves it to the configuration (bin/worker.py, `_concurrency_value`).
        Some(Value::Known(text)) if text.is_empty() || python_int(text.as_str()) == Ok(0) => default(command),
        Some(value) => command.count(&value, "processes", "--concurrency", problems),
        None => default(command),
    }
}

/// `auto`: the CPUs of the host, for processes no more than the container may use, a part of one taken for a whole
/// (utils/sysinfo.py, `cpu_budget`; worker/worker.py, `_resolve_auto_concurrency`). Docker gives no container a larger share
/// than there are.
fn auto(text: &Text, is_prefork: bool, command: &Command<'_>) -> Count {
    let cpus = &command.world.cpus;
    let usable = if is_prefork { cpus.usable() } else { None };
    let fewer = |one: Count, other: &Count| {
        let is_less = matches!((&one.value, &other.value), (Bound::Exactly(a), Bound::Exactly(b)) if b < a);
        if is_less { other.clone() } else { one }
    };
    let count = match (usable, &cpus.host) {
        (Some(usable), Some(host)) => fewer(usable, host),
        (Some(usable), None) => usable,
        (None, Some(host)) => host.clone(),
        (None, None) => {
            let why = "`auto` is the CPUs that the container may use, and nothing says how many";
            return command.unknown("CPUs", why, text);
        }
    };
    match text.used_at() {
        Some(span) => count.then(Origin::at(How::Read, span)),
        None => count,
    }
}

/// What is asked where the command line does not say how many.
const DEFAULT: &str = "celery worker_concurrency";

fn default(command: &Command<'_>) -> Count {
    command.one_per_cpu(DEFAULT)
}

fn autoscale(value: &Value, command: &Command<'_>, problems: &mut Vec<Problem>) -> Count {
    let Value::Known(text) = value else { return command.count(value, "processes", "--autoscale", problems) };
    let mut parts = Vec::new();
    let mut rest = text.clone();
    while let Some((part, behind)) = rest.split_once(',') {
        parts.push(part);
        rest = behind;
    }
    parts.push(rest);
    let numbers: Result<Vec<i64>, FlawKind> = parts.iter().map(|part| python_int(part.as_str())).collect();
    match numbers {
        Ok(numbers) if numbers.len() <= 2 => {
            let most = parts.into_iter().zip(numbers).max_by_key(|(_, number)| *number);
            match most {
                Some((part, _)) => command.count(&Value::Known(part), "processes", "--autoscale", problems),
                None => default(command),
            }
        }
        _ => {
            let message = "--autoscale takes two whole numbers with a comma between them".to_owned();
            problems.extend(command.problem(ProblemKind::NotANumber, text, message.clone()));
            command.unknown("processes", &message, text)
        }
    }
}
