//! The forge fixture, linted by the release binary as a whole process: wall time and peak memory.
//!
//! `cargo bench --bench forge` prints both and fails where they are over what issue 2 promises: 10 ms and 20 MiB.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark tells what it measured")]

mod support;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use support::Promise;

const RUNS: usize = 40;

fn main() -> ExitCode {
    println!("lint fixtures/forge/before, {RUNS} runs of the whole process a round");
    let promise = Promise {
        folder: Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/forge/before")),
        files: None,
        // It is over its budget.
        code: 1,
        runs: RUNS,
        time: Duration::from_millis(10),
        memory_kib: Some(20 << 10),
    };
    promise.judge()
}
