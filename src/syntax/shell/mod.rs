//! Shell scripts and the strings that `sh -c` is given.
//!
//! The grammar is `tree-sitter-bash`: it gives the byte range of everything, so that the `5` of `${WORKERS:-5}` points
//! at its own byte even when the script is a JSON string in a Dockerfile's `CMD`, and it goes on behind an error.
//! brush-parser, the other candidate, keeps the default in `${NAME:-word}` as a string without a place and may panic
//! on what it does not know. What tree-sitter gives is untyped; [`ast`] is the typed tree that the rest uses.

mod arithmetic;
pub mod ast;
mod recovery;
mod statement;
mod word;

use tree_sitter::{Node, Parser, Tree};

use crate::trace::Text;
use ast::{Block, Statement};

/// How deep a script may nest before its inner part counts as unreadable: bounds the recursion of every later step.
const MAX_DEPTH: usize = 48;

/// Statements of a script's top level that are typed at once. A script of a megabyte is typed as far as it is followed.
const CHUNK: usize = 64;
/// Nodes of a script that are typed in all: bounds time and memory. A megabyte of usual statements has about as many.
const MAX_NODES: usize = 600_000;

/// A parsed script.
pub struct Script {
    text: Text,
    tree: Option<Tree>,
}

/// Parses `text`. What cannot be parsed is in the tree as [`ast::Command::Unreadable`], at its place.
pub fn parse(text: &Text) -> Script {
    let tree = tree_of(text);
    match tree.as_ref().and_then(|tree| recovery::with_subshells(text, tree.root_node())) {
        Some(text) => Script { tree: tree_of(&text), text },
        None => Script { tree, text: text.clone() },
    }
}

/// The untyped tree of `text`; `None` where no shell would run it: a binary, or a text in UTF-16.
fn tree_of(text: &Text) -> Option<Tree> {
    let mut parser = Parser::new();
    let language = parser.set_language(&tree_sitter_bash::LANGUAGE.into());
    let readable = language.is_ok() && !text.as_str().contains('\0');
    if readable { parser.parse(text.as_str(), None) } else { None }
}

impl Script {
    /// What it runs, in order, some statements at a time.
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        let nodes = self.tree.as_ref().map(|tree| children(tree.root_node()));
        let unreadable = nodes.is_none().then(|| vec![Statement::unreadable(self.text.clone())]);
        let nodes = nodes.unwrap_or_default();
        let (mut from, mut left) = (0, MAX_NODES);
        let chunks = std::iter::from_fn(move || {
            // A `&` belongs to the statement before it.
            let behind = |at: &usize| nodes.get(*at).is_none_or(|node| node.kind() != "&");
            let to = (from + CHUNK..nodes.len()).find(behind).unwrap_or(nodes.len());
            let chunk = nodes.get(from..to).filter(|chunk| !chunk.is_empty())?;
            from = to;
            let reader = Reader { text: &self.text };
            let size: usize = chunk.iter().map(Node::descendant_count).sum();
            let Some(rest) = left.checked_sub(size) else {
                from = nodes.len();
                return chunk.first().map(|node| vec![Statement::unreadable(reader.first_line(*node))]);
            };
            left = rest;
            Some(reader.statements(chunk, 0))
        });
        unreadable.into_iter().chain(chunks)
    }
}

/// Turns nodes of the untyped tree into the typed one.
struct Reader<'t> {
    text: &'t Text,
}

impl Reader<'_> {
    fn text(&self, node: Node<'_>) -> Text {
        self.text.slice(node.byte_range())
    }

    fn str(&self, node: Node<'_>) -> &str {
        self.text.as_str().get(node.byte_range()).unwrap_or_default()
    }
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.children(&mut node.walk()).collect()
}

#[cfg(test)]
mod tests;
