//! The baseline: what was there does not count, until it gets worse.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Run, connbudget, lint, rules};

const NAME: &str = "connbudget-baseline.json";

fn write(folder: &Path, path: &str, text: &str) {
    std::fs::write(folder.join(path), text).expect("it is written");
}

fn read(folder: &tempfile::TempDir) -> Value {
    let text = std::fs::read_to_string(folder.path().join(NAME)).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

/// A deployment whose service may open `connections`, on a server that takes `limit` and keeps none for superusers.
fn deploy(folder: &Path, connections: u32, limit: u32) {
    let compose = format!(
        "services:\n  app:\n    image: registry/app\n    environment:\n      DATABASE_URL: postgres://app@db/app\n  db:\n    \
         image: postgres:16\n    command: postgres -c max_connections={limit} -c superuser_reserved_connections=0\n"
    );
    write(folder, "compose.yaml", &compose);
    write(folder, "connbudget.toml", &format!("[clients.app]\nconnections = {connections}\n"));
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    deploy(folder.path(), 300, 100);
    let run = run(&folder, &["lint", "--write-baseline"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.said().contains("connbudget-baseline.json allows 2 findings"), "{}", run.stderr);
    folder
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> Run {
    connbudget(folder.path().to_str().expect("a path"), arguments)
}

fn json(folder: &tempfile::TempDir, arguments: &[&str]) -> (i32, Value) {
    lint(folder.path().to_str().expect("a path"), arguments)
}

#[test]
fn what_was_there_does_not_count() {
    let folder = project();
    let (code, report) = json(&folder, &["--fail-on", "warning"]);
    assert_eq!((code, report["verdict"].as_str(), rules(&report)), (0, Some("pass"), vec![]));
    let suppressed = report["suppressed"].as_array().expect("a list");
    let by: Vec<_> = suppressed.iter().map(|finding| finding["suppressed"]["by"].as_str()).collect();
    assert_eq!(by, [Some("baseline"), Some("baseline")]);
    assert_eq!(suppressed[0]["suppressed"]["file"], NAME);
    assert!(run(&folder, &["lint"]).stdout.contains("no findings, 2 suppressed"));
    // Lines move, and the finding is the same.
    let moved = format!(
        "# one\n# two\n{}",
        std::fs::read_to_string(folder.path().join("compose.yaml")).expect("it is there")
    );
    write(folder.path(), "compose.yaml", &moved);
    assert_eq!(json(&folder, &["--fail-on", "warning"]).0, 0);
}

#[test]
fn a_worse_budget_never_passes() {
    for (connections, limit, how) in [
        (301, 100, "counted was 300 and is 301"),
        (300, 99, "capacity was 90 and is 89"),
        (100_000, 100_000, "counted was 300 and is 100000"),
    ] {
        let folder = project();
        deploy(folder.path(), connections, limit);
        let (code, report) = json(&folder, &[]);
        assert_eq!(
            (code, &report["findings"][0]["rule"]),
            (1, &Value::from("over-budget")),
            "{connections} of {limit}"
        );
        let notes = report["findings"][0]["notes"].as_array().expect("notes");
        assert!(notes.iter().any(|note| note.as_str().is_some_and(|note| note.contains(how))), "{notes:?}");
    }
    let folder = project();
    for (connections, limit) in [(299, 100), (300, 101), (150, 100)] {
        deploy(folder.path(), connections, limit);
        assert_eq!(json(&folder, &["--fail-on", "warning"]).0, 0, "{connections} of {limit} is no worse");
    }
    // What is not known may be anything.
    let compose = "services:\n  app:\n    image: registry/app\n    environment:\n      DATABASE_URL: postgres://app@db/app\n  db:\n    \
                   image: postgres:16\n  more:\n    image: registry/more\n    environment:\n      DATABASE_URL: postgres://app@db/app\n";
    deploy(folder.path(), 300, 100);
    write(folder.path(), "compose.yaml", compose);
    let (code, report) = json(&folder, &[]);
    assert_eq!(code, 1);
    assert!(rules(&report).contains(&"over-budget".to_owned()));
}

#[test]
fn entries_that_no_longer_match_are_told_and_pruned() {
    let folder = project();
    deploy(folder.path(), 10, 100);
    let (code, report) = json(&folder, &["--fail-on", "warning"]);
    assert_eq!((code, rules(&report)), (1, vec!["stale-baseline".to_owned()]));
    let stale = &report["findings"][0];
    assert_eq!(
        (stale["file"].as_str(), stale["message"].as_str()),
        (Some(NAME), Some("no over-budget of db is found any more"))
    );
    assert_eq!(stale["line"].as_u64(), Some(15), "{:#}", read(&folder));
    let before = read(&folder);
    // A partial run says nothing of them, and prunes nothing.
    let partial = ["--compose-file", "compose.yaml"];
    assert_eq!(rules(&json(&folder, &partial).1), Vec::<String>::new());
    let pruned = run(&folder, &["lint", "--prune", "--profile", "x"]);
    assert!(pruned.said().contains("nothing is pruned"), "{}", pruned.stderr);
    assert_eq!(read(&folder), before);
    let pruned = run(&folder, &["lint", "--prune"]);
    assert!(
        pruned.said().contains("1 of connbudget-baseline.json are pruned, and 1 stay"),
        "{}",
        pruned.stderr
    );
    assert_eq!(read(&folder)["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(json(&folder, &["--fail-on", "warning"]).0, 0);
    deploy(folder.path(), 300, 100);
    assert_eq!(json(&folder, &[]).0, 1, "what was pruned is new when it comes back");
}

#[test]
fn a_partial_run_that_writes_adds() {
    let folder = project();
    let before = read(&folder);
    deploy(folder.path(), 10, 100);
    let run = run(&folder, &["lint", "--write-baseline", "--profile", "x"]);
    assert_eq!((run.code, read(&folder)), (0, before), "{}", run.stderr);
}

#[test]
fn it_stands_where_the_configuration_says() {
    let folder = tempfile::tempdir().expect("a folder");
    deploy(folder.path(), 300, 100);
    let toml = "[lint]\nbaseline = \"ops/known.json\"\n[clients.app]\nconnections = 300\n";
    write(folder.path(), "connbudget.toml", toml);
    let missing = run(&folder, &["lint"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""), "a named baseline has to be there");
    assert!(missing.said().contains("there is no file ops/known.json"), "{}", missing.stderr);
    std::fs::create_dir(folder.path().join("ops")).expect("it is made");
    assert_eq!(run(&folder, &["lint", "--write-baseline"]).code, 0);
    assert!(folder.path().join("ops/known.json").is_file());
    assert_eq!(json(&folder, &["--fail-on", "warning"]).0, 0);
    assert_eq!(run(&folder, &["lint", "--write-baseline=other.json"]).code, 0);
    assert!(folder.path().join("other.json").is_file());
}

#[test]
fn what_could_not_be_read_is_never_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "compose.yaml", "services:\n  app:\n    image: \"x\n");
    assert_eq!(run(&folder, &["lint", "--write-baseline"]).code, 2);
    assert_eq!(read(&folder)["findings"].as_array().map(Vec::len), Some(0));
    assert_eq!(json(&folder, &[]).0, 2);
}

#[test]
fn one_that_cannot_be_used_ends_the_run_at_its_place() {
    for (text, says, place) in [
        ("{\n  not json\n}\n", "key must be a string", ":2:3"),
        ("", "EOF", ":1:1"),
        ("[]\n", "invalid length 0", ":1:"),
        ("{\"version\": 1, \"findings\": [{\"rule\": 1}]}\n", "expected a string", ":1:38"),
        ("{\"version\": 2, \"findings\": []}\n", "of version 2", ":1:1"),
        ("{\"version\": 1, \"findings\": [], \"x\": 1}\n", "unknown field `x`", ":1:34"),
    ] {
        let folder = project();
        write(folder.path(), NAME, text);
        let run = run(&folder, &["lint"]);
        let said = run.said();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{text}: {said}");
        assert!(said.contains(says) && said.contains(&format!("{NAME}{place}")), "{text}: {said}");
    }
}
