//! Pony: a connection for each thread that works with a database (`pony/orm/dbapiprovider.py`, `Pool`: a
//! `threading.local`).

use crate::pool::{Demand, Made, Pool};
use crate::python::{Call, Constructor, Library, Outcome, Value};
use crate::trace::Bound;

use super::asyncpg::host_url;

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["pony"],
    names: &["Database", "bind"],
    is_common: false,
    objects: &[("pony.orm.Database", &[]), ("pony.orm.core.Database", &[])],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    match name {
        "pony.orm.Database"
        | "pony.orm.core.Database"
        | "pony.orm.Database().bind"
        | "pony.orm.core.Database().bind" => Some(bind),
        _ => None,
    }
}

/// `bind("postgres", host=…)`, `bind(provider="postgres", …)`, `bind(**settings)`; `Database()` alone binds nothing.
fn bind(call: &Call<'_, '_>) -> Outcome {
    let Some(provider) = call.argument(Some(0), "provider") else {
        return Outcome { is_idle: true, ..Outcome::default() };
    };
    let is_other = provider.as_text().is_some_and(|name| !name.as_str().starts_with("postgres"));
    if is_other || matches!(provider, Value::Absent) {
        return Outcome::default();
    }
    let pool = Pool {
        settings: Vec::new(),
        name: String::new(),
        kind: "pony.Pool",
        size: None,
        overflow: None,
        ceiling: Bound::Unbounded,
        // `bind` connects by itself.
        demand: Demand::ByTask { minimum: 1 },
        url: host_url(call.argument(None, "host")),
        place: Some(call.place),
        made: Made::Once,
    };
    Outcome { pool: Some(pool), ..Outcome::default() }
}
