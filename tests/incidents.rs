//! Models of real outages: a deployment before and after the change that its project made, worked out by hand.
//!
//! `fixtures/incidents/expected.json` holds what the hand came to; `<id>/{before,after}` the smallest deployment, in our
//! own words, that has the shape of the original. A side whose sum nobody can know from the files has a `floor`, and
//! the file `at` which its trail ends. A side without `findings` only has to pass the gate.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use support::{connbudget, lint, repository, rules};

const FOLDER: &str = "fixtures/incidents";

fn expected() -> Map<String, Value> {
    let text = std::fs::read_to_string(repository().join(FOLDER).join("expected.json")).expect("it is there");
    serde_json::from_str(&text).expect("it is an object")
}

/// One side of an incident: how its commands are called, and what is expected of them.
struct Side {
    name: String,
    folder: String,
    arguments: Vec<String>,
    wanted: Value,
}

impl Side {
    fn arguments(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).collect()
    }
}

fn words(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|word| word.as_str().expect("the list holds strings").to_owned())
        .collect()
}

/// Two of each incident.
fn sides() -> Vec<Side> {
    let mut sides = Vec::new();
    for (id, incident) in expected() {
        let folder = incident["folder"].as_str().map_or_else(|| format!("{FOLDER}/{id}"), str::to_owned);
        for side in ["before", "after"] {
            sides.push(Side {
                name: format!("{id} {side}"),
                folder: format!("{folder}/{side}"),
                arguments: words(&incident["arguments"]),
                wanted: incident[side].clone(),
            });
        }
    }
    sides
}

/// The one deployment of `folder`, in the report of `connbudget budget`.
fn deployment(folder: &str, arguments: &[&str]) -> Value {
    let run = connbudget(folder, &[&["budget", "--format", "json"], arguments].concat());
    let report: Value = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{folder}: {error} in {}{}", run.stdout, run.stderr));
    let deployments = report["deployments"].as_array().expect("deployments is a list");
    assert_eq!(deployments.len(), 1, "{folder} is one deployment");
    deployments[0].clone()
}

/// The entry `name` of a list of servers or poolers, or null.
fn named<'v>(list: &'v Value, name: &Value) -> &'v Value {
    let found = list.as_array().into_iter().flatten().find(|entry| entry["name"] == *name);
    found.unwrap_or(&Value::Null)
}

/// The file of the first finding that says what is not known.
fn trail_ends(report: &Value) -> Option<&str> {
    let findings = report["findings"].as_array().expect("findings is a list");
    let unknown = findings.iter().find(|finding| finding["rule"] == "unknown-demand")?;
    unknown["file"].as_str()
}

#[test]
fn every_model_has_what_the_hand_came_to() {
    let mut wrong = Vec::new();
    for side in sides() {
        let deployment = deployment(&side.folder, &side.arguments());
        let Side { name, wanted, .. } = side;
        let found = named(&deployment["servers"], &wanted["server"]);
        for key in ["ceiling", "reachable", "capacity", "floor"] {
            if found[key] != wanted[key] {
                wrong.push(format!("{name}: {key} is {} where {} is expected", found[key], wanted[key]));
            }
        }
        let pooler = named(&deployment["poolers"], &wanted["pooler"]["name"]);
        for (key, value) in wanted["pooler"].as_object().into_iter().flatten() {
            if pooler[key] != *value {
                wrong
                    .push(format!("{name}: the pooler's {key} is {} where {value} is expected", pooler[key]));
            }
        }
        if wanted["ceiling"].is_null() && wanted["floor"].is_null() {
            wrong.push(format!("{name}: expected.json says neither a ceiling nor a floor"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_gate_decides_as_the_hand_did() {
    let mut wrong = Vec::new();
    for side in sides() {
        let (_, report) = lint(&side.folder, &side.arguments());
        let Side { name, wanted, .. } = side;
        if wanted["findings"].is_null() {
            if report["verdict"] == "fail" {
                wrong.push(format!("{name}: fails with {:?}", rules(&report)));
            }
            continue;
        }
        let found: BTreeSet<String> = rules(&report).into_iter().collect();
        let rules: BTreeSet<String> = words(&wanted["findings"]).into_iter().collect();
        if (report["verdict"].as_str(), &found) != (wanted["verdict"].as_str(), &rules) {
            wrong.push(format!("{name}: {} with {found:?}", report["verdict"]));
        }
        let at = trail_ends(&report);
        if at != wanted["at"].as_str() {
            wrong.push(format!("{name}: the trail ends at {at:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where only the CPUs are missing, the published sum assumed eight of them.
#[test]
fn told_the_cpus_the_sum_is_known() {
    let mut told = 0;
    for Side { name, folder, wanted, .. } in sides() {
        if wanted["with_eight_cpus"].is_null() {
            continue;
        }
        let deployment = deployment(&folder, &["--config", "../../eight-cpus.toml"]);
        let found = named(&deployment["servers"], &wanted["server"]);
        assert_eq!(found["ceiling"], wanted["with_eight_cpus"], "{name}");
        told += 1;
    }
    assert_eq!(told, 4);
}

/// The one thing that must not be: fewer connections than the published arithmetic of the incident, and sure of it.
#[test]
fn no_expectation_is_below_what_was_published() {
    for Side { name, wanted, .. } in sides() {
        let published = wanted["published"].as_u64().expect("each side has the published sum");
        if let Some(ceiling) = wanted["ceiling"].as_u64() {
            assert!(ceiling >= published, "{name}: {ceiling} is less than {published}");
        }
        if wanted["ceiling"].as_u64() != Some(published) {
            assert!(wanted["why"].is_string(), "{name}: nothing says why it is not {published}");
        }
    }
}

#[test]
fn every_folder_is_expected_and_has_both_sides() {
    let folders: BTreeSet<String> = std::fs::read_dir(repository().join(FOLDER))
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry can be read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("a name is UTF-8"))
        .collect();
    let ids: BTreeSet<String> = expected()
        .into_iter()
        .filter(|(_, incident)| incident["folder"].is_null())
        .map(|(id, _)| id)
        .collect();
    assert_eq!(folders, ids);
    for Side { name, folder, .. } in sides() {
        assert!(repository().join(&folder).is_dir(), "{name} has no {folder}");
    }
}
