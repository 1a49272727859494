//! What the scanner cuts the text into.

use super::Style;
use super::pieces::Pieced;
use crate::source::Span;

/// A token at its place.
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

pub(super) enum TokenKind {
    StreamEnd,
    /// `%YAML 1.1`
    VersionDirective {
        major: u32,
        minor: u32,
    },
    /// `%TAG !handle! prefix`
    TagDirective {
        handle: String,
        prefix: String,
    },
    DocumentStart,
    DocumentEnd,
    /// The first `-` of a list, found by its indentation.
    BlockSequenceStart,
    /// The first key of a mapping, found by its indentation.
    BlockMappingStart,
    /// The indentation goes back.
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or the place before a key that has none.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias(String),
    /// `&name`
    Anchor(String),
    /// `!handle!suffix`; the tag `!` alone has no handle.
    Tag {
        handle: String,
        suffix: String,
    },
    Scalar {
        content: Pieced,
        style: Style,
    },
}
