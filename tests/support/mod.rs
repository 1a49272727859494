//! Runs the binary as a user would, in an environment with nothing in it.

#![allow(dead_code, reason = "each test file uses what it needs of this")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// What was said on standard error, as one line: messages are wrapped for the terminal.
    pub(crate) fn said(&self) -> String {
        self.stderr.replace(['│', '╭', '─'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Runs `connbudget` in `folder` of the repository.
pub(crate) fn connbudget(folder: &str, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(arguments)
        .current_dir(repository().join(folder))
        .env_clear()
        .output()
        .expect("the binary that cargo built can be started");
    Run {
        code: output.status.code().expect("the run was not ended by a signal"),
        stdout: String::from_utf8(output.stdout).expect("a report is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

/// Lints `folder` and reads the JSON report.
pub(crate) fn lint(folder: &str, arguments: &[&str]) -> (i32, Value) {
    let run = connbudget(folder, &[&["lint", "--format", "json"], arguments].concat());
    let report = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{error} in {}{}", run.stdout, run.stderr));
    (run.code, report)
}

/// The folder of the repository.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text under a finding's or label's place.
pub(crate) fn text_at(folder: &str, place: &Value) -> String {
    let path = repository().join(folder).join(place["file"].as_str().expect("a place has a file"));
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let number = |key: &str| usize::try_from(place[key].as_u64().expect(key)).expect("a position fits");
    assert_eq!(number("line"), number("end_line"), "the place stands on one line");
    let line = text.lines().nth(number("line") - 1).expect("the line exists");
    line.chars().skip(number("column") - 1).take(number("end_column") - number("column")).collect()
}

/// The rules of a report's findings, sorted.
pub(crate) fn rules(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings is a list");
    let mut rules: Vec<String> = findings
        .iter()
        .map(|finding| finding["rule"].as_str().expect("a rule has a name").to_owned())
        .collect();
    rules.sort();
    rules
}

/// Copies what is in a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let target = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            std::fs::create_dir(&target).expect("a folder");
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).expect("a file");
        }
    }
}
