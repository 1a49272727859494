//! A compose model while it is loaded: what compose-go keeps as `map[string]any`, with the place of everything.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::{Span, TreePath};
use crate::trace::{Origin, Text};

/// A value of a model.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// What it is.
    pub(super) data: Data,
    /// Where it stands.
    pub(super) span: Span,
}

/// The kinds of value.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Value>),
    /// Values by key, in the order of the file.
    Map(Map),
}

/// Values by key.
pub(super) type Map = IndexMap<String, Entry>;

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key, where it stands.
    pub(super) key: Text,
    /// The value.
    pub(super) value: Value,
}

/// A single value.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// As Go's `fmt.Sprint` prints it.
    pub(super) text: Text,
    /// What it is to Go.
    pub(super) kind: Kind,
    /// Where it stands in its own file, whatever brought its text there.
    pub(super) place: Span,
    /// For a path: the folder it is seen from, where that is not the project's.
    pub(super) folder: Option<Arc<TreePath>>,
}

/// What a scalar is to Go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    String,
}

impl Value {
    /// A string.
    pub(super) fn string(text: Text, span: Span) -> Self {
        Self::scalar(text, Kind::String, span)
    }

    /// A scalar of the given kind.
    pub(super) fn scalar(text: Text, kind: Kind, span: Span) -> Self {
        Self { data: Data::Scalar(Scalar { text, kind, place: span, folder: None }), span }
    }

    /// Nothing, at `span`.
    pub(super) fn null(span: Span) -> Self {
        Self::scalar(Text::decoded("", span), Kind::Null, span)
    }

    /// A mapping.
    pub(super) fn map(map: Map, span: Span) -> Self {
        Self { data: Data::Map(map), span }
    }

    /// A list.
    pub(super) fn list(items: Vec<Self>, span: Span) -> Self {
        Self { data: Data::List(items), span }
    }

    /// The entries of a mapping.
    pub(super) fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            Data::Scalar(_) | Data::List(_) => None,
        }
    }

    /// The entries of a mapping, to change them.
    pub(super) fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.data {
            Data::Map(map) => Some(map),
            Data::Scalar(_) | Data::List(_) => None,
        }
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self) -> &[Self] {
        match &self.data {
            Data::List(items) => items,
            Data::Scalar(_) | Data::Map(_) => &[],
        }
    }

    /// The scalar.
    pub(super) fn as_scalar(&self) -> Option<&Scalar> {
        match &self.data {
            Data::Scalar(scalar) => Some(scalar),
            Data::List(_) | Data::Map(_) => None,
        }
    }

    /// The value behind `key`, when this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }

    /// The text of a string.
    pub(super) fn as_text(&self) -> Option<&Text> {
        self.as_scalar().filter(|scalar| scalar.kind == Kind::String).map(|scalar| &scalar.text)
    }

    /// The text of a string.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.as_text().map(Text::as_str)
    }

    /// Whether it is nothing.
    pub(super) fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.kind == Kind::Null)
    }

    /// What kind of thing it is, in the words of a message.
    pub(super) fn kind_word(&self) -> &'static str {
        match &self.data {
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
            Data::Scalar(scalar) => match scalar.kind {
                Kind::Null => "empty",
                Kind::Bool(_) => "a boolean",
                Kind::Integer(_) | Kind::Float(_) => "a number",
                Kind::String => "a string",
            },
        }
    }

    /// Lets every scalar take one step further.
    pub(super) fn step(&mut self, step: &Origin) {
        match &mut self.data {
            Data::Scalar(scalar) => {
                scalar.text = std::mem::replace(&mut scalar.text, Text::decoded("", self.span)).then(step);
            }
            Data::List(items) => items.iter_mut().for_each(|item| item.step(step)),
            Data::Map(map) => map.values_mut().for_each(|entry| entry.value.step(step)),
        }
    }

    /// Whether both say the same, wherever they stand: Go's `reflect.DeepEqual`.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::Scalar(a), Data::Scalar(b)) => {
                a.kind == b.kind && a.text.as_str() == b.text.as_str() && a.folder == b.folder
            }
            (Data::List(a), Data::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_the_same(b))
            }
            (Data::Map(a), Data::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, entry)| {
                        b.get(key).is_some_and(|other| entry.value.says_the_same(&other.value))
                    })
            }
            _ => false,
        }
    }
}

impl Entry {
    /// A key with its value.
    pub(super) fn new(key: Text, value: Value) -> Self {
        Self { key, value }
    }
}

/// Sets `key` to `value`, both at the value's place: what compose adds by itself.
pub(super) fn set_implied(map: &mut Map, key: &str, value: Value) {
    let entry = Entry::new(Text::decoded(key, value.span), value);
    map.insert(key.to_owned(), entry);
}
