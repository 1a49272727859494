//! The command line of `postgres` (facts, A2; postmaster.c, getopt): the last of `-c`, `--` and `-N` counts.

use super::number::{NumberError, number};
use crate::program::Value;
use crate::source::Sources;
use crate::trace::{Bound, Count, Problem, ProblemKind, Text};

/// Short options that take a word, beside `-c`, `-N` and `--name=value`.
const VALUED: &str = "BCDdfhkprStvW";
/// Short options that take none.
const FLAGS: &str = "bEeFijlOPsT";
/// The largest `max_connections` (`MAX_BACKENDS`).
const MOST: i64 = 262_143;

/// What a command line sets.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `max_connections`, also `-N`.
    pub max_connections: Option<Count>,
    /// `superuser_reserved_connections`.
    pub superuser_reserved_connections: Option<Count>,
    /// `reserved_connections`.
    pub reserved_connections: Option<Count>,
    /// `config_file`.
    pub config_file: Option<Value>,
    /// Why the server would not start.
    pub problems: Vec<Problem>,
}

/// What the words of a server set, given with or without `postgres` in front.
pub fn settings(sources: &Sources, words: &[Value]) -> Settings {
    let is_name = |word: &Value| {
        word.as_str().is_some_and(|word| matches!(word.rsplit('/').next(), Some("postgres" | "postmaster")))
    };
    let words = if words.first().is_some_and(is_name) { &words[1..] } else { words };
    let mut reading = Reading { sources, settings: Settings::default() };
    reading.all(words);
    reading.settings
}

/// The count that `text` is to the server; a text that is none becomes a problem.
pub(super) fn count(
    sources: &Sources,
    text: &Text,
    setting: &str,
    least: i64,
    problems: &mut Vec<Problem>,
) -> Count {
    let value = trimmed(text);
    let why = match number(text.as_str()) {
        Ok(n) if (least..=MOST).contains(&n) => {
            return Count::new(Bound::Exactly(n.unsigned_abs()), value.trail());
        }
        Ok(n) => format!("{setting} {n} is outside the valid range ({least} .. {MOST})"),
        Err(NumberError::OutOfRange) => format!("{setting} is too large: {value}"),
        Err(NumberError::Invalid) if value.is_empty() => format!("{setting} is set but empty"),
        Err(NumberError::Invalid) => format!("{setting} is not a whole number: `{value}`"),
    };
    if let Some(span) = value.span() {
        let path = sources.file(span.file).path.clone();
        let mut problem = Problem::at(ProblemKind::NotANumber, &path, span, why.clone());
        if let Some(used) = value.used_at().filter(|used| *used != span) {
            problem = problem.note(used, "the server takes it here");
        }
        problems.push(problem);
    }
    Count::new(Bound::unknown("connections", why), value.trail())
}

fn trimmed(text: &Text) -> Text {
    if text.as_str().trim().is_empty() { text.clone() } else { text.trim() }
}

struct Reading<'s> {
    sources: &'s Sources,
    settings: Settings,
}

impl Reading<'_> {
    fn all(&mut self, words: &[Value]) {
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let beginning = word.beginning();
            if word.is_anything() {
                self.lose(word);
            } else if beginning.as_str() == "--" {
                rest.by_ref().for_each(|word| self.refuse(word.beginning(), "it takes no such argument"));
            } else if beginning.as_str().starts_with("--") {
                self.assign(&word.behind(2), beginning);
            } else if beginning.as_str().len() > 1 && beginning.as_str().starts_with('-') {
                self.cluster(word, &mut rest);
            } else {
                self.refuse(beginning, "it takes no such argument");
            }
        }
    }

    /// One word of short options: `-c name=value`, `-N206`, `-iN 206`.
    fn cluster<'w>(&mut self, word: &Value, rest: &mut impl Iterator<Item = &'w Value>) {
        let text = word.beginning();
        for (at, letter) in text.as_str().char_indices().skip(1) {
            if FLAGS.contains(letter) {
                continue;
            }
            if !VALUED.contains(letter) && letter != 'c' && letter != 'N' {
                return self.refuse(text, &format!("there is no option -{letter}"));
            }
            let attached = word.behind(at + letter.len_utf8());
            let value = match attached.is_empty() {
                Some(true) => match rest.next() {
                    Some(value) => value.clone(),
                    None => return self.refuse(text, &format!("option -{letter} requires an argument")),
                },
                _ => attached,
            };
            match letter {
                'c' => self.assign(&value, text),
                'N' => self.set("max_connections", &value),
                _ => {}
            }
            return;
        }
    }

    /// `name=value`, where `-` in the name stands for `_` (`ParseLongOption`).
    fn assign(&mut self, assignment: &Value, option: &Text) {
        let text = assignment.beginning();
        let Some((name, _)) = text.as_str().split_once('=') else {
            if assignment.known().is_none() {
                return self.lose(assignment);
            }
            let at = if text.is_empty() { option } else { text };
            return self.refuse(at, &format!("{text} requires a value"));
        };
        let value = assignment.behind(name.len() + 1);
        let plain = name.replace('-', "_").to_ascii_lowercase();
        if plain.trim() != plain {
            return self.refuse(text, &format!("unrecognized configuration parameter \"{name}\""));
        }
        self.set(&plain, &value);
    }

    fn set(&mut self, name: &str, value: &Value) {
        let least = i64::from(name == "max_connections");
        if name == "config_file" {
            self.settings.config_file = Some(value.clone());
            return;
        }
        if !matches!(name, "max_connections" | "superuser_reserved_connections" | "reserved_connections") {
            return;
        }
        let count = match value {
            Value::Known(text) => count(self.sources, text, name, least, &mut self.settings.problems),
            Value::Partly { rest, .. } => rest.clone(),
        };
        let slot = match name {
            "max_connections" => &mut self.settings.max_connections,
            "superuser_reserved_connections" => &mut self.settings.superuser_reserved_connections,
            _ => &mut self.settings.reserved_connections,
        };
        // A value that the server refuses is refused wherever it stands: a later one does not heal it.
        if slot.as_ref().is_none_or(|before| !before.value.is_unknown()) {
            *slot = Some(count);
        }
    }

    /// A word that may set anything.
    fn lose(&mut self, word: &Value) {
        let why = format!("a word of the server's command line is not known: {}", word.why());
        let count = Count::new(Bound::unknown("connections", why), word.trail());
        self.settings.max_connections = Some(count);
    }

    fn refuse(&mut self, at: &Text, why: &str) {
        let Some(span) = at.span() else { return };
        let path = self.sources.file(span.file).path.clone();
        let message = format!("the server does not start: {why}");
        self.settings.problems.push(Problem::at(ProblemKind::RefusedArgument, &path, span, message));
        let count = Count::new(
            Bound::unknown("connections", format!("the server does not start: {why}")),
            at.trail(),
        );
        self.settings.max_connections = Some(count);
    }
}
