//! The pools of psycopg 3 (`psycopg_pool`) and psycopg2 (`psycopg2.pool`): facts C2 and G.

use crate::pool::{Demand, Made, Pool, Purpose, Setting, Url};
use crate::python::{Call, Constructor, Library, Number, Outcome, Value};
use crate::trace::Bound;

use super::asyncpg::host_url;
use super::library::{count, url as url_of};
use super::setting::{Default, Known, seconds, threshold, truth};
use super::sizes::Sizes;

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
    let given = match call.argument(None, "max_size") {
        None => vec![Value::Absent],
        Some(given) => given.into_alternatives(),
    };
    let zero = call.default(0, "psycopg_pool max_size");
    let maximum: Vec<Number> = given
        .into_iter()
        .flat_map(|one| match one {
            Value::Absent | Value::None(_) => minimum.clone(),
            one => vec![call.number(one, &zero)],
        })
        .collect();
    let mut sizes = Sizes::of(call, "psycopg_pool");
    sizes.demand("min_size", &minimum, 0, false);
    if call.argument(None, "max_size").is_some_and(|value| !value.may_be_absent()) {
        sizes.demand("max_size", &maximum, 1, true);
    } else if let [Number::Known(number)] = &*minimum
        && number.value == 0
    {
        let why = "`max_size` is `min_size` where it is not given, and psycopg_pool refuses 0".to_owned();
        sizes.refused.push(call.refusal(&number.trail, why));
    }
    sizes.order(("min_size", &minimum), ("max_size", &maximum));
    let ceiling = most_of(&maximum);
    pool(call, "psycopg_pool.ConnectionPool", &maximum, ceiling, Demand::Ahead, sizes.refused)
}

/// `NullConnectionPool`: no bound unless `max_size` is given; a minimum is refused (`null_pool.py`, `_check_size`).
pub(crate) fn null_pool(call: &Call<'_, '_>) -> Outcome {
    let maximum = call.numbers(None, "max_size", &call.default(0, "psycopg_pool max_size"));
    let mut sizes = Sizes::of(call, "psycopg_pool");
    sizes.demand("max_size", &maximum, 0, true);
    for number in call.numbers(None, "min_size", &call.default(0, "psycopg_pool min_size")) {
        if let Number::Known(number) = number
            && number.value != 0
        {
            let why = "a NullConnectionPool keeps no connection, and refuses a `min_size`".to_owned();
            sizes.refused.push(call.refusal(&number.trail, why));
        }
    }
    let ceiling = maximum.iter().map(|number| match number {
        Number::Known(number) if number.value > 0 => Bound::Exactly(number.value.unsigned_abs()),
        Number::Unknown(gap) => Bound::unknown("connections", gap.why.clone()),
        Number::Counted(count) => count.value.clone(),
        _ => Bound::Unbounded,
    });
    let ceiling = ceiling.reduce(Bound::or).unwrap_or(Bound::Unbounded);
    let numbers: &[Number] = if ceiling == Bound::Unbounded { &[] } else { &maximum };
    let demand = Demand::ByTask { minimum: 0 };
    pool(call, "psycopg_pool.NullConnectionPool", numbers, ceiling, demand, sizes.refused)
}

/// `psycopg2.pool`: `minconn, maxconn`, both made into numbers with `int(…)`.
fn psycopg2(call: &Call<'_, '_>) -> Outcome {
    let mut sizes = Sizes::of(call, "psycopg2");
    for (index, name) in [(0, "minconn"), (1, "maxconn")] {
        if call.argument(Some(index), name).is_none() {
            sizes.refused.push((call.place, format!("psycopg2's pools have to be given `{name}`")));
        }
    }
    two_numbers(call, sizes, None, "psycopg2.ConnectionPool")
}

/// A pool of psycopg2 where its numbers have defaults, as procrastinate gives them.
pub(crate) fn with_defaults(call: &Call<'_, '_>, minimum: i64, maximum: i64) -> Outcome {
    two_numbers(call, Sizes::of(call, "psycopg2"), Some((minimum, maximum)), "psycopg2.ConnectionPool")
}

/// It refuses a connection where `maxconn` are in use and none is free, and only then: with a maximum below what it
/// opened at first that never happens, and it has no limit (`psycopg2/pool.py`, `_getconn`; facts, G).
fn two_numbers(
    call: &Call<'_, '_>,
    mut sizes: Sizes<'_, '_, '_>,
    defaults: Option<(i64, i64)>,
    kind: &'static str,
) -> Outcome {
    let (least, most) = defaults.unwrap_or_default();
    let minimum = call.integers(Some(0), "minconn", &call.default(least, "psycopg2 minconn"));
    let maximum = call.integers(Some(1), "maxconn", &call.default(most, "psycopg2 maxconn"));
    sizes.demand("minconn", &minimum, i64::MIN, false);
    sizes.demand("maxconn", &maximum, i64::MIN, false);
    let pairs = minimum.iter().flat_map(|low| maximum.iter().map(move |high| (low, high)));
    let bound = |(low, high): (&Number, &Number)| match (low, high) {
        (_, Number::Known(high)) if high.value < 0 => Bound::Unbounded,
        (Number::Known(low), Number::Known(high)) if low.value > high.value => Bound::Unbounded,
        // A minimum that is not known may be above the maximum, but nobody writes it so.
        (_, high) => most_of(std::slice::from_ref(high)),
    };
    let ceiling = pairs.map(bound).reduce(Bound::or).unwrap_or(Bound::Unbounded);
    let low = match &*minimum {
        [Number::Known(low)] => Some(u64::try_from(low.value).unwrap_or(0)),
        _ => None,
    };
    let demand = low.map_or(Demand::Ahead, |minimum| Demand::ByTask { minimum });
    let numbers: &[Number] = if ceiling == Bound::Unbounded { &[] } else { &maximum };
    pool(call, kind, numbers, ceiling, demand, sizes.refused)
}

fn most_of(maximum: &[Number]) -> Bound {
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
    let is_empty = |value: &Value| value.as_text().is_some_and(|text| text.as_str().is_empty());
    let given = call.argument(Some(index), "conninfo").or_else(|| call.argument(None, "dsn"));
    let url = match given.filter(|value| !is_empty(value)) {
        Some(value) => url_of(Some(value)),
        None => Some(host_url(call.argument(None, "host").or_else(|| {
            // `psycopg_pool`: what each connection is made with.
            call.machine.entry(&call.argument(None, "kwargs")?, "host")
        }))),
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
