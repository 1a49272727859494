//! Every rule has its examples, and the command finds in each what it should. An example is a deployment in
//! `fixtures/rules/<rule>/`: the rule speaks in those whose name begins with `fires`, and in no `silent` one.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use connbudget::rule::Catalogue;
use serde_json::Value;

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules")
}

#[test]
fn every_rule_has_examples_and_every_example_a_rule() {
    let catalogue = Catalogue::built_in().unwrap();
    let rules: BTreeSet<String> = catalogue.rules().iter().map(|rule| rule.name.clone()).collect();
    let examples: BTreeSet<String> = folders(&fixtures()).iter().map(|path| name(path).to_owned()).collect();
    assert_eq!(rules, examples);
    for rule in folders(&fixtures()) {
        let cases = folders(&rule);
        for kind in ["fires", "silent"] {
            let has = cases.iter().any(|case| name(case).split('-').next() == Some(kind));
            assert!(has, "{} needs a folder `{kind}`", rule.display());
        }
        assert!(cases.iter().all(|case| matches!(name(case).split('-').next(), Some("fires" | "silent"))));
    }
}

/// The rules that `connbudget lint` finds in `folder`, and its exit code.
fn lint(folder: &Path) -> (BTreeSet<String>, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(["lint", "--format", "json"])
        .arg(folder)
        .env_clear()
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: {error}\n{}", folder.display(), String::from_utf8_lossy(&output.stderr))
    });
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let rules = findings.iter().filter_map(|finding| finding["rule"].as_str().map(str::to_owned));
    (rules.collect(), output.status.code())
}

#[test]
fn examples_behave_as_their_names_say() {
    let catalogue = Catalogue::built_in().unwrap();
    let mut wrong = Vec::new();
    for folder in folders(&fixtures()) {
        let rule = catalogue.get(name(&folder)).unwrap();
        for case in folders(&folder) {
            let (found, code) = lint(&case);
            let fires = name(&case).starts_with("fires");
            let expected =
                if fires && rule.incomplete { code == Some(2) } else { code.is_some_and(|code| code < 3) };
            if found.contains(&rule.name) != fires || found.contains("rule-failed") || !expected {
                wrong.push(format!("{}/{}: exit code {code:?}, {found:?}", rule.name, name(&case)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
