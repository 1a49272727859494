//! Writing a plan into the files: all of it or nothing.
//!
//! Before anything is written, every file is looked at: it has to hold what was read, and may not be protected. The new
//! texts go into files of their own beside the old ones; only when all of them are there do they take their places, each in
//! one step. What goes wrong after that puts the old texts back.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::source::TreePath;

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The file, seen from the root.
    pub path: TreePath,
    /// Its text as it was read.
    pub before: String,
    /// Its text as it is to be.
    pub after: String,
}

/// Why nothing was written. Where something was, it is put back before this is told.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The file holds something else than what was read.
    #[error("{0} was changed while the plan was made")]
    Changed(TreePath),
    /// The file is protected.
    #[error("{0} is read-only")]
    ReadOnly(TreePath),
    /// Two names of one file.
    #[error("{0} and {1} are one file")]
    SameFile(TreePath, TreePath),
    /// The operating system refuses.
    #[error("{path} cannot be written: {error}")]
    Refused {
        /// The file.
        path: TreePath,
        /// What the operating system says.
        error: io::Error,
    },
    /// The old text of a file could not be put back.
    #[error("{path} could not be put back as it was: {error}")]
    Left {
        /// The file.
        path: TreePath,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Files that were written and can be put back.
#[derive(Debug)]
#[must_use = "what was written may have to be put back"]
pub struct Written {
    files: Vec<(PathBuf, Rewrite)>,
}

/// Writes `files` of the folder `root`.
pub fn write(root: &Path, files: &[Rewrite]) -> Result<Written, WriteError> {
    let mut targets: Vec<(PathBuf, Rewrite)> = Vec::new();
    for file in files {
        let target = target(root, file)?;
        if let Some((_, other)) = targets.iter().find(|(known, _)| *known == target) {
            return Err(WriteError::SameFile(other.path.clone(), file.path.clone()));
        }
        targets.push((target, file.clone()));
    }
    let staged = targets.iter().map(|(target, file)| {
        let staged = stage(target, &file.after).map_err(|error| refused(file, error))?;
        Ok((staged, target.clone(), file.clone()))
    });
    // An error here drops what was staged, which takes its files away.
    let staged: Vec<_> = staged.collect::<Result<_, WriteError>>()?;
    let mut written = Written { files: Vec::new() };
    for (staged, target, file) in staged {
        match staged.persist(&target) {
            Ok(_) => written.files.push((target, file)),
            Err(error) => {
                written.put_back()?;
                return Err(refused(&file, error.error));
            }
        }
    }
    Ok(written)
}

impl Written {
    /// Gives every file the text that it had.
    pub fn put_back(self) -> Result<(), WriteError> {
        let mut outcome = Ok(());
        for (target, file) in self.files {
            let back = stage(&target, &file.before)
                .and_then(|staged| staged.persist(&target).map_err(|error| error.error));
            if let Err(error) = back {
                outcome = outcome.and(Err(WriteError::Left { path: file.path, error }));
            }
        }
        outcome
    }
}

fn refused(file: &Rewrite, error: io::Error) -> WriteError {
    WriteError::Refused { path: file.path.clone(), error }
}

/// The file that `file` names, links followed, after a look at it: a link stays a link, and what it leads to is written.
fn target(root: &Path, file: &Rewrite) -> Result<PathBuf, WriteError> {
    let target = fs::canonicalize(root.join(file.path.as_str())).map_err(|error| refused(file, error))?;
    let now = fs::read(&target).map_err(|error| refused(file, error))?;
    if now != file.before.as_bytes() {
        return Err(WriteError::Changed(file.path.clone()));
    }
    let about = fs::metadata(&target).map_err(|error| refused(file, error))?;
    // Another file could take its place all the same, since that is a right of the folder: it is protected for a reason.
    if about.permissions().readonly() {
        return Err(WriteError::ReadOnly(file.path.clone()));
    }
    Ok(target)
}

/// A new file beside `target` with `text` and the rights of `target`.
fn stage(target: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut staged = tempfile::Builder::new().prefix(".connbudget-").tempfile_in(folder)?;
    staged.write_all(text.as_bytes())?;
    staged.as_file().set_permissions(fs::metadata(target)?.permissions())?;
    staged.as_file().sync_all()?;
    Ok(staged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(path: &str, before: &str, after: &str) -> Rewrite {
        Rewrite { path: TreePath::new(path), before: before.to_owned(), after: after.to_owned() }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1\r\n").unwrap();
        fs::write(folder.path().join("b"), "2\n").unwrap();
        folder
    }

    fn texts(folder: &Path) -> [String; 2] {
        ["a", "b"].map(|name| fs::read_to_string(folder.join(name)).unwrap())
    }

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn all_is_written_and_can_be_put_back() {
        let folder = folder();
        let root = folder.path();
        let files = [rewrite("a", "1\r\n", "11\r\n"), rewrite("b", "2\n", "22\n")];
        let written = write(root, &files).unwrap();
        assert_eq!(texts(root), ["11\r\n", "22\n"]);
        written.put_back().unwrap();
        assert_eq!(texts(root), ["1\r\n", "2\n"]);
        assert_eq!(names(root), 2);
    }

    #[test]
    fn one_that_cannot_be_written_keeps_all_from_it() {
        let folder = folder();
        let root = folder.path();
        let first = rewrite("a", "1\r\n", "11\r\n");
        let changed = write(root, &[first.clone(), rewrite("b", "3\n", "22\n")]);
        assert!(matches!(changed, Err(WriteError::Changed(_))), "{changed:?}");
        let missing = write(root, &[first.clone(), rewrite("c", "", "22\n")]);
        assert!(matches!(missing, Err(WriteError::Refused { .. })), "{missing:?}");
        let twice = write(root, &[first.clone(), rewrite("./a", "1\r\n", "3")]);
        assert!(matches!(twice, Err(WriteError::SameFile(..))), "{twice:?}");
        let mut rights = fs::metadata(root.join("b")).unwrap().permissions();
        rights.set_readonly(true);
        fs::set_permissions(root.join("b"), rights).unwrap();
        let protected = write(root, &[first, rewrite("b", "2\n", "22\n")]);
        assert!(matches!(protected, Err(WriteError::ReadOnly(_))), "{protected:?}");
        assert_eq!((texts(root), names(root)), (["1\r\n", "2\n"].map(str::to_owned), 2));
    }

    #[cfg(unix)]
    #[test]
    fn rights_stay_and_a_link_stays_a_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder();
        let root = folder.path();
        fs::set_permissions(root.join("a"), fs::Permissions::from_mode(0o751)).unwrap();
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        let _written = write(root, &[rewrite("link", "1\r\n", "11\r\n")]).unwrap();
        assert_eq!(fs::metadata(root.join("a")).unwrap().permissions().mode() & 0o777, 0o751);
        assert!(fs::symlink_metadata(root.join("link")).unwrap().is_symlink());
        assert_eq!(texts(root)[0], "11\r\n");
    }
}
