//! Held against the programs themselves: `fixtures/programs/answers`, recorded by `fixtures/programs/answer`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::command::Command;
use super::shell::World;
use super::{Outcome, PROGRAMS, Value};
use crate::platform::{Environment, FileView};
use crate::source::{Memory, Sources, TreePath};
use crate::syntax::words::{Comments, split_posix};
use crate::trace::{Bound, Text};

/// The CPUs of the machine that answered.
const CPUS: &str = "97";

/// One recorded answer.
#[derive(Deserialize)]
struct Case {
    line: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// What the program says when it refuses.
    refused: Option<String>,
    /// It ends by itself.
    #[serde(default)]
    passes: bool,
    processes: Option<u64>,
    threads: Option<u64>,
    /// Tasks that a process works on at once.
    tasks: Option<u64>,
    development: Option<bool>,
}

struct Table {
    program: &'static str,
    answers: &'static str,
    /// Lines in which we differ on purpose, and why.
    exceptions: &'static [(&'static str, &'static str)],
}

macro_rules! table {
    ($program:literal, $exceptions:expr) => {
        Table {
            program: $program,
            answers: include_str!(concat!("../../fixtures/programs/answers/", $program, ".json")),
            exceptions: $exceptions,
        }
    };
}

const TABLES: &[Table] = &[
    table!(
        "celery",
        &[
            ("celery worker -A proj -c 4", "celery 5 refuses `-A` behind the command, celery 4 took it"),
            ("celery worker -A proj", "celery 4 took it"),
            ("celery worker --app=proj -c 4", "celery 4 took it"),
            ("celery beat -A proj", "celery 4 took it"),
            (
                "celery -A proj worker -c auto -P prefork",
                "`auto` is the share of CPUs that the container has"
            ),
            (
                "celery -A proj worker -c 2 -- concurrency=5",
                "the names of celery's settings are not known here"
            ),
            ("celery -A proj unheard", "extensions bring commands of their own"),
            ("celery -A missing worker -c 2", "whether there is such a module is not the line's affair"),
        ]
    ),
    table!(
        "uvicorn",
        &[("uvicorn app:app --env-file missing.env", "a file may be there that is not among these: unknown")]
    ),
    table!("fastapi", &[("fastapi dev app.py --no-reload", "`dev` is said to be for development")]),
    table!(
        "hypercorn",
        &[
            ("hypercorn app:app -c hypercorn.toml", "its configuration file is not read: unknown"),
            ("hypercorn app:app --config hypercorn.toml", "its configuration file is not read: unknown"),
            ("hypercorn app:app --config file:conf.py", "its configuration file is not read: unknown"),
        ]
    ),
    table!("granian", &[]),
    table!("dramatiq", &[]),
    table!("rq", &[]),
    table!("waitress-serve", &[]),
    table!(
        "uwsgi",
        &[
            ("uwsgi --ini missing.ini", "a file may be there that is not among these: unknown"),
            (
                "UWSGI_INI=u.ini UWSGI_PROCESSES=5 uwsgi",
                "in which order variables stand is not known: 5 or less"
            ),
            ("uwsgi --ini conf/%n.ini", "a file may be there that is not among these: unknown"),
        ]
    ),
    table!("huey_consumer", &[]),
    table!("taskiq", &[]),
    table!("sanic", &[]),
    table!("arq", &[]),
    table!("mod_wsgi-express", &[]),
    table!("daphne", &[]),
];

/// Programs whose own words for a refusal we do not repeat: typer words click's, and a traceback is no reason.
fn words_differ(program: &str, theirs: &str) -> bool {
    program == "fastapi" || ["TypeError", "ValueError", "AttributeError"].iter().any(|e| theirs.contains(e))
}

#[test]
fn command_lines_mean_what_the_programs_take_them_for() {
    let mut wrong = Vec::new();
    for table in TABLES {
        let cases: Vec<Case> = serde_json::from_str(table.answers).unwrap();
        assert!(cases.len() >= 15, "{}", table.program);
        for case in &cases {
            let excepted = table.exceptions.iter().any(|(line, _)| *line == case.line);
            match (compare(table.program, case), excepted) {
                (Ok(()), false) | (Err(_), true) => {}
                (Ok(()), true) => wrong.push(format!("{}: is no exception", case.line)),
                (Err(why), false) => wrong.push(format!("{} {:?}: {why}", case.line, case.files)),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What our reader makes of the line.
fn ask(case: &Case) -> Outcome {
    let mut tree = Memory::new(case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    tree.insert("line", case.line.as_bytes());
    for module in ["app.py", "wsgi.py", "proj.py"] {
        tree.insert(module, b"");
    }
    // As `MODULES` of the script has it.
    tree.insert(
        "arqs.py",
        b"class Settings:\n    functions = []\nclass Wide:\n    functions = []\n    max_jobs = 25\n",
    );
    let sources = Sources::new(tree);
    let file = sources.load(&TreePath::new("line")).unwrap();
    let mut words = split_posix(&Text::verbatim(&file, 0..file.text.len()), Comments::Kept).unwrap();
    let mut environment = Environment::new();
    while let Some((name, value)) = words[0].split_once('=') {
        environment.set(name.as_str(), value);
        words.remove(0);
    }
    let name = words.remove(0);
    let words: Vec<Value> = words.into_iter().map(Value::Known).collect();
    let files = FileView::bare();
    let world = World::new(&sources, &files);
    let program = PROGRAMS.iter().find(|program| program.name == name.as_str()).unwrap();
    let command =
        Command { world: &world, name: &name, words: &words, environment: &environment, working_dir: "/" };
    (program.read)(&command)
}

fn compare(program: &str, case: &Case) -> Result<(), String> {
    let ours = ask(case);
    let refusing = ours.problems.iter().filter(|problem| !problem.kind.is_ignored());
    let refused = refusing.map(|problem| problem.message.clone()).collect::<Vec<_>>();
    if case.passes {
        return if ours.passes { Ok(()) } else { Err("it ends by itself".to_owned()) };
    }
    let started = ours.started.first();
    if let Some(theirs) = &case.refused {
        let theirs = theirs.split_once("rror: ").map_or(theirs.as_str(), |(_, message)| message);
        let theirs = theirs.split(" Did you mean").next().unwrap_or_default();
        let theirs = theirs.split(" (Did you mean").next().unwrap_or_default();
        let theirs = theirs.trim();
        if refused.is_empty() {
            return Err(format!("we take it; refused: {theirs}"));
        }
        if let Some(started) = started
            && !started.processes.value.is_unknown()
        {
            return Err(format!("refused, and yet {} processes", started.processes.value));
        }
        let why = match started.map(|started| &started.processes.value) {
            Some(Bound::Unknown(unknown)) => unknown.why.to_string(),
            _ => refused[0].clone(),
        };
        return match why.split_once(" does not start: ") {
            Some((_, said)) if said != theirs && !words_differ(program, theirs) => {
                Err(format!("we say `{said}`, refused with `{theirs}`"))
            }
            _ => Ok(()),
        };
    }
    if !refused.is_empty() {
        return Err(format!("we refuse it: {refused:?}"));
    }
    let Some(started) = started else { return Err(format!("nothing is started: {:?}", ours.unknown)) };
    let counts = [
        ("processes", case.processes, &started.processes),
        ("threads", case.threads, &started.threads),
        ("tasks", case.tasks, &started.concurrency),
    ];
    for (what, theirs, count) in counts {
        let Some(theirs) = theirs else { continue };
        let said = match &count.value {
            Bound::Unknown(unknown) if unknown.term.as_ref().is_some_and(|t| &*t.symbol == "CPUs") => {
                CPUS.to_owned()
            }
            bound => bound.to_string(),
        };
        if said != theirs.to_string() {
            return Err(format!("{said} {what}, not {theirs}"));
        }
    }
    match case.development {
        Some(theirs) if theirs != started.development.is_some() => Err(format!("development: {theirs}")),
        _ => Ok(()),
    }
}
