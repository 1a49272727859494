//! Held against a running PgBouncer: `fixtures/pgbouncer/answers.json`.

use serde_json::Value as Json;

use super::{container, number};
use crate::program::Value;
use crate::program::pgbouncer::{Database, Pooler, pooler};
use crate::source::{Memory, Sources};
use crate::trace::Text;

/// What the settings of one case come to, as PgBouncer shows them: `None` where it does not start.
fn shown(case: &Json, base: &str) -> (Option<Pooler>, Vec<String>) {
    let place = |text: &Json| text.as_str().unwrap().replace("@BASE@", base).replace("@DIR@", "/pgb");
    let mut files =
        vec![("pgbouncer.ini".to_owned(), place(&case["text"])), ("users.txt".to_owned(), String::new())];
    let others = case["files"].as_object().into_iter().flatten();
    files.extend(others.map(|(name, text)| (name.clone(), place(text))));
    let sources = Sources::new(Memory::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))));
    let pooler =
        pooler(&sources, &container("x/pgbouncer:1.18.0", &["pgbouncer", "/pgb/pgbouncer.ini"], &[]))
            .unwrap();
    let messages = pooler.problems.iter().map(|problem| problem.message.clone()).collect();
    (Some(pooler).filter(|pooler| pooler.unread.is_none()), messages)
}

/// A number that PgBouncer 1.18 shows, in our meaning of it: a pool of 0 or less holds one connection.
fn size(shown: &Json) -> u64 {
    let number = shown.as_i64().or_else(|| shown.as_str()?.parse().ok()).unwrap();
    u64::try_from(number).ok().filter(|number| *number > 0).unwrap_or(1)
}

fn least_zero(shown: &Json) -> u64 {
    let number = shown.as_i64().or_else(|| shown.as_str()?.parse().ok()).unwrap();
    u64::try_from(number).unwrap_or(0)
}

fn hold_database(case: &str, pooler: &Pooler, ours: &Database, theirs: &Json) {
    let text = |value: &Option<Value>| value.as_ref().map(|value| value.as_str().unwrap().to_owned());
    let theirs_text = |key: &str| theirs[key].as_str().map(str::to_owned);
    assert_eq!(text(&ours.host), theirs_text("host"), "{case}: host");
    let port = text(&ours.port).map_or(5432, |port| i64::from(super::super::number::leading(&port)));
    assert_eq!(port, theirs["port"].as_i64().unwrap(), "{case}: port");
    let dbname = text(&ours.dbname).unwrap_or_else(|| ours.name.to_string());
    assert_eq!(Some(dbname), theirs_text("database"), "{case}: database");
    assert_eq!(text(&ours.user), theirs_text("force_user"), "{case}: user");
    assert_eq!(ours.pool_mode.as_ref().map(Text::to_string), theirs_text("pool_mode"), "{case}: mode");
    let pool = ours.pool_size.as_ref().or(Some(&pooler.default_pool_size));
    assert_eq!(number(pool), Some(size(&theirs["pool_size"])), "{case}: pool_size");
    let reserve = ours.reserve_pool_size.as_ref().or(Some(&pooler.reserve_pool_size));
    assert_eq!(number(reserve), Some(least_zero(&theirs["reserve_pool"])), "{case}: reserve");
    let most = ours.max_db_connections.as_ref().or(pooler.max_db_connections.as_ref());
    assert_eq!(
        number(most).unwrap_or(0),
        least_zero(&theirs["max_connections"]),
        "{case}: max_db_connections"
    );
}

#[test]
fn a_running_pgbouncer_reads_its_file_alike() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pgbouncer/answers.json");
    let answers: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = answers["cases"].as_array().unwrap();
    assert!(cases.len() >= 150, "{}", cases.len());
    for recorded in cases {
        let case = recorded["case"].as_str().unwrap();
        let (pooler, messages) = shown(recorded, answers["base"].as_str().unwrap());
        if recorded.get("refused").is_some() {
            assert!(pooler.is_none(), "{case}: PgBouncer does not start");
            // A file that is included and not there is unknown to us: the tree may not hold all that the image does.
            let missing = recorded["refused"][0].as_str().unwrap().starts_with("could not load")
                || recorded["refused"][0].as_str().unwrap().contains("could not load file");
            assert!(missing || !messages.is_empty(), "{case}: no word on why");
            continue;
        }
        let Some(pooler) = pooler else { panic!("{case}: PgBouncer starts: {messages:?}") };
        let config = &recorded["config"];
        assert_eq!(
            number(Some(&pooler.max_client_conn)),
            Some(least_zero(&config["max_client_conn"])),
            "{case}"
        );
        assert_eq!(
            number(Some(&pooler.default_pool_size)),
            Some(size(&config["default_pool_size"])),
            "{case}"
        );
        assert_eq!(
            number(Some(&pooler.reserve_pool_size)),
            Some(least_zero(&config["reserve_pool_size"])),
            "{case}"
        );
        for (ours, name) in [
            (&pooler.max_db_connections, "max_db_connections"),
            (&pooler.max_user_connections, "max_user_connections"),
        ] {
            assert_eq!(number(ours.as_ref()).unwrap_or(0), least_zero(&config[name]), "{case}: {name}");
        }
        assert_eq!(pooler.mode.as_ref().map(Text::as_str), config["pool_mode"].as_str(), "{case}: pool_mode");
        let timeouts = &pooler.timeouts;
        for (ours, name) in [
            (&timeouts.server_idle, "server_idle_timeout"),
            (&timeouts.client_idle, "client_idle_timeout"),
            (&timeouts.server_lifetime, "server_lifetime"),
        ] {
            assert_eq!(
                ours.value.unwrap().as_secs().to_string(),
                config[name].as_str().unwrap(),
                "{case}: {name}"
            );
        }
        let ours: Vec<&Database> =
            pooler.databases.iter().filter(|entry| entry.name.as_str() != "*").collect();
        let theirs = recorded["databases"].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{case}: databases");
        for entry in theirs {
            let found = ours.iter().find(|ours| entry["name"].as_str() == Some(ours.name.as_str()));
            hold_database(case, &pooler, found.unwrap_or_else(|| panic!("{case}: {entry}")), entry);
        }
        for user in &pooler.users {
            let theirs = recorded["users"]
                .as_array()
                .unwrap()
                .iter()
                .find(|theirs| theirs["name"] == user.name.as_str());
            let theirs = theirs.unwrap_or_else(|| panic!("{case}: {}", user.name));
            assert_eq!(
                user.pool_mode.as_ref().map(Text::as_str),
                theirs["pool_mode"].as_str(),
                "{case}: {}",
                user.name
            );
        }
    }
}
