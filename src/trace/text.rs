//! Strings that know where each of their bytes came from.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Origin, Trail};
use crate::source::{SourceFile, Span};

/// A string, piece by piece with its origin. What `${WORKERS:-5}` became, a word cut out of a folded block, the value
/// behind an `=`: each still points at the bytes that a person would have to change.
///
/// A piece is either *verbatim* (it stands in the file byte for byte, so a part of it is a part of its span) or
/// *decoded* (an escape, a number written otherwise), where any part of it points at the whole.
///
/// Values are handed on far more often than they are made, so a copy shares its bytes and is equal at a glance.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(Arc<Body>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Body {
    value: String,
    /// In order, covering `value` without gaps; at least one, so that an empty string has an origin as well.
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Piece {
    /// Where it begins in the text, so that a slice finds its pieces without going through all of them.
    start: usize,
    len: usize,
    verbatim: bool,
    trail: Trail,
}

impl Piece {
    fn part(&self, range: Range<usize>) -> Self {
        let len = range.len();
        let trail = match (self.verbatim, self.trail.first()) {
            (true, Origin::Place { how, span }) => self.trail.with_first(Origin::at(*how, span.part(range))),
            _ => self.trail.clone(),
        };
        Self { start: 0, len, verbatim: self.verbatim, trail }
    }

    /// Whether `next` goes on in the file where this piece ends.
    fn joins(&self, next: &Self) -> bool {
        let (Some(here), Some(there)) = (self.trail.first().span(), next.trail.first().span()) else {
            return false;
        };
        self.verbatim
            && next.verbatim
            && here.file == there.file
            && here.end == there.start
            && self.trail.rest() == next.trail.rest()
    }
}

impl Text {
    /// The bytes `range` of `file`, as they stand there. Empty when the range cuts a character.
    pub fn verbatim(file: &SourceFile, range: Range<usize>) -> Self {
        let value = file.text.get(range.clone()).unwrap_or_default().to_owned();
        let range = range.start..range.start + value.len();
        Self::piece(value, true, Trail::written(file.at(range)))
    }

    /// A value that `span` means without spelling it out.
    pub fn decoded(value: impl Into<String>, span: Span) -> Self {
        Self::piece(value.into(), false, Trail::written(span))
    }

    /// A value with a way of its own, of which no part is to be pointed at singly.
    pub fn traced(value: impl Into<String>, trail: Trail) -> Self {
        Self::piece(value.into(), false, trail)
    }

    fn piece(value: String, verbatim: bool, trail: Trail) -> Self {
        let piece = Piece { start: 0, len: value.len(), verbatim, trail };
        Self(Arc::new(Body { value, pieces: vec![piece] }))
    }

    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0.value
    }

    /// How many bytes the string has.
    pub fn len(&self) -> usize {
        self.0.value.len()
    }

    /// Whether the string is empty.
    pub fn is_empty(&self) -> bool {
        self.0.value.is_empty()
    }

    /// Appends `other`, its origins with it. An empty text appended to an empty one still says where it came from.
    pub fn push(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        let start = self.len();
        let Body { value, pieces } = Arc::make_mut(&mut self.0);
        value.push_str(other.as_str());
        for piece in other.0.pieces.iter().filter(|piece| piece.len > 0) {
            match pieces.last_mut() {
                Some(last) if last.joins(piece) => last.extend(piece),
                _ => pieces.push(Piece { start: start + piece.start, ..piece.clone() }),
            }
        }
    }

    /// The bytes `range` with their origins; cut to the string, empty when it cuts a character.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let range = range.start.min(self.len())..range.end.min(self.len());
        let value = self.0.value.get(range.clone()).unwrap_or_default().to_owned();
        let first = self.0.pieces.partition_point(|piece| piece.start + piece.len < range.start);
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in &self.0.pieces[first..] {
            let (from, to) = (range.start.max(piece.start), range.end.min(piece.start + piece.len));
            let touches = if value.is_empty() { pieces.is_empty() } else { from < to };
            if touches {
                let to = if value.is_empty() { from } else { to };
                let start = from - range.start;
                pieces.push(Piece { start, ..piece.part(from - piece.start..to - piece.start) });
            } else if from > range.end || !pieces.is_empty() {
                break;
            }
        }
        Self(Arc::new(Body { value, pieces }))
    }

    /// The part of this text that `part` is, where `part` is a slice of `self.as_str()`.
    #[must_use]
    pub fn slice_of(&self, part: &str) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(self.0.value.as_ptr() as usize);
        self.slice(start..start.saturating_add(part.len()))
    }

    /// The text without white space at both ends.
    #[must_use]
    pub fn trim(&self) -> Self {
        self.slice_of(self.0.value.trim())
    }

    /// What stands before and after the first `separator`.
    pub fn split_once(&self, separator: char) -> Option<(Self, Self)> {
        let at = self.0.value.find(separator)?;
        Some((self.slice(0..at), self.slice(at + separator.len_utf8()..self.len())))
    }

    /// The text behind `prefix`.
    pub fn strip_prefix(&self, prefix: &str) -> Option<Self> {
        self.0.value.starts_with(prefix).then(|| self.slice(prefix.len()..self.len()))
    }

    /// The same text, each of its pieces one step further.
    #[must_use]
    pub fn then(mut self, step: &Origin) -> Self {
        for piece in &mut Arc::make_mut(&mut self.0).pieces {
            piece.trail.push(step.clone());
        }
        self
    }

    /// The way of the text as a whole. Pieces that stand side by side are one place; where pieces came from several
    /// places, the longest decides, since it is the one that a person would call "the value".
    pub fn trail(&self) -> Trail {
        let Some(longest) = self.longest() else {
            // Unreachable by construction: `pieces` is never empty.
            return Trail::new(Origin::default_of("an empty text"));
        };
        let hull = self.0.pieces.iter().try_fold(None::<Span>, |hull, piece| {
            let span = piece.trail.first().span()?;
            (piece.trail.rest() == longest.trail.rest()).then_some(())?;
            match hull {
                None => Some(Some(span)),
                Some(hull) => hull.hull(span).map(Some),
            }
        });
        match (hull.flatten(), longest.trail.first()) {
            (Some(span), Origin::Place { how, .. }) => longest.trail.with_first(Origin::at(*how, span)),
            _ => longest.trail.clone(),
        }
    }

    /// How many steps its way has.
    pub(crate) fn steps(&self) -> usize {
        self.longest().map_or(1, |piece| piece.trail.len())
    }

    fn longest(&self) -> Option<&Piece> {
        self.0.pieces.iter().rev().max_by_key(|piece| piece.len)
    }

    /// Where the text stands, for a label: where it is written, else where it was implied.
    pub fn span(&self) -> Option<Span> {
        self.trail().place()
    }

    /// Every place that any of its bytes came by.
    pub(crate) fn places(&self) -> impl Iterator<Item = Span> {
        self.0.pieces.iter().flat_map(|piece| piece.trail.steps()).filter_map(Origin::span)
    }

    /// Where the text is used: the last place of its way.
    pub fn used_at(&self) -> Option<Span> {
        self.trail().steps().filter_map(Origin::span).last()
    }
}

impl Piece {
    fn extend(&mut self, next: &Self) {
        if let (Origin::Place { how, span }, Some(there)) = (self.trail.first(), next.trail.first().span())
            && let Some(hull) = span.hull(there)
        {
            self.trail = self.trail.with_first(Origin::at(*how, hull));
            self.len += next.len;
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};
    use crate::trace::How;

    fn file(text: &'static str) -> Arc<SourceFile> {
        Sources::new(Memory::new([("x", text)])).load(&TreePath::new("x")).unwrap()
    }

    fn place(text: &Text) -> Range<usize> {
        text.span().unwrap().range()
    }

    #[test]
    fn a_part_of_verbatim_text_points_at_its_own_bytes() {
        let file = file("  --workers=10\n");
        let word = Text::verbatim(&file, 2..14);
        let (flag, value) = word.split_once('=').unwrap();
        assert_eq!((flag.as_str(), place(&flag)), ("--workers", 2..11));
        assert_eq!((value.as_str(), place(&value)), ("10", 12..14));
    }

    #[test]
    fn a_part_of_decoded_text_points_at_the_whole() {
        let file = file(r"a\tb");
        let mut text = Text::verbatim(&file, 0..1);
        text.push(&Text::decoded("\t", file.at(1..3)));
        text.push(&Text::verbatim(&file, 3..4));
        assert_eq!(text.as_str(), "a\tb");
        assert_eq!(place(&text.slice(1..2)), 1..3);
        assert_eq!(place(&text.slice(2..3)), 3..4);
        assert_eq!(place(&text), 0..4);
    }

    #[test]
    fn neighbours_join_and_strangers_do_not() {
        let file = file("abcdef");
        let mut text = Text::verbatim(&file, 0..2);
        text.push(&Text::verbatim(&file, 2..3));
        assert_eq!(text.0.pieces.len(), 1);
        text.push(&Text::verbatim(&file, 4..6).then(&Origin::at(How::Interpolated, file.at(3..4))));
        assert_eq!((text.as_str(), text.0.pieces.len()), ("abcef", 2));
        assert_eq!(place(&text.slice(3..5)), 4..6);
        assert_eq!(text.slice(3..5).used_at().unwrap().range(), 3..4);
    }

    #[test]
    fn an_empty_part_still_has_a_place() {
        let file = file("DB_POOL_SIZE=");
        let (_, value) = Text::verbatim(&file, 0..13).split_once('=').unwrap();
        assert_eq!((value.as_str(), place(&value)), ("", 13..13));
        let mut elsewhere = Text::verbatim(&file, 0..0);
        elsewhere.push(&value);
        assert_eq!(place(&elsewhere), 13..13);
    }
}
