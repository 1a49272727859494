//! Engines: their arguments and what those come to.

use super::*;

const IMPORTS: &str = "\
import os
import sqlalchemy as sa
from sqlalchemy import create_engine
from sqlalchemy import create_engine as ce
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, StaticPool, QueuePool
URL = os.environ['DATABASE_URL']
";

fn engines(source: &str) -> Vec<String> {
    main(&format!("{IMPORTS}{source}")).summary()
}

#[test]
fn two_engines_in_the_shape_of_the_first_deployment() {
    let before = r#"
import os
from dotenv import load_dotenv
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
load_dotenv()
POOL_SIZE = 5
MAX_OVERFLOW = 10
URL = os.getenv("DATABASE_URL")
if not URL:
    raise ValueError("DATABASE_URL is not set")
engine = create_engine(URL, pool_size=POOL_SIZE, max_overflow=MAX_OVERFLOW, pool_recycle=1800)
ASYNC_URL = URL
if URL.startswith("postgresql://"):
    ASYNC_URL = URL.replace("postgresql://", "postgresql+asyncpg://")
elif URL.startswith("postgresql+psycopg2://"):
    ASYNC_URL = URL.replace("postgresql+psycopg2://", "postgresql+asyncpg://")
async_engine = create_async_engine(ASYNC_URL, pool_size=POOL_SIZE, max_overflow=MAX_OVERFLOW)
"#;
    let after = before
        .replace("= 5\n", "= int(os.getenv(\"DB_POOL_SIZE\", \"3\"))\n")
        .replace("= 10\n", "= int(os.getenv(\"DB_MAX_OVERFLOW\", \"2\"))\n");
    let others = [
        ("app/__init__.py", ""),
        ("app/core/__init__.py", ""),
        (
            "app/main.py",
            "from fastapi import FastAPI\nfrom app.api import router\napp = FastAPI()\napp.include_router(router)\n",
        ),
        (
            "app/api.py",
            "from fastapi import APIRouter, Depends\nfrom app.core.database import get_db\nrouter = APIRouter()\n@router.get('/')\ndef index(db=Depends(get_db)):\n    return db\n",
        ),
        ("reset_alembic.py", "from sqlalchemy import create_engine\ncreate_engine('postgresql://x')\n"),
        (
            "alembic/env.py",
            "from sqlalchemy import create_engine, pool\ncreate_engine('postgresql://x', poolclass=pool.NullPool)\n",
        ),
        ("tests/test_db.py", "from sqlalchemy import create_engine\ncreate_engine('postgresql://x')\n"),
    ];
    let with = |database: &str, env: &str| {
        let database = format!("{database}def get_db():\n    yield engine\n");
        let mut files = others.to_vec();
        files.extend([("app/core/database.py", database.as_str()), ("env", env)]);
        program(&files)
    };
    let env = format!("DATABASE_URL={URL}");
    let old = with(before, &env);
    assert_eq!(old.summary(), ["async_engine 5+10=15", "engine 5+10=15"]);
    let size = old.opened.pools[0].size.as_ref().unwrap();
    assert_eq!(
        old.way(size),
        ["written app/core/database.py:7 5", "assigned app/core/database.py:7 POOL_SIZE"]
    );

    let env = format!("DATABASE_URL={URL}\nDB_POOL_SIZE=3\nDB_MAX_OVERFLOW=2");
    let new = with(&after, &env);
    assert_eq!(new.summary(), ["async_engine 3+2=5", "engine 3+2=5"]);
    let size = new.opened.pools[0].size.as_ref().unwrap();
    assert_eq!(
        new.way(size),
        [
            "written env:2 3",
            "read app/core/database.py:7 os.getenv",
            "assigned app/core/database.py:7 POOL_SIZE"
        ]
    );
    let place = new.opened.pools[0].place.unwrap();
    assert_eq!(new.sources.text(place), "create_engine");
    assert!(
        matches!(&new.opened.pools[1].url, Url::Known(url) if url.as_str().starts_with("postgresql+asyncpg://"))
    );
}

#[test]
fn what_nobody_says_is_named_as_a_default() {
    let program = main("from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x')\n");
    let pool = program.only();
    assert_eq!(program.summary(), ["engine 5+10=15"]);
    assert_eq!(pool.size.as_ref().unwrap().trail.default(), Some("SQLAlchemy pool_size"));
    assert_eq!(pool.overflow.as_ref().unwrap().trail.default(), Some("SQLAlchemy max_overflow"));
}

#[test]
fn names_of_the_constructor() {
    for call in ["sa.create_engine(URL)", "ce(URL)", "create_engine(url=URL)", "sa.engine.create_engine(URL)"]
    {
        assert_eq!(engines(&format!("engine = {call}\n")), ["engine 5+10=15"], "{call}");
    }
    let sqlmodel = "from sqlmodel import create_engine as make\nengine = make(URL)\n";
    assert_eq!(engines(sqlmodel), ["engine 5+10=15"]);
}

#[test]
fn arguments_and_what_they_allow() {
    for (arguments, expected) in [
        ("pool_size=7", "7+10=17"),
        ("pool_size=7, max_overflow=0", "7+0=7"),
        ("max_overflow=-1", "5+unbounded=unbounded"),
        ("pool_size=0", "0+10=unbounded"),
        ("pool_size=-1", "-+-=9"),
        ("pool_size=5.0", "5+10=15"),
        ("poolclass=NullPool", "-+-=unbounded"),
        ("poolclass=sa.pool.NullPool", "-+-=unbounded"),
        ("poolclass=QueuePool, pool_size=2", "2+10=12"),
        ("poolclass=StaticPool", "-+-=unbounded"),
        ("**{'pool_size': 2, 'max_overflow': 1}", "2+1=3"),
        ("pool_size=int(os.getenv('N') or 4), max_overflow=2 * 3", "4+6=10"),
    ] {
        assert_eq!(
            engines(&format!("e = create_engine(URL, {arguments})\n")),
            [format!("e {expected}")],
            "{arguments}"
        );
    }
}

#[test]
fn an_old_version_takes_zero_for_nothing() {
    let source = format!("{IMPORTS}e = create_engine(URL, pool_size=0, max_overflow=4)\n");
    for (file, text, expected) in [
        ("requirements.txt", "SQLAlchemy==1.4.54\n", "e 0+4=4"),
        ("requirements.txt", "sqlalchemy-utils==0.41\nsqlalchemy[asyncio]>=1.4,<2.0\n", "e 0+4=4"),
        ("requirements.txt", "sqlalchemy>=1.4\n", "e 0+4=unbounded"),
        ("poetry.lock", "[[package]]\nname = \"sqlalchemy\"\nversion = \"1.4.41\"\n", "e 0+4=4"),
        ("uv.lock", "[[package]]\nname = \"sqlalchemy\"\nversion = \"2.0.30\"\n", "e 0+4=unbounded"),
        ("pyproject.toml", "[tool.poetry.dependencies]\nsqlalchemy = \"^1.4\"\n", "e 0+4=4"),
    ] {
        let env = format!("DATABASE_URL={URL}");
        let program = program(&[("app/main.py", &source), ("env", &env), (file, text)]);
        assert_eq!(program.summary(), [expected], "{text}");
    }
}

#[test]
fn other_databases_are_exempt() {
    assert!(engines("e = create_engine('sqlite:///x.db')\n").is_empty());
    assert!(engines("e = create_engine(f'sqlite:///{unknown_dir()}/x.db')\n").is_empty());
    assert!(engines("e = create_engine('mysql+pymysql://root@db/x')\n").is_empty());
    assert_eq!(engines("e = create_engine(unknown_url())\n"), ["e 5+10=15"]);
    let backend = "from sqlalchemy.engine import make_url\nb = make_url(URL).get_backend_name()\nif b == 'sqlite':\n    e = create_engine(URL, pool_size=50)\nelse:\n    e = create_engine(URL, pool_size=3)\n";
    assert_eq!(engines(backend), ["e 3+10=13"]);
    let branch = "if URL.startswith('sqlite'):\n    e = create_engine(URL, connect_args={})\nelse:\n    e = create_engine(URL, pool_size=3)\n";
    assert_eq!(engines(branch), ["e 3+10=13"]);
}

#[test]
fn of_two_branches_the_larger_counts() {
    let branch = "import settings\nif settings.DEBUG:\n    e = create_engine(URL, pool_size=1)\nelse:\n    e = create_engine(URL, pool_size=20)\n";
    assert_eq!(engines(branch), ["e 20+10=≤ 30"]);
    let early = "import settings\ndef make():\n    if settings.DEBUG:\n        return create_engine(URL, pool_size=1)\n    if settings.TEST:\n        return create_engine(URL, pool_size=2)\n    return create_engine(URL, pool_size=8)\ne = make()\n";
    assert_eq!(engines(early), ["e 8+10=≤ 18"]);
    let options = "import settings\nopts = {'max_overflow': 0}\nif settings.DEBUG:\n    opts['pool_size'] = 2\ne = create_engine(URL, **opts)\n";
    assert_eq!(engines(options), ["e ≤ 5+0=≤ 5"]);
    let size = "import settings\nn = 3 if settings.DEBUG else 9\ne = create_engine(URL, pool_size=n)\n";
    assert_eq!(engines(size), ["e ≤ 9+10=≤ 19"]);
}

#[test]
fn what_is_not_known_stays_so_at_its_place() {
    let program = main(&format!(
        "{IMPORTS}import tuning\nSIZE = tuning.size()\ne = create_engine(URL, pool_size=SIZE)\n"
    ));
    let size = program.only().size.as_ref().unwrap();
    assert!(size.value.is_unknown());
    assert_eq!(program.only().ceiling.floor(), 10);
    assert_eq!(program.way(size)[0], "written app/main.py:9 tuning.size");
    let missing = engines("e = create_engine(URL, pool_size=int(os.environ['N']))\n");
    assert_eq!(missing, ["e connections+10=10 + connections"]);
}

#[test]
fn a_bad_number_is_a_problem_where_it_is_written() {
    for (written, words) in
        [("", "is set but empty"), ("five", "is not a whole number"), ("9223372036854775808", "is too large")]
    {
        let env = format!("DATABASE_URL={URL}\nDB_POOL_SIZE={written}");
        let source =
            format!("{IMPORTS}e = create_engine(URL, pool_size=int(os.getenv('DB_POOL_SIZE', '5')))\n");
        let program = program(&[("app/main.py", &source), ("env", &env)]);
        assert!(program.only().ceiling.is_unknown());
        let [problem] = &*program.opened.problems else { panic!("{:?}", program.opened.problems) };
        assert!(problem.message.contains(words), "{}", problem.message);
        assert_eq!(problem.file.as_str(), "env");
        assert_eq!(program.sources.text(problem.span.unwrap()), written);
        assert_eq!(program.sources.text(problem.notes[0].trail.place().unwrap()), "int");
    }
}

#[test]
fn a_caught_bad_number_is_none() {
    let source = format!(
        "{IMPORTS}try:\n    N = int(os.getenv('DB_POOL_SIZE'))\nexcept ValueError:\n    N = 4\ne = create_engine(URL, pool_size=N)\n"
    );
    let env = format!("DATABASE_URL={URL}\nDB_POOL_SIZE=many");
    let program = program(&[("app/main.py", &source), ("env", &env)]);
    assert_eq!(program.summary(), ["e 4+10=14"]);
    assert!(program.opened.problems.is_empty());
}

#[test]
fn refused_arguments() {
    for arguments in
        ["pool_size='5'", "max_overflow=None", "max_overflow=-2", "pool_size=os.getenv('DATABASE_URL')"]
    {
        let program = main(&format!("{IMPORTS}e = create_engine(URL, {arguments})\n"));
        assert_eq!(program.opened.problems.len(), 1, "{arguments}");
        assert!(program.only().ceiling.is_unknown(), "{arguments}");
    }
}

#[test]
fn engine_from_config_reads_a_dictionary() {
    let source = "from sqlalchemy import engine_from_config\ncfg = {'db.url': URL, 'db.pool_size': '8', 'other': 1}\ne = engine_from_config(cfg, prefix='db.', max_overflow=1)\n";
    assert_eq!(engines(source), ["e 8+1=9"]);
}

#[test]
fn one_engine_has_many_names_and_two_are_two() {
    assert_eq!(engines("a = create_engine(URL)\nb = a\n"), ["a 5+10=15"]);
    assert_eq!(engines("a = create_engine(URL)\nb = create_engine(URL)\n"), ["a 5+10=15", "b 5+10=15"]);
    let loop_over_known = "engines = {}\nfor name in ['r', 'w']:\n    engines[name] = create_engine(URL)\n";
    assert_eq!(engines(loop_over_known), ["r 5+10=15", "w 5+10=15"]);
}

#[test]
fn a_url_is_put_together() {
    let source = r#"
from sqlalchemy.engine import URL as Address
import secrets_of_the_host
engine = create_engine(Address.create(drivername="postgresql", username="u", password=secrets_of_the_host.read(), host="db", port=5432, database="x"))
"#;
    assert_eq!(main(&format!("{IMPORTS}{source}")).url(), "postgresql://u:*@db:5432/x");
    let f_string =
        "USER = 'u'\nengine = create_engine(f\"postgresql://{USER}:{os.environ['PASSWORD']}@db:5432/x\")\n";
    assert_eq!(main(&format!("{IMPORTS}{f_string}")).url(), "postgresql://u:*@db:5432/x");
    for text in [
        "'postgresql://{}@{}/x'.format('u', 'db')",
        "'postgresql://%s@%s/x' % ('u', 'db')",
        "'postgresql://' + 'u@db/x'",
        "'postgresql://%(u)s@db/x' % {'u': 'u'}",
    ] {
        let source = format!("{IMPORTS}engine = create_engine({text})\n");
        assert_eq!(main(&source).url(), "postgresql://u@db/x", "{text}");
    }
}
