//! Held against the real Django: `fixtures/django/settings.json`, recorded by `fixtures/django/record`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::client::application;
use crate::platform::{Container, Environment, FileView};
use crate::pool::{Demand, Pool, Url};
use crate::program::{Entry, Started};
use crate::python::Opened;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, Text, Traced, Trail};

/// A recorded answer.
#[derive(Deserialize)]
struct Case {
    name: String,
    files: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    databases: BTreeMap<String, Database>,
}

/// A database as Django has it.
#[derive(Deserialize)]
struct Database {
    engine: String,
    host: String,
    conn_max_age: Option<u64>,
    pool: Option<Numbers>,
}

/// A pool as its library has it.
#[derive(Deserialize)]
struct Numbers {
    size: u64,
    overflow: Option<u64>,
}

const WSGI: &str =
    "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n";
const CONFIGURED: &str =
    "from configurations.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n";

/// Everything that `proj.wsgi:application` opens, with the sources its places lie in.
fn opened(files: &[(&str, &str)], variables: &[(&str, &str)]) -> (Sources, Opened) {
    let lines: Vec<(String, &str)> =
        variables.iter().map(|(name, value)| (format!("environment/{name}"), *value)).collect();
    let own = lines.iter().map(|(path, value)| (path.as_str(), *value));
    let sources = Sources::new(Memory::new(files.iter().copied().chain(own)));
    let read = |path: &str| {
        let file = sources.load(&TreePath::new(path)).unwrap();
        Text::verbatim(&file, 0..file.text.len())
    };
    let mut environment = Environment::new();
    for (path, _) in &lines {
        environment.set(path.strip_prefix("environment/").unwrap(), read(path));
    }
    let one = || Traced::new(Bound::ONE, Trail::default_of("test", None));
    let module = Text::traced("proj.wsgi", Trail::default_of("test", None));
    let started = Started {
        arguments: None,
        is_celery_child: Some(false),
        counts_tasks: false,
        program: "gunicorn",
        process_word: "worker",
        label: None,
        callers: Vec::new(),
        processes: one(),
        threads: one(),
        concurrency: one(),
        entry: Some(Entry::Module { module, attribute: None }),
        request_timeout: None,
        imports: Vec::new(),
        environment,
        working_dir: "/".to_owned(),
        python_path: Vec::new(),
        development: None,
        reload: crate::program::Reload::default(),
        counted_by: None,
        preload: None,
    };
    let container = Container { files: FileView::bare(), ..Container::default() };
    let opened = application::pools(&sources, &container, &started);
    (sources, opened)
}

fn setting<'p>(pool: &'p Pool, name: &str) -> &'p str {
    pool.settings.iter().find(|setting| setting.name == name).map_or("", |setting| &setting.words)
}

/// A pool of ours in the words of the recording.
fn described(pool: &Pool) -> String {
    let number = |count: &Option<crate::trace::Count>| count.as_ref().and_then(|count| count.value.number());
    let kept = match pool.demand {
        Demand::ByThread { pool: 0, .. } => "by thread".to_owned(),
        Demand::ByThread { pool, .. } => format!("by thread or {pool}"),
        _ => format!("{:?} + {:?}", number(&pool.size), number(&pool.overflow)),
    };
    let host = match &pool.url {
        Url::Known(_) | Url::Host(_) => setting(pool, "HOST").to_owned(),
        Url::Unknown(unknown) => format!("unknown: {}", unknown.why),
    };
    format!("{} {} {host} {} {kept}", pool.name, setting(pool, "ENGINE"), setting(pool, "CONN_MAX_AGE"))
}

/// The same of the recording, for the databases that dial PostgreSQL.
fn recorded(databases: &BTreeMap<String, Database>) -> Vec<String> {
    let ours = databases.iter().filter(|(_, database)| {
        !["sqlite", "mysql", "dummy"].iter().any(|other| database.engine.contains(other))
    });
    let describe = |(alias, database): (&String, &Database)| {
        let kept = match &database.pool {
            None => "by thread".to_owned(),
            Some(pool) => format!("{:?} + {:?}", Some(pool.size), pool.overflow),
        };
        let host = match database.host.as_str() {
            host if host.is_empty() || host.starts_with('/') => "unknown: it is a local socket",
            host => host,
        };
        let age = database.conn_max_age.map_or("None".to_owned(), |age| age.to_string());
        format!("{alias} {} {host} {age} {kept}", database.engine)
    };
    ours.map(describe).collect()
}

#[test]
fn settings_mean_what_django_takes_them_for() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../fixtures/django/settings.json")).unwrap();
    assert!(cases.len() > 90);
    let mut wrong = Vec::new();
    for case in &cases {
        let wsgi = if case.environment.contains_key("DJANGO_CONFIGURATION") { CONFIGURED } else { WSGI };
        let mut files = vec![("proj/__init__.py", ""), ("proj/wsgi.py", wsgi)];
        files.extend(case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let variables: Vec<_> = case.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let (_, opened) = opened(&files, &variables);
        let mut ours: Vec<String> = opened.pools.iter().map(described).collect();
        ours.sort();
        let unknowns: Vec<String> =
            opened.unknowns.iter().map(|unknown| format!("{:?}", unknown.value)).collect();
        let expected = recorded(&case.databases);
        if ours != expected || !unknowns.is_empty() || !opened.problems.is_empty() {
            wrong.push(format!("{}\n  Django {expected:?}\n  ours   {ours:?} {unknowns:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What the settings `text` open, with the variables given.
fn settings(text: &str, variables: &[(&str, &str)]) -> (Sources, Opened) {
    let files = [("proj/__init__.py", ""), ("proj/wsgi.py", WSGI), ("proj/settings.py", text)];
    opened(&files, &[&[("DJANGO_SETTINGS_MODULE", "proj.settings")], variables].concat())
}

fn why(opened: &Opened) -> Vec<String> {
    let one = |unknown: &crate::trace::Count| match &unknown.value {
        Bound::Unknown(unknown) => unknown.why.to_string(),
        bound => bound.to_string(),
    };
    opened.unknowns.iter().map(one).collect()
}

const POSTGRES: &str = r#""ENGINE": "django.db.backends.postgresql", "NAME": "x", "HOST": "db""#;

#[test]
fn what_is_not_known_is_said() {
    let text = "DATABASES = {'default': {}}";
    let files = [("proj/__init__.py", ""), ("proj/wsgi.py", WSGI), ("proj/settings.py", text)];
    let (_, unset) = opened(&files, &[]);
    assert_eq!(why(&unset), ["Django's settings are not known: nothing names DJANGO_SETTINGS_MODULE"]);
    let (_, missing) = opened(&files, &[("DJANGO_SETTINGS_MODULE", "proj.production")]);
    assert_eq!(why(&missing), ["Django's settings, proj.production, are not among these files"]);
    for (text, expected) in [
        ("from elsewhere import databases\nDATABASES = databases()\n", "`DATABASES` is not known"),
        (
            "from elsewhere import extra\nDATABASES = {'default': {}, **extra()}\n",
            "`DATABASES` may have more of them",
        ),
        (
            "from elsewhere import one\nDATABASES = {'default': one()}\n",
            "the database `default` is not known",
        ),
        ("from .production import *\n", "`DATABASES` may be set in proj.production"),
    ] {
        let (_, opened) = settings(text, &[]);
        let found = why(&opened);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
    }
}

#[test]
fn a_url_that_nobody_set_leaves_the_server_open_and_not_the_count() {
    let text = "import environ\nenv = environ.Env()\nDATABASES = {'default': env.db('DATABASE_URL')}\n";
    let (_, opened) = settings(text, &[]);
    assert_eq!(opened.pools.len(), 1, "{:?}", why(&opened));
    assert_eq!(opened.pools[0].demand, Demand::ByThread { is_kept: false, pool: 0 });
    assert!(matches!(opened.pools[0].url, Url::Unknown(_)));
}

#[test]
fn a_service_stands_for_the_host() {
    let text = "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'OPTIONS': {'service': 'main'}}}\n";
    for (variables, expected) in [(vec![], "main"), (vec![("PGHOST", "elsewhere")], "main")] {
        let (sources, opened) = settings(text, &variables);
        let Url::Known(url) = &opened.pools[0].url else { panic!("{:?}", opened.pools[0].url) };
        assert_eq!(url.as_str(), format!("postgresql:///?service={expected}"));
        assert_eq!(
            url.slice_of(&url.as_str()[url.len() - 4..]).span().map(|at| sources.text(at)).as_deref(),
            Some("main")
        );
    }
    let (_, opened) = settings(&text.replace("'ENGINE'", "'HOST': 'db', 'ENGINE'"), &[]);
    assert!(matches!(&opened.pools[0].url, Url::Known(url) if url.as_str().contains("//db")));
}

#[test]
fn branches_of_which_nobody_knows_which_runs() {
    let switch = "from elsewhere import switch\n";
    for (text, expected) in [
        (
            format!(
                "{switch}DATABASES = {{'default': {{{POSTGRES}, 'OPTIONS': {{'pool': {{'max_size': 9}} if switch() else None}}}}}}\n"
            ),
            Demand::ByThread { is_kept: false, pool: 9 },
        ),
        (
            format!(
                "{switch}if switch():\n    DATABASES = {{'default': {{{POSTGRES}, 'CONN_MAX_AGE': 5}}}}\nelse:\n    DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3'}}}}\n"
            ),
            Demand::ByThread { is_kept: true, pool: 0 },
        ),
        (
            format!("{switch}DATABASES = {{'default': {{{POSTGRES}, 'OPTIONS': {{'pool': switch()}}}}}}\n"),
            Demand::Ahead,
        ),
    ] {
        let (_, opened) = settings(&text, &[]);
        assert_eq!(opened.pools.len(), 1, "{text}");
        assert_eq!(opened.pools[0].demand, expected, "{text}");
    }
}

#[test]
fn django_refuses_a_pool_beside_persistent_connections() {
    let text = format!(
        "DATABASES = {{'default': {{{POSTGRES}, 'CONN_MAX_AGE': 60, 'OPTIONS': {{'pool': True}}}}}}\n"
    );
    let (sources, opened) = settings(&text, &[]);
    assert_eq!(opened.problems.len(), 1);
    assert_eq!(sources.text(opened.problems[0].span.unwrap()), "60");
}

#[test]
fn an_import_of_django_that_uses_no_database_is_nothing() {
    let wsgi = "from django.utils.text import slugify\n";
    let (_, opened) = opened(&[("proj/__init__.py", ""), ("proj/wsgi.py", wsgi)], &[]);
    assert!(opened.pools.is_empty() && opened.unknowns.is_empty(), "{:?}", why(&opened));
}

#[test]
fn settings_that_the_program_makes_itself() {
    let wsgi = format!(
        "import django\nfrom django.conf import settings\nsettings.configure(DATABASES={{'default': {{{POSTGRES}}}}})\ndjango.setup()\n"
    );
    let (_, opened) = opened(&[("proj/__init__.py", ""), ("proj/wsgi.py", &wsgi)], &[]);
    assert_eq!(opened.pools.len(), 1);
}

/// Threads of a process and the tasks that it works on at once, and what Django opens there (facts, D1: 5a to 5f).
#[test]
fn threads_decide() {
    let exactly = Bound::Exactly;
    let unknown = Bound::unknown("tasks", "nobody says");
    for (threads, tasks, age, expected) in [
        (exactly(1), exactly(1), 60, exactly(1)),
        (exactly(4), exactly(4), 0, exactly(4)),
        (exactly(4), exactly(4), 60, exactly(4)),
        (exactly(1), Bound::Unbounded, 0, Bound::Unbounded),
        (exactly(1), Bound::Unbounded, 60, Bound::Unbounded),
        (exactly(1), exactly(1000), 0, exactly(1000)),
        (exactly(1), exactly(1000), 60, Bound::Unbounded),
        (unknown.clone(), unknown.clone(), 60, unknown.clone()),
    ] {
        let text = format!("DATABASES = {{'default': {{{POSTGRES}, 'CONN_MAX_AGE': {age}}}}}\n");
        let (_, opened) = settings(&text, &[]);
        let pool = opened.pools[0].clone().in_process(&tasks, &threads);
        assert_eq!(pool.ceiling, expected, "{threads} threads, {tasks} tasks, age {age}");
        assert_eq!(pool.reachable(&tasks), expected);
    }
}
