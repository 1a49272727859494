//! A byte range of one loaded file.

use std::ops::Range;

use super::FileId;

/// Some bytes of a file that [`super::Sources`] holds; offsets are bytes from the file's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`.
    ///
    /// A file is at most [`super::MAX_FILE_BYTES`] long, so an offset fits `u32`; a larger one is cut to it.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: narrow(range.start), end: narrow(range.end.max(range.start)) }
    }

    /// The offsets as a range that slices the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many bytes the span covers.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span is a mere position.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The part `range` of this span, counted from the span's own start, cut to the span.
    #[must_use]
    pub fn part(self, range: Range<usize>) -> Self {
        let start = (self.start as usize + range.start).min(self.end as usize);
        let end = (self.start as usize + range.end).clamp(start, self.end as usize);
        Self::new(self.file, start..end)
    }

    /// The smallest span over both; `None` when they stand in different files.
    pub fn hull(self, other: Self) -> Option<Self> {
        (self.file == other.file).then(|| Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        })
    }
}
