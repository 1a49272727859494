//! What judging costs: the forge fixture linted with every rule, and with one, by the release binary as a whole process.
//!
//! `cargo bench --bench rules` prints both and fails where all rules take more than a tenth longer than one (issue 7).

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark tells what it measured")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use connbudget::rule::Catalogue;

const RUNS: usize = 100;
/// A machine that others share is slow for a while: the fastest run counts, and a round that is over is tried again.
const ROUNDS: usize = 5;
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/forge/before");

fn main() -> ExitCode {
    let catalogue = Catalogue::built_in().expect("the rules load");
    // Those that say that the work could not be done cannot be switched off.
    let others = catalogue.rules().iter().filter(|rule| rule.name != "over-budget" && !rule.incomplete);
    let mut toml = String::from("[rules]\n");
    for rule in others {
        writeln!(toml, "{} = \"off\"", rule.name).expect("a String takes it");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (one, all) = (folder.path().join("one.toml"), folder.path().join("all.toml"));
    std::fs::write(&one, toml).expect("it is written");
    std::fs::write(&all, "[rules]\n").expect("it is written");
    for round in 1..=ROUNDS {
        let (mut with_one, mut with_all) = (Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            with_one = with_one.min(lint(&one));
            with_all = with_all.min(lint(&all));
        }
        let share = with_all.as_secs_f64() / with_one.as_secs_f64();
        println!("one rule {with_one:.2?}   {} rules {with_all:.2?}   × {share:.3}", catalogue.rules().len());
        if share < 1.1 {
            return ExitCode::SUCCESS;
        }
        if round < ROUNDS {
            std::thread::sleep(Duration::from_secs(3));
        }
    }
    println!("more than a tenth longer in every round");
    ExitCode::FAILURE
}

fn lint(config: &Path) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connbudget"));
    command.args(["lint", FIXTURE, "--config"]).arg(config).env_clear();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the binary that cargo built can be started");
    let taken = start.elapsed();
    assert_eq!(status.code(), Some(1), "forge/before is over budget");
    taken
}
