//! Programs whose source is not at hand: each folder of `fixtures/clients` comes to what its `expected.json` says.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{lint, repository, rules};

/// The groups of every server, each with what it can open and where the sizes of its pools come from.
fn summary(report: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut groups = Vec::new();
    for server in report["deployments"].as_array().into_iter().flatten().flat_map(|d| list(&d["servers"])) {
        for group in list(&server["clients"]) {
            let sizes: Vec<Value> = list(&group["pools"]).iter().filter_map(origin).collect();
            let (name, ceiling) = (&group["name"], &group["ceiling"]);
            groups.push(json!({"name": name, "server": server["name"], "ceiling": ceiling, "sizes": sizes}));
        }
    }
    json!(groups)
}

/// Where the size of `pool` comes from: `file:line`, or the setting whose default it is.
fn origin(pool: &Value) -> Option<Value> {
    let first = pool["origins"]["size"].get(0)?;
    Some(match first["file"].as_str() {
        Some(file) => json!(format!("{file}:{}", first["line"])),
        None => first["of"].clone(),
    })
}

#[test]
fn each_program_opens_what_is_expected() {
    let folder = repository().join("fixtures/clients");
    let entries = fs::read_dir(&folder).expect("the folder can be read");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"))
        .collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    let mut wrong = Vec::new();
    for name in names {
        let text = fs::read_to_string(folder.join(&name).join("expected.json")).expect("expected.json");
        let expected: Value = serde_json::from_str(&text).expect("expected.json is JSON");
        let (_, report) = lint(&format!("fixtures/clients/{name}"), &[]);
        let found = summary(&report);
        if found != expected["groups"] {
            wrong.push(format!("{name}: {found:#}"));
        }
        for rule in expected["rules"].as_array().into_iter().flatten() {
            let rule = rule.as_str().expect("a rule's name").to_owned();
            assert!(rules(&report).contains(&rule), "{name}: {:?} has no {rule}", rules(&report));
        }
        // Nothing of a program that ends or that uses another database is left over.
        let unplaced = report["deployments"][0]["unplaced"].as_array().map_or(0, Vec::len);
        assert_eq!(unplaced, 0, "{name}: {}", report["deployments"][0]["unplaced"]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
