//! What a shell would run or work out in the middle of a word: passed over, and its value unknown.

use super::word::Word;
use super::{Fault, Outcome, Shell};

impl Shell<'_> {
    /// `$(…)` or `$[…]`, which are not run.
    pub(super) fn skip_nested(&mut self, open: u8, close: u8, word: &mut Word) -> Outcome<()> {
        let start = self.at;
        let (mut level, mut quote) = (0_usize, None);
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += 1;
            match (quote, byte) {
                (Some(b'\''), b'\'') | (Some(b'"'), b'"') => quote = None,
                (Some(b'\''), _) => {}
                (_, b'\\') => self.at += 1,
                (None, b'\'' | b'"') => quote = Some(byte),
                (None, byte) if byte == open => level += 1,
                (None, byte) if byte == close => {
                    level -= 1;
                    if level == 0 {
                        word.unknown(self.span(start), "only running it would tell");
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err(Fault::Syntax(self.file.at(start..start + 2), "this is never closed"))
    }

    pub(super) fn backticks(&mut self, word: &mut Word) -> Outcome<()> {
        self.skip_to(b'`', 1, word)
    }

    /// `$'…'`, which only some shells know.
    pub(super) fn escaped_quotes(&mut self, word: &mut Word) -> Outcome<()> {
        self.skip_to(b'\'', 2, word)
    }

    fn skip_to(&mut self, close: u8, opening: usize, word: &mut Word) -> Outcome<()> {
        let start = self.at;
        self.at += opening;
        while let Some(byte) = self.byte() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == close {
                word.unknown(self.span(start), "only the shell that runs it would tell");
                return Ok(());
            }
        }
        Err(Fault::Syntax(self.file.at(start..start + opening), "this is never closed"))
    }
}
