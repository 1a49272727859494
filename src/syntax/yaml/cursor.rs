//! A place in the text that moves forward.

use std::ops::Range;

/// A place, in the ways that YAML's rules count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes from the start of the file.
    pub(super) at: usize,
    /// Line breaks before it.
    pub(super) line: usize,
    /// Characters since the last line break; signed, since the indentation outside of everything is −1.
    pub(super) column: isize,
}

/// Walks over a text, character by character.
pub(super) struct Cursor<'a> {
    text: &'a str,
    mark: Mark,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, mark: Mark { at: 0, line: 0, column: 0 } }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn at(&self) -> usize {
        self.mark.at
    }

    pub(super) fn column(&self) -> isize {
        self.mark.column
    }

    /// What is still to come.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.mark.at..).unwrap_or("")
    }

    /// The bytes `range` of the whole text.
    pub(super) fn text(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next_is(&self, wanted: char) -> bool {
        self.peek() == Some(wanted)
    }

    /// The character after the next one.
    pub(super) fn second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    pub(super) fn at_blank(&self) -> bool {
        self.peek().is_some_and(is_blank)
    }

    pub(super) fn at_break(&self) -> bool {
        self.peek().is_some_and(is_break)
    }

    /// Whether a word ends here.
    pub(super) fn at_gap(&self) -> bool {
        is_gap(self.peek())
    }

    /// Whether a line starts here with `---` or `...` as a word of its own.
    pub(super) fn at_document_mark(&self) -> bool {
        let mark = ["---", "..."].iter().find_map(|mark| self.rest().strip_prefix(mark));
        self.mark.column == 0 && mark.is_some_and(|after| is_gap(after.chars().next()))
    }

    /// Steps over one character that is no line break.
    pub(super) fn skip(&mut self) {
        if let Some(next) = self.peek() {
            self.mark.at += next.len_utf8();
            self.mark.column += 1;
        }
    }

    /// Steps over characters while `wanted` holds; none of them may be a line break. Gives their bytes.
    pub(super) fn skip_while(&mut self, wanted: impl Fn(char) -> bool) -> Range<usize> {
        let start = self.mark.at;
        while self.peek().is_some_and(&wanted) {
            self.skip();
        }
        start..self.mark.at
    }

    /// Steps over one line break, CR and LF together. Gives its bytes.
    pub(super) fn skip_break(&mut self) -> Range<usize> {
        let start = self.mark.at;
        let len = if self.rest().starts_with("\r\n") { 2 } else { self.peek().map_or(0, char::len_utf8) };
        self.mark = Mark { at: start + len, line: self.mark.line + 1, column: 0 };
        start..self.mark.at
    }

    /// Steps over blanks and line breaks up to the byte `at`.
    pub(super) fn skip_to(&mut self, at: usize) {
        while self.mark.at < at {
            if self.at_break() {
                self.skip_break();
            } else {
                self.skip();
            }
        }
    }

    /// Steps over a byte order mark, which takes a column but at the start of the file.
    pub(super) fn skip_byte_order_mark(&mut self) {
        if self.next_is('\u{feff}') {
            let first = self.mark.at == 0;
            self.skip();
            self.mark.column -= isize::from(first);
        }
    }
}

/// The line breaks of YAML 1.1, which yaml.v3 follows here.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether `next` is a blank, a line break or the end.
pub(super) fn is_gap(next: Option<char>) -> bool {
    next.is_none_or(|c| is_blank(c) || is_break(c))
}
