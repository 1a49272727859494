//! A word as a program is given it, of which a part may not be known.

use crate::source::Span;
use crate::trace::{Bound, Count, Origin, Text, Traced, Trail, Unknown};

/// A string that is known, or known up to a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// All of it is known.
    Known(Text),
    /// Only its beginning is.
    Partly {
        /// What it begins with; empty where nothing of it is known.
        prefix: Text,
        /// The rest: what is known of it as a number, and why no more.
        rest: Count,
    },
}

impl Value {
    /// Nothing of it is known, because of `why`, at the place of `at`.
    pub fn unknown(at: &Text, why: impl Into<String>) -> Self {
        Self::Partly { prefix: at.slice(0..0), rest: Traced::new(nothing_known(why), at.trail()) }
    }

    /// A number of which `rest` is known, standing for `at`.
    pub fn counted(at: &Text, rest: Count) -> Self {
        match rest.value {
            Bound::Exactly(n) => Self::Known(Text::traced(n.to_string(), rest.trail)),
            _ => Self::Partly { prefix: at.slice(0..0), rest },
        }
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&Text> {
        match self {
            Self::Known(text) => Some(text),
            Self::Partly { .. } => None,
        }
    }

    /// The string, where all of it is known.
    pub fn as_str(&self) -> Option<&str> {
        self.known().map(Text::as_str)
    }

    /// What it certainly begins with.
    pub fn beginning(&self) -> &Text {
        match self {
            Self::Known(text) => text,
            Self::Partly { prefix, .. } => prefix,
        }
    }

    /// What is not known of it.
    pub fn missing(&self) -> Option<&Count> {
        match self {
            Self::Known(_) => None,
            Self::Partly { rest, .. } => Some(rest),
        }
    }

    /// Whether it may be several words or none: nothing of it is known, not even that it is a number.
    pub fn is_anything(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Partly { prefix, rest } => {
                prefix.is_empty()
                    && matches!(&rest.value, Bound::Unknown(Unknown { term: None, floor: 0, .. }))
            }
        }
    }

    /// Whether it is certainly empty (`Some(true)`), certainly not, or either.
    pub fn is_empty(&self) -> Option<bool> {
        match self {
            Self::Known(text) => Some(text.is_empty()),
            Self::Partly { .. } if self.is_anything() => None,
            Self::Partly { .. } => Some(false),
        }
    }

    /// Appends `other`. Behind a part that is not known nothing is kept: the rest is then no number.
    pub fn push(&mut self, other: &Self) {
        match self {
            Self::Partly { rest, .. } => {
                if other.is_empty() != Some(true) {
                    rest.value = without_number(&rest.value);
                }
            }
            Self::Known(text) => match other {
                Self::Known(more) => text.push(more),
                Self::Partly { prefix, rest } => {
                    let mut whole = text.clone();
                    whole.push(prefix);
                    *self = Self::Partly { prefix: whole, rest: rest.clone() };
                }
            },
        }
    }

    /// The value behind its first `length` bytes, which are known.
    #[must_use]
    pub fn behind(&self, length: usize) -> Self {
        match self {
            Self::Known(text) => Self::Known(text.slice(length..text.len())),
            Self::Partly { prefix, rest } => {
                Self::Partly { prefix: prefix.slice(length..prefix.len()), rest: rest.clone() }
            }
        }
    }

    /// The same value, one step further.
    #[must_use]
    pub fn then(self, step: &Origin) -> Self {
        match self {
            Self::Known(text) => Self::Known(text.then(step)),
            Self::Partly { prefix, rest } => {
                Self::Partly { prefix: prefix.then(step), rest: rest.then(step.clone()) }
            }
        }
    }

    /// The way of the value, of its unknown part where it has one.
    pub fn trail(&self) -> Trail {
        match self {
            Self::Known(text) => text.trail(),
            Self::Partly { rest, .. } => rest.trail.clone(),
        }
    }

    /// Where it stands.
    pub fn span(&self) -> Option<Span> {
        self.trail().place()
    }

    /// Why it is not known, to be read after "unknown: "; empty where it is.
    pub fn why(&self) -> String {
        match self.missing().map(|rest| &rest.value) {
            Some(Bound::Unknown(unknown)) => unknown.why.to_string(),
            Some(Bound::AtMost(most)) => format!("it is {most} or less"),
            _ => String::new(),
        }
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Known(text)
    }
}

fn without_number(bound: &Bound) -> Bound {
    let why = match bound {
        Bound::Unknown(unknown) => unknown.why.clone(),
        Bound::Exactly(_) | Bound::AtMost(_) | Bound::Unbounded => {
            "it is put together from several values".into()
        }
    };
    nothing_known(why.to_string())
}

/// A bound of which nothing is known, not even what it counts.
pub(super) fn nothing_known(why: impl Into<String>) -> Bound {
    Bound::Unknown(Unknown { floor: 0, term: None, why: why.into().into() })
}
