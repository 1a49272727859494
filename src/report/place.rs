//! Places as services read them: GitHub, GitLab and code scanning look for a file from the root of the repository, not
//! from the folder that was linted.

use std::fmt::Write;

use crate::rule::Place;
use crate::source::{Sources, TreePath};

/// Where the linted folder stands in its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The linted folder, seen from the root of the repository.
    pub folder: TreePath,
    /// The address under which the files of the repository are shown, `https://…/blob/main`.
    pub links: Option<String>,
}

impl Default for Repository {
    fn default() -> Self {
        Self { folder: TreePath::root(), links: None }
    }
}

/// A place in a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// The file, seen from the repository's root.
    pub(super) path: TreePath,
    /// Lines and columns, where they are known.
    pub(super) region: Option<Region>,
}

/// Lines and columns, from 1; `end_column` is the one behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Repository {
    pub(super) fn locate(&self, sources: &Sources, place: &Place) -> Located {
        let span = match place {
            Place::File(path) => return Located { path: self.folder.join(path.as_str()), region: None },
            Place::At(span) => span,
        };
        let file = sources.file(span.file);
        let (start, end) = (file.line_column(span.start as usize), file.line_column(span.end as usize));
        let region =
            Region { line: start.line, column: start.column, end_line: end.line, end_column: end.column };
        Located { path: self.folder.join(file.path.as_str()), region: Some(region) }
    }

    /// The address of `place`, where links are asked for and the file is in the repository. GitHub and GitLab both
    /// understand `#L12`; for a range each has its own spelling.
    pub(super) fn link(&self, place: &Located) -> Option<String> {
        let base = self.links.as_deref().filter(|_| !place.path.is_outside())?;
        let line = place.region.map(|region| format!("#L{}", region.line)).unwrap_or_default();
        Some(format!("{}/{}{line}", base.trim_end_matches('/'), percent_encoded(place.path.as_str())))
    }
}

impl Located {
    /// As people write it: `Dockerfile:41`.
    pub(super) fn words(&self) -> String {
        match self.region {
            Some(region) => format!("{}:{}", self.path, region.line),
            None => self.path.to_string(),
        }
    }

    pub(super) fn line(&self) -> usize {
        self.region.map_or(1, |region| region.line)
    }
}

/// `path` as part of a URI: what RFC 3986 does not allow in a path is percent-encoded, the slashes stay. A colon is
/// encoded too, since a relative reference must not have one in its first segment (section 4.2).
pub(crate) fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(percent_encoded("a b/ü#?.yml"), "a%20b/%C3%BC%23%3F.yml");
        assert_eq!(percent_encoded("c:/100%"), "c%3A/100%25");
        assert_eq!(percent_encoded("config[1].env"), "config%5B1%5D.env");
    }

    #[test]
    fn links_are_for_files_of_the_repository() {
        let repository = Repository {
            folder: TreePath::new("deploy"),
            links: Some("https://example.com/blob/main/".to_owned()),
        };
        let sources = Sources::new(crate::source::Memory::new([]));
        let link =
            |path: &str| repository.link(&repository.locate(&sources, &Place::File(TreePath::new(path))));
        assert_eq!(link("a b.yml").as_deref(), Some("https://example.com/blob/main/deploy/a%20b.yml"));
        assert_eq!(link("../x").as_deref(), Some("https://example.com/blob/main/x"));
        assert_eq!(link("../../x"), None);
        assert_eq!(link("/etc/x"), None);
    }
}
