//! What an expression comes to: a value with the way it travelled, several possible ones, or the place where the
//! trail ends.

use std::sync::Arc;

use crate::source::Span;
use crate::trace::{Bound, Count, How, Origin, Text, Traced, Trail, Unknown};

use super::heap::{Key, ObjectId};

/// More possible values than this are one unknown value.
const MAX_ALTERNATIVES: usize = 12;
/// A way of more steps is not made longer: code in a loop may hand a value on for ever.
const MAX_WAY: usize = 32;
/// A name like `a.b().c().d()` is cut where it gets longer than this: code in a loop may lengthen it for ever.
const MAX_OUTSIDE_NAME: usize = 160;

/// A value of the program that is followed.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// `None`.
    None(Trail),
    /// A truth value.
    Bool(Traced<bool>),
    /// A whole number.
    Int(Traced<i64>),
    /// A number with a fraction.
    Float(Traced<f64>),
    /// A whole number, or a string that is one, of which only a bound is known: `1 + 2 × CPUs`.
    Counted(Count),
    /// A string.
    Text(Text),
    /// A dictionary, a list, an instance, a class or a module.
    Object(ObjectId),
    /// A function of the tree.
    Function(FunctionId),
    /// A function of the tree with the object it was taken from.
    Method(ObjectId, FunctionId),
    /// Something that the tree does not define.
    Outside(Outside),
    /// A pool that was made: an engine.
    Pool(usize),
    /// One of several, depending on what is not known. Never fewer than two.
    Either(Arc<[Value]>),
    /// No value at all: a name or key that is set in one branch only. Stands in [`Value::Either`] alone.
    Absent,
    /// The files do not say.
    Unknown(Gap),
}

/// Names a function that the machine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FunctionId(pub(super) usize);

/// Something outside the tree, by the name it is reached with: `sqlalchemy.pool.NullPool`, `fastapi.FastAPI().state`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outside {
    /// The dotted name; what a call returns has `()` at its end.
    pub(crate) name: Arc<str>,
    /// Where it was last reached.
    pub(crate) at: Option<Span>,
}

/// Where a trail ends, and why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gap {
    /// To be read after "unknown: ".
    pub(crate) why: Arc<str>,
    /// The way from the place where the trail ends to where the value is used.
    pub(crate) trail: Trail,
    /// What is known of a string, with [`HOLE`] for every part that is not: the scheme and host of a database URL
    /// are often known where its password is not.
    pub(crate) shape: Option<Text>,
}

/// Stands for the unknown parts of [`Gap::shape`].
pub(crate) const HOLE: char = '\0';

impl Value {
    /// The string `text`.
    pub(crate) fn text(text: Text) -> Self {
        Self::Text(text)
    }

    /// An unknown value, whose trail ends at `span`.
    pub(crate) fn unknown(why: impl Into<Arc<str>>, span: Span) -> Self {
        Self::Unknown(Gap { why: why.into(), trail: Trail::written(span), shape: None })
    }

    /// The number that `count` is, as far as it is known.
    pub(crate) fn of_count(count: &Count) -> Self {
        match &count.value {
            Bound::Exactly(n) if i64::try_from(*n).is_ok() => {
                Self::Int(count.clone().map(|_| n.cast_signed()))
            }
            Bound::Unknown(Unknown { floor: 0, term: None, why }) => {
                Self::Unknown(Gap { why: Arc::clone(why), trail: count.trail.clone(), shape: None })
            }
            _ => Self::Counted(count.clone()),
        }
    }

    /// What `name` outside the tree is.
    pub(crate) fn outside(name: impl Into<Arc<str>>, at: Option<Span>) -> Self {
        Self::Outside(Outside { name: name.into(), at })
    }

    /// The value when either of two branches may have run.
    pub(crate) fn join(self, other: Self) -> Self {
        let mut all: Vec<Self> = Vec::new();
        for value in self.into_alternatives().into_iter().chain(other.into_alternatives()) {
            if !all.iter().any(|known| known.is_same(&value)) {
                all.push(value);
            }
        }
        Self::of_alternatives(all)
    }

    /// One of `all`; what is unknown swallows nothing, since its alternatives are the known part.
    pub(crate) fn of_alternatives(mut all: Vec<Self>) -> Self {
        if all.len() > MAX_ALTERNATIVES {
            let place = all.iter().find_map(Self::place);
            return place.map_or(Self::Absent, |span| Self::unknown("it may be one of many values", span));
        }
        match all.pop() {
            None => Self::Absent,
            Some(only) if all.is_empty() => only,
            Some(last) => {
                all.push(last);
                Self::Either(all.into())
            }
        }
    }

    /// Every value it may be.
    pub(crate) fn into_alternatives(self) -> Vec<Self> {
        match self {
            Self::Either(all) => all.to_vec(),
            one => vec![one],
        }
    }

    /// The alternatives without [`Value::Absent`]; `None` when nothing is left.
    pub(crate) fn present(self) -> Option<Self> {
        match self {
            Self::Absent => None,
            Self::Either(all) if all.iter().any(|value| matches!(value, Self::Absent)) => {
                Some(Self::of_alternatives(
                    all.iter().filter(|value| !matches!(value, Self::Absent)).cloned().collect(),
                ))
            }
            value => Some(value),
        }
    }

    /// Whether it may be missing.
    pub(crate) fn may_be_absent(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Either(all) => all.iter().any(|value| matches!(value, Self::Absent)),
            _ => false,
        }
    }

    /// The outcome of `change` for every value it may be.
    pub(crate) fn each(self, mut change: impl FnMut(Self) -> Self) -> Self {
        match self {
            Self::Either(all) => {
                all.iter().cloned().map(&mut change).reduce(Self::join).unwrap_or(Self::Absent)
            }
            one => change(one),
        }
    }

    /// Whether both are the same value, however they came about.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None(_), Self::None(_)) | (Self::Absent, Self::Absent) => true,
            (Self::Bool(a), Self::Bool(b)) => a.value == b.value,
            (Self::Int(a), Self::Int(b)) => a.value == b.value,
            (Self::Counted(a), Self::Counted(b)) => a.value == b.value && a.trail.first() == b.trail.first(),
            (Self::Float(a), Self::Float(b)) => a.value.to_bits() == b.value.to_bits(),
            (Self::Text(a), Self::Text(b)) => a.as_str() == b.as_str(),
            (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Function(a), Self::Function(b)) => a == b,
            (Self::Method(a, f), Self::Method(b, g)) => a == b && f == g,
            (Self::Outside(a), Self::Outside(b)) => a.name == b.name,
            (Self::Pool(a), Self::Pool(b)) => a == b,
            (Self::Unknown(a), Self::Unknown(b)) => a.why == b.why && a.trail.first() == b.trail.first(),
            _ => false,
        }
    }

    /// The same value, one step further.
    #[must_use]
    pub(crate) fn then(self, how: How, span: Span) -> Self {
        if self.steps() >= MAX_WAY {
            return self;
        }
        let step = Origin::at(how, span);
        match self {
            Self::None(trail) => Self::None(trail.then(step)),
            Self::Bool(traced) => Self::Bool(traced.then(step)),
            Self::Int(traced) => Self::Int(traced.then(step)),
            Self::Float(traced) => Self::Float(traced.then(step)),
            Self::Counted(count) => Self::Counted(count.then(step)),
            Self::Text(text) => Self::Text(text.then(&step)),
            Self::Unknown(gap) => Self::Unknown(Gap { trail: gap.trail.then(step), ..gap }),
            Self::Either(all) => {
                Self::Either(all.iter().map(|value| value.clone().then(how, span)).collect())
            }
            other => other,
        }
    }

    /// How many steps its way has.
    fn steps(&self) -> usize {
        match self {
            Self::None(trail) => trail.len(),
            Self::Bool(traced) => traced.trail.len(),
            Self::Int(traced) => traced.trail.len(),
            Self::Float(traced) => traced.trail.len(),
            Self::Counted(count) => count.trail.len(),
            Self::Text(text) => text.steps(),
            Self::Unknown(gap) => gap.trail.len(),
            // What does not hand on its way does not make it longer either.
            Self::Outside(_)
            | Self::Object(_)
            | Self::Function(_)
            | Self::Method(..)
            | Self::Pool(_)
            | Self::Absent => 0,
            Self::Either(all) => all.iter().find(|one| one.trail().is_some()).map_or(0, Self::steps),
        }
    }

    /// The way it came; `None` for what has no way of its own.
    pub(crate) fn trail(&self) -> Option<Trail> {
        match self {
            Self::None(trail) => Some(trail.clone()),
            Self::Bool(traced) => Some(traced.trail.clone()),
            Self::Int(traced) => Some(traced.trail.clone()),
            Self::Float(traced) => Some(traced.trail.clone()),
            Self::Counted(count) => Some(count.trail.clone()),
            Self::Text(text) => Some(text.trail()),
            Self::Unknown(gap) => Some(gap.trail.clone()),
            Self::Outside(outside) => outside.at.map(Trail::written),
            Self::Either(all) => all.iter().find_map(Self::trail),
            Self::Object(_) | Self::Function(_) | Self::Method(..) | Self::Pool(_) | Self::Absent => None,
        }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Option<Span> {
        self.trail().and_then(|trail| trail.place())
    }

    /// The slot of a dictionary that it names; `None` where that is not known.
    pub(crate) fn key(&self) -> Option<Key> {
        match self {
            Self::Text(text) => Some(Key::new(text.as_str())),
            Self::Int(number) => Some(Key::new(number.value.to_string())),
            Self::Bool(truth) => Some(Key::new(if truth.value { "1" } else { "0" })),
            Self::None(_) => Some(Key::new_static("None")),
            Self::Object(object) => Some(Key::new(format!("{object:?}"))),
            Self::Function(id) => Some(Key::new(format!("{id:?}"))),
            Self::Outside(outside) => Some(Key::new(&*outside.name)),
            _ => None,
        }
    }

    /// `str(value)`.
    pub(crate) fn into_text(self, span: Span) -> Self {
        self.each(|one| match one {
            Self::Text(text) => Self::Text(text),
            Self::Int(number) => Self::text(Text::traced(number.value.to_string(), number.trail)),
            Self::Bool(truth) => {
                Self::text(Text::traced(if truth.value { "True" } else { "False" }, truth.trail))
            }
            Self::None(trail) => Self::text(Text::traced("None", trail)),
            Self::Float(number) => {
                let written = if number.value.fract() == 0.0 {
                    format!("{:.1}", number.value)
                } else {
                    number.value.to_string()
                };
                Self::text(Text::traced(written, number.trail))
            }
            Self::Unknown(gap) => Self::Unknown(gap),
            Self::Counted(count) => Self::Counted(count),
            other => {
                let gap = Gap::of(&other, span);
                Self::Unknown(gap)
            }
        })
    }

    /// The string, when it certainly is one.
    pub(crate) fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Gap {
    /// Why `value` is not known, where the code at `span` wants more than is known of it.
    pub(crate) fn of(value: &Value, span: Span) -> Self {
        match value {
            Value::Unknown(gap) => gap.clone(),
            Value::Counted(count) => {
                let why = match &count.value {
                    Bound::Unknown(unknown) => Arc::clone(&unknown.why),
                    bound => Arc::from(format!("it is {bound}")),
                };
                Self { why, trail: count.trail.clone(), shape: None }
            }
            Value::Outside(outside) => Self {
                why: outside.why().into(),
                trail: Trail::written(outside.at.unwrap_or(span)),
                shape: None,
            },
            _ => Self { why: "it is not known".into(), trail: Trail::written(span), shape: None },
        }
    }
}

impl Outside {
    /// What `attribute` of it is.
    pub(crate) fn attribute(&self, attribute: &str, at: Span) -> Value {
        self.longer(&format!(".{attribute}"), at)
    }

    /// What calling it returns.
    pub(crate) fn called(&self, at: Span) -> Value {
        self.longer("()", at)
    }

    fn longer(&self, tail: &str, at: Span) -> Value {
        let fits = self.name.len() + tail.len() <= MAX_OUTSIDE_NAME;
        let name = if fits { Arc::from(format!("{}{tail}", self.name)) } else { Arc::clone(&self.name) };
        Value::outside(name, Some(at))
    }

    /// Whether its name is written like that of a class: `NullPool`, and not `settings.DEBUG` or `Config()`.
    pub(crate) fn is_class(&self) -> bool {
        let name = self.last_part();
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.contains(|c: char| c.is_ascii_lowercase())
            && !self.name.contains("()")
    }

    /// The last part of its name: `NullPool`.
    pub(crate) fn last_part(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// Why a value that would come from it is not known.
    pub(crate) fn why(&self) -> String {
        format!("`{}` is not part of the source", self.name)
    }
}
