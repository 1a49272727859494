//! The client libraries that open pools, and what their arguments come to.
//!
//! A further library is a file beside this one and a line in [`LIBRARIES`].

use crate::pool::Url;
use crate::python::{Libraries, Library, Number, Value, url_with_holes};
use crate::trace::{Bound, Count, Text, Traced, Unknown};

use super::{asyncpg, databases, django, psycopg, sqlalchemy};

/// The libraries.
pub(crate) const LIBRARIES: Libraries =
    Libraries { known: &KNOWN, not_followed: &NOT_FOLLOWED, frameworks: &[django::settle] };

const KNOWN: [Library; 4] = [sqlalchemy::LIBRARY, asyncpg::LIBRARY, psycopg::LIBRARY, databases::LIBRARY];

/// Packages that keep pools of their own which are not followed.
const NOT_FOLLOWED: [&str; 11] = [
    "flask_sqlalchemy",
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
        Number::Counted(count) => Some(count.clone()),
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
