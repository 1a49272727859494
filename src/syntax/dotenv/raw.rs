//! Docker's raw reader: docker/cli `pkg/kvfile/kvfile.go`. No quotes, no comments behind a value, no expansion.

use super::{End, Entry, Reading, Value, after_mark};
use crate::source::SourceFile;
use crate::syntax::template::Lookup;
use crate::trace::{How, Origin, Text};

/// Go's `bufio.Scanner` gives up at a longer line.
const MAX_LINE: usize = (64 << 10) - 1;

pub(super) fn read(file: &SourceFile, lookup: &Lookup<'_>, reading: &mut Reading) {
    let mut at = after_mark(&file.text);
    for line in file.text[at..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.strip_suffix('\n').unwrap_or(line);
        if content.len() > MAX_LINE {
            reading.fail(file.at(start..start + 1), "this line is longer than docker reads", End::Refused);
            return;
        }
        let content = content.strip_suffix('\r').unwrap_or(content);
        let trimmed = content.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let start = start + content.len() - trimmed.len();
        let line = Text::verbatim(file, start..start + trimmed.len());
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (line, None),
        };
        let place = file.at(start..start + name.len());
        if name.is_empty() {
            reading.fail(place, "this line has no variable name", End::Refused);
            return;
        }
        if name.as_str().contains(char::is_whitespace) {
            reading.fail(place, "a variable name has a blank in it", End::Refused);
            return;
        }
        let outer = || lookup(name.as_str()).map(|value| value.then(&Origin::at(How::Environment, place)));
        if let Some(value) = value.or_else(outer) {
            reading.entries.push(Entry { name, value: Value::Known(value) });
        }
    }
}
