//! What stands for something else in uWSGI's values: `%d` in a file, then `$(VARIABLE)`, `@(file)` and `%(option)` anywhere.
//! After `magic_sub`, `config_magic_table_fill` and `uwsgi_apply_config_pass` of uWSGI 2.0.31.

use crate::platform::Environment;
use crate::program::Value;
use crate::program::command::variable;
use crate::trace::{Bound, Count, Text};

/// References that name one another are followed so far.
const MAX_DEPTH: usize = 8;

/// What `%` and a letter come to in one file.
pub(super) struct Magic<'p> {
    path: &'p str,
}

impl<'p> Magic<'p> {
    /// In the file at `path`.
    pub(super) fn of(path: &'p str) -> Self {
        Self { path }
    }

    /// `text` with its letters replaced.
    pub(super) fn apply(&self, text: &Text) -> Value {
        let mut value = Value::Known(text.slice(0..0));
        let mut from = 0;
        while let Some(at) = text.as_str()[from..].find('%').map(|at| from + at) {
            value.push(&Value::Known(text.slice(from..at)));
            let Some(letter) = text.as_str()[at + 1..].chars().next() else {
                return {
                    value.push(&Value::Known(text.slice(at..text.len())));
                    value
                };
            };
            let end = at + 1 + letter.len_utf8();
            value.push(&self.letter(letter, &text.slice(at..end)));
            from = end;
        }
        value.push(&Value::Known(text.slice(from..text.len())));
        value
    }

    fn letter(&self, letter: char, at: &Text) -> Value {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let string = |value: &str| Value::Known(Text::traced(value, at.trail()));
        match letter {
            '(' => Value::Known(at.clone()),
            '%' => string("%"),
            'p' => string(self.path),
            's' => string(file),
            'd' => string(&format!("{folder}/")),
            'n' => string(stem),
            'e' => string(ending),
            'c' => string(folder.rsplit('/').next().unwrap_or_default()),
            'k' => {
                let why = "`%k` is the number of CPUs, and nothing says how many there are";
                Value::counted(at, Count::new(Bound::unknown("CPUs", why), at.trail()))
            }
            letter if letter.is_ascii_alphanumeric() => {
                Value::unknown(at, format!("`%{letter}` is known only when uWSGI runs"))
            }
            _ => string(""),
        }
    }
}

/// `value` with what it refers to; `by_name` is the first value of an option or a placeholder.
pub(super) fn value(
    value: &Value,
    environment: &Environment,
    by_name: &dyn Fn(&str) -> Option<Value>,
) -> Value {
    let variables = |text: &Text, name: &str| match variable(environment, name) {
        Some(value) => value,
        // Without the variable it comes to nothing.
        None => Value::Known(text.slice(0..0)),
    };
    let expanded = pass(value, '$', &|at, name| variables(at, name));
    let files = |at: &Text, name: &str| Value::unknown(at, format!("what {name} holds is not read"));
    let expanded = pass(&expanded, '@', &files);
    references(&expanded, by_name, MAX_DEPTH)
}

fn references(value: &Value, by_name: &dyn Fn(&str) -> Option<Value>, depth: usize) -> Value {
    let find = |at: &Text, name: &str| -> Value {
        if depth == 0 {
            return Value::unknown(at, "its references name one another");
        }
        let whole = |name: &str| {
            let found = by_name(name).unwrap_or_else(|| Value::Known(at.slice(0..0)));
            references(&found, by_name, depth - 1)
        };
        if name.contains(' ') { calculated(at, name, &whole) } else { whole(name) }
    };
    pass(value, '%', &find)
}

/// `value` with each `symbol(name)` replaced.
fn pass(value: &Value, symbol: char, replace: &dyn Fn(&Text, &str) -> Value) -> Value {
    let Value::Known(text) = value else { return value.clone() };
    let opening = format!("{symbol}(");
    let mut done = Value::Known(text.slice(0..0));
    let mut from = 0;
    while let Some(at) = text.as_str()[from..].find(&opening).map(|at| from + at) {
        let Some(length) = text.as_str()[at..].find(')') else { break };
        done.push(&Value::Known(text.slice(from..at)));
        let part = text.slice(at..at + length + 1);
        done.push(&replace(&part, &text.as_str()[at + 2..at + length]));
        from = at + length + 1;
    }
    done.push(&Value::Known(text.slice(from..text.len())));
    done
}

/// `%(workers * 2)`: from left to right, numbers and options with `+ - * /` between them (`uwsgi_manage_placeholder`).
fn calculated(at: &Text, formula: &str, by_name: &dyn Fn(&str) -> Value) -> Value {
    let mut result: Option<Bound> = None;
    let mut operator = ' ';
    for token in formula.split(' ').filter(|token| !token.is_empty()) {
        if let "+" | "-" | "*" | "/" = token {
            operator = token.chars().next().unwrap_or(' ');
            continue;
        }
        let operand = match token.parse::<u64>() {
            Ok(number) => Bound::Exactly(number),
            Err(_) => match super::count_of(&by_name(token), "workers") {
                Ok(count) => count.value,
                Err(_) => return Value::unknown(at, "it is calculated from a negative number"),
            },
        };
        let numbers = result.as_ref().and_then(Bound::number).zip(operand.number());
        result = Some(match (result, operator, numbers) {
            (None, _, _) => operand,
            (Some(left), '+', _) => left + operand,
            (Some(left), '*', _) => left * operand,
            (Some(_), '-', Some((left, right))) if left >= right => Bound::Exactly(left - right),
            (Some(_), '/', Some((left, right))) => Bound::Exactly(left.checked_div(right).unwrap_or(0)),
            _ => return Value::unknown(at, format!("`{formula}` is calculated in a way that is not read")),
        });
        operator = ' ';
    }
    let result = result.unwrap_or(Bound::ZERO);
    Value::counted(at, Count::new(result, at.trail()))
}
