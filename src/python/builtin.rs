//! Python's own functions, as far as settings are made with them.

use crate::source::Span;
use crate::syntax::python::ast::Operator;
use crate::trace::{FlawKind, How, Problem, ProblemKind, Text, Traced, Trail, python_int};

use super::call::Arguments;
use super::counted;
use super::heap::{Key, Kind};
use super::machine::Machine;
use super::operator::number;
use super::value::{Gap, Value};

const NAMES: [&str; 45] = [
    "int",
    "str",
    "float",
    "bool",
    "min",
    "max",
    "len",
    "abs",
    "round",
    "sum",
    "dict",
    "list",
    "tuple",
    "set",
    "range",
    "getattr",
    "setattr",
    "hasattr",
    "isinstance",
    "print",
    "super",
    "property",
    "staticmethod",
    "classmethod",
    "type",
    "object",
    "sorted",
    "any",
    "all",
    "enumerate",
    "zip",
    "map",
    "filter",
    "frozenset",
    "open",
    "next",
    "iter",
    "repr",
    "vars",
    "callable",
    "issubclass",
    "globals",
    "locals",
    "eval",
    "bytes",
];

/// Whether `name` is one of Python's own.
pub(super) fn is_builtin(name: &Key) -> bool {
    NAMES.contains(&name.as_str())
        || name.ends_with("Error")
        || name == "Exception"
        || name == "BaseException"
}

impl Machine<'_> {
    /// Calls `builtins.name`.
    pub(super) fn builtin(&mut self, name: &str, arguments: &Arguments, span: Span) -> Value {
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("int", Some(value)) => self.each_value(value, |machine, one| machine.int_of(one, span)),
            ("str" | "repr", Some(value)) => value.into_text(span),
            ("float", Some(value)) => self.each_value(value, |machine, one| machine.float_of(one, span)),
            ("bool", Some(value)) => match (self.truth(&value), value.trail()) {
                (Some(truth), trail) => {
                    Value::Bool(Traced::new(truth, trail.unwrap_or_else(|| Trail::written(span))))
                }
                (None, _) => Value::Unknown(Gap::of(&value, span)),
            },
            ("bool", None) => Value::Bool(Traced::written(false, span)),
            ("min" | "max", Some(_)) => self.extreme(name, arguments, span),
            ("abs", Some(Value::Int(n))) => Value::Int(n.map(i64::saturating_abs)),
            ("round", Some(value)) if arguments.positional.len() == 1 => value.each(|one| round(one, span)),
            ("len", Some(Value::Outside(set))) if &*set.name == "os.sched_getaffinity()" => {
                Value::of_count(&self.cpus.counted(Some(span)))
            }
            ("len", Some(value)) => self.length(&value, span),
            ("dict", first) => self.new_dict(first, arguments),
            ("list" | "tuple" | "set" | "frozenset" | "iter", Some(value)) => match self.items(&value) {
                Some(items) => Value::Object(self.heap.list(items)),
                None => Value::Unknown(Gap::of(&value, span)),
            },
            ("list" | "tuple" | "set" | "frozenset", None) => Value::Object(self.heap.list([])),
            ("sorted", Some(value)) => self.sorted(&value, arguments, span),
            ("map", Some(function)) => self.map(&function, arguments, span),
            ("zip", Some(_)) => self.zip(arguments, span),
            ("enumerate", Some(value)) => self.enumerate(&value, arguments, span),
            ("sum", Some(value)) => self.sum(&value, arguments, span),
            ("range", _) => self.range(arguments, span),
            ("next", Some(value)) => match self.items(&value) {
                Some(items) => items
                    .into_iter()
                    .next()
                    .or_else(|| arguments.positional.get(1).cloned())
                    .unwrap_or(Value::Absent),
                None if matches!(value, Value::Object(_)) => Value::Unknown(Gap::of(&value, span)),
                None => value,
            },
            ("getattr", Some(of)) => self.get_attribute(of, arguments, span),
            ("setattr", Some(of)) => {
                if let (Some(name), Some(value)) = (arguments.positional.get(1), arguments.positional.get(2))
                    && let Some(name) = name.as_text()
                {
                    self.set_attribute(&of, &Key::new(name.as_str()), value.clone());
                }
                Value::None(Trail::written(span))
            }
            ("hasattr", Some(of)) => self.has_attribute(&of, arguments, span),
            ("isinstance", Some(value)) => self.is_instance(&value, arguments.positional.get(1), span),
            ("globals" | "locals" | "vars", None) => {
                let scopes = self.frames.iter().rev().map(|frame| frame.scope);
                let scope = match name {
                    "globals" => {
                        scopes.into_iter().find(|scope| matches!(self.heap.kind(*scope), Kind::Module(_)))
                    }
                    _ => scopes.into_iter().next(),
                };
                scope.map_or_else(|| Value::unknown("there are no names", span), Value::Object)
            }
            ("print", _) => Value::None(Trail::written(span)),
            ("any" | "all", Some(value)) => self.any_or_all(name, &value, span),
            (_, _) => {
                self.escape(arguments);
                Value::unknown(format!("`{name}` is not followed"), span)
            }
        }
    }

    /// The outcome of `change` for every value that `value` may be.
    pub(super) fn each_value(
        &mut self,
        value: Value,
        mut change: impl FnMut(&mut Self, Value) -> Value,
    ) -> Value {
        value.each(|one| change(self, one))
    }

    /// `int(value)`.
    pub(super) fn int_of(&mut self, value: Value, span: Span) -> Value {
        match value {
            Value::Int(_) | Value::Counted(_) => value,
            Value::Bool(truth) => Value::Int(truth.map(i64::from)),
            #[allow(clippy::cast_possible_truncation)] // Saturates, and no count is near the ends.
            Value::Float(number) => Value::Int(number.map(|number| number.trunc() as i64)),
            Value::Text(text) => self.parse_int(&text, span),
            Value::Unknown(gap) => Value::Unknown(Gap { shape: None, ..gap }),
            other => Value::Unknown(Gap::of(&other, span)),
        }
    }

    /// The whole number that a string means; a string that means none stops the process, which is said.
    pub(super) fn parse_int(&mut self, text: &Text, span: Span) -> Value {
        match python_int(text.as_str()) {
            Ok(number) => Value::Int(Traced::new(number, text.trail())),
            Err(kind) => {
                let words = match kind {
                    FlawKind::Empty => "is set but empty",
                    FlawKind::TooLarge => "is too large for a count",
                    FlawKind::NotANumber | FlawKind::Negative => "is not a whole number",
                };
                self.bad_number(text, words, span);
                let trail = text.trail();
                Value::Unknown(Gap { why: format!("it {words}").into(), trail, shape: None })
            }
        }
    }

    /// A value that has to be a number and is none, at the place where it is written.
    pub(super) fn bad_number(&mut self, text: &Text, words: &str, span: Span) {
        let at = text.span().unwrap_or(span);
        let path = self.search.path_of(at);
        let message = format!("the value {words}, and the application reads it as a number");
        let problem = Problem::at(ProblemKind::NotANumber, &path, at, message);
        let problem = problem.note(span, "read as a number here");
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn float_of(&mut self, value: Value, span: Span) -> Value {
        match value {
            Value::Float(_) => value,
            Value::Text(text) => {
                if let Ok(number) = text.as_str().trim().parse::<f64>() {
                    Value::Float(Traced::new(number, text.trail()))
                } else {
                    self.bad_number(&text, "is not a number", span);
                    Value::Unknown(Gap { why: "it is not a number".into(), trail: text.trail(), shape: None })
                }
            }
            other => match (number(&other), other.trail()) {
                (Some(number), Some(trail)) => Value::Float(Traced::new(number, trail)),
                _ => Value::Unknown(Gap::of(&other, span)),
            },
        }
    }

    fn length(&mut self, value: &Value, span: Span) -> Value {
        let length = match value {
            Value::Text(text) => Some(text.as_str().chars().count()),
            other => self.items(other).map(|items| items.len()),
        };
        match length.and_then(|length| i64::try_from(length).ok()) {
            Some(length) => Value::Int(Traced::written(length, span)),
            None => Value::Unknown(Gap::of(value, span)),
        }
    }

    fn sorted(&mut self, value: &Value, arguments: &Arguments, span: Span) -> Value {
        let items = self.items(value).filter(|_| arguments.get(None, "key").is_none());
        let keyed =
            items.and_then(|items| items.into_iter().map(|item| Some((number(&item)?, item))).collect());
        let Some(mut keyed): Option<Vec<(f64, Value)>> = keyed else {
            return Value::unknown("its order is not known", span);
        };
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        if arguments.get(None, "reverse").is_some_and(|reverse| self.truth(&reverse) != Some(false)) {
            keyed.reverse();
        }
        Value::Object(self.heap.list(keyed.into_iter().map(|(_, item)| item)))
    }

    fn sum(&mut self, value: &Value, arguments: &Arguments, span: Span) -> Value {
        let Some(items) = self.items(value) else { return Value::Unknown(Gap::of(value, span)) };
        let start = arguments.get(Some(1), "start");
        let zero = start.unwrap_or_else(|| Value::Int(Traced::written(0, span)));
        items.into_iter().fold(zero, |sum, item| self.binary(Operator::Add, sum, item, span))
    }

    fn extreme(&mut self, name: &str, arguments: &Arguments, span: Span) -> Value {
        let items = match &*arguments.positional {
            [only] => self.items(only),
            several => Some(several.to_vec()),
        };
        let Some(items) = items else { return Value::unknown("its items are not known", span) };
        let better = |a: &Value, b: &Value| -> Option<bool> {
            let (a, b) = (number(a)?, number(b)?);
            Some(if name == "min" { a < b } else { a > b })
        };
        let mut outcome: Option<Value> = None;
        for item in items {
            let pick = |before: &Value, item: Value| match better(&item, before) {
                Some(true) => item,
                Some(false) => before.clone(),
                // `min(x, 5)` is at most 5 whatever `x` is, and `max` at least: both stay possible.
                None => match (&item, before) {
                    (Value::Counted(_), _) | (_, Value::Counted(_)) => {
                        counted::extreme(name == "min", before, &item, span)
                    }
                    (Value::Either(_), _) | (_, Value::Either(_)) => item.join(before.clone()),
                    (Value::Unknown(_), _) => item,
                    _ => before.clone(),
                },
            };
            outcome = Some(match outcome {
                None => item,
                Some(before) => pick(&before, item),
            });
        }
        outcome.unwrap_or_else(|| Value::unknown("it is the extreme of nothing", span))
    }

    fn new_dict(&mut self, first: Option<Value>, arguments: &Arguments) -> Value {
        let dict = self.heap.create(Kind::Dict);
        if let Some(first) = first {
            self.update_dict(dict, first);
        }
        for (key, value) in &arguments.keywords {
            self.heap.set(dict, key.clone(), value.clone());
        }
        if let Some(gap) = &arguments.rest {
            self.heap.set(dict, super::heap::REST, Value::Unknown(gap.clone()));
        }
        Value::Object(dict)
    }

    fn get_attribute(&mut self, of: Value, arguments: &Arguments, span: Span) -> Value {
        let Some(name) = arguments.positional.get(1).and_then(Value::as_text).cloned() else {
            return Value::unknown("the name of the attribute is not known", span);
        };
        let value = self.attribute(of, &Key::new(name.as_str()), span).then(How::Read, span);
        match (&value, arguments.positional.get(2)) {
            (Value::Unknown(_), Some(default)) => default.clone(),
            (Value::Outside(_), Some(default)) => value.join(default.clone()),
            _ => value,
        }
    }

    fn has_attribute(&mut self, of: &Value, arguments: &Arguments, span: Span) -> Value {
        let name = arguments.positional.get(1).and_then(Value::as_text);
        let known = match (of, name) {
            (Value::Object(object), Some(name)) => {
                let own = self.heap.get(*object, name.as_str()).map(|value| !value.may_be_absent());
                let class = match self.heap.kind(*object) {
                    Kind::Instance { class } => Some(*class),
                    Kind::Class(_) => Some(*object),
                    _ => None,
                };
                let inherited = class.and_then(|class| self.class_value(class, name.as_str())).map(|_| true);
                let is_open = class.is_some_and(|class| !self.outside_bases(class).is_empty());
                own.or(inherited).or((!is_open).then_some(false)).filter(|has| *has || !is_open)
            }
            _ => None,
        };
        match known {
            Some(has) => Value::Bool(Traced::written(has, span)),
            None => Value::unknown("whether it has the attribute is not known", span),
        }
    }

    fn is_instance(&self, value: &Value, class: Option<&Value>, span: Span) -> Value {
        let class = match class {
            Some(Value::Outside(outside)) => outside.last_part().to_owned(),
            _ => return Value::unknown("what it is compared with is not known", span),
        };
        let own = match value {
            Value::Text(_) => "str",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Bool(_) => "bool",
            Value::None(_) => "None",
            Value::Object(object) => match self.heap.kind(*object) {
                Kind::Dict => "dict",
                Kind::List => "list",
                _ => return Value::unknown("its class is not known", span),
            },
            _ => return Value::unknown("its class is not known", span),
        };
        let is_sequence = own == "list" && matches!(&*class, "tuple" | "set" | "frozenset");
        if is_sequence {
            return Value::unknown("its class is not known", span);
        }
        Value::Bool(Traced::written(own == class || (own == "bool" && class == "int"), span))
    }

    fn any_or_all(&mut self, name: &str, value: &Value, span: Span) -> Value {
        let Some(items) = self.items(value) else { return Value::Unknown(Gap::of(value, span)) };
        let decides = name == "any";
        let truths: Vec<Option<bool>> = items.iter().map(|item| self.truth(item)).collect();
        if truths.contains(&Some(decides)) {
            Value::Bool(Traced::written(decides, span))
        } else if truths.contains(&None) {
            Value::unknown("it depends on what is not known", span)
        } else {
            Value::Bool(Traced::written(!decides, span))
        }
    }
}

/// `round(value)`.
fn round(value: Value, span: Span) -> Value {
    match value {
        #[allow(clippy::cast_possible_truncation)] // Saturates, and no count is near the ends.
        Value::Float(number) => Value::Int(number.map(|number| number.round_ties_even() as i64)),
        Value::Int(_) | Value::Counted(_) => value,
        other => Value::Unknown(Gap::of(&other, span)),
    }
}
