//! The digits of a number in a file: the bytes that a change replaces, and nothing beside them.

use std::ops::Range;

use crate::source::{SourceFile, Sources, Span, TreePath};

/// Where a number is written, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// The file.
    pub path: TreePath,
    /// The digits; empty where the number is to be added.
    pub range: Range<usize>,
    /// What goes before a number that is added.
    pub before: String,
    /// What goes behind it.
    pub after: String,
}

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: TreePath,
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

impl Spot {
    /// The digits under `span` with the number that they are, or why there is none that could be changed alone.
    pub(super) fn written(sources: &Sources, span: Span) -> Result<(Self, u64), String> {
        let file = sources.file(span.file);
        let text = file.text.get(span.range()).unwrap_or_default();
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(format!("`{}` is no number", shortened(text)));
        }
        let start = span.range().start;
        let digits = only_number(text).map(|digits| start + digits.start..start + digits.end);
        let range = digits
            .filter(|digits| stands_alone(&file, digits))
            .ok_or_else(|| format!("`{}` is more than one number", shortened(text)))?;
        if is_calculated_with(&file, &range) {
            let line = file.line_range(file.line_of(start)).and_then(|line| file.text.get(line));
            let line = shortened(line.unwrap_or_default().trim());
            return Err(format!("a part of a calculation is no number of its own: `{line}`"));
        }
        let number = file.text.get(range.clone()).unwrap_or_default().replace('_', "").parse();
        let number = number.map_err(|_| format!("`{}` is no number of a usual size", shortened(text)))?;
        Ok((Self { path: file.path.clone(), range, before: String::new(), after: String::new() }, number))
    }

    /// The change that writes `value` here.
    pub fn edit(&self, value: u64) -> Edit {
        let text = format!("{}{value}{}", self.before, self.after);
        Edit { path: self.path.clone(), range: self.range.clone(), text }
    }

    /// Whether the number is not there yet.
    pub fn is_added(&self) -> bool {
        self.range.is_empty()
    }
}

fn shortened(text: &str) -> String {
    let line: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() < text.len() { format!("{line}…") } else { line }
}

/// The one run of digits in `text`; of several nobody knows which is meant.
fn only_number(text: &str) -> Option<Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let bytes = text.as_bytes();
    let start = bytes.iter().position(u8::is_ascii_digit)?;
    let end =
        bytes[start..].iter().position(|&byte| !is_part(byte)).map_or(bytes.len(), |length| start + length);
    let rest_has_none = !bytes[end..].iter().any(u8::is_ascii_digit);
    // `-1`, `1.5`, `10s`, `0x10` and `10%` are other numbers than their digits.
    let before = bytes[..start].last();
    let after = bytes.get(end);
    let is_alone = before
        .is_none_or(|byte| !matches!(byte, b'-' | b'.' | b'_') && !byte.is_ascii_alphabetic())
        && after.is_none_or(|byte| !matches!(byte, b'.' | b'%') && !byte.is_ascii_alphabetic());
    (rest_has_none && is_alone && bytes[end - 1] != b'_').then_some(start..end)
}

/// Whether the digits `range` are a whole number of `file`, not a part of a longer one.
fn stands_alone(file: &SourceFile, range: &Range<usize>) -> bool {
    let bytes = file.text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'_');
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    // A dot behind ends a sentence as often as it begins a fraction.
    let after = bytes
        .get(range.end)
        .filter(|byte| **byte != b'.' || bytes.get(range.end + 1).is_some_and(u8::is_ascii_digit));
    !before.is_some_and(is_part) && !after.is_some_and(is_part)
}

/// Whether the number is an operand: of `2 * 4 + 1` nobody knows which number a person would change. In YAML and in commands
/// a dash is none.
fn is_calculated_with(file: &SourceFile, range: &Range<usize>) -> bool {
    let (Some(before), Some(after)) = (file.text.get(..range.start), file.text.get(range.end..)) else {
        return false;
    };
    let in_line = |text: &str| text.chars().find(|c| !matches!(c, ' ' | '\t' | ')' | '('));
    let reversed: String = before.chars().rev().take(200).take_while(|c| *c != '\n').collect();
    let line = after.split('\n').next().unwrap_or_default();
    let is_python = file.path.has_ending(&["py"]);
    let is_operator = |c: char| matches!(c, '*' | '+' | '/' | '%') || is_python && c == '-';
    in_line(&reversed).is_some_and(is_operator) || in_line(line).is_some_and(is_operator)
}

/// The texts of the files that `edits` change, after them. Two changes of the same bytes, or bytes that are not there, are
/// refused: half of a change is none. What is added at the same place is added in the order given.
pub(super) fn apply(sources: &Sources, edits: &[Edit]) -> Option<Vec<(TreePath, String)>> {
    let mut paths: Vec<&TreePath> = edits.iter().map(|edit| &edit.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut changed = Vec::new();
    for path in paths {
        let file = sources.load(path).ok()?;
        let mut here: Vec<&Edit> = edits.iter().filter(|edit| edit.path == *path).collect();
        here.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let (mut text, mut at) = (String::new(), 0);
        for edit in here {
            text.push_str(file.text.get(at..edit.range.start)?);
            text.push_str(&edit.text);
            at = edit.range.end;
        }
        text.push_str(file.text.get(at..)?);
        changed.push((path.clone(), text));
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn spot(text: &'static str, part: &str) -> Result<(Range<usize>, u64), String> {
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let start = text.find(part).unwrap();
        Spot::written(&sources, file.at(start..start + part.len())).map(|(spot, number)| (spot.range, number))
    }

    #[test]
    fn a_place_is_narrowed_to_its_digits() {
        for (text, part, range, number) in [
            ("WORKERS=10 # many", "10", 8..10, 10),
            ("\"--workers\", \"10\"", "\"10\"", 14..16, 10),
            ("int(\"5\")", "int(\"5\")", 5..6, 5),
            ("x = 1_000\n", "1_000", 4..9, 1000),
            ("-w4", "4", 2..3, 4),
            ("use 4.", "4", 4..5, 4),
            ("- \"4\"\n- --threads", "4", 3..4, 4),
            ("--workers 4 --threads", "4", 10..11, 4),
        ] {
            assert_eq!(spot(text, part), Ok((range, number)), "{text}");
        }
    }

    #[test]
    fn what_is_more_than_a_number_is_no_place() {
        for (text, part) in [
            ("x = 2 * 4", "2 * 4"),
            ("x = 2 * 4 + 1", "2"),
            ("x = 2 * 4 + 1", "1"),
            ("x = (2 + 4) * cpus()", "4"),
            ("workers=$((2 * CPUS))", "2"),
            ("x = -1", "-1"),
            ("x = 1.5", "1.5"),
            ("x = 1.5", "1"),
            ("x = 105", "10"),
            ("x = 0x10", "0x10"),
            ("x = 10%", "10%"),
            ("x = 99999999999999999999", "99999999999999999999"),
            ("x = none", "none"),
        ] {
            assert!(spot(text, part).is_err(), "{text}");
        }
    }

    #[test]
    fn changes_are_put_together_or_refused_whole() {
        let sources = Sources::new(Memory::new([("x", "a=1\r\nb=22\r\n")]));
        let path = TreePath::new("x");
        sources.load(&path).unwrap();
        let edit =
            |range: Range<usize>, text: &str| Edit { path: path.clone(), range, text: text.to_owned() };
        let changed = apply(&sources, &[edit(7..9, "3"), edit(2..3, "44"), edit(3..3, "!")]).unwrap();
        assert_eq!(changed, [(path.clone(), "a=44!\r\nb=3\r\n".to_owned())]);
        assert_eq!(apply(&sources, &[edit(7..9, "3"), edit(8..9, "4")]), None);
        assert_eq!(apply(&sources, &[edit(70..90, "3")]), None);
    }
}
