//! The words of `ExecStart=` as the process gets them (systemd 252, `src/core/load-fragment.c`, `config_parse_exec`;
//! `src/basic/env-util.c`, `replace_env_argv`).

use indexmap::IndexMap;

use super::Variable;
use crate::syntax::words::split_systemd;
use crate::trace::{How, Origin, Text};

/// `words` without the signs in front of the path, variables replaced in those behind it.
pub(super) fn of(words: &[Text], environment: &IndexMap<String, Variable>) -> Vec<Text> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let path = first.as_str().trim_start_matches(['@', '-', ':', '+', '!', '|']);
    let signs = &first.as_str()[..first.len() - path.len()];
    let mut command = vec![first.slice_of(path)];
    // `@`: the word behind the path is what the program takes for its own name.
    let rest = if signs.contains('@') { rest.get(1..).unwrap_or_default() } else { rest };
    for word in rest {
        if signs.contains(':') {
            command.push(word.clone());
        } else {
            command.extend(expanded(word, environment));
        }
    }
    command
}

/// `$NAME` as a word of its own becomes the words of the value; `${NAME}` stays one word wherever it stands.
fn expanded(word: &Text, environment: &IndexMap<String, Variable>) -> Vec<Text> {
    let value = |name: &str, place: &Text| {
        let value = environment.get(name)?.value.clone()?;
        Some(match place.span() {
            Some(span) => value.then(&Origin::at(How::Interpolated, span)),
            None => value,
        })
    };
    let string = word.as_str();
    if let Some(name) = string.strip_prefix('$').filter(|name| !name.starts_with(['$', '{']) && is_name(name))
    {
        let Some(value) = value(name, word) else { return Vec::new() };
        return split_systemd(&value).unwrap_or_else(|_| vec![value]);
    }
    let mut whole = word.slice(0..0);
    let mut at = 0;
    while let Some(found) = string[at..].find('$').map(|found| at + found) {
        whole.push(&word.slice(at..found));
        let rest = &string[found..];
        let braced =
            rest.strip_prefix("${").and_then(|inner| inner.split_once('}')).filter(|(name, _)| is_name(name));
        if let Some((name, _)) = braced {
            at = found + name.len() + "${}".len();
            if let Some(value) = value(name, &word.slice(found..at)) {
                whole.push(&value);
            }
        } else {
            whole.push(&word.slice(found..found + 1));
            at = found + if rest.starts_with("$$") { 2 } else { 1 };
        }
    }
    whole.push(&word.slice(at..string.len()));
    vec![whole]
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
