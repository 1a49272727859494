//! Command lines as optparse (huey, mod_wsgi), Python's getopt (waitress) and GNU's (uWSGI) read them: long options with
//! unique prefixes, clusters of short ones. They differ in their words and in what follows the first positional. After
//! `optparse.py` and `getopt.py` of Python 3.11.7 and glibc's `getopt_long`.

use super::Value;
use super::arguments::{Action, Given, GivenOption, Kind, OptionTable, Refusal, Switch};
use crate::trace::{FlawKind, Text, python_int};

/// Whose words and habits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Python's `optparse`.
    Optparse,
    /// Python's `getopt.getopt`: the first positional ends the options.
    Python,
    /// GNU's `getopt_long`.
    Gnu,
}

/// Reads `words` as `dialect` does.
pub(super) fn parse(table: &OptionTable, words: &[Value], dialect: Dialect) -> Given {
    let mut run = Run { table, words, dialect, given: Given::default(), at: 0 };
    while let Some(word) = words.get(run.at) {
        let beginning = word.beginning().as_str();
        run.at += 1;
        match beginning {
            "--" if word.known().is_some() => run.rest(),
            _ if word.is_anything() => run.given.doubt(word),
            long if long.starts_with("--") => run.long(word),
            short if short.len() > 1 && short.starts_with('-') => run.short(word),
            _ if dialect == Dialect::Python => {
                run.at -= 1;
                run.rest();
            }
            _ => run.given.positionals.push(word.clone()),
        }
    }
    run.given
}

struct Run<'r> {
    table: &'r OptionTable,
    words: &'r [Value],
    dialect: Dialect,
    given: Given,
    at: usize,
}

impl<'r> Run<'r> {
    /// Everything that is left is no option.
    fn rest(&mut self) {
        self.given.positionals.extend(self.words.get(self.at..).unwrap_or_default().iter().cloned());
        self.at = self.words.len();
    }

    fn long(&mut self, word: &Value) {
        let text = word.beginning();
        let (name, attached) = match text.as_str().split_once('=') {
            Some((name, _)) => (text.slice(0..name.len()), Some(word.behind(name.len() + 1))),
            None => (text.clone(), None),
        };
        if attached.is_none() && word.known().is_none() {
            return self.given.doubt(word);
        }
        let found = match self.find(name.as_str()) {
            Ok(found) => found,
            Err(message) => return self.given.refuse(&name, message),
        };
        let Some((switch, full)) = found else {
            let message = match self.dialect {
                Dialect::Optparse => format!("no such option: {name}"),
                Dialect::Python => format!("option {name} not recognized"),
                Dialect::Gnu => format!("unrecognized option '{text}'"),
            };
            return self.given.refuse(&name, message);
        };
        match attached {
            Some(_) if !switch.takes_value() => {
                let message = match self.dialect {
                    Dialect::Optparse => format!("{full} option does not take a value"),
                    Dialect::Python => format!("option {full} must not have an argument"),
                    Dialect::Gnu => format!("option '{full}' doesn't allow an argument"),
                };
                self.given.refuse(&name, message);
            }
            Some(value) => self.take(switch, Some(value), &name),
            None => self.following(switch, &name, full),
        }
    }

    /// The option that `name` spells, in full or by a prefix of it alone.
    fn find(&self, name: &str) -> Result<Option<(&'r Switch, &'r str)>, String> {
        let table = self.table;
        let spellings = table.options.iter().flat_map(|s| s.names.iter().map(move |name| (s, name.as_str())));
        let mut matching: Vec<(&Switch, &str)> =
            spellings.filter(|(_, full)| full.starts_with("--") && full.starts_with(name)).collect();
        if let Some(exact) = matching.iter().find(|(_, full)| *full == name) {
            return Ok(Some(*exact));
        }
        let first = matching.first().copied();
        // To GNU's getopt, spellings of one option are no two.
        let alike = |(switch, _): &(&Switch, &str)| {
            first.is_some_and(|(one, _)| switch.setting == one.setting && switch.action == one.action)
        };
        if matching.len() < 2 || self.dialect == Dialect::Gnu && matching.iter().all(alike) {
            return Ok(first);
        }
        matching.sort_by_key(|(_, full)| *full);
        let names: Vec<&str> = matching.iter().map(|(_, full)| *full).collect();
        Err(match self.dialect {
            Dialect::Optparse => format!("ambiguous option: {name} ({}?)", names.join(", ")),
            Dialect::Python => format!("option {name} not a unique prefix"),
            Dialect::Gnu => format!("option '{name}' is ambiguous"),
        })
    }

    /// `-w4`, `-w 4`, `-Mp 4`.
    fn short(&mut self, word: &Value) {
        let text = word.beginning();
        for (at, letter) in text.as_str().char_indices().skip(1) {
            let end = at + letter.len_utf8();
            let name = text.slice(at..end);
            let spelled = format!("-{letter}");
            match self.table.find(&spelled) {
                None => {
                    let message = match self.dialect {
                        Dialect::Optparse => format!("no such option: {spelled}"),
                        Dialect::Python => format!("option {spelled} not recognized"),
                        Dialect::Gnu => format!("invalid option -- '{letter}'"),
                    };
                    return self.given.refuse(text, message);
                }
                Some(switch) if !switch.takes_value() => self.take(switch, None, &name),
                Some(switch) => {
                    let rest = word.behind(end);
                    return if rest.is_empty() == Some(true) {
                        self.following(switch, &name, &spelled);
                    } else {
                        self.take(switch, Some(rest), &name);
                    };
                }
            }
        }
        if word.known().is_none() {
            self.given.doubt(word);
        }
    }

    fn following(&mut self, switch: &Switch, name: &Text, spelled: &str) {
        if !switch.takes_value() || switch.arity.as_deref() == Some("?") {
            return self.take(switch, None, name);
        }
        let Some(value) = self.words.get(self.at) else {
            let message = match self.dialect {
                Dialect::Optparse => format!("{spelled} option requires 1 argument"),
                Dialect::Python => format!("option {spelled} requires argument"),
                Dialect::Gnu if spelled.starts_with("--") => {
                    format!("option '{spelled}' requires an argument")
                }
                Dialect::Gnu => format!("option requires an argument -- '{}'", &spelled[1..]),
            };
            return self.given.refuse(name, message);
        };
        self.at += 1;
        self.take(switch, Some(value.clone()), name);
    }

    fn take(&mut self, switch: &Switch, mut value: Option<Value>, name: &Text) {
        if let Some(text) = value.as_ref().and_then(Value::known).cloned() {
            // optparse names an option as it is written, but for what an abbreviation means.
            let spelled = if name.as_str().starts_with('-') { name.to_string() } else { format!("-{name}") };
            if !switch.has_choice(text.as_str()) {
                let choices: Vec<String> =
                    switch.choices.iter().map(|choice| format!("'{choice}'")).collect();
                let choices = choices.join(", ");
                let message = format!("option {spelled}: invalid choice: '{text}' (choose from {choices})");
                self.given.refuse(&text, message);
            }
            if switch.kind != Kind::Text {
                if let Ok(number) = optparse_int(text.as_str()) {
                    value = Some(Value::Known(Text::traced(number.to_string(), text.trail())));
                } else {
                    let message = format!("option {spelled}: invalid integer value: '{text}'");
                    let number = Some(name.clone());
                    self.given.refusals.push(Refusal { message, at: Some(text), number });
                }
            }
        }
        self.given.exits |= switch.action == Action::Exit;
        self.given.options.push(GivenOption { setting: switch.setting.clone(), value, name: name.clone() });
    }
}

/// optparse's `_parse_int`: `0x10` is hexadecimal, `010` octal.
fn optparse_int(text: &str) -> Result<i64, FlawKind> {
    let radix = |digits: &str, radix| {
        let digits = if digits.is_empty() { "0" } else { digits };
        i64::from_str_radix(digits, radix).map_err(|_| FlawKind::NotANumber)
    };
    match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => radix(&text[2..], 16),
        Some("0b") => radix(&text[2..], 2),
        _ if text.starts_with('0') => radix(&text[1..], 8),
        _ => python_int(text),
    }
}
