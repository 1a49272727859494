//! Connections that the application opens itself, without a pool: one where the call is made once, and as many as the
//! process has tasks where a function makes it at every call.

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Call, Constructor, Library, Outcome, Value};
use crate::trace::Bound;

use super::asyncpg::{host_url, statements as asyncpg_statements};
use super::library::url as url_of;
use super::psycopg::prepared;

/// The library. `connect` is a common word, so it counts in modules that import one of the packages.
pub(crate) const LIBRARY: Library = Library {
    packages: &["psycopg2", "psycopg", "asyncpg", "aiopg", "pg8000", "psycopg2cffi"],
    names: &["connect", "Connection", "connection"],
    is_common: true,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    match name {
        "psycopg2.connect" | "psycopg2.extensions.connection" | "psycopg2cffi.connect" => Some(psycopg2),
        "psycopg.connect"
        | "psycopg.Connection.connect"
        | "psycopg.AsyncConnection.connect"
        | "psycopg.connection.Connection.connect"
        | "psycopg.connection_async.AsyncConnection.connect" => Some(psycopg),
        "asyncpg.connect" | "asyncpg.connection.connect" => Some(asyncpg),
        "aiopg.connect" | "aiopg.connection.connect" => Some(aiopg),
        "pg8000.connect" | "pg8000.dbapi.connect" | "pg8000.native.Connection" => Some(pg8000),
        _ => None,
    }
}

fn psycopg2(call: &Call<'_, '_>) -> Outcome {
    let dsn = call.argument(Some(0), "dsn");
    connection(call, "psycopg2.connection", dsn, call.argument(None, "host"))
}

fn psycopg(call: &Call<'_, '_>) -> Outcome {
    let conninfo = call.argument(Some(0), "conninfo");
    connection(call, "psycopg.Connection", conninfo, call.argument(None, "host"))
}

fn asyncpg(call: &Call<'_, '_>) -> Outcome {
    connection(call, "asyncpg.Connection", call.argument(Some(0), "dsn"), call.argument(None, "host"))
}

fn aiopg(call: &Call<'_, '_>) -> Outcome {
    connection(call, "aiopg.Connection", call.argument(Some(0), "dsn"), call.argument(None, "host"))
}

/// `pg8000.connect(user, host="localhost", …)`.
fn pg8000(call: &Call<'_, '_>) -> Outcome {
    connection(call, "pg8000.Connection", None, call.argument(Some(1), "host"))
}

fn connection(call: &Call<'_, '_>, kind: &'static str, dsn: Option<Value>, host: Option<Value>) -> Outcome {
    let url = match dsn.filter(|dsn| !matches!(dsn, Value::None(_) | Value::Absent)) {
        Some(dsn) => url_of(Some(dsn)),
        None => Some(host_url(host)),
    };
    let Some(url) = url else { return Outcome::default() };
    let settings = match kind {
        "asyncpg.Connection" => vec![asyncpg_statements(call)],
        "psycopg.Connection" => vec![prepared(call, call.argument(None, "prepare_threshold"))],
        _ => Vec::new(),
    };
    Outcome { pool: Some(Pool { settings, ..one(call, kind, url) }), ..Outcome::default() }
}

/// A single connection that is opened when it is made.
pub(crate) fn one(call: &Call<'_, '_>, kind: &'static str, url: Url) -> Pool {
    Pool {
        settings: Vec::new(),
        name: String::new(),
        kind,
        size: None,
        overflow: None,
        ceiling: Bound::ONE,
        demand: Demand::ByTask { minimum: 1 },
        url,
        place: Some(call.place),
        made: Made::Once,
    }
}
