//! encode/databases: the pool of its driver, 10 connections with asyncpg and aiopg, opened at once; the numbers stand
//! in the URL's query or among the arguments (facts, C2).

use crate::pool::{Demand, Made, Pool};
use crate::python::{Call, Constructor, Library, Number, Outcome};
use crate::trace::Bound;

use super::library::{count, option, url as url_of, url_text};

/// The library.
pub(crate) const LIBRARY: Library =
    Library { packages: &["databases"], names: &["Database"], is_common: false, objects: &[], constructor };

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    matches!(name, "databases.Database" | "databases.core.Database").then_some(database as Constructor)
}

fn database(call: &Call<'_, '_>) -> Outcome {
    let Some(url) = url_of(call.argument(Some(0), "url")) else { return Outcome::default() };
    let numbers = |name: &str, default: &'static str| {
        let queried = url_text(&url).and_then(|url| option(url, name));
        let default = queried.unwrap_or_else(|| call.default(10, default));
        call.numbers(None, name, &default)
    };
    let minimum = numbers("min_size", "asyncpg min_size");
    let maximum = numbers("max_size", "asyncpg max_size");
    let size = count(&maximum, "connections");
    let ceiling = size
        .as_ref()
        .map_or_else(|| Bound::unknown("connections", "`max_size` is negative"), |size| size.value.clone());
    let eager = match &*minimum {
        [Number::Known(number)] => u64::try_from(number.value).ok(),
        _ => None,
    };
    let pool = Pool {
        name: String::new(),
        kind: "databases.Database",
        size,
        overflow: None,
        ceiling,
        demand: eager.map_or(Demand::Ahead, |minimum| Demand::ByTask { minimum }),
        url: url.clone(),
        place: Some(call.place),
        made: Made::Once,
        // The driver of its PostgreSQL is asyncpg, which gets the other arguments.
        settings: vec![super::asyncpg::statements(call)],
    };
    Outcome { pool: Some(pool), ..Outcome::default() }
}
