//! Strings cut into words, each at its own place: as docker compose cuts a `command:`, as Python's `shlex`
//! does it, and as systemd does.

mod compose;
mod posix;
mod systemd;

use std::ops::Range;

use thiserror::Error;

pub use self::compose::{Command, split_command};
pub use self::posix::{Comments, split_posix};
pub use self::systemd::split_systemd;
use crate::trace::Text;

/// Why a string cannot be cut into words: its program refuses it.
#[derive(Clone, Debug, Error)]
pub enum SplitError {
    /// A quote or parenthesis that is never closed, from there on.
    #[error("this is never closed")]
    Unclosed(Text),
    /// A backslash at the end.
    #[error("nothing stands behind this backslash")]
    Dangling(Text),
    /// A `(` that docker compose does not take.
    #[error("docker compose takes no `(` outside of quotes, but for the one of `$(…)`")]
    Parenthesis(Text),
}

impl SplitError {
    /// The part of the string that is at fault: its span is the place of the error.
    pub fn part(&self) -> &Text {
        match self {
            Self::Unclosed(part) | Self::Dangling(part) | Self::Parenthesis(part) => part,
        }
    }
}

/// Words in the making.
struct Words<'a> {
    source: &'a Text,
    done: Vec<Text>,
    /// The word under way, as far as it is put together.
    word: Option<Text>,
    /// What comes next in it, not put together yet.
    run: Range<usize>,
}

impl<'a> Words<'a> {
    fn new(source: &'a Text) -> Self {
        Self { source, done: Vec::new(), word: None, run: 0..0 }
    }

    /// Makes the bytes `range` part of the word.
    fn keep(&mut self, range: Range<usize>) {
        if self.run.end == range.start && !self.run.is_empty() {
            self.run.end = range.end;
        } else {
            self.flush();
            self.run = range;
        }
    }

    /// Makes `character` part of the word, which the bytes `range` mean.
    fn replace(&mut self, range: Range<usize>, character: char) {
        self.flush();
        let part = Text::traced(character.to_string(), self.source.slice(range).trail());
        match &mut self.word {
            None => self.word = Some(part),
            Some(word) => word.push(&part),
        }
    }

    fn flush(&mut self) {
        if !self.run.is_empty() {
            let part = self.source.slice(self.run.clone());
            match &mut self.word {
                None => self.word = Some(part),
                Some(word) => word.push(&part),
            }
            self.run = 0..0;
        }
    }

    /// Ends a word that ends before `at`; one of nothing but quotes is empty.
    fn end(&mut self, at: usize) {
        self.flush();
        let word = self.word.take().unwrap_or_else(|| self.source.slice(at..at));
        self.done.push(word);
    }
}

#[cfg(test)]
mod tests;
