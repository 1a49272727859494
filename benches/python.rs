//! A tree of 10,000 Python files, linted by the release binary as a whole process: wall time, files a second, peak memory.
//!
//! `cargo bench --bench python` writes the tree to a temporary folder, prints the figures and fails where the fastest run is
//! over what issue 5 promises: a second. `cargo bench --bench python -- FOLDER` writes the tree to FOLDER and stops there, to
//! look at it or to run something else on it.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark tells what it measured")]

mod support;
mod tree;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use support::Promise;

const RUNS: usize = 10;

fn main() -> ExitCode {
    if let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        let written = tree::write(Path::new(&folder)).expect("the folder can be written to");
        println!("{folder}: {} files, {} MiB", written.files, written.bytes >> 20);
        return ExitCode::SUCCESS;
    }
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let written = tree::write(folder.path()).expect("a temporary folder can be written to");
    println!(
        "lint {} Python files of {} MiB in all, {RUNS} runs of the whole process a round",
        written.files,
        written.bytes >> 20
    );
    let promise = Promise {
        folder: folder.path(),
        files: Some(written.files),
        code: 0,
        runs: RUNS,
        time: Duration::from_secs(1),
        memory_kib: None,
    };
    promise.judge()
}
