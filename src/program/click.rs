//! Command lines as click reads them (uvicorn, celery, granian, rq, flask, fastapi): options in full, options and
//! positionals in any order, variables as defaults. After `click/parser.py` 8.5.1.

use super::Value;
use super::arguments::{Action, Given, GivenOption, Kind, OptionTable, Refusal, Switch};
use crate::platform::Environment;
use crate::trace::{FlawKind, Text, python_int};

/// Reads `words` as click does. With `stops`, the first positional ends the options, as in a group of commands.
pub fn parse(table: &OptionTable, words: &[Value], stops: bool) -> (Given, usize) {
    let mut run = Run { table, words, given: Given::default(), at: 0 };
    while let Some(word) = words.get(run.at) {
        let beginning = word.beginning().as_str();
        run.at += 1;
        match beginning {
            "--" if word.known().is_some() => {
                run.given.positionals.extend(words.get(run.at..).unwrap_or_default().iter().cloned());
                run.at = words.len();
            }
            _ if word.is_anything() => run.given.doubt(word),
            long if long.starts_with("--") => run.long(word),
            short if short.len() > 1 && short.starts_with('-') => run.short(word),
            _ if stops => {
                run.at -= 1;
                return (run.given, run.at);
            }
            _ => run.given.positionals.push(word.clone()),
        }
    }
    if !stops {
        run.arguments();
    }
    (run.given, run.at)
}

struct Run<'r> {
    table: &'r OptionTable,
    words: &'r [Value],
    given: Given,
    at: usize,
}

impl Run<'_> {
    /// Whether the words that belong to no option are as many as there have to be.
    fn arguments(&mut self) {
        if !self.given.refusals.is_empty() || self.given.exits || self.given.unsure.is_some() {
            return;
        }
        let count = self.given.positionals.len();
        // What a variable may give is looked for by the program.
        let missing =
            self.table.missing(count).first().filter(|a| a.environment.is_none()).map(|a| a.name.clone());
        if let Some(name) = missing {
            return self.given.refuse_all(format!("Missing argument '{name}'."));
        }
        if let Some(room) = self.table.room().filter(|room| count > *room) {
            let extra = &self.given.positionals[room..];
            let words: Vec<&str> = extra.iter().map(|word| word.beginning().as_str()).collect();
            let plural = if words.len() == 1 { "" } else { "s" };
            let message = format!("Got unexpected extra argument{plural} ({})", words.join(" "));
            let at = extra[0].beginning().clone();
            self.given.refuse(&at, message);
        }
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
        match (self.table.find(name.as_str()), attached) {
            (None, _) => self.given.refuse(&name, format!("No such option '{name}'.")),
            (Some(switch), Some(_)) if !switch.takes_value() => {
                self.given.refuse(&name, format!("Option '{name}' does not take a value."));
            }
            (Some(switch), Some(value)) => self.take(switch, Some(value), &name),
            (Some(switch), None) => self.following(switch, &name, name.as_str()),
        }
    }

    /// `-c4`, `-c 4`, `-BE`.
    fn short(&mut self, word: &Value) {
        let text = word.beginning();
        for (at, letter) in text.as_str().char_indices().skip(1) {
            let end = at + letter.len_utf8();
            let name = text.slice(at..end);
            match self.table.find(&format!("-{letter}")) {
                None => return self.given.refuse(text, format!("No such option '-{letter}'.")),
                Some(switch) if !switch.takes_value() => self.take(switch, None, &name),
                Some(switch) => {
                    let rest = word.behind(end);
                    return if rest.is_empty() == Some(true) {
                        self.following(switch, &name, &format!("-{letter}"));
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
        if !switch.takes_value() {
            return self.take(switch, None, name);
        }
        let count = switch.arity.as_deref().and_then(|arity| arity.parse().ok()).unwrap_or(1);
        for _ in 0..count {
            let Some(value) = self.words.get(self.at) else {
                return self.given.refuse(name, format!("Option '{spelled}' requires an argument."));
            };
            self.at += 1;
            self.take(switch, Some(value.clone()), name);
        }
    }

    fn take(&mut self, switch: &Switch, value: Option<Value>, name: &Text) {
        if let Some(text) = value.as_ref().and_then(Value::known) {
            check(switch, text, name, &mut self.given);
        }
        self.given.exits |= switch.action == Action::Exit;
        self.given.options.push(GivenOption { setting: switch.setting.clone(), value, name: name.clone() });
    }
}

fn check(switch: &Switch, text: &Text, name: &Text, given: &mut Given) {
    let title = switch.names.join("' / '");
    if !switch.has_choice(text.as_str()) {
        let choices: Vec<String> = switch.choices.iter().map(|choice| format!("'{choice}'")).collect();
        let message = format!("Invalid value for '{title}': '{text}' is not one of {}.", choices.join(", "));
        return given.refuse(text, message);
    }
    if switch.kind != Kind::Int {
        return;
    }
    match (python_int(text.as_str()), switch.least) {
        (Ok(number), Some(least)) if number < least => {
            let message = format!("Invalid value for '{title}': {number} is not in the range x>={least}.");
            given.refuse(text, message);
        }
        (Err(flaw), least) if flaw != FlawKind::TooLarge => {
            let kind = if least.is_some() { "integer range" } else { "integer" };
            let message = format!("Invalid value for '{title}': '{text}' is not a valid {kind}.");
            given.refusals.push(Refusal { message, at: Some(text.clone()), number: Some(name.clone()) });
        }
        _ => {}
    }
}

/// The variable of `prefix` that gives `setting` a value, where it is set and not empty (click's `auto_envvar_prefix`).
pub fn from_environment(
    table: &OptionTable,
    prefix: &str,
    setting: &str,
    environment: &Environment,
) -> Option<Value> {
    let switch = table.options.iter().find(|switch| switch.setting == setting)?;
    let automatic = format!("{prefix}_{}", setting.to_ascii_uppercase());
    let names = [switch.environment.clone(), (!prefix.is_empty()).then_some(automatic)];
    names.into_iter().flatten().find_map(|name| match environment.unknown(&name) {
        Some(rest) => Some(Value::Partly { prefix: Text::traced("", rest.trail.clone()), rest }),
        None => environment.get(&name).filter(|text| !text.is_empty()).cloned().map(Value::Known),
    })
}
