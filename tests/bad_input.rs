//! What is wrong in a file is said at its place, the rest is still linted, and nothing panics.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use serde_json::Value;
use support::{connbudget, lint, rules, text_at};

/// A case's folder, the exit code, the rule, the file and the text under the finding.
const CASES: [(&str, i32, &str, &str, &str); 32] = [
    ("workers-not-a-number", 1, "not-a-number", ".env", "five"),
    ("workers-negative", 1, "not-a-number", ".env", "-3"),
    ("workers-too-large", 1, "not-a-number", ".env", "9223372036854775808"),
    ("pool-size-empty", 1, "not-a-number", ".env", ""),
    ("broken-dotenv", 2, "malformed-file", ".env", "\""),
    ("broken-yaml", 2, "malformed-file", "docker-compose.yml", ""),
    ("not-utf8", 2, "unreadable-file", "docker-compose.yml", "\u{fffd}"),
    ("env-file-missing", 1, "missing-file", "docker-compose.yml", "settings/production.env"),
    ("server-limit-unit", 1, "not-a-number", "postgresql.conf", "200MB"),
    ("server-limit-word", 1, "not-a-number", "postgresql.conf", "lots"),
    ("server-limit-negative", 1, "not-a-number", "postgresql.conf", "-5"),
    ("server-limit-too-large", 1, "not-a-number", "postgresql.conf", "262144"),
    ("server-limit-overridden", 1, "not-a-number", "postgresql.conf", "lots"),
    ("server-limit-word-on-the-command-line", 1, "not-a-number", "docker-compose.yml", "lots"),
    ("server-limit-unit-on-the-command-line", 1, "not-a-number", "docker-compose.yml", "200MB"),
    ("server-limit-negative-on-the-command-line", 1, "not-a-number", "docker-compose.yml", "-5"),
    ("server-limit-too-large-on-the-command-line", 1, "not-a-number", "docker-compose.yml", "262144"),
    ("server-limit-word-in-an-image-variable", 1, "not-a-number", "docker-compose.yml", "lots"),
    ("pooler-without-databases", 2, "malformed-file", "pgbouncer.ini", "pgbouncer"),
    ("pooler-size-word", 1, "not-a-number", "pgbouncer.ini", "lots"),
    ("pooler-include-cycle", 2, "malformed-file", "pgbouncer.ini", "/etc/pgbouncer/pgbouncer.ini"),
    ("pooler-syntax", 2, "malformed-file", "pgbouncer.ini", ""),
    ("pooler-unknown-key", 1, "pgbouncer-refuses", "pgbouncer.ini", "passwort"),
    ("url-port", 0, "malformed-url", "docker-compose.yml", "54x2"),
    ("url-ipv6-open", 0, "malformed-url", "docker-compose.yml", "[2001:db8::1:5432"),
    ("url-ipv6-bare", 0, "malformed-url", "docker-compose.yml", "2001:db8::1"),
    ("url-service", 0, "malformed-url", "docker-compose.yml", "main"),
    ("server-include-cycle", 2, "malformed-file", "postgres/postgresql.conf", "more.conf"),
    ("server-include-missing", 1, "missing-file", "postgres/postgresql.conf", "more.conf"),
    ("server-syntax", 2, "malformed-file", "postgresql.conf", "max_connections:"),
    ("server-setting-of-a-later-version", 1, "refused-argument", "docker-compose.yml", "5"),
    ("dockerfile-missing", 1, "missing-file", "docker-compose.yml", "docker/app.Dockerfile"),
];

fn finding<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings is a list");
    findings
        .iter()
        .find(|finding| finding["rule"] == rule)
        .unwrap_or_else(|| panic!("no {rule} in {report:#}"))
}

#[test]
fn each_mistake_is_said_at_its_place() {
    for (case, code, rule, file, text) in CASES {
        let folder = format!("fixtures/bad-input/{case}");
        let (actual, report) = lint(&folder, &[]);
        assert_eq!(actual, code, "{case}: {report:#}");
        let finding = finding(&report, rule);
        assert_eq!(finding["file"], file, "{case}");
        if !text.is_empty() && !text.contains('\u{fffd}') {
            assert!(text_at(&folder, finding).contains(text), "{case}: {finding:#}");
        }
        assert!(finding["line"].as_u64().is_some_and(|line| line > 0), "{case}");
    }
}

/// A case's folder and the server that its URL dials.
const URLS: [(&str, &str); 10] = [
    // What cannot be read is counted at the only server there is, lest it be counted nowhere.
    ("url-port", "db"),
    ("url-ipv6-open", "db"),
    ("url-ipv6-bare", "db"),
    ("url-service", "db"),
    ("url-password-at", "db"),
    ("url-password-colon-slash", "db"),
    ("url-password-percent", "db"),
    ("url-host-parameter", "db"),
    ("url-socket", "db"),
    ("url-ipv6", "2001:db8::1"),
];

#[test]
fn a_url_is_counted_whatever_it_holds() {
    for (case, server) in URLS {
        let folder = format!("fixtures/bad-input/{case}");
        let (_, report) = lint(&folder, &[]);
        let servers = report["deployments"][0]["servers"].as_array().expect(case);
        let dialled: Vec<_> = servers.iter().filter(|server| server["ceiling"] != 0).collect();
        assert_eq!(dialled.len(), 1, "{case}: {report:#}");
        assert_eq!(
            (&dialled[0]["name"], &dialled[0]["ceiling"]),
            (&server.into(), &15.into()),
            "{case}: {report:#}"
        );
        let run = connbudget(&folder, &["lint"]);
        for secret in ["s3cret", "s3ct", "r#e"] {
            assert!(!run.stdout.contains(secret), "{case}: {}", run.stdout);
        }
    }
}

#[test]
fn a_service_file_says_which_server_a_url_dials() {
    let (code, report) = lint("fixtures/bad-input/url-service-file", &[]);
    assert_eq!((code, rules(&report)), (0, Vec::new()));
    let servers = &report["deployments"][0]["servers"];
    assert_eq!((&servers[0]["name"], &servers[0]["ceiling"]), (&"db".into(), &0.into()), "{report:#}");
    assert_eq!((&servers[1]["name"], &servers[1]["ceiling"]), (&"reports".into(), &15.into()));
}

#[test]
fn the_rest_is_still_linted() {
    let (_, report) = lint("fixtures/bad-input/env-file-missing", &[]);
    assert_eq!(report["deployments"][0]["servers"][0]["ceiling"], 20);
    let (code, report) = lint("fixtures/bad-input/python-syntax-error", &[]);
    assert_eq!((code, rules(&report)), (0, vec!["unknown-demand".to_owned()]));
    assert_eq!(report["findings"][0]["file"], "main.py");
}

#[test]
fn a_folder_in_place_of_a_file_cannot_be_read() {
    let (code, report) = lint("fixtures/bad-input/env-file-is-a-folder", &[]);
    assert_eq!(code, 2);
    assert_eq!(
        text_at("fixtures/bad-input/env-file-is-a-folder", finding(&report, "unreadable-file")),
        "settings"
    );
}

#[test]
fn two_deployments_are_two_budgets() {
    let (code, report) = lint("fixtures/bad-input/two-deployments", &[]);
    let of = |index: usize| {
        let deployment = &report["deployments"][index];
        (deployment["name"].as_str(), deployment["servers"][0]["ceiling"].as_u64())
    };
    assert_eq!(
        (of(0), of(1)),
        ((Some("blog/docker-compose.yml"), Some(200)), (Some("shop/docker-compose.yml"), Some(20)))
    );
    assert_eq!((code, rules(&report)), (1, vec!["over-budget".to_owned()]));
}

#[test]
fn nothing_to_lint_is_no_pass() {
    for format in ["human", "json"] {
        let run = connbudget("fixtures/bad-input/empty", &["lint", "--format", format]);
        assert_eq!(run.code, 3);
        assert!(run.stderr.contains("nothing to lint"), "{}", run.stderr);
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_the_command_line() {
    let run = connbudget("fixtures", &["lint", "nowhere"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("nowhere"), "{}", run.stderr);
    assert_eq!(connbudget("fixtures", &["lint", "--format", "xml"]).code, 2);
}
