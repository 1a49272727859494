//! What the benchmarks share: linting a folder by the release binary as a whole process, for wall time and peak memory.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// A machine that others share is slow for a while, also right after it compiled all this (14 ms, and 8 ms a minute later, of
/// the same binary). What the program itself takes is its fastest run; the median is printed beside it. Where even that is
/// too slow, it is tried again after a pause.
const ROUNDS: usize = 10;
const PAUSE: Duration = Duration::from_secs(6);

/// What is linted, how often, and what was promised of it.
pub(crate) struct Promise<'a> {
    /// The folder.
    pub(crate) folder: &'a Path,
    /// How many Python files it has.
    pub(crate) files: Option<u32>,
    /// How the program ends.
    pub(crate) code: i32,
    /// The runs of a round.
    pub(crate) runs: usize,
    /// The most time that the fastest run may take.
    pub(crate) time: Duration,
    /// The most memory that any run may take; `None` where it is only printed.
    pub(crate) memory_kib: Option<i64>,
}

impl Promise<'_> {
    /// Measures, prints, and fails where the promise is not kept.
    pub(crate) fn judge(&self) -> ExitCode {
        for round in 1..=ROUNDS {
            let mut times: Vec<Duration> = (0..self.runs).map(|_| self.lint()).collect();
            times.sort();
            let (min, median, max) = (times[0], times[self.runs / 2], times[self.runs - 1]);
            println!("  wall time   min {min:.1?}   median {median:.1?}   max {max:.1?}");
            if let Some(files) = self.files {
                println!("  files/s     {:.0} in the median run", f64::from(files) / median.as_secs_f64());
            }
            if min < self.time {
                break;
            }
            if round == ROUNDS {
                println!("over the promise of {:?} in every round", self.time);
                return ExitCode::FAILURE;
            }
            std::thread::sleep(PAUSE);
        }
        // The largest of all children: the only ones are the runs above (getrusage(2), ru_maxrss, KiB on Linux).
        let peak = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss());
        let peak_kib = if cfg!(target_os = "macos") { peak / 1024 } else { peak };
        let tenths_of_mib = peak_kib * 10 / 1024;
        println!("  peak memory {}.{} MiB", tenths_of_mib / 10, tenths_of_mib % 10);
        match self.memory_kib.filter(|most| peak_kib >= *most) {
            Some(most) => {
                println!("over the promise of {} MiB", most >> 10);
                ExitCode::FAILURE
            }
            None => ExitCode::SUCCESS,
        }
    }

    fn lint(&self) -> Duration {
        let mut command = Command::new(env!("CARGO_BIN_EXE_connbudget"));
        command.arg("lint").arg(self.folder).env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().expect("the binary that cargo built can be started");
        let taken = start.elapsed();
        assert_eq!(status.code(), Some(self.code), "what {} comes to has changed", self.folder.display());
        taken
    }
}
