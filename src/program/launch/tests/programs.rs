//! What each program starts, through everything that may stand around it.

use super::{line, lines, running};
use crate::platform::{Container, Cpus};
use crate::program::run;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, Count, Text};

#[test]
fn programs_are_found_with_what_they_run() {
    let ini = "[uwsgi]\nchdir = /app/src\nmodule = shop.wsgi:application\npp = ../lib\nprocesses = %(base * 2)\nbase = 3\n\
               threads = 2\nmules = 1\nattach-daemon = celery -A shop worker -c 4\n";
    let arq = "class Wide:\n    max_jobs = 25\nclass Plain:\n    functions = []\n";
    let files = [("uwsgi.ini", ini), ("jobs.py", arq)];
    for (words, expected) in [
        ("daphne|-b|0.0.0.0|shop.asgi:application", vec!["daphne shop.asgi 1 × 1 / ∞"]),
        ("waitress-serve|--threads=8|shop:app", vec!["waitress shop 1 × 8 / 8"]),
        ("mod_wsgi-express|start-server|wsgi.py|--processes|2", vec!["mod_wsgi wsgi.py 2 × 5 / 5"]),
        ("huey_consumer.py|shop.queue.huey|-k|process|-w|4", vec!["huey shop.queue 4 × 1 / 1"]),
        ("taskiq|worker|shop:broker|-w|3", vec!["taskiq shop 3 × 1 / 100"]),
        ("sanic|shop.server.app|--workers=3", vec!["sanic shop.server 3 × 1 / ∞"]),
        ("arq|jobs.Wide", vec!["arq jobs 1 × 1 / 25"]),
        ("arq|jobs.Plain", vec!["arq jobs 1 × 1 / 10"]),
        (
            "uwsgi|--ini|uwsgi.ini",
            vec!["celery shop 4 × 1 / 1", "uwsgi shop.wsgi 6 × 2 / 2", "uwsgi mules shop.wsgi 1 × 1 / 1"],
        ),
        ("celery|multi|start|a|b|c|-A|shop|-c|4", vec!["celery shop 12 × 1 / 1"]),
        ("celery|-A|shop|multi|start|2|-c|4|-c:2|9", vec!["celery shop 4 × 1 / 1", "celery shop 9 × 1 / 1"]),
        (
            "sh|-c|celery multi start 2 -A shop -c 3 && exec gunicorn shop:app -w 2",
            vec!["celery shop 6 × 1 / 1", "gunicorn shop 2 × 1 / 1"],
        ),
        ("python|manage.py|rqworker|default", vec!["manage.py manage.py 1 × 1 / 1"]),
        ("python|manage.py|run_huey|-w|3", vec!["manage.py manage.py 1 × 3 / 3"]),
        ("celery|-A|shop|flower", vec!["celery flower shop 1 × 1 / 1"]),
    ] {
        assert_eq!(lines(words, &[], &files), expected, "{words}");
    }
    let (_, uwsgi) = running("uwsgi|uwsgi.ini", &[], &files);
    let started = uwsgi.started.iter().find(|started| started.program == "uwsgi").unwrap();
    assert_eq!((started.working_dir.as_str(), started.python_path[0].as_str()), ("/app/src", "/app/lib"));
}

#[test]
fn what_uwsgi_reads_and_we_do_not_is_unknown() {
    for (words, why) in [
        ("uwsgi|--yaml|u.yaml", "u.yaml may set anything, and it is not read"),
        ("uwsgi|u.xml", "u.xml may set anything, and it is not read"),
        ("uwsgi|--ini|gone.ini", "gone.ini is not among these files"),
        ("uwsgi|--ini|cpus.ini", "`%k` is the number of CPUs, and nothing says how many there are"),
        ("uwsgi|--processes|@(/etc/count)", "what /etc/count holds is not read"),
    ] {
        let (_, running) = running(words, &[], &[("cpus.ini", "[uwsgi]\nmodule = a\nprocesses = %k\n")]);
        let Bound::Unknown(unknown) = &running.started[0].processes.value else { panic!("{words}") };
        assert_eq!(&*unknown.why, why, "{words}");
    }
}

#[test]
fn further_modules_are_loaded_beside_the_entry() {
    let ini = "[uwsgi]\nmodule = shop.wsgi\nmount = /a=admin.py\nimport = shop.jobs\nshared-import = lib/x.py\nmule = 1\n";
    for (words, expected) in [
        ("dramatiq|shop.broker|shop.tasks|shop.mail|-p|1", "shop.broker shop.tasks shop.mail"),
        ("taskiq|worker|shop:broker|shop.tasks|-w|3", "shop shop.tasks"),
        ("taskiq|scheduler|shop:scheduler|shop.tasks", "shop shop.tasks"),
        ("celery|-A|shop|worker|-c|1|-I|shop.jobs,shop.mail", "shop shop.jobs shop.mail"),
        ("uwsgi|u.ini", "shop.wsgi admin.py lib/x.py shop.jobs"),
        ("uwsgi|--import|shop.jobs", "shop.jobs"),
    ] {
        let (_, running) = running(words, &[], &[("u.ini", ini)]);
        assert!(running.unknown.is_empty() && running.problems.is_empty(), "{words}: {running:?}");
        let started = &running.started[0];
        let loaded: Vec<&str> =
            started.entry.iter().chain(&started.imports).map(crate::program::Entry::target).collect();
        assert_eq!(loaded.join(" "), expected, "{words}");
    }
    let words = "sh|-c|dramatiq shop.broker $(cat modules) -p 1; uwsgi --module shop --import $(cat modules)";
    let (_, unknown) = running(words, &[], &[]);
    assert_eq!(unknown.unknown.len(), 2, "{unknown:?}");
}

#[test]
fn a_daemon_runs_beside_what_follows() {
    let files = [("gunicorn.conf.py", "workers = 3\ndaemon = True\n")];
    let both = ["gunicorn shop 3 × 1 / 1", "gunicorn shop 2 × 1 / 1"];
    for words in [
        "sh|-c|gunicorn shop:app -w 3 -D && gunicorn -c plain.py shop:app -w 2",
        "sh|-c|gunicorn shop:app -w 3 --daemon; exec gunicorn -c plain.py shop:app -w 2",
        "sh|-c|gunicorn shop:app; gunicorn -c plain.py shop:app -w 2",
    ] {
        let files = if words.contains("-w 3") { &[][..] } else { &files[..] };
        let mut all = vec![("plain.py", "")];
        all.extend(files);
        assert_eq!(lines(words, &[], &all), both, "{words}");
    }
}

#[test]
fn a_loop_that_waits_by_a_redirection_ends() {
    let expected = ["uwsgi shop 2 × 1 / 1"];
    for wait in [
        "while !</dev/tcp/db/5432; do sleep 1; done; ",
        "while ! </dev/tcp/db/5432\ndo\n sleep 1\ndone\n",
        "while ! < /dev/tcp/$DB/5432 2>/dev/null; do sleep 1; done\n",
        "while ! >/dev/null </dev/tcp/db/5432 2>&1 # open?\ndo sleep 1; done;",
        "until (! </dev/tcp/db/5432) 2>/dev/null; do sleep 1; done; ",
        "wait_for() { while !</dev/tcp/db/5432; do sleep 1; done; }\nwait_for && exec ",
        "until </dev/tcp/db/5432; do sleep 1; done; ",
        "! <a && echo; ! <b || echo '! <c'; ",
    ] {
        let script = format!("{wait}uwsgi --module shop -p 2\n");
        let files = [("run.sh", script.as_str())];
        assert_eq!(lines("bash|run.sh", &[], &files), expected, "{wait}");
    }
    let either =
        "bash|-c|if ! </dev/tcp/db/1; then gunicorn shop:app -w 3; else celery -A shop worker -c 4; fi";
    assert_eq!(lines(either, &[], &[]).len(), 2);
}

#[test]
fn what_stands_behind_an_error_is_followed() {
    for (script, count) in [
        ("while ((; do sleep 1; done; uwsgi --module shop -p 2\n", 1),
        ("if ; )\nuwsgi --module shop -p 2", 1),
        ("if x; then (\n", 0),
    ] {
        let (_, running) = running("bash|run.sh", &[], &[("run.sh", script)]);
        let said: Vec<&str> = running.unknown.iter().map(|unread| unread.value.as_str()).collect();
        assert_eq!(said, ["this part of the script cannot be parsed"], "{script}: {:?}", running.started);
        assert_eq!(running.started.len(), count, "{script}");
    }
}

#[test]
fn a_script_that_takes_turns_with_a_server_counts() {
    let server = "gunicorn shop 2 × 1 / 1";
    let both = vec!["python job.py 1 × 1 / ?", server];
    for (script, expected) in [
        ("while :; do python job.py; gunicorn shop:app -w 2; done", both.clone()),
        ("while true; do python job.py; gunicorn shop:app -w 2 || break; done", both.clone()),
        ("while true; do sh -c 'python job.py; gunicorn shop:app -w 2'; done", both.clone()),
        ("for round in 1 2; do python job.py; gunicorn shop:app -w 2; done", both),
        ("while true; do python job.py && break; sleep 1; done; gunicorn shop:app -w 2", vec![server]),
        ("until python job.py; do sleep 1; done; gunicorn shop:app -w 2", vec![server]),
        ("python job.py; while true; do gunicorn shop:app -w 2; done", vec![server]),
    ] {
        let files = [("run.sh", script)];
        assert_eq!(lines("bash|run.sh", &[], &files), expected, "{script}");
    }
}

#[test]
fn celery_takes_the_cpus_that_it_may_use() {
    let auto = |words: &'static str, quota: &str, host: Option<u64>| {
        let sources = Sources::new(Memory::new([("words", words), ("quota", quota)]));
        let load = |name| {
            let file = sources.load(&TreePath::new(name)).unwrap();
            Text::verbatim(&file, 0..file.text.len())
        };
        let all = load("words");
        let mut cpus = Cpus { host: None, quota: Some(load("quota")).filter(|quota| !quota.is_empty()) };
        cpus.host = host.map(|host| Count::new(Bound::Exactly(host), all.trail()));
        let words = all.as_str().split(' ').map(|word| all.slice_of(word)).collect();
        let container = Container { words, cpus, ..Container::default() };
        let running = run(&sources, &container);
        assert!(running.problems.is_empty(), "{:?}", running.problems);
        line(&running.started[0])
    };
    let prefork = "celery -A shop worker -c auto";
    assert_eq!(auto(prefork, "1.5", None), "celery shop 2 × 1 / 1");
    assert_eq!(auto(prefork, "0.25", Some(8)), "celery shop 1 × 1 / 1");
    assert_eq!(auto(prefork, "6", Some(4)), "celery shop 4 × 1 / 1");
    assert_eq!(auto(prefork, "", Some(4)), "celery shop 4 × 1 / 1");
    assert_eq!(auto(prefork, "0", None), "celery shop CPUs × 1 / 1");
    assert_eq!(auto("celery -A shop worker -- worker_concurrency=AUTO", "3", None), "celery shop 3 × 1 / 1");
    let threads = "celery -A shop worker -P threads -c auto";
    assert_eq!(auto(threads, "1.5", Some(8)), "celery shop 1 × 8 / 8");
    assert_eq!(auto(threads, "1.5", None), "celery shop 1 × CPUs / CPUs");
}

#[test]
fn a_wrapper_that_is_told_a_module_runs_that() {
    for words in [
        "uv|run|-m|manage|qcluster",
        "uv|run|--no-dev|--module|manage|qcluster",
        "coverage|run|-m|manage|qcluster",
    ] {
        assert_eq!(lines(words, &[], &[]), lines("python|-m|manage|qcluster", &[], &[]), "{words}");
    }
    // What is behind the module's name belongs to the module.
    assert_eq!(
        lines("uv|run|python|-m|manage|qcluster", &[], &[]),
        lines("uv|run|-m|manage|qcluster", &[], &[])
    );
}
