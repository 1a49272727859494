//! Builds the text of a scalar while it is scanned, so that each byte of the value points at its bytes in the file.

use std::ops::Range;

use crate::source::SourceFile;
use crate::trace::Text;

/// The most pieces that one scalar is cut into. What follows points at the rest of the scalar as a whole; a value
/// with this many escapes is no command line.
const MAX_PIECES: usize = 1 << 14;

/// A text in the making.
pub(super) struct Pieces<'a> {
    file: &'a SourceFile,
    text: Text,
    /// Bytes of the file that stand in the value as they are, not yet in `text`.
    run: Range<usize>,
    count: usize,
    /// The value behind the last piece allowed, and where it starts in the file.
    rest: Option<(String, usize)>,
}

/// A finished text.
pub(super) struct Pieced {
    pub(super) text: Text,
    /// How much memory it takes, in rough bytes.
    pub(super) weight: usize,
}

impl<'a> Pieces<'a> {
    /// An empty text whose place is `at`.
    pub(super) fn new(file: &'a SourceFile, at: usize) -> Self {
        Self { file, text: Text::verbatim(file, at..at), run: at..at, count: 0, rest: None }
    }

    /// Appends the bytes `range` as they stand in the file.
    pub(super) fn verbatim(&mut self, range: Range<usize>) {
        if let Some((rest, _)) = &mut self.rest {
            rest.push_str(self.file.text.get(range).unwrap_or(""));
        } else if self.run.end == range.start {
            self.run.end = range.end;
        } else {
            self.flush();
            if self.count < MAX_PIECES {
                self.run = range;
            } else {
                let text = self.file.text.get(range.clone()).unwrap_or("");
                self.rest = Some((text.to_owned(), range.start));
            }
        }
    }

    /// Appends `value`, which the bytes `range` mean.
    pub(super) fn decoded(&mut self, value: &str, range: Range<usize>) {
        if let Some((rest, _)) = &mut self.rest {
            rest.push_str(value);
            return;
        }
        self.flush();
        if self.count >= MAX_PIECES {
            self.rest = Some((value.to_owned(), range.start));
            return;
        }
        self.count += 1;
        self.text.push(&Text::decoded(value, self.file.at(range.clone())));
        self.run = range.end..range.end;
    }

    /// Appends the line break at `range`: yaml.v3 makes each a line feed, but for U+2028 and U+2029.
    pub(super) fn line_break(&mut self, range: Range<usize>) {
        match self.file.text.get(range.clone()) {
            Some("\n" | "\u{2028}" | "\u{2029}") => self.verbatim(range),
            _ => self.decoded("\n", range),
        }
    }

    /// The text, where the scalar ends at the byte `end`.
    pub(super) fn finish(mut self, end: usize) -> Pieced {
        self.flush();
        if let Some((rest, start)) = self.rest.take() {
            self.text.push(&Text::decoded(rest, self.file.at(start..end)));
        }
        Pieced { weight: self.text.len() + 128 * (self.count + 1), text: self.text }
    }

    fn flush(&mut self) {
        if !self.run.is_empty() {
            self.count += 1;
            self.text.push(&Text::verbatim(self.file, self.run.clone()));
            self.run = self.run.end..self.run.end;
        }
    }
}

/// Line breaks between two parts of a scalar, kept until it is known what they mean.
#[derive(Default)]
pub(super) struct Breaks(Vec<Range<usize>>);

impl Breaks {
    pub(super) fn push(&mut self, range: Range<usize>) {
        self.0.push(range);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the breaks of `other` behind its own.
    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Writes the breaks as they are.
    pub(super) fn keep(&mut self, into: &mut Pieces<'_>) {
        for range in self.0.drain(..) {
            into.line_break(range);
        }
    }

    /// Folds the breaks: a single one becomes a blank, of several the first is dropped. U+2028 and U+2029 are not
    /// folded.
    pub(super) fn fold(&mut self, into: &mut Pieces<'_>) {
        let Some(first) = self.0.first().cloned() else { return };
        if matches!(into.file.text.get(first.clone()), Some("\u{2028}" | "\u{2029}")) {
            return self.keep(into);
        }
        if self.0.len() == 1 {
            into.decoded(" ", first);
        }
        for range in self.0.drain(..).skip(1) {
            into.line_break(range);
        }
    }
}
