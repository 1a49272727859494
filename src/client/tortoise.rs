//! Tortoise ORM: a pool for each name of a connection, `minsize=1, maxsize=5`, from the URL's query or the credentials
//! (`tortoise/backends/base_postgres/client.py`, line 88; facts, C2).

use crate::pool::{Demand, Pool};
use crate::python::{Arguments, Call, Constructor, Library, Number, Outcome, Value};
use crate::source::Span;
use crate::trace::{Bound, Traced};

use super::asyncpg::{host_url, statements};
use super::library::{count, option, plain, url as url_of, url_text};
use super::sizes::Sizes;

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
        add(&mut outcome, connection(call, &url), "default");
        return outcome;
    }
    let connections = given(0, "config").and_then(|config| call.machine.entry(&config, "connections"));
    match connections.as_ref().and_then(|connections| call.machine.all_entries(connections)) {
        Some(entries) => {
            for (name, value) in entries {
                add(&mut outcome, connection(call, &value), &name);
            }
        }
        None => outcome.unknown = Some("the connections of Tortoise are not known".to_owned()),
    }
    outcome
}

fn add(outcome: &mut Outcome, made: Option<(Pool, Vec<(Span, String)>)>, name: &str) {
    let Some((pool, mut refused)) = made else { return };
    outcome.more.push(Pool { name: name.to_owned(), ..pool });
    outcome.refused.append(&mut refused);
}

/// The pool of one connection: a URL, or a dictionary with an engine and its credentials.
fn connection(call: &Call<'_, '_>, value: &Value) -> Option<(Pool, Vec<(Span, String)>)> {
    let mut arguments = Arguments::default();
    let is_psycopg;
    let url = if let Value::Object(_) = value {
        let engine = call.machine.entry(value, "engine");
        let is_other = engine.as_ref().and_then(Value::as_text).is_some_and(|engine| {
            !["asyncpg", "psycopg", "postgres"].iter().any(|word| engine.as_str().contains(word))
        });
        if is_other {
            return None;
        }
        let engine = engine.as_ref().and_then(Value::as_text);
        is_psycopg = engine.is_some_and(|engine| engine.as_str().contains("psycopg"));
        let credentials = call.machine.entry(value, "credentials");
        let host = credentials.as_ref().and_then(|credentials| call.machine.entry(credentials, "host"));
        if let Some(credentials) = credentials {
            call.machine.spread_out(credentials, &mut arguments, call.place);
        }
        host_url(host)
    } else {
        let url = url_of(Some(value.clone()))?;
        is_psycopg = url_text(&url).is_some_and(|url| url.as_str().starts_with("psycopg:"));
        url
    };
    let inner = call.with(&arguments);
    // `min_size` and `max_size` go to the pool as they are, and win (`backends/asyncpg/client.py` of 1.1.9, line 61).
    let numbers = |names: [&str; 2], default: Traced<i64>| -> Vec<Number> {
        names.into_iter().fold(vec![Number::Known(default)], |before, name| {
            let queried = url_text(&url).and_then(|url| option(url, name));
            match queried {
                Some(number) => vec![Number::Known(number)],
                None if inner.argument(None, name).is_none() => before,
                None => {
                    let given = inner.integers(None, name, &call.default(0, "Tortoise size"));
                    if inner.argument(None, name).is_some_and(|value| value.may_be_absent()) {
                        given.into_iter().chain(before).collect()
                    } else {
                        given
                    }
                }
            }
        })
    };
    let minimum = numbers(["minsize", "min_size"], call.default(1, "Tortoise minsize"));
    let maximum = numbers(["maxsize", "max_size"], call.default(5, "Tortoise maxsize"));
    let mut sizes = Sizes::of(&inner, "Tortoise's driver");
    sizes.demand("minsize", &minimum, 0, false);
    sizes.demand("maxsize", &maximum, 1, false);
    sizes.order(("minsize", &minimum), ("maxsize", &maximum));
    let size = count(&maximum, "connections");
    let ceiling = size
        .as_ref()
        .map_or_else(|| Bound::unknown("connections", "`maxsize` is negative"), |size| size.value.clone());
    let pool = plain(call, "tortoise.Client", size, ceiling, &minimum, url);
    let demand = if is_psycopg { Demand::Ahead } else { pool.demand };
    // What else stands among the credentials goes to asyncpg.
    let settings = if is_psycopg { Vec::new() } else { vec![statements(&inner)] };
    Some((Pool { demand, settings, ..pool }, sizes.refused))
}
