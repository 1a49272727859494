//! Texts that stand in for files of a tree: standard input under a name, buffers that an editor has not saved.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Kind, Tree, TreePath};

/// A tree of which some files are covered by other texts, whether they are there or not. Whoever reads the tree sees
/// those texts under every name that means the file.
pub struct Overlay<T> {
    tree: T,
    /// By their paths inside the root.
    inside: BTreeMap<TreePath, Cover>,
    /// Those outside of it, by their absolute paths.
    outside: BTreeMap<TreePath, Cover>,
}

/// What stands in for a file.
struct Cover {
    text: Arc<str>,
    /// Whether a walk finds it under this name. One that goes through a link is a second name of the same file, and a walk
    /// follows no links.
    is_walked: bool,
}

impl<T: Tree> Overlay<T> {
    /// `tree` with nothing covered.
    pub fn new(tree: T) -> Self {
        Self { tree, inside: BTreeMap::new(), outside: BTreeMap::new() }
    }

    /// Lets `text` stand in for the file at `path`, seen from the root or absolute.
    pub fn cover(&mut self, path: &TreePath, text: Arc<str>) {
        self.put(path, Cover { text, is_walked: true });
    }

    fn put(&mut self, path: &TreePath, cover: Cover) {
        let absolute = TreePath::new(self.tree.root()).join(path.as_str());
        match below(self.tree.root(), &absolute) {
            Some(inside) => self.inside.insert(inside, cover),
            None => self.outside.insert(absolute, cover),
        };
    }

    /// Lets `text` stand in for the file of the disk at `file`, and says under which paths it is seen: the one that was
    /// given, and those without the links on the way to it.
    pub fn cover_file(&mut self, file: &Path, text: &Arc<str>) -> Vec<TreePath> {
        let mut names: Vec<TreePath> = Vec::new();
        for name in names_of(file) {
            let absolute = TreePath::new(&name.to_string_lossy().replace('\\', "/"));
            let name = below(self.tree.root(), &absolute).unwrap_or(absolute);
            if !names.contains(&name) {
                // The first one is without links.
                self.put(&name, Cover { text: Arc::clone(text), is_walked: names.is_empty() });
                names.push(name);
            }
        }
        names
    }

    fn text(&self, path: &TreePath) -> Option<&str> {
        self.covering(path).map(|cover| &*cover.text)
    }

    fn covering(&self, path: &TreePath) -> Option<&Cover> {
        if !path.is_outside() {
            return self.inside.get(path);
        }
        if self.outside.is_empty() && self.inside.is_empty() {
            return None;
        }
        let absolute = TreePath::new(self.tree.root()).join(path.as_str());
        self.outside.get(&absolute).or_else(|| self.inside.get(&below(self.tree.root(), &absolute)?))
    }

    /// The covered files under `folder`, each with its path from there.
    fn under(&self, folder: &TreePath) -> impl Iterator<Item = (&str, &Cover)> {
        let (files, folder) = if folder.is_outside() {
            (&self.outside, TreePath::new(self.tree.root()).join(folder.as_str()))
        } else {
            (&self.inside, folder.clone())
        };
        let length = if folder.as_str() == "." { 0 } else { folder.as_str().trim_end_matches('/').len() + 1 };
        files
            .iter()
            .filter(move |(file, _)| file.is_under(&folder) && **file != folder)
            .filter_map(move |(file, cover)| Some((file.as_str().get(length..)?, cover)))
    }
}

/// `path` as seen from `root`, where it lies there.
fn below(root: &str, path: &TreePath) -> Option<TreePath> {
    let rest = path.as_str().strip_prefix(root)?;
    let is_below = rest.is_empty() || rest.starts_with('/') || root.ends_with('/');
    is_below.then(|| TreePath::new(rest.trim_start_matches('/')))
}

/// The absolute names of `file`: with the links of its folder followed, as given, and with its own link followed. The file
/// need not be there, nor its folder.
fn names_of(file: &Path) -> Vec<PathBuf> {
    // Without a current folder there is nothing to see a name from.
    let given = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let real = given.ancestors().skip(1).find_map(|folder| {
        let rest = given.strip_prefix(folder).ok()?;
        Some(std::fs::canonicalize(folder).ok()?.join(rest))
    });
    let target = std::fs::canonicalize(&given).ok();
    real.into_iter().chain([given]).chain(target).collect()
}

/// The order in which a folder is walked: by the names of folders and files, one after the other.
fn by_names(a: &TreePath, b: &TreePath) -> Ordering {
    a.as_str().split('/').cmp(b.as_str().split('/'))
}

impl<T: Tree> Tree for Overlay<T> {
    fn root(&self) -> &str {
        self.tree.root()
    }

    fn kind(&self, path: &TreePath) -> Option<Kind> {
        if self.text(path).is_some() {
            return Some(Kind::File);
        }
        let folder = || self.under(path).next().map(|_| Kind::Folder);
        self.tree.kind(path).or_else(folder)
    }

    fn read(&self, path: &TreePath, limit: u64) -> io::Result<Vec<u8>> {
        match self.text(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.tree.read(path, limit),
        }
    }

    fn list(&self, path: &TreePath) -> io::Result<Vec<String>> {
        let covered: Vec<String> =
            self.under(path).filter_map(|(file, _)| file.split('/').next().map(str::to_owned)).collect();
        match self.tree.list(path) {
            Err(error) if covered.is_empty() => Err(error),
            listed => {
                let mut names = listed.unwrap_or_default();
                names.extend(covered);
                names.sort();
                names.dedup();
                Ok(names)
            }
        }
    }

    fn walk(&self, path: &TreePath, skip: &dyn Fn(&str) -> bool) -> Vec<TreePath> {
        let mut files = self.tree.walk(path, skip);
        let known = files.len();
        for (file, _) in self.under(path).filter(|(_, cover)| cover.is_walked) {
            let is_skipped = file.rsplit_once('/').is_some_and(|(folders, _)| folders.split('/').any(skip));
            let file = path.join(file);
            if !is_skipped && !files[..known].contains(&file) {
                files.push(file);
            }
        }
        if files.len() > known {
            files.sort_by(by_names);
        }
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Disk, Memory, Sources};

    fn path(path: &str) -> TreePath {
        TreePath::new(path)
    }

    #[test]
    fn a_text_stands_in_for_a_file_whatever_it_is_called() {
        let mut tree = Overlay::new(Memory::new([("a/x", "old"), ("b", "")]));
        tree.cover(&path("a/x"), "new".into());
        tree.cover(&path("/memory/b"), "b".into());
        tree.cover(&path("../shared/.env"), "outside".into());
        let sources = Sources::new(tree);
        for (name, text) in [
            ("a/x", "new"),
            ("/memory/a/x", "new"),
            ("../memory/a/x", "new"),
            ("b", "b"),
            ("../shared/.env", "outside"),
            ("/shared/.env", "outside"),
        ] {
            assert_eq!(sources.load(&path(name)).unwrap().text, text, "{name}");
        }
        assert!(sources.load(&path("../shared/x")).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_is_found_in_its_folder() {
        let mut tree = Overlay::new(Memory::new([("a/x", ""), ("a.b", ""), ("c/node_modules/y", "")]));
        for name in ["a/w", "new/deep/z", "c/node_modules/z", "a/x"] {
            tree.cover(&path(name), "".into());
        }
        let walked = tree.walk(&TreePath::root(), &|name| name == "node_modules");
        assert_eq!(walked, ["a/w", "a/x", "a.b", "new/deep/z"].map(path));
        assert_eq!(tree.walk(&path("new"), &|_| false), ["new/deep/z"].map(path));
        assert_eq!(tree.list(&TreePath::root()).unwrap(), ["a", "a.b", "c", "new"]);
        assert_eq!(tree.list(&path("new")).unwrap(), ["deep"]);
        assert!(tree.list(&path("nowhere")).is_err());
        let kind = |name: &str| tree.kind(&path(name));
        assert_eq!((kind("new/deep"), kind("new/deep/z")), (Some(Kind::Folder), Some(Kind::File)));
        assert_eq!((kind("ne"), kind("a"), kind("..")), (None, Some(Kind::Folder), None));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_behind_links_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("real/sub")).unwrap();
        std::fs::write(root.join("real/sub/x"), "disk").unwrap();
        std::os::unix::fs::symlink(root.join("real"), root.join("link")).unwrap();
        std::os::unix::fs::symlink("real/sub/x", root.join("x")).unwrap();
        let read = |file: &str, name: &str| {
            let mut tree = Overlay::new(Disk::open(root).unwrap());
            tree.cover_file(&root.join(file), &"buffer".into());
            String::from_utf8(tree.read(&path(name), 100).unwrap()).unwrap()
        };
        for (file, name) in [
            ("link/sub/x", "real/sub/x"),
            ("link/sub/x", "link/sub/x"),
            ("x", "x"),
            ("x", "real/sub/x"),
            ("link/new/y", "real/new/y"),
            ("real/../link/new/y", "real/new/y"),
        ] {
            assert_eq!(read(file, name), "buffer", "{file} {name}");
        }
        assert_eq!(read("real/sub/y", "x"), "disk");
        // A walk follows no links, and finds a file once.
        let mut tree = Overlay::new(Disk::open(root).unwrap());
        tree.cover_file(&root.join("link/sub/x"), &"buffer".into());
        tree.cover_file(&root.join("link/new/y"), &"buffer".into());
        let walked = tree.walk(&TreePath::root(), &|_| false);
        assert_eq!(walked, ["link", "real/new/y", "real/sub/x", "x"].map(path));
    }
}
