//! `connbudget lint -`: standard input stands in for a file of the deployment.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Run, copy, repository};

const FITS: &str = "fixtures/forge/after";
const OVER: &str = "fixtures/forge/before";

/// Runs `connbudget` in `folder` with `input` on standard input.
fn fed(folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // What is refused before it is read leaves the pipe closed.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("a report is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

fn ceiling(run: &Run) -> Value {
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    report["deployments"][0]["servers"][0]["ceiling"].clone()
}

#[test]
fn what_is_not_saved_decides() {
    let folder = repository().join(OVER);
    let saved = fs::read_to_string(folder.join("app/core/database.py")).expect("it is there");
    let typed =
        saved.replace("POOL_SIZE = 5", "POOL_SIZE = 1").replace("MAX_OVERFLOW = 10", "MAX_OVERFLOW = 0");
    assert_ne!(saved, typed);
    let name = "app/core/database.py";
    let run = fed(&folder, &["lint", "-", "--stdin-filename", name, "--format", "json"], typed.as_bytes());
    assert_eq!((run.code, ceiling(&run)), (0, 20.into()), "{}", run.stderr);
    // The name alone asks for it too, and what is saved says the same as without it.
    let run = fed(&folder, &["lint", "--stdin-filename", name, "--format", "json"], saved.as_bytes());
    assert_eq!((run.code, ceiling(&run), run.stderr.as_str()), (1, 300.into(), ""));
    // What is found stands in other files than the one that was typed in.
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!(report["findings"][0]["file"], "Dockerfile");
}

#[test]
fn the_folder_of_the_deployment_may_be_another_one() {
    let typed = "DB_POOL_SIZE=50\n";
    let file = format!("{FITS}/.env");
    let run = fed(&repository(), &["lint", FITS, "-", "--stdin-filename", &file], typed.as_bytes());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "compose reads a .env that is not there yet");
    let run = fed(&repository(), &["lint", FITS, "-", "--stdin-filename", ".env"], typed.as_bytes());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.said().contains("lies outside of") && run.said().contains("nothing there reads it"));
}

#[test]
fn a_file_outside_that_a_deployment_reads_is_covered_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("deploy");
    fs::create_dir(&root).expect("a folder");
    copy(&repository().join(OVER), &root);
    let compose = fs::read_to_string(root.join("docker-compose.yml")).expect("it is there");
    let compose = compose.replacen(
        "    build: .\n",
        "    build: .\n    env_file: ../shared.env\n    command: gunicorn app.main:app -k uvicorn.workers.UvicornWorker\n",
        1,
    );
    fs::write(root.join("docker-compose.yml"), compose).expect("it is written");
    fs::write(folder.path().join("shared.env"), "WEB_CONCURRENCY=1\n").expect("it is written");
    let arguments = ["lint", "-", "--stdin-filename", "../shared.env", "--format", "json"];
    let run = fed(&root, &arguments, b"WEB_CONCURRENCY=2\n");
    assert_eq!((run.code, ceiling(&run), run.stderr.as_str()), (0, 60.into(), ""));
    let run = fed(&root, &[&arguments[..], &["--root-only"]].concat(), b"WEB_CONCURRENCY=2\n");
    assert_eq!((run.code, ceiling(&run)), (2, 30.into()), "{}", run.stderr);
}

#[test]
fn the_configuration_can_be_typed_too() {
    let folder = repository().join(OVER);
    let run = fed(
        &folder,
        &["lint", "-", "--stdin-filename", "connbudget.toml"],
        b"[rules]\nover-budget = \"warning\"\n",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = fed(&folder, &["lint", "-", "--stdin-filename", "connbudget.toml"], b"[rules\n");
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn a_file_that_nobody_reads_changes_nothing_and_that_is_said() {
    let folder = repository().join(OVER);
    let run = fed(&folder, &["lint", "-", "--stdin-filename", "notes.txt"], b"hello\n");
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("error[over-budget]"), "{}", run.stdout);
    assert_eq!(
        run.stderr,
        "connbudget: no deployment here reads notes.txt, so standard input changes nothing\n"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = repository().join(FITS);
    for (arguments, input, says) in [
        (&["-"][..], &b"A=1\n"[..], "standard input has no name"),
        (&["-", "-", "--stdin-filename", ".env"], b"", "`-` is given twice"),
        (&["-", "--stdin-filename", "app"], b"", "names no file"),
        (&["-", "--stdin-filename", "-"], b"", "names no file"),
        (&["-", "--stdin-filename", ""], b"", "a value is required"),
        (&["-", "--stdin-filename", ".env"], b"A=1\nB=\xff\n", "not UTF-8 text: line 2 is the first"),
        (&["-", "--stdin-filename", ".env", "--prune"], b"", "cannot be used with"),
        (&["-", "--stdin-filename", ".env", "--write-baseline"], b"", "cannot be used with"),
    ] {
        let run = fed(&folder, &[&["lint"], arguments].concat(), input);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
        assert!(run.said().contains(says), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_malformed_buffer_is_said_at_its_place() {
    let folder = repository().join(FITS);
    let arguments = ["lint", "-", "--stdin-filename", "docker-compose.yml", "--format", "json"];
    let run = fed(&folder, &arguments, b"services:\n  app: [\n");
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!((run.code, &report["findings"][0]["rule"]), (2, &"malformed-file".into()));
    assert_eq!(report["findings"][0]["file"], "docker-compose.yml");
}

#[test]
fn an_endless_input_ends() {
    let zeros = fs::File::open("/dev/zero").expect("Linux has it");
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(["lint", "-", "--stdin-filename", ".env"])
        .current_dir(repository().join(FITS))
        .env_clear()
        .stdin(zeros)
        .output()
        .expect("it starts");
    let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("larger than 32 MiB"), "{said}");
}
