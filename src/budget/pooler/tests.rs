//! Held against what a real PgBouncer opened under load (facts, E1; the letters are its cases).

use super::*;
use crate::budget::Budget;
use crate::budget::sample::Sample;
use crate::deployment::{Placed, User};
use crate::program::pgbouncer::Timeouts;
use crate::trace::Count;

/// An entry of `[databases]`, and what it takes from the settings of all.
struct Entry {
    name: &'static str,
    user: Option<&'static str>,
    pool: u64,
    reserve: u64,
    max: Option<u64>,
}

const PLAIN: Entry = Entry { name: "app", user: None, pool: 4, reserve: 0, max: None };

fn number(value: u64) -> Count {
    Sample::default(value, "test", None)
}

/// What the pooler opens for groups that log in as `user/database`, each with more connections than it ever needs.
fn opened(entries: &[Entry], clients: &[&str], change: impl FnOnce(&mut Pooler)) -> String {
    let mut sample = Sample::new(&[("compose.yaml", "services:\n  db:\n    image: postgres:16\n")]);
    sample.server("db", "postgres:16");
    let place = sample.at("compose.yaml", "", "services");
    let text = |value: &str| Text::decoded(value, place);
    for client in clients {
        let mut pool = Sample::pool("engine", number(100), number(0), place);
        pool.url = match client.split_once('/') {
            Some((user, database)) => Url::Known(text(&format!("postgresql://{user}:x@bouncer/{database}"))),
            None => Url::Host(text("bouncer")),
        };
        let group = sample.group(client, number(1), Vec::new());
        group.pools.push(Placed { pool, target: Target::Pooler(0) });
    }
    let database = |entry: &Entry| Database {
        name: text(entry.name),
        targets: vec![Target::Server(0)],
        dbname: None,
        user: entry.user.map(text),
        pool_size: number(entry.pool),
        reserve: number(entry.reserve),
        max_connections: entry.max.map(number),
        auth_query: None,
        place: Some(place),
    };
    let mut pooler = Pooler {
        name: "bouncer".to_owned(),
        place: Some(place),
        program: "pgbouncer",
        mode: None,
        replicas: number(1),
        processes: number(1),
        max_client_conn: number(1000),
        max_db_connections: None,
        max_user_connections: None,
        databases: entries.iter().map(database).collect(),
        users: Vec::new(),
        known_users: None,
        timeouts: Timeouts::unknown(&Trail::default_of("test", None)),
        prepared_statements: None,
        unread: None,
        declared: None,
    };
    change(&mut pooler);
    sample.deployment.poolers.push(pooler);
    let budget: Budget = sample.budget();
    if budget.servers[0].ceiling != budget.servers[0].reachable {
        return format!("{} of {}", budget.servers[0].reachable, budget.servers[0].ceiling);
    }
    assert_eq!(budget.poolers[0].server_reachable, budget.servers[0].reachable);
    budget.servers[0].reachable.to_string()
}

#[test]
fn as_many_as_a_real_one_opened() {
    let one = |entry: Entry, clients: &[&str]| opened(&[entry], clients, |_| {});
    assert_eq!(one(PLAIN, &["a/app"]), "4", "a");
    assert_eq!(one(PLAIN, &["a/app", "b/app"]), "8", "b: each user has a pool");
    assert_eq!(one(PLAIN, &["a/app", "a/app"]), "4", "two services of one user share it");
    let star = Entry { name: "*", ..PLAIN };
    assert_eq!(one(star, &["a/app", "b/app", "a/d2", "b/d2"]), "16", "c, k: each database, too");
    assert_eq!(one(Entry { reserve: 2, ..PLAIN }, &["a/app", "b/app"]), "12", "d2");
    assert_eq!(one(Entry { max: Some(5), ..PLAIN }, &["a/app", "b/app"]), "5", "e");
    assert_eq!(
        one(Entry { max: Some(20), ..PLAIN }, &["a/app"]),
        "4 of 20",
        "others may log in, up to the limit"
    );
    assert_eq!(one(Entry { pool: 7, reserve: 3, max: Some(9), ..PLAIN }, &["a/app"]), "9", "h");
    assert_eq!(one(Entry { user: Some("app"), ..PLAIN }, &["a/app", "b/app"]), "4", "i: a forced user");
    let aliases = [Entry { name: "aa", ..PLAIN }, Entry { name: "bb", ..PLAIN }];
    assert_eq!(opened(&aliases, &["a/aa", "a/bb"], |_| {}), "8", "j");
    let limited = Entry { name: "*", pool: 8, max: Some(5), ..PLAIN };
    assert_eq!(one(limited, &["a/app", "a/d2"]), "10", "k2: the limit is each entry's");
}

#[test]
fn instances_and_clients_count() {
    let replicas = |pooler: &mut Pooler| pooler.replicas = number(3);
    assert_eq!(opened(&[PLAIN], &["a/app"], replicas), "12");
    // A pool is never larger than its clients are many, and no process has more clients than it accepts.
    let large = || Entry { pool: 500, ..PLAIN };
    assert_eq!(opened(&[large()], &["a/app"], |_| {}), "100");
    assert_eq!(opened(&[large()], &["a/app"], |pooler| pooler.max_client_conn = number(30)), "30");
}

#[test]
fn what_is_not_known_stays_unknown() {
    assert_eq!(opened(&[PLAIN], &["somebody"], |_| {}), "4", "one client has one user, whoever that is");
    assert_eq!(opened(&[PLAIN], &["somebody", "anybody"], |_| {}), "4 + ?");
    assert_eq!(opened(&[PLAIN], &["a/app", "anybody"], |_| {}), "4 + ?");
    let star = || Entry { name: "*", ..PLAIN };
    assert_eq!(opened(&[star()], &["anybody"], |_| {}), "4");
    assert_eq!(opened(&[star()], &["a/app", "anybody"], |_| {}), "4 + connections");
}

#[test]
fn nobody_asks_for_what_nobody_dials() {
    assert_eq!(opened(&[PLAIN, Entry { name: "other", ..PLAIN }], &["a/app"], |_| {}), "4");
    assert_eq!(opened(&[PLAIN], &[], |_| {}), "0");
}

#[test]
fn looking_up_passwords_takes_a_pool_more() {
    let auth = |known: Option<&str>| {
        let known = known.map(|name| vec![name.to_owned()]);
        move |pooler: &mut Pooler| {
            pooler.databases[0].auth_query = Some(Trail::default_of("test", None));
            pooler.known_users = known;
        }
    };
    assert_eq!(opened(&[PLAIN], &["a/app"], auth(None)), "8");
    assert_eq!(opened(&[PLAIN], &["a/app"], auth(Some("b"))), "8");
    assert_eq!(opened(&[PLAIN], &["a/app"], auth(Some("a"))), "4", "nobody has to be looked up");
}

#[test]
fn a_user_may_have_limits_of_its_own() {
    let user = |max: Option<u64>, size: Option<u64>| {
        move |pooler: &mut Pooler| {
            let (max_connections, pool_size) = (max.map(number), size.map(number));
            pooler.users.push(User { name: "a".to_owned(), pool_size, reserve: None, max_connections });
        }
    };
    assert_eq!(opened(&[PLAIN], &["a/app", "b/app"], user(Some(2), None)), "6", "r");
    assert_eq!(opened(&[PLAIN], &["a/app", "b/app"], user(None, Some(9))), "13");
    let all = |most: u64| move |pooler: &mut Pooler| pooler.max_user_connections = Some(number(most));
    assert_eq!(opened(&[PLAIN], &["a/app", "b/app"], all(3)), "6");
    let star = || Entry { name: "*", ..PLAIN };
    assert_eq!(opened(&[star()], &["a/app", "a/d2"], all(5)), "5", "f: over all databases");
    assert_eq!(opened(&[star()], &["a/app", "a/d2", "b/d2"], all(5)), "9");
    // What two users share of one database leaves open how much each has left for the other.
    let shared = || Entry { name: "*", max: Some(4), ..PLAIN };
    assert_eq!(opened(&[shared()], &["a/app", "b/app", "a/d2"], all(5)), "8");
    let forced =
        [Entry { name: "aa", user: Some("x"), ..PLAIN }, Entry { name: "bb", user: Some("x"), ..PLAIN }];
    assert_eq!(opened(&forced, &["a/aa", "b/bb"], all(5)), "5");
}
