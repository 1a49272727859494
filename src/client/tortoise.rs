//! Tortoise ORM: a pool for each name of a connection, `minsize=1, maxsize=5`, from the URL's query or the credentials
//! (`tortoise/backends/base_postgres/client.py`, line 88; facts, C2).

use crate::pool::{Pool, Url};
use crate::python::{Arguments, Call, Constructor, Library, Number, Outcome, Value};
use crate::trace::{Bound, Traced};

use super::asyncpg::{host_url, statements};
use super::library::{count, option, plain, url as url_of, url_text};

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["tortoise", "aerich"],
    names: &["register_tortoise", "RegisterTortoise", "Tortoise"],
    is_common: false,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    if !name.starts_with("tortoise.") {
        return None;
    }
    if name.ends_with("Tortoise.init") {
        return Some(|call| init(call, 0));
    }
    match name.rsplit('.').next()? {
        "register_tortoise" | "RegisterTortoise" => Some(|call| init(call, 1)),
        _ => None,
    }
}

/// `init(config=None, config_file=None, db_url=None, …)`, where the first stands at `index`.
fn init(call: &Call<'_, '_>, index: usize) -> Outcome {
    let given = |offset: usize, name: &str| {
        let value = call.argument(Some(index + offset), name).and_then(Value::present);
        value.filter(|value| !matches!(value, Value::None(_)))
    };
    let mut outcome = Outcome::default();
    if let Some(url) = given(2, "db_url") {
        let pool = connection(call, &url);
        outcome.more.extend(pool.map(|pool| Pool { name: "default".to_owned(), ..pool }));
        return outcome;
    }
    let connections = given(0, "config").and_then(|config| call.machine.entry(&config, "connections"));
    match connections.as_ref().and_then(|connections| call.machine.all_entries(connections)) {
        Some(entries) => {
            for (name, value) in entries {
                let pool = connection(call, &value);
                outcome.more.extend(pool.map(|pool| Pool { name: name.to_string(), ..pool }));
            }
        }
        None => outcome.unknown = Some("the connections of Tortoise are not known".to_owned()),
    }
    outcome
}

/// The pool of one connection: a URL, or a dictionary with an engine and its credentials.
fn connection(call: &Call<'_, '_>, value: &Value) -> Option<Pool> {
    let mut arguments = Arguments::default();
    let url = if let Value::Object(_) = value {
        let engine = call.machine.entry(value, "engine");
        let is_other = engine.as_ref().and_then(Value::as_text).is_some_and(|engine| {
            !["asyncpg", "psycopg", "postgres"].iter().any(|word| engine.as_str().contains(word))
        });
        if is_other {
            return None;
        }
        let credentials = call.machine.entry(value, "credentials");
        let host = credentials.as_ref().and_then(|credentials| call.machine.entry(credentials, "host"));
        if let Some(credentials) = credentials {
            call.machine.spread_out(credentials, &mut arguments, call.place);
        }
        host_url(host)
    } else {
        url_of(Some(value.clone()))?
    };
    let inner = call.with(&arguments);
    let numbers = |name: &str, default: Traced<i64>| -> Vec<Number> {
        let queried = url_text(&url).and_then(|url| option(url, name));
        inner.numbers(None, name, &queried.unwrap_or(default))
    };
    let minimum = numbers("minsize", call.default(1, "Tortoise minsize"));
    let maximum = numbers("maxsize", call.default(5, "Tortoise maxsize"));
    let size = count(&maximum, "connections");
    let ceiling = size
        .as_ref()
        .map_or_else(|| Bound::unknown("connections", "`maxsize` is negative"), |size| size.value.clone());
    // What else stands among the credentials goes to asyncpg.
    let is_asyncpg = !matches!(&url, Url::Known(url) if url.as_str().starts_with("psycopg"));
    let settings = if is_asyncpg { vec![statements(&inner)] } else { Vec::new() };
    Some(Pool { settings, ..plain(call, "tortoise.Client", size, ceiling, &minimum, url) })
}
