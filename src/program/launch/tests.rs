//! From a container's words to what runs.

use super::{Running, run};
use crate::platform::{Container, Environment, FileView, Unread};
use crate::program::Started;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, ProblemKind, Text};

mod programs;

/// What `words` (cut at `|`) start among `files`, seen in `/app`, which is also where they start.
fn running(words: &str, environment: &[(&str, &str)], files: &[(&str, &str)]) -> (Sources, Running) {
    let mut all = vec![("words", words)];
    all.extend(files);
    let sources = Sources::new(Memory::new(all));
    let file = sources.load(&TreePath::new("words")).unwrap();
    let (mut texts, mut from) = (Vec::new(), 0);
    for word in words.split('|').filter(|_| !words.is_empty()) {
        texts.push(Text::verbatim(&file, from..from + word.len()));
        from += word.len() + 1;
    }
    let mut variables = Environment::new();
    for (name, value) in environment {
        variables.set(name, Text::decoded(*value, file.at(0..0)));
    }
    let mut view = FileView::new();
    view.add("/app", TreePath::root());
    view.add("/usr/local/bin", TreePath::new("bin"));
    let container = Container {
        words: texts,
        environment: variables,
        working_dir: "/app".to_owned(),
        files: view,
        image: None,
        ..Container::default()
    };
    let running = run(&sources, &container);
    (sources, running)
}

/// `gunicorn app.main:app 5 × 1 / ∞`: program, entry, processes, threads, tasks at once.
fn line(started: &Started) -> String {
    let entry = started.entry.as_ref().map_or("-", |entry| entry.target());
    let tasks = match &started.concurrency.value {
        Bound::Unbounded => "∞".to_owned(),
        other => other.to_string(),
    };
    format!("{} {entry} {} × {} / {tasks}", started.program, started.processes.value, started.threads.value)
}

fn lines(words: &str, environment: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<String> {
    let (_, running) = running(words, environment, files);
    assert!(
        running.problems.iter().all(|problem| problem.kind.is_ignored()),
        "{words}: {:?}",
        running.problems
    );
    assert!(running.unknown.is_empty(), "{words}: {:?}", running.unknown);
    running.started.iter().map(line).collect()
}

#[test]
fn wrappers_are_taken_away() {
    for words in [
        "gunicorn|app:x|-w|3",
        "/usr/bin/gunicorn|app:x|-w3",
        "sh|-c|gunicorn app:x -w 3",
        "bash|-lc|exec gunicorn app:x --workers=3",
        "/bin/bash|-euo|pipefail|-c|gunicorn app:x -w 3",
        "sh|-c|gunicorn app:x -w \"$1\"|name|3",
        "tini|-g|--|gunicorn|app:x|-w|3",
        "/usr/bin/dumb-init|--|gunicorn|app:x|-w|3",
        "gosu|app|gunicorn|app:x|-w|3",
        "su-exec|app:app|gunicorn|app:x|-w|3",
        "env|WEB_CONCURRENCY=3|X=1|gunicorn|app:x",
        "sh|-c|env -u Y WEB_CONCURRENCY=3 gunicorn app:x",
        "sh|-c|WEB_CONCURRENCY=3 gunicorn app:x",
        "poetry|run|gunicorn|app:x|-w|3",
        "uv|run|--no-dev|--extra|web|gunicorn|app:x|-w|3",
        "uv|--quiet|run|--|gunicorn|app:x|-w|3",
        "uv|run|-m|gunicorn|app:x|-w|3",
        "pipenv|run|gunicorn|app:x|-w|3",
        "python|-m|gunicorn|app:x|-w|3",
        "python3.11|-u|-X|dev|-mgunicorn|app:x|-w|3",
        "newrelic-admin|run-program|gunicorn|app:x|-w|3",
        "ddtrace-run|gunicorn|app:x|-w|3",
        "opentelemetry-instrument|--traces_exporter|otlp|gunicorn|app:x|-w|3",
        "wait-for-it.sh|db:5432|-t|30|--|gunicorn|app:x|-w|3",
        "dockerize|-wait|tcp://db:5432|-timeout|60s|gunicorn|app:x|-w|3",
        "nice|-n|5|time|gunicorn|app:x|-w|3",
        "timeout|--signal=INT|60|gunicorn|app:x|-w|3",
        "coverage|run|-m|gunicorn|app:x|-w|3",
        "python|-m|watchfiles|gunicorn app:x -w 3|/app/src",
        "watchmedo|auto-restart|--pattern=*.py|--|gunicorn|app:x|-w|3",
        "sudo|-E|-u|app|gunicorn|app:x|-w|3",
        "su|-|app|-c|gunicorn app:x -w 3",
        "su|app|-s|/bin/bash|-c|exec gunicorn app:x -w \"$0\"|3",
        "su|-c|gunicorn app:x -w 3|app",
        "runuser|-l|app|-c|gunicorn app:x -w 3",
        "runuser|-u|app|--|gunicorn|app:x|-w|3",
        "env|-S|W=3 gunicorn app:x|-w|3",
        "/usr/bin/env|-SWEB_CONCURRENCY=3 gunicorn app:x",
        "flock|-n|/tmp/lock|gunicorn|app:x|-w|3",
        "flock|/tmp/lock|-c|gunicorn app:x -w 3",
        "uvx|--from|gunicorn|gunicorn|app:x|-w|3",
        "pipx|run|gunicorn|app:x|-w|3",
        "docker-entrypoint.sh|gunicorn|app:x|-w|3",
        "/usr/local/bin/docker-entrypoint.sh|gunicorn|app:x|-w|3",
        "dockerize|-template|a.tmpl:a|-stdout|/var/log/x|--|gunicorn|app:x|-w|3",
        "memray|run|-o|x.bin|-m|gunicorn|app:x|-w|3",
        "parallel|-j|3|gunicorn|app:x|-w|1|--name|{}|:::|a|b|c|d",
        "concurrently|-n|web|gunicorn app:x -w 3",
        "/cnb/lifecycle/launcher|gunicorn|app:x|-w|3",
    ] {
        assert_eq!(lines(words, &[], &[]), ["gunicorn app 3 × 1 / 1"], "{words}");
    }
    for words in ["chamber|exec|prod|--|gunicorn|app:x|-w|3", "aws-vault|exec|me|--|gunicorn|app:x|-w|3"] {
        // They may set GUNICORN_CMD_ARGS.
        assert_eq!(lines(words, &[], &[]), ["gunicorn app 3 × threads / requests"], "{words}");
    }
    let (_, xargs) = running("xargs|-P|3|-n|1|python|work.py", &[], &[]);
    assert_eq!(
        xargs.started.iter().map(line).collect::<Vec<_>>(),
        ["python work.py ≤ 3 × 1 / ?"],
        "{xargs:?}"
    );
}

#[test]
fn scripts_are_found_and_followed() {
    let run = "#!/bin/sh\nset -e\nexec gunicorn app:x -w ${W:-3} \"$@\"\n";
    let files = [
        ("run.sh", run),
        ("bin/entry", "#!/usr/bin/env bash\npython manage.py migrate\nexec \"$@\"\n"),
        ("plain", "gunicorn app:x -w 3\n"),
        ("deep.sh", "#!/bin/sh\n. ./settings.sh\n./run.sh\n"),
        ("settings.sh", "export W=3\n"),
    ];
    for words in [
        "./run.sh",
        "/app/run.sh",
        "sh|run.sh",
        "bash|/app/run.sh",
        "entry|./run.sh",
        "/usr/local/bin/entry|gunicorn|app:x|-w|3",
        "./plain",
        "./deep.sh",
        "entry|sh|-c|./deep.sh",
    ] {
        assert_eq!(lines(words, &[], &files), ["gunicorn app 3 × 1 / 1"], "{words}");
    }
    let (_, entry) = running("entry|./run.sh", &[], &files);
    assert_eq!(entry.guests[0].command, "manage.py migrate");
    let read: Vec<&str> = entry.read.iter().map(TreePath::as_str).collect();
    assert_eq!(read, ["bin/entry", "run.sh"]);
}

#[test]
fn five_hops_keep_the_place() {
    let files = [
        (
            "bin/entry",
            "#!/bin/sh\nset -a\n. ./.env\nexec sh -c \"gunicorn app.main:app --workers ${WORKERS:-5}\"\n",
        ),
        (".env", "WORKERS=7   # seven\n"),
    ];
    let (sources, running) = running("tini|--|entry", &[], &files);
    let count = &running.started[0].processes;
    let place = count.trail.place().unwrap();
    assert_eq!((count.value.clone(), sources.file(place.file).path.as_str()), (Bound::Exactly(7), ".env"));
    assert_eq!(place.range(), 8..9);
}

#[test]
fn of_alternatives_the_larger_counts_and_both_are_kept() {
    let script =
        [("run.sh", "#!/bin/sh\nif some-check; then W=4; else W=8; fi\nexec gunicorn app:x -w $W\n")];
    let (_, either) = running("./run.sh", &[], &script);
    assert_eq!(either.started.iter().map(line).collect::<Vec<_>>(), ["gunicorn app ≤ 8 × 1 / 1"]);
    assert_eq!(either.alternatives.len(), 1);
    let beside = "sh|-c|celery -A app worker -c 2 & gunicorn app:x -w 3";
    assert_eq!(lines(beside, &[], &[]), ["celery app 2 × 1 / 1", "gunicorn app 3 × 1 / 1"]);
    let twice = "sh|-c|for i in 1 2; do celery -A app worker -c 2 & done; wait";
    assert_eq!(lines(twice, &[], &[]), ["celery app 4 × 1 / 1"]);
    let after = "sh|-c|gunicorn app:x -w 3; gunicorn app:x -w 2";
    assert_eq!(lines(after, &[], &[]), ["gunicorn app ≤ 3 × 1 / 1"]);
    let fallback = "sh|-c|python manage.py migrate && gunicorn app:x -w 3 || echo failed";
    assert_eq!(lines(fallback, &[], &[]), ["gunicorn app 3 × 1 / 1"]);
    let (_, endless) = running("sh|-c|while :; do celery -A app worker -c 2 & sleep 1; done", &[], &[]);
    assert!(endless.started[0].processes.value.is_unknown());
}

#[test]
fn gunicorn_workers_and_what_they_serve() {
    for (words, expected) in [
        ("gunicorn|app:x|-k|uvicorn.workers.UvicornWorker|--workers|5", "gunicorn app 5 × 1 / ∞"),
        ("gunicorn|app:x|--threads|4|-w|2", "gunicorn app 2 × 4 / 4"),
        ("gunicorn|app:x|-k|gthread|--threads=8", "gunicorn app 1 × 8 / 8"),
        ("gunicorn|app:x|-k|gevent|-w|2", "gunicorn app 2 × 1 / 1000"),
        ("gunicorn|app:x|-k|gevent|--worker-connections|50", "gunicorn app 1 × 1 / 50"),
        ("gunicorn|app:x|-k|my.Worker", "gunicorn app 1 × 1 / requests"),
        ("sh|-c|gunicorn app:x -w $(nproc)", "gunicorn app CPUs × 1 / 1"),
        ("sh|-c|gunicorn app:x --workers=$((2 * $(nproc) + 1))", "gunicorn app 1 + 2 × CPUs × 1 / 1"),
        ("sh|-c|gunicorn app:x -w $(cat workers)", "gunicorn app workers × 1 / 1"),
        ("sh|-c|gunicorn -b 0.0.0.0:${PORT} app:x -w ${W:-4}", "gunicorn app 4 × 1 / 1"),
        ("sh|-c|gunicorn -b $(hostname):80 -w 4 app:x", "gunicorn app 4 × 1 / 1"),
    ] {
        assert_eq!(lines(words, &[], &[]), [expected], "{words}");
    }
}

#[test]
fn a_word_that_is_not_known_may_hold_options() {
    let (_, before) = running("sh|-c|gunicorn $(cat options) app:x -w 4", &[], &[]);
    assert_eq!(before.started[0].processes.value, Bound::Exactly(4));
    let (_, behind) = running("sh|-c|gunicorn app:x -w 4 $(cat options)", &[], &[]);
    assert!(behind.started[0].processes.value.is_unknown());
}

#[test]
fn other_programs_by_the_facts() {
    let flask = [("app.py", "")];
    for (words, environment, expected) in [
        ("uvicorn|app:x|--workers|4", [].as_slice(), "uvicorn app 4 × 1 / ∞"),
        ("uvicorn|app:x|--workers=0", &[], "uvicorn app 1 × 1 / ∞"),
        ("uvicorn|app:x", &[("WEB_CONCURRENCY", "3")], "uvicorn app 3 × 1 / ∞"),
        ("uvicorn|app:x", &[("WEB_CONCURRENCY", "3"), ("UVICORN_WORKERS", "2")], "uvicorn app 2 × 1 / ∞"),
        ("uvicorn|app:x|--workers|4|--reload", &[], "uvicorn app 1 × 1 / ∞"),
        ("uvicorn|app:x|--limit-concurrency|20", &[], "uvicorn app 1 × 1 / 20"),
        ("uvicorn|app:x|--env-file|web.env", &[], "uvicorn app 6 × 1 / ∞"),
        ("fastapi|run|app.py|--workers|4", &[], "fastapi app 4 × 1 / ∞"),
        ("fastapi|run", &[("WEB_CONCURRENCY", "2")], "fastapi app 2 × 1 / ∞"),
        ("fastapi|dev|app.py", &[("WEB_CONCURRENCY", "2")], "fastapi app 1 × 1 / ∞"),
        ("hypercorn|app:x|-w|3", &[("WEB_CONCURRENCY", "9")], "hypercorn app 3 × 1 / ∞"),
        ("hypercorn|app:x", &[("WEB_CONCURRENCY", "9")], "hypercorn app 1 × 1 / ∞"),
        ("granian|--interface|asgi|app:x|--workers|4", &[], "granian app 4 × 1 / ∞"),
        ("granian|--interface|wsgi|app:x|--workers|4", &[], "granian app 4 × 128 / 128"),
        ("granian|app:x", &[("GRANIAN_WORKERS", "2"), ("WEB_CONCURRENCY", "9")], "granian app 2 × 1 / ∞"),
        ("celery|-A|app|worker|-c|4", &[], "celery app 4 × 1 / 1"),
        ("celery|--app=app|worker|--concurrency=4|-l|info", &[], "celery app 4 × 1 / 1"),
        ("celery|-A|app|worker", &[], "celery app CPUs × 1 / 1"),
        ("celery|-A|app|worker|--autoscale=10,3", &[], "celery app 10 × 1 / 1"),
        ("celery|-A|app|worker|-P|threads|-c|8", &[], "celery app 1 × 8 / 8"),
        ("celery|-A|app|worker|-Pgevent|-c100", &[], "celery app 1 × 1 / 100"),
        ("celery|-A|app|worker|-P|solo|-c|8", &[], "celery app 1 × 1 / 1"),
        ("celery|-A|app|beat", &[], "celery beat app 1 × 1 / 1"),
        ("dramatiq|app|-p|2|-t|4", &[], "dramatiq app 2 × 4 / 4"),
        ("dramatiq|app", &[], "dramatiq app CPUs × 8 / 8"),
        ("rq|worker|high", &[], "rq - 1 × 1 / 1"),
        ("rq|worker-pool|-n|3", &[], "rq - 3 × 1 / 1"),
        ("flask|run|--host|0.0.0.0", &[], "flask app 1 × 1 / ∞"),
        ("flask|--app|app|run", &[], "flask app 1 × 1 / ∞"),
        ("python|manage.py|runserver|0.0.0.0:8000", &[], "runserver manage.py 1 × 1 / ∞"),
        ("python|worker.py", &[], "python worker.py 1 × 1 / ?"),
        ("python|-m|app.worker", &[], "python app.worker 1 × 1 / ?"),
    ] {
        let files = [("web.env", "WEB_CONCURRENCY=6\n"), flask[0]];
        assert_eq!(lines(words, environment, &files), [expected], "{words}");
    }
}

#[test]
fn guests_pass() {
    for words in [
        "alembic|upgrade|head",
        "python|manage.py|migrate",
        "python|-m|alembic|upgrade|head",
        "celery|-A|app|status",
        "flask|db|upgrade",
        "gunicorn|--version",
        "redis-server|--save|900",
        "echo|disabled",
        "tail|-f|/dev/null",
    ] {
        let (_, running) = running(words, &[], &[]);
        assert!(running.only_guests(), "{words}: {running:?}");
    }
}

#[test]
fn what_is_refused_is_a_problem_and_the_count_is_unknown() {
    for (words, environment, kind, message) in [
        (
            "gunicorn|app:x|--workers|five",
            [].as_slice(),
            ProblemKind::NotANumber,
            "--workers is not a whole number: `five`",
        ),
        ("gunicorn|app:x|-w|-1", &[], ProblemKind::NotANumber, "-w is negative: -1"),
        (
            "gunicorn|app:x|-w|9223372036854775808",
            &[],
            ProblemKind::NotANumber,
            "-w is too large: 9223372036854775808",
        ),
        (
            "gunicorn|app:x",
            &[("WEB_CONCURRENCY", "")],
            ProblemKind::EmptyWebConcurrency,
            "WEB_CONCURRENCY is set but empty",
        ),
        (
            "gunicorn|app:x|--worker_class|gevent",
            &[],
            ProblemKind::RefusedArgument,
            "gunicorn does not start: unrecognized arguments: --worker_class gevent",
        ),
        (
            "sh|-c|gunicorn app:x --workers $W",
            &[],
            ProblemKind::RefusedArgument,
            "gunicorn does not start: argument -w/--workers: expected one argument",
        ),
        (
            "uvicorn|app:x|-w|4",
            &[],
            ProblemKind::RefusedArgument,
            "uvicorn does not start: No such option '-w'.",
        ),
        ("uvicorn|app:x|--workers|x", &[], ProblemKind::NotANumber, "--workers is not a whole number: `x`"),
        (
            "celery|-A|app|worker|-c|x",
            &[],
            ProblemKind::NotANumber,
            "--concurrency is not a whole number: `x`",
        ),
    ] {
        let (_, running) = running(words, environment, &[]);
        let told: Vec<(ProblemKind, &str)> =
            running.problems.iter().map(|p| (p.kind, p.message.as_str())).collect();
        assert_eq!(told, [(kind, message)], "{words}");
        assert!(running.started[0].processes.value.is_unknown(), "{words}");
    }
}

#[test]
fn what_cannot_be_known_is_said_at_its_place() {
    let files = [
        ("loop.sh", "#!/bin/sh\nexec ./loop.sh\n"),
        ("broken.sh", "#!/bin/sh\nif then (\n"),
        ("binary", "\u{7f}ELF\0\u{1}"),
    ];
    for (words, why) in [
        ("", "nothing says what it runs"),
        ("something-else|-w|4", "something-else is no program that is known"),
        ("sh|-c|$(cat command) -w 4", "the command itself is not known: command is not there"),
        ("./start.sh|-w|4", "./start.sh is not among these files"),
        ("-c|x", "these are options for the image's own entrypoint, which is not known"),
        ("sh|-c|one-thing && another", "another is no program that is known"),
        ("./loop.sh", "commands call one another deeper than is followed"),
        ("./broken.sh", "this part of the script cannot be parsed"),
        ("./binary", "this part of the script cannot be parsed"),
        ("sh|missing.sh", "the script missing.sh is not there"),
        ("node|server.js", "node is no program that is known"),
    ] {
        let (_, running) = running(words, &[], &files);
        assert!(running.started.is_empty(), "{words}");
        let strangers = running.strangers.iter().map(|stranger| &stranger.why);
        let unread: Vec<&Unread> = running.unknown.iter().chain(strangers).collect();
        let said: Vec<&str> = unread.iter().map(|unread| unread.value.as_str()).collect();
        assert_eq!(said, [why], "{words}");
        assert!(words.is_empty() || unread[0].trail.place().is_some(), "{words}");
    }
}

#[test]
fn paths_and_variables_go_with_the_process() {
    let (_, running) = running(
        "gunicorn|--chdir|src|--pythonpath|/lib,../more|-e|POOL=3|--preload|--reload|app:x",
        &[("PYTHONPATH", "/extra:other")],
        &[],
    );
    let started = &running.started[0];
    assert_eq!(started.working_dir, "/app/src");
    assert_eq!(started.python_path, ["/app/more", "/lib", "/app/src", "/extra", "/app/other"]);
    assert_eq!(started.environment.get("POOL").unwrap().as_str(), "3");
    assert!(started.preload.is_some() && started.development.is_some());
}

#[test]
fn a_watcher_makes_what_it_runs_a_development_server() {
    for (words, word) in [
        ("watchmedo|auto-restart|-d|.|--|celery|-A|app|worker|-c|2", Some("watchmedo")),
        ("python|-m|watchfiles|--filter|python|uvicorn app:x --workers 2|/app", Some("watchfiles")),
        ("watchfiles|sh -c 'exec gunicorn app:x'", Some("watchfiles")),
        ("uvicorn|app:x|--reload", Some("--reload")),
        ("uvicorn|app:x", None),
    ] {
        let (sources, running) = running(words, &[], &[]);
        let [started] = running.started.as_slice() else { panic!("{words}: {:?}", running.unknown) };
        let place = started.development.as_ref().and_then(crate::trace::Trail::place);
        assert_eq!(place.map(|span| sources.text(span)).as_deref(), word, "{words}");
    }
}
