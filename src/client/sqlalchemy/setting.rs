//! What an engine is set to beside its sizes: `pool/base.py`, `pool/impl.py` and `dialects/postgresql/asyncpg.py` of
//! SQLAlchemy 2.0.30.

use crate::pool::{Meaning, Pool, Purpose, Setting, Url};
use crate::python::{Call, Value};
use crate::trace::{Text, Trail};

use super::super::library::option;
use super::super::setting::{Default, Known, seconds, threshold, truth};

const RECYCLE: Known = Known {
    purpose: Purpose::Recycle,
    name: "pool_recycle",
    of: "SQLAlchemy pool_recycle",
    default: Default::Number(-1),
    meaning: seconds,
};
const PRE_PING: Known = Known {
    purpose: Purpose::PrePing,
    name: "pool_pre_ping",
    of: "SQLAlchemy pool_pre_ping",
    default: Default::Flag(false),
    meaning: truth,
};
const TIMEOUT: Known = Known {
    purpose: Purpose::Timeout,
    name: "pool_timeout",
    of: "SQLAlchemy pool_timeout",
    default: Default::Number(30),
    meaning: seconds,
};
const STATEMENTS: Known = Known {
    purpose: Purpose::PreparedStatements,
    name: "statement_cache_size",
    of: "asyncpg statement_cache_size",
    default: Default::Number(100),
    meaning: truth,
};
const DIALECT_STATEMENTS: Known = Known {
    name: "prepared_statement_cache_size",
    of: "SQLAlchemy prepared_statement_cache_size",
    ..STATEMENTS
};
/// With a name of its own for each there is no clash, which is what the documentation of the dialect asks for behind
/// PgBouncer: "Prepared Statement Name with PGBouncer".
const STATEMENT_NAME: Known = Known {
    name: "prepared_statement_name_func",
    of: "SQLAlchemy prepared_statement_name_func",
    default: Default::None,
    meaning: |_| Meaning::Flag(false),
    ..STATEMENTS
};
const THRESHOLD: Known = Known {
    purpose: Purpose::PreparedStatements,
    name: "prepare_threshold",
    of: "psycopg prepare_threshold",
    default: Default::Number(5),
    meaning: threshold,
};

/// The settings of `pool`, whose class keeps connections where `keeps` says so. `by_hand` is a pool that is made without an
/// engine, whose arguments have shorter names.
pub(super) fn all(call: &Call<'_, '_>, pool: &Pool, keeps: bool, by_hand: bool) -> Vec<Setting> {
    let mut settings = Vec::new();
    if keeps {
        for (known, short) in [(RECYCLE, "recycle"), (PRE_PING, "pre_ping"), (TIMEOUT, "timeout")] {
            let value = call.argument(None, if by_hand { short } else { known.name });
            settings.push(known.read(value, call.place));
        }
    }
    if let Url::Known(url) = &pool.url
        && let Some(driver) = driver(call, url)
    {
        settings.extend(statements(call, driver.words.as_str(), url));
        settings.push(driver);
    }
    settings
}

/// The driver that the scheme names; psycopg2 where it names none. `None` where it is no scheme.
fn driver(call: &Call<'_, '_>, url: &Text) -> Option<Setting> {
    let (scheme, _) = url.as_str().split_once("://")?;
    let setting = |words: &str, trail| Setting {
        purpose: Purpose::Driver,
        name: "driver",
        words: words.to_owned(),
        meaning: Meaning::Text(words.to_owned()),
        trail,
    };
    Some(match scheme.split_once('+') {
        // The asynchronous psycopg is the same.
        Some((_, name)) => setting(name.trim_end_matches("_async"), url.slice_of(name).trail()),
        None => setting("psycopg2", Trail::default_of("SQLAlchemy driver", Some(call.place))),
    })
}

/// Whether the driver keeps prepared statements. psycopg2 and pg8000 keep none.
fn statements(call: &Call<'_, '_>, driver: &str, url: &Text) -> Option<Setting> {
    let connect_args = call.argument(None, "connect_args");
    let given = |name: &str| {
        let queried = || option(url, name).map(Value::Int);
        let value = connect_args.as_ref().and_then(|given| match given {
            Value::None(_) | Value::Absent => None,
            given => call.machine.entry(given, name),
        });
        value.or_else(queried)
    };
    match driver {
        "asyncpg" => {
            let known = [STATEMENT_NAME, DIALECT_STATEMENTS, STATEMENTS];
            let mut read =
                known.iter().filter_map(|known| Some(known.read(Some(given(known.name)?), call.place)));
            // Whoever sets one of them to off took care.
            let first = read.next();
            let off = first
                .iter()
                .chain(read.collect::<Vec<_>>().iter())
                .find(|one| one.meaning == Meaning::Flag(false))
                .cloned();
            Some(off.or(first).unwrap_or_else(|| STATEMENTS.read(None, call.place)))
        }
        "psycopg" => Some(THRESHOLD.read(given("prepare_threshold"), call.place)),
        "psycopg2" | "pg8000" | "psycopg2cffi" => Some(Setting {
            purpose: Purpose::PreparedStatements,
            name: "prepared statements",
            words: "none".to_owned(),
            meaning: Meaning::Flag(false),
            trail: Trail::default_of(format!("{driver} prepared statements"), Some(call.place)),
        }),
        _ => None,
    }
}
