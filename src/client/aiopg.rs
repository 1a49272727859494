//! aiopg's pools: `minsize=1, maxsize=10`, and `maxsize=0` is without bound (`aiopg/pool.py` of 1.5.0, `create_pool`;
//! facts, C2).

use crate::pool::Url;
use crate::python::{Call, Constructor, Library, Number, Outcome};
use crate::trace::Bound;

use super::asyncpg::host_url;
use super::library::{count, plain, url as url_of};
use super::sizes::Sizes;

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["aiopg"],
    names: &["create_pool", "create_engine"],
    is_common: false,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    let makes = matches!(
        name,
        "aiopg.create_pool"
            | "aiopg.pool.create_pool"
            | "aiopg.sa.create_engine"
            | "aiopg.sa.engine.create_engine"
    );
    makes.then_some(create_pool as Constructor)
}

pub(crate) fn create_pool(call: &Call<'_, '_>) -> Outcome {
    let url = match call.argument(Some(0), "dsn") {
        Some(dsn) => url_of(Some(dsn)),
        None => Some(host_url(call.argument(None, "host"))),
    };
    let Some(url) = url else { return Outcome::default() };
    let minimum = call.numbers(None, "minsize", &call.default(1, "aiopg minsize"));
    let maximum = call.numbers(None, "maxsize", &call.default(10, "aiopg maxsize"));
    pool(call, ("minsize", &minimum), ("maxsize", &maximum), url)
}

/// A pool with these numbers, by the names that the call has for them. A maximum of 0 is without bound.
pub(crate) fn pool(
    call: &Call<'_, '_>,
    minimum: (&str, &[Number]),
    maximum: (&str, &[Number]),
    url: Url,
) -> Outcome {
    let is_open = |number: &Number| matches!(number, Number::Known(number) if number.value == 0);
    let has_none = maximum.1.iter().any(is_open);
    let mut sizes = Sizes::of(call, "aiopg");
    sizes.demand(minimum.0, minimum.1, 0, false);
    sizes.demand(maximum.0, maximum.1, 0, false);
    if !has_none {
        sizes.order(minimum, maximum);
    }
    let size = count(maximum.1, "connections").filter(|_| !has_none);
    let ceiling = match &size {
        _ if has_none => Bound::Unbounded,
        Some(size) => size.value.clone(),
        None => Bound::unknown("connections", "the maximum is negative"),
    };
    let pool = plain(call, "aiopg.Pool", size, ceiling, minimum.1, url);
    Outcome { pool: Some(pool), refused: sizes.refused, ..Outcome::default() }
}
