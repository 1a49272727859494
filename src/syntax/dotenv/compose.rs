//! docker compose's own dotenv reader: compose-go v2.0.2, `dotenv/parser.go`. Any error refuses the whole file.

use std::ops::Range;

use super::{End, Entry, Known, Reading, Value, after_mark};
use crate::source::SourceFile;
use crate::syntax::SyntaxError;
use crate::syntax::template::{Lookup, substitute};
use crate::trace::{How, Origin, Text};

pub(super) fn read(file: &SourceFile, lookup: &Lookup<'_>, reading: &mut Reading) {
    let mut parser = Parser { file, at: after_mark(&file.text), known: Known::default() };
    while parser.skip_to_statement() {
        if let Err(error) = parser.statement(lookup, reading) {
            reading.fail(error.span, error.message, End::Refused);
            return;
        }
    }
}

struct Parser<'a> {
    file: &'a SourceFile,
    at: usize,
    known: Known,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.file.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, range: Range<usize>, message: &str) -> SyntaxError {
        SyntaxError::new(self.file.at(range), message)
    }

    /// Passes over blank lines and comments; false at the end of the file.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            self.at += skipped(self.rest(), char::is_whitespace);
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.at += skipped(self.rest(), |c| c != '\n');
        }
    }

    fn statement(&mut self, lookup: &Lookup<'_>, reading: &mut Reading) -> Result<(), SyntaxError> {
        let (name, has_value) = self.name()?;
        let value = if has_value {
            self.value(lookup, reading)?
        } else {
            match lookup(name.as_str()) {
                Some(value) => match name.span() {
                    Some(span) => value.then(&Origin::at(How::Environment, span)),
                    None => value,
                },
                // The line does nothing: a value from an earlier one stays.
                None => return Ok(()),
            }
        };
        let value = Value::Known(value);
        let room = self.known.set(name.as_str(), &value);
        let span = name.span();
        reading.entries.push(Entry { name, value });
        match span {
            Some(span) if !room => {
                Err(SyntaxError::new(span, "the values of this file grow without measure"))
            }
            _ => Ok(()),
        }
    }

    /// The name and whether `=` or `:` follows it. A name that the file ends in has none of both: compose then takes
    /// the name for the value of a variable without name.
    fn name(&mut self) -> Result<(Text, bool), SyntaxError> {
        // Go's `\s`, unlike its `unicode.IsSpace`, knows ASCII alone.
        let exported = self
            .rest()
            .strip_prefix("export")
            .is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r', '\u{c}']));
        if exported {
            self.at += "export".len();
            self.at += skipped(self.rest(), is_blank);
        }
        let start = self.at;
        for (offset, c) in self.rest().char_indices() {
            match c {
                '=' | ':' | '\n' => {
                    let name = Text::verbatim(self.file, start..start + offset);
                    let name = name.slice_of(name.as_str().trim_end());
                    self.at = start + offset + 1;
                    self.at += skipped(self.rest(), is_blank);
                    if name.as_str().contains(' ') {
                        let range = start..start + name.len();
                        return Err(self.error(range, "a variable name has a blank in it"));
                    }
                    return Ok((name, c != '\n'));
                }
                '_' | '.' | '-' | '[' | ']' => {}
                c if is_blank(c) || c.is_alphabetic() || c.is_numeric() => {}
                c => {
                    let range = start + offset..start + offset + c.len_utf8();
                    return Err(self.error(range, "this character cannot stand in a variable name"));
                }
            }
        }
        Ok((Text::verbatim(self.file, start..start), true))
    }

    fn value(&mut self, lookup: &Lookup<'_>, reading: &mut Reading) -> Result<Text, SyntaxError> {
        let template = match self.rest().as_bytes().first() {
            Some(b'\'') => return self.quoted(b'\''),
            Some(b'"') => unescape(&self.quoted(b'"')?),
            _ => self.unquoted(),
        };
        let outer =
            |name: &str| lookup(name).or_else(|| self.known.get(name).and_then(Value::known).cloned());
        match substitute(&template, &outer) {
            Ok(filled) => {
                reading.unset.extend(filled.unset);
                Ok(filled.text)
            }
            Err(error) => {
                let span = error.part().span().or(template.span()).unwrap_or(self.file.span());
                Err(SyntaxError::new(span, error.to_string()))
            }
        }
    }

    /// The rest of the line without a comment.
    fn unquoted(&mut self) -> Text {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let value = line.split(" #").next().unwrap_or_default().trim_end();
        let value = Text::verbatim(self.file, self.at..self.at + value.len());
        self.at += line.len() + usize::from(self.rest().len() > line.len());
        value
    }

    /// What stands in quotes, which a backslash before the quote does not end. Other backslashes stay.
    fn quoted(&mut self, quote: u8) -> Result<Text, SyntaxError> {
        let bytes = self.file.text.as_bytes();
        let start = self.at + 1;
        let (mut at, mut from) = (start, start);
        let mut value = Text::verbatim(self.file, start..start);
        while let Some(&byte) = bytes.get(at) {
            if byte == quote {
                value.push(&Text::verbatim(self.file, from..at));
                self.at = at + 1;
                return Ok(value);
            }
            if byte == b'\\' && bytes.get(at + 1) == Some(&quote) {
                value.push(&Text::verbatim(self.file, from..at));
                from = at + 1;
            }
            at += if byte == b'\\' { 2 } else { 1 };
        }
        let line = self.rest().split('\n').next().unwrap_or_default().len();
        Err(self.error(self.at..self.at + line, "this quote is never closed"))
    }
}

/// `expandEscapes`: `\n` and its like in double quotes. `\$` becomes `$$`, which the template takes for a literal `$`.
fn unescape(text: &Text) -> Text {
    let source = text.as_str();
    let (mut value, mut from, mut at) = (text.slice(0..0), 0, 0);
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let (len, decoded) = escape(&source.as_bytes()[at..]);
        if let Some(decoded) = decoded {
            value.push(&text.slice(from..at));
            let sequence = text.slice(at..at + len);
            value.push(&Text::traced(decoded, sequence.trail()));
            from = at + len;
        }
        at += len;
    }
    value.push(&text.slice(from..source.len()));
    value
}

/// How many bytes the sequence takes that a backslash begins, and what it means if it means anything.
fn escape(bytes: &[u8]) -> (usize, Option<String>) {
    let one = |c: &str| (2, Some(c.to_owned()));
    match bytes.get(1) {
        Some(b'a') => one("\x07"),
        Some(b'b') => one("\x08"),
        Some(b'f') => one("\x0c"),
        Some(b'n') => one("\n"),
        Some(b'r') => one("\r"),
        Some(b't') => one("\t"),
        Some(b'v') => one("\x0b"),
        Some(b'"') => one("\""),
        Some(b'\\') => one("\\"),
        Some(b'$') => one("$$"),
        // In the pattern, but Go's `UnquoteChar` does not know it.
        Some(b'c') => (2, None),
        Some(b'0') => {
            let digits = bytes.iter().skip(2).take(3).take_while(|byte| byte.is_ascii_digit()).count();
            let digits = std::str::from_utf8(&bytes[2..2 + digits]).unwrap_or_default();
            // The zero is taken away before Go looks; Go wants three octal digits and a value that fits a byte.
            let code = if digits.len() == 3 { u8::from_str_radix(digits, 8).ok() } else { None };
            let decoded = code.map_or_else(|| format!("\\{digits}"), |code| char::from(code).to_string());
            (2 + digits.len(), Some(decoded))
        }
        _ => (1, None),
    }
}

fn skipped(text: &str, skip: impl Fn(char) -> bool) -> usize {
    text.find(|c| !skip(c)).unwrap_or(text.len())
}

/// The parser's own `isSpace`: blanks that do not end a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}
