//! The client libraries that open pools: which names make one, and what it comes to for the given arguments.
//!
//! A further library is a file beside this one and a line in [`LIBRARIES`].

use crate::source::Span;
use crate::trace::{Bound, Count, Text, Traced, Trail, Unknown};

use super::pool::Url;
use super::python::{Arguments, Gap, Machine, Value, url_with_holes};
use super::{Pool, asyncpg, databases, psycopg, sqlalchemy};

/// Makes a pool of the arguments of a call.
pub(crate) type Constructor = fn(&Call<'_, '_>) -> Outcome;

/// A call that makes a pool.
pub(crate) struct Call<'c, 'a> {
    /// Its arguments.
    pub(crate) arguments: &'c Arguments,
    /// The name of what is called.
    pub(crate) place: Span,
    /// The program it stands in.
    pub(crate) machine: &'c Machine<'a>,
}

/// What a call makes.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The pool; `None` where it dials no PostgreSQL.
    pub(crate) pool: Option<Pool>,
    /// Arguments that the library refuses, and why.
    pub(crate) refused: Vec<(Span, String)>,
}

/// One number that an argument may be.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    /// This one.
    Known(Traced<i64>),
    /// `None` was given.
    Nothing(Trail),
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
    /// What a dotted name makes.
    pub(crate) constructor: fn(&str) -> Option<Constructor>,
}

/// The libraries.
pub(crate) const LIBRARIES: [Library; 4] =
    [sqlalchemy::LIBRARY, asyncpg::LIBRARY, psycopg::LIBRARY, databases::LIBRARY];

/// Packages that keep pools of their own which are not followed: a program that imports one has an unknown demand.
pub(crate) const NOT_FOLLOWED: [&str; 12] = [
    "flask_sqlalchemy",
    "django",
    "aiopg",
    "tortoise",
    "peewee",
    "playhouse",
    "piccolo",
    "gino",
    "ormar",
    "pony",
    "procrastinate",
    "prisma",
];

/// What the name `name` outside the tree makes, when it makes pools.
pub(crate) fn constructor(name: &str) -> Option<Constructor> {
    LIBRARIES.iter().find_map(|library| (library.constructor)(name))
}

impl Call<'_, '_> {
    /// The argument `name`, which may also stand at `index`.
    pub(crate) fn argument(&self, index: Option<usize>, name: &str) -> Option<Value> {
        self.arguments.get(index, name)
    }

    /// Every number that the argument may be; `default` where it is not given, or not in every branch.
    pub(crate) fn numbers(&self, index: Option<usize>, name: &str, default: &Traced<i64>) -> Vec<Number> {
        let Some(value) = self.argument(index, name) else { return vec![Number::Known(default.clone())] };
        value.into_alternatives().into_iter().map(|one| self.number(one, default)).collect()
    }

    fn number(&self, value: Value, default: &Traced<i64>) -> Number {
        let here = || Trail::written(self.place);
        match value {
            Value::Absent => Number::Known(default.clone()),
            Value::Int(number) => Number::Known(number),
            Value::Bool(truth) => Number::Known(truth.map(i64::from)),
            #[allow(clippy::cast_possible_truncation)]
            // Only whole numbers pass, and no count is near the ends.
            Value::Float(number) if number.value.fract() == 0.0 => Number::Known(number.map(|n| n as i64)),
            Value::None(trail) => Number::Nothing(trail),
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

/// The database URL that `value` is; `None` where it certainly is another database's.
pub(crate) fn url(value: Option<Value>) -> Option<Url> {
    let all = value.unwrap_or(Value::Absent).into_alternatives();
    let postgres: Vec<Value> = all.into_iter().filter(|one| !is_other_database(one)).collect();
    let first = postgres.first()?.clone();
    Some(match (postgres.len(), first) {
        (1, Value::Text(text)) => Url::Known(text),
        (1, Value::Unknown(gap)) => match gap.shape.as_ref().and_then(url_with_holes) {
            Some(text) => Url::Known(text),
            None => Url::Unknown(unknown(&gap.why)),
        },
        (1, Value::Outside(outside)) => Url::Unknown(unknown(&outside.why())),
        (1, _) => Url::Unknown(unknown("the call does not name the database")),
        _ => Url::Unknown(unknown("it may be one of several")),
    })
}

fn unknown(why: &str) -> Unknown {
    Unknown { floor: 0, term: None, why: why.into() }
}

/// What stands in front of the URLs of other databases.
const OTHERS: [&str; 16] = [
    "sqlite",
    "mysql",
    "mariadb",
    "oracle",
    "mssql",
    "duckdb",
    "snowflake",
    "bigquery",
    "clickhouse",
    "clickhousedb",
    "trino",
    "presto",
    "hive",
    "databricks",
    "mongodb",
    "redis",
];

/// Whether a value is the URL of another database: `sqlite://`, `mysql+pymysql://`.
fn is_other_database(value: &Value) -> bool {
    let shape = match value {
        Value::Text(text) => Some(text),
        Value::Unknown(gap) => gap.shape.as_ref(),
        _ => None,
    };
    let Some((scheme, _)) = shape.and_then(|shape| shape.as_str().split_once(':')) else { return false };
    let dialect = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
    OTHERS.contains(&dialect.as_str())
}

/// The count that one of `numbers` is: the larger counts. Numbers below zero are none.
pub(crate) fn count(numbers: &[Number], symbol: &str) -> Option<Count> {
    let mut counts = numbers.iter().map(|number| one_count(number, symbol));
    let first = counts.next()??;
    counts.try_fold(first, |sum, one| {
        let one = one?;
        let is_larger = one.value.is_unknown() || one.value.number() > sum.value.number();
        let trail = if is_larger && !sum.value.is_unknown() { one.trail } else { sum.trail };
        Some(Traced::new(sum.value.or(one.value), trail))
    })
}

fn one_count(number: &Number, symbol: &str) -> Option<Count> {
    match number {
        Number::Known(number) => {
            let count = u64::try_from(number.value).ok()?;
            Some(Traced::new(Bound::Exactly(count), number.trail.clone()))
        }
        Number::Unknown(gap) => Some(Traced::new(Bound::unknown(symbol, gap.why.clone()), gap.trail.clone())),
        Number::Nothing(trail) | Number::Refused(trail) => {
            Some(Traced::new(Bound::unknown(symbol, "it is not a number"), trail.clone()))
        }
    }
}

/// The text of a URL, when it is known.
pub(crate) fn url_text(url: &Url) -> Option<&Text> {
    match url {
        Url::Known(text) => Some(text),
        Url::Host(_) | Url::Unknown(_) => None,
    }
}
