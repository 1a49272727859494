//! Django's database backends: which of them dial PostgreSQL, and which bring a pool.

use crate::pool::Demand;
use crate::python::{Gap, Machine, Value, count_of};
use crate::source::Span;
use crate::trace::{Bound, Count, Traced, Trail};

use super::choice::{Keeper, Kept};
use super::entry;

/// What a backend is for connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    /// Django's own for PostgreSQL, or one that extends it.
    Postgres,
    /// django-db-connection-pool: SQLAlchemy's `QueuePool`, 10 + 10 (`core/__init__.py`, 1.2.6).
    DjDbConnPool,
    /// django-db-geventpool: `MAX_CONNS`, 4 (4.0.8, `backends/postgresql_psycopg3/base.py`).
    GeventPool,
    /// One of which nothing is known but that it has a pool of its own.
    OtherPool,
}

/// Parts of the names of backends that dial another database.
const OTHERS: [&str; 22] = [
    "sqlite",
    "spatialite",
    "mysql",
    "mariadb",
    "oracle",
    "mssql",
    "sql_server",
    "pyodbc",
    "mongo",
    "dummy",
    "cockroach",
    "redshift",
    "snowflake",
    "clickhouse",
    "spanner",
    "firebird",
    "ldap",
    "db2",
    "tidb",
    "salesforce",
    "cassandra",
    "hana",
];

/// Parts of the names of backends that dial PostgreSQL.
const POSTGRES: [&str; 8] =
    ["postgres", "postgis", "psycopg", "psqlextra", "timescale", "pgcrypto", "pgvector", "django_tenants"];

impl Backend {
    /// The backend that `ENGINE` names, with that name; `None` where it certainly is another database's.
    pub(super) fn of(machine: &mut Machine<'_>, engine: Value, used: Span) -> Option<(Self, Value)> {
        let mut found: Option<(Self, Value)> = None;
        for one in engine.into_alternatives() {
            let backend = match &one {
                Value::Absent | Value::None(_) => None,
                Value::Text(name) => Self::named(machine, name.as_str(), name.span().unwrap_or(used)),
                // Whatever it is, each thread has a connection of its own.
                _ => Some(Self::Postgres),
            };
            if let Some(backend) = backend
                && found.as_ref().is_none_or(|(known, _)| *known == Self::Postgres)
            {
                found = Some((backend, one));
            }
        }
        found
    }

    fn named(machine: &mut Machine<'_>, name: &str, at: Span) -> Option<Self> {
        let known = name.to_ascii_lowercase();
        match () {
            () if known.starts_with("dj_db_conn_pool.") => {
                known.contains("postg").then_some(Self::DjDbConnPool)
            }
            () if known.starts_with("django_db_geventpool.") => Some(Self::GeventPool),
            () if OTHERS.iter().any(|part| known.contains(part)) => None,
            () if known.is_empty() || known == "django.db.backends." => None,
            // The name of a backend beside its own modules: `core.db`, `awx.main.db.profiled_pg`.
            () if is_extension(machine, name, at) => Some(Self::Postgres),
            () if known.contains("pool") => Some(Self::OtherPool),
            () if POSTGRES.iter().any(|part| known.contains(part)) => Some(Self::Postgres),
            () => machine.imports_of(&format!("{name}.base")).map_or(Some(Self::OtherPool), |imports| {
                // One of the tree that extends another database's.
                imports
                    .iter()
                    .all(|import| !OTHERS.iter().any(|part| import.contains(part)))
                    .then_some(Self::OtherPool)
            }),
        }
    }

    /// What keeps the connections of a database with this backend.
    pub(super) fn pool(
        self,
        machine: &mut Machine<'_>,
        config: &Value,
        options: Option<&Value>,
        place: Span,
    ) -> Kept {
        match self {
            Self::Postgres => django_pool(machine, options, place),
            Self::DjDbConnPool => {
                let given = entry(machine, config, "POOL_OPTIONS");
                let number = |name: &str, setting: &'static str| {
                    let value = given.as_ref().and_then(|options| entry(machine, options, name));
                    number(value, 10, setting, place)
                };
                let size = number("POOL_SIZE", "dj_db_conn_pool POOL_SIZE");
                let overflow = number("MAX_OVERFLOW", "dj_db_conn_pool MAX_OVERFLOW");
                Kept::Pool(Box::new(Keeper {
                    kind: "dj_db_conn_pool.QueuePool",
                    ceiling: size.value.clone() + overflow.value.clone(),
                    size: Some(size),
                    overflow: Some(overflow),
                    demand: Demand::ByTask { minimum: 0 },
                    may_be_absent: false,
                }))
            }
            Self::GeventPool => {
                let value = options.and_then(|options| entry(machine, options, "MAX_CONNS"));
                let size = number(value, 4, "django_db_geventpool MAX_CONNS", place);
                Kept::Pool(Box::new(Keeper {
                    kind: "django_db_geventpool.DatabaseConnectionPool",
                    ceiling: size.value.clone(),
                    size: Some(size),
                    overflow: None,
                    demand: Demand::ByTask { minimum: 0 },
                    may_be_absent: false,
                }))
            }
            Self::OtherPool => Kept::Pool(Box::new(Keeper {
                kind: "unknown",
                size: None,
                overflow: None,
                ceiling: Bound::unknown("connections", "what this database backend opens is not known"),
                demand: Demand::Ahead,
                may_be_absent: false,
            })),
        }
    }
}

/// Whether a backend of the tree extends one for PostgreSQL.
fn is_extension(machine: &mut Machine<'_>, name: &str, at: Span) -> bool {
    let base = format!("{name}.base");
    machine.import_named(&base, at);
    machine
        .imports_of(&base)
        .is_some_and(|imports| imports.iter().any(|import| POSTGRES.iter().any(|part| import.contains(part))))
}

/// `OPTIONS["pool"]`: `True` or the arguments of `psycopg_pool.ConnectionPool` (Django 5.2,
/// `db/backends/postgresql/base.py`, `pool`).
fn django_pool(machine: &mut Machine<'_>, options: Option<&Value>, place: Span) -> Kept {
    let Some(options) = options else { return Kept::ByThread };
    let mut ceiling: Option<Bound> = None;
    let mut chosen: Option<Count> = None;
    let mut may_be_absent = false;
    for options in options.clone().into_alternatives() {
        let pool = match machine.entries(&options) {
            Some(_) => entry(machine, &options, "pool").unwrap_or(Value::Absent),
            None => match options {
                Value::Unknown(_) => options,
                _ => Value::Absent,
            },
        };
        for one in pool.into_alternatives() {
            let Some(size) = pool_size(machine, &one, place) else {
                may_be_absent = true;
                continue;
            };
            ceiling = Some(match ceiling {
                None => size.value.clone(),
                Some(before) => before.or(size.value.clone()),
            });
            chosen = Some(match chosen {
                Some(before) if before.value.floor() >= size.value.floor() && !size.value.is_unknown() => {
                    before
                }
                _ => size,
            });
        }
    }
    match (ceiling, chosen) {
        (Some(ceiling), Some(size)) => Kept::Pool(Box::new(Keeper {
            kind: "django.pool",
            size: Some(size),
            overflow: None,
            ceiling,
            demand: Demand::Ahead,
            may_be_absent,
        })),
        _ => Kept::ByThread,
    }
}

/// The maximum of the pool that `value` asks for; `None` where it asks for none.
fn pool_size(machine: &Machine<'_>, value: &Value, place: Span) -> Option<Count> {
    let unknown = |gap: Gap| {
        let trail = gap.trail.clone();
        Traced::new(Bound::unknown("connections", gap.why), trail)
    };
    match value {
        Value::Absent | Value::None(_) => None,
        Value::Bool(truth) => truth.value.then(|| {
            let at = truth.trail.place().or(Some(place));
            Traced::new(Bound::Exactly(4), Trail::default_of("psycopg_pool min_size", at))
        }),
        Value::Object(_)
            if machine.entries(value).is_some_and(|(known, rest)| known.is_empty() && rest.is_none()) =>
        {
            None
        }
        Value::Object(_) => {
            let minimum = number(entry(machine, value, "min_size"), 4, "psycopg_pool min_size", place);
            match entry(machine, value, "max_size") {
                None | Some(Value::None(_)) => Some(minimum),
                given => Some(number(given, 4, "psycopg_pool max_size", place)),
            }
        }
        other => Some(unknown(Gap::of(other, place))),
    }
}

/// A number of the settings, or the default; of several the larger.
fn number(value: Option<Value>, default: u64, setting: &'static str, place: Span) -> Count {
    let fallback = || Traced::new(Bound::Exactly(default), Trail::default_of(setting, Some(place)));
    let all = value.map(Value::into_alternatives).unwrap_or_default();
    let counts = all.iter().map(|one| match one {
        Value::Absent | Value::None(_) => fallback(),
        one => count_of(one, "connections", place),
    });
    let larger = |a: Count, b: Count| {
        let trail = if b.value.is_unknown() || b.value.floor() > a.value.floor() { b.trail } else { a.trail };
        Traced::new(a.value.or(b.value), trail)
    };
    counts.reduce(larger).unwrap_or_else(fallback)
}
