//! Rust's dotenvy, by the crate itself on a [`Leash`]. It gives no places, so a second look finds them.

use std::ops::Range;

use super::leash::{Item, Leash};
use super::{Dialect, End, Entry, Reading, Value, after_mark};
use crate::source::SourceFile;
use crate::syntax::SyntaxError;
use crate::syntax::template::Lookup;
use crate::trace::Text;

pub(super) fn read(file: &SourceFile, lookup: &Lookup<'_>, reading: &mut Reading) {
    // `Iter::load` takes a byte order mark away, the bare iterator does not.
    let load = reading.dialect == Dialect::Dotenvy;
    let start = if load { after_mark(&file.text) } else { 0 };
    let mut leash = Leash::new(&file.text[start..], lookup, load);
    while let Some((item, range)) = leash.next() {
        let range = statement(&file.text, start + range.start..start + range.end);
        match item {
            Item::Set(name, value) => reading.entries.push(entry(file, range, &name, value)),
            Item::Refused if load => {
                return reading.fail(
                    file.at(range),
                    "dotenvy cannot read this line and stops here",
                    End::Stopped,
                );
            }
            Item::Refused => {
                let message = "dotenvy cannot read this line";
                reading.errors.push(SyntaxError::new(file.at(range), message));
            }
            Item::TooLong => {
                let message = "the values of this file grow without measure";
                return reading.fail(file.at(range), message, End::Stopped);
            }
        }
    }
}

/// `range` without the blank lines and comments before the statement and the line break after it.
fn statement(text: &str, range: Range<usize>) -> Range<usize> {
    let mut start = range.start;
    for line in text[range.clone()].split_inclusive('\n') {
        let content = line.trim_start();
        if !content.is_empty() && !content.starts_with('#') {
            start += line.len() - content.len();
            break;
        }
        start += line.len();
    }
    start..start + text[start.min(range.end)..range.end].trim_end_matches(['\n', '\r']).len()
}

fn entry(file: &SourceFile, range: Range<usize>, name: &str, value: String) -> Entry {
    let source = &file.text[range.clone()];
    let is_first = |rest: &str| rest.trim_start().starts_with('=');
    let name_at = match source.strip_prefix("export") {
        Some(rest) if !source.strip_prefix(name).is_some_and(is_first) => {
            source.len() - rest.trim_start().len()
        }
        _ => 0,
    };
    let after = source.get(name_at + name.len()..).unwrap_or_default().trim_start();
    let raw = after.strip_prefix('=').unwrap_or_default().trim_start();
    let raw_at = range.start + source.len() - raw.len();
    let inner = usize::from(raw.starts_with(['"', '\'']));
    let value = if value.is_empty() {
        Text::verbatim(file, raw_at..raw_at)
    } else if raw[inner..].starts_with(&value) {
        Text::verbatim(file, raw_at + inner..raw_at + inner + value.len())
    } else {
        Text::decoded(value, file.at(raw_at..raw_at + raw.trim_end().len()))
    };
    let name_at = range.start + name_at;
    Entry { name: Text::verbatim(file, name_at..name_at + name.len()), value: Value::Known(value) }
}
