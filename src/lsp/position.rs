//! Places as the protocol counts them: lines from 0, and within a line in UTF-16 code units, or in bytes where the client
//! takes them.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::source::{SourceFile, Sources, Span};

/// What a character of a line is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16, which every client takes.
    #[default]
    Utf16,
}

/// A position.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) character: usize,
}

impl Encoding {
    /// The one of those that a client offers that costs least.
    pub(super) fn of(capabilities: &Value) -> Self {
        let offered = capabilities.pointer("/general/positionEncodings").and_then(Value::as_array);
        let takes = offered.is_some_and(|names| names.iter().any(|name| name == "utf-8"));
        if takes { Self::Utf8 } else { Self::Utf16 }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    /// The byte `offset` of `file`. An editor does not count a byte order mark.
    pub(super) fn position(self, file: &SourceFile, offset: usize) -> Position {
        let line = file.line_of(offset);
        let start = file.line_range(line).map_or(0, |range| range.start);
        let before = file.text.get(start..offset.min(file.text.len())).unwrap_or_default();
        let before = if line == 0 { before.trim_start_matches('\u{feff}') } else { before };
        Position { line, character: self.units(before) }
    }

    /// Where `position` is in `text`; a position behind a line's end is at its end, one behind the last line at the end of
    /// the text.
    pub(super) fn offset(self, text: &str, position: Position) -> usize {
        let mut start = 0;
        for _ in 0..position.line {
            match text[start..].find('\n') {
                Some(end) => start += end + 1,
                None => return text.len(),
            }
        }
        let line = text[start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut units = 0;
        for (at, c) in line.char_indices() {
            if start + at == 0 && c == '\u{feff}' {
                continue;
            }
            if units >= position.character {
                return start + at;
            }
            units += match self {
                Self::Utf8 => c.len_utf8(),
                Self::Utf16 => c.len_utf16(),
            };
        }
        start + line.len()
    }

    /// The range of `span`.
    pub(super) fn range(self, sources: &Sources, span: Span) -> Value {
        let file = sources.file(span.file);
        let (start, end) =
            (self.position(&file, span.start as usize), self.position(&file, span.end as usize));
        json!({ "start": start.json(), "end": end.json() })
    }
}

impl Position {
    pub(super) fn json(self) -> Value {
        json!({ "line": self.line, "character": self.character })
    }
}

/// The range of a place of which no bytes can be shown: the file's first.
pub(super) fn nowhere() -> Value {
    let start = Position::default().json();
    json!({ "start": start, "end": start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, TreePath};

    #[test]
    fn a_position_is_counted_as_the_client_counts() {
        let text = "\u{feff}a: 1\r\n# 🐘é x\n";
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        for (part, line, utf8, utf16) in [("a", 0, 0, 0), ("1", 0, 3, 3), ("x", 1, 9, 6), ("é", 1, 6, 4)] {
            let offset = text.find(part).unwrap();
            for (encoding, character) in [(Encoding::Utf8, utf8), (Encoding::Utf16, utf16)] {
                let position = Position { line, character };
                assert_eq!(encoding.position(&file, offset), position, "{part} {encoding:?}");
                assert_eq!(encoding.offset(text, position), offset, "{part} {encoding:?}");
            }
        }
        let far = |line, character| Encoding::Utf16.offset(text, Position { line, character });
        assert_eq!((far(0, 99), far(9, 0)), ("\u{feff}a: 1".len(), text.len()));
        // In the middle of a pair of surrogates.
        assert_eq!(far(1, 3), text.find('é').unwrap());
    }

    #[test]
    fn bytes_are_counted_where_the_client_takes_them() {
        let of = |names: Value| Encoding::of(&json!({ "general": { "positionEncodings": names } }));
        assert_eq!(of(json!(["utf-16", "utf-8"])), Encoding::Utf8);
        assert_eq!(of(json!(["utf-32", "utf-16"])), Encoding::Utf16);
        assert_eq!(Encoding::of(&Value::Null), Encoding::Utf16);
    }
}
