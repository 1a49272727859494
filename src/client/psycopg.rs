//! The pools of psycopg 3 (`psycopg_pool`) and psycopg2 (`psycopg2.pool`): facts C2 and G.

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Call, Constructor, Library, Number, Outcome};
use crate::trace::{Bound, Traced};

use super::asyncpg::host_url;
use super::library::{count, url as url_of};

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["psycopg_pool", "psycopg2"],
    names: &[
        "ConnectionPool",
        "AsyncConnectionPool",
        "NullConnectionPool",
        "AsyncNullConnectionPool",
        "ThreadedConnectionPool",
        "SimpleConnectionPool",
        "PersistentConnectionPool",
    ],
    is_common: false,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    let (package, last) = name.rsplit_once('.')?;
    match (package.split('.').next()?, last) {
        ("psycopg_pool", "ConnectionPool" | "AsyncConnectionPool") => Some(connection_pool),
        ("psycopg_pool", "NullConnectionPool" | "AsyncNullConnectionPool") => Some(null_pool),
        ("psycopg2", "ThreadedConnectionPool" | "SimpleConnectionPool" | "PersistentConnectionPool") => {
            Some(psycopg2)
        }
        _ => None,
    }
}

/// `psycopg_pool`: a minimum of 4, and the maximum is the minimum where it is not given (`base.py`, lines 118-120). It
/// grows ahead of demand (facts, G).
pub(crate) fn connection_pool(call: &Call<'_, '_>) -> Outcome {
    let minimum = call.numbers(None, "min_size", &call.default(4, "psycopg_pool min_size"));
    let fallback = match &*minimum {
        [Number::Known(minimum)] => minimum.clone(),
        _ => call.default(4, "psycopg_pool min_size"),
    };
    let maximum: Vec<Number> = match call.argument(None, "max_size") {
        None => minimum.clone(),
        Some(_) => call
            .numbers(None, "max_size", &fallback)
            .into_iter()
            .flat_map(|number| match number {
                Number::Nothing(_) => minimum.clone(),
                number => vec![number],
            })
            .collect(),
    };
    let mut refused = Vec::new();
    if let ([Number::Known(low)], [Number::Known(high)]) = (&*minimum, &*maximum)
        && low.value > high.value
    {
        refused.push(call.refusal(&high.trail, "`max_size` is below `min_size`, which psycopg_pool refuses"));
    }
    let ceiling = most(&maximum);
    pool(call, "psycopg_pool.ConnectionPool", &maximum, ceiling, Demand::Ahead, refused)
}

/// `NullConnectionPool`: no bound unless `max_size` is given.
fn null_pool(call: &Call<'_, '_>) -> Outcome {
    let maximum = call.numbers(None, "max_size", &call.default(0, "psycopg_pool max_size"));
    let ceiling = maximum.iter().map(|number| match number {
        Number::Known(number) if number.value > 0 => Bound::Exactly(number.value.unsigned_abs()),
        Number::Unknown(gap) => Bound::unknown("connections", gap.why.clone()),
        _ => Bound::Unbounded,
    });
    let ceiling = ceiling.reduce(Bound::or).unwrap_or(Bound::Unbounded);
    let sizes: &[Number] = if ceiling == Bound::Unbounded { &[] } else { &maximum };
    pool(call, "psycopg_pool.NullConnectionPool", sizes, ceiling, Demand::ByTask { minimum: 0 }, Vec::new())
}

/// `psycopg2.pool`: `minconn, maxconn`; a minimum above the maximum has no limit (facts, G).
fn psycopg2(call: &Call<'_, '_>) -> Outcome {
    let missing = Traced::new(0, crate::trace::Trail::written(call.place));
    let minimum = call.numbers(Some(0), "minconn", &missing);
    let maximum = call.numbers(Some(1), "maxconn", &missing);
    let low = count(&minimum, "connections").and_then(|count| count.value.number());
    let ceiling = match (low, most(&maximum)) {
        (Some(low), Bound::Exactly(high) | Bound::AtMost(high)) if low > high => Bound::Unbounded,
        (_, ceiling) => ceiling,
    };
    let demand = low.map_or(Demand::Ahead, |minimum| Demand::ByTask { minimum });
    pool(call, "psycopg2.ConnectionPool", &maximum, ceiling, demand, Vec::new())
}

fn most(maximum: &[Number]) -> Bound {
    count(maximum, "connections")
        .map_or_else(|| Bound::unknown("connections", "the maximum is negative"), |count| count.value)
}

fn pool(
    call: &Call<'_, '_>,
    kind: &'static str,
    sizes: &[Number],
    ceiling: Bound,
    demand: Demand,
    refused: Vec<(crate::source::Span, String)>,
) -> Outcome {
    let index = if kind.starts_with("psycopg2") { 2 } else { 0 };
    let url = match call.argument(Some(index), "conninfo").or_else(|| call.argument(None, "dsn")) {
        Some(value) => url_of(Some(value)),
        None => Some(host_url(call.argument(None, "host"))),
    };
    let url = url.unwrap_or_else(unknown_url);
    let pool = Pool {
        name: String::new(),
        kind,
        size: count(sizes, "connections"),
        overflow: None,
        ceiling,
        demand,
        url,
        place: Some(call.place),
        made: Made::Once,
        settings: Vec::new(),
    };
    Outcome { pool: Some(pool), refused, ..Outcome::default() }
}

fn unknown_url() -> Url {
    host_url(None)
}
