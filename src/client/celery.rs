//! Celery's result backend in a database, `db+postgresql://`: in a worker's child an engine that is kept, elsewhere one
//! without a pool for each use (`celery/backends/database/session.py` of 5.7, `get_engine`). Its transport
//! `sqla+postgresql://` keeps an engine with SQLAlchemy's sizes (`kombu/transport/sqlalchemy`).

use crate::python::{Arguments, Call, Constructor, Key, Library, Outcome, Value, count_of};
use crate::trace::{Bound, Count, Text, Trail};

use super::sqlalchemy::{Kind, engine};

/// The library. An application is kept for its configuration.
pub(crate) const LIBRARY: Library = Library {
    packages: &["celery"],
    names: &["Celery"],
    is_common: false,
    objects: &[("celery.Celery", &["conf"])],
    constructor,
};

/// The setting that says how many processes a worker has; the program asks for it by this name.
const CONCURRENCY: &str = "worker_concurrency";

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    (name == "celery.Celery().(start)").then_some(start as Constructor)
}

fn start(call: &Call<'_, '_>) -> Outcome {
    let mut outcome = Outcome::default();
    let backend = setting(call, (2, "backend"), &["result_backend", "CELERY_RESULT_BACKEND"]);
    if let Some(url) = backend.and_then(|url| behind(&url, "db+")) {
        let options =
            setting(call, (usize::MAX, "("), &["database_engine_options", "CELERY_RESULT_ENGINE_OPTIONS"]);
        // `forked` is set in what billiard forks alone, so that gunicorn's workers are without a pool as well.
        let kind = match call.machine.is_celery_child() {
            Some(true) => Kind::Queue,
            Some(false) => Kind::Null,
            None => Kind::Unknown,
        };
        add(&mut outcome, call, (url, kind), options, "result backend");
    }
    let broker = setting(call, (4, "broker"), &["broker_url", "BROKER_URL", "CELERY_BROKER_URL"]);
    let broker = broker.and_then(|url| behind(&url, "sqla+").or_else(|| behind(&url, "sqlalchemy+")));
    if let Some(url) = broker {
        let options = setting(call, (usize::MAX, "("), &["broker_transport_options"]);
        add(&mut outcome, call, (url, Kind::Queue), options, "broker");
    }
    let names = ["worker_concurrency", "CELERYD_CONCURRENCY", "CELERY_WORKER_CONCURRENCY"];
    let concurrency = setting(call, (usize::MAX, "("), &names);
    // 0 leaves it to the number of CPUs (`celery/apps/worker.py`).
    let concurrency = concurrency.filter(|value| !matches!(value, Value::Int(number) if number.value == 0));
    outcome.workers = concurrency.map(|value| {
        let counts = value.into_alternatives().into_iter().map(|one| count_of(&one, "processes", call.place));
        let larger = counts.reduce(|all, one| {
            let trail = if one.value.floor() > all.value.floor() { one.trail } else { all.trail };
            Count::new(all.value.or(one.value), trail)
        });
        let none = || Count::new(Bound::unknown("processes", "it is not known"), Trail::written(call.place));
        (CONCURRENCY, larger.unwrap_or_else(none))
    });
    outcome
}

/// A setting of the application: what it was made with, else its configuration.
fn setting(call: &Call<'_, '_>, argument: (usize, &str), names: &[&str]) -> Option<Value> {
    let is_given = |value: &Value| !matches!(value, Value::None(_) | Value::Absent);
    let given = call.kept(argument.0, argument.1).filter(is_given);
    given.or_else(|| {
        let conf = call.attribute("conf")?;
        names.iter().find_map(|name| call.machine.entry(&conf, name).filter(is_given))
    })
}

/// The URL behind the prefix that names a backend.
fn behind(url: &Value, prefix: &str) -> Option<Text> {
    let text = url.as_text()?;
    text.as_str().starts_with(prefix).then(|| text.slice(prefix.len()..text.len()))
}

fn add(
    outcome: &mut Outcome,
    call: &Call<'_, '_>,
    (url, kind): (Text, Kind),
    options: Option<Value>,
    name: &str,
) {
    let mut arguments = Arguments::default();
    if let Some(options) = options {
        call.machine.spread_out(options, &mut arguments, call.place);
    }
    if kind != Kind::Queue {
        // Options of a pool are left out where there is none.
        let is_of_pool =
            |name: &Key| name.starts_with("pool") || name == "max_overflow" || name == "echo_pool";
        arguments.keywords.retain(|(name, _)| !is_of_pool(name));
    }
    arguments.set(Key::new_static("url"), Value::text(url.clone()));
    let mut made = engine(&call.with(&arguments), kind, Some(Value::text(url)));
    if let Some(pool) = &mut made.pool {
        name.clone_into(&mut pool.name);
    }
    outcome.more.extend(made.pool);
    outcome.refused.append(&mut made.refused);
    outcome.not_numbers.append(&mut made.not_numbers);
}
