//! The command line of `postgres` (facts, A2; postmaster.c, getopt): the last of `-c`, `--` and `-N` counts.

use super::steps::{Assignment, By, Step};
use crate::program::Value;
use crate::source::Sources;
use crate::trace::{Bound, Count, Problem, ProblemKind, Text};

/// Short options that take a word, beside `-c`, `-D`, `-N` and `--name=value`.
const VALUED: &str = "BCdfhkprStvW";
/// Short options that take none.
const FLAGS: &str = "bEeFijlOPsT";

/// What a command line sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// What it sets, in its order.
    pub(super) steps: Vec<Step>,
    /// `config_file`.
    pub(super) config_file: Option<Value>,
    /// `-D`, or `data_directory`.
    pub(super) data_directory: Option<Value>,
    /// Why the server would not start.
    pub(super) problems: Vec<Problem>,
}

/// What the words of a server set, given with or without `postgres` in front.
pub(super) fn read(sources: &Sources, words: &[Value]) -> Line {
    let is_name = |word: &Value| {
        word.as_str().is_some_and(|word| matches!(word.rsplit('/').next(), Some("postgres" | "postmaster")))
    };
    let words = if words.first().is_some_and(is_name) { &words[1..] } else { words };
    let mut reading = Reading { sources, line: Line::default() };
    reading.all(words);
    reading.line
}

struct Reading<'s> {
    sources: &'s Sources,
    line: Line,
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
            if !VALUED.contains(letter) && !matches!(letter, 'c' | 'D' | 'N') {
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
                'D' => self.line.data_directory = Some(value),
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
        match name {
            "config_file" => self.line.config_file = Some(value.clone()),
            "data_directory" => self.line.data_directory = Some(value.clone()),
            _ => self.line.steps.push(Step::Set(Assignment::new(name, value.clone(), By::Words))),
        }
    }

    /// A word that may set anything.
    fn lose(&mut self, word: &Value) {
        let why = format!("a word of the server's command line is not known: {}", word.why());
        self.line.steps.push(Step::Open(Count::new(Bound::unknown("connections", why), word.trail())));
    }

    fn refuse(&mut self, at: &Text, why: &str) {
        let why = format!("the server does not start: {why}");
        if let Some(span) = at.span() {
            let path = self.sources.file(span.file).path.clone();
            self.line.problems.push(Problem::at(ProblemKind::RefusedArgument, &path, span, why.clone()));
        }
        self.line.steps.push(Step::Refused(Count::new(Bound::unknown("connections", why), at.trail())));
    }
}
