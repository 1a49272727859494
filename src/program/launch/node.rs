//! Scripts of a `package.json`: npm (10), yarn (1 and 4), pnpm (9), bun. Each is a line for a shell.

use super::Launcher;
use super::alternatives::{Path, Step, product};
use crate::program::Value;
use crate::program::shell::{Call, Mode};
use crate::source::TreePath;
use crate::syntax::yaml;
use crate::trace::Text;

/// Scripts that have a command of their own: `npm start`.
const SHORT: [&str; 5] = ["start", "test", "stop", "restart", "t"];
/// Options that take a word.
const VALUED: [&str; 8] = ["--prefix", "-C", "--cwd", "--dir", "-w", "--workspace", "--filter", "--loglevel"];
/// Of those, the ones that name the folder.
const FOLDERS: [&str; 4] = ["--prefix", "-C", "--cwd", "--dir"];
/// Commands of the package managers themselves: they install, and end.
const PASSING: [&str; 12] =
    ["install", "i", "ci", "add", "remove", "init", "publish", "audit", "cache", "config", "dedupe", "exec"];

/// What a package manager runs; `None` where `call` is none or runs no script.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    if !matches!(base, "npm" | "yarn" | "pnpm" | "bun") {
        return None;
    }
    let (mut folder, mut words) = (call.working_dir.clone(), Vec::new());
    let mut rest = call.words.iter().skip(1);
    while let Some(word) = rest.next() {
        let text = word.beginning().as_str();
        // Behind the name of the script everything is its own.
        let named = words.iter().any(|word: &Value| word.as_str() != Some("run"));
        if named || !text.starts_with('-') {
            words.push(word.clone());
        } else if let Some((name, value)) = text.split_once('=') {
            if FOLDERS.contains(&name) {
                folder = TreePath::new(&folder).join(value).to_string();
            }
        } else if VALUED.contains(&text) {
            let value = rest.next();
            if let Some(path) = value.and_then(Value::as_str).filter(|_| FOLDERS.contains(&text)) {
                folder = TreePath::new(&folder).join(path).to_string();
            }
        }
    }
    let first = words.first()?.as_str()?;
    let (name, arguments) = match first {
        "run" | "run-script" => (words.get(1)?.clone(), words.get(2..).unwrap_or_default()),
        _ if SHORT.contains(&first) || (base != "npm" && !PASSING.contains(&first)) => {
            (words.first()?.clone(), words.get(1..).unwrap_or_default())
        }
        _ => return None,
    };
    let call = Call { working_dir: folder, ..call.as_caller() };
    let name = match &name {
        Value::Known(name) => name.clone(),
        partly @ Value::Partly { .. } => {
            return Some(vec![vec![Step::unknown(partly.why(), partly.trail())]]);
        }
    };
    Some(scripts(launcher, &call, &name, arguments, depth))
}

/// The script `name` with those before and behind it, one after the other.
fn scripts(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    name: &Text,
    arguments: &[Value],
    depth: usize,
) -> Vec<Path> {
    let unknown = |why: String| vec![vec![Step::unknown(why, name.trail())]];
    let path = Text::traced("package.json", name.trail());
    let Some(found) = launcher.world.locate(&call.working_dir, path.as_str()) else {
        return unknown(format!("the package.json that has the script {name} is not among these files"));
    };
    launcher.world.note(&found);
    let file = match launcher.world.sources.load(&found) {
        Ok(file) => file,
        Err(error) => return unknown(error.to_string()),
    };
    // JSON is YAML, and the YAML reader keeps places.
    let documents = match yaml::parse(&file) {
        Ok(documents) => documents,
        Err(error) => return unknown(format!("{found} cannot be read: {}", error.message)),
    };
    let scripts = documents.first().and_then(|document| document.get("scripts"));
    let script = |name: &str| scripts.and_then(|scripts| scripts.get(name)).and_then(yaml::Node::text);
    if script(name.as_str()).is_none() {
        return unknown(format!("{found} has no script {name}"));
    }
    let mut paths = vec![Path::new()];
    for (prefix, last) in [("pre", false), ("", true), ("post", false)] {
        let Some(line) = script(&format!("{prefix}{name}")) else { continue };
        let implied = |word: &str| Value::Known(Text::traced(word, line.trail()));
        let mut text = Value::Known(line.clone());
        for argument in arguments.iter().filter(|word| last && word.as_str() != Some("--")) {
            text.push(&implied(" "));
            text.push(argument);
        }
        let mode = if call.mode == Mode::Replaces { Mode::Foreground } else { call.mode };
        let inner = Call { words: vec![implied("sh"), implied("-c"), text], mode, ..call.clone() };
        paths = product(&paths, &launcher.resolve(&inner, depth + 1));
    }
    paths
}
