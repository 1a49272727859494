//! `connbudget lint -`: standard input stands in for a file, as an editor has it that has not saved it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{MAX_FILE_BYTES, Overlay, Sources, Tree, TreePath};

use super::arguments::LintArguments;
use super::complain;
use super::failure::Failure;

/// The path that means standard input.
const STDIN: &str = "-";

/// What standard input holds, and the file that it stands in for.
pub(super) struct Buffer {
    name: PathBuf,
    text: Arc<str>,
    /// The paths under which the tree shows it.
    paths: Vec<TreePath>,
}

/// The paths of the command line without standard input, and what that holds where it is asked for.
pub(super) fn apart(arguments: &LintArguments) -> Result<(Vec<PathBuf>, Option<Buffer>), Box<Failure>> {
    let is_stdin = |path: &&PathBuf| path.as_os_str() == STDIN;
    let asked = arguments.paths.iter().filter(is_stdin).count();
    let mut paths: Vec<PathBuf> = arguments.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    // As ruff has it, the name alone asks for standard input too.
    let Some(name) = &arguments.stdin_filename else {
        return if asked == 0 { Ok((paths, None)) } else { Err(Box::new(Failure::NamelessInput)) };
    };
    if asked > 1 {
        return Err(Box::new(Failure::InputTwice));
    }
    if name.as_os_str().is_empty() || name.as_os_str() == STDIN || name.is_dir() {
        return Err(Box::new(Failure::InputName(name.clone())));
    }
    Ok((paths, Some(Buffer { name: name.clone(), text: text()?, paths: Vec::new() })))
}

fn text() -> Result<Arc<str>, Box<Failure>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Failure::Input)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let limit = format!("it is larger than {} MiB", MAX_FILE_BYTES >> 20);
        return Err(Box::new(Failure::Input(io::Error::new(io::ErrorKind::FileTooLarge, limit))));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        Failure::InputNotText { line: before.matches('\n').count() + 1 }
    })?;
    Ok(Arc::from(text))
}

impl Buffer {
    /// Puts it over `tree`.
    pub(super) fn cover<T: Tree>(&mut self, tree: &mut Overlay<T>) {
        self.paths = tree.cover_file(&self.name, &self.text);
    }

    /// Says so where nothing has read it. Inside the root that is a file without any bearing on the deployment; a name
    /// outside of it that nothing reads is a mistake, and the run says nothing about what it was asked for.
    pub(super) fn was_read(&self, sources: &Sources) -> Result<(), Box<Failure>> {
        let files = sources.files();
        if self.paths.iter().any(|path| files.iter().any(|file| file.path == *path)) || self.is_seen(sources)
        {
            return Ok(());
        }
        if self.paths.iter().all(TreePath::is_outside) {
            let root = Path::new(sources.tree().root()).to_owned();
            return Err(Box::new(Failure::InputOutside { name: self.name.clone(), root }));
        }
        complain(&format!(
            "connbudget: no deployment here reads {}, so standard input changes nothing",
            self.name.display()
        ));
        Ok(())
    }

    /// Whether it was read under a path that leaves the root, or comes back to it.
    fn is_seen(&self, sources: &Sources) -> bool {
        let root = TreePath::new(sources.tree().root());
        let mine: Vec<TreePath> = self.paths.iter().map(|path| root.join(path.as_str())).collect();
        let files = sources.files();
        let mut outside = files.iter().filter(|file| file.path.is_outside());
        outside.any(|file| mine.contains(&root.join(file.path.as_str())))
    }
}
