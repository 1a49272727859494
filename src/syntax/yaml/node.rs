//! The tree of a YAML document.

use crate::source::Span;
use crate::trace::Text;

/// A node of a document. Aliases are followed and merge keys (`<<`) carried out: what they bring has [`Node::span`]
/// where it is used and, in the origins of its texts, where it is defined.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub data: Data,
    /// Where it stands; for what an alias brings, the alias.
    pub span: Span,
    /// Its explicit tag as written: `!reset`, `!override`, `!!str`.
    pub tag: Option<String>,
}

/// The kinds of node.
#[derive(Clone, Debug)]
pub enum Data {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file. Keys are unique: a repeated one is a syntax error, as in yaml.v3.
    Mapping(Vec<(Node, Node)>),
}

/// A single value.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// Its content after unquoting and folding, each byte at its place in the file.
    pub text: Text,
    /// How it is written.
    pub style: Style,
    /// What yaml.v3 takes it for.
    pub typed: Type,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block: `|` or `>`.
    Block,
}

/// What a scalar is taken for. Only a plain one (or one with a tag) can be anything but a string.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Nothing: empty, `~`, `null`.
    Null,
    /// `true` or `false`, in the spellings that yaml.v3 knows.
    Bool(bool),
    /// A whole number, with its octal, hexadecimal and binary spellings.
    Int(i128),
    /// A number with a fraction or exponent.
    Float(f64),
    /// A date, with or without a time of day, in the words in which Go prints it.
    Timestamp(String),
    /// Anything else.
    String,
}

impl Node {
    /// The value behind `key`, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// The entries of a mapping; none of anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.data {
            Data::Mapping(entries) => entries,
            Data::Scalar(_) | Data::Sequence(_) => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.data {
            Data::Sequence(items) => items,
            Data::Scalar(_) | Data::Mapping(_) => &[],
        }
    }

    /// The content of a scalar, whatever its type.
    pub fn text(&self) -> Option<&Text> {
        match &self.data {
            Data::Scalar(scalar) => Some(&scalar.text),
            Data::Sequence(_) | Data::Mapping(_) => None,
        }
    }

    /// The content of a scalar as a string slice, whatever its type.
    pub fn as_str(&self) -> Option<&str> {
        self.text().map(Text::as_str)
    }

    /// Whether this is a scalar of type null.
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(scalar) if scalar.typed == Type::Null)
    }
}
