//! The files of a commit.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::blobs::Blobs;
use super::{Commit, Git, GitError};
use crate::source::{Disk, Kind, Tree, TreePath};

/// So many links may lead from one to the next; Linux follows forty.
const LINKS: usize = 40;

/// The longest name that a link may hold.
const LINK_BYTES: u64 = 4096;

/// A commit as a tree, seen from the folder that its repository was opened at. What lies outside the repository, and
/// what git ignores where that is asked for, is on the disk.
pub struct Revision {
    root: String,
    top: String,
    prefix: TreePath,
    entries: BTreeMap<String, Entry>,
    blobs: Mutex<Blobs>,
    disk: Disk,
}

/// What a path of the repository holds.
enum Entry {
    /// A file.
    Blob(String),
    /// A symbolic link, whose target is the content.
    Link(String),
    /// A repository of its own, of which only its commit is known here.
    Submodule,
    /// A file or folder that git ignores.
    Ignored,
}

/// What a path comes to, links followed.
enum Found {
    /// A file of the commit.
    Blob(String),
    /// A folder of the commit; the root is empty.
    Folder(TreePath),
    /// An empty folder that a submodule leaves.
    Submodule,
    /// Something on the disk, seen from the top of the repository.
    Disk(TreePath),
    Nothing,
}

impl Git {
    /// The files of `commit`.
    pub fn revision(&self, commit: &Commit) -> Result<Revision, GitError> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--full-tree", &commit.id])?;
        let entries = listed.split('\0').filter_map(|line| {
            let (meta, path) = line.split_once('\t')?;
            let mut meta = meta.split(' ');
            let (mode, id) = (meta.next()?, meta.nth(1)?.to_owned());
            let entry = match mode {
                "120000" => Entry::Link(id),
                "160000" => Entry::Submodule,
                _ => Entry::Blob(id),
            };
            Some((path.to_owned(), entry))
        });
        let entries = entries.collect();
        let disk = Disk::open(&self.top).map_err(GitError::Program)?;
        let root = Disk::open(&self.folder).map_err(GitError::Program)?.root().to_owned();
        Ok(Revision {
            root,
            top: disk.root().to_owned(),
            prefix: TreePath::new(&self.prefix),
            entries,
            blobs: Mutex::new(Blobs::new(self.clone())),
            disk,
        })
    }

    /// The files of `commit`, and beside them those of the work tree that git ignores: a `.env` that is in no commit is the
    /// same before and after a change.
    pub fn revision_with_ignored(&self, commit: &Commit) -> Result<Revision, GitError> {
        let mut revision = self.revision(commit)?;
        let top = Self { folder: self.top.clone(), ..self.clone() };
        let ignored =
            top.run(&["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"])?;
        for path in ignored.split('\0').filter(|path| !path.is_empty()) {
            revision.entries.entry(path.trim_end_matches('/').to_owned()).or_insert(Entry::Ignored);
        }
        Ok(revision)
    }
}

impl Revision {
    /// `path` as seen from the top of the repository.
    fn seen_from_top(&self, path: &TreePath) -> TreePath {
        match path.as_str().strip_prefix(&self.top).filter(|_| path.as_str().starts_with('/')) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                TreePath::new(rest.trim_start_matches('/'))
            }
            _ => self.prefix.join(path.as_str()),
        }
    }

    fn find(&self, path: &TreePath) -> Found {
        let whole = self.seen_from_top(path);
        let mut links = LINKS;
        let mut parts: Vec<String> = whole.as_str().split('/').rev().map(str::to_owned).collect();
        if whole.is_outside() {
            return Found::Disk(whole);
        }
        let mut at = TreePath::root();
        while let Some(part) = parts.pop() {
            at = at.join(&part);
            let rest = |parts: &[String]| parts.iter().rev().fold(at.clone(), |path, part| path.join(part));
            if at.is_outside() {
                return Found::Disk(rest(&parts));
            }
            match self.entries.get(at.as_str()) {
                Some(Entry::Link(id)) => {
                    links = links.saturating_sub(1);
                    let Some(target) = self.target(id).filter(|_| links > 0) else { return Found::Nothing };
                    let target = if target.starts_with('/') {
                        self.seen_from_top(&TreePath::new(&target))
                    } else {
                        at.parent().join(&target)
                    };
                    if target.is_outside() {
                        return Found::Disk(parts.iter().rev().fold(target, |path, part| path.join(part)));
                    }
                    parts.extend(target.as_str().split('/').rev().map(str::to_owned));
                    at = TreePath::root();
                }
                Some(Entry::Ignored) => return Found::Disk(rest(&parts)),
                Some(Entry::Submodule) if parts.is_empty() => return Found::Submodule,
                Some(Entry::Blob(id)) if parts.is_empty() => return Found::Blob(id.clone()),
                None if self.under(&at).next().is_some() => {}
                Some(Entry::Submodule | Entry::Blob(_)) | None => return Found::Nothing,
            }
        }
        Found::Folder(at)
    }

    fn target(&self, id: &str) -> Option<String> {
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(blobs.read(id, LINK_BYTES).ok()?).ok()
    }

    /// What is under `folder`, each with its path from there.
    fn under(&self, folder: &TreePath) -> impl Iterator<Item = (&str, &Entry)> {
        let prefix = if folder.as_str() == "." { String::new() } else { format!("{folder}/") };
        let length = prefix.len();
        self.entries
            .range(prefix.clone()..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(move |(path, entry)| (&path[length..], entry))
    }
}

impl Tree for Revision {
    fn root(&self) -> &str {
        &self.root
    }

    fn kind(&self, path: &TreePath) -> Option<Kind> {
        match self.find(path) {
            Found::Blob(_) => Some(Kind::File),
            Found::Folder(_) | Found::Submodule => Some(Kind::Folder),
            Found::Disk(path) => self.disk.kind(&path),
            Found::Nothing => None,
        }
    }

    fn read(&self, path: &TreePath, limit: u64) -> io::Result<Vec<u8>> {
        match self.find(path) {
            Found::Blob(id) => self.blobs.lock().unwrap_or_else(PoisonError::into_inner).read(&id, limit),
            Found::Disk(path) => self.disk.read(&path, limit),
            Found::Folder(_) | Found::Submodule => Err(io::ErrorKind::IsADirectory.into()),
            Found::Nothing => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, path: &TreePath) -> io::Result<Vec<String>> {
        match self.find(path) {
            Found::Folder(folder) => {
                let first = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
                let mut names: Vec<String> = self.under(&folder).map(|(path, _)| first(path)).collect();
                names.sort();
                names.dedup();
                Ok(names)
            }
            Found::Submodule => Ok(Vec::new()),
            Found::Disk(path) => self.disk.list(&path),
            Found::Blob(_) => Err(io::ErrorKind::NotADirectory.into()),
            Found::Nothing => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn walk(&self, path: &TreePath, skip: &dyn Fn(&str) -> bool) -> Vec<TreePath> {
        let folder = match self.find(path) {
            Found::Folder(folder) => folder,
            Found::Disk(found) => return seen_from(path, &found, self.disk.walk(&found, skip)),
            Found::Blob(_) => return vec![path.clone()],
            Found::Submodule | Found::Nothing => return Vec::new(),
        };
        let mut files = Vec::new();
        for (name, entry) in self.under(&folder) {
            let (folders, last) = name.rsplit_once('/').unwrap_or(("", name));
            if folders.split('/').any(skip) {
                continue;
            }
            let here = path.join(name);
            match entry {
                Entry::Blob(_) | Entry::Link(_) => files.push(here),
                Entry::Submodule => {}
                Entry::Ignored => {
                    let found = folder.join(name);
                    let is_skipped = self.disk.kind(&found) == Some(Kind::Folder) && skip(last);
                    if !is_skipped {
                        files.extend(seen_from(&here, &found, self.disk.walk(&found, skip)));
                    }
                }
            }
        }
        files.sort();
        files
    }
}

/// The paths of `files` under `found`, under `path`.
fn seen_from(path: &TreePath, found: &TreePath, files: Vec<TreePath>) -> Vec<TreePath> {
    let moved = |file: TreePath| match file.as_str().strip_prefix(found.as_str()) {
        Some(rest) => path.join(rest.trim_start_matches('/')),
        None => file,
    };
    files.into_iter().map(moved).collect()
}
