//! Comments that suppress a finding at its place, each with its reason.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use serde_json::Value;
use support::{connbudget, lint, rules, text_at};

/// A deployment that is over budget, by the line of `command`, below what `before` puts above it.
fn folder(before: &str, behind: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let compose = format!(
        "services:\n  app:\n    image: registry/app\n    environment:\n      DATABASE_URL: postgres://app@db/app\n  db:\n    \
         image: postgres:16\n    {before}command: postgres -c superuser_reserved_connections=0{behind}\n"
    );
    std::fs::write(folder.path().join("compose.yaml"), compose).expect("it is written");
    std::fs::write(folder.path().join("connbudget.toml"), "[clients.app]\nconnections = 5\n")
        .expect("it is written");
    folder
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> (i32, Value) {
    lint(folder.path().to_str().expect("a path"), arguments)
}

fn found(report: &Value, list: &str) -> Vec<String> {
    let findings = report[list].as_array().expect("a list").iter();
    findings.filter_map(|finding| finding["rule"].as_str().map(str::to_owned)).collect()
}

const WARN: &[&str] = &["--fail-on", "warning"];

#[test]
fn a_comment_with_a_reason_suppresses_what_is_found_at_its_place() {
    let ignore = "# connbudget: ignore[no-superuser-slot]: nobody logs in here";
    for (before, behind) in
        [(format!("{ignore}\n    "), String::new()), (String::new(), format!(" {ignore}"))]
    {
        let folder = folder(&before, &behind);
        let (code, report) = run(&folder, WARN);
        assert_eq!(
            (code, report["verdict"].as_str(), rules(&report)),
            (0, Some("pass"), vec![]),
            "{report:#}"
        );
        let suppressed = &report["suppressed"][0];
        assert_eq!(suppressed["rule"], "no-superuser-slot");
        let by = &suppressed["suppressed"];
        assert_eq!(
            (by["by"].as_str(), by["reason"].as_str()),
            (Some("comment"), Some("nobody logs in here"))
        );
        assert_eq!(text_at(folder.path().to_str().expect("a path"), by), ignore);
        let human = connbudget(folder.path().to_str().expect("a path"), &["lint"]).stdout;
        assert!(
            human.contains("no findings, 1 suppressed") && !human.contains("no-superuser-slot"),
            "{human}"
        );
    }
    assert_eq!(run(&folder("", ""), WARN).0, 1);
}

#[test]
fn a_whole_file_can_be_meant() {
    let folder = folder("", "\n# connbudget: ignore-file[no-superuser-slot]: nobody logs in here");
    let (code, report) = run(&folder, WARN);
    assert_eq!((code, found(&report, "suppressed")), (0, vec!["no-superuser-slot".to_owned()]));
}

#[test]
fn another_rule_or_another_line_is_not_meant_and_the_comment_is_reported() {
    for before in [
        "# connbudget: ignore[near-limit]: another rule\n    ",
        "# connbudget: ignore[no-superuser-slot]: another line\n    restart: always\n    ",
    ] {
        let (code, report) = run(&folder(before, ""), WARN);
        assert_eq!(
            (code, rules(&report)),
            (1, vec!["no-superuser-slot".to_owned(), "unused-suppression".to_owned()])
        );
        let unused = &report["findings"][1];
        assert_eq!((unused["file"].as_str(), unused["line"].as_u64()), (Some("compose.yaml"), Some(8)));
    }
    // What was not read may be what the comment is for.
    let before = "# connbudget: ignore[near-limit]: another rule\n    ";
    let (_, report) = run(&folder(before, ""), &["--compose-file", "compose.yaml"]);
    assert_eq!(rules(&report), ["no-superuser-slot"]);
}

#[test]
fn after_its_day_it_no_longer_holds() {
    let folder = folder("# connbudget: ignore[no-superuser-slot] until 2027-01-31: for now\n    ", "");
    let on = |day: &str| run(&folder, &["--fail-on", "warning", "--today", day]);
    let (code, report) = on("2027-01-31");
    assert_eq!((code, found(&report, "suppressed")), (0, vec!["no-superuser-slot".to_owned()]));
    let (code, report) = on("2027-02-01");
    assert_eq!(
        (code, rules(&report)),
        (1, vec!["no-superuser-slot".to_owned(), "unused-suppression".to_owned()])
    );
    let said = report["findings"][1]["message"].as_str().expect("a message");
    assert_eq!(said, "this suppression ended on 2027-01-31, and holds no longer");
}

#[test]
fn one_that_cannot_be_trusted_suppresses_nothing_and_fails_the_run() {
    for (ignore, under) in [
        ("# connbudget: ignore[no-superuser-slot]", "# connbudget: ignore[no-superuser-slot]"),
        ("# connbudget: ignore[no-superuser-slots]: why", "no-superuser-slots"),
        ("# connbudget: ignore[malformed-file]: why", "malformed-file"),
        ("# connbudget: ignore[no-superuser-slot] until 2027-13-01: why", "2027-13-01"),
        ("# connbudget: ignore: why", "# connbudget: ignore: why"),
    ] {
        let folder = folder(&format!("{ignore}\n    "), "");
        let (code, report) = run(&folder, &[]);
        assert_eq!(code, 1, "{ignore}: {report:#}");
        assert_eq!(rules(&report), ["invalid-suppression", "no-superuser-slot"], "{ignore}");
        let at = text_at(folder.path().to_str().expect("a path"), &report["findings"][0]);
        assert_eq!(at, under);
    }
}

#[test]
fn an_organisation_can_forbid_them() {
    let folder = folder("# connbudget: ignore[no-superuser-slot]: why\n    ", "");
    let (code, report) = run(&folder, &["--no-ignores"]);
    assert_eq!(
        (code, rules(&report)),
        (1, vec!["invalid-suppression".to_owned(), "no-superuser-slot".to_owned()])
    );
    assert_eq!(found(&report, "suppressed"), Vec::<String>::new());
}

#[test]
fn what_could_not_be_read_cannot_be_suppressed() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = "# connbudget: ignore-file[malformed-file]: why\nservices:\n  app:\n    image: \"x\n";
    std::fs::write(folder.path().join("compose.yaml"), broken).expect("it is written");
    let (code, report) = run(&folder, &[]);
    assert_eq!(code, 2);
    assert!(rules(&report).contains(&"malformed-file".to_owned()), "{report:#}");
}
