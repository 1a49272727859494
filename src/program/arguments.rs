//! The options of a program, and what a command line gives to them.
//!
//! The options are data, recorded from the programs' own parsers (`fixtures/gunicorn/record`,
//! `fixtures/programs/record`). How words become options is `argparse` in one half of the programs and click in the
//! other: [`argparse`](super::argparse), [`click`](super::click).

use serde::Deserialize;

use super::Value;
use crate::trace::Text;

/// The options of one program.
#[derive(Debug, Default, Deserialize)]
pub struct OptionTable {
    /// The program, as its messages name it.
    #[serde(default)]
    pub program: String,
    /// The version they were recorded from.
    #[serde(default)]
    pub version: String,
    /// The words that belong to no option, in order; `None` where the table does not say.
    #[serde(default)]
    pub arguments: Option<Vec<Argument>>,
    /// Whether it takes any further words.
    #[serde(default)]
    pub extras: bool,
    /// The options in the order of its parser.
    pub options: Vec<Switch>,
}

/// A word that belongs to no option.
#[derive(Debug, Deserialize)]
pub struct Argument {
    /// Its name in messages.
    pub name: String,
    /// How many words it takes where that is not one: `?`, `*`.
    #[serde(default)]
    pub arity: Option<String>,
    /// Whether it has to be there.
    #[serde(default)]
    pub required: bool,
    /// The environment variable that gives it a value.
    #[serde(default)]
    pub environment: Option<String>,
}

/// One option.
#[derive(Debug, Deserialize)]
pub struct Switch {
    /// Its spellings: `-w`, `--workers`.
    pub names: Vec<String>,
    /// The setting it gives a value to.
    pub setting: String,
    /// What it does.
    pub action: Action,
    /// How many words it takes where that is not one: `?`, `*`, a number.
    #[serde(default)]
    pub arity: Option<String>,
    /// What it gives without a word of its own, where it may.
    #[serde(default)]
    pub constant: Option<String>,
    /// The words it may be given.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The smallest number it may be given.
    #[serde(default)]
    pub least: Option<i64>,
    /// How its word is read.
    #[serde(default, rename = "type")]
    pub kind: Kind,
    /// The environment variable that gives it a value.
    #[serde(default)]
    pub environment: Option<String>,
}

/// What an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Takes a value; the last one counts.
    Store,
    /// Takes a value each time.
    Append,
    /// Takes none.
    Flag,
    /// Prints something and ends: `--help`.
    Exit,
}

/// How a value is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// As it stands.
    #[default]
    Text,
    /// By Python's `int()`.
    Int,
    /// By Python's `int(…, 0)`, with gunicorn's leading zero for octal.
    AutoInt,
}

/// What a command line gives.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The options in order.
    pub options: Vec<GivenOption>,
    /// The words that belong to no option.
    pub positionals: Vec<Value>,
    /// What the program would refuse; it then ends with the first of them.
    pub refusals: Vec<Refusal>,
    /// A word that may be any number of options or none, and how many options stand before it.
    pub unsure: Option<(Value, usize)>,
    /// Whether the program only prints its help or version.
    pub exits: bool,
}

/// An option with its value.
#[derive(Clone, Debug)]
pub struct GivenOption {
    /// The setting.
    pub setting: String,
    /// Its value; `None` for a flag, and for an option that may stand without one.
    pub value: Option<Value>,
    /// The option as written.
    pub name: Text,
}

/// Why a program does not take its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In the words of the program, what stands behind "error: ".
    pub message: String,
    /// Where; `None` where nothing is there to point at but the program itself.
    pub at: Option<Text>,
    /// The option, where its value should be a number and is none.
    pub number: Option<Text>,
}

/// What a setting is given.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Nothing.
    Not,
    /// This option.
    Given(GivenOption),
    /// Perhaps something, by this word.
    Unsure(Value),
}

impl OptionTable {
    /// The table in a recorded file.
    pub fn from_json(json: &str) -> Self {
        // The files are compiled in and read by a test: a broken one never leaves the build.
        serde_json::from_str(json).unwrap_or_default()
    }

    /// The option that is spelled `name`.
    pub fn find(&self, name: &str) -> Option<&Switch> {
        self.options.iter().find(|switch| switch.names.iter().any(|own| own == name))
    }
}

impl OptionTable {
    /// How many words its arguments take; `None` where that has no end.
    pub(super) fn room(&self) -> Option<usize> {
        let arguments = self.arguments.as_ref()?;
        (!self.extras && arguments.iter().all(|argument| argument.arity.is_none())).then_some(arguments.len())
    }

    /// The required arguments that `count` words leave without one.
    pub(super) fn missing(&self, count: usize) -> Vec<&Argument> {
        let arguments = self.arguments.as_deref().unwrap_or_default();
        let fixed = arguments.iter().filter(|argument| argument.arity.is_none()).count();
        if count >= fixed {
            return Vec::new();
        }
        arguments.iter().skip(count).filter(|argument| argument.required).collect()
    }
}

impl Switch {
    /// Whether it may be given `word`. Programs differ in whether they tell `INFO` from `info`: none is refused for it.
    pub(super) fn has_choice(&self, word: &str) -> bool {
        self.choices.is_empty() || self.choices.iter().any(|choice| choice.eq_ignore_ascii_case(word))
    }

    /// Whether it takes a value.
    pub fn takes_value(&self) -> bool {
        matches!(self.action, Action::Store | Action::Append)
    }

    /// The option as argparse's messages name it: `-w/--workers`.
    pub fn title(&self) -> String {
        self.names.join("/")
    }
}

impl Given {
    /// What `setting` is given: by the last option of it, unless a word behind it may hold another.
    pub fn lookup(&self, setting: &str) -> Lookup {
        let last = self.options.iter().rposition(|option| option.setting == setting);
        match (&self.unsure, last) {
            (Some((word, before)), last) if last.is_none_or(|last| last < *before) => {
                Lookup::Unsure(word.clone())
            }
            (_, Some(last)) => self.options.get(last).cloned().map_or(Lookup::Not, Lookup::Given),
            (_, None) => Lookup::Not,
        }
    }

    /// Every value of `setting`, in order.
    pub fn all(&self, setting: &str) -> impl Iterator<Item = &Value> {
        let setting = setting.to_owned();
        self.options
            .iter()
            .filter(move |option| option.setting == setting)
            .filter_map(|option| option.value.as_ref())
    }

    /// The flag `setting`, where it is given.
    pub fn flag(&self, setting: &str) -> Option<&GivenOption> {
        self.options.iter().rev().find(|option| option.setting == setting)
    }

    pub(super) fn refuse(&mut self, at: &Text, message: String) {
        self.refusals.push(Refusal { message, at: Some(at.clone()), number: None });
    }

    /// Refuses the whole line: there is no word to point at.
    pub(super) fn refuse_all(&mut self, message: String) {
        self.refusals.push(Refusal { message, at: None, number: None });
    }

    pub(super) fn doubt(&mut self, word: &Value) {
        if self.unsure.as_ref().is_none_or(|(_, before)| *before < self.options.len()) {
            self.unsure = Some((word.clone(), self.options.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OptionTable;

    /// A table that cannot be read would be an empty one, and every option of its program refused.
    #[test]
    fn every_recorded_table_can_be_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/program/options");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let json = std::fs::read_to_string(&path).unwrap();
            let table: OptionTable =
                serde_json::from_str(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(!table.options.is_empty() && !table.version.is_empty(), "{}", path.display());
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
    }
}
