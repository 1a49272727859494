//! The short form of a mount: `./conf:/etc/app:ro`.
//!
//! Source: compose-go v2.4.8, `format/volume.go`.

use crate::trace::Text;

/// A short form taken apart.
pub(super) struct Volume {
    /// What is mounted; `None` for an anonymous volume.
    pub(super) source: Option<Text>,
    /// Where the container sees it.
    pub(super) target: Text,
}

impl Volume {
    /// Whether a path of the host is mounted, not a volume of docker's.
    pub(super) fn is_bind(&self) -> bool {
        self.source.as_ref().is_some_and(|source| is_file_path(source.as_str()))
    }
}

/// Takes `spec` apart, or says why compose refuses it.
pub(super) fn parse(spec: &Text) -> Result<Volume, &'static str> {
    let written = spec.as_str();
    if written.is_empty() {
        return Err("a mount cannot be empty");
    }
    if written.len() <= 2 {
        return Ok(Volume { source: None, target: spec.clone() });
    }
    let sections = sections(written);
    if sections.iter().any(|section| section.is_empty()) {
        return Err("a mount has an empty part between colons");
    }
    match sections.as_slice() {
        [target] => Ok(Volume { source: None, target: spec.slice_of(target) }),
        [source, target] | [source, target, _] => {
            Ok(Volume { source: Some(spec.slice_of(source)), target: spec.slice_of(target) })
        }
        _ => Err("a mount has too many colons"),
    }
}

/// What stands between the colons, but for the one after a Windows drive.
fn sections(spec: &str) -> Vec<&str> {
    let (mut sections, mut start) = (Vec::new(), 0);
    for (at, _) in spec.match_indices(':') {
        if !is_drive(&spec[start..at]) {
            sections.push(&spec[start..at]);
            start = at + 1;
        }
    }
    sections.push(&spec[start..]);
    sections
}

fn is_drive(section: &str) -> bool {
    let mut chars = section.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn is_file_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
        || source.starts_with(r"\\")
        || source.split_once(':').is_some_and(|(drive, _)| is_drive(drive))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn short_forms() {
        for (spec, source, target) in [
            ("./a:/b:ro", Some("./a"), "/b"),
            ("/data", None, "/data"),
            (r"C:\a:/b", Some(r"C:\a"), "/b"),
            ("vol:/b", Some("vol"), "/b"),
        ] {
            let sources = Sources::new(Memory::new([("x", spec)]));
            let file = sources.load(&TreePath::new("x")).unwrap();
            let volume = parse(&Text::verbatim(&file, 0..spec.len())).unwrap();
            assert_eq!(volume.source.as_ref().map(Text::as_str), source, "{spec}");
            assert_eq!(volume.target.as_str(), target, "{spec}");
            assert_eq!(volume.is_bind(), source.is_some_and(|source| source != "vol"), "{spec}");
        }
    }
}
