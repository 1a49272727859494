//! The GitHub Action's script as a runner runs it: its variables, a checkout with a real base and head, and what is left in
//! `GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY` and on standard output.

#![allow(clippy::expect_used, reason = "a test")]
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{copy, repository};
use tempfile::TempDir;

const COMPOSE: &str = "services:
  web:
    build: .
    environment:
      DATABASE_URL: postgresql://app:geheim@db/app
  db:
    image: postgres:16
";

const MAIN: &str = "import os
from sqlalchemy import create_engine
engine = create_engine(os.environ['DATABASE_URL'], pool_size=5, max_overflow=10)
app = 1
";

/// A runner's folders: the repository that others push to, the checkout, the temporary folder.
struct Runner {
    folder: TempDir,
    /// The folder of the action's script.
    action: PathBuf,
    /// What stands in front of PATH.
    programs: PathBuf,
}

/// What a step left.
struct Step {
    code: i32,
    stdout: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Runner {
    /// With a repository whose `main` has so many workers; six fit.
    fn new(workers: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["origin", "temp", "home"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_connbudget"));
        let programs = binary.parent().expect("it is in a folder").to_owned();
        let runner = Self { folder, action: repository().join("action"), programs };
        runner.origin(&["init", "--quiet", "--initial-branch", "main"]);
        runner.write("compose.yaml", COMPOSE);
        runner.write("main.py", MAIN);
        runner.commit_workers(workers);
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path("origin").join(path), text).expect("it is written");
    }

    fn commit_workers(&self, workers: u64) -> String {
        let command = format!(
            "[\"gunicorn\", \"-k\", \"uvicorn.workers.UvicornWorker\", \"--workers\", \"{workers}\", \"main:app\"]"
        );
        self.write("Dockerfile", &format!("FROM python:3.12\nCOPY main.py .\nCMD {command}\n"));
        self.commit()
    }

    fn commit(&self) -> String {
        self.origin(&["add", "--all"]);
        self.origin(&["commit", "--quiet", "--allow-empty", "--message", "a change"]);
        self.origin(&["rev-parse", "HEAD"])
    }

    fn origin(&self, arguments: &[&str]) -> String {
        git(&self.path("origin"), arguments)
    }

    /// A branch with another number of workers, merged into `main` as GitHub merges a pull request to test it; the base.
    fn pull_request(&self, workers: u64) -> String {
        let base = self.origin(&["rev-parse", "HEAD"]);
        self.origin(&["checkout", "--quiet", "-b", "change"]);
        self.commit_workers(workers);
        self.origin(&["checkout", "--quiet", "-b", "merged", "main"]);
        self.origin(&["merge", "--quiet", "--no-ff", "--message", "a merge", "change"]);
        base
    }

    /// What `actions/checkout` leaves: a clone of the branch that is checked out, so deep.
    fn checkout(&self, depth: &str) {
        let from = format!("file://{}", self.path("origin").display());
        git(self.folder.path(), &["clone", "--quiet", "--depth", depth, &from, "work"]);
    }

    /// Runs the step of action.yml with these inputs and variables over its defaults.
    fn run(&self, variables: &[(&str, &str)]) -> Step {
        let (output, summary) = (self.path("output"), self.path("summary"));
        fs::write(&output, "of=another step\n").expect("it is written");
        fs::write(&summary, "").expect("it is written");
        let path = std::env::var("PATH").expect("it is set");
        let run = Command::new("bash")
            .arg(self.action.join("run"))
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_SHA", git(&self.path("work"), &["rev-parse", "HEAD"]))
            .envs([
                ("CONNBUDGET_VERSION", "path"),
                ("CONNBUDGET_PATHS", "."),
                ("CONNBUDGET_FORMAT", "github"),
            ])
            .envs(variables.iter().copied())
            .output()
            .expect("bash is there");
        assert_eq!(String::from_utf8_lossy(&run.stderr), "", "everything is said in the log");
        let pair = |line: &str| line.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
        let outputs = fs::read_to_string(output).expect("it is there");
        Step {
            code: run.status.code().expect("it was not ended by a signal"),
            stdout: String::from_utf8(run.stdout).expect("a log is UTF-8"),
            outputs: outputs.lines().map(|line| pair(line).expect("every line is an output")).collect(),
            summary: fs::read_to_string(summary).expect("it is there"),
        }
    }
}

impl Step {
    /// The outputs in the order of action.yml; that nothing else was written.
    fn outputs(&self) -> [&str; 3] {
        let names: Vec<&str> = self.outputs.keys().map(String::as_str).collect();
        assert_eq!(names, ["capacity", "ceiling", "of", "sarif-file", "verdict"]);
        assert_eq!(self.outputs["of"], "another step");
        ["verdict", "ceiling", "capacity"].map(|name| self.outputs[name].as_str())
    }

    /// The rules in the SARIF file that the output names.
    fn sarif(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.outputs["sarif-file"]).expect("the output names a file");
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("a list");
        results.iter().map(|result| result["ruleId"].as_str().expect("a rule").to_owned()).collect()
    }

    /// The commands that a runner carries out (actions/runner, `ActionCommandManager.cs`): none between
    /// `::stop-commands::WORD` and `::WORD::`.
    fn commands(&self) -> Vec<&str> {
        let mut commands = Vec::new();
        let mut stopped: Option<String> = None;
        for line in self.stdout.lines().map(str::trim_start) {
            match &stopped {
                Some(word) if line == format!("::{word}::") => stopped = None,
                Some(_) => {}
                None => match line.strip_prefix("::stop-commands::") {
                    Some(word) => stopped = Some(word.to_owned()),
                    None if line.starts_with("::") => commands.push(line),
                    None => {}
                },
            }
        }
        assert_eq!(stopped, None, "commands are switched on again");
        commands
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("it is set"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is there");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_deployment_that_fits_passes() {
    let runner = Runner::new(4);
    runner.checkout("1");
    let step = runner.run(&[]);
    assert_eq!((step.code, step.outputs()), (0, ["pass", "60", "87"]), "{}", step.stdout);
    assert_eq!((step.sarif(), step.commands()), (Vec::new(), Vec::new()));
    assert!(step.stdout.contains("4 × (5 + 10)"), "the budget stands in the log: {}", step.stdout);
    assert!(step.summary.starts_with("## connbudget: ✅"), "{}", step.summary);
    assert_eq!(
        fs::read_dir(runner.path("temp")).expect("a folder").count(),
        1,
        "the SARIF file alone is left"
    );
}

#[test]
fn a_deployment_over_budget_fails_and_every_report_is_complete() {
    let runner = Runner::new(10);
    runner.checkout("1");
    let sarif = runner.path("work/reports.sarif");
    fs::write(&sarif, "what an earlier run left").expect("it is written");
    let step = runner.run(&[("CONNBUDGET_SARIF_FILE", "reports.sarif")]);
    assert_eq!((step.code, step.outputs()), (1, ["fail", "150", "87"]), "{}", step.stdout);
    assert_eq!(step.outputs["sarif-file"], "reports.sarif");
    let log = fs::read_to_string(sarif).expect("it is there");
    assert!(log.contains("\"ruleId\": \"over-budget\""), "{log}");
    let commands = step.commands();
    assert!(
        commands.len() == 1 && commands[0].starts_with("::error file=Dockerfile,line=3,"),
        "{commands:?}"
    );
    let link = "https://github.com/acme/shop/blob/";
    assert!(step.summary.starts_with("## connbudget: ❌") && step.summary.contains(link), "{}", step.summary);
    assert_eq!(runner.run(&[("CONNBUDGET_FAIL_ON", "never")]).code, 0);
}

#[test]
fn a_pull_request_fails_for_what_it_makes_worse() {
    let runner = Runner::new(4);
    let base = runner.pull_request(10);
    runner.checkout("2");
    let step = runner.run(&[("CONNBUDGET_EVENT_BASE", &base)]);
    assert_eq!((step.code, step.outputs()), (1, ["fail", "150", "87"]), "{}", step.stdout);
    assert!(step.summary.contains("60 → 150"), "{}", step.summary);
    assert!(step.summary.contains("### What this change makes worse"), "{}", step.summary);
    assert!(step.stdout.contains("4 → 10"), "{}", step.stdout);
}

#[test]
fn a_pull_request_passes_that_leaves_what_was_there() {
    let runner = Runner::new(12);
    let base = runner.pull_request(10);
    runner.checkout("2");
    let step = runner.run(&[("CONNBUDGET_EVENT_BASE", &base)]);
    // The verdict is that of the state; the step tells of the change.
    assert_eq!((step.code, step.outputs()), (0, ["fail", "150", "87"]), "{}", step.stdout);
    assert_eq!(step.sarif(), ["over-budget"]);
    assert!(step.summary.contains("180 → 150"), "{}", step.summary);
    assert_eq!(runner.run(&[("CONNBUDGET_EVENT_BASE", &base), ("CONNBUDGET_BASE", "none")]).code, 1);
}

#[test]
fn what_the_base_did_since_is_not_the_change_s() {
    let runner = Runner::new(4);
    let old = runner.origin(&["rev-parse", "HEAD"]);
    runner.origin(&["checkout", "--quiet", "-b", "change"]);
    runner.write("README", "words");
    runner.commit();
    runner.origin(&["checkout", "--quiet", "main"]);
    runner.commit_workers(10);
    runner.origin(&["merge", "--quiet", "--message", "a merge", "change"]);
    runner.checkout("2");
    let step = runner.run(&[("CONNBUDGET_EVENT_BASE", &old)]);
    assert_eq!((step.code, step.outputs()[0]), (0, "fail"), "{}", step.stdout);
}

#[test]
fn a_base_that_a_shallow_clone_lacks_lets_everything_count() {
    let runner = Runner::new(12);
    let base = runner.pull_request(10);
    runner.checkout("1");
    let step = runner.run(&[("CONNBUDGET_EVENT_BASE", &base)]);
    assert_eq!((step.code, step.outputs()), (1, ["fail", "150", "87"]), "{}", step.stdout);
    let commands = step.commands();
    assert!(commands[0].starts_with("::warning title=connbudget::the base of this change"), "{commands:?}");
    assert!(step.summary.starts_with("## connbudget: ❌"), "{}", step.summary);
    // One that was asked for by name has to be there.
    let step = runner.run(&[("CONNBUDGET_BASE", "main")]);
    assert_eq!((step.code, step.outputs()), (2, ["fail", "150", "87"]), "{}", step.stdout);
    let last = step.commands().pop().expect("a command");
    assert!(last.starts_with("::error ") && last.contains("there is no revision `main`"), "{last}");
    assert!(step.summary.starts_with("## connbudget: ❌"), "{}", step.summary);
}

#[test]
fn a_base_may_be_named_as_on_the_server() {
    let runner = Runner::new(4);
    runner.pull_request(10);
    let from = format!("file://{}", runner.path("origin").display());
    git(runner.folder.path(), &["clone", "--quiet", &from, "work"]);
    for base in ["main", "origin/main", "HEAD~1"] {
        let step = runner.run(&[("CONNBUDGET_BASE", base)]);
        assert!(step.code == 1 && step.summary.contains("60 → 150"), "{base}: {}", step.stdout);
    }
    for base in ["main...HEAD", "-x", "$(touch /tmp/x)"] {
        let step = runner.run(&[("CONNBUDGET_BASE", base)]);
        assert!(step.code == 2 || base == "main...HEAD", "{base}: {}", step.stdout);
    }
}

#[test]
fn paths_are_lines_and_arguments_words() {
    let runner = Runner::new(4);
    let folder = runner.path("origin").join("two words");
    fs::create_dir(&folder).expect("a folder");
    copy(&repository().join("fixtures/forge/before"), &folder);
    runner.commit();
    runner.checkout("1");
    let step = runner.run(&[("CONNBUDGET_PATHS", "compose.yaml\r\n\ntwo words\n")]);
    // The fullest of two servers.
    assert_eq!((step.code, step.outputs()), (1, ["fail", "300", "87"]), "{}", step.stdout);
    let step = runner.run(&[("CONNBUDGET_PATHS", "compose.yaml"), ("CONNBUDGET_BASE", "HEAD")]);
    assert_eq!((step.code, step.outputs()), (0, ["pass", "60", "87"]), "{}", step.stdout);
    let args = "--env 'A=b c'\n\t--profile \"*\" --env D=$(touch${IFS}executed)`touch executed`";
    let step = runner.run(&[("CONNBUDGET_PATHS", "compose.yaml"), ("CONNBUDGET_ARGS", args)]);
    assert_eq!((step.code, step.outputs()), (2, ["error", "", ""]), "`touch executed` is two words");
    assert!(!runner.path("work/executed").exists());
    let args = "--env 'A=b c'\n\t--profile \"*\"";
    let step = runner.run(&[("CONNBUDGET_PATHS", "compose.yaml"), ("CONNBUDGET_ARGS", args)]);
    assert_eq!((step.code, step.outputs()), (0, ["pass", "60", "87"]), "{}", step.stdout);
}

#[test]
fn bad_input_ends_with_2_and_can_say_nothing_to_the_runner() {
    let runner = Runner::new(4);
    runner.checkout("1");
    let cases = [
        ("CONNBUDGET_ARGS", "--profile\n::error::x\n::set-env name=PATH::x", "cannot be opened"),
        ("CONNBUDGET_ARGS", "'", "cannot be parted into words"),
        ("CONNBUDGET_ARGS", "--no-such", "--no-such"),
        ("CONNBUDGET_PATHS", "nowhere\n::add-path::x", "nowhere cannot be opened"),
        ("CONNBUDGET_PATHS", "--help", "cannot be opened"),
        ("CONNBUDGET_SARIF_FILE", "x\nverdict=pass", "sarif-file has to be one line"),
        ("CONNBUDGET_SARIF_FILE", "nowhere/x.sarif", "nowhere/x.sarif cannot be written"),
        ("CONNBUDGET_SARIF_FILE", "/dev/full", "/dev/full cannot be written"),
        ("CONNBUDGET_CONFIG", "no.toml", "no.toml"),
        ("CONNBUDGET_FAIL_ON", "sometimes", "sometimes"),
        ("CONNBUDGET_FORMAT", "xml", "xml"),
        ("CONNBUDGET_VERSION", "1.0;touch x", "is no version"),
        ("CONNBUDGET_VERSION", "1\r::error::x", "version has to be one line"),
        ("CONNBUDGET_BASE", "a\nb", "base has to be one line"),
    ];
    for (name, value, words) in cases {
        let step = runner.run(&[(name, value)]);
        let commands = step.commands();
        assert_eq!(step.code, 2, "{name}={value}: {}", step.stdout);
        let [verdict, ceiling, _] = step.outputs();
        // A SARIF file that cannot be written takes nothing away from the rest.
        let known = words.ends_with("cannot be written");
        assert_eq!((verdict, ceiling), if known { ("pass", "60") } else { ("error", "") }, "{value}");
        assert_eq!(step.outputs["sarif-file"], "", "{value}");
        assert_eq!(commands.len(), 1, "{commands:?}");
        let said = commands[0].replace(['│', '╭', '─'], " ").replace("%0A", " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.starts_with("::error title=connbudget::") && said.contains(words), "{value}: {said}");
    }
}

#[test]
fn nothing_to_lint_fails_the_step() {
    let runner = Runner::new(4);
    for file in ["compose.yaml", "Dockerfile", "main.py"] {
        fs::remove_file(runner.path("origin").join(file)).expect("it was there");
    }
    runner.commit();
    runner.checkout("1");
    let step = runner.run(&[]);
    assert_eq!((step.code, step.outputs()), (3, ["error", "unknown", "unknown"]), "{}", step.stdout);
}

#[test]
fn what_files_say_is_no_command() {
    let runner = Runner::new(4);
    // A comment's reason, a name, a line beside the one that is quoted: all of it can reach a report.
    runner.write(
        "compose.yaml",
        &COMPOSE.replace("db:\n    image", "db:\n    env_file: ::error::x\n    image"),
    );
    runner.write(".env", "DATABASE_URL=\"a\n::set-output name=verdict::pass\n\"\n=\n::add-path::x\n");
    runner.commit();
    runner.checkout("1");
    for format in ["github", "human", "json", "sarif", "gitlab", "junit", "markdown"] {
        let step = runner.run(&[("CONNBUDGET_FORMAT", format)]);
        let commands = step.commands();
        let known = ["::error ", "::warning ", "::notice "];
        assert!(
            commands.iter().all(|line| known.iter().any(|start| line.starts_with(start))),
            "{format}: {commands:?}"
        );
        assert_eq!((step.code, commands.is_empty()), (2, format != "github"), "{format}: {}", step.stdout);
    }
}

/// A program that a test puts on PATH.
fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
fn a_binary_is_downloaded_by_its_checksum_or_else_built() {
    let mut runner = Runner::new(4);
    runner.checkout("1");
    let (action, programs) = (runner.path("action"), runner.path("programs"));
    for folder in [&action, &programs] {
        fs::create_dir(folder).expect("a folder");
    }
    copy(&repository().join("action"), &action);
    (runner.action, runner.programs) = (action.clone(), programs.clone());
    // The archive of a release, whose program says with which it was called.
    let inside = runner.path("connbudget-9.9.9-x86_64-unknown-linux-musl");
    fs::create_dir(&inside).expect("a folder");
    let real = env!("CARGO_BIN_EXE_connbudget");
    program(&inside, "connbudget", &format!("exec {real} \"$@\""));
    let made = Command::new("tar")
        .args(["-czf", "archive", "connbudget-9.9.9-x86_64-unknown-linux-musl"])
        .current_dir(runner.folder.path())
        .status();
    assert!(made.expect("tar is there").success());
    let archive = runner.path("archive");
    let sum = Command::new("sha256sum").arg(&archive).output().expect("it is there").stdout;
    let sum = String::from_utf8_lossy(&sum).split(' ').next().expect("a word").to_owned();
    let log = runner.path("log");
    let said = |runner: &Runner| {
        let text = fs::read_to_string(runner.path("log")).unwrap_or_default();
        let _ = fs::remove_file(runner.path("log"));
        text
    };
    let curl =
        |body: &str| program(&programs, "curl", &format!("echo \"curl $*\" >> {}\n{body}", log.display()));
    let fetched = format!("while [ \"$1\" != --output ]; do shift; done; cp {} \"$2\"", archive.display());
    curl(&fetched);
    let cargo = format!(
        "echo \"cargo $*\" >> {}\nwhile [ \"$1\" != --root ]; do shift; done\nmkdir -p \"$2/bin\"; cp {}/connbudget \"$2/bin/\"",
        log.display(),
        inside.display()
    );
    program(&programs, "cargo", &cargo);
    let table =
        |line: &str| fs::write(action.join("checksums.txt"), format!("# words\n{line}\n")).expect("written");
    let passed = |step: Step| assert_eq!((step.code, step.outputs()[1]), (0, "60"), "{}", step.stdout);

    table(&format!("9.9.9 x86_64-unknown-linux-musl {sum}\n9.9.9 aarch64-apple-darwin {sum}"));
    for version in ["", "9.9.9"] {
        passed(runner.run(&[("CONNBUDGET_VERSION", version)]));
        let said = said(&runner);
        assert!(said.contains("/v9.9.9/connbudget-9.9.9-x86_64-unknown-linux-musl.tar.gz"), "{said}");
        assert!(!said.contains("cargo"), "{said}");
    }
    // Another version, another machine, a server that does not answer: cargo builds that version.
    curl("exit 22");
    for (version, arch) in [("9.9.8", "X64"), ("", "ARM64"), ("", "X64")] {
        passed(runner.run(&[("CONNBUDGET_VERSION", version), ("RUNNER_ARCH", arch)]));
        let (said, version) = (said(&runner), if version.is_empty() { "9.9.9" } else { version });
        assert!(said.contains("cargo install --locked --root "), "{said}");
        assert!(said.contains(&format!("--version {version} connbudget")), "{said}");
    }
    // Without any line it is this action's own source.
    table("");
    passed(runner.run(&[("CONNBUDGET_VERSION", "")]));
    assert!(said(&runner).contains(&format!("--path {}/..", action.display())));
    // An archive that is another is never run, and nothing is built in its place.
    curl(&fetched);
    table(&format!("9.9.9 x86_64-unknown-linux-musl {}", "0".repeat(64)));
    let step = runner.run(&[("CONNBUDGET_VERSION", "")]);
    assert_eq!((step.code, step.outputs()), (2, ["error", "", ""]), "{}", step.stdout);
    assert!(
        step.stdout.contains("is not what it was") && !said(&runner).contains("cargo"),
        "{}",
        step.stdout
    );
}
