//! encode/databases: the pool of its driver, asyncpg's or aiopg's; the numbers stand in the URL's query or among the
//! arguments (facts, C2).

use crate::pool::Pool;
use crate::python::{Call, Constructor, Library, Outcome};
use crate::trace::{Bound, Traced};

use super::library::{count, option, plain, url as url_of, url_text};
use super::sizes::Sizes;
use super::{aiopg, asyncpg};

/// The library.
pub(crate) const LIBRARY: Library =
    Library { packages: &["databases"], names: &["Database"], is_common: false, objects: &[], constructor };

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    matches!(name, "databases.Database" | "databases.core.Database").then_some(database as Constructor)
}

fn database(call: &Call<'_, '_>) -> Outcome {
    let given = call.argument(Some(0), "url");
    let Some(url) = url_of(given) else { return Outcome::default() };
    // Every other driver is asyncpg (`databases/core.py` of 0.9, `_get_backend`).
    let is_aiopg = url_text(&url).is_some_and(|url| {
        url.as_str().split_once("://").is_some_and(|(scheme, _)| scheme == "postgresql+aiopg")
    });
    let numbers = |name: &str, default: Traced<i64>| {
        let queried = url_text(&url).and_then(|url| option(url, name));
        call.numbers(None, name, &queried.unwrap_or(default))
    };
    if is_aiopg {
        let minimum = numbers("min_size", call.default(1, "aiopg minsize"));
        let maximum = numbers("max_size", call.default(10, "aiopg maxsize"));
        let mut outcome = aiopg::pool(call, ("min_size", &minimum), ("max_size", &maximum), url);
        if let Some(pool) = &mut outcome.pool {
            pool.kind = "databases.Database";
        }
        return outcome;
    }
    let minimum = numbers("min_size", call.default(10, "asyncpg min_size"));
    let maximum = numbers("max_size", call.default(10, "asyncpg max_size"));
    let mut sizes = Sizes::of(call, "asyncpg");
    asyncpg::demand(&mut sizes, &minimum, &maximum);
    let size = count(&maximum, "connections");
    let ceiling = size
        .as_ref()
        .map_or_else(|| Bound::unknown("connections", "`max_size` is negative"), |size| size.value.clone());
    let pool = plain(call, "databases.Database", size, ceiling, &minimum, url);
    // The driver of its PostgreSQL is asyncpg, which gets the other arguments.
    let pool = Pool { settings: vec![asyncpg::statements(call)], ..pool };
    Outcome { pool: Some(pool), refused: sizes.refused, ..Outcome::default() }
}
