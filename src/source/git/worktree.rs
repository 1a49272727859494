//! The work tree of a repository, as far as it belongs to that repository.

use std::io;

use super::{Git, GitError};
use crate::source::{Disk, Kind, Tree, TreePath};

/// A folder of a work tree without what is in submodules: those have a history of their own, and a revision holds no more
/// of them than a name.
pub struct Worktree {
    disk: Disk,
    submodules: Vec<TreePath>,
}

impl Worktree {
    /// The folder that `git` was opened at.
    pub fn open(git: &Git) -> Result<Self, GitError> {
        let disk = Disk::open(&git.folder).map_err(GitError::Program)?;
        let index = git.run(&["ls-files", "--stage", "-z"])?;
        let submodules = index.split('\0').filter_map(|entry| {
            let (meta, path) = entry.split_once('\t')?;
            meta.starts_with("160000 ").then(|| TreePath::new(path))
        });
        Ok(Self { disk, submodules: submodules.collect() })
    }

    fn is_hidden(&self, path: &TreePath) -> bool {
        self.submodules.iter().any(|module| path != module && path.is_under(module))
    }
}

impl Tree for Worktree {
    fn root(&self) -> &str {
        self.disk.root()
    }

    fn kind(&self, path: &TreePath) -> Option<Kind> {
        if self.is_hidden(path) { None } else { self.disk.kind(path) }
    }

    fn read(&self, path: &TreePath, limit: u64) -> io::Result<Vec<u8>> {
        if self.is_hidden(path) { Err(io::ErrorKind::NotFound.into()) } else { self.disk.read(path, limit) }
    }

    fn list(&self, path: &TreePath) -> io::Result<Vec<String>> {
        if self.submodules.contains(path) { Ok(Vec::new()) } else { self.disk.list(path) }
    }

    fn walk(&self, path: &TreePath, skip: &dyn Fn(&str) -> bool) -> Vec<TreePath> {
        let mut files = self.disk.walk(path, skip);
        files.retain(|file| !self.is_hidden(file));
        files
    }
}
