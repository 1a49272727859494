//! The pools of psycopg 3 (`psycopg_pool`) and psycopg2 (`psycopg2.pool`): facts C2 and G.

use crate::pool::{Demand, Made, Pool, Purpose, Setting, Url};
use crate::python::{Call, Constructor, Library, Number, Outcome, Value};
use crate::trace::{Bound, Traced};

use super::asyncpg::host_url;
use super::library::{count, url as url_of};
use super::setting::{Default, Known, seconds, threshold, truth};

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
        settings: if index == 0 { settings(call) } else { Vec::new() },
    };
    Outcome { pool: Some(pool), refused, ..Outcome::default() }
}

/// The settings of `psycopg_pool` (`base.py` and `pool.py` of 3.2: `timeout=30`, `max_lifetime=60 * 60`,
/// `max_idle=10 * 60`, `check=None`) and of the connections that it makes with `kwargs`.
fn settings(call: &Call<'_, '_>) -> Vec<Setting> {
    const TIMES: [Known; 3] = [
        Known {
            purpose: Purpose::Timeout,
            name: "timeout",
            of: "psycopg_pool timeout",
            default: Default::Number(30),
            meaning: seconds,
        },
        Known {
            purpose: Purpose::Recycle,
            name: "max_lifetime",
            of: "psycopg_pool max_lifetime",
            default: Default::Number(3600),
            meaning: seconds,
        },
        Known {
            purpose: Purpose::IdleTimeout,
            name: "max_idle",
            of: "psycopg_pool max_idle",
            default: Default::Number(600),
            meaning: seconds,
        },
    ];
    const CHECK: Known = Known {
        purpose: Purpose::PrePing,
        name: "check",
        of: "psycopg_pool check",
        default: Default::None,
        meaning: truth,
    };
    let mut all: Vec<Setting> = [&TIMES[0], &TIMES[1], &TIMES[2], &CHECK]
        .into_iter()
        .map(|known| known.read(call.argument(None, known.name), call.place))
        .collect();
    let connection = call.argument(None, "kwargs").and_then(|kwargs| match kwargs {
        Value::None(_) | Value::Absent => None,
        kwargs => call.machine.entry(&kwargs, "prepare_threshold"),
    });
    all.push(prepared(call, connection));
    all
}

/// Whether the connections that a call makes keep prepared statements: after five executions where nobody says anything
/// (`psycopg/_preparing.py`, `prepare_threshold = 5`).
pub(crate) fn prepared(call: &Call<'_, '_>, threshold_of: Option<Value>) -> Setting {
    const THRESHOLD: Known = Known {
        purpose: Purpose::PreparedStatements,
        name: "prepare_threshold",
        of: "psycopg prepare_threshold",
        default: Default::Number(5),
        meaning: threshold,
    };
    THRESHOLD.read(threshold_of, call.place)
}

fn unknown_url() -> Url {
    host_url(None)
}
