//! peewee: a connection for each thread, or a pool of 20 (`playhouse/pool.py` of 4.5, `max_connections=20`; none where
//! it is None or 0), which refuses a thread too many. `playhouse.db_url.connect` takes both from a URL.

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Call, Constructor, Key, Library, Number, Outcome, Value};
use crate::trace::Bound;

use super::asyncpg::host_url;
use super::library::{count, option, plain, url as url_of, url_text};
use super::sizes::Sizes;

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
        "init",
    ],
    is_common: true,
    objects: &[
        ("playhouse.pool.PooledPostgresqlDatabase", &[]),
        ("playhouse.pool.PooledPostgresqlExtDatabase", &[]),
        ("playhouse.pool.PooledPsycopg3Database", &[]),
        ("playhouse.postgres_ext.PooledPostgresqlExtDatabase", &[]),
        ("playhouse.postgres_ext.PooledPsycopg3Database", &[]),
    ],
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
        ("playhouse", "init") if package.ends_with("Database()") => Some(init),
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

/// `PooledPostgresqlDatabase(database, max_connections=20, …)`; the database may be a URL, which libpq takes for its name.
fn pooled(call: &Call<'_, '_>) -> Outcome {
    pool(call, address(call))
}

fn address(call: &Call<'_, '_>) -> Url {
    let named = call.argument(Some(0), "database");
    let is_url = |value: &Value| value.as_text().is_some_and(|text| text.as_str().contains("://"));
    match named.filter(is_url).and_then(|url| url_of(Some(url))) {
        Some(url) => url,
        None => host_url(call.argument(None, "host")),
    }
}

/// `database.init(name, max_connections=…)` of one that was made without a name: what it is not told stays as it was.
fn init(call: &Call<'_, '_>) -> Outcome {
    let is_given = |value: &Value| !matches!(value, Value::None(_) | Value::Absent);
    let mut arguments = call.arguments.clone();
    for (index, name) in [(1, "max_connections"), (usize::MAX, "host")] {
        let given = call.argument(Some(index), name).filter(is_given);
        if let Some(value) = given.or_else(|| call.kept(index, name)) {
            arguments.set(Key::new(name), value);
        }
    }
    arguments.positional.truncate(1);
    let mut outcome = pooled(&call.with(&arguments));
    outcome.instead_of = call.kept(usize::MAX, "pool");
    outcome
}

fn pool(call: &Call<'_, '_>, url: Url) -> Outcome {
    let queried = url_text(&url).and_then(|url| option(url, "max_connections"));
    let default = queried.unwrap_or_else(|| call.default(20, "peewee max_connections"));
    let maximum = call.integers(Some(1), "max_connections", &default);
    let is_open = |number: &Number| match number {
        Number::Nothing(_) => true,
        Number::Known(number) => number.value == 0,
        _ => false,
    };
    let has_none = maximum.iter().any(is_open);
    let mut sizes = Sizes::of(call, "peewee");
    sizes.demand("max_connections", &maximum, 0, true);
    let size = count(&maximum, "connections").filter(|_| !has_none);
    let ceiling = match &size {
        _ if has_none => Bound::Unbounded,
        Some(size) => size.value.clone(),
        None => Bound::unknown("connections", "`max_connections` is negative"),
    };
    let pool = plain(call, "peewee.PooledPostgresqlDatabase", size, ceiling, &none(call), url);
    Outcome { pool: Some(pool), refused: sizes.refused, ..Outcome::default() }
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
        Some(true) => {
            let mut arguments = call.arguments.clone();
            arguments.positional.clear();
            pool(&call.with(&arguments), url)
        }
        // Where the kind is not known, only the threads bound both.
        Some(false) | None => Outcome { pool: Some(threads(call, url)), ..Outcome::default() },
    }
}
