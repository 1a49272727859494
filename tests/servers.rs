//! The limits of servers, whoever sets them: `fixtures/servers` is one deployment in which each server gets its limit in
//! another way.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use support::{lint, text_at};

const FOLDER: &str = "fixtures/servers";

/// Each server with its limit (`None`: not known), and the text under the place where that stands.
const LIMITS: [(&str, Option<u64>, &str); 31] = [
    ("default", Some(100), "postgres:16"),
    ("mounted-file", Some(200), "200"),
    ("mounted-elsewhere", Some(200), "200"),
    ("mounted-folder", Some(150), "150"),
    ("by-data-folder", Some(200), "200"),
    ("by-option", Some(200), "200"),
    ("newest", Some(200), "200"),
    ("config-file", Some(200), "200"),
    ("config-text", Some(250), "250"),
    ("words-over-file", Some(300), "300"),
    ("silent-file", Some(100), "postgres:16"),
    ("altered", Some(275), "275"),
    ("initialized-by-sql", Some(325), "325"),
    ("initialized-by-shell", Some(330), "330"),
    ("initialized-somehow", None, ""),
    ("initdb-arguments", Some(350), "350"),
    ("built", Some(375), "375"),
    ("sample", Some(380), "380"),
    ("not-here", None, "/etc/postgresql/postgresql.conf"),
    ("ignored", None, "postgres:16"),
    ("bitnami-variable", Some(410), "410"),
    ("bitnami-flags", Some(420), "420"),
    ("bitnami-more", Some(430), "430"),
    ("bitnami-file", Some(200), "200"),
    ("redhat", Some(440), "440"),
    ("timescale-limited", Some(50), "3G"),
    ("timescale-told", Some(75), "5GB"),
    ("timescale-untuned", Some(100), "timescale/timescaledb:latest-pg16"),
    ("timescale-unlimited", None, "timescale/timescaledb:latest-pg16"),
    ("supabase", Some(100), "supabase/postgres:15.8.1.060"),
    ("spilo-small", Some(100), "2g"),
];

#[test]
fn every_way_to_set_a_limit_is_read() {
    let (_, report) = lint(FOLDER, &[]);
    let servers = report["deployments"][0]["servers"].as_array().expect("servers is a list");
    let found = |name: &str| servers.iter().find(|server| server["name"] == name).expect(name);
    for (name, limit, text) in LIMITS {
        let server = found(name);
        assert_eq!(server["max_connections"].as_u64(), limit, "{name}");
        let origins = server["origins"]["max_connections"].as_array().expect("origins is a list");
        let place = origins.iter().find(|origin| origin["file"].is_string()).expect(name);
        if !text.is_empty() {
            assert_eq!(text_at(FOLDER, place), text, "{name}");
        }
    }
    assert_eq!(found("spilo-told")["max_connections"], 450);
    assert_eq!(found("config-text")["superuser_reserved"], 5);
    let files = report["deployments"][0]["files"].to_string();
    for file in ["include/conf.d/10-limits.conf", "scripts/limits.sh", "data/postgresql.auto.conf"] {
        assert!(files.contains(file), "{file} is among {files}");
    }
}

#[test]
fn a_port_of_the_machine_leads_to_the_server_that_publishes_it() {
    let (_, report) = lint("fixtures/published-port", &[]);
    let servers = report["deployments"][0]["servers"].as_array().expect("servers is a list");
    let dialled: Vec<(&str, Vec<&str>)> = servers
        .iter()
        .map(|server| {
            let clients = server["clients"].as_array().expect("clients is a list");
            let names = clients.iter().map(|client| client["name"].as_str().expect("a name")).collect();
            (server["name"].as_str().expect("a name"), names)
        })
        .collect();
    let expected =
        [("db", vec!["app"]), ("stats-db", vec!["stats"]), ("host.docker.internal", vec!["legacy"])];
    assert_eq!(dialled, expected);
}
