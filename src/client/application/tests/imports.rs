//! Which modules a process imports.

use super::*;

const DB: &str = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x', pool_size=3, max_overflow=0)\n";

fn found(files: &[(&str, &str)]) -> usize {
    program(files).opened.pools.len()
}

#[test]
fn every_form_of_import_is_followed() {
    for import in [
        "import app.db",
        "import app.db as d",
        "from app import db",
        "from app.db import engine",
        "from . import db",
        "from .db import engine as e",
        "from .db import *",
        "try:\n    from app.db import engine\nexcept ImportError:\n    engine = None",
        "if unknown():\n    import app.db",
        "def handler():\n    from app.db import engine\n    return engine\nregistry = [handler]",
        "import importlib\nimportlib.import_module('app.db')",
        "with lock():\n    import app.db",
        "class A:\n    from app import db",
    ] {
        let main = format!("{import}\n");
        let files = [("app/__init__.py", ""), ("app/main.py", main.as_str()), ("app/db.py", DB)];
        assert_eq!(found(&files), 1, "{import}");
    }
}

#[test]
fn what_does_not_run_does_not_count() {
    for import in [
        "if __name__ == '__main__':\n    import app.db",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.db",
        "import typing\nif typing.TYPE_CHECKING:\n    import app.db",
        "if False:\n    import app.db",
        "def never_mentioned():\n    import app.db",
        "# import app.db",
    ] {
        let main = format!("{import}\n");
        let files = [("app/__init__.py", ""), ("app/main.py", main.as_str()), ("app/db.py", DB)];
        assert_eq!(found(&files), 0, "{import}");
    }
}

#[test]
fn packages_run_and_circles_end() {
    let files = [
        ("app/__init__.py", ""),
        ("app/main.py", "from app.inner.deep import x\n"),
        ("app/inner/__init__.py", "from app.db import engine\n"),
        ("app/inner/deep.py", "import app.main\nx = 1\n"),
        ("app/db.py", DB),
    ];
    assert_eq!(found(&files), 1);
}

#[test]
fn the_same_module_runs_once() {
    let files = [
        ("app/main.py", "from app import a, b\n"),
        ("app/a.py", "from app.db import engine\n"),
        ("app/b.py", "from .db import engine\n"),
        ("app/db.py", DB),
    ];
    assert_eq!(program(&files).summary(), ["engine 3+0=3"]);
}

#[test]
fn the_search_path_leads_into_other_folders() {
    let src = [("src/app/main.py", "import shop.db\n"), ("src/shop/db.py", DB)];
    assert_eq!(found(&src), 1);
    let by_variable = [("app/main.py", "import db\n"), ("lib/db.py", DB), ("env", "PYTHONPATH=/lib")];
    assert_eq!(found(&by_variable), 1);
    let sources = Sources::new(Memory::new([
        ("backend/app/main.py", "from app import db\n"),
        ("backend/app/db.py", DB),
    ]));
    let mut view = FileView::new();
    view.add("/code", TreePath::new("backend"));
    let file = sources.load(&TreePath::new("backend/app/main.py")).unwrap();
    let entry = Entry::Module { module: Text::decoded("app.main", file.at(0..0)), attribute: None };
    let opened = start(&sources, Some(entry), &view, "/code");
    assert_eq!(opened.pools.len(), 1);
    assert_eq!(
        opened.read.iter().map(TreePath::as_str).collect::<Vec<_>>(),
        ["backend/app/main.py", "backend/app/db.py"]
    );
}

#[test]
fn a_script_of_an_installed_package_finds_it() {
    let make = format!("import sqlalchemy as sa\nengine = sa.create_engine('{URL}')\n");
    for (beside, path) in [("code/pyproject.toml", "code/shop"), ("code/shop/__init__.py", "code/shop/bin")] {
        let script = format!("{path}/main.py");
        let command = format!("/{script}");
        let files = [
            (script.as_str(), "from shop.db import engine\n"),
            ("code/shop/db.py", make.as_str()),
            ("code/shop/bin/__init__.py", ""),
            (beside, ""),
            ("command", command.as_str()),
        ];
        let sources = Sources::new(Memory::new(files));
        let command = sources.load(&TreePath::new("command")).unwrap();
        let entry = Entry::Script { path: Text::verbatim(&command, 0..command.text.len()) };
        let opened = start(&sources, Some(entry), &FileView::bare(), "/");
        assert_eq!(opened.pools.len(), 1, "{beside}");
    }
}

#[test]
fn a_script_runs_its_main_part() {
    let sources = Sources::new(Memory::new([
        ("bin/run.py", "import db\nif __name__ == '__main__':\n    import extra\n"),
        ("bin/db.py", DB),
        ("bin/extra.py", DB),
    ]));
    let file = sources.load(&TreePath::new("bin/run.py")).unwrap();
    let entry = Entry::Script { path: Text::decoded("bin/run.py", file.at(0..0)) };
    assert_eq!(start(&sources, Some(entry), &FileView::bare(), "/").pools.len(), 2);
}

#[test]
fn a_module_that_cannot_be_read_is_an_unknown() {
    let program = program(&[
        ("app/main.py", "import app.db\nimport app.more\n"),
        ("app/db.py", "print 'x'\n"),
        ("app/more.py", DB),
    ]);
    assert_eq!(program.opened.pools.len(), 1);
    assert_eq!(program.opened.problems, []);
    assert_eq!(program.opened.unknowns.len(), 1);
}

#[test]
fn a_folder_with_the_name_of_a_library_is_no_library() {
    let files = [
        ("alembic/env.py", ""),
        ("app/main.py", "from alembic import op\nimport redis\nimport app.db\nredis.Redis()\n"),
        ("redis/redis.conf", ""),
        ("app/db.py", DB),
    ];
    assert_eq!(found(&files), 1);
}

#[test]
fn a_program_that_runs_a_server_has_its_workers() {
    let engine =
        "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x')\napp = object()\n";
    let opened = |run: &str, env: &str| {
        let sources = Sources::new(Memory::new([
            ("pkg/__init__.py", ""),
            ("pkg/__main__.py", run),
            ("pkg/web.py", engine),
            ("env", env),
            ("command", "pkg"),
        ]));
        let command = sources.load(&TreePath::new("command")).unwrap();
        let module = Text::verbatim(&command, 0..command.text.len());
        let opened = start(&sources, Some(Entry::Main { module }), &FileView::bare(), "/");
        (opened.pools.len(), opened.forked.map(|workers| workers.value.to_string()))
    };
    let main = |call: &str| format!("import uvicorn\nif __name__ == '__main__':\n    {call}\n");
    let four = Some("4".to_owned());
    assert_eq!(opened(&main("uvicorn.run('pkg.web:app', workers=4)"), "X=1"), (1, four.clone()));
    assert_eq!(opened(&main("uvicorn.run(app='pkg.web:app')"), "WEB_CONCURRENCY=4"), (1, four));
    assert_eq!(opened(&main("uvicorn.run('pkg.web:app', workers=4, reload=True)"), "X=1"), (1, None));
    assert_eq!(opened(&main("from .web import app; uvicorn.run(app, host='0.0.0.0')"), "X=1"), (1, None));
    assert_eq!(opened(&main("pass"), "X=1"), (0, None));
}

#[test]
fn what_the_application_starts_itself() {
    let engine = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x')\n";
    let threads = "from threading import Thread\ndef work():\n    pass\nThread(target=work).start()\n";
    assert_eq!(main(&format!("{engine}{threads}")).only().demand, crate::client::Demand::Ahead);
}

#[test]
fn what_is_loaded_beside_the_entry_counts() {
    let made = |name: &str| {
        format!("from sqlalchemy import create_engine\n{name} = create_engine('postgresql://db/x')\n")
    };
    let (broker, tasks, file) = (made("broker"), made("tasks"), made("file"));
    let factory = format!("def create_app():\n    {}", made("web").replace('\n', "\n    "));
    let sources = Sources::new(Memory::new([
        ("broker.py", broker.as_str()),
        ("jobs/tasks.py", tasks.as_str()),
        ("jobs/more.wsgi", file.as_str()),
        ("web.py", factory.as_str()),
        ("command", "broker|jobs.tasks|jobs/more.wsgi|web:create_app()|gone.tasks"),
    ]));
    let command = sources.load(&TreePath::new("command")).unwrap();
    let words = Text::verbatim(&command, 0..command.text.len());
    let word = |word: &str| words.slice_of(words.as_str().split('|').find(|found| *found == word).unwrap());
    let entry = || Some(Entry::module(&word("broker"), None));
    let opened = |imports| start_with(&sources, entry(), imports, &FileView::bare(), "/");
    let names = |imports| {
        let opened = opened(imports);
        assert!(opened.unknowns.is_empty(), "{:?}", opened.unknowns);
        opened.pools.into_iter().map(|pool| pool.name).collect::<Vec<_>>()
    };
    assert_eq!(names(Vec::new()), ["broker"]);
    let all = [
        Entry::module(&word("jobs.tasks"), None),
        Entry::Script { path: word("jobs/more.wsgi") },
        Entry::module(&word("web:create_app()"), None),
        Entry::module(&word("broker"), None),
    ];
    assert_eq!(names(all.to_vec()), ["broker", "tasks", "file", "web"]);
    let gone = opened(vec![Entry::module(&word("gone.tasks"), None)]);
    assert_eq!((gone.pools.len(), gone.unknowns.len()), (1, 1));
    let place = gone.unknowns[0].trail.place().unwrap();
    assert_eq!(&*sources.text(place), "gone.tasks");
}
