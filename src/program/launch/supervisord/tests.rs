//! What the real supervisord made of configuration files (`fixtures/supervisord/record`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::platform::{Container, FileView};
use crate::program::shell::World;
use crate::source::{Memory, Sources};

#[derive(Deserialize)]
struct Case {
    name: String,
    files: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    processes: Option<Vec<Process>>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Process {
    words: Option<Vec<String>>,
    directory: Option<String>,
    environment: BTreeMap<String, String>,
    autostart: bool,
}

/// Words, folder and variables of each process, sorted; what was refused or is not known.
fn ours(case: &Case) -> (Vec<String>, Vec<String>) {
    let files = case.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let sources = Sources::new(Memory::new(files.chain([("call", "supervisord")])));
    let file = sources.load(&TreePath::new("call")).unwrap();
    let mut environment = Environment::new();
    for (name, value) in &case.env {
        environment.set(name, Text::decoded(value.clone(), file.at(0..0)));
    }
    let mut view = FileView::new();
    view.add("/app", TreePath::root());
    let container = Container {
        words: vec![Text::verbatim(&file, 0..11)],
        environment,
        working_dir: "/app".to_owned(),
        files: view,
        image: None,
        ..Container::default()
    };
    let world = World::new(&sources, &container.files);
    let launcher = Launcher { world: &world, wanted: &[], copied: 0 };
    let call = Call::of(&container);
    let config = Config::of(&world, &call).unwrap();
    let mut reader = Reader::new(&launcher, &call, &config);
    let programs = reader.programs();
    let mut lines = Vec::new();
    for program in &programs {
        let copies = program.copies.as_ref().map_or(Some(1), |copies| copies.value.number()).unwrap_or(0);
        let times = if program.calls.len() == 1 { copies } else { 1 };
        for call in &program.calls {
            let words: Vec<&str> = call.words.iter().map(|word| word.as_str().unwrap_or("?")).collect();
            let variables: BTreeMap<&str, &str> = call
                .environment
                .iter()
                .filter(|(name, _)| !case.env.contains_key(*name) && *name != "SUPERVISOR_ENABLED")
                .map(|(name, value)| (name, value.as_str()))
                .collect();
            for _ in 0..times {
                lines.push(format!("{words:?} {} {variables:?}", call.working_dir));
            }
        }
    }
    lines.sort();
    let said = |step: &Step| match &step.what {
        What::Problem(problem) => Some(problem.message.clone()),
        What::Unknown(unread) => Some(unread.value.clone()),
        _ => None,
    };
    let mut refused: Vec<String> = reader.steps.iter().filter_map(said).collect();
    let unknown = |call: &Call| call.words.iter().find_map(|word| word.missing().map(|_| word.why()));
    refused.extend(programs.iter().flat_map(|program| &program.calls).filter_map(unknown));
    (lines, refused)
}

#[test]
fn agrees_with_supervisord() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/supervisord/answers.json");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() > 40);
    let mut wrong = Vec::new();
    for case in &cases {
        let (lines, refused) = ours(case);
        let Some(processes) = &case.processes else {
            if refused.is_empty() {
                wrong.push(format!("{}: takes what supervisord refuses: {:?}", case.name, case.refused));
            }
            continue;
        };
        // A command that cannot be cut is a process that supervisord cannot start.
        let uncut = processes.iter().any(|process| process.words.is_none());
        if refused.is_empty() == uncut {
            wrong.push(format!("{}: {refused:?}", case.name));
        }
        let theirs = |process: &Process| {
            let folder = process.directory.clone().unwrap_or_else(|| "/app".to_owned());
            Some(format!("{:?} {folder} {:?}", process.words.as_ref()?, process.environment))
        };
        let mut expected: Vec<String> =
            processes.iter().filter(|process| process.autostart).filter_map(theirs).collect();
        expected.sort();
        if lines != expected {
            wrong.push(format!("{}: {lines:?} is not {expected:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
