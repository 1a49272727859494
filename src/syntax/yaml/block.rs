//! Block scalars: literal `|` and folded `>`.

use std::ops::Range;

use super::cursor::{is_blank, is_break};
use super::pieces::{Breaks, Pieced, Pieces};
use super::scanner::{Result, Scanner};
use crate::source::Span;
use crate::syntax::SyntaxError;

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// `-`: none stays.
    Strip,
    /// One stays.
    Clip,
    /// `+`: all stay.
    Keep,
}

/// The line `>2-` that opens a block scalar.
struct Header {
    literal: bool,
    chomping: Chomping,
    /// The column of the content, where the header says it.
    indent: Option<isize>,
}

impl Scanner<'_> {
    pub(super) fn scan_block(&mut self) -> Result<(Pieced, Span)> {
        let start = self.cursor.mark();
        let header = self.scan_block_header()?;
        let mut end = self.cursor.at();
        let mut empty_lines = Breaks::default();
        let indent = self.skip_empty_lines(header.indent, &mut empty_lines)?;
        let mut pieces = Pieces::new(self.file, self.cursor.at());
        let (mut line_break, mut after_blank): (Option<Range<usize>>, bool) = (None, false);
        while self.cursor.column() == indent && self.cursor.peek().is_some() {
            let blank = self.cursor.at_blank();
            let mut between = Breaks::default();
            if let Some(range) = line_break.take() {
                between.push(range);
            }
            let folds = !header.literal && !after_blank && !blank && !between.is_empty();
            between.append(&mut empty_lines);
            if folds {
                between.fold(&mut pieces);
            } else {
                between.keep(&mut pieces);
            }
            after_blank = blank;
            pieces.verbatim(self.cursor.skip_while(|c| !is_break(c)));
            end = self.cursor.at();
            if self.cursor.at_break() {
                line_break = Some(self.cursor.skip_break());
            }
            self.skip_empty_lines(Some(indent), &mut empty_lines)?;
        }
        if let (Some(range), true) = (line_break, header.chomping != Chomping::Strip) {
            end = range.end;
            pieces.line_break(range);
        }
        if header.chomping == Chomping::Keep {
            end = self.cursor.at().max(end);
            empty_lines.keep(&mut pieces);
        }
        Ok((pieces.finish(end), self.file.at(start.at..end)))
    }

    /// The indicators in either order, a comment, and the line break.
    fn scan_block_header(&mut self) -> Result<Header> {
        let literal = self.cursor.next_is('|');
        self.cursor.skip();
        let (mut chomping, mut digit) = (None, None);
        loop {
            match self.cursor.peek() {
                Some('+') if chomping.is_none() => chomping = Some(Chomping::Keep),
                Some('-') if chomping.is_none() => chomping = Some(Chomping::Strip),
                Some('0') if digit.is_none() => {
                    return self.error_here("the content of a block cannot be indented by 0");
                }
                Some(next @ '1'..='9') if digit.is_none() => digit = next.to_digit(10),
                _ => break,
            }
            self.cursor.skip();
        }
        self.cursor.skip_while(is_blank);
        if self.cursor.next_is('#') {
            self.cursor.skip_while(|c| !is_break(c));
        }
        if self.cursor.at_break() {
            self.cursor.skip_break();
        } else if self.cursor.peek().is_some() {
            return self.error_here("the content of a block starts on the next line");
        }
        let indent =
            digit.and_then(|digit| isize::try_from(digit).ok()).map(|digit| self.indent.max(0) + digit);
        Ok(Header { literal, chomping: chomping.unwrap_or(Chomping::Clip), indent })
    }

    /// Steps over empty lines and the indentation of the line after them. Gives the column of the content: `known`, or
    /// that of the line furthest in so far.
    fn skip_empty_lines(&mut self, known: Option<isize>, breaks: &mut Breaks) -> Result<isize> {
        let mut furthest = 0;
        loop {
            while self.cursor.next_is(' ') && known.is_none_or(|known| self.cursor.column() < known) {
                self.cursor.skip();
            }
            furthest = furthest.max(self.cursor.column());
            if self.cursor.next_is('\t') && known.is_none_or(|known| self.cursor.column() < known) {
                let tab = self.file.at(self.cursor.at()..self.cursor.at() + 1);
                return Err(SyntaxError::new(tab, "a tab cannot indent"));
            }
            if !self.cursor.at_break() {
                return Ok(known.unwrap_or(furthest.max(self.indent + 1).max(1)));
            }
            breaks.push(self.cursor.skip_break());
        }
    }
}
