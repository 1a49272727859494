//! From the command line's paths to the deployments that they name.

use std::path::{Path, PathBuf};

use crate::analysis::{Request, Selection};
use crate::check::Read;
use crate::source::{Disk, Overlay, Sources, Tree, TreePath};
use crate::trace::{Origin, Text, Trail};

use super::arguments::ReadingArguments;
use super::failure::Failure;
use super::stdin::Buffer;

/// Reads what `paths` name, with `buffer` in place of its file. One folder is the root of its own; of several paths, and
/// of files, the root is the folder that the command was started in.
pub(super) fn of(
    paths: &[PathBuf],
    arguments: &ReadingArguments,
    buffer: Option<&mut Buffer>,
) -> Result<Read, Box<Failure>> {
    let mut request = request(arguments)?;
    let sources = match paths {
        [folder] if folder.is_dir() => covered(folder, buffer)?,
        paths => {
            let sources = covered(Path::new("."), buffer)?;
            for path in paths {
                add(&mut request.selection, &sources, path)?;
            }
            sources
        }
    };
    from(sources, arguments, &request)
}

/// Reads a tree that is not the disk's: a revision.
pub(super) fn of_tree(tree: impl Tree + 'static, arguments: &ReadingArguments) -> Result<Read, Box<Failure>> {
    from(Sources::new(tree), arguments, &request(arguments)?)
}

fn from(sources: Sources, arguments: &ReadingArguments, request: &Request) -> Result<Read, Box<Failure>> {
    Ok(Read::of(sources, arguments.config.as_deref(), request).map_err(Failure::from)?)
}

/// What the command line asks for, paths aside.
pub(super) fn request(arguments: &ReadingArguments) -> Result<Request, Box<Failure>> {
    let shell = arguments.variables.iter().map(|given| variable(given)).collect::<Result<Vec<_>, _>>()?;
    let selection = Selection {
        compose_files: arguments.compose_files.clone(),
        profiles: arguments.profiles.clone(),
        env_files: arguments.env_files.clone(),
        project_directory: arguments.project_directory.clone(),
        under: Vec::new(),
    };
    Ok(Request { selection, shell: shell.into_iter().flatten().collect(), root_only: arguments.root_only })
}

pub(super) fn open(folder: &Path) -> Result<Sources, Box<Failure>> {
    covered(folder, None)
}

fn covered(folder: &Path, buffer: Option<&mut Buffer>) -> Result<Sources, Box<Failure>> {
    let disk = Disk::open(folder).map_err(|error| Failure::Path { path: folder.to_owned(), error })?;
    let Some(buffer) = buffer else { return Ok(Sources::new(disk)) };
    let mut tree = Overlay::new(disk);
    buffer.cover(&mut tree);
    Ok(Sources::new(tree))
}

/// A folder narrows the search, a file is a compose file of its own.
fn add(selection: &mut Selection, sources: &Sources, path: &Path) -> Result<(), Box<Failure>> {
    let opened = std::fs::metadata(path).map_err(|error| Failure::Path { path: path.to_owned(), error })?;
    let name = path.to_string_lossy().replace('\\', "/");
    if opened.is_dir() {
        selection.under.push(sources.resolve(&TreePath::root(), &name));
    } else {
        selection.compose_files.push(name);
    }
    Ok(())
}

/// `KEY=VALUE`, or `KEY` for the value that this shell has, which may be none.
fn variable(given: &str) -> Result<Option<(String, Text)>, Box<Failure>> {
    let (name, value) = match given.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (given, std::env::var(given).ok()),
    };
    if name.is_empty() {
        return Err(Box::new(Failure::Variable(given.to_owned())));
    }
    let trail = Trail::new(Origin::CommandLine { argument: format!("--env {name}") });
    Ok(value.map(|value| (name.to_owned(), Text::traced(value, trail))))
}
