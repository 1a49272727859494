//! Variables that the budget reads by their names. This is the one list of them: whether a variable without value is worth
//! a word (`platform/compose/decisive.rs`) goes by it.
//!
//! It has to know every name that a row below reads by itself; `client/convention.rs` and `analysis/dials.rs` hold their own
//! lists against it in their tests.

/// Names that count as they are.
const NAMES: [&str; 14] = [
    // gunicorn (`config.py`), uvicorn (`main.py`), and the images that are built on them.
    "GUNICORN_CMD_ARGS",
    "GUNICORN_CONF",
    "MAX_WORKERS",
    "WORKERS_PER_CORE",
    "WEB_MAX_WORKERS",
    // libpq (`fe-connect.c`).
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGSERVICE",
    "PG_HOST",
    "POSTGRES_SEEDS",
    // compose itself.
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
];

/// Ends of names of counts: `WEB_CONCURRENCY`, `UVICORN_WORKERS`, `DB_POOL_SIZE`, `POSTGRES_MAX_CONNECTIONS`.
const COUNTS: [&str; 20] = [
    "WORKERS",
    "WORKER_COUNT",
    "CONCURRENCY",
    "THREADS",
    "PROCESSES",
    "REPLICAS",
    "POOL_SIZE",
    "POOL_MIN",
    "POOL_MAX",
    "MAX_OVERFLOW",
    "MAX_CONNECTIONS",
    "MAX_CONNS",
    "CONN_MAX_AGE",
    // PgBouncer's settings, by whose names its images take variables; Pgpool-II's.
    "POOL_MODE",
    "MAX_CLIENT_CONN",
    "MAX_DB_CONNECTIONS",
    "MAX_USER_CONNECTIONS",
    "RESERVE_POOL_TIMEOUT",
    "NUM_INIT_CHILDREN",
    "PGPOOL_BACKEND_NODES",
];

/// Ends of names of a database's address, after which `_RO`, `_URL2` and the like may stand.
const ADDRESSES: [&str; 13] = [
    "DATABASE_UR",
    "DATABASE_HOST",
    "DB_UR",
    "DB_HOST",
    "DB_DSN",
    "POSTGRES_UR",
    "POSTGRES_HOST",
    "POSTGRES_SERVER",
    "POSTGRESQL_UR",
    "POSTGRESQL_HOST",
    "PG_UR",
    "SQLALCHEMY_CONN",
    "SQL_ALCHEMY_CONN",
];

/// Whether the value of a variable of this name may change the budget.
pub fn decides(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.contains(&name.as_str())
        || COUNTS.iter().any(|end| name.ends_with(end))
        || ADDRESSES.iter().any(|part| name.contains(part))
        || name == "DSN"
        || name.ends_with("_DSN")
}

#[cfg(test)]
mod tests {
    use super::decides;

    #[test]
    fn counts_and_addresses_decide_and_secrets_do_not() {
        for name in [
            "WEB_CONCURRENCY",
            "uvicorn_workers",
            "DB_POOL_SIZE",
            "ASYNC_DATABASE_URL_RO",
            "APP__DB_URI",
            "READ_DSN",
        ] {
            assert!(decides(name), "{name}");
        }
        for name in
            ["SECRET_KEY", "POSTGRES_PASSWORD", "SENTRY_DNS", "SMTP_HOST", "REDIS_URL", "WORKERS_NAME"]
        {
            assert!(!decides(name), "{name}");
        }
    }
}
