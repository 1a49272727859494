//! Poolers: each folder of `fixtures/poolers` is a deployment whose numbers were worked out by hand. In each, a process of
//! gunicorn keeps one SQLAlchemy pool of 6 + 4, and `web` has three of them: 30 clients.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use serde_json::Value;
use support::{connbudget, lint, rules, text_at};

/// What `budget` says of a folder's only deployment.
fn budget(shape: &str) -> Value {
    let run = connbudget(&folder(shape), &["budget", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).expect(shape);
    report["deployments"][0].clone()
}

fn folder(shape: &str) -> String {
    format!("fixtures/poolers/{shape}")
}

/// The element of `list` called `name`.
fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let list = list.as_array().expect("a list");
    list.iter().find(|one| one["name"] == name).expect(name)
}

/// Clients and how many are accepted, then what is opened, by one pooler.
fn pooler(budget: &Value, name: &str) -> [u64; 3] {
    let pooler = named(&budget["poolers"], name);
    ["client_reachable", "max_client_conn", "server_reachable"].map(|key| pooler[key].as_u64().expect(key))
}

/// What each client of a server opens there.
fn clients<'a>(budget: &'a Value, server: &str) -> Vec<(&'a str, u64)> {
    let clients = named(&budget["servers"], server)["clients"].as_array().expect("clients is a list");
    let one = |client: &'a Value| {
        (client["name"].as_str().expect("a name"), client["reachable"].as_u64().expect("a number"))
    };
    clients.iter().map(one).collect()
}

/// Nothing is wrong with the deployment, and nothing in it is unknown.
fn fine(shape: &str) {
    let (code, report) = lint(&folder(shape), &[]);
    assert_eq!((code, rules(&report)), (0, Vec::new()), "{shape}");
}

#[test]
fn variables_of_an_image() {
    // 2 replicas × 30 clients; 15 of the pool and 3 of the reserve.
    let found = budget("edoburu");
    assert_eq!(pooler(&found, "bouncer"), [60, 200, 18]);
    assert_eq!(clients(&found, "db"), [("bouncer", 18)]);
    let bouncer = named(&found["poolers"], "bouncer");
    assert_eq!((&bouncer["mode"], &bouncer["server"]), (&"transaction".into(), &"db".into()));
    let place = &bouncer["origins"]["max_client_conn"][0];
    assert_eq!(text_at(&folder("edoburu"), place), "200");
    fine("edoburu");
}

#[test]
fn every_database_behind_a_star_has_a_pool() {
    // Three and two workers, one user; `*` makes a pool of 8 of `app`, and one of `reports`.
    let found = budget("star");
    assert_eq!(pooler(&found, "bouncer"), [50, 400, 16]);
    assert_eq!(clients(&found, "db"), [("bouncer", 16)]);
    fine("star");
}

#[test]
fn every_user_has_a_pool() {
    // 2 users × (10 + 2); `max_client_conn` by default.
    let found = budget("two-users");
    assert_eq!(pooler(&found, "bouncer"), [50, 100, 24]);
    assert_eq!(clients(&found, "db"), [("bouncer", 24)]);
    fine("two-users");
}

#[test]
fn max_db_connections_limits_all_users() {
    let found = budget("max-db-connections");
    assert_eq!(pooler(&found, "bouncer"), [50, 100, 18]);
    assert_eq!(clients(&found, "db"), [("bouncer", 18)]);
    fine("max-db-connections");
}

#[test]
fn replicas_of_a_pooler_have_pools_of_their_own() {
    // Twice the defaults, 20 and 100.
    let found = budget("replicas");
    assert_eq!(pooler(&found, "bouncer"), [30, 200, 40]);
    assert_eq!(clients(&found, "db"), [("bouncer", 40)]);
    fine("replicas");
}

#[test]
fn who_goes_past_the_pooler_is_added() {
    let found = budget("bypass");
    assert_eq!(pooler(&found, "bouncer"), [30, 100, 12]);
    assert_eq!(clients(&found, "db"), [("jobs", 20), ("bouncer", 12)]);
    assert_eq!(named(&found["servers"], "db")["reachable"], 32);
    let (code, report) = lint(&folder("bypass"), &[]);
    assert_eq!((code, rules(&report)), (0, vec!["pooler-bypassed".to_owned()]));
}

#[test]
fn every_url_reaches_its_own_server() {
    // `web` writes through the pooler and reads from the replica (3 × 7), `jobs` the other way round (2 × 10 and 2 × 7).
    let found = budget("read-replica");
    assert_eq!(pooler(&found, "bouncer"), [30 + 14, 100, 12 + 7]);
    assert_eq!(clients(&found, "primary"), [("jobs", 20), ("bouncer", 12)]);
    assert_eq!(clients(&found, "replica"), [("web", 21), ("bouncer", 7)]);
    fine("read-replica");
}

#[test]
fn a_pooler_behind_a_pooler_has_its_connections_for_clients() {
    // Two of `near` open 9 each; `far` has one user and one database, so one pool of 14.
    let found = budget("chain");
    assert_eq!(pooler(&found, "near"), [30, 200, 18]);
    assert_eq!(pooler(&found, "far"), [18, 100, 14]);
    assert_eq!(clients(&found, "db"), [("far", 14)]);
    fine("chain");
}

#[test]
fn what_cannot_be_read_is_unknown_at_its_place() {
    // PgBouncer does not start with this file, but it does say whom it would dial.
    let (code, report) = lint(&folder("unreadable"), &[]);
    assert_eq!(
        (code, rules(&report)),
        (1, vec!["pgbouncer-refuses".to_owned(), "unknown-demand".to_owned()])
    );
    for finding in report["findings"].as_array().expect("findings is a list") {
        assert_eq!(text_at(&folder("unreadable"), finding), "15 ; per user");
    }
    let found = &report["deployments"][0];
    assert!(!named(&found["servers"], "db")["reachable"].is_u64(), "{found}");
}

#[test]
fn a_file_that_is_not_here_leaves_the_server_unknown() {
    let (code, report) = lint(&folder("not-here"), &[]);
    assert_eq!((code, rules(&report)), (0, vec!["unknown-demand".to_owned()]));
    let found = &report["deployments"][0];
    assert_eq!(found["poolers"][0]["client_reachable"], 30);
    assert_eq!(found["unplaced"][0]["name"], "bouncer");
}

#[test]
fn a_pooler_keeps_the_server_safe_from_clients_without_a_bound() {
    // A pool that keeps nothing, as SQLAlchemy advises behind PgBouncer: any number of clients, and 15 + 3 for the server.
    let (code, report) = lint(&folder("null-pool"), &[]);
    assert_eq!((code, rules(&report)), (0, vec!["unbounded-pool".to_owned()]));
    assert_eq!(report["findings"][0]["severity"], "warning");
    assert_eq!(named(&report["deployments"][0]["servers"], "db")["reachable"], 18);
}

#[test]
fn a_pooler_that_stands_elsewhere_is_one_all_the_same() {
    // By its name it is a pooler in front of the only server; that of RDS is before a server that nobody knows.
    let (code, report) = lint(&folder("elsewhere"), &[]);
    let found = ["unknown-capacity", "unknown-demand"].map(str::to_owned).to_vec();
    assert_eq!((code, rules(&report)), (0, found));
    let found = &report["deployments"][0];
    assert_eq!(named(&found["poolers"], "pgbouncer")["client_reachable"], 30);
    let db = named(&found["servers"], "db");
    assert_eq!((&db["reachable"], &db["clients"][0]["name"]), (&Value::Null, &"pgbouncer".into()));
    let proxy = named(&found["servers"], "app.proxy-abc123.eu-west-1.rds.amazonaws.com");
    assert_eq!((&proxy["max_connections"], &proxy["reachable"]), (&Value::Null, &30.into()));
}

#[test]
fn what_a_pooler_opens_can_be_declared() {
    // 20 of the one that stands elsewhere, 2 replicas × 15 of the one whose image tells nothing.
    let found = budget("declared");
    let mut clients = clients(&found, "db");
    clients.sort_unstable();
    assert_eq!(clients, [("pgbouncer", 20), ("pooling", 30)]);
    assert_eq!(named(&found["poolers"], "pgbouncer")["client_reachable"], 30);
}

#[test]
fn a_poolers_limits_are_reported_with_their_places() {
    let pooler = &budget("limits")["poolers"][0];
    for (limit, number) in [("max_db_connections", 17), ("max_user_connections", 16)] {
        assert_eq!(pooler[limit], number, "{limit}");
        let place = &pooler["origins"][limit][0];
        assert_eq!(text_at(&folder("limits"), place), number.to_string(), "{limit}");
    }
    assert_eq!(pooler["server_reachable"], 16);
    let run = connbudget(&folder("limits"), &["budget"]);
    let shown: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    for line in [
        ["max_db_connections", "17", "docker-compose.yml:11:27"],
        ["max_user_connections", "16", "docker-compose.yml:12:29"],
    ] {
        assert!(shown.iter().any(|words| *words == line), "{line:?}: {}", run.stdout);
    }
    // Without a limit there is nothing to tell.
    let without = &budget("edoburu")["poolers"][0];
    assert_eq!(
        (&without["max_db_connections"], &without["max_user_connections"]),
        (&Value::Null, &Value::Null)
    );
}
