//! Words: quotes, backslashes and expansions.

use super::command::name_length;
use super::{Fault, Outcome, Shell};
use crate::source::Span;
use crate::syntax::dotenv::{MAX_VALUES, Value};
use crate::trace::{How, Origin, Text, Trail};

/// How deep quotes and expansions may stand in one another.
const MAX_DEPTH: usize = 100;

/// Variables that bash makes itself where they are not set.
const MADE_BY_THE_SHELL: [&str; 20] = [
    "0",
    "_",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "GROUPS",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "LINENO",
    "MACHTYPE",
    "OPTIND",
    "OSTYPE",
    "PPID",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHLVL",
    "UID",
];

/// Where a word ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// At a blank or an operator.
    Word,
    /// Likewise, and `~` means the home folder at its start and behind each `:`.
    Assignment,
    /// At the closing `"`.
    Quotes,
    /// At the closing `}` of an operand.
    Brace {
        /// Whether the expansion stands in double quotes.
        quoted: bool,
    },
}

impl Ends {
    fn in_quotes(self) -> bool {
        matches!(self, Self::Quotes | Self::Brace { quoted: true })
    }

    fn at(self, byte: u8) -> bool {
        match self {
            Self::Word | Self::Assignment => {
                matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
            }
            Self::Quotes => byte == b'"',
            Self::Brace { .. } => byte == b'}',
        }
    }
}

/// A word as far as it is known.
pub(super) struct Word {
    text: Text,
    unknown: Option<(Span, &'static str)>,
    /// Whether an expansion was part of it.
    expanded: bool,
}

impl Word {
    fn new(text: Text) -> Self {
        Self { text, unknown: None, expanded: false }
    }

    /// The word, if it is as it stands, quotes aside.
    pub(super) fn literal(&self) -> Option<&Text> {
        (!self.expanded && self.unknown.is_none()).then_some(&self.text)
    }

    pub(super) fn into_value(self) -> Value {
        match self.unknown {
            Some((place, reason)) => Value::Unknown { place, reason },
            None => Value::Known(self.text),
        }
    }

    fn push(&mut self, text: &Text) {
        if !text.is_empty() {
            self.text.push(text);
        }
    }

    /// Appends what an expansion gave. Where all is empty, the first of these says where nothing came from.
    fn expansion(&mut self, text: &Text) {
        if !self.expanded || !text.is_empty() {
            self.text.push(text);
        }
        self.expanded = true;
    }

    pub(super) fn unknown(&mut self, place: Span, reason: &'static str) {
        self.unknown.get_or_insert((place, reason));
    }

    fn append(&mut self, other: &Self) {
        self.expansion(&other.text);
        if let Some((place, reason)) = other.unknown {
            self.unknown(place, reason);
        }
    }
}

impl Shell<'_> {
    /// The word that begins here; a closing quote or brace is not passed over.
    pub(super) fn word(&mut self, ends: Ends) -> Outcome<Word> {
        let start = self.at;
        let mut word = Word::new(Text::verbatim(self.file, start..start));
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::Syntax(
                self.span(start),
                "too many quotes and expansions stand in one another",
            ));
        }
        if ends == Ends::Assignment {
            self.tilde(&mut word);
        }
        loop {
            let from = self.at;
            self.skip_while(|byte| {
                !matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`' | b':') && !ends.at(byte)
            });
            word.push(&Text::verbatim(self.file, from..self.at));
            match self.byte() {
                Some(byte) if ends.at(byte) => break,
                None if matches!(ends, Ends::Word | Ends::Assignment) => break,
                None => return Err(Fault::Syntax(self.file.at(start - 1..start), "this is never closed")),
                Some(_) => self.special(ends, &mut word)?,
            }
            if word.text.len() > MAX_VALUES {
                return Err(Fault::Syntax(self.file.at(start..start + 1), "this grows without measure"));
            }
        }
        self.depth -= 1;
        Ok(word)
    }

    fn literal(&mut self, len: usize, word: &mut Word) {
        word.push(&Text::verbatim(self.file, self.at..self.at + len));
        self.at += len;
    }

    fn special(&mut self, ends: Ends, word: &mut Word) -> Outcome<()> {
        match self.byte() {
            Some(b'$') => self.dollar(ends, word)?,
            Some(b'`') => self.backticks(word)?,
            Some(b'"') => {
                self.at += 1;
                let quoted = self.word(Ends::Quotes)?;
                self.at += 1;
                word.expanded |= quoted.expanded;
                word.push(&quoted.text);
                if let Some((place, reason)) = quoted.unknown {
                    word.unknown(place, reason);
                }
            }
            Some(b'\'') if !ends.in_quotes() => {
                let start = self.at;
                let Some(len) = self.file.text[start + 1..].find('\'') else {
                    return Err(Fault::Syntax(self.file.at(start..start + 1), "this quote is never closed"));
                };
                self.at += 1;
                self.literal(len, word);
                self.at += 1;
            }
            Some(b'\\') => self.backslash(ends, word),
            Some(b':') => {
                self.literal(1, word);
                if ends == Ends::Assignment {
                    self.tilde(word);
                }
            }
            _ => self.literal(1, word),
        }
        Ok(())
    }

    fn backslash(&mut self, ends: Ends, word: &mut Word) {
        let next = self.file.text[self.at + 1..].chars().next();
        match next {
            Some('\n') => self.at += 2,
            None => self.literal(1, word),
            Some(c) => {
                let escapes = match ends {
                    Ends::Quotes => matches!(c, '$' | '`' | '"' | '\\'),
                    Ends::Brace { quoted: true } => matches!(c, '$' | '`' | '"' | '\\' | '}'),
                    _ => true,
                };
                self.at += usize::from(escapes);
                self.literal(if escapes { c.len_utf8() } else { 1 }, word);
            }
        }
    }

    /// `~` or `~/…`, the home folder.
    fn tilde(&mut self, word: &mut Word) {
        let Some(rest) = self.rest().strip_prefix('~') else { return };
        let user = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '+')));
        let user = user.unwrap_or(rest.len());
        if !rest[user..].is_empty()
            && !rest[user..].starts_with([' ', '\t', '\n', ';', '&', '|', '<', '>', '/', ':'])
        {
            return;
        }
        let start = self.at;
        self.at += 1 + user;
        let span = self.span(start);
        match self.value("HOME") {
            Some(Value::Known(home)) if user == 0 => {
                word.expansion(&home.then(&Origin::at(How::Interpolated, span)));
            }
            _ => {
                word.expanded = true;
                word.unknown(span, "the home folder of a user is not known");
            }
        }
    }

    fn dollar(&mut self, ends: Ends, word: &mut Word) -> Outcome<()> {
        let start = self.at;
        let rest = &self.file.text[start + 1..];
        let name = name_length(rest);
        match rest.bytes().next() {
            _ if name > 0 => {
                self.at += 1 + name;
                self.variable(start, start + 1..start + 1 + name, word);
            }
            Some(b'0'..=b'9') => {
                self.at += 2;
                self.variable(start, start + 1..start + 2, word);
            }
            Some(b'{') => self.braced(ends, word)?,
            Some(b'(') => self.skip_nested(b'(', b')', word)?,
            Some(b'[') => self.skip_nested(b'[', b']', word)?,
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                self.at += 2;
                word.expanded = true;
                word.unknown(self.span(start), "only the running shell knows it");
            }
            Some(b'\'') if !ends.in_quotes() => self.escaped_quotes(word)?,
            // A translated string: nobody translates.
            Some(b'"') if !ends.in_quotes() => self.at += 1,
            _ => self.literal(1, word),
        }
        Ok(())
    }

    /// The value of the variable whose expansion began at `start` and ends here.
    fn variable(&mut self, start: usize, name: std::ops::Range<usize>, word: &mut Word) {
        let span = self.span(start);
        let name = Text::verbatim(self.file, name);
        match self.value(name.as_str()) {
            Some(Value::Known(text)) => word.expansion(&text.then(&Origin::at(How::Interpolated, span))),
            Some(Value::Unknown { place, reason }) => {
                word.expanded = true;
                word.unknown(place, reason);
            }
            _ if made_by_the_shell(name.as_str()) => {
                word.expanded = true;
                word.unknown(span, "the shell itself sets it");
            }
            _ => {
                word.expansion(&Text::traced("", Trail::new(Origin::at(How::Implied, span))));
                if self.unused == 0 {
                    self.reading.unset.push(name);
                }
            }
        }
    }

    /// `${NAME}`, with or without an operand.
    fn braced(&mut self, ends: Ends, word: &mut Word) -> Outcome<()> {
        let start = self.at;
        self.at += 2;
        let name_at = self.at;
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits.max(name_length(self.rest()));
        let name = name_at..self.at;
        if self.byte() == Some(b'}') && !name.is_empty() {
            self.at += 1;
            self.variable(start, name, word);
            return Ok(());
        }
        let colon = self.byte() == Some(b':');
        let operator = self.byte_at(usize::from(colon)).filter(|byte| b"-=?+".contains(byte));
        let (Some(operator), false) = (operator, name.is_empty()) else {
            self.unused += 1;
            self.word(Ends::Brace { quoted: ends.in_quotes() })?;
            self.unused -= 1;
            self.at += 1;
            word.expanded = true;
            word.unknown(self.span(start), "this expansion is not followed");
            return Ok(());
        };
        self.at += usize::from(colon) + 1;
        let name = Text::verbatim(self.file, name);
        self.operated(start, &name, (operator, colon), ends, word)
    }

    fn operated(
        &mut self,
        start: usize,
        name: &Text,
        (operator, colon): (u8, bool),
        ends: Ends,
        word: &mut Word,
    ) -> Outcome<()> {
        let value = self.value(name.as_str());
        let unknown = matches!(value, Some(Value::Unknown { .. }))
            || value.is_none() && made_by_the_shell(name.as_str());
        let is_set = value.as_ref().and_then(Value::known).is_some_and(|text| !(colon && text.is_empty()));
        let used = !unknown && is_set == (operator == b'+');
        self.unused += usize::from(!used);
        let operand = self.word(Ends::Brace { quoted: ends.in_quotes() })?;
        self.unused -= usize::from(!used);
        self.at += 1;
        match (operator, used) {
            (b'+', false) if !unknown => {
                word.expansion(&Text::traced("", Trail::new(Origin::at(How::Implied, self.span(start)))));
            }
            (_, false) => self.variable(start, name_range(name, self.file.text.len()), word),
            (b'?', true) if self.unused == 0 => {
                let message =
                    if operand.text.is_empty() { "parameter not set" } else { operand.text.as_str() };
                return Err(Fault::Exits(self.span(start), format!("{name}: {message}")));
            }
            (b'=', true) if self.unused == 0 => {
                word.append(&operand);
                self.set(name.clone(), operand.into_value())?;
            }
            _ => word.append(&operand),
        }
        Ok(())
    }
}

fn made_by_the_shell(name: &str) -> bool {
    MADE_BY_THE_SHELL.contains(&name) || name.starts_with("BASH")
}

/// Where `name`, which stands in the file, stands there.
fn name_range(name: &Text, end: usize) -> std::ops::Range<usize> {
    name.span().map_or(end..end, Span::range)
}
