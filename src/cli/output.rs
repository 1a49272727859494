//! Where reports go: standard output, and the files of `--output`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::report::Repository;
use crate::source::{Sources, TreePath};

use super::failure::Failure;

/// The variable that names the file of a GitHub step's summary. What several commands of a step write is put together
/// there, so a report is added to it; any other file holds the report of one run.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// A report that is written to a file.
#[derive(Clone, Debug)]
pub(super) struct Output<F> {
    format: F,
    path: PathBuf,
}

impl<F: ValueEnum> Output<F> {
    /// Reads `FORMAT=FILE`.
    pub(super) fn parse(given: &str) -> Result<Self, String> {
        let (name, path) = given.split_once('=').ok_or("write FORMAT=FILE: markdown=connbudget.md")?;
        let format = F::from_str(name, false).map_err(|_| {
            let names = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
            format!("`{name}` is no format: it is one of {}", names.join(", "))
        })?;
        match path {
            "" => Err(format!("`{given}` names no file")),
            "-" => Err("standard output holds the report of --format alone".to_owned()),
            path => Ok(Self { format, path: PathBuf::from(path) }),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let is_summary =
            std::env::var_os(STEP_SUMMARY).is_some_and(|summary| self.path == Path::new(&summary));
        let mut file = if is_summary {
            File::options().append(true).create(true).open(&self.path)?
        } else {
            File::create(&self.path)?
        };
        file.write_all(text.as_bytes())?;
        file.flush()
    }
}

/// Refuses two reports in one file, before anything is written.
pub(super) fn check<F>(outputs: &[Output<F>]) -> Result<(), Box<Failure>> {
    for (index, output) in outputs.iter().enumerate() {
        if outputs[..index].iter().any(|other| other.path == output.path) {
            return Err(Box::new(Failure::SameFile(output.path.clone())));
        }
    }
    Ok(())
}

/// Writes the report of a run in every way that was asked for: what `first` is on standard output. A file that cannot be
/// written does not keep the others from being written; the first failure is told.
pub(super) fn write<F: ValueEnum>(
    first: Option<F>,
    outputs: &[Output<F>],
    write: impl Fn(&F) -> String,
) -> Result<(), Box<Failure>> {
    let mut outcome = first.map_or(Ok(()), |format| print(&write(&format)));
    for output in outputs {
        let written = output.write(&write(&output.format));
        let failed = |error| Box::new(Failure::File { path: output.path.clone(), error });
        outcome = outcome.and(written.map_err(failed));
    }
    outcome
}

/// Writes the report. A reader that has enough (`connbudget lint | head -1`) is no failure.
pub(super) fn print(report: &str) -> Result<(), Box<Failure>> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(report.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Box::new(Failure::Output(error))),
        _ => Ok(()),
    }
}

/// Where the root of `sources` stands in its repository: the nearest folder at or above it that has a `.git`, without
/// one the folder that the command was started in.
pub(super) fn repository(sources: &Sources, links: Option<String>) -> Repository {
    let root = Path::new(sources.tree().root());
    let of_git = root.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
    let top = of_git.or_else(|| fs::canonicalize(".").ok());
    let inside = top.and_then(|top| Some(root.strip_prefix(top).ok()?.to_string_lossy().replace('\\', "/")));
    let folder = inside.map_or_else(|| TreePath::new(sources.tree().root()), |path| TreePath::new(&path));
    Repository { folder, links }
}
