//! docker compose's words: mattn/go-shellwords v1.0.12, `shellwords.go`, with its options off, as compose-go calls it.

use super::{SplitError, Words};
use crate::trace::Text;

/// A string as docker compose takes it for a command.
#[derive(Clone, Debug)]
pub struct Command {
    /// Its words.
    pub words: Vec<Text>,
    /// From the first unquoted `;`, `&`, `|`, `<` or `>` on: compose drops this without a word.
    pub dropped: Option<Text>,
}

/// What a character stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Single,
    Double,
    /// `$(…)`; a lone `)` opens it as well.
    Parentheses,
}

/// Cuts `command` as docker compose does. No shell is asked: `#` begins no comment, `$NAME`, `$(…)` and backticks stay as
/// they are.
pub fn split_command(command: &Text) -> Result<Command, SplitError> {
    let mut splitter = Splitter {
        words: Words::new(command),
        inside: Inside::Nothing,
        in_backticks: false,
        opened_at: 0,
        is_word: false,
        first: None,
        last: None,
    };
    let mut chars = command.as_str().char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && splitter.inside != Inside::Single {
            let dangling = || SplitError::Dangling(command.slice(at..at + 1));
            let (at, escaped) = chars.next().ok_or_else(dangling)?;
            splitter.keep(at, escaped);
            splitter.is_word = true;
        } else if splitter.cuts(c) {
            splitter.end_before(at, c);
            return Ok(Command {
                words: splitter.words.done,
                dropped: Some(command.slice(at..command.len())),
            });
        } else {
            splitter.character(at, c)?;
        }
    }
    if splitter.inside != Inside::Nothing || splitter.in_backticks {
        return Err(SplitError::Unclosed(command.slice(splitter.opened_at..command.len())));
    }
    splitter.end(command.len());
    Ok(Command { words: splitter.words.done, dropped: None })
}

struct Splitter<'a> {
    words: Words<'a>,
    inside: Inside,
    in_backticks: bool,
    /// Where the last quote was opened.
    opened_at: usize,
    /// Whether there is a word, if only an empty one.
    is_word: bool,
    /// The first and last character of the word.
    first: Option<char>,
    last: Option<char>,
}

impl Splitter<'_> {
    fn keep(&mut self, at: usize, c: char) {
        self.words.keep(at..at + c.len_utf8());
        self.first = self.first.or(Some(c));
        self.last = Some(c);
    }

    fn end(&mut self, at: usize) {
        if self.is_word {
            self.words.end(at);
        }
        (self.is_word, self.first, self.last) = (false, None, None);
    }

    fn cuts(&self, c: char) -> bool {
        matches!(c, ';' | '&' | '|' | '<' | '>') && self.inside == Inside::Nothing && !self.in_backticks
    }

    /// Ends the last word before the cut. One with a digit before a `>` is taken for the number of a file, whatever else
    /// it is: `cmd 8000>log` has no `8000`.
    fn end_before(&mut self, at: usize, cut: char) {
        let is_number = cut == '>' && self.first.is_some_and(|first| first.is_ascii_digit());
        if !is_number {
            self.end(at);
        }
    }

    fn character(&mut self, at: usize, c: char) -> Result<(), SplitError> {
        let in_quotes = matches!(self.inside, Inside::Single | Inside::Double);
        match c {
            ' ' | '\t' | '\r' | '\n' => {
                if self.inside == Inside::Nothing && !self.in_backticks {
                    self.end(at);
                } else {
                    self.keep(at, c);
                }
                return Ok(());
            }
            '"' if matches!(self.inside, Inside::Nothing | Inside::Double) => {
                self.toggle(Inside::Double, at);
                return Ok(());
            }
            '\'' if matches!(self.inside, Inside::Nothing | Inside::Single) => {
                self.toggle(Inside::Single, at);
                return Ok(());
            }
            '`' if self.inside == Inside::Nothing => {
                self.in_backticks = !self.in_backticks;
                self.opened_at = at;
            }
            '(' if !in_quotes && !self.in_backticks => {
                if self.inside == Inside::Parentheses || self.last != Some('$') {
                    return Err(SplitError::Parenthesis(self.words.source.slice(at..at + 1)));
                }
                (self.inside, self.opened_at) = (Inside::Parentheses, at);
            }
            ')' if !in_quotes && !self.in_backticks => {
                let closes = self.inside == Inside::Parentheses;
                self.inside = if closes { Inside::Nothing } else { Inside::Parentheses };
                self.opened_at = at;
            }
            _ => {}
        }
        self.is_word = true;
        self.keep(at, c);
        Ok(())
    }

    /// Opens or closes a quote; what was in one is a word even when it is empty.
    fn toggle(&mut self, quote: Inside, at: usize) {
        if self.inside == quote {
            self.inside = Inside::Nothing;
            self.is_word = true;
        } else {
            (self.inside, self.opened_at) = (quote, at);
        }
    }
}
