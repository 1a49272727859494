//! The way of a value in one line: `Dockerfile:2:13 → Dockerfile:6:75 (interpolated)`.

use crate::source::{Sources, Span};
use crate::trace::{How, Origin, Trail};

/// Writes the steps of `trail`.
pub(super) fn of(sources: &Sources, trail: &Trail) -> String {
    let step = |(index, step): (usize, &Origin)| {
        let arrow = if index == 0 { "" } else { " → " };
        match step {
            Origin::Place { how: How::Written, span } => format!("{arrow}{}", place(sources, *span)),
            Origin::Place { how: How::Implied, span } => format!(", as {} leaves it", place(sources, *span)),
            Origin::Place { how, span } => format!("{arrow}{} ({})", place(sources, *span), how.word()),
            Origin::Default { of } => format!("{arrow}default of {of}"),
            Origin::CommandLine { argument } => format!("{arrow}{argument}"),
        }
    };
    trail.steps().enumerate().map(step).collect()
}

/// Writes a place: file, line, column.
pub(super) fn place(sources: &Sources, span: Span) -> String {
    let file = sources.file(span.file);
    let start = file.line_column(span.start as usize);
    format!("{}:{}:{}", file.path, start.line, start.column)
}
