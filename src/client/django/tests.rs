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
        program: "gunicorn",
        process_word: "worker",
        processes: one(),
        threads: one(),
        concurrency: one(),
        entry: Some(Entry::Module { module, attribute: None }),
        environment,
        working_dir: "/".to_owned(),
        python_path: Vec::new(),
        development: None,
        counted_by: None,
        preload: None,
    };
    let container = Container { files: FileView::bare(), ..Container::default() };
    let opened = application::pools(&sources, &container, &started);
    (sources, opened)
}

fn setting<'p>(pool: &'p Pool, name: &str) -> &'p str {
    pool.settings.iter().find(|setting| setting.name == name).map_or("", |setting| &setting.value)
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
        Url::Known(text) | Url::Host(text) => text.as_str().trim_start_matches("postgresql://").to_owned(),
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
