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
    for import in ["from flask_sqlalchemy import SQLAlchemy", "from django.db import models", "import prisma"]
    {
        let program = main(&format!("{import}\n"));
        assert_eq!(program.opened.unknowns.len(), 1, "{import}");
        assert_eq!(program.sources.text(program.opened.unknowns[0].trail.place().unwrap()), import);
    }
    assert!(main("import flask\n").opened.unknowns.is_empty());
}

fn each_makes(table: &[(&str, &str)]) {
    for (source, pools) in table {
        let program = main(source);
        assert_eq!(program.summary(), [*pools], "{source}");
        assert!(program.opened.unknowns.is_empty(), "{source}: {:?}", program.opened.unknowns);
    }
}

#[test]
fn further_libraries() {
    each_makes(&[
        ("import aiopg\npool = aiopg.create_pool('host=db')\n", "pool 10+-=10"),
        ("import aiopg\npool = aiopg.create_pool('host=db', minsize=2, maxsize=0)\n", "pool -+-=unbounded"),
        ("from aiopg.sa import create_engine\ne = create_engine(host='db', maxsize=4)\n", "e 4+-=4"),
        (
            "from peewee import PostgresqlDatabase\ndb = PostgresqlDatabase('x', host='db')\n",
            "db -+-=unbounded",
        ),
        (
            "from playhouse.pool import PooledPostgresqlDatabase\ndb = PooledPostgresqlDatabase('x', host='db')\n",
            "db 20+-=20",
        ),
        (
            "from playhouse.pool import PooledPostgresqlExtDatabase as P\ndb = P('x', max_connections=8, host='db')\n",
            "db 8+-=8",
        ),
        (
            "from playhouse.pool import PooledPostgresqlDatabase as P\ndb = P('x', max_connections=None)\n",
            "db -+-=unbounded",
        ),
        (
            "from playhouse.db_url import connect\ndb = connect('postgresql+pool://db/x?max_connections=6')\n",
            "db 6+-=6",
        ),
        ("from playhouse.db_url import connect\ndb = connect('postgresql://db/x')\n", "db -+-=unbounded"),
        (
            "from gino import Gino\ndb = Gino()\nasync def go():\n    await db.set_bind('postgresql://db/x')\ngo()\n",
            "go 10+-=10",
        ),
        (
            "from gino import Gino\ndb = Gino()\nasync def go():\n    await db.set_bind('postgresql://db/x', min_size=1, max_size=3)\ngo()\n",
            "go 3+-=3",
        ),
        (
            "from gino.ext.starlette import Gino\ndb = Gino(app, dsn='postgresql://db/x', pool_max_size=12)\n",
            "db 12+-=12",
        ),
        (
            "from pony.orm import Database\ndb = Database()\ndb.bind(provider='postgres', host='db')\n",
            "app.main -+-=unbounded",
        ),
    ]);
}

#[test]
fn libraries_with_a_pool_inside() {
    each_makes(&[
        (
            "from procrastinate import App, PsycopgConnector\napp = App(connector=PsycopgConnector(conninfo='postgresql://db/x'))\n",
            "app.main 4+-=4",
        ),
        (
            "from procrastinate import PsycopgConnector\nc = PsycopgConnector(host='db', min_size=1, max_size=9)\n",
            "c 9+-=9",
        ),
        (
            "from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore\nstores = {'default': SQLAlchemyJobStore(url='postgresql://db/x')}\n",
            "default 5+10=15",
        ),
        (
            "from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\ns.add_jobstore('sqlalchemy', url='postgresql://db/x', engine_options={'pool_size': 2})\n",
            "app.main 2+10=12",
        ),
        (
            "from langgraph.checkpoint.postgres import PostgresSaver\nwith PostgresSaver.from_conn_string('postgresql://db/x') as saver:\n    pass\n",
            "saver -+-=1",
        ),
        (
            "from langchain_postgres import PGVector\nstore = PGVector(embeddings=e, connection='postgresql://db/x', engine_args={'pool_size': 3})\n",
            "store 3+10=13",
        ),
        (
            "from dramatiq_pg import PostgresBroker\nb = PostgresBroker(url='postgresql://db/x')\n",
            "b 16+-=16",
        ),
        (
            "from piccolo.engine.postgres import PostgresEngine\nDB = PostgresEngine(config={'host': 'db'})\n",
            "DB -+-=unbounded",
        ),
        (
            "from piccolo.engine.postgres import PostgresEngine\nDB = PostgresEngine(config={'host': 'db'})\nasync def start():\n    await DB.start_connection_pool(max_size=20)\nstart()\n",
            "start 20+-=20",
        ),
        (
            "from tortoise import Tortoise\nasync def go():\n    await Tortoise.init(db_url='postgres://db/x', modules={})\ngo()\n",
            "default 5+-=5",
        ),
        (
            "from tortoise.contrib.fastapi import register_tortoise\nregister_tortoise(app, db_url='asyncpg://db/x?minsize=2&maxsize=7')\n",
            "default 7+-=7",
        ),
        (
            "from celery import Celery\napp = Celery('x', broker='redis://', backend='db+postgresql://db/x')\n",
            "result backend -+-=unbounded",
        ),
        (
            "from celery import Celery\napp = Celery('x')\napp.conf.update(broker_url='sqla+postgresql://db/x')\n",
            "broker 5+10=15",
        ),
        (
            "from sqlalchemy.pool import QueuePool\nfrom sqlalchemy import create_engine\nimport psycopg2\ndef get():\n    return psycopg2.connect(host='db')\np = QueuePool(get, max_overflow=3, pool_size=2)\ne = create_engine('postgresql://', pool=p)\n",
            "p 2+3=5",
        ),
        (
            "from sqlalchemy import create_engine\nimport psycopg2\ndef get():\n    return psycopg2.connect(host='db')\ne = create_engine('postgresql://', creator=get)\n",
            "e 5+10=15",
        ),
    ]);
}

#[test]
fn every_connection_of_tortoise_is_a_pool() {
    let source = "\
from tortoise.contrib.fastapi import register_tortoise
TORTOISE_ORM = {'connections': {
    'default': 'postgres://db/x',
    'audit': {'engine': 'tortoise.backends.asyncpg', 'credentials': {'host': 'db', 'maxsize': 11}},
    'local': 'sqlite://:memory:',
    'cache': {'engine': 'tortoise.backends.sqlite', 'credentials': {}},
}, 'apps': {}}
register_tortoise(app, config=TORTOISE_ORM)
";
    assert_eq!(main(source).summary(), ["audit 11+-=11", "default 5+-=5"]);
}

#[test]
fn a_vector_store_makes_two_engines() {
    let source = "from llama_index.vector_stores.postgres import PGVectorStore\n\
        store = PGVectorStore.from_params(host='db', create_engine_kwargs={'pool_size': 1})\n";
    assert_eq!(main(source).summary(), ["async_engine 1+10=11", "engine 1+10=11"]);
}

#[test]
fn connections_without_a_pool() {
    let app = "import psycopg2, psycopg, asyncpg, aiopg\nfrom fastapi import FastAPI\napp = FastAPI()\n";
    let opened = |source: &str| main(&format!("{app}{source}")).summary();
    assert_eq!(opened("conn = psycopg2.connect('postgresql://db/x')\n"), ["conn -+-=1"]);
    assert_eq!(opened("conn = psycopg2.connect(host='db')\nother = psycopg.connect('host=db')\n").len(), 2);
    for call in [
        "psycopg2.connect(URL)",
        "psycopg.Connection.connect(URL)",
        "await psycopg.AsyncConnection.connect(URL)",
        "await asyncpg.connect(dsn=URL)",
        "await aiopg.connect(host='db')",
    ] {
        let source =
            format!("URL = 'postgresql://db/x'\n@app.get('/')\nasync def index():\n    conn = {call}\n");
        assert_eq!(opened(&source), ["conn -+-=unbounded each time"], "{call}");
    }
    // Nobody calls it.
    assert!(opened("def reset():\n    psycopg2.connect('postgresql://db/x')\n").is_empty());
    assert!(opened("s = socket()\n@app.get('/')\ndef index():\n    s.connect('x')\n").is_empty());
    assert!(opened("psycopg2.connect('sqlite:///x')\n").is_empty());
}

#[test]
fn the_modules_of_tasks_are_imported() {
    let engine = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x')\n";
    for celery in [
        "app = Celery('x', include=['app.jobs.tasks'])",
        "app = Celery('x')\napp.autodiscover_tasks(['app.jobs'])",
        "app = Celery('x')\napp.autodiscover_tasks(lambda: ['app.jobs'], force=True)",
        "app = Celery('x')\napp.autodiscover_tasks(['app.jobs.tasks'], related_name=None)",
        "app = Celery('x')\napp.conf.imports = ('app.jobs.tasks',)",
        "app = Celery('x')\napp.conf.update({'include': ['app.jobs.tasks']})",
        "app = Celery('x')\napp.config_from_object('app.settings')",
    ] {
        let source = format!("from celery import Celery\n{celery}\n");
        let program = program(&[
            ("app/__init__.py", ""),
            ("app/main.py", &source),
            ("app/settings.py", "imports = ['app.jobs.tasks']\n"),
            ("app/jobs/__init__.py", ""),
            ("app/jobs/tasks.py", engine),
        ]);
        assert_eq!(program.summary(), ["engine 5+10=15"], "{celery:?}");
    }
}
