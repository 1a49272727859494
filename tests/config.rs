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
