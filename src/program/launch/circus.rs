//! circusd: the watchers of its configuration, side by side (circus 0.19, `config.py`).

use super::Launcher;
use super::alternatives::{Path, Step};
use super::beside::Child;
use crate::program::Value;
use crate::program::shell::{Call, Mode};
use crate::source::TreePath;
use crate::syntax::ini::{self, Section, Style};
use crate::syntax::words::{Comments, split_posix};
use crate::trace::{Bound, Count, Text, count_from};

/// As circus's `StrictConfigParser` has it.
const STYLE: Style = Style { inline_comments: &[], default_section: "DEFAULT" };

/// What `circusd` runs; `None` where `call` is another program.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    if base != "circusd" {
        return None;
    }
    let unknown = |why: String| Some(vec![vec![Step::unknown(why, call.words[0].trail())]]);
    let named =
        call.words.iter().skip(1).filter_map(Value::known).find(|word| !word.as_str().starts_with('-'));
    let Some(path) = named else {
        return unknown("which configuration circusd reads is not known".to_owned());
    };
    let Some(found) = launcher.world.locate(&call.working_dir, path.as_str()) else {
        return unknown(format!("circus's configuration {path} is not among these files"));
    };
    launcher.world.note(&found);
    let file = match launcher.world.sources.load(&found) {
        Ok(file) => file,
        Err(error) => return unknown(error.to_string()),
    };
    let call = &call.as_caller();
    let ini = ini::read(&file, STYLE);
    if let Some(error) = ini.errors.first() {
        return unknown(format!("circusd does not start: {} ({found})", error.message));
    }
    let mut children = Vec::new();
    let mut steps = Vec::new();
    for section in ini.sections.values() {
        let Some(name) = section.name.as_str().strip_prefix("watcher:") else { continue };
        match watcher(call, section) {
            Ok((call, copies)) => children.push(Child { copies, ..Child::one(name, call) }),
            Err(step) => steps.push(*step),
        }
    }
    let mut paths = launcher.beside(children, depth);
    for path in &mut paths {
        path.extend(steps.iter().cloned());
    }
    Some(paths)
}

fn watcher(call: &Call, section: &Section) -> Result<(Call, Option<Count>), Box<Step>> {
    let get = |key: &str| section.options.get(key).map(|setting| &setting.value);
    let unknown = |why: &str, at: &Text| Box::new(Step::unknown(why, at.trail()));
    let Some(command) = get("cmd") else { return Err(unknown("this watcher has no command", &section.name)) };
    let mut line = command.clone();
    if let Some(arguments) = get("args") {
        line.push(&Text::traced(" ", arguments.trail()));
        line.push(arguments);
    }
    let is_on = |key: &str| {
        get(key).is_some_and(|value| matches!(value.as_str(), "True" | "true" | "1" | "yes" | "on"))
    };
    let implied = |word: &str| Value::Known(Text::traced(word, command.trail()));
    let words: Vec<Value> = if is_on("shell") {
        vec![implied("sh"), implied("-c"), Value::Known(line)]
    } else {
        let words = split_posix(&line, Comments::Kept)
            .map_err(|_| unknown("this command cannot be cut into words", command))?;
        // `$(circus.env.NAME)` and its like are replaced when it runs.
        let replaced =
            |word: &Text| word.as_str().contains("$(circus.") || word.as_str().contains("((circus.");
        let value = |word: Text| {
            if replaced(&word) {
                Value::unknown(&word, "circus replaces this when it runs")
            } else {
                Value::Known(word)
            }
        };
        words.into_iter().map(value).collect()
    };
    if words.is_empty() {
        return Err(unknown("this watcher has no command", command));
    }
    let copies = get("numprocs").map(|text| match count_from(text) {
        Ok(count) => Count::new(Bound::Exactly(count), text.trail()),
        Err(flaw) => {
            Count::new(Bound::unknown("processes", format!("numprocs {}", flaw.words())), text.trail())
        }
    });
    let folder = get("working_dir").map_or_else(
        || call.working_dir.clone(),
        |folder| TreePath::new(&call.working_dir).join(folder.as_str()).to_string(),
    );
    Ok((Call { words, working_dir: folder, mode: Mode::Foreground, ..call.clone() }, copies))
}
