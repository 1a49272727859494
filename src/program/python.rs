//! A Python process that is started by itself: `python script.py`, `python -m module`.

use super::command::{Command, Outcome, not_known};
use super::{Entry, Value};
use crate::source::TreePath;

/// Modules that the standard library and the packaging tools bring: they end, and open nothing.
const PASSING: [&str; 16] = [
    "pip",
    "venv",
    "compileall",
    "json.tool",
    "pytest",
    "unittest",
    "mypy",
    "ruff",
    "black",
    "isort",
    "flake8",
    "pre_commit",
    "build",
    "ensurepip",
    "zipfile",
    "poetry",
];

/// One process that runs `entry`, of which nothing says how many tasks it works on at once.
pub(super) fn process(command: &Command<'_>, entry: Entry) -> Outcome {
    let (folder, why) = match &entry {
        Entry::Main { module } | Entry::Module { module, .. } if PASSING.contains(&module.as_str()) => {
            return Outcome::passing();
        }
        Entry::Main { module } | Entry::Module { module, .. } => {
            (command.working_dir.to_owned(), format!("what {module} does at once is not known"))
        }
        Entry::Script { path } => {
            let whole = command.folder(path.as_str());
            (TreePath::new(&whole).parent().to_string(), format!("what {path} does at once is not known"))
        }
    };
    let mut started = command.started("python", "process", Some(entry));
    // Python puts the folder of the script, or for `-m` the one it is started in, in front of its path.
    started.python_path.insert(0, folder);
    started.arguments = command.words.iter().map(|word| word.known().cloned()).collect();
    started.concurrency = not_known(command.name, why);
    Outcome { started: vec![started], ..Outcome::default() }
}

/// The first word that is no option, for programs whose options are not looked at.
pub(super) fn first_word<'c>(command: &'c Command<'_>) -> Option<&'c Value> {
    command.words.iter().find(|word| !word.beginning().as_str().starts_with('-'))
}
