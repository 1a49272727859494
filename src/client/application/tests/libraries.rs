//! Libraries beside SQLAlchemy (facts, C2).

use super::*;
use crate::client::Demand;

fn pool(source: &str) -> Program {
    main(&format!("import asyncpg, psycopg2, psycopg2.pool, psycopg_pool, databases\n{source}"))
}

#[test]
fn their_bounds() {
    for (call, ceiling, demand) in [
        ("asyncpg.create_pool('postgresql://db/x')", "10", Demand::ByTask { minimum: 10 }),
        (
            "asyncpg.create_pool(dsn='postgresql://db/x', min_size=1, max_size=3)",
            "3",
            Demand::ByTask { minimum: 1 },
        ),
        ("psycopg_pool.ConnectionPool('postgresql://db/x')", "4", Demand::Ahead),
        ("psycopg_pool.AsyncConnectionPool('postgresql://db/x', min_size=6)", "6", Demand::Ahead),
        ("psycopg_pool.ConnectionPool('postgresql://db/x', max_size=12)", "12", Demand::Ahead),
        ("psycopg_pool.ConnectionPool('postgresql://db/x', min_size=2, max_size=None)", "2", Demand::Ahead),
        ("psycopg_pool.NullConnectionPool('postgresql://db/x')", "unbounded", Demand::ByTask { minimum: 0 }),
        (
            "psycopg2.pool.ThreadedConnectionPool(2, 9, 'postgresql://db/x')",
            "9",
            Demand::ByTask { minimum: 2 },
        ),
        (
            "psycopg2.pool.ThreadedConnectionPool(10, 4, 'postgresql://db/x')",
            "unbounded",
            Demand::ByTask { minimum: 10 },
        ),
        (
            "psycopg2.pool.SimpleConnectionPool(minconn=1, maxconn=5, dsn='postgresql://db/x')",
            "5",
            Demand::ByTask { minimum: 1 },
        ),
        ("databases.Database('postgresql://db/x')", "10", Demand::ByTask { minimum: 10 }),
        ("databases.Database('postgresql://db/x?min_size=2&max_size=7')", "7", Demand::ByTask { minimum: 2 }),
        (
            "databases.Database('postgresql://db/x', min_size=1, max_size=4)",
            "4",
            Demand::ByTask { minimum: 1 },
        ),
    ] {
        let program = pool(&format!("p = {call}\n"));
        let pool = program.only();
        assert_eq!((pool.ceiling.to_string().as_str(), pool.demand), (ceiling, demand), "{call}");
        assert_eq!(program.url().split('?').next(), Some("postgresql://db/x"), "{call}");
    }
}

#[test]
fn a_minimum_above_the_maximum_is_refused() {
    for call in [
        "asyncpg.create_pool('postgresql://db/x', max_size=3)",
        "psycopg_pool.ConnectionPool('postgresql://db/x', max_size=3)",
    ] {
        assert_eq!(pool(&format!("p = {call}\n")).opened.problems.len(), 1, "{call}");
    }
}

#[test]
fn a_library_that_is_not_followed_is_an_unknown() {
    for import in
        ["from flask_sqlalchemy import SQLAlchemy", "from django.db import models", "import peewee as p"]
    {
        let program = main(&format!("{import}\n"));
        assert_eq!(program.opened.unknowns.len(), 1, "{import}");
        assert_eq!(program.sources.text(program.opened.unknowns[0].trail.place().unwrap()), import);
    }
    assert!(main("import flask\n").opened.unknowns.is_empty());
}
