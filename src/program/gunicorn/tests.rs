//! Held against the real gunicorn: `fixtures/gunicorn/settings.json`, recorded by `fixtures/gunicorn/record`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::settings::Settings;
use super::worker::Worker;
use crate::platform::{Environment, FileView};
use crate::program::Value;
use crate::program::command::Command;
use crate::program::shell::World;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, ProblemKind, Text, Traced, Trail};

/// One recorded answer.
#[derive(Deserialize)]
struct Case {
    name: String,
    words: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    settings: Option<BTreeMap<String, String>>,
    refused: Option<String>,
    /// How many CPUs the recording machine had, where that decides.
    cpus: Option<u64>,
}

/// Refusals that do not come from the words, the variables or the configuration: what is missing on the machine, or
/// values of settings that have nothing to do with processes.
const BEYOND: [&str; 12] = [
    "No module named",
    "Is a directory",
    "ModuleNotFoundError",
    "No such group",
    "No such user",
    "does not exists",
    "can't chdir",
    "No module named 'paste'",
    "No application module specified",
    "proxy_protocol must be",
    "invalid literal for int() with base 0: 'x'",
    "doesn't exist",
];

/// Cases in which we differ on purpose.
const ON_PURPOSE: [&str; 8] = [
    // A module that is not among the files may well be installed: both branches count.
    "conf: try import",
    // A variable that is not set in the files may be set where they are deployed.
    "conf: a missing variable",
    // Assertions are not held against what is known.
    "conf: assert fails",
    // Python's integers have no end and take any script's digits, ours do not.
    "-w 9223372036854775808",
    "-w 99999999999999999999",
    "-w ５",
    "full-width digit",
    "WEB_CONCURRENCY=9223372036854775808",
];

const SETTINGS: [(&str, &str); 6] = [
    ("workers", "1"),
    ("threads", "1"),
    ("worker_class", "sync"),
    ("worker_connections", "1000"),
    ("timeout", "30"),
    ("preload_app", "False"),
];

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../fixtures/gunicorn/settings.json")).unwrap()
}

/// Asks our gunicorn what it makes of `case`.
fn ask<T>(case: &Case, answer: impl FnOnce(Settings<'_>) -> T) -> T {
    let mut tree = Memory::new(case.files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    tree.insert("app.py", b"");
    tree.insert("line", b"gunicorn");
    let sources = Sources::new(tree);
    let at = sources.load(&TreePath::new("line")).unwrap().at(0..8);
    let text = |value: &str| Text::decoded(value, at);
    let mut environment = Environment::new();
    for (name, value) in &case.environment {
        environment.set(name, text(value));
    }
    let words: Vec<Value> = case.words.iter().map(|word| Value::Known(text(word))).collect();
    let files = FileView::bare();
    let mut world = World::new(&sources, &files);
    let cpus = |number| Traced::new(Bound::Exactly(number), Trail::default_of("the test's CPUs", None));
    world.cpus.host = case.cpus.map(cpus);
    let name = text("gunicorn");
    let command =
        Command { world: &world, name: &name, words: &words, environment: &environment, working_dir: "/" };
    answer(Settings::read(&command))
}

#[test]
fn command_lines_variables_and_files_agree_with_gunicorn() {
    let (mut agreed, mut wrong) = (0, Vec::new());
    let (mut beyond, mut on_purpose) = (0, 0);
    for case in cases() {
        if case.refused.as_ref().is_some_and(|why| BEYOND.iter().any(|beyond| why.contains(beyond))) {
            beyond += 1;
            continue;
        }
        if ON_PURPOSE.contains(&case.name.as_str()) {
            on_purpose += 1;
            continue;
        }
        match compare(&case) {
            Ok(()) => agreed += 1,
            Err(why) => wrong.push(format!("{}: {why}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} agree, {} do not:\n{}", agreed, wrong.len(), wrong.join("\n"));
    // What is left out is counted, so that nothing is left out unseen.
    assert_eq!((agreed, beyond, on_purpose), (418, 24, 8));
}

fn compare(case: &Case) -> Result<(), String> {
    ask(case, |mut ours| match (&case.settings, &case.refused) {
        (Some(settings), _) => {
            let processes = ours.workers().value.to_string();
            if let Some(refusal) = ours.refusal() {
                return Err(format!("we refuse it: {refusal}"));
            }
            if processes != settings["workers"] {
                return Err(format!("{processes} workers, not {}", settings["workers"]));
            }
            for (setting, default) in SETTINGS {
                let printed = ours.printed(setting, default);
                // A class that was imported is printed by its name alone; None stands for the default.
                let class = settings[setting].strip_prefix('<').and_then(|rest| rest.strip_suffix("()>"));
                let theirs =
                    class.unwrap_or(if settings[setting] == "None" { default } else { &settings[setting] });
                let printed = printed.as_deref().map(|printed| match class {
                    Some(_) => printed.rsplit('.').next().unwrap_or(printed),
                    None => printed.trim(),
                });
                if printed != Some(theirs) {
                    return Err(format!("{setting} is {printed:?}, not {theirs}"));
                }
            }
            Ok(())
        }
        (None, Some(refused)) => {
            let count = ours.workers().value;
            let said = ours.refusal().unwrap_or_default();
            let theirs = refused.strip_prefix("gunicorn: error: ");
            match theirs {
                _ if said.is_empty() => Err(format!("we take it; gunicorn says: {refused}")),
                Some(theirs) if said != theirs => Err(format!("we say: {said}; gunicorn says: {theirs}")),
                _ if !count.is_unknown() => Err(format!("refused, and yet {count} workers")),
                _ => Ok(()),
            }
        }
        (None, None) => Err("no answer was recorded".to_owned()),
    })
}

/// A worker class of the project's own serves as many requests at once as the one that it is made from.
#[test]
fn a_class_of_the_projects_own_is_known_by_its_base() {
    for (base, expected) in [
        ("from uvicorn.workers import UvicornWorker as Base", "unbounded"),
        ("from gunicorn.workers.gthread import ThreadWorker as Base", "6"),
        ("from app.base import Base", "unbounded"),
        ("from somewhere import Base", "requests"),
    ] {
        let words = ["-k", "app.workers.Own", "--threads", "6", "app:app"];
        let files = [
            ("app/__init__.py", String::new()),
            (
                "app/base.py",
                "from uvicorn_worker import UvicornWorker\nclass Base(UvicornWorker): pass\n".to_owned(),
            ),
            ("app/workers.py", format!("{base}\nclass Own(Base):\n    CONFIG_KWARGS = {{}}\n")),
        ];
        let case = Case {
            name: String::new(),
            words: words.map(str::to_owned).into(),
            environment: BTreeMap::new(),
            files: files.map(|(path, text)| (path.to_owned(), text)).into(),
            settings: None,
            refused: None,
            cpus: None,
        };
        let concurrency = ask(&case, |settings| {
            let worker = Worker::of(&settings.worker_class(), &settings.threads(), settings.command);
            worker.concurrency(&settings.threads(), &settings.worker_connections(), settings.command)
        });
        assert_eq!(concurrency.value.to_string(), expected, "{base}");
    }
}

#[test]
fn a_bad_number_is_told_where_it_is_written() {
    let sources = Sources::new(Memory::new([("env", "WORKERS=five\n"), ("line", "gunicorn --workers $W")]));
    let env = sources.load(&TreePath::new("env")).unwrap();
    let line = sources.load(&TreePath::new("line")).unwrap();
    let used = crate::trace::Origin::at(crate::trace::How::Interpolated, line.at(19..21));
    let words = [
        Value::Known(Text::verbatim(&line, 9..18)),
        Value::Known(Text::verbatim(&env, 8..12).then(&used)),
        Value::Known(Text::decoded("app:app", line.at(21..21))),
    ];
    let (files, environment) = (FileView::new(), Environment::new());
    let world = World::new(&sources, &files);
    let name = Text::verbatim(&line, 0..8);
    let command =
        Command { world: &world, name: &name, words: &words, environment: &environment, working_dir: "/" };
    let outcome = super::read(&command);
    let [problem] = outcome.problems.as_slice() else { panic!("{:?}", outcome.problems) };
    assert_eq!((problem.kind, problem.file.as_str()), (ProblemKind::NotANumber, "env"));
    assert_eq!(problem.span.unwrap().range(), 8..12);
    assert_eq!(problem.notes[0].trail.place().unwrap().range(), 19..21);
    assert!(outcome.started[0].processes.value.is_unknown());
    assert_eq!(outcome.started[0].entry.as_ref().unwrap().target(), "app");
}
