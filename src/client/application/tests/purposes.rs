//! The settings of a pool beside its sizes: what they are called in each library, and what they come to.

use super::*;
use crate::pool::{Meaning, Setting};

/// The settings of the only pool of `source` as `name=meaning`, where somebody wrote them with the text at their place.
fn settings(source: &str, variables: &str) -> Vec<String> {
    let env = format!("DATABASE_URL={URL}\nASYNC_URL=postgresql+asyncpg://app:app@db/app\n{variables}");
    let program = program(&[("app/main.py", source), ("env", env.trim())]);
    let one = |setting: &Setting| {
        let meaning = match &setting.meaning {
            Meaning::Number(number) => number.to_string(),
            Meaning::Flag(flag) => flag.to_string(),
            Meaning::Never => "never".to_owned(),
            Meaning::Text(text) => text.clone(),
            Meaning::Unknown(why) => format!("unknown: {why}"),
        };
        let place = setting.trail.place().filter(|_| setting.trail.default().is_none());
        let at = place.map_or(String::new(), |span| format!(" at {}", program.sources.text(span)));
        format!("{}={meaning}{at}", setting.name)
    };
    program.only().settings.iter().map(one).collect()
}

#[test]
fn sqlalchemy() {
    let engine = |arguments: &str, variables: &str| {
        let source = format!(
            "import os\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.pool import NullPool\n\
             engine = create_engine(os.environ['DATABASE_URL'], {arguments})\n"
        );
        settings(&source, variables)
    };
    assert_eq!(
        engine(
            "pool_recycle=int(os.getenv('RECYCLE')), pool_pre_ping=True, pool_timeout=0.5",
            "RECYCLE=1800"
        ),
        [
            "pool_recycle=1800 at 1800",
            "pool_pre_ping=true at True",
            "pool_timeout=1 at 0.5",
            "prepared statements=false",
            "driver=psycopg2",
        ]
    );
    assert_eq!(
        engine("", "")[..3],
        ["pool_recycle=never".to_owned(), "pool_pre_ping=false".to_owned(), "pool_timeout=30".to_owned()]
    );
    // A pool that keeps nothing has nothing to replace or test.
    assert_eq!(engine("poolclass=NullPool", ""), ["prepared statements=false", "driver=psycopg2"]);
    let either = engine("**({'pool_recycle': 60} if os.getenv('SOMETHING').isalpha() else {})", "");
    assert_eq!(either[0], "pool_recycle=unknown: it may be one of several at 60");
}

#[test]
fn an_asynchronous_engine_and_its_statements() {
    let engine = |arguments: &str| {
        let source = format!(
            "import os, uuid\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\
             engine = create_async_engine(os.environ['ASYNC_URL'], {arguments})\n"
        );
        settings(&source, "")[3..].to_vec()
    };
    assert_eq!(engine(""), ["statement_cache_size=true", "driver=asyncpg at asyncpg"]);
    assert_eq!(
        engine("connect_args={'statement_cache_size': 0, 'prepared_statement_cache_size': 0}")[0],
        "prepared_statement_cache_size=false at 0"
    );
    assert_eq!(engine("connect_args={'statement_cache_size': 50}")[0], "statement_cache_size=true at 50");
    assert_eq!(
        engine("connect_args={'prepared_statement_name_func': lambda: str(uuid.uuid4())}")[0],
        "prepared_statement_name_func=false at create_async_engine"
    );
}

#[test]
fn the_drivers_own_pools() {
    let pool = |source: &str| settings(source, "");
    assert_eq!(
        pool(
            "import asyncpg, os\nasync def start():\n    pool = await asyncpg.create_pool(os.environ['DATABASE_URL'], statement_cache_size=0)\nimport asyncio\nasyncio.run(start())\n"
        ),
        ["statement_cache_size=false at 0", "max_inactive_connection_lifetime=300"]
    );
    assert_eq!(
        pool(
            "import os\nfrom psycopg_pool import ConnectionPool\npool = ConnectionPool(os.environ['DATABASE_URL'], max_lifetime=60, check=ConnectionPool.check_connection, kwargs={'prepare_threshold': None})\n"
        ),
        [
            "timeout=30",
            "max_lifetime=60 at 60",
            "max_idle=600",
            "check=true at ConnectionPool.check_connection",
            "prepare_threshold=false at None",
        ]
    );
}
