//! What real pools opened at a real server: `fixtures/pools/record`.

use super::recorded::read;
use super::*;

/// The names that the recorded code uses for where the server stands.
const NAMES: &str = "DSN = 'postgresql://app@db/app'\nPOSTGRES = 'postgres://app@db/app'\n\
    SQLALCHEMY = 'postgresql+psycopg2://app@db/app'\nHOST = 'db'\nPORT = 5432\n";

/// Cases in which ours is another answer than the real one, and why. Each has to be one.
type Exceptions<'a> = &'a [(&'a str, &'a str)];

/// Holds every case of `fixtures/pools/<name>.json` to the pools that the same code has here.
fn library(name: &str, exceptions: Exceptions<'_>) {
    let recorded = read(&format!("pools/{name}.json"));
    let text = |json: &serde_json::Value| json.as_str().unwrap_or_default().to_owned();
    let head = format!("{}\n{NAMES}", text(&recorded["head"]));
    let own = format!("{}=={}\n", text(&recorded["library"]), text(&recorded["version"]));
    let also = recorded["also"].as_object().into_iter().flatten();
    let also = also.map(|(package, version)| format!("{package}=={}\n", text(version)));
    let requirements: String = std::iter::once(own).chain(also).collect();
    let cases = recorded["cases"].as_array().unwrap();
    let mut wrong = Vec::new();
    let mut met = Vec::new();
    for case in cases {
        let code = text(&case["code"]);
        let source = format!("{head}{code}\n");
        let program = program(&[("app/main.py", &source), ("requirements.txt", &requirements)]);
        let Err(difference) = agrees(&program.opened, case) else { continue };
        match exceptions.iter().find(|(known, _)| *known == code) {
            Some(known) => met.push(known.0),
            None => wrong.push(format!("{code}\n    {difference}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    let needless: Vec<_> = exceptions.iter().filter(|(code, _)| !met.contains(code)).collect();
    assert!(needless.is_empty(), "no exceptions any more: {needless:?}");
}

/// What the real pools of a case did, and these.
fn agrees(opened: &Opened, case: &serde_json::Value) -> Result<(), String> {
    let messages: Vec<&str> = opened.problems.iter().map(|problem| problem.message.as_str()).collect();
    let sum =
        |each: fn(&Pool) -> Bound| opened.pools.iter().map(each).fold(Bound::ZERO, |sum, one| sum + one);
    if let Some(error) = case.get("error") {
        // A pool that hands out nothing is one without connections.
        if case["at"] == "take" && sum(|pool| pool.ceiling.clone()) == Bound::ZERO {
            return Ok(());
        }
        return if messages.is_empty() {
            Err(format!("{error} {}, not refused", case["at"]))
        } else {
            Ok(())
        };
    }
    if !messages.is_empty() {
        return Err(format!("refused: {messages:?}; real {case}"));
    }
    let real = case["most"].as_u64().map_or(Bound::Unbounded, Bound::Exactly);
    let unknowns: Bound = opened.unknowns.iter().map(|one| one.value.clone()).fold(Bound::ZERO, |a, b| a + b);
    let ours = sum(|pool| pool.ceiling.clone()) + unknowns;
    if ours != real {
        return Err(format!("real {real}, ours {ours}"));
    }
    let started = case["at_start"].as_u64().unwrap();
    // What is opened when nobody wants a connection; what grows ahead may be anything.
    let idle = sum(|pool| pool.reachable(&Bound::ZERO));
    let is_ahead = opened.pools.iter().any(|pool| pool.demand == crate::pool::Demand::Ahead);
    match idle.number() {
        Some(idle) if idle < started || (idle > started && !is_ahead) => {
            Err(format!("real opens {started} by itself, ours {idle}"))
        }
        _ => Ok(()),
    }
}

#[test]
fn psycopg2() {
    library("psycopg2", &[]);
}

#[test]
fn asyncpg() {
    library("asyncpg", &[]);
}

#[test]
fn psycopg_pool() {
    library("psycopg_pool", &[]);
}

#[test]
fn aiopg() {
    library("aiopg", &[]);
}

#[test]
fn databases() {
    library("databases", &[]);
}

#[test]
fn tortoise() {
    library("tortoise", &[]);
}

#[test]
fn peewee() {
    let libpq = "libpq refuses an option of the URL that it does not know, which no constructor tells";
    library("peewee", &[("pool = connect(DSN + '?max_connections=5')", libpq)]);
}

#[test]
fn piccolo() {
    library("piccolo", &[]);
}

#[test]
fn gino() {
    library("gino", &[]);
}

#[test]
fn pony() {
    library("pony", &[]);
}

#[test]
fn langgraph() {
    library("langgraph", &[]);
}

#[test]
fn procrastinate() {
    let dsn = "psycopg2 refuses an option that it does not know when it connects";
    library("procrastinate", &[("connector = AiopgConnector(dsn=DSN, pool_args={})", dsn)]);
}

#[test]
fn sqlmodel() {
    library("sqlmodel", &[]);
}

#[test]
fn flask_sqlalchemy_2() {
    library("flask_sqlalchemy-2", &[]);
}

#[test]
fn flask_sqlalchemy_3() {
    let main = "app = Flask('x')\napp.config['SQLALCHEMY_DATABASE_URI'] = SQLALCHEMY\n";
    let binds = format!("{main}app.config['SQLALCHEMY_BINDS'] = None\ndb = SQLAlchemy(app)");
    library(
        "flask_sqlalchemy-3",
        &[
            (&binds, "the application does not start, for a reason that has nothing to do with its pools"),
            ("app = Flask('x')\ndb = SQLAlchemy(app)", "nor does one without any database, which opens none"),
        ],
    );
}

/// The result backend and the broker of celery: `fixtures/celery/record`.
#[test]
fn celery() {
    let recorded = read("celery/database.json");
    for case in recorded["cases"].as_array().unwrap() {
        let options = case["options"].to_string();
        let source = match case["of"].as_str() {
            Some("backend") => format!(
                "from celery import Celery\napp = Celery('x', broker='redis://r', backend='db+postgresql://db/x')\n\
                 app.conf.database_engine_options = {options}\n"
            ),
            _ => format!(
                "from celery import Celery\napp = Celery('x', broker='sqla+postgresql://db/x')\n\
                 app.conf.broker_transport_options = {options}\n"
            ),
        };
        let sources = Sources::new(Memory::new([("main.py", source.as_str()), ("command", "main")]));
        let command = sources.load(&TreePath::new("command")).unwrap();
        let module = Text::verbatim(&command, 0..4);
        let entry = Entry::Module { module, attribute: None };
        let is_child = case["in"] == "billiard";
        let opened =
            start_whole(&sources, (Some(entry), None), Vec::new(), &FileView::bare(), ("/", Some(is_child)));
        let real = case["most"].as_u64().map_or(Bound::Unbounded, Bound::Exactly);
        let ours: Vec<Bound> = opened.pools.iter().map(|pool| pool.ceiling.clone()).collect();
        assert_eq!(ours, [real], "{case}: {:?}", opened.problems);
        assert!(opened.problems.is_empty(), "{case}");
    }
}

/// `-A app.http.app.celery` is a name in a module, `-A proj.celery` a module.
#[test]
fn what_celery_is_pointed_at() {
    let engine = "import os\nfrom sqlalchemy import create_engine\nfrom celery import Celery\ncelery = Celery('x')\n\
        engine = create_engine('postgresql://db/x')\n";
    for (target, files) in [
        ("app.http.app.celery", vec![("app/http/app.py", engine)]),
        ("proj.celery", vec![("proj/__init__.py", ""), ("proj/celery.py", engine)]),
    ] {
        let mut all = files.clone();
        all.push(("command", target));
        let sources = Sources::new(Memory::new(all.iter().copied()));
        let command = sources.load(&TreePath::new("command")).unwrap();
        let entry = Entry::Module { module: Text::verbatim(&command, 0..target.len()), attribute: None };
        let opened = start(&sources, Some(entry), &FileView::bare(), "/");
        assert!(opened.entry_found, "{target}");
        assert_eq!(opened.pools.len(), 1, "{target}: {:?}", opened.unknowns);
    }
}

/// A worker's children and the web's processes run the same code in one deployment, and open other pools.
#[test]
fn two_kinds_of_process_of_one_application() {
    let source =
        "from celery import Celery\napp = Celery('x', broker='redis://r', backend='db+postgresql://db/x')\n";
    let sources = Sources::new(Memory::new([("main.py", source), ("command", "main")]));
    let command = sources.load(&TreePath::new("command")).unwrap();
    let ceiling = |is_child: bool| {
        let entry = Entry::Module { module: Text::verbatim(&command, 0..4), attribute: None };
        let entry = (Some(entry), None);
        let opened = start_whole(&sources, entry, Vec::new(), &FileView::bare(), ("/", Some(is_child)));
        opened.pools[0].ceiling.clone()
    };
    assert_eq!((ceiling(true), ceiling(false)), (Bound::Exactly(15), Bound::Unbounded));
}
