//! Calls: arguments, and what is called.

use crate::source::Span;
use crate::syntax::python::ast::{self, Expr};

use super::heap::{Key, Kind, REST};
use super::machine::{Flow, Machine};
use super::value::{Gap, Value};

/// The arguments of a call, evaluated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    /// Those without a name.
    pub(crate) positional: Vec<Value>,
    /// Those with one. A value may be absent in some branch.
    pub(crate) keywords: Vec<(Key, Value)>,
    /// `**something` that is not known: any argument may be among it.
    pub(crate) rest: Option<Gap>,
}

impl Arguments {
    /// Nothing but `values`.
    pub(crate) fn of(values: impl IntoIterator<Item = Value>) -> Self {
        Self { positional: values.into_iter().collect(), ..Self::default() }
    }

    /// The argument `name`, which may also stand at `index`. Absent alternatives are left in; `None` when it is not
    /// given at all.
    pub(crate) fn get(&self, index: Option<usize>, name: &str) -> Option<Value> {
        let keyword = self.keywords.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let positional = || index.and_then(|index| self.positional.get(index).cloned());
        let given = keyword.or_else(positional);
        match (&self.rest, given) {
            (Some(gap), None) => Some(Value::Unknown(gap.clone())),
            (Some(gap), Some(value)) if value.may_be_absent() => {
                Some(value.join(Value::Unknown(gap.clone())))
            }
            (_, given) => given,
        }
    }

    /// Adds or replaces a keyword.
    pub(crate) fn set(&mut self, name: Key, value: Value) {
        match self.keywords.iter_mut().find(|(key, _)| *key == name) {
            Some(entry) => entry.1 = value,
            None => self.keywords.push((name, value)),
        }
    }

    /// Every value.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.positional.iter().chain(self.keywords.iter().map(|(_, value)| value))
    }
}

impl<'a> Machine<'a> {
    pub(super) fn call_expression(&mut self, call: &'a ast::ExprCall) -> Value {
        let span = self.span(&*call.func);
        if let Expr::Attribute(attribute) = &*call.func {
            if let Expr::Call(inner) = &*attribute.value
                && matches!(&*inner.func, Expr::Name(name) if name.id == "super")
            {
                let arguments = self.arguments(&call.arguments);
                return self.call_super(&attribute.attr.id, arguments, span);
            }
            let receiver = self.evaluate(&attribute.value);
            let arguments = self.arguments(&call.arguments);
            return receiver.each(|one| self.call_method(one, &attribute.attr.id, arguments.clone(), span));
        }
        let function = self.evaluate(&call.func);
        let arguments = self.arguments(&call.arguments);
        self.call(function, arguments, span)
    }

    /// Evaluates the arguments of a call.
    pub(super) fn arguments(&mut self, written: &'a ast::Arguments) -> Arguments {
        let mut arguments = Arguments::default();
        for argument in &written.args {
            let value = self.evaluate(argument);
            match (argument, self.items(&value)) {
                (Expr::Starred(_), Some(items)) => arguments.positional.extend(items),
                (Expr::Starred(_), None) => arguments.rest = Some(Gap::of(&value, self.span(argument))),
                _ => arguments.positional.push(value),
            }
        }
        for keyword in &written.keywords {
            let value = self.evaluate(&keyword.value);
            match &keyword.arg {
                Some(name) => arguments.set(name.id.clone(), value),
                None => self.spread(value, &mut arguments, self.span(&keyword.value)),
            }
        }
        arguments
    }

    /// `**value` among the arguments.
    pub(super) fn spread(&self, value: Value, arguments: &mut Arguments, span: Span) {
        let all = value.into_alternatives();
        let before = arguments.keywords.clone();
        let mut merged: Option<Vec<(Key, Value)>> = None;
        for one in all {
            let mut these = before.clone();
            match one {
                Value::Object(object) if matches!(self.heap.kind(object), Kind::Dict) => {
                    for (key, value) in self.heap.slots(object) {
                        if *key == REST {
                            arguments.rest = Some(Gap::of(value, span));
                        } else {
                            these.retain(|(name, _)| name != key);
                            these.push((key.clone(), value.clone()));
                        }
                    }
                }
                Value::None(_) => {}
                other => arguments.rest = Some(Gap::of(&other, span)),
            }
            merged = Some(match merged {
                None => these,
                Some(merged) => join_keywords(merged, these),
            });
        }
        arguments.keywords = merged.unwrap_or(before);
    }

    /// Calls `function`; `span` is the place of its name.
    pub(super) fn call(&mut self, function: Value, arguments: Arguments, span: Span) -> Value {
        if !self.may_step() {
            return Value::unknown("the program is too large or too deep to follow to its end", span);
        }
        match function {
            Value::Function(id) => self.call_function(id, None, arguments, span),
            Value::Method(object, id) => self.call_function(id, Some(Value::Object(object)), arguments, span),
            Value::Outside(outside) => self.call_outside(&outside, &arguments, span),
            Value::Object(object) => match self.heap.kind(object) {
                Kind::Class(_) => self.deeper(|machine| machine.instantiate(object, arguments, span)),
                Kind::Known(_) => {
                    if let Some(value) = self.call_partial(object, &arguments, span) {
                        return value;
                    }
                    self.escape(&arguments);
                    Value::unknown("it is called and is no function of the source", span)
                }
                _ => match self.method(object, "__call__") {
                    Some(method) => self.call(method, arguments, span),
                    None => Value::unknown("it is called and is no function of the source", span),
                },
            },
            Value::Either(all) => {
                let mut outcome = Value::Absent;
                for one in all.iter() {
                    let mut value = Value::Absent;
                    self.either(
                        |machine| {
                            value = machine.call(one.clone(), arguments.clone(), span);
                            Flow::Next
                        },
                        |_| Flow::Raised,
                    );
                    outcome = if matches!(outcome, Value::Absent) { value } else { outcome.join(value) };
                }
                outcome
            }
            // django-environ's `Path`: `root("static")`.
            Value::Text(path) => match self.path_method(&path, "joinpath", &arguments, span) {
                Some(value) => value,
                None => Value::unknown("it is called and is no function of the source", span),
            },
            Value::Unknown(gap) => {
                self.escape(&arguments);
                Value::Unknown(Gap { shape: None, ..gap })
            }
            _ => {
                self.escape(&arguments);
                Value::unknown("it is called and is no function of the source", span)
            }
        }
    }

    /// Functions among the arguments of a call that is not followed may be called by it.
    pub(super) fn escape(&mut self, arguments: &Arguments) {
        for value in arguments.values() {
            for one in value.clone().into_alternatives() {
                if matches!(one, Value::Function(_) | Value::Method(..)) {
                    self.escaped.push(one);
                } else if let Value::Outside(outside) = &one
                    && let Some(at) = outside.at
                    && self.libraries.constructor(&outside.name).is_some()
                    && !outside.is_class()
                {
                    self.unknown_pools(
                        format!("`{}` is handed to code that is not followed", outside.name),
                        at,
                    );
                }
            }
        }
    }
}

/// Keywords of which either set may be given.
fn join_keywords(first: Vec<(Key, Value)>, mut second: Vec<(Key, Value)>) -> Vec<(Key, Value)> {
    let mut joined = Vec::new();
    for (key, value) in first {
        let other = second.iter().position(|(name, _)| *name == key);
        let other = other.map_or(Value::Absent, |index| second.remove(index).1);
        joined.push((key, value.join(other)));
    }
    joined.extend(second.into_iter().map(|(key, value)| (key, Value::Absent.join(value))));
    joined
}
