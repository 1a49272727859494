//! Arithmetic expressions: `$((…))`, `((…))`.

use tree_sitter::Node;

use super::ast::{Arithmetic, Part, Word};
use super::{MAX_DEPTH, Reader, children};

impl Reader<'_> {
    /// The expression inside `$(( … ))` or `(( … ))`; several, joined by commas, count as the last.
    pub(super) fn enclosed(&self, node: Node<'_>, depth: usize) -> Arithmetic {
        let inner: Vec<Node<'_>> = children(node).into_iter().filter(Node::is_named).collect();
        match inner.as_slice() {
            [one] => self.arithmetic(*one, depth + 1),
            _ => Arithmetic::Unreadable,
        }
    }

    pub(super) fn arithmetic(&self, node: Node<'_>, depth: usize) -> Arithmetic {
        if depth > MAX_DEPTH || node.is_error() || node.is_missing() {
            return Arithmetic::Unreadable;
        }
        let field = |name| node.child_by_field_name(name).map(|child| self.arithmetic(child, depth + 1));
        match node.kind() {
            "number" => number(self.str(node)).map_or(Arithmetic::Unreadable, Arithmetic::Number),
            "variable_name" | "word" => self.name_or_number(node),
            "parenthesized_expression" => self.enclosed(node, depth),
            "unary_expression" | "prefix_expression" => self.unary(node, depth),
            "postfix_expression" => self.step(node),
            "binary_expression" => match (field("left"), self.operator(node), field("right")) {
                (Some(left), Some(operator), Some(right)) => joined(left, operator, right),
                _ => Arithmetic::Unreadable,
            },
            "variable_assignment" => {
                match (node.child_by_field_name("name"), node.child_by_field_name("value")) {
                    (Some(name), Some(value)) => {
                        let value = self.arithmetic(value, depth + 1);
                        Arithmetic::Assign(self.str(name).to_owned(), String::new(), Box::new(value))
                    }
                    _ => Arithmetic::Unreadable,
                }
            }
            "ternary_expression" => match (field("condition"), field("consequence"), field("alternative")) {
                (Some(condition), Some(then), Some(otherwise)) => {
                    Arithmetic::Choice(Box::new(condition), Box::new(then), Box::new(otherwise))
                }
                _ => Arithmetic::Unreadable,
            },
            "simple_expansion" | "expansion" | "command_substitution" | "arithmetic_expansion" | "string" => {
                let mut parts = Vec::new();
                self.parts(node, true, depth + 1, &mut parts);
                Arithmetic::Word(Word { parts, text: self.text(node) })
            }
            _ => Arithmetic::Unreadable,
        }
    }

    fn name_or_number(&self, node: Node<'_>) -> Arithmetic {
        let word = self.str(node);
        match number(word) {
            Some(number) => Arithmetic::Number(number),
            None if is_name(word) => Arithmetic::Name(word.to_owned(), self.text(node)),
            None => Arithmetic::Unreadable,
        }
    }

    fn operator(&self, node: Node<'_>) -> Option<String> {
        node.child_by_field_name("operator").map(|operator| self.str(operator).to_owned())
    }

    fn unary(&self, node: Node<'_>, depth: usize) -> Arithmetic {
        let inner = children(node).into_iter().rev().find(Node::is_named);
        let sign = children(node).into_iter().next().map(|sign| self.str(sign).to_owned());
        match (sign, inner) {
            (Some(sign), Some(inner)) if sign == "++" || sign == "--" => self.stepped(&sign, inner),
            (Some(sign), Some(inner)) => Arithmetic::Unary(sign, Box::new(self.arithmetic(inner, depth + 1))),
            _ => Arithmetic::Unreadable,
        }
    }

    fn step(&self, node: Node<'_>) -> Arithmetic {
        let all = children(node);
        match (all.first(), all.last()) {
            (Some(name), Some(sign)) => self.stepped(self.str(*sign), *name),
            _ => Arithmetic::Unreadable,
        }
    }

    /// `i++` as `i += 1`: its value is one too high, which only an expression that uses it would see.
    fn stepped(&self, sign: &str, name: Node<'_>) -> Arithmetic {
        let word = self.str(name);
        match sign.get(..1) {
            Some(operator) if is_name(word) => {
                Arithmetic::Assign(word.to_owned(), operator.to_owned(), Box::new(Arithmetic::Number(1)))
            }
            _ => Arithmetic::Unreadable,
        }
    }
}

fn joined(left: Arithmetic, operator: String, right: Arithmetic) -> Arithmetic {
    let comparison = matches!(operator.as_str(), "==" | "!=" | "<=" | ">=");
    match (operator.strip_suffix('='), left) {
        (Some(before), Arithmetic::Name(name, _)) if !comparison => {
            Arithmetic::Assign(name, before.to_owned(), Box::new(right))
        }
        (_, left) => Arithmetic::Binary(Box::new(left), operator, Box::new(right)),
    }
}

/// A constant as C writes it: decimal, octal, hexadecimal.
fn number(text: &str) -> Option<i64> {
    if let Some(hexadecimal) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i64::from_str_radix(hexadecimal, 16).ok();
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    }
}

fn is_name(word: &str) -> bool {
    word.bytes()
        .enumerate()
        .all(|(at, b)| b == b'_' || b.is_ascii_alphabetic() || at > 0 && b.is_ascii_digit())
        && !word.is_empty()
}

impl Part {
    /// The whole of the part as written, where it is one piece.
    pub fn text(&self) -> &crate::trace::Text {
        match self {
            Self::Literal { text, .. }
            | Self::Command { text, .. }
            | Self::Arithmetic { text, .. }
            | Self::Unreadable(text) => text,
            Self::Parameter { parameter, .. } => &parameter.text,
        }
    }
}
