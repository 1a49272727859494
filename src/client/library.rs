//! The client libraries that open pools, and what their arguments come to.
//!
//! A further library is a file beside this one and a line in [`LIBRARIES`].

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Call, Libraries, Library, Number, Value, url_with_holes};
use crate::trace::{Bound, Count, Text, Traced, Unknown, count_from};

use super::{
    aiopg, asyncpg, celery, databases, direct, django, flask_sqlalchemy, gino, inside, peewee, piccolo, pony,
    psycopg, sqlalchemy, tortoise,
};

/// The libraries.
pub(crate) const LIBRARIES: Libraries = Libraries {
    known: &KNOWN,
    expected: &EXPECTED,
    not_followed: &NOT_FOLLOWED,
    frameworks: &[django::settle],
};

const KNOWN: [Library; 14] = [
    sqlalchemy::LIBRARY,
    flask_sqlalchemy::LIBRARY,
    asyncpg::LIBRARY,
    psycopg::LIBRARY,
    databases::LIBRARY,
    aiopg::LIBRARY,
    peewee::LIBRARY,
    tortoise::LIBRARY,
    gino::LIBRARY,
    pony::LIBRARY,
    piccolo::LIBRARY,
    inside::LIBRARY,
    celery::LIBRARY,
    direct::LIBRARY,
];

/// Packages that are imported for nothing but their pools.
const EXPECTED: [&str; 7] =
    ["flask_sqlalchemy", "gino", "tortoise", "piccolo", "pony", "peewee", "procrastinate"];

/// Packages that keep pools of their own which are not followed.
const NOT_FOLLOWED: [&str; 6] =
    ["prisma", "edgedb", "asyncpgsa", "peewee_async", "sqlobject", "psycogreen.pool"];

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

/// A pool that opens `minimum` connections at once and further ones when a task wants one.
pub(crate) fn plain(
    call: &Call<'_, '_>,
    kind: &'static str,
    size: Option<Count>,
    ceiling: Bound,
    minimum: &[Number],
    url: Url,
) -> Pool {
    // A minimum that is not known may be anything up to the maximum.
    let eager = count(minimum, "connections").and_then(|count| count.value.number());
    Pool {
        settings: Vec::new(),
        name: String::new(),
        kind,
        size,
        overflow: None,
        ceiling,
        demand: eager.map_or(Demand::Ahead, |minimum| Demand::ByTask { minimum }),
        url,
        place: Some(call.place),
        made: Made::Once,
    }
}

/// The option `name` of a URL's query, as a number at its place.
pub(crate) fn option(url: &Text, name: &str) -> Option<Traced<i64>> {
    let (_, query) = url.split_once('?')?;
    let mut rest = Some(query);
    while let Some(query) = rest {
        let (pair, next) = match query.split_once('&') {
            Some((pair, next)) => (pair, Some(next)),
            None => (query, None),
        };
        rest = next;
        let Some((key, value)) = pair.split_once('=') else { continue };
        if key.as_str() == name {
            let number = count_from(&value).ok()?;
            return Some(Traced::new(i64::try_from(number).ok()?, value.trail()));
        }
    }
    None
}
