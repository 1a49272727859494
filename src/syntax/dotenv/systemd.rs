//! systemd's `EnvironmentFile=` (systemd 252, `src/basic/env-file.c`, `parse_env_file_internal`; `man systemd.exec`).
//! No expansion; `#` and `;` begin comments only where a line begins; quotes only where a value begins.

use super::{Entry, Reading, Value};
use crate::source::SourceFile;
use crate::trace::Text;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    PreKey,
    Key,
    PreValue,
    Value,
    ValueEscape,
    SingleQuote,
    DoubleQuote,
    DoubleQuoteEscape,
    Comment,
    CommentEscape,
}

struct Parser<'a> {
    file: &'a SourceFile,
    state: State,
    key: Option<Text>,
    value: Option<Text>,
    /// Up to where the value counts: white space behind it does not.
    kept: usize,
}

pub(super) fn read(file: &SourceFile, reading: &mut Reading) {
    let mut parser = Parser { file, state: State::PreKey, key: None, value: None, kept: 0 };
    for (at, character) in file.text.char_indices() {
        parser.take(at, character, reading);
    }
    if !matches!(parser.state, State::PreKey | State::Key | State::Comment | State::CommentEscape) {
        parser.finish(file.text.len(), reading);
    }
}

impl Parser<'_> {
    fn take(&mut self, at: usize, c: char, reading: &mut Reading) {
        let is_break = matches!(c, '\n' | '\r');
        let blank = matches!(c, ' ' | '\t') || is_break;
        self.state = match self.state {
            State::PreKey if matches!(c, '#' | ';') => State::Comment,
            State::PreKey if blank => State::PreKey,
            State::PreKey => {
                self.key = Some(self.text(at, c));
                State::Key
            }
            State::Key if is_break => State::PreKey,
            State::Key if c == '=' => {
                (self.value, self.kept) = (None, 0);
                State::PreValue
            }
            State::Key => {
                let more = self.text(at, c);
                if let Some(key) = &mut self.key {
                    key.push(&more);
                }
                State::Key
            }
            State::PreValue | State::Value if is_break => {
                self.finish(at, reading);
                State::PreKey
            }
            State::PreValue => match c {
                '\'' => State::SingleQuote,
                '"' => State::DoubleQuote,
                '\\' => State::ValueEscape,
                _ if blank => State::PreValue,
                _ => self.keep(at, c, State::Value),
            },
            State::Value if c == '\\' => State::ValueEscape,
            State::Value if blank => {
                let kept = self.kept;
                let next = self.keep(at, c, State::Value);
                self.kept = kept;
                next
            }
            State::ValueEscape if is_break => State::Value,
            State::Value | State::ValueEscape => self.keep(at, c, State::Value),
            State::SingleQuote if c == '\'' => State::PreValue,
            State::SingleQuote => self.keep(at, c, State::SingleQuote),
            State::DoubleQuote => match c {
                '"' => State::PreValue,
                '\\' => State::DoubleQuoteEscape,
                _ => self.keep(at, c, State::DoubleQuote),
            },
            State::DoubleQuoteEscape => {
                if !matches!(c, '"' | '\\' | '`' | '$' | '\n') {
                    self.keep(at - 1, '\\', State::DoubleQuote);
                }
                if c == '\n' { State::DoubleQuote } else { self.keep(at, c, State::DoubleQuote) }
            }
            State::Comment if c == '\\' => State::CommentEscape,
            State::Comment if is_break => State::PreKey,
            State::Comment | State::CommentEscape => State::Comment,
        };
    }

    fn text(&self, at: usize, c: char) -> Text {
        Text::verbatim(self.file, at..at + c.len_utf8())
    }

    fn keep(&mut self, at: usize, c: char, next: State) -> State {
        let more = self.text(at, c);
        match &mut self.value {
            Some(value) => value.push(&more),
            None => self.value = Some(more),
        }
        self.kept = self.value.as_ref().map_or(0, Text::len);
        next
    }

    /// The assignment under way ends at `at`. Names that no variable can have are passed over.
    fn finish(&mut self, at: usize, reading: &mut Reading) {
        let Some(key) = self.key.take().map(|key| key.trim()) else { return };
        let empty = || Text::verbatim(self.file, at..at);
        let value = self.value.take().map_or_else(empty, |value| value.slice(0..self.kept));
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if key.as_str().chars().all(valid) && !key.as_str().starts_with(|c: char| c.is_ascii_digit()) {
            reading.entries.push(Entry { name: key, value: Value::Known(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dialect, read};
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn reads_as_the_state_machine_does() {
        let text = concat!(
            "; no\n# no \\\nno=1\nA = 1 # kept \nB=\"x y\"z ; \nexport C=1\nD='a\nb'\nE=\"\\$\\q\"\nF=a\\\n  b\\#\n",
            "G=$A ${A}\nH=\nI=\"q\" \"r\"\nnothing\nJ=a\"b\""
        );
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let entries = read(&file, Dialect::Systemd, &|_| None).entries;
        let read: Vec<_> =
            entries.iter().map(|e| (e.name.as_str(), e.value.known().unwrap().as_str())).collect();
        assert_eq!(
            read,
            [
                ("A", "1 # kept"),
                ("B", "x yz ;"),
                ("D", "a\nb"),
                ("E", "$\\q"),
                ("F", "a  b#"),
                ("G", "$A ${A}"),
                ("H", ""),
                ("I", "qr"),
                ("J", "a\"b\""),
            ]
        );
    }
}
