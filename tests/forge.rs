//! The deployment that this tool was conceived for, and the table of the guide that it grew from.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use serde_json::Value;
use support::{lint, rules, text_at};

fn labels(finding: &Value) -> Vec<(String, String)> {
    let labels = finding["labels"].as_array().expect("labels is a list");
    labels
        .iter()
        .map(|label| {
            (
                label["file"].as_str().expect("a label has a file").to_owned(),
                text_at("fixtures/forge/before", label),
            )
        })
        .collect()
}

#[test]
fn three_hundred_connections_into_87_are_an_error() {
    let (code, report) = lint("fixtures/forge/before", &[]);
    assert_eq!(
        (code, rules(&report), report["verdict"].as_str()),
        (1, vec!["over-budget".to_owned()], Some("fail"))
    );
    let finding = &report["findings"][0];
    assert_eq!(finding["file"], "Dockerfile");
    assert_eq!(text_at("fixtures/forge/before", finding), "10");
    let labels = labels(finding);
    for (file, text) in [
        ("app/core/database.py", "5"),
        ("app/core/database.py", "10"),
        ("app/core/database.py", "create_engine"),
        ("app/core/database.py", "create_async_engine"),
        ("docker-compose.yml", "postgres:14"),
    ] {
        assert!(
            labels.contains(&(file.to_owned(), text.to_owned())),
            "{file} {text} is not among {labels:?}"
        );
    }
    let server = &report["deployments"][0]["servers"][0];
    assert_eq!((server["ceiling"].as_u64(), server["reachable"].as_u64()), (Some(300), Some(300)));
    assert_eq!((server["capacity"].as_u64(), server["max_connections"].as_u64()), (Some(87), Some(100)));
}

#[test]
fn fifty_connections_into_87_pass() {
    let (code, report) = lint("fixtures/forge/after", &[]);
    assert_eq!((code, rules(&report), report["verdict"].as_str()), (0, vec![], Some("pass")));
    let server = &report["deployments"][0]["servers"][0];
    assert_eq!((server["ceiling"].as_u64(), server["capacity"].as_u64()), (Some(50), Some(87)));
    let group = &server["clients"][0];
    let processes = &group["origins"]["processes"];
    assert_eq!(text_at("fixtures/forge/after", &processes[0]), "5");
    assert_eq!(processes[0]["file"], "Dockerfile");
    assert_eq!(processes[1]["how"], "interpolated");
    let size = &group["pools"][0]["origins"]["size"];
    assert_eq!((size[0]["file"].as_str(), size[1]["how"].as_str()), (Some("Dockerfile"), Some("read")));
}

#[test]
fn the_table_of_the_guide() {
    for (settings, connections, expected) in [
        ("conservative.env", 18, vec![]),
        ("balanced.env", 50, vec![]),
        ("high-performance.env", 80, vec!["near-limit"]),
        ("unplanned.env", 300, vec!["over-budget"]),
        ("many-small.env", 48, vec![]),
    ] {
        let (code, report) =
            lint("fixtures/guide", &["--compose-file", "docker-compose.yml", "--env-file", settings]);
        let server = &report["deployments"][0]["servers"][0];
        assert_eq!(server["ceiling"].as_u64(), Some(connections), "{settings}");
        assert_eq!(server["capacity"].as_u64(), Some(87), "{settings}");
        assert_eq!(rules(&report), expected, "{settings}");
        assert_eq!(code, i32::from(connections > 87), "{settings}");
    }
}

#[test]
fn a_raised_limit_is_under_its_digits_in_a_folded_scalar() {
    let files = ["--compose-file", "docker-compose.yml", "--compose-file", "docker-compose.raised.yml"];
    for (settings, connections, code) in [("high-performance.env", 80, 0), ("unplanned.env", 300, 1)] {
        let (actual, report) = lint("fixtures/guide", &[&files[..], &["--env-file", settings]].concat());
        let server = &report["deployments"][0]["servers"][0];
        assert_eq!(
            (actual, server["ceiling"].as_u64(), server["capacity"].as_u64()),
            (code, Some(connections), Some(187))
        );
        let origin = &server["origins"]["max_connections"][0];
        assert_eq!(
            (origin["file"].as_str(), text_at("fixtures/guide", origin)),
            (Some("docker-compose.raised.yml"), "200".to_owned())
        );
    }
}

/// Without the source nobody knows how many engines a process makes: each of them adds 25, and that is what is said.
#[test]
fn names_alone_leave_the_number_of_engines_open() {
    for folder in ["fixtures/procfile", "fixtures/script"] {
        let (code, report) = lint(folder, &[]);
        assert_eq!((code, rules(&report)), (0, vec!["unknown-demand".to_owned()]), "{folder}");
        let group = &report["deployments"][0]["servers"][0]["clients"][0];
        assert_eq!((group["processes"].as_u64(), &group["ceiling"]), (Some(5), &Value::Null), "{folder}");
        let pool = &group["pools"][0];
        assert_eq!(
            (pool["ceiling"].as_u64(), pool["kind"].as_str()),
            (Some(5), Some("convention")),
            "{folder}"
        );
        assert_eq!(text_at(folder, &pool["origins"]["size"][0]), "3");
        let help = report["findings"][0]["help"].as_str().expect("a help line");
        assert!(help.contains("from 4 engines on"), "{help}");
    }
}

/// A platform tells a Procfile's processes their variables: what the code takes only where it is set may be set, and a
/// variable with a default is left at it.
#[test]
fn the_config_vars_of_a_procfile_may_say_anything() {
    let (_, report) = lint("fixtures/procfile-config-vars", &[]);
    let client = &report["deployments"][0]["unplaced"][0];
    let pools = client["pools"].as_array().expect("pools").iter();
    let mut ceilings: Vec<Option<u64>> = pools.map(|pool| pool["ceiling"].as_u64()).collect();
    ceilings.sort();
    assert_eq!(ceilings, [Some(3), Some(14)]);
}
