//! Libraries that make the pools of another one inside: job queues, schedulers, checkpoints and vector stores.

use crate::pool::{Pool, Url};
use crate::python::{Arguments, Call, Constructor, Key, Library, Outcome, Value};
use crate::trace::{Bound, Traced};

use super::direct::one;
use super::library::{plain, url as url_of};
use super::sqlalchemy::{Kind, engine};
use super::{aiopg, library, psycopg};

/// The libraries.
pub(crate) const LIBRARY: Library = Library {
    packages: &[
        "apscheduler",
        "procrastinate",
        "langgraph",
        "langchain_postgres",
        "langchain_community",
        "langchain",
        "llama_index",
        "dramatiq_pg",
        "ormar",
    ],
    names: &[
        "PsycopgConnector",
        "SyncPsycopgConnector",
        "AiopgConnector",
        "Psycopg2Connector",
        "SQLAlchemyPsycopg2Connector",
        "run_worker",
        "run_worker_async",
        "SQLAlchemyJobStore",
        "SQLAlchemyDataStore",
        "add_jobstore",
        "from_conn_string",
        "PGVector",
        "PGEngine",
        "PGVectorStore",
        "PostgresBroker",
        "DatabaseConnection",
        "from_connection_string",
    ],
    is_common: false,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    let (package, last) = name.rsplit_once('.')?;
    let root = package.split('.').next()?;
    match (root, last) {
        // `procrastinate/psycopg_connector.py` of 3.10: all arguments go to the pool.
        ("procrastinate", "PsycopgConnector" | "SyncPsycopgConnector") => Some(psycopg_connector),
        // `procrastinate/contrib`: the arguments of the other pools, with defaults of its own for psycopg2's.
        ("procrastinate", "AiopgConnector") => Some(aiopg::create_pool),
        ("procrastinate", "Psycopg2Connector") => Some(|call| psycopg::with_defaults(call, 1, 10)),
        ("procrastinate", "SQLAlchemyPsycopg2Connector") => {
            Some(|call| engine(call, Kind::Queue, call.argument(None, "dsn")))
        }
        ("procrastinate", "run_worker" | "run_worker_async") => Some(listen),
        // `apscheduler/jobstores/sqlalchemy.py` of 3.11: `create_engine(url, **engine_options)`.
        ("apscheduler", "SQLAlchemyJobStore") => {
            Some(|call| inside(call, (0, "url"), (1, "engine"), "engine_options"))
        }
        ("apscheduler", "add_jobstore") => Some(add_job_store),
        ("apscheduler", "SQLAlchemyDataStore") => {
            Some(|_| not_followed("the data store of APScheduler 4 is not followed"))
        }
        ("langgraph", "from_conn_string") if package.contains("ostgres") => Some(saver),
        // `langchain_postgres/vectorstores.py` of 0.0.17, `PGVector.__init__`: an engine unless it is given one.
        ("langchain_postgres" | "langchain_community" | "langchain", _) => vectors(package, last),
        ("llama_index", "PGVectorStore") => Some(vector_store),
        ("llama_index", "from_params") if package.ends_with("PGVectorStore") => Some(vector_store),
        // `dramatiq_pg/utils.py` of 0.12, `make_pool`: psycopg2's, with 16 connections; `maxconn` in the URL's query.
        ("dramatiq_pg", "PostgresBroker") => Some(broker),
        ("ormar", "DatabaseConnection") => Some(ormar),
        _ => None,
    }
}

/// A pool of psycopg, of another class where `pool_factory` names one.
fn psycopg_connector(call: &Call<'_, '_>) -> Outcome {
    match call.argument(None, "pool_factory") {
        None | Some(Value::None(_)) => psycopg::connection_pool(call),
        Some(Value::Outside(outside)) if outside.name.contains("Null") => psycopg::null_pool(call),
        Some(Value::Outside(outside)) if outside.name.ends_with("ConnectionPool") => {
            psycopg::connection_pool(call)
        }
        Some(_) => not_followed("the `pool_factory` of this connector is not followed"),
    }
}

/// A worker listens on a connection of its own, beside the pool (`procrastinate/psycopg_connector.py` of 3.10,
/// `_get_standalone_connection`).
fn listen(call: &Call<'_, '_>) -> Outcome {
    let is_off = call
        .argument(None, "listen_notify")
        .is_some_and(|value| matches!(value, Value::Bool(truth) if !truth.value));
    if is_off {
        return Outcome {
            gives: Some(Value::unknown("a worker's result", call.place)),
            ..Outcome::default()
        };
    }
    let pool = one(call, "psycopg.Connection", super::asyncpg::host_url(None));
    Outcome { pool: Some(Pool { name: "listen".to_owned(), ..pool }), ..Outcome::default() }
}

fn not_followed(why: &str) -> Outcome {
    Outcome { unknown: Some(why.to_owned()), ..Outcome::default() }
}

/// An engine with the URL `url` and the options under `options`, unless one is given under `engine`.
fn inside(call: &Call<'_, '_>, url: (usize, &str), given: (usize, &str), options: &str) -> Outcome {
    let is_given = |value: &Value| !matches!(value, Value::None(_) | Value::Absent);
    if call.argument(Some(given.0), given.1).as_ref().is_some_and(is_given) {
        return Outcome::default();
    }
    let Some(url) = call.argument(Some(url.0), url.1) else { return Outcome::default() };
    if matches!(url, Value::Pool(_)) {
        return Outcome::default();
    }
    one_engine(call, Kind::Queue, &url, call.argument(None, options))
}

fn one_engine(call: &Call<'_, '_>, kind: Kind, url: &Value, options: Option<Value>) -> Outcome {
    let mut arguments = Arguments::default();
    if let Some(options) = options {
        call.machine.spread_out(options, &mut arguments, call.place);
    }
    engine(&call.with(&arguments), kind, Some(url.clone()))
}

/// `scheduler.add_jobstore("sqlalchemy", url=…)`.
fn add_job_store(call: &Call<'_, '_>) -> Outcome {
    match call.argument(Some(0), "jobstore") {
        Some(Value::Text(name)) if name.as_str() != "sqlalchemy" => Outcome::default(),
        Some(Value::Text(_)) => {
            let Some(url) = call.argument(None, "url") else { return Outcome::default() };
            one_engine(call, Kind::Queue, &url, call.argument(None, "engine_options"))
        }
        _ => Outcome::default(),
    }
}

/// `PostgresSaver.from_conn_string(url)` is one connection, also the asynchronous one; a store may be given a pool's
/// sizes (`langgraph/store/postgres/base.py`, `pool_config`).
fn saver(call: &Call<'_, '_>) -> Outcome {
    let Some(url) = url_of(call.argument(Some(0), "conn_string")) else { return Outcome::default() };
    let config = call.argument(None, "pool_config").and_then(Value::present);
    match config.filter(|config| !matches!(config, Value::None(_))) {
        None => Outcome { pool: Some(one(call, "langgraph.PostgresSaver", url)), ..Outcome::default() },
        Some(config) => {
            let mut arguments = Arguments::default();
            let least = call.default(1, "PostgresStore min_size");
            arguments.set(Key::new_static("min_size"), Value::Int(least));
            call.machine.spread_out(config, &mut arguments, call.place);
            if let Url::Known(text) = url {
                arguments.set(Key::new_static("conninfo"), Value::text(text));
            }
            psycopg::connection_pool(&call.with(&arguments))
        }
    }
}

fn vectors(package: &str, last: &str) -> Option<Constructor> {
    match last {
        "PGVector" => Some(pg_vector),
        "from_documents"
        | "from_texts"
        | "from_embeddings"
        | "from_existing_index"
        | "afrom_texts"
        | "afrom_documents"
            if package.ends_with("PGVector") =>
        {
            Some(pg_vector)
        }
        "from_connection_string" if package.ends_with("PGEngine") => Some(|call| {
            let Some(url) = call.argument(Some(0), "url") else { return Outcome::default() };
            engine(call, Kind::AsyncQueue, Some(url))
        }),
        _ => None,
    }
}

fn pg_vector(call: &Call<'_, '_>) -> Outcome {
    let given = call.argument(None, "connection").or_else(|| call.argument(None, "connection_string"));
    // Neither an engine nor a URL by its name: `PGVector(embeddings, …)` takes the engine it is handed.
    match given {
        None => not_followed("the engine of PGVector is not followed"),
        Some(Value::Pool(_)) => Outcome::default(),
        Some(url) => {
            let options = call.argument(None, "engine_args");
            let is_async = call.argument(None, "async_mode").is_some();
            one_engine(call, if is_async { Kind::AsyncQueue } else { Kind::Queue }, &url, options)
        }
    }
}

/// `llama_index/vector_stores/postgres/base.py` of 0.9, `_connect`: one engine for each kind of call.
fn vector_store(call: &Call<'_, '_>) -> Outcome {
    let options =
        call.argument(None, "create_engine_kwargs").filter(|value| !matches!(value, Value::None(_)));
    let mut outcome = Outcome::default();
    let urls = [
        ("connection_string", "engine", Kind::Queue),
        ("async_connection_string", "async_engine", Kind::AsyncQueue),
    ];
    for (name, given, kind) in urls {
        if matches!(call.argument(None, given), Some(Value::Pool(_))) {
            continue;
        }
        let url = call.argument(None, name).filter(|value| !matches!(value, Value::None(_)));
        let host = call.argument(None, "host");
        let mut arguments = Arguments::default();
        if let Some(options) = options.clone() {
            call.machine.spread_out(options, &mut arguments, call.place);
        }
        let mut made = engine(&call.with(&arguments), kind, url.clone());
        if let (None, Some(pool)) = (&url, &mut made.pool) {
            pool.url = super::asyncpg::host_url(host);
        }
        outcome.more.extend(made.pool.map(|pool| Pool { name: given.to_owned(), ..pool }));
        outcome.refused.append(&mut made.refused);
        outcome.not_numbers.append(&mut made.not_numbers);
    }
    outcome
}

fn broker(call: &Call<'_, '_>) -> Outcome {
    if call.argument(None, "pool").is_some_and(|pool| !matches!(pool, Value::None(_))) {
        return Outcome::default();
    }
    let Some(url) = url_of(call.argument(None, "url")) else { return Outcome::default() };
    let queried = library::url_text(&url).and_then(|url| library::option(url, "maxconn"));
    let maximum = queried.unwrap_or_else(|| call.default(16, "dramatiq-pg maxconn"));
    let bound = u64::try_from(maximum.value).map_or(Bound::Unbounded, Bound::Exactly);
    let size = Traced::new(bound.clone(), maximum.trail);
    let none = [crate::python::Number::Known(call.default(0, "dramatiq-pg minconn"))];
    let pool = plain(call, "psycopg2.ConnectionPool", Some(size), bound, &none, url);
    Outcome { pool: Some(pool), ..Outcome::default() }
}

/// `ormar/databases/connection.py` of 0.26: `create_async_engine(url, **options)`.
fn ormar(call: &Call<'_, '_>) -> Outcome {
    engine(call, Kind::AsyncQueue, call.argument(Some(0), "url"))
}
