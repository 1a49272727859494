//! peewee: a connection for each thread, or a pool of 20 (`playhouse/pool.py` of 4.5, `max_connections=20`; none where
//! it is None or 0), which refuses a thread too many. `playhouse.db_url.connect` takes both from a URL.

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Call, Constructor, Library, Number, Outcome, Value};
use crate::trace::Bound;

use super::asyncpg::host_url;
use super::library::{count, option, plain, url as url_of, url_text};

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["peewee", "playhouse"],
    names: &[
        "PostgresqlDatabase",
        "PostgresqlExtDatabase",
        "Psycopg3Database",
        "PooledPostgresqlDatabase",
        "PooledPostgresqlExtDatabase",
        "PooledPsycopg3Database",
        "ReconnectPostgresqlDatabase",
        "connect",
    ],
    is_common: true,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    let (package, last) = name.rsplit_once('.')?;
    let root = package.split('.').next()?;
    match (root, last) {
        ("peewee" | "playhouse", "PostgresqlDatabase" | "PostgresqlExtDatabase" | "Psycopg3Database") => {
            Some(of_threads)
        }
        (
            "playhouse",
            "PooledPostgresqlDatabase" | "PooledPostgresqlExtDatabase" | "PooledPsycopg3Database",
        ) => Some(pooled),
        ("playhouse", "connect") if package.ends_with("db_url") => Some(by_url),
        _ => None,
    }
}

fn of_threads(call: &Call<'_, '_>) -> Outcome {
    let url = host_url(call.argument(None, "host"));
    Outcome { pool: Some(threads(call, url)), ..Outcome::default() }
}

fn threads(call: &Call<'_, '_>, url: Url) -> Pool {
    Pool {
        settings: Vec::new(),
        name: String::new(),
        kind: "peewee.PostgresqlDatabase",
        size: None,
        overflow: None,
        ceiling: Bound::Unbounded,
        demand: Demand::ByTask { minimum: 0 },
        url,
        place: Some(call.place),
        made: Made::Once,
    }
}

fn pooled(call: &Call<'_, '_>) -> Outcome {
    pool(call, host_url(call.argument(None, "host")))
}

fn pool(call: &Call<'_, '_>, url: Url) -> Outcome {
    let queried = url_text(&url).and_then(|url| option(url, "max_connections"));
    let default = queried.unwrap_or_else(|| call.default(20, "peewee max_connections"));
    let maximum = call.numbers(None, "max_connections", &default);
    let is_open = |number: &Number| match number {
        Number::Nothing(_) => true,
        Number::Known(number) => number.value == 0,
        _ => false,
    };
    let has_none = maximum.iter().any(is_open);
    let size = count(&maximum, "connections").filter(|_| !has_none);
    let ceiling = match &size {
        _ if has_none => Bound::Unbounded,
        Some(size) => size.value.clone(),
        None => Bound::unknown("connections", "`max_connections` is negative"),
    };
    let pool = plain(call, "peewee.PooledPostgresqlDatabase", size, ceiling, &none(call), url);
    Outcome { pool: Some(pool), ..Outcome::default() }
}

fn none(call: &Call<'_, '_>) -> [Number; 1] {
    [Number::Known(call.default(0, "peewee minimum"))]
}

/// `connect("postgresql+pool://…")`.
fn by_url(call: &Call<'_, '_>) -> Outcome {
    let given = call.argument(Some(0), "url");
    let Some(url) = url_of(given.clone()) else { return Outcome::default() };
    let scheme = |value: &Value| match value {
        Value::Text(text) => text.as_str().split_once(':').map(|(scheme, _)| scheme.contains("+pool")),
        _ => None,
    };
    match given.as_ref().and_then(scheme) {
        Some(true) => pool(call, url),
        // Where the kind is not known, only the threads bound both.
        Some(false) | None => Outcome { pool: Some(threads(call, url)), ..Outcome::default() },
    }
}
