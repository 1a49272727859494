//! `manage.py` and `django-admin` (facts, B2): `runserver` has a thread for each request, other commands end.

use super::command::{Command, Outcome, Program, variable};
use super::python::first_word;
use super::{Entry, Value};
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
    let entry = match command.name.as_str() {
        "django-admin" | "django" => None,
        _ => Some(Entry::Script { path: command.name.clone() }),
    };
    if matches!(name.as_str(), "runserver" | "runserver_plus" | "testserver") {
        return server(command, name, entry);
    }
    // A command of the application's own: some end (`seed`), some work for ever (`run_worker`), and their names do not
    // tell which.
    let mut started = command.started("manage.py", "process", entry);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.concurrency = command.unknown("tasks", &format!("what `{name}` does at once is not known"), name);
    Outcome { started: vec![started], ..Outcome::default() }
}

fn server(command: &Command<'_>, name: &Text, entry: Option<Entry>) -> Outcome {
    // `runserver` serves the WSGI application of the settings; that is beside them by convention.
    let settings = variable(command.environment, "DJANGO_SETTINGS_MODULE");
    let module = settings.as_ref().and_then(Value::known).cloned();
    let entry = module.map(|module| Entry::Module { module, attribute: None }).or(entry);
    let mut started = command.started("runserver", "process", entry);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.development = Some(name.trail());
    let single = command.words.iter().find(|word| word.as_str() == Some("--nothreading"));
    if let Some(word) = single {
        started.concurrency = Count::new(Bound::ONE, word.trail());
    }
    Outcome { started: vec![started], ..Outcome::default() }
}
