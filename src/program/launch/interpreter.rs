//! Shells and Python: what they are given to run.

use super::Launcher;
use super::alternatives::{Path, Step, What};
use crate::platform::Unread;
use crate::program::shell::Call;
use crate::program::{Entry, PROGRAMS, Value, python};
use crate::trace::Text;

/// A single argument longer than this is refused by Linux (`MAX_ARG_STRLEN`).
const MAX_ARGUMENT: usize = 131_071;

pub(super) fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh")
}

pub(super) fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    version.is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// What an interpreter runs; `None` where `base` is none.
pub(super) fn interpret(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    base: &str,
    depth: usize,
) -> Option<Vec<Path>> {
    let words = call.words.get(1..).unwrap_or_default();
    if base == "busybox" && words.first().and_then(Value::as_str).is_some_and(is_shell) {
        return Some(shell(launcher, call, &words[1..], depth));
    }
    if is_shell(base) {
        return Some(shell(launcher, call, words, depth));
    }
    is_python(base).then(|| python(launcher, call, words, depth))
}

/// `sh -c string name arguments`, `sh file arguments`.
fn shell(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Vec<Path> {
    let name = call.words[0].beginning();
    let (mut rest, mut string, mut reads) = (words, false, false);
    while let Some(word) = rest.first().and_then(Value::as_str) {
        let Some(flags) = word.strip_prefix(['-', '+']).filter(|flags| !flags.is_empty()) else { break };
        rest = &rest[1..];
        if word == "--" {
            break;
        }
        if flags.starts_with('-') {
            // `--login`, `--posix`; the two that take a file are about interactive shells.
            if matches!(flags, "-rcfile" | "-init-file") {
                rest = rest.get(1..).unwrap_or_default();
            }
            continue;
        }
        string |= flags.contains('c');
        reads |= flags.contains('s');
        if flags.ends_with(['o', 'O']) {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    let Some(first) = rest.first() else {
        return read_script(launcher, call, &[], depth);
    };
    if reads && !string {
        return read_script(launcher, call, rest, depth);
    }
    let Some(text) = first.known() else {
        let why = format!("what the shell runs is not known: {}", first.why());
        return vec![vec![Step::unknown(why, first.trail())]];
    };
    let arguments = &rest[1..];
    if string {
        if text.len() > MAX_ARGUMENT {
            return vec![vec![Step::unknown(
                "the script is longer than a command line can be",
                text.trail(),
            )]];
        }
        let zero = arguments.first().and_then(Value::known).unwrap_or(name);
        return launcher.script(call, zero, text, arguments.get(1..).unwrap_or_default(), depth);
    }
    match Launcher::made(call, &format!("./{text}")) {
        Some(Value::Known(script)) => return launcher.script(call, text, script, arguments, depth),
        Some(unknown) => return vec![vec![Step::unknown(unknown.why(), text.trail())]],
        None => {}
    }
    let Some(found) = launcher.world.locate(&call.working_dir, text.as_str()) else {
        let why = format!("the script {text} is not there");
        return vec![vec![Step::unknown(why, text.trail())]];
    };
    launcher.world.note(&found);
    match launcher.world.sources.load(&found) {
        Ok(file) => {
            let script = Text::verbatim(&file, 0..file.text.len());
            launcher.script(call, text, &script, arguments, depth)
        }
        Err(error) => vec![vec![Step::unknown(error.to_string(), text.trail())]],
    }
}

/// A script that a shell reads from a here document.
fn read_script(launcher: &Launcher<'_, '_>, call: &Call, arguments: &[Value], depth: usize) -> Vec<Path> {
    let name = call.words[0].beginning();
    match &call.input {
        Some(Value::Known(script)) => {
            let call = Call { input: None, ..call.clone() };
            launcher.script(&call, name, script, arguments, depth)
        }
        Some(unknown) => vec![vec![Step::unknown(unknown.why(), unknown.trail())]],
        None => vec![vec![Step::unknown("the shell reads what it runs from its input", name.trail())]],
    }
}

/// Options of Python that take a word.
const VALUED: [&str; 4] = ["-W", "-X", "--check-hash-based-pycs", "-Q"];

/// `python -m module arguments`, `python file arguments`.
fn python(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Vec<Path> {
    let name = call.words[0].beginning();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let Some(text) = word.known() else { break };
        match text.as_str() {
            "-m" => return module(launcher, call, words.get(at + 1..).unwrap_or_default(), name, depth),
            "-c" | "-V" | "--version" | "-h" | "--help" | "-" => break,
            option if VALUED.contains(&option) => at += 2,
            option if option.starts_with("-m") && option.len() > 2 => {
                let mut rest = words[at..].to_vec();
                rest[0] = word.behind(2);
                return module(launcher, call, &rest, name, depth);
            }
            option if option.starts_with('-') => at += 1,
            _ => return python_script(launcher, call, text, &words[at + 1..], depth),
        }
    }
    match words.get(at) {
        Some(word) if word.as_str().is_some_and(|word| word.starts_with("-c")) => {
            let what = Unread::new("Python is given a program as a string".to_owned(), word.trail());
            let what = What::Stranger(what, Box::new(call.clone()));
            vec![vec![Step::of(call, what)]]
        }
        Some(word) if word.known().is_some() => vec![Vec::new()],
        Some(word) => {
            vec![vec![Step::unknown(format!("what Python runs is not known: {}", word.why()), word.trail())]]
        }
        None => vec![vec![Step::unknown("Python reads what it runs from its input", name.trail())]],
    }
}

/// Modules that run another one, with the options of theirs that take a word.
const RUNNERS: [(&str, &[&str]); 4] = [
    ("debugpy", &["--listen", "--connect", "--log-to", "--configure-subProcess"]),
    (
        "coverage",
        &["--rcfile", "--source", "--include", "--omit", "--data-file", "--context", "--concurrency"],
    ),
    ("cProfile", &["-o", "-s"]),
    ("trace", &[]),
];

/// `python -m words`; `name` is the word that said so.
pub(super) fn module(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    words: &[Value],
    name: &Text,
    depth: usize,
) -> Vec<Path> {
    let Some(module) = words.first().and_then(Value::known) else {
        return vec![vec![Step::unknown("which module Python runs is not known", name.trail())]];
    };
    let inner = Call { words: words.to_vec(), ..call.clone() };
    if let Some(paths) = super::wrapper::unwrap(launcher, &inner, module.as_str(), depth) {
        return paths;
    }
    if let Some((_, valued)) = RUNNERS.iter().find(|(runner, _)| *runner == module.as_str()) {
        let mut rest = &words[1..];
        while let Some(word) = rest.first().and_then(Value::as_str) {
            let taken = match word {
                "-m" => break,
                "run" => 1,
                word if valued.contains(&word) => 2,
                word if word.starts_with('-') => 1,
                _ => break,
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        return python(launcher, &inner, rest, depth);
    }
    if let Some(program) = PROGRAMS.iter().find(|program| program.modules.contains(&module.as_str())) {
        return launcher.program(&inner, module, program.read, depth);
    }
    let entry = Entry::Main { module: module.clone() };
    vec![launcher.entry(&inner, module, entry)]
}

/// A Python file: `manage.py` is Django, any other is a process of its own.
pub(super) fn python_script(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    path: &Text,
    arguments: &[Value],
    depth: usize,
) -> Vec<Path> {
    let mut words = vec![Value::Known(path.clone())];
    words.extend(arguments.iter().cloned());
    let inner = Call { words, ..call.clone() };
    let base = path.as_str().rsplit('/').next().unwrap_or_default();
    if let Some(program) = PROGRAMS.iter().find(|program| program.name == base) {
        return launcher.program(&inner, path, program.read, depth);
    }
    vec![launcher.entry(&inner, path, Entry::Script { path: path.clone() })]
}

impl Launcher<'_, '_> {
    /// A Python process that runs `entry`.
    fn entry(&self, call: &Call, name: &Text, entry: Entry) -> Path {
        let command = super::Command {
            world: self.world,
            name,
            words: call.words.get(1..).unwrap_or_default(),
            environment: &call.environment,
            working_dir: &call.working_dir,
        };
        Self::steps(call, name, python::process(&command, entry))
    }
}
