//! Lines of commands: which assignments among them take effect.

use super::word::{Ends, Word};
use super::{Fault, Outcome, Shell};
use crate::source::Span;
use crate::syntax::SyntaxError;
use crate::syntax::dotenv::{Entry, Value};
use crate::trace::Text;

/// Words that begin or join compound commands, and built-ins that can change any variable or what is read next.
const OPAQUE: [&str; 45] = [
    "!",
    ".",
    "[[",
    "alias",
    "break",
    "builtin",
    "case",
    "cd",
    "command",
    "continue",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "enable",
    "esac",
    "eval",
    "exec",
    "exit",
    "fi",
    "for",
    "function",
    "getopts",
    "if",
    "let",
    "local",
    "mapfile",
    "popd",
    "pushd",
    "read",
    "readarray",
    "return",
    "select",
    "shift",
    "shopt",
    "source",
    "then",
    "time",
    "trap",
    "until",
    "wait",
    "while",
    "{",
    "}",
];

/// Commands that change no variable and that nobody minds in a file of variables.
const HARMLESS: [&str; 6] = [":", "[", "echo", "false", "test", "true"];

/// Whether a command is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    Always,
    /// If the command before it succeeds, or fails, which only running it would tell.
    Perhaps,
    Never,
}

/// What stands between two commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Newline,
    Semicolon,
    Background,
    Pipe,
    And,
    Or,
}

/// How a command ended.
enum Status {
    Success,
    Unknown,
}

impl Shell<'_> {
    /// One line, with all that quotes and joints draw into it.
    pub(super) fn line(&mut self) -> Outcome<()> {
        let (mut runs, mut piped) = (Runs::Always, false);
        loop {
            let status = self.command()?;
            let joint = self.joint()?;
            let apart = piped || matches!(joint, Joint::Pipe | Joint::Background);
            self.commit(if apart { Runs::Never } else { runs })?;
            piped = joint == Joint::Pipe;
            runs = match (joint, status) {
                (Joint::Newline, _) => return Ok(()),
                (Joint::Semicolon | Joint::Background, _) => Runs::Always,
                (Joint::Pipe, _) => runs,
                (Joint::And, Status::Success) if !apart => runs,
                (Joint::Or, Status::Success) if !apart && runs == Runs::Always => Runs::Never,
                (Joint::And | Joint::Or, _) => Runs::Perhaps,
            };
            self.skip_blanks();
            let continues = matches!(joint, Joint::Pipe | Joint::And | Joint::Or);
            match self.byte() {
                Some(b'\n') | None if !continues => return Ok(()),
                _ if continues => drop(self.skip_to_command()),
                _ => {}
            }
        }
    }

    fn commit(&mut self, runs: Runs) -> Outcome<()> {
        for Entry { name, value } in std::mem::take(&mut self.pending) {
            match (runs, name.span()) {
                (Runs::Never, _) => {}
                (Runs::Perhaps, Some(place)) => {
                    let reason = "it depends on whether a command succeeds";
                    self.set(name, Value::Unknown { place, reason })?;
                }
                _ => self.set(name, value)?,
            }
        }
        Ok(())
    }

    fn joint(&mut self) -> Outcome<Joint> {
        let start = self.at;
        let (joint, len) = match (self.byte(), self.byte_at(1)) {
            (None, _) => (Joint::Newline, 0),
            (Some(b'\n'), _) => (Joint::Newline, 1),
            (Some(b'&'), Some(b'&')) => (Joint::And, 2),
            (Some(b'|'), Some(b'|')) => (Joint::Or, 2),
            (Some(b'|'), Some(b'&')) => (Joint::Pipe, 2),
            (Some(b'|'), _) => (Joint::Pipe, 1),
            (Some(b'&'), _) => (Joint::Background, 1),
            (Some(b';'), next) if next != Some(b';') => (Joint::Semicolon, 1),
            _ => {
                self.at += 1;
                return Err(Fault::Syntax(self.span(start), "a shell does not expect this here"));
            }
        };
        self.at += len;
        Ok(joint)
    }

    /// Assignments, then a command with its arguments; at least one of these.
    fn command(&mut self) -> Outcome<Status> {
        let start = self.at;
        let mut command: Option<Command> = None;
        let mut empty = true;
        loop {
            self.skip_blanks();
            match self.byte() {
                None | Some(b'\n' | b';' | b'&' | b'|' | b')') => break,
                Some(b'(') => return Err(Fault::Opaque(self.file.at(self.at..self.at + 1))),
                Some(b'<' | b'>') => self.redirection()?,
                Some(_) => match &command {
                    None if self.assignment()? => {}
                    None => command = Some(self.command_word()?),
                    Some(known) => self.argument(*known)?,
                },
            }
            empty = false;
        }
        if empty {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            return Err(Fault::Syntax(self.span(start), "a shell expects a command here"));
        }
        match command {
            None if self.pending.iter().all(|entry| entry.value.known().is_some()) => Ok(Status::Success),
            Some(Command::Declaration | Command::Unset | Command::Success) => Ok(Status::Success),
            None => Ok(Status::Unknown),
            Some(Command::Set | Command::Other) => {
                self.pending.clear();
                Ok(Status::Unknown)
            }
        }
    }

    fn command_word(&mut self) -> Outcome<Command> {
        let start = self.at;
        let word = self.word(Ends::Word)?;
        let span = self.span(start);
        let Some(name) = word.literal().map(Text::as_str) else { return Err(Fault::Opaque(span)) };
        if OPAQUE.contains(&name) {
            return Err(Fault::Opaque(span));
        }
        match name {
            "export" | "readonly" | "declare" | "typeset" => {
                self.pending.clear();
                Ok(Command::Declaration)
            }
            "unset" => {
                self.pending.clear();
                Ok(Command::Unset)
            }
            "set" => Ok(Command::Set),
            ":" | "true" => {
                self.pending.clear();
                Ok(Command::Success)
            }
            _ => {
                if !HARMLESS.contains(&name) {
                    let message = "a shell runs this as a command: it sets no variable";
                    self.reading.errors.push(SyntaxError::new(span, message));
                }
                Ok(Command::Other)
            }
        }
    }

    fn argument(&mut self, command: Command) -> Outcome<()> {
        if command == Command::Declaration && self.assignment()? {
            return Ok(());
        }
        let start = self.at;
        let word = self.word(Ends::Word)?;
        let span = self.span(start);
        match (command, word.literal()) {
            (Command::Other | Command::Success, _) => Ok(()),
            // `set -a` is why the file is read at all. Other options end that, or the shell at the next failure.
            (Command::Set, Some(option)) if option.as_str() == "-a" || !is_option(option) => Ok(()),
            (Command::Declaration, Some(option)) if is_option(option) => {
                // Options that only export, protect or print.
                let changes_nothing = option.as_str()[1..].trim_matches(['x', 'r', 'g', 'p', '-']).is_empty();
                if changes_nothing { Ok(()) } else { Err(Fault::Opaque(span)) }
            }
            (Command::Declaration, Some(operand)) => {
                self.declared(operand, span);
                Ok(())
            }
            (Command::Unset, Some(name)) => {
                if !name.as_str().starts_with('-') {
                    self.pending.push(Entry { name: name.clone(), value: Value::Missing });
                }
                Ok(())
            }
            (Command::Declaration | Command::Unset | Command::Set, _) => Err(Fault::Opaque(span)),
        }
    }

    /// An operand of `export`: in quotes, an assignment is one still.
    fn declared(&mut self, operand: &Text, span: Span) {
        let (name, value) = match operand.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (operand.clone(), None),
        };
        if name.is_empty() || name_length(name.as_str()) < name.len() {
            self.reading.errors.push(SyntaxError::new(span, "this is no name of a variable to a shell"));
        } else if let Some(value) = value {
            self.pending.push(Entry { name, value: Value::Known(value) });
        }
    }

    fn redirection(&mut self) -> Outcome<()> {
        let start = self.at;
        self.skip_while(|byte| matches!(byte, b'<' | b'>' | b'&' | b'|'));
        let span = self.span(start);
        if self.rest().starts_with('(')
            || self.span(start).len() > 1 && self.file.text[start..].starts_with("<<")
        {
            return Err(Fault::Opaque(span));
        }
        self.skip_blanks();
        match self.byte() {
            None | Some(b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') => {
                Err(Fault::Syntax(span, "a shell expects a file behind this"))
            }
            Some(_) => self.word(Ends::Word).map(drop),
        }
    }

    /// `NAME=value`, if that stands here.
    fn assignment(&mut self) -> Outcome<bool> {
        let start = self.at;
        let name = name_length(self.rest());
        let after = self.rest().get(name..).unwrap_or_default();
        let (operator, appends) = match after.as_bytes() {
            _ if name == 0 => return Ok(false),
            [b'=', ..] => (1, false),
            [b'+', b'=', ..] => (2, true),
            // An element of an array; whether it is one, only its end would tell.
            [b'[', ..] => return Err(Fault::Opaque(self.file.at(start..start + name + 1))),
            _ => return Ok(false),
        };
        let name = Text::verbatim(self.file, start..start + name);
        self.at += name.len() + operator;
        if self.byte() == Some(b'(') {
            return Err(Fault::Opaque(self.span(start)));
        }
        let word = self.word(Ends::Assignment)?;
        let value = if appends { self.appended(&name, word) } else { word.into_value() };
        self.pending.push(Entry { name, value });
        Ok(true)
    }

    fn appended(&self, name: &Text, word: Word) -> Value {
        match (self.value(name.as_str()), word.into_value()) {
            (Some(Value::Known(mut text)), Value::Known(more)) => {
                text.push(&more);
                Value::Known(text)
            }
            (Some(unknown @ Value::Unknown { .. }), _) => unknown,
            (_, value) => value,
        }
    }
}

/// What the first word of a command makes of the words after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    /// `export` and its like: assignments as arguments.
    Declaration,
    Unset,
    Set,
    /// One that does nothing, and well.
    Success,
    Other,
}

fn is_option(word: &Text) -> bool {
    word.as_str().starts_with(['-', '+'])
}

/// How many bytes of `text` are a name of a variable.
pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}
