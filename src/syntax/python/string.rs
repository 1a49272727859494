//! String literals as texts.

use ruff_python_ast::{StringFlags, StringLiteral};
use ruff_text_size::TextRange;

use super::Module;
use crate::source::Span;
use crate::trace::Text;

/// The parts of an implicit concatenation as one text.
pub(super) fn join(parts: impl Iterator<Item = Text>, place: impl FnOnce() -> Span) -> Text {
    let joined = parts.reduce(|mut joined, part| {
        joined.push(&part);
        joined
    });
    joined.unwrap_or_else(|| Text::decoded("", place()))
}

/// One literal without its prefix and quotes.
pub(super) fn part(module: &Module, literal: &StringLiteral) -> Text {
    let (opener, closer) = (literal.flags.opener_len(), literal.flags.closer_len());
    let start = literal.range.start() + opener;
    let end = (literal.range.end() - closer).max(start);
    piece(module, TextRange::new(start, end), &literal.value)
}

/// The bytes of `range`, which mean `value`: byte for byte where no escape stands among them.
pub(super) fn piece(module: &Module, range: TextRange, value: &str) -> Text {
    let span = module.at(range);
    if module.file.text.get(span.range()) == Some(value) {
        Text::verbatim(&module.file, span.range())
    } else {
        Text::decoded(value, span)
    }
}
