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

/// A folder with `connbudget.toml` of this text and a deployment that is over budget.
fn over_budget(toml: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let compose = "services:\n  app:\n    image: registry/app\n    environment:\n      DATABASE_URL: postgres://app@db/app\n  \
                   db:\n    image: postgres:16\n";
    std::fs::write(folder.path().join("compose.yaml"), compose).expect("it is written");
    let clients = "[clients.app]\nconnections = 300\n";
    std::fs::write(folder.path().join("connbudget.toml"), format!("{toml}\n{clients}"))
        .expect("it is written");
    folder
}

#[test]
fn a_rule_has_the_severity_that_the_project_gives_it() {
    for (toml, code, found) in [
        ("", 1, vec!["over-budget"]),
        ("[rules]\nover-budget = \"warning\"", 0, vec!["over-budget"]),
        ("[rules.over-budget]\nseverity = \"off\"", 0, vec![]),
        ("[[rules.override]]\npaths = [\"connbudget.toml\"]\nover-budget = \"off\"", 0, vec![]),
        ("[[rules.override]]\npaths = [\"legacy/**\"]\nover-budget = \"off\"", 1, vec!["over-budget"]),
    ] {
        let folder = over_budget(toml);
        let (actual, report) = lint(folder.path().to_str().expect("a path"), &[]);
        assert_eq!(
            (actual, support::rules(&report)),
            (code, found.iter().map(ToString::to_string).collect()),
            "{toml}"
        );
    }
}

#[test]
fn a_rule_or_an_option_that_is_not_there_ends_the_run_at_its_place() {
    for (toml, says, at) in [
        ("[rules]\nover-bugdet = \"off\"", "did you mean `over-budget`?", "connbudget.toml:2:1"),
        ("[rules.near-limit]\nthreshhold = 1", "did you mean `threshold`?", "connbudget.toml:2:1"),
        (
            "[rules.near-limit]\nthreshold = \"1\"",
            "threshold of near-limit is a number",
            "connbudget.toml:2:13",
        ),
        ("[rules]\nover-budget = \"info\"", "\"off\", \"warning\" or \"error\"", "connbudget.toml:2:15"),
    ] {
        let folder = over_budget(toml);
        let run = connbudget(folder.path().to_str().expect("a path"), &["lint"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{toml}");
        let said = run.said();
        assert!(said.contains(says) && said.contains(at), "{said}");
    }
}
