//! GINO: one pool of asyncpg, 10 connections where nothing is said (`gino/engine.py` of 1.0, `create_engine`); its
//! extensions for web frameworks name the sizes `pool_min_size` (5) and `pool_max_size` (10).

use crate::python::{Call, Constructor, Library, Outcome, Value};
use crate::trace::Bound;

use super::asyncpg::host_url;
use super::library::{count, plain, url as url_of};
use super::sizes::Sizes;

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["gino", "gino_starlette", "gino_aiohttp", "gino_sanic", "gino_quart", "gino_tornado"],
    names: &["Gino", "set_bind", "with_bind", "create_engine", "init_app"],
    is_common: false,
    objects: &[
        ("gino.Gino", &["config"]),
        ("gino.api.Gino", &["config"]),
        ("gino.ext.starlette.Gino", &["config"]),
        ("gino_starlette.Gino", &["config"]),
        ("gino.ext.aiohttp.Gino", &["config"]),
        ("gino.ext.sanic.Gino", &["config"]),
        ("gino.ext.quart.Gino", &["config"]),
        ("gino.ext.tornado.Gino", &["config"]),
    ],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    if name.split('.').next().is_none_or(|root| root != "gino" && !root.starts_with("gino_")) {
        return None;
    }
    let is_extension = name.starts_with("gino.ext.") || name.starts_with("gino_");
    match name.rsplit('.').next()? {
        "create_engine" | "set_bind" | "with_bind" => Some(bind),
        "Gino" if is_extension => Some(extension),
        _ => None,
    }
}

/// `set_bind(url, min_size=…, max_size=…)`: the arguments are those of asyncpg's pool.
fn bind(call: &Call<'_, '_>) -> Outcome {
    let given = call.argument(Some(0), "bind").or_else(|| call.argument(None, "dsn"));
    if let Some(given @ Value::Pool(_)) = given {
        return Outcome { gives: Some(given), ..Outcome::default() };
    }
    sized(call, given, ("min_size", 10), ("max_size", 10))
}

/// `Gino(app, dsn=…, pool_min_size=…, pool_max_size=…)`: the pool is made when the application starts.
fn extension(call: &Call<'_, '_>) -> Outcome {
    let given = call.argument(None, "dsn").or_else(|| call.argument(None, "host"));
    if given.is_none() && call.argument(Some(0), "app").is_none() {
        return Outcome { is_idle: true, ..Outcome::default() };
    }
    let Some(given) = given else {
        let why = "the configuration of GINO's extension is not followed";
        return Outcome { unknown: Some(why.to_owned()), ..Outcome::default() };
    };
    let url = match call.argument(None, "dsn") {
        Some(dsn) => Some(dsn),
        None => None.or(Some(given)),
    };
    sized(call, url, ("pool_min_size", 5), ("pool_max_size", 10))
}

fn sized(call: &Call<'_, '_>, given: Option<Value>, minimum: (&str, i64), maximum: (&str, i64)) -> Outcome {
    let is_url = |value: &Value| match value {
        Value::Text(text) => text.as_str().contains("://"),
        _ => true,
    };
    let url = match given {
        Some(value) if is_url(&value) => url_of(Some(value)),
        host => Some(host_url(host)),
    };
    let Some(url) = url else { return Outcome::default() };
    let least = call.numbers(None, minimum.0, &call.default(minimum.1, "GINO min_size"));
    let most = call.numbers(None, maximum.0, &call.default(maximum.1, "GINO max_size"));
    let mut sizes = Sizes::of(call, "asyncpg");
    sizes.demand(minimum.0, &least, 0, false);
    sizes.demand(maximum.0, &most, 1, false);
    sizes.order((minimum.0, &least), (maximum.0, &most));
    let size = count(&most, "connections");
    let ceiling = size
        .as_ref()
        .map_or_else(|| Bound::unknown("connections", "the maximum is negative"), |size| size.value.clone());
    let pool = plain(call, "gino.GinoEngine", size, ceiling, &least, url);
    Outcome { pool: Some(pool), refused: sizes.refused, ..Outcome::default() }
}
