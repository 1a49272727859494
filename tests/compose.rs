//! Compose files against what the real docker compose printed of them (`fixtures/compose`, recorded by `record` there).
//!
//! Every case is run and every difference printed before the test fails.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use connbudget::source::TreePath;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 7] = ["image", "command", "entrypoint", "environment", "replicas", "profiles", "build"];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.json").is_file())
        .collect();
    cases.sort();
    cases
}

/// What connbudget prints for a case, with nothing in its environment.
fn inputs(case: &Path) -> Result<Value, String> {
    let arguments = fs::read_to_string(case.join("arguments")).unwrap_or_default();
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(["inputs", ".", "--show-values", "--format", "json"])
        .args(arguments.lines())
        .env_clear()
        .current_dir(case)
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !matches!(output.status.code(), Some(0..=3)) {
        return Err(format!("ended with {}: {said}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("no JSON: {error}; {said}"))
}

/// One line for each difference between connbudget's answer and compose's.
fn differences(case: &Path) -> Vec<String> {
    let expected = fs::read_to_string(case.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let answer = match inputs(case) {
        Ok(answer) => answer,
        Err(error) => return vec![error],
    };
    match expected["services"].as_object() {
        Some(services) => service_differences(services, &answer),
        None if has_placed_error(case, &answer) => Vec::new(),
        None => vec![format!("compose refuses ({}), and no error has a place", expected["error"])],
    }
}

/// Whether an error names a file of the case and a line inside it; a file of the command line that is not there has
/// no place.
fn has_placed_error(case: &Path, answer: &Value) -> bool {
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    errors.iter().any(|error| {
        let file = case.join(error["file"].as_str().unwrap_or_default());
        let Ok(bytes) = fs::read(&file) else { return error["rule"] == "missing-file" };
        let lines = bytes.split(|byte| *byte == b'\n').count();
        let line = error["line"].as_u64().and_then(|line| usize::try_from(line).ok()).unwrap_or(0);
        error["message"].as_str().is_some_and(|message| !message.is_empty()) && (1..=lines).contains(&line)
    })
}

fn service_differences(expected: &Map<String, Value>, answer: &Value) -> Vec<String> {
    let deployments = answer["deployments"].as_array().map_or(&[][..], Vec::as_slice);
    let has_all =
        |deployment: &&Value| expected.keys().all(|name| deployment["services"].get(name).is_some());
    let chosen = match deployments {
        [only] => Some(only),
        several => several.iter().find(has_all),
    };
    let Some(deployment) = chosen else { return vec!["no deployment has compose's services".to_owned()] };
    let none = Map::new();
    let services = deployment["services"].as_object().unwrap_or(&none);
    let extra = services.keys().filter(|name| !expected.contains_key(*name));
    let mut found: Vec<String> = extra.map(|name| format!("{name}: compose does not have it")).collect();
    for (name, wanted) in expected {
        let Some(service) = services.get(name) else {
            found.push(format!("{name}: missing"));
            continue;
        };
        for field in FIELDS {
            let ours = normal(field, &service[field]);
            if ours != wanted[field] {
                found.push(format!("{name}.{field}: {ours}, compose has {}", wanted[field]));
            }
        }
    }
    found
}

/// A field as `record` writes it, defaults filled in.
fn normal(field: &str, value: &Value) -> Value {
    match (field, value) {
        ("environment", Value::Null) => json!({}),
        ("profiles", Value::Null) => json!([]),
        ("profiles", Value::Array(profiles)) => {
            let mut profiles: Vec<_> = profiles.iter().filter_map(Value::as_str).collect();
            profiles.sort_unstable();
            json!(profiles)
        }
        ("replicas", Value::Null) => json!(1),
        ("build", Value::Object(build)) => json!({
            "context": context(build.get("context").and_then(Value::as_str).unwrap_or(".")),
            "dockerfile": build.get("dockerfile").and_then(Value::as_str).unwrap_or("Dockerfile"),
            "target": build.get("target").cloned().unwrap_or(Value::Null),
        }),
        _ => value.clone(),
    }
}

fn context(written: &str) -> String {
    let remote = written.contains("://") || written.starts_with("git@");
    if remote { written.to_owned() } else { TreePath::new(written).to_string() }
}

#[test]
fn compose_files_are_read_as_compose_reads_them() {
    let cases = cases();
    assert!(cases.len() > 90, "the cases are not there");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = differences(case);
                    if !found.is_empty() {
                        let name = case.file_name().unwrap_or_default().to_string_lossy();
                        wrong.lock().unwrap().push(format!("{name}\n    {}", found.join("\n    ")));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    let agree = cases.len() - wrong.len();
    assert!(wrong.is_empty(), "agree {agree} of {}:\n{}", cases.len(), wrong.join("\n"));
}
