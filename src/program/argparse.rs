//! Python's `argparse`, as far as programs use it: options with unique prefixes, clustered flags, `-w4`, `-w=4`,
//! positionals anywhere before a second group of them. Written after `argparse.py` of Python 3.11.7, whose function
//! names stand in the comments; held against gunicorn's own answers in `fixtures/gunicorn/settings.json`.

use super::Value;
use super::arguments::{Action, Given, GivenOption, Kind, OptionTable, Refusal, Switch};
use crate::trace::{FlawKind, Text, python_int};

/// What a word is taken for (`_parse_optional`).
enum Class<'t> {
    /// An argument: `A`.
    Argument,
    /// `--`: all behind it are arguments.
    Dashes,
    /// An option with the spelling that matched and what is attached to it.
    Option(&'t Switch, String, Option<Value>),
    /// It looks like an option and is none.
    Stranger,
    /// It begins like an option, and how it goes on is not known.
    Unsure,
}

/// Reads `words` as `argparse` does.
pub fn parse(table: &OptionTable, words: &[Value]) -> Given {
    let mut given = Given::default();
    let mut classes = Vec::with_capacity(words.len());
    let mut literal = false;
    for word in words {
        classes.push(if literal {
            Class::Argument
        } else if word.as_str() == Some("--") {
            literal = true;
            Class::Dashes
        } else {
            classify(table, word, &mut given)
        });
    }
    let mut run = Run { table, words, classes, given, extras: Vec::new(), positionals_taken: false };
    run.all();
    run.given
}

fn classify<'t>(table: &'t OptionTable, word: &Value, given: &mut Given) -> Class<'t> {
    let beginning = word.beginning().as_str();
    if !beginning.starts_with('-') {
        return Class::Argument;
    }
    if let Some(switch) = table.find(beginning).filter(|_| word.known().is_some()) {
        return Class::Option(switch, beginning.to_owned(), None);
    }
    if beginning == "-" && word.known().is_some() {
        return Class::Argument;
    }
    if let Some((name, _)) = beginning.split_once('=')
        && let Some(switch) = table.find(name)
    {
        return Class::Option(switch, name.to_owned(), Some(word.behind(name.len() + 1)));
    }
    let mut found = option_tuples(table, word);
    if word.known().is_none() && beginning.starts_with("--") && !beginning.contains('=') || beginning == "-" {
        return Class::Unsure;
    }
    match found.len() {
        0 if is_negative_number(beginning) || beginning.contains(' ') => Class::Argument,
        0 => Class::Stranger,
        1 => {
            let (switch, name, attached) = found.remove(0);
            Class::Option(switch, name, attached)
        }
        _ => {
            let names: Vec<String> = found.into_iter().map(|(_, name, _)| name).collect();
            let message = format!("ambiguous option: {beginning} could match {}", names.join(", "));
            given.refuse(word.beginning(), message);
            Class::Stranger
        }
    }
}

/// Every reading of a word as an option (`_get_option_tuples`).
fn option_tuples<'t>(table: &'t OptionTable, word: &Value) -> Vec<(&'t Switch, String, Option<Value>)> {
    let beginning = word.beginning().as_str();
    let spellings =
        || table.options.iter().flat_map(|switch| switch.names.iter().map(move |name| (switch, name)));
    if beginning.starts_with("--") {
        let (prefix, attached) = match beginning.split_once('=') {
            Some((prefix, _)) => (prefix, Some(word.behind(prefix.len() + 1))),
            None => (beginning, None),
        };
        return spellings()
            .filter(|(_, name)| name.starts_with(prefix))
            .map(|(switch, name)| (switch, name.clone(), attached.clone()))
            .collect();
    }
    let short = beginning.char_indices().nth(2).map_or(beginning, |(at, _)| &beginning[..at]);
    spellings()
        .filter_map(|(switch, name)| match name.as_str() {
            name if name == short => Some((switch, name.to_owned(), Some(word.behind(short.len())))),
            name if name.starts_with(beginning) => Some((switch, name.to_owned(), None)),
            _ => None,
        })
        .collect()
}

/// `^-\d+$|^-\d*\.\d+$`
fn is_negative_number(word: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    match word.strip_prefix('-') {
        Some(number) => match number.split_once('.') {
            Some((whole, fraction)) => digits(whole) && !fraction.is_empty() && digits(fraction),
            None => !number.is_empty() && digits(number),
        },
        None => false,
    }
}

struct Run<'w, 't> {
    table: &'t OptionTable,
    words: &'w [Value],
    classes: Vec<Class<'t>>,
    given: Given,
    extras: Vec<Value>,
    positionals_taken: bool,
}

impl Run<'_, '_> {
    /// Options and groups of positionals by turns (`_parse_known_args`).
    fn all(&mut self) {
        let mut at = 0;
        while at < self.words.len() {
            at = match &self.classes[at] {
                Class::Argument | Class::Dashes => self.positionals(at),
                Class::Option(..) => self.option(at),
                Class::Stranger => {
                    self.extras.extend(self.words.get(at).cloned());
                    at + 1
                }
                Class::Unsure => {
                    self.given.doubt(&self.words[at]);
                    at + 1
                }
            };
        }
        if !self.given.refusals.is_empty() || self.given.exits {
            return;
        }
        if self.given.unsure.is_none() {
            let missing = self.table.missing(self.given.positionals.len());
            let names: Vec<&str> = missing.into_iter().map(|argument| argument.name.as_str()).collect();
            if !names.is_empty() {
                let message = format!("the following arguments are required: {}", names.join(", "));
                return self.given.refuse_all(message);
            }
        }
        if let Some(first) = self.extras.first() {
            let at = first.beginning().clone();
            let words: Vec<&str> = self.extras.iter().map(|word| word.beginning().as_str()).collect();
            self.given.refuse(&at, format!("unrecognized arguments: {}", words.join(" ")));
        }
    }

    /// The first group of arguments goes to the positionals, whatever follows is too much (`consume_positionals`).
    fn positionals(&mut self, at: usize) -> usize {
        let count =
            self.classes[at..].iter().take_while(|c| matches!(c, Class::Argument | Class::Dashes)).count();
        let words = &self.words[at..at + count];
        for word in words.iter().filter(|word| word.is_anything()) {
            self.given.doubt(word);
        }
        let dashes = words.iter().position(|word| word.as_str() == Some("--"));
        let kept = words
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != dashes)
            .map(|(_, word)| word.clone());
        if self.positionals_taken {
            self.extras.extend(words.iter().filter(|word| !word.is_anything()).cloned());
        } else {
            self.given.positionals.extend(kept.filter(|word| !word.is_anything()));
            if let Some(room) = self.table.room()
                && self.given.positionals.len() > room
            {
                self.extras.extend(self.given.positionals.split_off(room));
            }
            self.positionals_taken = true;
        }
        at + count
    }

    /// One word with one option or a cluster of flags, and the word it takes (`consume_optional`).
    fn option(&mut self, at: usize) -> usize {
        let word = &self.words[at];
        let Class::Option(switch, name, attached) = &self.classes[at] else { return at + 1 };
        let (mut switch, mut name, mut attached) = (*switch, name.clone(), attached.clone());
        loop {
            let spelled = word.beginning().slice(0..name.len().min(word.beginning().len()));
            let Some(value) = attached.take() else {
                return self.with_following(at, switch, &spelled);
            };
            if switch.takes_value() {
                self.take(switch, Some(value), &spelled);
                return at + 1;
            }
            let clustered = !name.starts_with("--") && value.is_empty() != Some(true);
            let next = value.beginning().as_str().chars().next();
            let following = next.filter(|_| clustered).map(|c| format!("-{c}"));
            let found = following.as_ref().and_then(|name| self.table.find(name));
            let (Some(found), Some(following)) = (found, following) else {
                let shown = value.beginning();
                let title = switch.title();
                self.given.refuse(shown, format!("argument {title}: ignored explicit argument '{shown}'"));
                return at + 1;
            };
            self.take(switch, None, &spelled);
            let rest = value.behind(following.len() - 1);
            attached = (rest.is_empty() != Some(true)).then_some(rest);
            (switch, name) = (found, following);
        }
    }

    fn with_following(&mut self, at: usize, switch: &Switch, spelled: &Text) -> usize {
        if !switch.takes_value() {
            self.take(switch, None, spelled);
            return at + 1;
        }
        let following = self.classes[at + 1..].iter().take_while(|c| matches!(c, Class::Argument)).count();
        let wanted = match switch.arity.as_deref() {
            Some("?") => following.min(1),
            Some("*" | "+") => following,
            Some(number) => number.parse().unwrap_or(1),
            None => 1,
        };
        if following < wanted || switch.arity.as_deref() == Some("+") && following == 0 {
            let title = switch.title();
            self.given.refuse(spelled, format!("argument {title}: expected one argument"));
            return at + 1;
        }
        if wanted == 0 {
            self.take(switch, None, spelled);
        }
        for word in &self.words[at + 1..at + 1 + wanted] {
            self.take(switch, Some(word.clone()), spelled);
        }
        at + 1 + wanted
    }

    fn take(&mut self, switch: &Switch, value: Option<Value>, name: &Text) {
        if let Some(text) = value.as_ref().and_then(Value::known) {
            let flaw = match switch.kind {
                Kind::Text => None,
                Kind::Int => python_int(text.as_str()).err().map(|flaw| ("int", flaw)),
                Kind::AutoInt => auto_int(text.as_str()).err().map(|flaw| ("auto_int", flaw)),
            };
            // Python's integers have no end: what is too large for us is told where the setting is read.
            if let Some((kind, _)) = flaw.filter(|(_, flaw)| *flaw != FlawKind::TooLarge) {
                let message = format!("argument {}: invalid {kind} value: '{text}'", switch.title());
                self.given.refusals.push(Refusal {
                    message,
                    at: Some(text.clone()),
                    number: Some(name.clone()),
                });
            }
            if !switch.has_choice(text.as_str()) {
                let choices: Vec<String> =
                    switch.choices.iter().map(|choice| format!("'{choice}'")).collect();
                let (title, choices) = (switch.title(), choices.join(", "));
                self.given.refuse(
                    text,
                    format!("argument {title}: invalid choice: '{text}' (choose from {choices})"),
                );
            }
        }
        self.given.exits |= switch.action == Action::Exit;
        self.given.options.push(GivenOption { setting: switch.setting.clone(), value, name: name.clone() });
    }
}

/// gunicorn's `auto_int` (config.py, 27.0.1): `022` is octal.
fn auto_int(text: &str) -> Result<i64, FlawKind> {
    let trimmed = text.trim();
    let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).map_err(|_| FlawKind::NotANumber);
    match trimmed.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => radix(&trimmed[2..], 16),
        Some("0o") => radix(&trimmed[2..], 8),
        Some("0b") => radix(&trimmed[2..], 2),
        _ if trimmed.len() > 1 && trimmed.starts_with('0') => radix(&trimmed[1..], 8),
        _ => python_int(text),
    }
}
