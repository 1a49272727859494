//! Paths inside a tree: `/`-separated, relative to the linted root, `.` and `..` taken out by their letters.

use std::fmt;
use std::sync::Arc;

/// The path of a file or folder as reports show it: relative to the linted root, with `/`.
///
/// A path outside the root begins with `..` or, where it was written so, with `/`. The root itself is `.`.
/// `a/../b` and `b` are one path: `..` is resolved by its letters, as docker compose's `filepath.Join` does,
/// not by following symbolic links.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(Arc<str>);

impl TreePath {
    /// The linted root.
    pub fn root() -> Self {
        Self(Arc::from("."))
    }

    /// Normalises `path`; an empty one is the root.
    pub fn new(path: &str) -> Self {
        let absolute = path.starts_with('/');
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => match parts.last() {
                    Some(&last) if last != ".." => drop(parts.pop()),
                    _ if absolute => {}
                    _ => parts.push(".."),
                },
                part => parts.push(part),
            }
        }
        let joined = parts.join("/");
        Self(match (absolute, joined.is_empty()) {
            (true, _) => Arc::from(format!("/{joined}")),
            (false, true) => Arc::from("."),
            (false, false) => Arc::from(joined),
        })
    }

    /// `path` as seen from this folder; an absolute `path` stays as it is.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        if path.starts_with('/') { Self::new(path) } else { Self::new(&format!("{}/{path}", self.0)) }
    }

    /// The folder that holds this path; the root's parent is `..`.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self.0.rsplit_once('/') {
            Some((folder, last)) if !folder.is_empty() && last != ".." => Self(Arc::from(folder)),
            None if !matches!(&*self.0, "." | "..") => Self::root(),
            _ => self.join(".."),
        }
    }

    /// The last part of the path, `.` for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Whether its name ends in a dot and one of `endings`.
    pub fn has_ending(&self, endings: &[&str]) -> bool {
        self.file_name().rsplit_once('.').is_some_and(|(_, ending)| endings.contains(&ending))
    }

    /// The path as reports print it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a place under `folder` (or `folder` itself), by the letters of both.
    pub fn is_under(&self, folder: &Self) -> bool {
        match &*folder.0 {
            "." => return !self.is_outside(),
            "/" => return self.0.starts_with('/'),
            _ => {}
        }
        if &*folder.0 == "/" {
            return self.0.starts_with('/');
        }
        self.0.strip_prefix(&*folder.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether this path leaves the linted root.
    pub fn is_outside(&self) -> bool {
        self.0.starts_with('/') || &*self.0 == ".." || self.0.starts_with("../")
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::TreePath;

    #[test]
    fn dots_are_resolved_by_their_letters() {
        for (written, normal) in [
            ("", "."),
            ("./a//b/", "a/b"),
            ("a/../b", "b"),
            ("a/../..", ".."),
            ("../../x", "../../x"),
            ("/a/../../b", "/b"),
        ] {
            assert_eq!(TreePath::new(written).as_str(), normal, "{written}");
        }
    }

    #[test]
    fn under_is_by_whole_names() {
        let app = TreePath::new("app");
        assert!(TreePath::new("app/x").is_under(&app));
        assert!(!TreePath::new("apple").is_under(&app));
        assert!(TreePath::new("x").is_under(&TreePath::root()));
        assert!(TreePath::new("/x").is_under(&TreePath::new("/")));
        assert!(!TreePath::new("../x").is_under(&TreePath::root()));
        assert!(TreePath::new("/app/x").is_under(&TreePath::new("/")));
    }
}
