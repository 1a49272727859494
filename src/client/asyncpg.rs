//! asyncpg's pools: 10 connections, opened at once, where nothing is said (facts, C2 and G).

use crate::pool::{Demand, Made, Pool, Purpose, Setting, Url};
use crate::python::{Call, Constructor, Library, Number, Outcome, Value};
use crate::trace::Bound;

use super::library::{count, url as url_of};
use super::setting::{Default, Known, seconds_or_never, truth};
use super::sizes::Sizes;

/// The library.
pub(crate) const LIBRARY: Library =
    Library { packages: &["asyncpg"], names: &["create_pool"], is_common: false, objects: &[], constructor };

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    matches!(name, "asyncpg.create_pool" | "asyncpg.pool.create_pool").then_some(create_pool as Constructor)
}

pub(crate) fn create_pool(call: &Call<'_, '_>) -> Outcome {
    let minimum = call.numbers(None, "min_size", &call.default(10, "asyncpg min_size"));
    let maximum = call.numbers(None, "max_size", &call.default(10, "asyncpg max_size"));
    let url = match (call.argument(Some(0), "dsn"), call.argument(None, "host")) {
        (Some(dsn), _) => url_of(Some(dsn)),
        (None, host) => Some(host_url(host)),
    };
    let Some(url) = url else { return Outcome::default() };
    let mut sizes = Sizes::of(call, "asyncpg");
    demand(&mut sizes, &minimum, &maximum);
    let refused = sizes.refused;
    let size = count(&maximum, "connections");
    let ceiling = size
        .as_ref()
        .map_or_else(|| Bound::unknown("connections", "`max_size` is negative"), |size| size.value.clone());
    let eager = count(&minimum, "connections").and_then(|count| count.value.number());
    // A minimum that is not known may be anything up to the maximum.
    let demand = eager.map_or(Demand::Ahead, |minimum| Demand::ByTask { minimum });
    let pool = Pool {
        name: String::new(),
        kind: "asyncpg.Pool",
        size,
        overflow: None,
        ceiling,
        demand,
        url,
        place: Some(call.place),
        made: Made::Once,
        settings: vec![statements(call), IDLE.read(call.argument(None, IDLE.name), call.place)],
    };
    Outcome { pool: Some(pool), refused, ..Outcome::default() }
}

/// `create_pool(max_inactive_connection_lifetime=300)`, where 0 is for ever (`asyncpg/pool.py` of 0.31).
const IDLE: Known = Known {
    purpose: Purpose::IdleTimeout,
    name: "max_inactive_connection_lifetime",
    of: "asyncpg max_inactive_connection_lifetime",
    default: Default::Number(300),
    meaning: seconds_or_never,
};

/// Whether the connections that a call makes keep prepared statements: 100 of each where nobody says anything
/// (`asyncpg/connection.py`, `connect(statement_cache_size=100)`).
pub(crate) fn statements(call: &Call<'_, '_>) -> Setting {
    const STATEMENTS: Known = Known {
        purpose: Purpose::PreparedStatements,
        name: "statement_cache_size",
        of: "asyncpg statement_cache_size",
        default: Default::Number(100),
        meaning: truth,
    };
    STATEMENTS.read(call.argument(None, STATEMENTS.name), call.place)
}

/// What asyncpg demands of its numbers (`asyncpg/pool.py`, `Pool.__init__`).
pub(crate) fn demand(sizes: &mut Sizes<'_, '_, '_>, minimum: &[Number], maximum: &[Number]) {
    sizes.demand("min_size", minimum, 0, false);
    sizes.demand("max_size", maximum, 1, false);
    sizes.order(("min_size", minimum), ("max_size", maximum));
    for name in ["min_size", "max_size"] {
        if sizes.call.argument(None, name).is_some_and(|value| matches!(value, Value::Float(_))) {
            let place = sizes.call.place;
            sizes.refused.push((place, format!("`{name}` has to be a whole number")));
        }
    }
}

/// The URL of a pool that is only told a host.
pub(crate) fn host_url(host: Option<Value>) -> Url {
    match host {
        Some(Value::Text(host)) => {
            let span = host.trail();
            let mut url = crate::trace::Text::traced("postgresql://", span);
            url.push(&host);
            Url::Known(url)
        }
        _ => Url::Unknown(crate::trace::Unknown {
            floor: 0,
            term: None,
            why: "the call does not name the database".into(),
        }),
    }
}
