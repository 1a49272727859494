//! What the variables of a makefile come to where they are used.

use super::super::with_variable;
use super::{MAX_DEPTH, Maker, Variable};
use crate::platform::Environment;
use crate::program::Value;
use crate::program::command::variable;
use crate::trace::{How, Origin, Text};

/// References that one call may replace: they can refer to one another twice over.
const MAX_REFERENCES: usize = 20_000;

impl Maker<'_, '_, '_> {
    /// `text` with its references replaced, for a line of `goal`.
    pub(super) fn expand(&self, text: &Text, goal: Option<&Text>, depth: usize) -> Value {
        let string = text.as_str();
        let mut whole: Option<Value> = None;
        let mut push = |piece: Value| match &mut whole {
            Some(whole) => whole.push(&piece),
            None => whole = Some(piece),
        };
        let mut at = 0;
        while let Some(found) = string.get(at..).and_then(|rest| rest.find('$')).map(|found| at + found) {
            if found > at {
                push(Value::Known(text.slice(at..found)));
            }
            let Some(next) = string[found + 1..].chars().next() else {
                at = found + 1;
                continue;
            };
            let (name, end) = match next {
                '$' => {
                    push(Value::Known(text.slice(found..found + 1)));
                    at = found + 2;
                    continue;
                }
                '(' | '{' => {
                    let end = closing(string, found + 1);
                    (text.slice(found + 2..end), (end + 1).min(string.len()))
                }
                other => (text.slice(found + 1..found + 1 + other.len_utf8()), found + 1 + other.len_utf8()),
            };
            let place = text.slice(found..end);
            push(self.reference(&name, &place, goal, depth));
            at = end;
        }
        if at < string.len() {
            push(Value::Known(text.slice(at..string.len())));
        }
        whole.unwrap_or_else(|| Value::Known(text.slice(0..0)))
    }

    fn reference(&self, name: &Text, place: &Text, goal: Option<&Text>, depth: usize) -> Value {
        self.replaced.set(self.replaced.get() + 1);
        if depth > MAX_DEPTH || self.replaced.get() > MAX_REFERENCES {
            return Value::unknown(place, "variables of the makefile refer to one another");
        }
        if let Some(command) = name.strip_prefix("shell ") {
            // The shell that runs the line gives the same as make's own would.
            let mut whole = Value::Known(Text::traced("$(", place.trail()));
            whole.push(&self.expand(&command, goal, depth + 1));
            whole.push(&Value::Known(Text::traced(")", place.trail())));
            return whole;
        }
        let empty = || Value::Known(place.slice(0..0));
        match name.as_str() {
            "@" => return goal.map_or_else(empty, |goal| Value::Known(goal.clone())),
            "CURDIR" | "PWD" => return Value::Known(Text::traced(self.folder.as_str(), place.trail())),
            string if !string.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) => {
                return Value::unknown(place, format!("{place} is not computed"));
            }
            _ => {}
        }
        let step = |value: Value| match place.span() {
            Some(span) => value.then(&Origin::at(How::Interpolated, span)),
            None => value,
        };
        match self.variables.get(name.as_str()) {
            Some(Variable { unsure: true, .. }) => {
                Value::unknown(place, format!("a conditional of the makefile decides what {name} is"))
            }
            Some(found) => step(self.expand(&found.value, goal, depth + 1)),
            None => variable(&self.call.environment, name.as_str()).map_or_else(empty, step),
        }
    }

    /// What the lines see: the variables make was started with, and those that it exports.
    pub(super) fn environment(&self) -> Environment {
        let mut environment = self.call.environment.clone();
        for (name, found) in &self.variables {
            let outside = variable(&self.call.environment, name).is_some();
            if self.exports_all || outside || self.exported.contains(name) {
                let value = if found.unsure {
                    Value::unknown(
                        &found.value,
                        format!("a conditional of the makefile decides what {name} is"),
                    )
                } else {
                    self.expand(&found.value, None, 0)
                };
                with_variable(&mut environment, name, &value);
            }
        }
        environment
    }
}

/// `text` so that expanding it gives it back.
pub(super) fn escaped(text: &Text) -> Text {
    let mut whole = text.slice(0..0);
    let mut from = 0;
    for (at, _) in text.as_str().match_indices('$') {
        whole.push(&text.slice(from..at + 1));
        whole.push(&text.slice(at..at + 1));
        from = at + 1;
    }
    whole.push(&text.slice(from..text.len()));
    whole
}

/// Where the bracket at `open` is closed.
fn closing(string: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in string.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    string.len()
}
