//! Every entry's own examples.

use indexmap::IndexMap;

use super::entry::ExpectedWord;
use super::{Answer, Catalogue, Circumstances, Entry, Example, Expected, Ran};
use crate::platform::{Environment, FileView};
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, Text, Trail};

fn text(value: &str) -> Text {
    Text::traced(value, Trail::default_of("an example", None))
}

fn environment(variables: &IndexMap<String, String>) -> Environment {
    let mut environment = Environment::new();
    for (name, value) in variables {
        environment.set(name, text(value));
    }
    environment
}

/// What the groups of `entry` can open together; `None` where it does not dial PostgreSQL.
fn ceiling(catalogue: &Catalogue, entry: &Entry, example: &Example) -> Option<Bound> {
    let sources =
        Sources::new(Memory::new(example.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))));
    let folders = [TreePath::root()];
    if !example.files.is_empty() {
        let first = example.command.first().map(String::as_str).unwrap_or_default();
        let found = catalogue.by_manifest(&sources, &folders, first).map(|entry| entry.name.as_str());
        assert_eq!(found, Some(entry.name.as_str()), "which library the example is built on");
    }
    let words = example.command.iter().map(|word| text(word)).collect();
    let ran = if example.command.is_empty() { Ran::ImageCommand } else { Ran::Words { words, unsure: None } };
    let (environment, files) = (environment(&example.environment), FileView::new());
    let circumstances = Circumstances {
        sources: &sources,
        files: &files,
        folders: &folders,
        environment: &environment,
        ran,
        place: None,
        database: None,
    };
    match entry.opened(&circumstances) {
        Answer::Elsewhere | Answer::Passes => None,
        Answer::Unrecognised(why) => Some(Bound::unknown("connections", why)),
        Answer::Opened(groups, _) => {
            let each = |group: &super::OpenedGroup| {
                let pools: Bound = group.pools.iter().map(|pool| pool.ceiling.clone()).sum();
                pools * group.engines.value.clone() * group.processes.value.clone()
            };
            Some(groups.iter().map(each).sum())
        }
    }
}

#[test]
fn every_example_comes_to_what_it_says() {
    let catalogue = Catalogue::built_in().unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)));
    let mut wrong = Vec::new();
    for entry in catalogue.entries() {
        for (index, example) in entry.examples.iter().enumerate() {
            let found = ceiling(&catalogue, entry, example);
            let is_so = match (&example.ceiling, &found) {
                (Expected::Number(number), Some(bound)) => bound.number() == Some(*number),
                (Expected::Word(ExpectedWord::Unknown), Some(bound)) => bound.is_unknown(),
                (Expected::Word(ExpectedWord::Unbounded), Some(bound)) => *bound == Bound::Unbounded,
                (Expected::Word(ExpectedWord::Nothing), None) => true,
                _ => false,
            };
            let floor = found.as_ref().map(Bound::floor);
            if !is_so || example.floor.is_some() && example.floor != floor {
                wrong.push(format!("{} {index}: {found:?} is not {:?}", entry.name, example.ceiling));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An entry that opens something shows it.
#[test]
fn every_entry_has_an_example_that_dials() {
    let catalogue = Catalogue::built_in().unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)));
    for entry in catalogue.entries() {
        let opens = entry.groups.iter().any(|group| !group.pools.is_empty());
        let nothing = Expected::Word(ExpectedWord::Nothing);
        let shown = entry.examples.iter().any(|example| example.ceiling != nothing);
        assert!(shown || !opens, "{} has no example in which it dials PostgreSQL", entry.name);
    }
}
