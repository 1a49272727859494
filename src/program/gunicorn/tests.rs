//! Held against the real gunicorn: `fixtures/gunicorn/settings.json`, recorded by `fixtures/gunicorn/record`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::settings::Settings;
use crate::platform::{Environment, FileView};
use crate::program::Value;
use crate::program::command::Command;
use crate::program::shell::World;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{ProblemKind, Text};

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
}

/// Refusals that do not come from the words, the variables or the configuration: what is missing on the machine, or
/// values of settings that have nothing to do with processes.
const BEYOND: [&str; 10] = [
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

/// Cases in which we differ on purpose: Python's integers have no end and take any script's digits, ours do not.
const ON_PURPOSE: [&str; 5] = [
    "-w 9223372036854775808",
    "-w 99999999999999999999",
    "-w ５",
    "full-width digit",
    "WEB_CONCURRENCY=9223372036854775808",
];

const SETTINGS: [(&str, &str); 5] = [
    ("workers", "1"),
    ("threads", "1"),
    ("worker_class", "sync"),
    ("worker_connections", "1000"),
    ("timeout", "30"),
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
    let world = World::new(&sources, &files);
    let name = text("gunicorn");
    let command =
        Command { world: &world, name: &name, words: &words, environment: &environment, working_dir: "/" };
    answer(Settings::read(&command))
}

/// Whether a configuration file decides the case: those are held against the evaluator of Python.
fn needs_file(case: &Case) -> bool {
    let named = case.words.iter().any(|word| word.starts_with("-c") || word.starts_with("--conf"))
        || case.environment.get("GUNICORN_CMD_ARGS").is_some_and(|words| words.contains("-c"));
    case.files.contains_key("gunicorn.conf.py") || named && !case.files.is_empty()
}

#[test]
fn command_lines_and_variables_agree_with_gunicorn() {
    let (mut agreed, mut wrong) = (0, Vec::new());
    let (mut by_file, mut beyond, mut on_purpose) = (0, 0, 0);
    for case in cases() {
        if needs_file(&case) {
            by_file += 1;
            continue;
        }
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
    assert_eq!((agreed, by_file, beyond, on_purpose), (255, 56, 20, 5));
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
                let printed = printed.map(|value| {
                    value.replace("1_0", "10").replace('+', "").trim_start_matches('0').to_owned()
                });
                let theirs = settings[setting].trim_start_matches('0');
                if printed.as_deref() != Some(theirs) {
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

/// A configuration file that is there leaves open what no command line says, at its first line, and only that.
#[test]
fn a_configuration_file_leaves_open_what_the_command_line_does_not_say() {
    let mut seen = 0;
    for case in cases().into_iter().filter(|case| needs_file(case) && case.refused.is_none()) {
        let settings = case.settings.clone().unwrap();
        let workers = ask(&case, |mut ours| ours.workers());
        match workers.value.number() {
            Some(number) => assert_eq!(number.to_string(), settings["workers"], "{}", case.name),
            None => assert!(workers.trail.place().is_some(), "{}", case.name),
        }
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
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
