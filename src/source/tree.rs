//! Where files come from: a folder on disk, or a map in memory.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use walkdir::WalkDir;

use super::TreePath;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, or a link to one.
    File,
    /// A folder, or a link to one.
    Folder,
    /// A pipe, a socket, a device: never opened, since reading it may not end.
    Special,
}

/// A tree of files, read only. Everything that connbudget reads of a deployment passes through here.
pub trait Tree: Send + Sync {
    /// The absolute path of the root, `/`-separated: what an absolute path inside a file is held against.
    fn root(&self) -> &str;

    /// What stands at `path`, links followed; `None` when nothing does.
    fn kind(&self, path: &TreePath) -> Option<Kind>;

    /// The bytes of the file at `path`, at most `limit` of them plus one (so that too many can be told).
    fn read(&self, path: &TreePath, limit: u64) -> io::Result<Vec<u8>>;

    /// The names inside the folder at `path`, sorted.
    fn list(&self, path: &TreePath) -> io::Result<Vec<String>>;

    /// Every file under `path`, sorted, without those in folders for which `skip` (given the folder's name) holds.
    /// Links to folders are not followed, so a loop of links ends.
    fn walk(&self, path: &TreePath, skip: &dyn Fn(&str) -> bool) -> Vec<TreePath>;
}

/// A folder on disk.
pub struct Disk {
    folder: PathBuf,
    root: String,
    /// The folders that were looked into. Most questions are for files that are not there (is `app/models/name.py` a
    /// module?), and one look into a folder answers all of them.
    folders: RwLock<HashMap<Box<str>, Option<Arc<Folder>>>>,
}

/// What stands in a folder, by its name; `None` for a link, of which only the system knows where it leads.
type Folder = HashMap<String, Option<Kind>>;

impl Disk {
    /// The folder at `folder`; fails when it does not exist.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let absolute = fs::canonicalize(folder)?;
        let root = absolute.to_string_lossy().replace('\\', "/");
        Ok(Self { folder: absolute, root, folders: RwLock::default() })
    }

    fn at(&self, path: &TreePath) -> PathBuf {
        self.folder.join(path.as_str())
    }

    /// What stands in the folder at `path`; `None` where it cannot be looked into, or is none.
    fn folder(&self, path: &str) -> Option<Arc<Folder>> {
        if let Some(known) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let found = self.look_into(path).map(Arc::new);
        self.folders.write().unwrap_or_else(PoisonError::into_inner).insert(path.into(), found.clone());
        found
    }

    fn look_into(&self, path: &str) -> Option<Folder> {
        let mut folder = Folder::new();
        for entry in fs::read_dir(self.folder.join(path)).ok()? {
            let entry = entry.ok()?;
            let found = entry.file_type().ok()?;
            let kind = if found.is_symlink() { None } else { Some(kind_of(found)) };
            // A name that is no UTF-8 is none that a path of this tree can have.
            if let Ok(name) = entry.file_name().into_string() {
                folder.insert(name, kind);
            }
        }
        Some(folder)
    }
}

fn kind_of(found: fs::FileType) -> Kind {
    match found {
        t if t.is_file() => Kind::File,
        t if t.is_dir() => Kind::Folder,
        _ => Kind::Special,
    }
}

impl Tree for Disk {
    fn root(&self) -> &str {
        &self.root
    }

    fn kind(&self, path: &TreePath) -> Option<Kind> {
        // What lies outside the root has names that the letters of a path do not tell: `..` may be a link's.
        if path.as_str() != "." && !path.is_outside() {
            let (parent, name) = path.as_str().rsplit_once('/').unwrap_or((".", path.as_str()));
            // A folder that may not be listed may still be entered.
            if let Some(folder) = self.folder(parent) {
                match folder.get(name) {
                    None => return None,
                    Some(Some(kind)) => return Some(*kind),
                    Some(None) => {}
                }
            }
        }
        Some(kind_of(fs::metadata(self.at(path)).ok()?.file_type()))
    }

    fn read(&self, path: &TreePath, limit: u64) -> io::Result<Vec<u8>> {
        let file = fs::File::open(self.at(path))?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn list(&self, path: &TreePath) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.at(path))? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn walk(&self, path: &TreePath, skip: &dyn Fn(&str) -> bool) -> Vec<TreePath> {
        let start = self.at(path);
        let entries = WalkDir::new(&start).sort_by_file_name().into_iter().filter_entry(|entry| {
            entry.depth() == 0 || !entry.file_type().is_dir() || !skip(&entry.file_name().to_string_lossy())
        });
        // An entry that cannot be read is passed over here; a file that the budget needs is reported when it is loaded.
        entries
            .filter_map(Result::ok)
            .filter(|entry| !entry.file_type().is_dir())
            .filter_map(|entry| {
                Some(path.join(&entry.path().strip_prefix(&start).ok()?.to_str()?.replace('\\', "/")))
            })
            .collect()
    }
}

/// Files in memory, for tests, for fuzzing and for buffers that an editor has not saved.
#[derive(Default)]
pub struct Memory {
    files: BTreeMap<TreePath, Vec<u8>>,
}

impl Memory {
    /// A tree of these files, each a path and its content.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut tree = Self::default();
        for (path, content) in files {
            tree.insert(path, content.as_bytes());
        }
        tree
    }

    /// Puts a file into the tree, in place of one of the same path.
    pub fn insert(&mut self, path: &str, content: &[u8]) {
        self.files.insert(TreePath::new(path), content.to_vec());
    }
}

impl Tree for Memory {
    fn root(&self) -> &'static str {
        "/memory"
    }

    fn kind(&self, path: &TreePath) -> Option<Kind> {
        if self.files.contains_key(path) {
            return Some(Kind::File);
        }
        self.files.keys().any(|file| file.is_under(path)).then_some(Kind::Folder)
    }

    fn read(&self, path: &TreePath, _limit: u64) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn list(&self, path: &TreePath) -> io::Result<Vec<String>> {
        let prefix = if path.as_str() == "." { String::new() } else { format!("{path}/") };
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|file| file.as_str().strip_prefix(&prefix)?.split('/').next().map(str::to_owned))
            .collect();
        names.dedup();
        if names.is_empty() { Err(io::Error::from(io::ErrorKind::NotFound)) } else { Ok(names) }
    }

    fn walk(&self, path: &TreePath, skip: &dyn Fn(&str) -> bool) -> Vec<TreePath> {
        let depth = if path.as_str() == "." { 0 } else { path.as_str().split('/').count() };
        let kept = |file: &TreePath| {
            let mut folders: Vec<&str> = file.as_str().split('/').skip(depth).collect();
            folders.pop();
            !folders.into_iter().any(skip)
        };
        self.files.keys().filter(|file| file.is_under(path) && kept(file)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_walks_and_lists_as_a_folder_does() {
        let tree = Memory::new([("a/x.py", ""), ("a/node_modules/y.py", ""), ("b", "")]);
        let all = tree.walk(&TreePath::root(), &|name| name == "node_modules");
        assert_eq!(all, [TreePath::new("a/x.py"), TreePath::new("b")]);
        assert_eq!(tree.list(&TreePath::root()).unwrap(), ["a", "b"]);
        assert_eq!(tree.kind(&TreePath::new("a")), Some(Kind::Folder));
        assert_eq!(tree.kind(&TreePath::new("c")), None);
    }

    #[test]
    fn a_loop_of_links_ends() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("compose.yaml"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        let tree = Disk::open(folder.path()).unwrap();
        let found = tree.walk(&TreePath::root(), &|_| false);
        assert!(found.contains(&TreePath::new("compose.yaml")));
        assert!(found.len() <= 2, "{found:?}");
    }
}
