//! Scalars in single or double quotes.

use super::cursor::{Mark, is_blank, is_break};
use super::pieces::{Breaks, Pieced, Pieces};
use super::scanner::{Result, Scanner};
use crate::source::Span;
use crate::syntax::SyntaxError;

impl Scanner<'_> {
    /// A quoted scalar, which may go on over several lines whatever their indentation.
    pub(super) fn scan_quoted(&mut self) -> Result<(Pieced, Span)> {
        let start = self.cursor.mark();
        let single = self.cursor.next_is('\'');
        let quote = if single { '\'' } else { '"' };
        self.cursor.skip();
        let mut pieces = Pieces::new(self.file, self.cursor.at());
        loop {
            if self.cursor.at_document_mark() {
                return self.error_here("a document cannot start or end inside quotes");
            }
            let escaped_break = self.scan_quoted_word(single, &mut pieces)?;
            match self.cursor.peek() {
                None => {
                    let opening = self.file.at(start.at..start.at + 1);
                    return Err(SyntaxError::new(opening, "this quote is never closed"));
                }
                Some(next) if next == quote => break,
                Some(_) => self.scan_quoted_gap(escaped_break, &mut pieces),
            }
        }
        let end = self.cursor.at();
        self.cursor.skip();
        Ok((pieces.finish(end), self.since(start)))
    }

    /// Characters up to a gap or the closing quote. Says whether an escaped line break ended them.
    fn scan_quoted_word(&mut self, single: bool, pieces: &mut Pieces<'_>) -> Result<bool> {
        while !self.cursor.at_gap() {
            let mark = self.cursor.mark();
            match (self.cursor.peek(), self.cursor.second()) {
                (Some('\''), Some('\'')) if single => {
                    self.cursor.skip();
                    self.cursor.skip();
                    pieces.decoded("'", mark.at..self.cursor.at());
                }
                (Some('\''), _) if single => break,
                (Some('"'), _) if !single => break,
                (Some('\\'), Some(next)) if !single && is_break(next) => {
                    self.cursor.skip();
                    self.cursor.skip_break();
                    return Ok(true);
                }
                (Some('\\'), _) if !single => {
                    let value = self.scan_escape(mark)?;
                    pieces.decoded(value.encode_utf8(&mut [0; 4]), mark.at..self.cursor.at());
                }
                _ => {
                    self.cursor.skip();
                    pieces.verbatim(mark.at..self.cursor.at());
                }
            }
        }
        Ok(false)
    }

    /// Blanks and line breaks: blanks alone stay, line breaks are folded and take the blanks around them along.
    fn scan_quoted_gap(&mut self, escaped_break: bool, pieces: &mut Pieces<'_>) {
        let blanks = self.cursor.skip_while(is_blank);
        let mut breaks = Breaks::default();
        while self.cursor.at_break() {
            breaks.push(self.cursor.skip_break());
            self.cursor.skip_while(is_blank);
        }
        match (escaped_break, breaks.is_empty()) {
            (false, true) => pieces.verbatim(blanks),
            (false, false) => breaks.fold(pieces),
            (true, _) => breaks.keep(pieces),
        }
    }

    /// What an escape means. `\/`, which JSON and YAML 1.2 know, is none of yaml.v3's.
    fn scan_escape(&mut self, start: Mark) -> Result<char> {
        let name = self.cursor.second();
        self.cursor.skip();
        self.cursor.skip();
        let digits = match name {
            Some('0') => return Ok('\0'),
            Some('a') => return Ok('\x07'),
            Some('b') => return Ok('\x08'),
            Some('t' | '\t') => return Ok('\t'),
            Some('n') => return Ok('\n'),
            Some('v') => return Ok('\x0b'),
            Some('f') => return Ok('\x0c'),
            Some('r') => return Ok('\r'),
            Some('e') => return Ok('\x1b'),
            Some('N') => return Ok('\u{85}'),
            Some('_') => return Ok('\u{a0}'),
            Some('L') => return Ok('\u{2028}'),
            Some('P') => return Ok('\u{2029}'),
            Some(same @ (' ' | '"' | '\'' | '\\')) => return Ok(same),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => return Err(SyntaxError::new(self.since(start), "YAML has no such escape")),
        };
        let number =
            self.cursor.rest().get(..digits).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let decoded = number.and_then(|text| u32::from_str_radix(text, 16).ok()).and_then(char::from_u32);
        self.cursor.skip_to(self.cursor.at() + number.map_or(0, str::len));
        decoded.ok_or_else(|| SyntaxError::new(self.since(start), "this escape is no character"))
    }
}
