//! uWSGI's own ini files: lines of `key = value` in sections. A comment is a whole line; nothing is quoted; a key may
//! stand alone. After `core/ini.c` of uWSGI 2.0.31.

use crate::source::SourceFile;
use crate::trace::Text;

/// One line that sets something.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The section it stands in; empty above the first one.
    pub section: String,
    /// What it sets.
    pub key: Text,
    /// To what; empty where nothing is said.
    pub value: Text,
}

/// The entries of `file` in order.
pub fn parse(file: &SourceFile) -> Vec<Entry> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r');
    let mut section = String::new();
    let mut entries = Vec::new();
    for range in (0..file.lines()).filter_map(|index| file.line_range(index)) {
        let whole = Text::verbatim(file, range);
        let line = whole.slice_of(whole.as_str().trim_matches(|c| blank(c) || c == '\n'));
        if let Some(name) = line.as_str().strip_prefix('[') {
            // The last letter goes, whichever it is.
            let end = name.char_indices().next_back().map_or(0, |(at, _)| at);
            name[..end].clone_into(&mut section);
        } else if !line.is_empty() && !line.as_str().starts_with([';', '#']) {
            let (key, value) =
                line.split_once('=').unwrap_or_else(|| (line.clone(), line.slice(line.len()..line.len())));
            let key = key.slice_of(key.as_str().trim_end_matches(blank));
            let value = value.slice_of(value.as_str().trim_start_matches(blank));
            entries.push(Entry { section: section.clone(), key, value });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn a_comment_is_a_line_and_a_key_may_stand_alone() {
        let text = "above = 1\n[uwsgi]\r\n  processes\t=  3 ; not a comment\r\n; one\n# two\nmaster\nmodule=a:b=c\n[x]\nk=\n";
        let sources = Sources::new(Memory::new([("u.ini", text)]));
        let entries = parse(&sources.load(&TreePath::new("u.ini")).unwrap());
        let read: Vec<_> =
            entries.iter().map(|e| (e.section.as_str(), e.key.as_str(), e.value.as_str())).collect();
        assert_eq!(
            read,
            [
                ("", "above", "1"),
                ("uwsgi", "processes", "3 ; not a comment"),
                ("uwsgi", "master", ""),
                ("uwsgi", "module", "a:b=c"),
                ("x", "k", ""),
            ]
        );
        assert_eq!(entries[1].value.span().unwrap().range().start, text.find("3 ;").unwrap());
    }
}
