//! A shell that reads a file of assignments: `set -a; . ./.env`, as bash 5.2 does it. Nothing is run: what a command would
//! give is unknown, and behind a construct that decides what runs (`if`, `eval`, `exit`) nothing is known any more.

mod command;
mod substitution;
mod word;

use super::{End, Entry, Known, Reading, Value};
use crate::source::{SourceFile, Span};
use crate::syntax::template::Lookup;
use crate::trace::Text;

pub(super) fn read(file: &SourceFile, lookup: &Lookup<'_>, reading: &mut Reading) {
    let mut shell = Shell {
        file,
        at: 0,
        lookup,
        known: Known::default(),
        pending: Vec::new(),
        reading,
        depth: 0,
        unused: 0,
    };
    while shell.skip_to_command() {
        let line = shell.reading.entries.len();
        match shell.line() {
            Ok(()) => {}
            Err(Fault::Syntax(span, message)) => {
                // A shell parses a line as a whole before it runs any of it.
                shell.reading.entries.truncate(line);
                return shell.reading.fail(span, message, End::Stopped);
            }
            Err(Fault::Opaque(span)) => {
                let message = "only running the shell would tell what this and the lines after it set";
                return shell.reading.fail(span, message, End::Lost);
            }
            Err(Fault::Exits(span, message)) => return shell.reading.fail(span, message, End::Refused),
        }
    }
}

/// Why a shell does not go on, or cannot be followed further.
enum Fault {
    /// It refuses the line and stops reading.
    Syntax(Span, &'static str),
    /// What comes cannot be known without running it.
    Opaque(Span),
    /// It ends, and with it the program.
    Exits(Span, String),
}

type Outcome<T> = Result<T, Fault>;

struct Shell<'a> {
    file: &'a SourceFile,
    at: usize,
    lookup: &'a Lookup<'a>,
    known: Known,
    /// The assignments before the command that is being read.
    pending: Vec<Entry>,
    reading: &'a mut Reading,
    /// How many quotes and expansions are open.
    depth: usize,
    /// How many operands around this place are read only to find their end.
    unused: usize,
}

impl Shell<'_> {
    fn byte(&self) -> Option<u8> {
        self.byte_at(0)
    }

    fn byte_at(&self, ahead: usize) -> Option<u8> {
        self.file.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &str {
        self.file.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, start: usize) -> Span {
        self.file.at(start..self.at)
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.byte().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    /// Passes over blanks and continued lines, and a comment where a word could begin.
    fn skip_blanks(&mut self) {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t'));
            match (self.byte(), self.byte_at(1)) {
                (Some(b'\\'), Some(b'\n')) => self.at += 2,
                (Some(b'#'), _) => self.skip_while(|byte| byte != b'\n'),
                _ => return,
            }
        }
    }

    /// Passes over empty lines; false at the end of the file.
    fn skip_to_command(&mut self) -> bool {
        loop {
            self.skip_blanks();
            match self.byte() {
                Some(b'\n') => self.at += 1,
                byte => return byte.is_some(),
            }
        }
    }

    /// The value of `name` at this place of the file.
    fn value(&self, name: &str) -> Option<Value> {
        let pending = || self.pending.iter().rev().find(|entry| entry.name.as_str() == name);
        match pending().map(|entry| &entry.value).or_else(|| self.known.get(name)) {
            Some(Value::Missing) => None,
            Some(value) => Some(value.clone()),
            None => (self.lookup)(name).map(Value::Known),
        }
    }

    fn set(&mut self, name: Text, value: Value) -> Outcome<()> {
        let room = self.known.set(name.as_str(), &value);
        let span = name.span().unwrap_or(self.file.span());
        self.reading.entries.push(Entry { name, value });
        if room {
            Ok(())
        } else {
            Err(Fault::Exits(span, "the values of this file grow without measure".into()))
        }
    }
}
