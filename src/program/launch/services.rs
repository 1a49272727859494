//! Supervisors that keep a folder of services running: s6-overlay (3.2), runit (2.1), phusion's `my_init`.

use super::Launcher;
use super::alternatives::{Path, product};
use super::beside::Child;
use crate::program::Value;
use crate::program::shell::{Call, Mode};
use crate::source::TreePath;
use crate::syntax::words::{Comments, split_posix};
use crate::trace::Text;

/// The run scripts of services that s6-overlay starts: version 2's folder, which version 3 reads as well, and version 3's.
const S6: [&str; 2] = ["/etc/services.d/*/run", "/etc/s6-overlay/s6-rc.d/*/run"];
/// Those of runit where it is started as images of phusion, Debian and Void have it.
const RUNIT: [&str; 3] = ["/etc/service/*/run", "/etc/runit/runsvdir/default/*/run", "/var/service/*/run"];

/// What a supervisor of services runs; `None` where `call` is none, or no service of it is at hand.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    let words = call.words.get(1..).unwrap_or_default();
    let folder = || {
        let named = words.iter().filter_map(Value::as_str).find(|word| word.starts_with('/'));
        named.map(|folder| vec![format!("{}/*/run", folder.trim_end_matches('/'))])
    };
    let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>();
    let (patterns, command) = match base {
        // s6-overlay runs its own arguments beside the services.
        "init" => (owned(&S6), words),
        "s6-svscan" => (folder()?, &[][..]),
        "runsvdir" | "runsvdir-start" => (folder().unwrap_or_else(|| owned(&RUNIT)), &[][..]),
        "my_init" => (owned(&RUNIT), behind_dashes(words)),
        _ => return None,
    };
    let call = &call.as_caller();
    let world = launcher.world;
    let mut scripts: Vec<String> = patterns.iter().flat_map(|pattern| world.glob("/", pattern)).collect();
    scripts.dedup();
    if scripts.is_empty() {
        return None;
    }
    let child = |script: &String| {
        let path = Text::traced(script.as_str(), call.words[0].trail());
        let folder = script.trim_end_matches("/run");
        let call = Call {
            words: vec![Value::Known(path)],
            environment: call.environment.clone(),
            working_dir: folder.to_owned(),
            mode: Mode::Foreground,
            repeated: call.repeated,
            endless: call.endless,
            written: call.written.clone(),
            input: None,
            development: call.development.clone(),
            callers: call.callers.clone(),
        };
        Child::one(folder.rsplit('/').next().unwrap_or(folder), call)
    };
    let beside = launcher.beside(scripts.iter().map(child).collect(), depth);
    if command.is_empty() {
        return Some(beside);
    }
    let inner = Call { words: command.to_vec(), ..call.clone() };
    Some(product(&beside, &launcher.resolve(&inner, depth + 1)))
}

fn behind_dashes(words: &[Value]) -> &[Value] {
    let own = words.iter().take_while(|word| word.beginning().as_str().starts_with('-')).count();
    words.get(own..).unwrap_or_default()
}

/// What a script of execlineb (execline 2.9) runs: it is one command line over several lines. One with blocks in it is
/// not followed.
pub(super) fn execline(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    script: &Text,
    depth: usize,
) -> Option<Vec<Path>> {
    let from = script.as_str().find('\n')?;
    let words = split_posix(&script.slice(from..script.len()), Comments::Dropped).ok()?;
    let plain = |word: &Text| !matches!(word.as_str(), "{" | "}") && !word.as_str().contains('$');
    if words.is_empty() || !words.iter().all(plain) {
        return None;
    }
    let mut inner = call.clone();
    let mut rest = words.as_slice();
    // Programs of execline that change something and go on with the words behind their own.
    while let [first, behind @ ..] = rest {
        rest = match (first.as_str(), behind) {
            ("fdmove", [flag, _, _, behind @ ..]) if flag.as_str() == "-c" => behind,
            ("with-contenv" | "emptyenv", behind) | ("fdmove", [_, _, behind @ ..]) => behind,
            ("cd" | "s6-cd", [folder, behind @ ..]) => {
                inner.working_dir = TreePath::new(&inner.working_dir).join(folder.as_str()).to_string();
                behind
            }
            ("export", [name, value, behind @ ..]) => {
                inner.environment.set(name.as_str(), value.clone());
                behind
            }
            _ => break,
        };
    }
    inner.words = rest.iter().cloned().map(Value::Known).collect();
    Some(launcher.resolve(&inner, depth + 1))
}
