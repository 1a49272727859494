//! What the grammar does not take and a shell does, and what stands behind an error.

use tree_sitter::Node;

use super::ast::Block;
use super::{Reader, children, tree_of};
use crate::trace::Text;

/// Places behind an error at which reading is tried again, and how long the text with the error may be: bounds the work.
const MAX_TRIES: usize = 16;
const MAX_LENGTH: usize = 16 << 10;

/// Words that begin no statement.
const RESERVED: [&str; 9] = ["do", "done", "then", "else", "elif", "fi", "in", "esac", "}"];

/// The signs of redirections, each before those that it begins with.
const SIGNS: [&str; 9] = ["&>>", "&>", ">>", ">|", ">&", "<&", "<>", ">", "<"];

/// `text` with each `! <file` as `! (<file)`, which means the same; `None` where there is none. Behind `!` the grammar
/// wants a command (tree-sitter-bash 0.25.1, grammar.js, `negated_command`), and takes the next keyword for one.
pub(super) fn with_subshells(text: &Text, root: Node<'_>) -> Option<Text> {
    let string = text.as_str();
    let is_sign = |at: usize| {
        root.descendant_for_byte_range(at, at + 1).is_some_and(|node| !node.is_named() && node.kind() == "!")
    };
    let (mut whole, mut done) = (text.slice(0..0), 0);
    for (at, _) in string.match_indices('!') {
        let from = behind_blanks(string, at + 1);
        if at < done || !is_redirection(string, from) || !is_sign(at) {
            continue;
        }
        if let Some(to) = end_of_redirections(string, from) {
            let trail = text.slice(from..to).trail();
            whole.push(&text.slice(done..at + 1));
            whole.push(&Text::traced(" (", trail.clone()));
            whole.push(&text.slice(from..to));
            whole.push(&Text::traced(")", trail));
            done = to;
        }
    }
    (done > 0).then(|| {
        whole.push(&text.slice(done..text.len()));
        whole
    })
}

fn behind_blanks(string: &str, at: usize) -> usize {
    let rest = string.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
}

/// Where the file of the redirection at `at` begins, blanks not counted.
fn target(string: &str, at: usize) -> Option<usize> {
    let rest = string.get(at..)?;
    let signed = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    // A here document or a process substitution is something else.
    if ["<<", "<(", ">("].iter().any(|other| signed.starts_with(other)) {
        return None;
    }
    let sign = SIGNS.iter().find(|sign| signed.starts_with(**sign))?;
    Some(at + rest.len() - signed.len() + sign.len())
}

fn is_redirection(string: &str, at: usize) -> bool {
    target(string, at).is_some()
}

/// The end of the redirections from `from` on, where no command follows them and their files are plain words.
fn end_of_redirections(string: &str, from: usize) -> Option<usize> {
    let (mut at, mut end) = (from, from);
    while let Some(file) = target(string, at) {
        let file = behind_blanks(string, file);
        let rest = string.get(file..)?;
        let is_end = |c: char| c.is_whitespace() || ";&|<>()".contains(c);
        let length = rest.find(is_end).unwrap_or(rest.len());
        let word = rest.get(..length)?;
        if word.is_empty() || word.contains(['\'', '"', '`', '\\']) || word.ends_with('$') {
            return None;
        }
        end = file + length;
        at = behind_blanks(string, end);
    }
    let next = string.get(at..)?.chars().next();
    next.is_none_or(|next| matches!(next, '\n' | '\r' | ';' | '&' | '|' | ')' | '#')).then_some(end)
}

impl Reader<'_> {
    /// The statements behind `error`, from the first place on from which the rest of its text can be read.
    pub(super) fn behind(&self, error: Node<'_>, depth: usize) -> Block {
        let text = self.text(error);
        let string = text.as_str();
        if string.len() > MAX_LENGTH {
            return Block::new();
        }
        let places = string.match_indices(['\n', ';']).map(|(at, _)| text.slice(at + 1..text.len()).trim());
        let begins = |rest: &Text| {
            let first = rest.as_str().split([' ', '\t', '\n', ';', ')']).next().unwrap_or_default();
            !first.is_empty() && !RESERVED.contains(&first)
        };
        for rest in places.filter(begins).take(MAX_TRIES) {
            let Some(tree) = tree_of(&rest) else { continue };
            let root = tree.root_node();
            if !root.has_error() && !has_reserved(root, &rest) {
                return Reader { text: &rest }.statements(&children(root), depth + 1);
            }
        }
        Block::new()
    }
}

/// Whether the grammar took a keyword for the name of a command: then the text begins or ends inside a statement.
fn has_reserved(root: Node<'_>, text: &Text) -> bool {
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let word = text.as_str().get(node.byte_range()).unwrap_or_default();
        if node.kind() == "command_name" && RESERVED.contains(&word) {
            return true;
        }
        nodes.extend(children(node));
    }
    false
}
