//! Programs that are given a command as one string, or start one several times: `su -c`, `flock -c`, `env -S`,
//! `concurrently`, `xargs -P`, `parallel`.

use super::Launcher;
use super::alternatives::{Path, Step};
use super::beside::Child;
use crate::program::Value;
use crate::program::shell::{Call, Mode, starts_nothing, xargs_command};
use crate::syntax::words::{Comments, split_posix};
use crate::trace::{Bound, Count, Text, count_from};

/// What such a program runs; `None` where `call` is none or is given no string.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    let words = call.words.get(1..).unwrap_or_default();
    match base {
        "su" | "runuser" => user(launcher, call, words, depth),
        "flock" | "script" => string_behind(launcher, call, words, &["-c", "--command"], depth),
        "env" => split(launcher, call, words, depth),
        "concurrently" | "multirun" => Some(all(launcher, call, words, depth)),
        "xargs" => several(launcher, call, words, depth),
        "parallel" => Some(parallel(launcher, call, words, depth)),
        _ => None,
    }
}

/// `su - app -c 'command' arguments`. That a login shell (`-`, `-l`) forgets variables is left out of account: a count
/// that one of them holds is then larger than the one that counts.
fn user(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Option<Vec<Path>> {
    let valued = ["-s", "--shell", "-g", "--group", "-G", "--supp-group", "-w", "--whitelist-environment"];
    let (mut command, mut rest, mut named) = (None, Vec::new(), false);
    let mut iterator = words.iter();
    while let Some(word) = iterator.next() {
        let text = word.beginning().as_str();
        match text {
            "-c" | "--command" | "--session-command" | "-lc" | "-mc" | "-pc" => {
                command = iterator.next().cloned();
            }
            _ if text.starts_with("--command=") => command = Some(word.behind("--command=".len())),
            // `runuser -u app -- command`: no string.
            "-u" | "--user" => return None,
            _ if valued.contains(&text) => {
                iterator.next();
            }
            _ if text.starts_with('-') && !named => {}
            _ if !named => named = true,
            _ => rest.push(word.clone()),
        }
    }
    let shell = shell_of(call, &command?, &rest);
    Some(launcher.resolve(&shell, depth + 1))
}

fn string_behind(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    words: &[Value],
    options: &[&str],
    depth: usize,
) -> Option<Vec<Path>> {
    let at = words.iter().position(|word| word.as_str().is_some_and(|word| options.contains(&word)))?;
    let shell = shell_of(call, words.get(at + 1)?, &[]);
    Some(launcher.resolve(&shell, depth + 1))
}

/// `env -S 'K=V command'`, which `#!` lines use as well.
fn split(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Option<Vec<Path>> {
    let at = words.iter().position(|word| {
        let text = word.beginning().as_str();
        text.starts_with("-S") || text.starts_with("--split-string")
    })?;
    if !words[..at].iter().all(|word| word.beginning().as_str().starts_with('-')) {
        // It belongs to the command that `env` runs.
        return None;
    }
    let text = words[at].known()?;
    let (string, behind) = match text.as_str() {
        "-S" | "--split-string" => (words.get(at + 1)?.known()?.clone(), at + 2),
        joined => {
            let length = if joined.starts_with("--split-string=") { "--split-string=".len() } else { 2 };
            (text.slice(length..text.len()), at + 1)
        }
    };
    let mut inner = vec![call.words[0].clone()];
    inner.extend(words[..at].iter().cloned());
    inner.extend(split_posix(&string, Comments::Dropped).ok()?.into_iter().map(Value::Known));
    inner.extend(words.get(behind..).unwrap_or_default().iter().cloned());
    Some(launcher.resolve(&Call { words: inner, ..call.clone() }, depth + 1))
}

/// `concurrently "a" "b"`: every word is a line for a shell, and all of them run side by side.
fn all(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Vec<Path> {
    let valued = [
        "-n",
        "--names",
        "-c",
        "--prefix-colors",
        "-p",
        "--prefix",
        "-m",
        "--max-processes",
        "-s",
        "--success",
    ];
    let mut children = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.beginning().as_str();
        if valued.contains(&text) {
            words.next();
        } else if !text.starts_with('-') {
            let name = word.beginning().as_str().split_whitespace().next().unwrap_or_default().to_owned();
            children.push(Child::one(&name, shell_of(call, word, &[])));
        }
    }
    launcher.beside(children, depth)
}

/// `xargs -P 4 command`: the words that it reads are not known.
fn several(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Option<Vec<Path>> {
    let mut command = xargs_command(&call.words).to_vec();
    let first = command.first()?.known()?.clone();
    if starts_nothing(&call.words) {
        return None;
    }
    let mut most = None;
    for (at, word) in words[..words.len() - command.len()].iter().enumerate() {
        let text = word.beginning().as_str();
        if matches!(text, "-P" | "--max-procs") {
            most = words.get(at + 1).cloned();
        } else if let Some(number) = text.strip_prefix("-P").or_else(|| text.strip_prefix("--max-procs=")) {
            most = Some(word.behind(text.len() - number.len()));
        }
    }
    command.push(Value::unknown(&first, "what xargs reads is known only when it runs"));
    let copies = most.map(|most| match most.known().map(count_from) {
        // As many as it has work for.
        Some(Ok(0)) | None => {
            Count::new(Bound::unknown("processes", "xargs starts as many as it likes"), most.trail())
        }
        Some(Ok(number)) => Count::new(Bound::AtMost(number), most.trail()),
        Some(Err(flaw)) => Count::new(Bound::unknown("processes", flaw.words()), most.trail()),
    });
    let call = Call { words: command, ..call.clone() };
    Some(launcher.beside(vec![Child { copies, ..Child::one(first.as_str(), call) }], depth))
}

/// `parallel -j 2 command {} ::: a b c`.
fn parallel(launcher: &Launcher<'_, '_>, call: &Call, words: &[Value], depth: usize) -> Vec<Path> {
    let (mut at, mut jobs) = (0, None);
    while let Some(text) =
        words.get(at).map(|word| word.beginning().as_str()).filter(|text| text.starts_with('-'))
    {
        let valued = matches!(
            text,
            "-j" | "--jobs" | "-P" | "--max-procs" | "--delay" | "--joblog" | "--retries" | "-a"
        );
        if matches!(text, "-j" | "--jobs" | "-P" | "--max-procs") {
            jobs = words.get(at + 1).cloned();
        } else if let Some(number) = text.strip_prefix("-j").or_else(|| text.strip_prefix("--jobs=")) {
            jobs = Some(words[at].behind(text.len() - number.len()));
        }
        at += if valued { 2 } else { 1 };
    }
    let rest = words.get(at..).unwrap_or_default();
    let Some(colons) = rest.iter().position(|word| word.as_str() == Some(":::")) else {
        let why = "what parallel reads is known only when it runs";
        return vec![vec![Step::unknown(why, call.words[0].trail())]];
    };
    let (command, inputs) = (&rest[..colons], &rest[colons + 1..]);
    let number = u64::try_from(inputs.len()).unwrap_or(u64::MAX);
    let limit =
        jobs.as_ref().and_then(Value::known).and_then(|jobs| count_from(jobs).ok()).filter(|jobs| *jobs > 0);
    let trail = match (&jobs, limit) {
        (Some(jobs), Some(limit)) if limit < number => jobs.trail(),
        _ => inputs.last().map_or_else(|| call.words[0].trail(), Value::trail),
    };
    let copies = Some(Count::new(Bound::Exactly(limit.map_or(number, |limit| limit.min(number))), trail));
    let Some(input) = inputs.last() else { return vec![Path::new()] };
    // The words are put together to one line for a shell; without `{}` the input goes behind them.
    let placed = command.iter().any(|word| word.as_str().is_some_and(|word| word.contains("{}")));
    let mut line: Option<Value> = None;
    for word in command.iter().chain((!placed).then_some(input)) {
        let word = if word.as_str() == Some("{}") { input } else { word };
        match &mut line {
            Some(line) => {
                line.push(&Value::Known(Text::traced(" ", word.trail())));
                line.push(word);
            }
            None => line = Some(word.clone()),
        }
    }
    let Some(line) = line else { return vec![Path::new()] };
    let name = line.beginning().as_str().split_whitespace().next().unwrap_or_default().to_owned();
    let child = Child { copies, ..Child::one(&name, shell_of(call, &line, &[])) };
    launcher.beside(vec![child], depth)
}

/// `sh -c string arguments`.
fn shell_of(call: &Call, string: &Value, arguments: &[Value]) -> Call {
    let implied = |word: &str| Value::Known(Text::traced(word, string.trail()));
    let mut words = vec![implied("sh"), implied("-c")];
    words.push(string.clone());
    words.extend(arguments.iter().cloned());
    let mode = if call.mode == Mode::Replaces { Mode::Foreground } else { call.mode };
    Call { words, mode, ..call.clone() }
}
