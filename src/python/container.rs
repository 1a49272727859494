//! Dictionaries and lists.

use crate::source::Span;
use crate::syntax::python::ast::{self, Operator};
use crate::trace::{Text, Traced, Trail};

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId, REST, index_key};
use super::machine::Machine;
use super::value::{Gap, Value};

/// `range(n)` is a list up to this.
const MAX_RANGE: i64 = 1024;
/// No list of settings is longer; code in a loop may double one for ever.
const MAX_LIST: usize = 1 << 14;

impl<'a> Machine<'a> {
    /// `object[key] = value`.
    pub(super) fn set_item(&mut self, object: ObjectId, key: &Value, value: Value, span: Span) {
        if let Value::Pool(pool) = value {
            self.ledger.name(pool, key.as_text().map_or("", Text::as_str));
        }
        match key.key() {
            Some(key) => self.heap.set(object, key, value),
            None => {
                self.heap.set(object, REST, Value::unknown("it is set under a key that is not known", span));
            }
        }
    }

    /// `object[key]`, or what stands for it where there is none.
    pub(super) fn item(&mut self, of: &Value, key: &Value, default: Option<Value>, span: Span) -> Value {
        let object = match of {
            Value::Object(object) => *object,
            Value::Text(text) => return character(text, key, span),
            Value::Outside(outside) if &*outside.name == "sys.argv" => {
                return Value::outside("sys.argv[]", Some(span));
            }
            other => return Value::Unknown(Gap::of(other, span)),
        };
        if object == self.environment {
            return self.variable(key, default, span);
        }
        match self.heap.kind(object) {
            Kind::Dict | Kind::List | Kind::Module(_) | Kind::Scope { .. } => {}
            Kind::Known(_) => {
                let found = self.parser_item(object, key, default.clone(), span);
                let found = found.or_else(|| self.dynaconf_item(object, key, default, span));
                return found.unwrap_or_else(|| Value::unknown("it cannot be indexed", span));
            }
            _ => {
                return match self.method(object, "__getitem__") {
                    Some(method) => self.call(method, Arguments::of([key.clone()]), span),
                    None => Value::unknown("it cannot be indexed", span),
                };
            }
        }
        let Some(name) = self.index(object, key) else { return self.any_item(object, key, default, span) };
        let rest = self.heap.get(object, &REST).cloned();
        let found = self.heap.get(object, &name).cloned();
        let missing = || match (rest, default) {
            (Some(rest), Some(default)) => rest.join(default),
            (Some(rest), None) => rest,
            (None, Some(default)) => default,
            (None, None) => Value::unknown("there is no such key", span),
        };
        match found {
            None => missing(),
            Some(value) if value.may_be_absent() => match value.present() {
                Some(value) => value.join(missing()),
                None => missing(),
            },
            Some(value) => value,
        }
    }

    /// The item of a key that is not known: any of a dictionary's, or the default.
    fn any_item(&self, object: ObjectId, key: &Value, default: Option<Value>, span: Span) -> Value {
        let slots = self.heap.slots(object);
        let is_choice = matches!(self.heap.kind(object), Kind::Dict) && !slots.is_empty();
        if !is_choice || !matches!(key, Value::Unknown(_) | Value::Outside(_)) {
            return Value::unknown("its key is not known", span);
        }
        slots
            .values()
            .cloned()
            .chain(default)
            .filter_map(Value::present)
            .reduce(Value::join)
            .unwrap_or(Value::Absent)
    }

    /// The slot that a key means: a negative index counts from the end.
    fn index(&self, object: ObjectId, key: &Value) -> Option<Key> {
        match (self.heap.kind(object), key) {
            (Kind::List, Value::Int(number)) if number.value < 0 => {
                let len = i64::try_from(self.heap.slots(object).len()).ok()?;
                Some(Key::new(len.checked_add(number.value)?.to_string()))
            }
            _ => key.key(),
        }
    }

    /// `object.update(value)`, `{**value}`, `object |= value`.
    pub(super) fn update_dict(&mut self, object: ObjectId, value: Value) {
        let place = value.place();
        for one in value.into_alternatives() {
            match one {
                Value::Object(other) if matches!(self.heap.kind(other), Kind::Dict) => {
                    let slots: Vec<(Key, Value)> = self
                        .heap
                        .slots(other)
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect();
                    for (key, value) in slots {
                        let value = if value.may_be_absent() {
                            value.join(self.heap.get(object, &key).cloned().unwrap_or(Value::Absent))
                        } else {
                            value
                        };
                        self.heap.set(object, key, value);
                    }
                }
                Value::None(_) => {}
                other => {
                    if let Some(span) = other.place().or(place) {
                        let gap = Gap::of(&other, span);
                        self.heap.set(object, REST, Value::Unknown(gap));
                    }
                }
            }
        }
    }

    /// Puts a value at the end of a list.
    pub(super) fn append(&mut self, list: ObjectId, value: Value) {
        let index = self.heap.slots(list).len();
        self.heap.set(list, index_key(index), value);
    }

    /// Puts the items of a value at the end of a list.
    pub(super) fn extend_list(&mut self, list: ObjectId, value: &Value, span: Span) {
        let fits = |items: &Vec<Value>| items.len() + self.heap.slots(list).len() <= MAX_LIST;
        match self.items(value).filter(fits) {
            Some(items) => items.into_iter().for_each(|item| self.append(list, item)),
            None => self.heap.set(list, REST, Value::unknown("it is extended by what is not known", span)),
        }
    }

    /// The items that iterating over a value gives, where all are known.
    pub(super) fn items(&self, value: &Value) -> Option<Vec<Value>> {
        let Value::Object(object) = value else { return None };
        let slots = self.heap.slots(*object);
        let is_open = slots.contains_key(&REST) || slots.values().any(Value::may_be_absent);
        match self.heap.kind(*object) {
            Kind::List if !is_open => Some(slots.values().cloned().collect()),
            Kind::Dict if !is_open && *object != self.environment => {
                let text = |(key, value): (&Key, &Value)| {
                    let trail = value.trail().unwrap_or_else(|| Trail::default_of("a key", None));
                    Value::text(Text::traced(key.as_str(), trail))
                };
                Some(slots.iter().map(text).collect())
            }
            _ => None,
        }
    }

    /// `left | right` of dictionaries, `left + right` of lists.
    pub(super) fn merge_objects(
        &mut self,
        operator: Operator,
        left: ObjectId,
        right: ObjectId,
        span: Span,
    ) -> Value {
        match (self.heap.kind(left), operator) {
            (Kind::Dict, Operator::BitOr) => {
                let merged = self.heap.create(Kind::Dict);
                self.update_dict(merged, Value::Object(left));
                self.update_dict(merged, Value::Object(right));
                Value::Object(merged)
            }
            (Kind::List, Operator::Add) => {
                let merged = self.heap.create(Kind::List);
                self.extend_list(merged, &Value::Object(left), span);
                self.extend_list(merged, &Value::Object(right), span);
                Value::Object(merged)
            }
            _ => Value::unknown("these cannot be calculated with", span),
        }
    }

    /// `object.name(…)` of a dictionary or list.
    pub(super) fn container_method(
        &mut self,
        object: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        let first = arguments.positional.first().cloned();
        let none = || Value::None(Trail::written(span));
        let is_dict = matches!(self.heap.kind(object), Kind::Dict);
        match (name, first) {
            ("get", Some(key)) => {
                let default = arguments.get(Some(1), "default").or_else(|| arguments.get(None, "fallback"));
                let default = default.unwrap_or_else(none);
                key.each(|key| self.item(&Value::Object(object), &key, Some(default.clone()), span))
            }
            ("pop" | "setdefault", Some(key)) if is_dict => {
                let default = arguments.positional.get(1).cloned().unwrap_or_else(none);
                let value = self.item(&Value::Object(object), &key, Some(default), span);
                match (name, key.key()) {
                    ("pop", Some(key)) => drop(self.heap.remove(object, &key)),
                    _ => self.set_item(object, &key, value.clone(), span),
                }
                value
            }
            ("update", first) => {
                if let Some(first) = first {
                    self.update_dict(object, first);
                }
                for (key, value) in &arguments.keywords {
                    self.heap.set(object, key.clone(), value.clone());
                }
                if let Some(gap) = &arguments.rest {
                    self.heap.set(object, REST, Value::Unknown(gap.clone()));
                }
                none()
            }
            ("copy", _) => self.copy(object),
            ("append" | "add", Some(value)) => {
                self.append(object, value);
                none()
            }
            ("extend", Some(value)) => {
                self.extend_list(object, &value, span);
                none()
            }
            ("keys", _) if is_dict => Value::Object(object),
            ("values", _) if is_dict => self.list_of(object, |_, value| value, span),
            ("items", _) if is_dict => self.pairs(object, span),
            ("insert" | "remove" | "pop" | "clear" | "sort" | "reverse", _) => {
                self.heap.set(object, REST, Value::unknown("it is changed in place", span));
                Value::unknown("it is taken out of a list", span)
            }
            // A section of an INI file.
            ("getint" | "getfloat" | "getboolean", Some(option)) => {
                let fallback = arguments.get(Some(1), "fallback");
                self.option(Value::Object(object), &option, fallback.as_ref(), name, span)
            }
            (name, _) => match self.config_method(object, name, arguments, span) {
                Some(value) => value,
                None => Value::unknown(format!("`{name}` of a list or dictionary is not followed"), span),
            },
        }
    }

    /// Another dictionary or list with the same contents.
    pub(super) fn copy(&mut self, object: ObjectId) -> Value {
        let kind = if matches!(self.heap.kind(object), Kind::Dict) { Kind::Dict } else { Kind::List };
        let copy = self.heap.create(kind);
        for (key, value) in self.heap.slots(object).clone() {
            self.heap.set(copy, key, value);
        }
        Value::Object(copy)
    }

    fn list_of(&mut self, dict: ObjectId, take: impl Fn(Key, Value) -> Value, span: Span) -> Value {
        if self.items(&Value::Object(dict)).is_none() {
            return Value::unknown("the contents of the dictionary are not all known", span);
        }
        let items: Vec<Value> =
            self.heap.slots(dict).iter().map(|(key, value)| take(key.clone(), value.clone())).collect();
        Value::Object(self.heap.list(items))
    }

    fn pairs(&mut self, dict: ObjectId, span: Span) -> Value {
        let Some(keys) = self.items(&Value::Object(dict)) else {
            return Value::unknown("the contents of the dictionary are not all known", span);
        };
        let values: Vec<Value> = self.heap.slots(dict).values().cloned().collect();
        let pairs: Vec<Value> = keys
            .into_iter()
            .zip(values)
            .map(|(key, value)| Value::Object(self.heap.list([key, value])))
            .collect();
        Value::Object(self.heap.list(pairs))
    }

    /// `range(…)`.
    pub(super) fn range(&mut self, arguments: &Arguments, span: Span) -> Value {
        let bounds: Option<Vec<i64>> = arguments
            .positional
            .iter()
            .map(|value| match value {
                Value::Int(number) => Some(number.value),
                _ => None,
            })
            .collect();
        let (start, end) = match bounds.as_deref() {
            Some([end]) => (0, *end),
            Some([start, end]) => (*start, *end),
            _ => return Value::unknown("its length is not known", span),
        };
        if end.saturating_sub(start) > MAX_RANGE {
            return Value::unknown("it is too long to follow", span);
        }
        let numbers = (start..end).map(|number| Value::Int(Traced::written(number, span)));
        Value::Object(self.heap.list(numbers))
    }

    /// `of[lower:upper]`.
    pub(super) fn slice(&mut self, of: Value, slice: &'a ast::ExprSlice, span: Span) -> Value {
        let mut bound = |expression: Option<&'a ast::Expr>| match expression.map(|e| self.evaluate(e)) {
            None => Some(None),
            Some(Value::Int(number)) => Some(Some(number.value)),
            Some(_) => None,
        };
        let (lower, upper) = (bound(slice.lower.as_deref()), bound(slice.upper.as_deref()));
        let (Some(lower), Some(upper), None) = (lower, upper, &slice.step) else {
            return Value::unknown("its part is not known", span);
        };
        of.each(|one| match &one {
            Value::Text(text) if text.as_str().is_ascii() => {
                let (from, to) = cut(text.len(), lower, upper);
                Value::text(text.slice(from..to))
            }
            Value::Outside(outside) if &*outside.name == "sys.argv" => one.clone(),
            other => match self.items(other) {
                Some(items) => {
                    let (from, to) = cut(items.len(), lower, upper);
                    Value::Object(self.heap.list(items.into_iter().take(to).skip(from)))
                }
                None => Value::Unknown(Gap::of(other, span)),
            },
        })
    }
}

/// The part of `len` items that Python's `[lower:upper]` means.
fn cut(len: usize, lower: Option<i64>, upper: Option<i64>) -> (usize, usize) {
    let place = |bound: i64| match usize::try_from(bound) {
        Ok(bound) => bound.min(len),
        Err(_) => len.saturating_sub(usize::try_from(bound.unsigned_abs()).unwrap_or(len)),
    };
    let (from, to) = (lower.map_or(0, place), upper.map_or(len, place));
    (from, to.max(from))
}

fn character(text: &Text, key: &Value, span: Span) -> Value {
    match key {
        Value::Int(number) if text.as_str().is_ascii() => {
            let (from, _) = cut(text.len(), Some(number.value), None);
            Value::text(text.slice(from..from + 1))
        }
        _ => Value::unknown("its index is not known", span),
    }
}
