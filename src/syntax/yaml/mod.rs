//! YAML with the place of everything, read as Go's yaml.v3 reads it (which is what docker compose reads with).
//!
//! `cursor` walks over the text; `scanner` cuts it into tokens, with `plain`, `quoted`, `block` for scalars (built by
//! `pieces`) and `property` for what stands before values; `parser` and `collection`
//! make a tree of the tokens; `unfold` follows its
//! aliases and types its scalars by `resolve`.

mod block;
mod collection;
mod cursor;
mod node;
mod parser;
mod pieces;
mod plain;
mod property;
mod quoted;
mod render;
mod resolve;
mod scanner;
mod timestamp;
mod token;
mod unfold;

pub use node::{Data, Node, Scalar, Style, Type};
pub use render::as_string;

use crate::source::SourceFile;
use crate::syntax::SyntaxError;

/// The documents of `file`. A file of nothing but comments has none; an empty document between others is null.
pub fn parse(file: &SourceFile) -> Result<Vec<Node>, SyntaxError> {
    refuse_control_characters(file)?;
    let tree = parser::parse(file)?;
    unfold::unfold(file, &tree)
}

/// yaml.v3 reads printable characters only.
fn refuse_control_characters(file: &SourceFile) -> Result<(), SyntaxError> {
    let allowed = |c: char| match c {
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{10000}'.. => true,
        c => ('\u{e000}'..='\u{fffd}').contains(&c),
    };
    match file.text.char_indices().find(|&(_, c)| !allowed(c)) {
        Some((at, c)) => {
            let span = file.at(at..at + c.len_utf8());
            Err(SyntaxError::new(span, "control characters are not allowed in YAML"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
