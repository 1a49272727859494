//! Programs that run a Procfile: honcho (2.0), foreman (0.88), Heroku's `heroku local`, overmind (2.5), goreman, hivemind.
//! Each hands every line to a shell and keeps all of them running side by side.

use super::alternatives::{Path, Step};
use super::beside::Child;
use super::{Launcher, with_variable};
use crate::program::Value;
use crate::program::shell::{Call, Mode};
use crate::source::TreePath;
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::procfile::{self, ProcessType};
use crate::trace::{Bound, Count, Text, count_from};

/// A program that runs a Procfile.
struct Manager {
    name: &'static str,
    /// The word that makes it do so; hivemind has none.
    start: &'static [&'static str],
    /// Options that take a word.
    valued: &'static [&'static str],
    /// Of those, the ones that say how many of each run.
    formation: &'static [&'static str],
}

const MANAGERS: [Manager; 6] = [
    Manager {
        name: "honcho",
        start: &["start"],
        valued: &[
            "-e",
            "--env",
            "-d",
            "--app-root",
            "-f",
            "--procfile",
            "-c",
            "--concurrency",
            "-q",
            "--quiet",
            "-p",
            "--port",
        ],
        formation: &["-c", "--concurrency"],
    },
    Manager {
        name: "foreman",
        start: &["start"],
        valued: &[
            "-e",
            "--env",
            "-d",
            "--root",
            "-f",
            "--procfile",
            "-m",
            "--formation",
            "-c",
            "--concurrency",
            "-p",
            "--port",
            "-t",
            "--timeout",
        ],
        formation: &["-m", "--formation", "-c", "--concurrency"],
    },
    Manager {
        name: "heroku",
        start: &["local", "local:start"],
        valued: &["-e", "--env", "-f", "--procfile", "-p", "--port"],
        formation: &[],
    },
    Manager {
        name: "overmind",
        start: &["start", "s"],
        valued: &[
            "-f",
            "--procfile",
            "-d",
            "--root",
            "-l",
            "--processes",
            "-m",
            "--formation",
            "-x",
            "--ignored-processes",
            "-p",
            "--port",
            "-t",
            "--timeout",
            "-w",
            "--title",
            "-s",
            "--socket",
            "-c",
            "--can-die",
            "-r",
            "--auto-restart",
        ],
        formation: &["-m", "--formation"],
    },
    Manager {
        name: "goreman",
        start: &["start"],
        valued: &["-f", "-basedir", "-baseport", "-set-ports"],
        formation: &[],
    },
    Manager {
        name: "hivemind",
        start: &[],
        valued: &["-d", "--root", "-l", "--processes", "-p", "--port", "-t", "--timeout", "-W", "--title"],
        formation: &[],
    },
];

/// What the words of a call say.
#[derive(Default)]
struct Given {
    started: bool,
    procfile: Option<Value>,
    env: Vec<Value>,
    root: Option<Value>,
    formation: Option<Value>,
    /// The names of those that run; all where it is empty.
    only: Vec<Value>,
}

/// What a program that runs a Procfile runs; `None` where `call` is another one.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    let manager = MANAGERS.iter().find(|manager| manager.name == base)?;
    let words = call.words.get(1..).unwrap_or_default();
    if words.first().and_then(Value::as_str) == Some("run") {
        let inner = Call { words: words[1..].to_vec(), ..call.clone() };
        return Some(launcher.resolve(&inner, depth + 1));
    }
    let given = given(manager, words);
    given.started.then(|| match children(launcher, call, &given) {
        Ok(children) => launcher.beside(children, depth),
        Err(step) => vec![vec![*step]],
    })
}

fn given(manager: &Manager, words: &[Value]) -> Given {
    let mut given = Given { started: manager.start.is_empty(), ..Given::default() };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let text = word.beginning().as_str();
        if !text.starts_with('-') {
            if !given.started {
                given.started = manager.start.contains(&text);
                if !given.started {
                    return given;
                }
            } else if manager.name == "hivemind" {
                given.procfile = Some(word.clone());
            } else {
                given.only.push(word.clone());
            }
            continue;
        }
        let (name, value) = match text.split_once('=') {
            Some((name, _)) if text.starts_with("--") => (name, Some(word.behind(name.len() + 1))),
            _ if manager.valued.contains(&text) => (text, rest.next().cloned()),
            _ => (text, None),
        };
        match name {
            _ if manager.formation.contains(&name) => given.formation = value,
            "-f" | "--procfile" => given.procfile = value,
            "-e" | "--env" => given.env.extend(value),
            "-d" | "--root" | "--app-root" => given.root = value,
            "-l" | "--processes" => given.only.extend(value),
            _ => {}
        }
    }
    given
}

fn children(launcher: &Launcher<'_, '_>, call: &Call, given: &Given) -> Result<Vec<Child>, Box<Step>> {
    let world = launcher.world;
    let at = call.words[0].beginning();
    let unknown = |why: String, at: &Text| Box::new(Step::unknown(why, at.trail()));
    let known = |value: &Option<Value>| match value {
        Some(Value::Known(text)) => Ok(Some(text.clone())),
        Some(partly) => Err(Box::new(Step::unknown(partly.why(), partly.trail()))),
        None => Ok(None),
    };
    let mut folder = call.working_dir.clone();
    if let Some(root) = known(&given.root)? {
        folder = TreePath::new(&folder).join(root.as_str()).to_string();
    }
    let path = known(&given.procfile)?.unwrap_or_else(|| Text::traced("Procfile", at.trail()));
    let Some(found) = world.locate(&folder, path.as_str()) else {
        return Err(unknown(format!("the Procfile {path} that {at} runs is not among these files"), &path));
    };
    world.note(&found);
    let file = world.sources.load(&found).map_err(|error| unknown(error.to_string(), &path))?;
    let mut base = Call { working_dir: folder, mode: Mode::Foreground, ..call.as_caller() };
    read_env(launcher, &mut base, given);
    let formation = known(&given.formation)?;
    let only: Vec<String> = given
        .only
        .iter()
        .filter_map(Value::as_str)
        .flat_map(|names| names.split(','))
        .map(str::to_owned)
        .collect();
    let runs =
        |process: &ProcessType| only.is_empty() || only.iter().any(|name| name == process.name.as_str());
    let mut children = Vec::new();
    for process in procfile::parse(&file).iter().filter(|process| runs(process)) {
        let copies = match formation.as_ref().and_then(|formation| amount(formation, process.name.as_str())) {
            Some(amount) => match count_from(&amount) {
                Ok(0) => continue,
                Ok(count) => Some(Count::new(Bound::Exactly(count), amount.trail())),
                Err(flaw) => {
                    let why = format!("how many of {} run {}", process.name, flaw.words());
                    Some(Count::new(Bound::unknown("processes", why), amount.trail()))
                }
            },
            None => None,
        };
        let implied = |word: &str| Value::Known(Text::traced(word, process.command.trail()));
        let mut call = base.clone();
        call.words = vec![implied("sh"), implied("-c"), Value::Known(process.command.clone())];
        children.push(Child { copies, ..Child::one(process.name.as_str(), call) });
    }
    Ok(children)
}

/// How many of `name` a formation like `web=2,worker=3` or `all=1` asks for.
fn amount(formation: &Text, name: &str) -> Option<Text> {
    let pair = |wanted: &str| {
        let found = formation.as_str().split(',').filter_map(|pair| pair.split_once('='));
        let found = found.filter(|(name, _)| name.trim() == wanted).map(|(_, amount)| amount).next_back();
        found.map(|amount| formation.slice_of(amount.trim()))
    };
    pair(name).or_else(|| pair("all"))
}

/// The variables of its `.env`, which go over those it was started with.
fn read_env(launcher: &Launcher<'_, '_>, call: &mut Call, given: &Given) {
    let implied = [Value::Known(Text::traced(".env", call.words[0].trail()))];
    let files: &[Value] = if given.env.is_empty() { &implied } else { &given.env };
    for path in files.iter().filter_map(Value::known).flat_map(|paths| paths.as_str().split(',')) {
        let Some(found) = launcher.world.locate(&call.working_dir, path) else { continue };
        launcher.world.note(&found);
        let Ok(file) = launcher.world.sources.load(&found) else { continue };
        dotenv::note_reader(launcher.world.sources, &found, Dialect::PythonOverride);
        for entry in dotenv::read(&file, Dialect::PythonOverride, &|_| None).entries {
            if let Some(value) = entry.value.known() {
                with_variable(&mut call.environment, entry.name.as_str(), &Value::Known(value.clone()));
            }
        }
    }
}
