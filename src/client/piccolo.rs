//! Piccolo: a connection for each query that runs, until `start_connection_pool` makes a pool of asyncpg
//! (`piccolo/engine/postgres.py` of 1.38, lines 459-484).

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Arguments, Call, Constructor, Library, Outcome, Value};
use crate::trace::{Bound, Unknown};

use super::asyncpg::{create_pool, host_url};
use super::library::url as url_of;

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["piccolo"],
    names: &["PostgresEngine", "start_connection_pool", "start_connnection_pool", "engine_finder"],
    is_common: false,
    objects: &[("piccolo.engine.postgres.PostgresEngine", &[]), ("piccolo.engine.PostgresEngine", &[])],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    if !name.starts_with("piccolo.") {
        return None;
    }
    match name.rsplit('.').next()? {
        "PostgresEngine" => Some(without_pool),
        "start_connection_pool" => Some(|call| with_pool(call, true)),
        // The misspelt name stands for the other without its arguments (line 441).
        "start_connnection_pool" => Some(|call| with_pool(call, false)),
        _ => None,
    }
}

fn without_pool(call: &Call<'_, '_>) -> Outcome {
    let config = call.argument(Some(0), "config");
    let pool = Pool {
        settings: Vec::new(),
        name: String::new(),
        kind: "piccolo.PostgresEngine",
        size: None,
        overflow: None,
        ceiling: Bound::Unbounded,
        demand: Demand::ByTask { minimum: 0 },
        url: database(call, config.as_ref()),
        place: Some(call.place),
        made: Made::Once,
    };
    Outcome { pool: Some(pool), ..Outcome::default() }
}

/// The pool takes the place of the single connections. Its arguments are the engine's configuration, then its own.
fn with_pool(call: &Call<'_, '_>, takes_arguments: bool) -> Outcome {
    let config = call.kept(0, "config");
    let mut arguments = Arguments::default();
    if let Some(options) = config.clone() {
        call.machine.spread_out(options, &mut arguments, call.place);
    }
    for (name, value) in call.arguments.keywords.iter().filter(|_| takes_arguments) {
        arguments.set(name.clone(), value.clone());
    }
    if takes_arguments && call.arguments.rest.is_some() {
        arguments.rest.clone_from(&call.arguments.rest);
    }
    let mut outcome = create_pool(&call.with(&arguments));
    if let Some(pool) = &mut outcome.pool {
        pool.url = database(call, config.as_ref());
    }
    outcome.instead_of = call.kept(usize::MAX, "pool");
    outcome
}

fn database(call: &Call<'_, '_>, config: Option<&Value>) -> Url {
    let Some(config) = config else {
        return Url::Unknown(Unknown { floor: 0, term: None, why: "its configuration is not known".into() });
    };
    match call.machine.entry(config, "dsn") {
        Some(dsn @ Value::Text(_)) => url_of(Some(dsn)).unwrap_or_else(|| host_url(None)),
        _ => host_url(call.machine.entry(config, "host")),
    }
}
