//! Where reports go, and what happens where they cannot.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{connbudget, repository};

const OVER: &str = "fixtures/forge/before";

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connbudget"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

#[test]
fn several_reports_come_of_one_run_and_each_is_complete_although_the_gate_fails() {
    let files = tempfile::tempdir().expect("a folder");
    let (sarif, markdown) = (files.path().join("x.sarif"), files.path().join("x.md"));
    fs::write(&sarif, "something older and longer ".repeat(10_000)).expect("it is written");
    let outputs = [format!("sarif={}", sarif.display()), format!("markdown={}", markdown.display())];
    let run = connbudget(OVER, &["lint", "--output", &outputs[0], "--output", &outputs[1]]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.starts_with("error[over-budget]"), "{}", run.stdout);
    let log: Value = serde_json::from_str(&fs::read_to_string(sarif).expect("it was written")).expect("JSON");
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "over-budget");
    assert!(fs::read_to_string(markdown).expect("it was written").starts_with("## connbudget: ❌ 1 error"));
}

#[test]
fn a_step_summary_is_added_to() {
    let files = tempfile::tempdir().expect("a folder");
    let summary = files.path().join("summary");
    fs::write(&summary, "# What an earlier command wrote\n").expect("it is written");
    let output = format!("markdown={}", summary.display());
    let folder = repository().join(OVER);
    for _ in 0..2 {
        let run =
            command(&folder, &["lint", "--output", &output]).env("GITHUB_STEP_SUMMARY", &summary).output();
        assert_eq!(run.expect("it starts").status.code(), Some(1));
    }
    let text = fs::read_to_string(&summary).expect("it is there");
    assert!(text.starts_with("# What an earlier command wrote\n"), "{text}");
    assert_eq!(text.matches("## connbudget: ").count(), 2, "{text}");
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    for format in ["human", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let run = command(&repository().join("fixtures/forge/after"), &["lint", "--format", format])
            .stdout(full.try_clone().expect("it is open"))
            .output()
            .expect("it starts");
        let stderr = String::from_utf8(run.stderr).expect("messages are UTF-8");
        // Nothing at all is written of a deployment without findings for a workflow, so nothing fails.
        let expected = if format == "github" { 0 } else { 2 };
        assert_eq!(run.status.code(), Some(expected), "{format}: {stderr}");
        assert_eq!(stderr.contains("the report cannot be written"), expected == 2, "{format}: {stderr}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_a_failure_and_the_others_are_written() {
    let files = tempfile::tempdir().expect("a folder");
    let good = files.path().join("good.xml");
    let good_output = format!("junit={}", good.display());
    for bad in ["/dev/full", "nowhere/x.sarif", "app"] {
        let _ = fs::remove_file(&good);
        let output = format!("sarif={bad}");
        let run =
            connbudget(OVER, &["lint", "--format", "json", "--output", &output, "--output", &good_output]);
        assert_eq!(run.code, 2, "{bad}: {}", run.stderr);
        assert!(run.stderr.contains(bad) && run.stderr.contains("cannot be written"), "{}", run.stderr);
        assert_eq!(serde_json::from_str::<Value>(&run.stdout).expect("it is whole")["verdict"], "fail");
        assert!(good.exists(), "{bad}");
    }
}

#[test]
fn an_output_that_makes_no_sense_is_refused() {
    for (outputs, word) in [
        (&["sarif"][..], "FORMAT=FILE"),
        (&["xml=x"], "human, json, sarif, github, gitlab, junit, markdown"),
        (&["sarif="], "names no file"),
        (&["sarif=-"], "standard output"),
        (&["sarif=/dev/null", "json=/dev/null"], "two outputs"),
    ] {
        let arguments: Vec<&str> = outputs.iter().flat_map(|output| ["--output", output]).collect();
        let run = connbudget(OVER, &[&["lint"], arguments.as_slice()].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{outputs:?}");
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
}

#[test]
fn nothing_to_lint_is_still_a_report_for_programs() {
    let files = tempfile::tempdir().expect("a folder");
    let sarif = files.path().join("x.sarif");
    let run =
        connbudget("fixtures/bad-input/empty", &["lint", "--output", &format!("sarif={}", sarif.display())]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    let log: Value = serde_json::from_str(&fs::read_to_string(sarif).expect("it was written")).expect("JSON");
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

/// Compose files with so many files that are not there: a finding each. One compose file says no more than 200.
fn with_findings(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (index, size) in (0..count).step_by(200).map(|start| (start / 200, (count - start).min(200))) {
        let mut compose = "services:\n  web:\n    image: nginx\n    env_file:\n".to_owned();
        for file in 0..size {
            let _ = writeln!(compose, "      - missing/{file}.env");
        }
        let inside = folder.path().join(format!("d{index:02}"));
        fs::create_dir(&inside).expect("a folder");
        fs::write(inside.join("compose.yaml"), compose).expect("it is written");
    }
    folder
}

#[test]
fn a_workflow_shows_ten_of_a_level_and_counts_the_others() {
    let folder = with_findings(14);
    let run = connbudget(folder.path().to_str().expect("a path"), &["lint", "--format", "github"]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("::error ")).count(), 10, "{}", run.stdout);
    let notice = "::notice title=connbudget::4 more findings: 4 × missing-file";
    assert_eq!((lines.len(), lines.last().copied()), (11, Some(notice)), "{}", run.stdout);
}

#[test]
fn ten_thousand_findings_are_told() {
    let folder = with_findings(10_000);
    let path = folder.path().to_str().expect("a path");
    let files = tempfile::tempdir().expect("a folder");
    let at = |name: &str| files.path().join(name);
    let outputs: Vec<String> = ["sarif", "gitlab", "junit", "markdown", "human"]
        .iter()
        .map(|name| format!("{name}={}", at(name).display()))
        .collect();
    let mut arguments = vec!["lint", "--format", "json"];
    arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
    let run = connbudget(path, &arguments);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("a whole report");
    let read = |name: &str| fs::read_to_string(at(name)).expect("it was written");
    let count = |value: &Value| value.as_array().map_or(0, Vec::len);
    assert_eq!(count(&json(&run.stdout)["findings"]), 10_000);
    assert_eq!(count(&json(&read("sarif"))["runs"][0]["results"]), 10_000);
    assert_eq!(count(&json(&read("gitlab"))), 10_000);
    assert_eq!(read("junit").matches("error[missing-file]").count(), 10_000);
    let markdown = read("markdown");
    assert!(markdown.chars().count() < 65_536, "a comment on GitHub takes no more");
    let told = markdown.matches("**missing-file**").count();
    assert!(markdown.contains(&format!("… and {} findings more", 10_000 - told)), "{told} are told");
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let folder = with_findings(400);
    for format in ["human", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let mut child = command(folder.path(), &["lint", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let stderr = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert_eq!((output.status.code(), stderr.as_str()), (Some(1), ""), "{format}");
    }
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    for arguments in
        [&["--help"][..], &["lint", "--help"], &["completions", "bash"], &["man"], &["init", "-"]]
    {
        let run = command(&repository().join(OVER), arguments)
            .stdout(full.try_clone().expect("it is open"))
            .output()
            .expect("it starts");
        let stderr = String::from_utf8(run.stderr).expect("messages are UTF-8");
        assert_eq!(run.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains("cannot be written"), "{arguments:?}: {stderr}");
    }
}
