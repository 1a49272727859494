//! `manage.py` and `django-admin` (facts, B2): `runserver` has a thread for each request, other commands end.

use super::command::{Command, Outcome, Program, variable};
use super::python::first_word;
use super::{Entry, Value};
use crate::platform::Environment;
use crate::trace::{Bound, Count, Text};

/// `manage.py`, called by its path or by Python.
pub(super) const MANAGE: Program = Program { name: "manage.py", modules: &["manage"], read };

/// `django-admin`, also as `python -m django`.
pub(super) const ADMIN: Program = Program { name: "django-admin", modules: &["django"], read };

/// Commands of Django's own and of its usual extensions that end by themselves.
const PASSING: [&str; 34] = [
    "check",
    "clearsessions",
    "collectstatic",
    "compilemessages",
    "compress",
    "createcachetable",
    "createsuperuser",
    "dbshell",
    "diffsettings",
    "dumpdata",
    "flush",
    "help",
    "inspectdb",
    "loaddata",
    "makemessages",
    "makemigrations",
    "migrate",
    "migrate_schemas",
    "optimizemigration",
    "rebuild_index",
    "remove_stale_contenttypes",
    "sendtestemail",
    "shell",
    "shell_plus",
    "showmigrations",
    "sqlflush",
    "sqlmigrate",
    "sqlsequencereset",
    "squashmigrations",
    "startapp",
    "startproject",
    "test",
    "tailwind",
    "wait_for_db",
];

fn read(command: &Command<'_>) -> Outcome {
    let Some(word) = first_word(command) else { return Outcome::passing() };
    let Some(name) = word.known() else { return Outcome::unknown(word.beginning(), word.why()) };
    if PASSING.contains(&name.as_str()) {
        return Outcome::passing();
    }
    let environment = environment(command);
    let command = &Command { environment: &environment, ..*command };
    let entry = entry(command);
    if matches!(name.as_str(), "runserver" | "runserver_plus" | "testserver") {
        return server(command, name, entry);
    }
    if let Some(outcome) = lasting(command, name, entry.as_ref()) {
        return outcome;
    }
    // A command of the application's own: some end (`seed`), some work for ever (`run_worker`), and their names do not
    // tell which.
    let mut started = command.started("manage.py", "process", entry);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.concurrency = command.unknown("tasks", &format!("what `{name}` does at once is not known"), name);
    Outcome { started: vec![started], ..Outcome::default() }
}

/// Commands of usual extensions that keep running.
fn lasting(command: &Command<'_>, name: &Text, entry: Option<&Entry>) -> Option<Outcome> {
    let at = command.words.iter().position(|word| word.known() == Some(name)).map_or(0, |at| at + 1);
    let rest = command.words.get(at..).unwrap_or_default();
    let mut started = command.started("manage.py", "process", entry.cloned());
    started.python_path.insert(0, command.working_dir.to_owned());
    let one = |setting: &str| command.default(1, setting);
    match name.as_str() {
        // django_q 1.11.1, conf.py: `workers` of `Q_CLUSTER`, else one for each CPU; a worker runs one task at a time.
        "qcluster" => {
            let why = "`workers` of Q_CLUSTER in the settings, or the number of CPUs";
            started.processes = command.unknown("workers", why, name);
            started.concurrency = one("django-q tasks in each worker");
            started.counted_by = Some("Q_CLUSTER");
        }
        // django_rq 4.2.0: rq's own workers.
        "rqworker" => started.concurrency = one("rq jobs at once"),
        "rqworker-pool" => {
            let mut problems = Vec::new();
            let given = super::getopt::parse(super::rq::table(true), rest, super::getopt::Dialect::Gnu);
            let on_line = command.given(&given, "num_workers", "workers", &mut problems);
            started.processes = on_line.unwrap_or_else(|| one("rq workers"));
            started.concurrency = one("rq jobs at once");
            return Some(Outcome { started: vec![started], problems, ..Outcome::default() });
        }
        // It only puts jobs into Redis.
        "rqscheduler" => return Some(Outcome::passing()),
        // channels: one event loop. background_task: one task at a time, or threads of its own by its settings.
        "runworker" => {}
        "process_tasks" => {
            let why = "`BACKGROUND_TASK_RUN_ASYNC` in the settings decides";
            started.concurrency = command.unknown("tasks", why, name);
        }
        // huey 3.5.4, contrib/djhuey: the consumer's options, and below them those of the settings.
        "run_huey" => {
            let given = super::getopt::parse(super::huey::table(), rest, super::getopt::Dialect::Gnu);
            let given = super::arguments::Given { refusals: Vec::new(), ..given };
            let settings = |setting: &str| {
                command.unknown("workers", &format!("{setting} may be set by HUEY in the settings"), name)
            };
            return Some(super::huey::consumer(command, &given, started, &settings));
        }
        // django-celery, before celery 3.1.
        "celery" => {
            let inner = Command { words: rest, ..*command };
            return Some((super::celery::PROGRAM.read)(&inner));
        }
        _ => return None,
    }
    Some(Outcome { started: vec![started], ..Outcome::default() })
}

/// The variables with what the options say of the settings: `--settings` and django-configurations' `--configuration`
/// take the place of what is there (Django 5.2, `core/management/base.py`, `handle_default_options`).
fn environment(command: &Command<'_>) -> Environment {
    let mut environment = command.environment.clone();
    for (option, name) in
        [("--settings", "DJANGO_SETTINGS_MODULE"), ("--configuration", "DJANGO_CONFIGURATION")]
    {
        let mut words = command.words.iter();
        while let Some(word) = words.next() {
            let Some(word) = word.known() else { continue };
            let value = match word.strip_prefix(option) {
                Some(rest) if rest.is_empty() => words.next().and_then(Value::known).cloned(),
                Some(rest) => rest.strip_prefix("="),
                None => None,
            };
            if let Some(value) = value {
                environment.set(name, value);
            }
        }
    }
    environment
}

/// What runs: `manage.py`, or with `django-admin` the settings that the variables name.
fn entry(command: &Command<'_>) -> Option<Entry> {
    match command.name.as_str() {
        "django-admin" | "django" => {
            let settings = variable(command.environment, "DJANGO_SETTINGS_MODULE")?;
            Some(Entry::Module { module: settings.known()?.clone(), attribute: None })
        }
        name if name.strip_suffix(".py").is_some() => Some(Entry::Script { path: command.name.clone() }),
        // `python -m manage` runs the same script.
        name => {
            let path = format!("{}.py", name.replace('.', "/"));
            Some(Entry::Script { path: Text::traced(path, command.name.trail()) })
        }
    }
}

fn server(command: &Command<'_>, name: &Text, entry: Option<Entry>) -> Outcome {
    let mut started = command.started("runserver", "process", entry);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.development = Some(name.trail());
    let single = command.words.iter().find(|word| word.as_str() == Some("--nothreading"));
    if let Some(word) = single {
        started.concurrency = Count::new(Bound::ONE, word.trail());
    }
    Outcome { started: vec![started], ..Outcome::default() }
}
