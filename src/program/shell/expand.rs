//! Words to values: parameters, substitutions, splitting.

use super::pattern::{Glob, strip};
use super::state::{Binding, Flow, State, Status, interpolated};
use super::{Shell, Value};
use crate::program::value::nothing_known;
use crate::syntax::shell::ast::{Operation, Parameter, Part, Word};
use crate::trace::{Bound, Text, Traced};

/// What a parameter stands for.
enum Found {
    Unset,
    One(Value),
    Many(Vec<Value>),
}

/// Fields while they are put together.
struct Fields {
    done: Vec<Value>,
    open: Option<Value>,
}

impl Fields {
    /// Adds a part that is never split.
    fn whole(&mut self, value: &Value) {
        match &mut self.open {
            Some(open) => append(open, value),
            None => self.open = Some(value.clone()),
        }
    }

    /// Adds a part that is split at white space (the default `IFS`).
    fn split(&mut self, value: &Value) {
        let text = value.beginning();
        let string = text.as_str();
        let mut from = 0;
        for (at, character) in string.char_indices().filter(|(_, c)| matches!(c, ' ' | '\t' | '\n')) {
            if from < at {
                self.whole(&Value::Known(text.slice(from..at)));
            }
            self.done.extend(self.open.take());
            from = at + character.len_utf8();
        }
        if from < string.len() || value.missing().is_some() {
            self.whole(&value.behind(from));
        }
    }

    /// Adds fields that stay apart: `"$@"`.
    fn many(&mut self, values: &[Value]) {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.done.extend(self.open.take());
            }
            self.whole(value);
        }
    }
}

impl Shell<'_, '_> {
    /// The words that `words` become.
    pub(super) fn fields(&self, words: &[Word], state: &mut State) -> Vec<Value> {
        words.iter().flat_map(|word| self.expand(word, state)).collect()
    }

    /// The words that `word` becomes: none, one or several.
    pub(super) fn expand(&self, word: &Word, state: &mut State) -> Vec<Value> {
        if let Some(words) = super::pattern::braces(word) {
            return words.into_iter().map(Value::Known).collect();
        }
        let mut fields = Fields { done: Vec::new(), open: None };
        for part in &word.parts {
            match part {
                Part::Parameter { parameter, quoted } => match self.parameter(parameter, *quoted, state) {
                    Found::Unset if *quoted => fields.whole(&empty(&parameter.text)),
                    Found::Unset => {}
                    Found::One(value) if *quoted => fields.whole(&value),
                    Found::One(value) => fields.split(&value),
                    Found::Many(values) if *quoted => fields.many(&values),
                    Found::Many(values) => {
                        for (index, value) in values.iter().enumerate() {
                            if index > 0 {
                                fields.done.extend(fields.open.take());
                            }
                            fields.split(value);
                        }
                    }
                },
                Part::Command { quoted: false, .. } => fields.split(&self.part(part, state)),
                _ => fields.whole(&self.part(part, state)),
            }
        }
        fields.done.extend(fields.open);
        fields.done
    }

    /// What `word` becomes where it is not split: in an assignment, behind `case`.
    pub(super) fn single(&self, word: &Word, state: &mut State) -> Value {
        let mut whole: Option<Value> = None;
        for part in &word.parts {
            let value = match part {
                Part::Parameter { parameter, quoted } => match self.parameter(parameter, *quoted, state) {
                    Found::Unset => empty(&parameter.text),
                    Found::One(value) => value,
                    Found::Many(values) => joined(&values, &parameter.text),
                },
                _ => self.part(part, state),
            };
            match &mut whole {
                Some(whole) => append(whole, &value),
                None => whole = Some(value),
            }
        }
        whole.unwrap_or_else(|| Value::Known(word.text.slice(0..0)))
    }

    fn part(&self, part: &Part, state: &mut State) -> Value {
        match part {
            Part::Literal { text, .. } => Value::Known(text.clone()),
            Part::Command { body, text, .. } => interpolated(self.printed_by(body, text, state), text),
            Part::Arithmetic { expression, text } => self.arithmetic(expression, text, state),
            Part::Unreadable(text) => Value::unknown(text, "this part of the script is not understood"),
            Part::Parameter { parameter, quoted } => match self.parameter(parameter, *quoted, state) {
                Found::Unset => empty(&parameter.text),
                Found::One(value) => value,
                Found::Many(values) => joined(&values, &parameter.text),
            },
        }
    }

    fn parameter(&self, parameter: &Parameter, quoted: bool, state: &mut State) -> Found {
        let text = &parameter.text;
        let Some(name) = meant(parameter, state) else {
            return Found::One(Value::unknown(text, "which variable is meant is not known"));
        };
        let found = match parameter.operation {
            Operation::Default(..) | Operation::Assign(..) if state.is_unsaid(&name) => Found::Unset,
            _ => lookup(&name, parameter, quoted, state),
        };
        let is_empty = match &found {
            Found::Unset => Some(true),
            Found::One(value) => value.is_empty(),
            Found::Many(values) => Some(values.is_empty()),
        };
        let lacks = |colon: bool| match (&found, colon) {
            (Found::Unset, _) => Some(true),
            (Found::One(value), false) => {
                if value.is_anything() {
                    None
                } else {
                    Some(false)
                }
            }
            (Found::Many(values), false) => Some(values.is_empty()),
            (_, true) => is_empty,
        };
        match &parameter.operation {
            Operation::Plain => found,
            Operation::Length => Found::One(length(&found, text)),
            Operation::Default(word, colon) => match lacks(*colon) {
                Some(true) => Found::One(interpolated(self.single(word, state), text)),
                _ => found,
            },
            Operation::Assign(word, colon) => match lacks(*colon) {
                Some(true) => {
                    let value = self.single(word, state);
                    state.set(&name, Binding::Value(value.clone()));
                    Found::One(interpolated(value, text))
                }
                _ => found,
            },
            Operation::Require(colon) => {
                if lacks(*colon) == Some(true) {
                    state.flow = Flow::Exit;
                    state.status = Status::Failure;
                }
                found
            }
            Operation::Alternative(word, colon) => match lacks(*colon) {
                Some(true) => Found::Unset,
                Some(false) => Found::One(interpolated(self.single(word, state), text)),
                None => Found::One(Value::unknown(text, format!("whether {name} is set is not known"))),
            },
            Operation::Strip { pattern, suffix, longest } => {
                let pattern = self.single(pattern, state);
                match (&found, pattern.as_str()) {
                    (Found::One(Value::Known(value)), Some(pattern)) => {
                        Found::One(Value::Known(strip(value, &Glob::new(pattern), *suffix, *longest)))
                    }
                    (Found::Unset, _) => found,
                    _ => Found::One(Value::unknown(text, "this expansion is not computed")),
                }
            }
            Operation::Other => match found {
                Found::Unset => Found::Unset,
                _ => Found::One(Value::unknown(text, "this expansion is not computed")),
            },
        }
    }
}

/// The name of the parameter that is meant: of `${!NAME}` it is the value of `NAME`. Bash 5.2 refuses one that is no
/// name, also the empty one.
fn meant(parameter: &Parameter, state: &State) -> Option<String> {
    if !parameter.indirect {
        return Some(parameter.name.clone());
    }
    let Found::One(Value::Known(name)) = lookup(&parameter.name, parameter, true, state) else { return None };
    let name = name.as_str();
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (begins && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')).then(|| name.to_owned())
}

fn lookup(name: &str, parameter: &Parameter, quoted: bool, state: &State) -> Found {
    let text = &parameter.text;
    let implied = |value: String| Found::One(Value::Known(Text::traced(value, text.trail())));
    match name {
        "*" if quoted => Found::One(joined(&through(&state.arguments, text), text)),
        "@" | "*" => Found::Many(through(&state.arguments, text)),
        "#" => implied(state.arguments.len().to_string()),
        "0" | "BASH_SOURCE" => Found::One(interpolated(state.name.clone(), text)),
        "?" | "$" | "!" | "-" | "_" => {
            Found::One(Value::unknown(text, format!("{text} is known only when it runs")))
        }
        name => {
            if let Ok(index) = name.parse::<usize>() {
                let argument = index.checked_sub(1).and_then(|index| state.arguments.get(index));
                return argument.map_or(Found::Unset, |value| Found::One(interpolated(value.clone(), text)));
            }
            match state.get(name, text) {
                Binding::Unset => Found::Unset,
                Binding::Value(value) => Found::One(interpolated(value, text)),
                Binding::Array(values) if parameter.all => Found::Many(through(&values, text)),
                Binding::Array(values) => {
                    values.first().map_or(Found::Unset, |value| Found::One(interpolated(value.clone(), text)))
                }
            }
        }
    }
}

fn through(values: &[Value], place: &Text) -> Vec<Value> {
    values.iter().map(|value| interpolated(value.clone(), place)).collect()
}

/// Appends `part`. Of a program in a folder that is not known (`$VENV/bin/python`) the name is what counts: the folder is
/// left out.
fn append(whole: &mut Value, part: &Value) {
    let folder = whole.beginning().as_str();
    if whole.missing().is_some()
        && (folder.is_empty() || folder.starts_with(['/', '~', '.']))
        && let Value::Known(path) = part
        && is_program(path.as_str())
    {
        *whole = Value::Known(path.clone());
    } else {
        whole.push(part);
    }
}

/// Whether `path` is the end of one to a program: `/bin/python`, `/venv/bin/activate`.
fn is_program(path: &str) -> bool {
    path.rsplit_once("/bin/").is_some_and(|(folder, name)| {
        (folder.is_empty() || folder.starts_with('/'))
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    })
}

fn empty(at: &Text) -> Value {
    Value::Known(at.slice(0..0))
}

fn joined(values: &[Value], at: &Text) -> Value {
    let blank = Value::Known(Text::traced(" ", at.trail()));
    let mut whole = empty(at);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            whole.push(&blank);
        }
        whole.push(value);
    }
    whole
}

fn length(found: &Found, at: &Text) -> Value {
    let length = match found {
        Found::Unset => Some(0),
        Found::One(value) => value.as_str().map(|string| string.chars().count()),
        Found::Many(values) => Some(values.len()),
    };
    match length {
        Some(length) => Value::Known(Text::traced(length.to_string(), at.trail())),
        None => Value::unknown(at, "the length of what is not known is not known"),
    }
}

/// The number that `value` is in arithmetic: nothing counts as 0.
pub(super) fn as_number(value: &Value) -> Result<i64, Bound> {
    match value {
        Value::Known(text) => match text.as_str().trim() {
            "" => Ok(0),
            string => string.parse().map_err(|_| nothing_known(format!("`{string}` is not a whole number"))),
        },
        Value::Partly { prefix, rest: Traced { value, .. } } if prefix.is_empty() => Err(value.clone()),
        Value::Partly { .. } => Err(nothing_known(value.why())),
    }
}
