//! Scalars without quotes.

use super::cursor::{is_blank, is_gap};
use super::pieces::{Breaks, Pieced, Pieces};
use super::scanner::{Result, Scanner};
use crate::source::Span;
use crate::syntax::SyntaxError;

impl Scanner<'_> {
    /// A plain scalar, which may go on over several lines.
    pub(super) fn scan_plain(&mut self) -> Result<(Pieced, Span)> {
        let start = self.cursor.mark();
        let mut pieces = Pieces::new(self.file, start.at);
        let (mut blanks, mut breaks, mut end) = (start.at..start.at, Breaks::default(), start.at);
        while !self.cursor.at_document_mark() && !self.cursor.next_is('#') {
            let word = self.skip_plain_word();
            if !word.is_empty() {
                if breaks.is_empty() {
                    pieces.verbatim(blanks);
                } else {
                    breaks.fold(&mut pieces);
                }
                end = word.end;
                pieces.verbatim(word);
            }
            if !self.cursor.at_blank() && !self.cursor.at_break() {
                break;
            }
            blanks = self.cursor.skip_while(is_blank);
            if self.cursor.at_break() {
                self.skip_plain_breaks(&mut breaks)?;
            }
            if !self.in_flow() && self.cursor.column() <= self.indent {
                break;
            }
        }
        // A scalar that was followed by a line break has passed it, and so a key can start.
        self.simple_key_allowed |= !breaks.is_empty();
        Ok((pieces.finish(end), self.file.at(start.at..end)))
    }

    /// Steps over characters up to a gap or a mark that ends a plain scalar.
    fn skip_plain_word(&mut self) -> std::ops::Range<usize> {
        let start = self.cursor.at();
        while let Some(next) = self.cursor.peek() {
            let ends = match next {
                ':' => is_gap(self.cursor.second()),
                ',' | '?' | '[' | ']' | '{' | '}' => self.in_flow(),
                _ => is_gap(Some(next)),
            };
            if ends {
                break;
            }
            self.cursor.skip();
        }
        start..self.cursor.at()
    }

    /// Steps over line breaks and the blanks between and after them.
    fn skip_plain_breaks(&mut self, breaks: &mut Breaks) -> Result<()> {
        loop {
            if self.cursor.at_break() {
                breaks.push(self.cursor.skip_break());
            } else if self.cursor.next_is('\t') && self.cursor.column() <= self.indent {
                let tab = self.file.at(self.cursor.at()..self.cursor.at() + 1);
                return Err(SyntaxError::new(tab, "a tab cannot indent"));
            } else if self.cursor.at_blank() {
                self.cursor.skip();
            } else {
                return Ok(());
            }
        }
    }
}
