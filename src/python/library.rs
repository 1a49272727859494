//! What a client library is to a program that is followed: names outside the tree whose calls make pools.

use crate::pool::Pool;
use crate::source::Span;
use crate::trace::{Count, Traced, Trail, python_int};

use super::call::Arguments;
use super::heap::ObjectId;
use super::machine::Machine;
use super::value::{Gap, Value};

/// Makes a pool of the arguments of a call.
pub(crate) type Constructor = fn(&Call<'_, '_>) -> Outcome;

/// What makes a pool.
#[derive(Clone, Copy)]
pub(super) struct Maker {
    pub(super) make: Constructor,
    /// The package, where it is one that is expected to make a pool.
    pub(super) expected: Option<&'static str>,
}

/// A call that makes a pool.
pub(crate) struct Call<'c, 'a> {
    /// Its arguments.
    pub(crate) arguments: &'c Arguments,
    /// The name of what is called.
    pub(crate) place: Span,
    /// The program it stands in.
    pub(crate) machine: &'c Machine<'a>,
    /// What it is a method of, where that is one of [`Library::objects`].
    pub(crate) receiver: Option<ObjectId>,
}

/// What a call makes.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The pool; `None` where it dials no PostgreSQL.
    pub(crate) pool: Option<Pool>,
    /// What the call returns, where that is not the pool.
    pub(crate) gives: Option<Value>,
    /// Whether the call opens nothing yet: another one will.
    pub(crate) is_idle: bool,
    /// A pool of before that it takes the place of.
    pub(crate) instead_of: Option<Value>,
    /// Further pools that it makes at once.
    pub(crate) more: Vec<Pool>,
    /// How many processes a setting of it says there are: the setting and its value.
    pub(crate) workers: Option<(&'static str, Count)>,
    /// Why it may make pools that are not known.
    pub(crate) unknown: Option<String>,
    /// Arguments that the library refuses, and why.
    pub(crate) refused: Vec<(Span, String)>,
    /// Numbers that are given as strings, each with what is to be said of it.
    pub(crate) not_numbers: Vec<(Span, String)>,
}

/// One number that an argument may be.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    /// This one.
    Known(Traced<i64>),
    /// `None` was given.
    Nothing(Trail),
    /// Only a bound of it is known.
    Counted(Count),
    /// The files do not say.
    Unknown(Gap),
    /// Something that is no number was given.
    Refused(Trail),
}

/// A client library.
pub(crate) struct Library {
    /// The packages that it is imported from.
    pub(crate) packages: &'static [&'static str],
    /// The last parts of the names that make pools: code that mentions none of them, nor anything that does, makes no
    /// pool of this library.
    pub(crate) names: &'static [&'static str],
    /// Whether the names are words that others use as well, like `connect`: they count in modules alone that import one
    /// of the packages, or the name itself.
    pub(crate) is_common: bool,
    /// Classes whose instances are kept with what they were made of, since a later call of a method needs it: each
    /// with its attributes that are dictionaries.
    pub(crate) objects: &'static [(&'static str, &'static [&'static str])],
    /// What a dotted name makes.
    pub(crate) constructor: fn(&str) -> Option<Constructor>,
}

/// The libraries that a program is watched for.
#[derive(Clone, Copy)]
pub(crate) struct Libraries {
    /// Those whose pools are known.
    pub(crate) known: &'static [Library],
    /// Packages of the known ones that are imported for nothing but their pools: where one is imported and no call of
    /// it is found that makes a pool, its demand is unknown.
    pub(crate) expected: &'static [&'static str],
    /// Packages that keep pools of their own which are not followed: a program that imports one has an unknown demand.
    pub(crate) not_followed: &'static [&'static str],
    /// Frameworks that open connections by their settings, without a call in the program.
    pub(crate) frameworks: &'static [Framework],
}

/// Adds what a framework opens to a program that was imported; whether the program uses it.
pub(crate) type Framework = fn(&mut Machine<'_>, Span) -> bool;

impl Libraries {
    /// None: the program is followed for what its names come to, not for what it opens.
    pub(super) const NONE: Self = Self { known: &[], expected: &[], not_followed: &[], frameworks: &[] };

    /// Whether the source `text` imports one of them and names what makes its pools.
    pub(super) fn are_in(self, text: &str) -> bool {
        let mut imported = text.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("import ").or_else(|| line.strip_prefix("from "))
        });
        let roots = |line: &str| -> Vec<String> {
            let packages = line.split(',').map(str::trim_start);
            packages
                .map(|part| part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
                .collect()
        };
        imported.any(|line| {
            roots(line).iter().any(|root| {
                self.not_followed.contains(&root.as_str())
                    || self.known.iter().any(|library| {
                        library.packages.contains(&root.as_str())
                            && library.names.iter().any(|name| text.contains(name))
                    })
            })
        })
    }

    /// What the name `name` outside the tree makes, when it makes pools.
    pub(super) fn constructor(self, name: &str) -> Option<Maker> {
        let (library, make) =
            self.known.iter().find_map(|library| Some((library, (library.constructor)(name)?)))?;
        let root = name.split('.').next().unwrap_or_default();
        // Where another package of it makes the pool, the first one is what was waited for: `playhouse` for `peewee`.
        let first = library.packages.first().copied().unwrap_or_default();
        let expected = |wanted: &str| self.expected.iter().copied().find(|package| *package == wanted);
        Some(Maker { make, expected: expected(root).or_else(|| expected(first)) })
    }

    /// The dictionaries of an instance of the class `name`, where such are kept.
    pub(super) fn object(self, name: &str) -> Option<&'static [&'static str]> {
        let mut objects = self.known.iter().flat_map(|library| library.objects);
        objects.find(|(class, _)| *class == name).map(|(_, dictionaries)| *dictionaries)
    }
}

impl Call<'_, '_> {
    /// The argument `name`, which may also stand at `index`.
    pub(crate) fn argument(&self, index: Option<usize>, name: &str) -> Option<Value> {
        self.arguments.get(index, name)
    }

    /// The argument `name` that the object was made with whose method this is.
    pub(crate) fn kept(&self, index: usize, name: &str) -> Option<Value> {
        self.machine.kept(self.receiver?, index, name)
    }

    /// An attribute of that object.
    pub(crate) fn attribute(&self, name: &str) -> Option<Value> {
        self.machine.slot(self.receiver?, name)
    }

    /// A call with other arguments at the same place.
    pub(crate) fn with<'d>(&'d self, arguments: &'d Arguments) -> Call<'d, 'd> {
        Call { arguments, place: self.place, machine: self.machine, receiver: None }
    }

    /// Every number that the argument may be; `default` where it is not given, or not in every branch.
    pub(crate) fn numbers(&self, index: Option<usize>, name: &str, default: &Traced<i64>) -> Vec<Number> {
        let Some(value) = self.argument(index, name) else { return vec![Number::Known(default.clone())] };
        value.into_alternatives().into_iter().map(|one| self.number(one, default)).collect()
    }

    /// The same where the library makes numbers of strings, with `int(…)`.
    pub(crate) fn integers(&self, index: Option<usize>, name: &str, default: &Traced<i64>) -> Vec<Number> {
        let Some(value) = self.argument(index, name) else { return vec![Number::Known(default.clone())] };
        let integer = |one: Value| match &one {
            Value::Text(text) => match python_int(text.as_str()) {
                Ok(number) => Number::Known(Traced::new(number, text.trail())),
                Err(_) => Number::Refused(text.trail()),
            },
            _ => self.number(one, default),
        };
        value.into_alternatives().into_iter().map(integer).collect()
    }

    /// The number that one value is.
    pub(crate) fn number(&self, value: Value, default: &Traced<i64>) -> Number {
        let here = || Trail::written(self.place);
        match value {
            Value::Absent => Number::Known(default.clone()),
            Value::Int(number) => Number::Known(number),
            Value::Bool(truth) => Number::Known(truth.map(i64::from)),
            #[allow(clippy::cast_possible_truncation)]
            // Only whole numbers pass, and no count is near the ends.
            Value::Float(number) if number.value.fract() == 0.0 => Number::Known(number.map(|n| n as i64)),
            Value::None(trail) => Number::Nothing(trail),
            Value::Counted(count) => Number::Counted(count),
            Value::Unknown(gap) => Number::Unknown(gap),
            Value::Text(text) => Number::Refused(text.trail()),
            Value::Outside(outside) => Number::Unknown(Gap {
                why: outside.why().into(),
                trail: outside.at.map_or_else(here, Trail::written),
                shape: None,
            }),
            other => Number::Refused(other.trail().unwrap_or_else(here)),
        }
    }

    /// A default of the library, which the call could have said otherwise.
    pub(crate) fn default(&self, number: i64, setting: &'static str) -> Traced<i64> {
        Traced::new(number, Trail::default_of(setting, Some(self.place)))
    }

    /// An argument that the library refuses.
    pub(crate) fn refusal(&self, trail: &Trail, message: impl Into<String>) -> (Span, String) {
        (trail.place().unwrap_or(self.place), message.into())
    }
}
