//! `file:` URIs (RFC 8089) and paths.

use std::path::{Path, PathBuf};

use crate::report::percent_encoded;

/// The path that `uri` names; `None` for what is no file of this machine, as a buffer without a name.
pub(super) fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").filter(|rest| rest.starts_with('/')).unwrap_or(rest);
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let path = decoded(&rest[..end])?;
    if cfg!(windows) {
        // `file:///c:/x`, and `file://host/share` for a share.
        let is_drive = path.as_bytes().get(2) == Some(&b':') && path.starts_with('/');
        return Some(PathBuf::from(match () {
            () if is_drive => path[1..].to_owned(),
            () if path.starts_with('/') => path,
            () => format!("//{path}"),
        }));
    }
    path.starts_with('/').then(|| PathBuf::from(path))
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let pair = behind.get(..2).filter(|pair| first == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        let code = pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).ok()
}

/// The URI of `path`.
pub(super) fn of_path(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    // Windows' own spelling of a long path.
    let path = path.strip_prefix("//?/").unwrap_or(&path);
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", percent_encoded(path))
}

/// The URI of what stands at `name` in the folder `uri`.
pub(super) fn join(uri: &str, name: &str) -> String {
    format!("{}/{}", uri.trim_end_matches('/'), percent_encoded(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_is_a_uri_and_back() {
        for (path, uri) in [
            ("/srv/a b/ü#1.yml", "file:///srv/a%20b/%C3%BC%231.yml"),
            ("/x/50%", "file:///x/50%25"),
            ("/", "file:///"),
        ] {
            assert_eq!(of_path(Path::new(path)), uri);
            assert_eq!(to_path(uri).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(to_path("file://localhost/a%2Fb").as_deref(), Some(Path::new("/a/b")));
        assert_eq!(to_path("file:///a%zz%+f%").as_deref(), Some(Path::new("/a%zz%+f%")));
        for uri in ["untitled:Untitled-1", "http://x/y", "file://host/share", "file:///%ff", ""] {
            assert_eq!(to_path(uri), None, "{uri}");
        }
        assert_eq!(join("file:///srv/", "a b"), "file:///srv/a%20b");
    }
}
