//! What `connbudget.toml` declares.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use support::{connbudget, lint, text_at};

#[test]
fn a_declared_deployment_is_linted_instead_of_what_is_found() {
    let (code, report) = lint("fixtures/declared", &[]);
    let deployments = report["deployments"].as_array().expect("deployments is a list");
    assert_eq!((code, deployments.len(), deployments[0]["name"].as_str()), (0, 1, Some("production")));
    let server = &deployments[0]["servers"][0];
    assert_eq!(
        (server["ceiling"].as_u64(), server["capacity"].as_u64()),
        (Some(2 * 3 * 5), Some(100 - 3 - 20))
    );
    let reserve = &server["origins"]["reserve"][0];
    assert_eq!(
        (reserve["how"].as_str(), text_at("fixtures/declared", reserve)),
        (Some("declared"), "20".to_owned())
    );
}

#[test]
fn a_configuration_that_cannot_be_used_ends_the_run() {
    let run = connbudget("fixtures/declared", &["lint", "--config", "production.env"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("production.env"), "{}", run.stderr);
}

#[test]
fn the_command_line_wins_over_the_declaration() {
    let (_, report) =
        lint("fixtures/declared", &["--compose-file", "docker-compose.yml", "--env", "WORKERS=2"]);
    let server = &report["deployments"][0]["servers"][0];
    assert_eq!(server["ceiling"], 10);
    assert_eq!(server["clients"][0]["origins"]["processes"][0]["how"], "command-line");
}

#[test]
fn a_declared_server_has_its_own_numbers_and_other_clients() {
    let folder = "fixtures/shared-server";
    let (code, report) = lint(folder, &[]);
    let servers = report["deployments"][0]["servers"].as_array().expect("servers is a list");
    assert_eq!((code, servers.len(), servers[0]["name"].as_str()), (0, 1, Some("main")));
    let server = &servers[0];
    // 8 workers with two engines of 3 + 2, 40 of others, 60 (12) of team B; 200 − 5 − 20.
    assert_eq!((server["ceiling"].as_u64(), server["reachable"].as_u64()), (Some(180), Some(132)));
    assert_eq!((server["capacity"].as_u64(), server["reserve"].as_u64()), (Some(175), Some(20)));
    for (number, text) in [("max_connections", "200"), ("superuser_reserved", "5"), ("reserve", "\"10%\"")] {
        let origin = &server["origins"][number][0];
        assert_eq!((origin["how"].as_str(), text_at(folder, origin)), (Some("declared"), text.to_owned()));
    }
    let clients = server["clients"].as_array().expect("clients is a list");
    let names: Vec<&str> = clients.iter().filter_map(|client| client["name"].as_str()).collect();
    assert_eq!(names, ["app", "other connections", "team-b.json"]);
    assert_eq!((clients[2]["ceiling"].as_u64(), clients[2]["reachable"].as_u64()), (Some(60), Some(12)));
}

#[test]
fn an_exported_budget_is_read_again() {
    let run = connbudget("fixtures/rules/near-limit/fires", &["budget", "--format", "json"]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("other.json"), run.stdout).expect("it is written");
    let toml = "[server.db]\nalso = [\"other.json\"]\n";
    std::fs::write(folder.path().join("connbudget.toml"), toml).expect("it is written");
    std::fs::write(folder.path().join("compose.yaml"), "services:\n  db:\n    image: postgres:16\n")
        .expect("it is written");
    let (_, report) = lint(folder.path().to_str().expect("a path"), &[]);
    assert_eq!(report["deployments"][0]["servers"][0]["reachable"], 80);
}
