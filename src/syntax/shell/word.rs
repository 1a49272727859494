//! Words: quotes, escapes, expansions.

use tree_sitter::Node;

use super::ast::{Operation, Parameter, Part, Word};
use super::{MAX_DEPTH, Reader, children};
use crate::trace::Text;

impl Reader<'_> {
    pub(super) fn word(&self, node: Node<'_>, depth: usize) -> Word {
        let mut parts = Vec::new();
        self.parts(node, false, depth, &mut parts);
        Word { parts, text: self.text(node) }
    }

    /// The parts of `node`, appended to `parts`.
    pub(super) fn parts(&self, node: Node<'_>, quoted: bool, depth: usize, parts: &mut Vec<Part>) {
        if depth > MAX_DEPTH || node.is_error() {
            return parts.push(Part::Unreadable(self.text(node)));
        }
        match node.kind() {
            "concatenation" | "command_name" => {
                for child in children(node) {
                    self.parts(child, quoted, depth + 1, parts);
                }
            }
            "string" | "translated_string" => self.string(node, depth, parts),
            "raw_string" => parts.push(Part::Literal { text: self.inner(node, 1), quoted: true }),
            "ansi_c_string" => {
                parts.push(Part::Literal { text: ansi_c(&self.inner_from(node, 2, 1)), quoted: true });
            }
            "simple_expansion" => parts.push(self.simple(node, quoted)),
            "expansion" => parts.push(self.expansion(node, quoted, depth)),
            "command_substitution" => {
                let body = self.block(node, depth + 1);
                parts.push(Part::Command { body, text: self.text(node), quoted });
            }
            "arithmetic_expansion" => {
                let expression = self.enclosed(node, depth);
                parts.push(Part::Arithmetic { expression, text: self.text(node) });
            }
            "process_substitution" => parts.push(Part::Unreadable(self.text(node))),
            _ if holds_expansion(node) => self.pieces(node, node.byte_range(), quoted, depth, parts),
            _ => parts.push(Part::Literal { text: unescaped(&self.text(node), quoted), quoted }),
        }
    }

    /// Text with expansions in it: what lies between them is literal. (The grammar leaves blanks beside an expansion
    /// out of the nodes of a string.)
    pub(super) fn pieces(
        &self,
        node: Node<'_>,
        range: std::ops::Range<usize>,
        quoted: bool,
        depth: usize,
        parts: &mut Vec<Part>,
    ) {
        let mut from = range.start;
        let literal = |from: usize, to: usize, parts: &mut Vec<Part>| {
            if from < to {
                let text = unescaped(&self.text.slice(from..to), quoted);
                parts.push(Part::Literal { text, quoted });
            }
        };
        for child in children(node) {
            if is_expansion(child) || child.is_error() {
                literal(from, child.start_byte(), parts);
                self.parts(child, quoted, depth + 1, parts);
                from = child.end_byte();
            }
        }
        literal(from, range.end, parts);
    }

    fn string(&self, node: Node<'_>, depth: usize, parts: &mut Vec<Part>) {
        let whole = node.byte_range();
        let open = self.str(node).find('"').map_or(0, |at| at + 1);
        let range = whole.start + open..whole.end.saturating_sub(1).max(whole.start + open);
        let before = parts.len();
        self.pieces(node, range.clone(), true, depth, parts);
        if parts.len() == before {
            parts.push(Part::Literal { text: self.text.slice(range.start..range.start), quoted: true });
        }
    }

    fn inner(&self, node: Node<'_>, quote: usize) -> Text {
        self.inner_from(node, quote, quote)
    }

    fn inner_from(&self, node: Node<'_>, open: usize, close: usize) -> Text {
        let range = node.byte_range();
        self.text.slice(range.start + open..range.end.saturating_sub(close).max(range.start + open))
    }

    fn simple(&self, node: Node<'_>, quoted: bool) -> Part {
        let text = self.text(node);
        let name = text.as_str().trim_start_matches('$').to_owned();
        let parameter = Parameter { name, all: false, indirect: false, operation: Operation::Plain, text };
        Part::Parameter { parameter: Box::new(parameter), quoted }
    }

    fn expansion(&self, node: Node<'_>, quoted: bool, depth: usize) -> Part {
        let text = self.text(node);
        let (mut name, mut all, mut operators, mut rest) = (None, false, Vec::new(), Vec::new());
        for child in children(node) {
            match child.kind() {
                "${" | "}" => {}
                "variable_name" | "special_variable_name" if name.is_none() => {
                    name = Some(self.str(child).to_owned());
                }
                "subscript" if name.is_none() => {
                    name = child.child_by_field_name("name").map(|name| self.str(name).to_owned());
                    let index = child.child_by_field_name("index").map(|index| self.str(index));
                    all = matches!(index, Some("@" | "*"));
                    // The first element is what the bare name stands for.
                    if !all && index != Some("0") {
                        operators.push("[".to_owned());
                    }
                }
                _ if !child.is_named() => operators.push(self.str(child).to_owned()),
                _ => rest.push(child),
            }
        }
        let Some(name) = name else { return Part::Unreadable(text) };
        let word = |reader: &Self| reader.words_of(&rest, &text, depth);
        let operators: Vec<&str> = operators.iter().map(String::as_str).collect();
        // Bash: `${!NAME}` and `${!NAME:-word}`; of an array, `${!NAME[@]}` lists its indices instead.
        let (indirect, operators) = match operators.as_slice() {
            ["!", rest @ ..] if !all && self.str(node).starts_with("${!") => (true, rest),
            operators => (false, operators),
        };
        let operation = match operators {
            [] => Operation::Plain,
            ["#"] if self.str(node).starts_with("${#") => Operation::Length,
            ["-" | ":-"] => Operation::Default(word(self), operators[0].starts_with(':')),
            ["=" | ":="] => Operation::Assign(word(self), operators[0].starts_with(':')),
            ["?" | ":?"] => Operation::Require(operators[0].starts_with(':')),
            ["+" | ":+"] => Operation::Alternative(word(self), operators[0].starts_with(':')),
            [strip @ ("%" | "%%" | "#" | "##")] => Operation::Strip {
                pattern: word(self),
                suffix: strip.starts_with('%'),
                longest: strip.len() == 2,
            },
            _ => Operation::Other,
        };
        Part::Parameter { parameter: Box::new(Parameter { name, all, indirect, operation, text }), quoted }
    }

    /// The word behind an operator of an expansion; empty where nothing stands there.
    fn words_of(&self, nodes: &[Node<'_>], whole: &Text, depth: usize) -> Word {
        let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else {
            let end = whole.len().saturating_sub(1);
            return Word { parts: Vec::new(), text: whole.slice(end..end) };
        };
        let (mut parts, mut from) = (Vec::new(), first.start_byte());
        for node in nodes {
            if from < node.start_byte() {
                let text = self.text.slice(from..node.start_byte());
                parts.push(Part::Literal { text, quoted: false });
            }
            self.parts(*node, false, depth + 1, &mut parts);
            from = node.end_byte();
        }
        Word { parts, text: self.text.slice(first.start_byte()..last.end_byte()) }
    }
}

fn is_expansion(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "simple_expansion"
            | "expansion"
            | "command_substitution"
            | "arithmetic_expansion"
            | "process_substitution"
    )
}

fn holds_expansion(node: Node<'_>) -> bool {
    node.child_count() > 0 && children(node).into_iter().any(|child| is_expansion(child) || child.is_error())
}

/// Takes escapes away: before anything outside quotes; in double quotes before `$`, `` ` ``, `"`, `\` and a line break
/// (POSIX, 2.2.1 and 2.2.3).
fn unescaped(text: &Text, quoted: bool) -> Text {
    let string = text.as_str();
    if !string.contains('\\') {
        return text.clone();
    }
    let (mut plain, mut from) = (text.slice(0..0), 0);
    let mut at = 0;
    while let Some(found) = string.get(at..).and_then(|rest| rest.find('\\')) {
        let slash = at + found;
        let Some(next) = string.get(slash + 1..).and_then(|rest| rest.chars().next()) else { break };
        at = slash + 1 + next.len_utf8();
        if quoted && !matches!(next, '$' | '`' | '"' | '\\' | '\n') {
            continue;
        }
        plain.push(&text.slice(from..slash));
        from = if next == '\n' { at } else { slash + 1 };
    }
    plain.push(&text.slice(from..text.len()));
    plain
}

/// `$'…'`: the escapes of ANSI C that people use.
fn ansi_c(text: &Text) -> Text {
    let mut plain = text.slice(0..0);
    let mut characters = text.as_str().char_indices();
    while let Some((at, character)) = characters.next() {
        let escaped = (character == '\\').then(|| characters.next()).flatten();
        let end = characters.offset();
        let here = text.slice(at..end);
        match escaped.map(|(_, c)| c) {
            None => plain.push(&here),
            Some(c) => {
                let meant = match c {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                };
                plain.push(&Text::traced(meant.to_string(), here.trail()));
            }
        }
    }
    plain
}
