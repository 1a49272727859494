//! Ordinary deployments of Django, linted as a user would: what each opens and where its numbers come from.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod support;

use serde_json::{Value, json};

use support::{lint, rules};

/// The server `name` of the only deployment.
fn server<'r>(report: &'r Value, name: &str) -> &'r Value {
    let servers = report["deployments"][0]["servers"].as_array().expect("servers is a list");
    servers.iter().find(|server| server["name"] == name).expect("the server is there")
}

/// `reachable of ceiling` of each client of a server.
fn clients(server: &Value) -> Vec<String> {
    let clients = server["clients"].as_array().expect("clients is a list");
    let one = |client: &Value| {
        format!("{} {} of {}", client["name"].as_str().unwrap(), client["reachable"], client["ceiling"])
    };
    clients.iter().map(one).collect()
}

/// `file:line how` of each step of a setting of the first pool of the first client.
fn way(server: &Value, setting: &str) -> Vec<String> {
    let steps = server["clients"][0]["pools"][0]["origins"][setting].as_array().expect("a way is a list");
    let step = |step: &Value| match step["file"].as_str() {
        Some(file) => format!("{file}:{} {}", step["line"], step["how"].as_str().unwrap()),
        None => format!("default of {}", step["of"].as_str().unwrap()),
    };
    steps.iter().map(step).collect()
}

#[test]
fn a_sync_worker_has_one_connection() {
    let (code, report) = lint("fixtures/django/gunicorn-sync", &[]);
    let db = server(&report, "db");
    assert_eq!((code, clients(db)), (0, vec!["web 3 of 3".to_owned()]));
    let pool = &db["clients"][0]["pools"][0];
    assert_eq!((&pool["name"], &pool["kind"]), (&json!("default"), &json!("django.connection")));
    assert_eq!((&pool["place"]["file"], &pool["place"]["line"]), (&json!("proj/settings.py"), &json!(10)));
    assert_eq!(way(db, "host"), [".env:1 written", "proj/settings.py:10 read"]);
    assert_eq!(
        way(db, "conn_max_age"),
        [".env:2 written", "proj/settings.py:11 read", "proj/settings.py:11 assigned"]
    );
}

#[test]
fn threads_have_one_each_and_workers_of_django_q_are_counted() {
    let (code, report) = lint("fixtures/django/gunicorn-threads", &[]);
    let db = server(&report, "db");
    assert_eq!((code, clients(db)), (0, vec!["web 16 of 16".to_owned(), "qcluster 7 of 7".to_owned()]));
    assert_eq!(way(db, "engine"), ["proj/settings/base.py:5 written"]);
    assert_eq!(
        way(db, "conn_max_age"),
        ["proj/settings/production.py:4 written", "proj/settings/production.py:4 assigned"]
    );
    let workers = &db["clients"][1]["origins"]["processes"][0];
    assert_eq!((&workers["file"], &workers["line"]), (&json!("proj/settings/base.py"), &json!(10)));
}

#[test]
fn nothing_bounds_an_asgi_server() {
    let (code, report) = lint("fixtures/django/asgi", &[]);
    let both = ["asgi-without-pool", "persistent-connections-per-greenlet"].map(str::to_owned);
    assert_eq!((code, rules(&report)), (1, both.to_vec()));
    let finding = &report["findings"][0];
    assert_eq!((&finding["file"], &finding["line"]), (&json!("proj/settings.py"), &json!(3)));
    assert_eq!(clients(server(&report, "db")), ["web \"unbounded\" of \"unbounded\""]);
}

#[test]
fn uwsgi_has_processes_and_threads() {
    let (_, report) = lint("fixtures/django/uwsgi", &[]);
    let db = server(&report, "db");
    assert_eq!(clients(db), ["web 8 of 8"]);
    assert_eq!(way(db, "conn_max_age")[0], "proj/settings.py:8 written");
}

#[test]
fn celery_takes_up_the_settings() {
    let (code, report) = lint("fixtures/django/celery", &[]);
    let db = server(&report, "db");
    assert_eq!(
        (code, clients(db)),
        (0, ["web 2 of 2", "worker 5 of 5", "threads 6 of 6", "beat 1 of 1"].map(str::to_owned).to_vec())
    );
}

#[test]
fn every_alias_counts_and_so_does_an_engine_in_a_view() {
    let (_, report) = lint("fixtures/django/aliases", &[]);
    assert_eq!(clients(server(&report, "db")), ["web 16 of 16"]);
    assert_eq!(clients(server(&report, "replica")), ["web 6 of 6"]);
    let kinds: Vec<&Value> = server(&report, "db")["clients"][0]["pools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pool| &pool["kind"])
        .collect();
    assert_eq!(kinds, ["django.connection", "django.connection", "sqlalchemy.QueuePool"]);
}

#[test]
fn a_pool_grows_to_its_maximum_whatever_serves_it() {
    let (_, report) = lint("fixtures/django/pool", &[]);
    let db = server(&report, "db");
    assert_eq!(clients(db), ["web 24 of 24", "sync 16 of 16"]);
    assert_eq!(way(db, "size"), ["proj/settings.py:9 written"]);
    assert_eq!(db["clients"][0]["pools"][0]["kind"], "django.pool");
}

#[test]
fn sqlite_is_nothing_to_lint() {
    let (_, report) = lint("fixtures/django/sqlite", &[]);
    assert_eq!(report["deployments"][0]["servers"], json!([]));
    assert_eq!(rules(&report), Vec::<String>::new());
}
