//! Processes that a program starts itself.

use super::main;

const ENGINE: &str = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x')\n";

/// How many processes stand beside the first; the reasons why nobody knows.
fn children(code: &str) -> (Option<String>, Vec<String>) {
    let opened = main(&format!("{ENGINE}{code}")).opened;
    assert_eq!(opened.pools.len(), 1, "{code}");
    let why = opened.unknowns.iter().map(|unknown| format!("{:?}", unknown.value)).collect();
    (opened.children.map(|count| count.value.to_string()), why)
}

#[test]
fn a_known_number_of_children_is_counted() {
    let cases = [
        ("from concurrent.futures import ProcessPoolExecutor\nrunner = ProcessPoolExecutor(4)", "4"),
        (
            "import concurrent.futures as futures\nN = 2\nrunner = futures.ProcessPoolExecutor(max_workers=N * 2)",
            "4",
        ),
        ("import multiprocessing\nmultiprocessing.Pool(processes=3)", "3"),
        ("from multiprocessing import get_context\nget_context('spawn').Pool(3)", "3"),
        (
            "from multiprocessing import Process\ndef work():\n    pass\nProcess(target=work).start()\nother = Process(target=work)\nother.start()",
            "2",
        ),
        ("from multiprocessing import Pool, Process\nPool(3)\nProcess(target=print).start()", "4"),
        (
            "from multiprocessing import Process\ndef start():\n    Process(target=print).start()\nstart()\nstart()",
            "2",
        ),
        (
            "from multiprocessing import Process\nfor name in ['a', 'b', 'c']:\n    Process(target=print).start()",
            "3",
        ),
    ];
    for (code, expected) in cases {
        assert_eq!(children(code), (Some(expected.to_owned()), Vec::new()), "{code}");
    }
}

#[test]
fn as_many_as_there_are_cpus() {
    let (count, why) = children("from multiprocessing import Pool\nPool()");
    assert_eq!((count.as_deref(), why.len()), (Some("CPUs"), 0));
}

#[test]
fn a_number_of_children_that_nobody_knows_is_unknown() {
    let cases = [
        "from concurrent.futures import ProcessPoolExecutor\nimport other\nProcessPoolExecutor(other.SIZE)",
        "from multiprocessing import Process\nimport other\nfor name in other.names():\n    Process(target=print).start()",
        "from multiprocessing import Process\nimport other\nwhile other.more():\n    Process(target=print).start()",
        "from multiprocessing import Process\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef view():\n    Process(target=print).start()",
        "import multiprocessing as mp\nclass Worker(mp.Process):\n    def run(self):\n        pass\nWorker().start()",
        "import os\nif os.fork() == 0:\n    print()",
        "import subprocess, sys\nsubprocess.Popen([sys.executable, 'worker.py'])",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'app.main'])",
        "from subprocess import check_call\ncheck_call('python3 worker.py', shell=True)",
        "import asyncio, sys\nasync def go():\n    await asyncio.create_subprocess_exec(sys.executable, 'worker.py')\nasyncio.run(go())",
    ];
    for code in cases {
        let (count, why) = children(code);
        assert_eq!((count, why.len()), (None, 1), "{code}");
    }
}

#[test]
fn other_programs_are_no_children() {
    let cases = [
        "import subprocess\nsubprocess.run(['ffmpeg', '-i', 'x'])",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])",
        "import app_runner\napp_runner.run('python')\napp_runner.Pool(4)",
    ];
    for code in cases {
        assert_eq!(children(code), (None, Vec::new()), "{code}");
    }
}

/// How many processes stand beside the first where `runner` keeps them in a module without a database.
fn kept_apart(runner: &str, main: &str) -> Option<String> {
    let engine = format!("{ENGINE}from app import runner\n{main}");
    let files = [("app/__init__.py", ""), ("app/runner.py", runner), ("app/main.py", engine.as_str())];
    super::program(&files).opened.children.map(|count| count.value.to_string())
}

#[test]
fn processes_that_a_module_keeps_for_its_own_functions_come_to_no_pool() {
    let runner = "from concurrent.futures import ProcessPoolExecutor\n_pool = ProcessPoolExecutor(4)\ndef _work(x):\n    return x\ndef run(x):\n    return _pool.submit(_work, x).result()\n";
    assert_eq!(kept_apart(runner, "runner.run(1)"), None);
    // Somebody who has a database hands them a function of his own.
    let handed = "def mine():\n    return engine\nrunner._pool.submit(mine)";
    assert_eq!(kept_apart(runner, handed).as_deref(), Some("4"));
    let given = "from concurrent.futures import ProcessPoolExecutor\n_pool = ProcessPoolExecutor(4)\ndef run(work):\n    return _pool.submit(work).result()\n";
    assert_eq!(kept_apart(given, "def mine():\n    return engine\nrunner.run(mine)").as_deref(), Some("4"));
    let with_library = format!("import psycopg\n{runner}");
    assert_eq!(kept_apart(&with_library, "runner.run(1)").as_deref(), Some("4"));
}
