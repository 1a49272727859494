//! Configurations that load themselves from an object, a mapping or the environment: `app.config` of Flask and Quart
//! (`flask/config.py` of 3.1).

use crate::source::Span;
use crate::trace::{How, Text, Traced, Trail};

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId, REST};
use super::machine::Machine;
use super::value::{Gap, Value};

impl Machine<'_> {
    /// `config.from_…(…)` on a dictionary; `None` for another method.
    pub(super) fn config_method(
        &mut self,
        config: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("from_object", Some(source)) => {
                for one in source.into_alternatives() {
                    self.take_object(config, one, span);
                }
            }
            ("from_mapping", first) => {
                if let Some(first) = first {
                    self.update_dict(config, first);
                }
                for (key, value) in &arguments.keywords {
                    self.heap.set(config, key.clone(), value.clone());
                }
                if let Some(gap) = &arguments.rest {
                    self.heap.set(config, REST, Value::Unknown(gap.clone()));
                }
            }
            ("from_prefixed_env", first) => {
                let prefix = first.or_else(|| arguments.get(None, "prefix"));
                match prefix.map(|prefix| prefix.as_text().map(|text| text.as_str().to_owned())) {
                    None => self.take_prefixed_env(config, "FLASK", span),
                    Some(Some(prefix)) => self.take_prefixed_env(config, &prefix, span),
                    Some(None) => self.is_open(config, "the prefix of its variables is not known", span),
                }
            }
            ("from_envvar" | "from_pyfile" | "from_file" | "from_json", source) => {
                // A file that need not be there and is named by nothing: `silent=True` in most templates.
                let is_silent = arguments.get(None, "silent").and_then(|silent| self.truth(&silent));
                let is_there = match (name, &source) {
                    ("from_envvar", Some(Value::Text(name))) => {
                        self.heap.get(self.environment, name.as_str()).is_some()
                            || self.given.unknown(name.as_str()).is_some()
                    }
                    _ => true,
                };
                if is_there || is_silent != Some(true) {
                    self.is_open(config, "it is read from a file that is not followed", span);
                }
            }
            _ => return None,
        }
        Some(Value::Bool(Traced::new(true, Trail::written(span))))
    }

    /// Anything may stand in the configuration from here on, under names that nothing else sets.
    fn is_open(&mut self, config: ObjectId, why: &str, span: Span) {
        self.heap.set(config, REST, Value::unknown(why.to_owned(), span));
    }

    /// The names in capitals of a module, a class or an instance; a string names one of those.
    fn take_object(&mut self, config: ObjectId, source: Value, span: Span) {
        let source = match source {
            Value::Text(path) => self.import_string(&path, span),
            other => other,
        };
        let Value::Object(object) = source else {
            let gap = Gap::of(&source, span);
            self.heap.set(config, REST, Value::Unknown(gap));
            return;
        };
        let class = match self.heap.kind(object) {
            Kind::Instance { class } => Some(*class),
            Kind::Class(_) => Some(object),
            _ => None,
        };
        let mut names: Vec<Key> = Vec::new();
        let line = class.map(|class| self.heap.line(class)).unwrap_or_default();
        for holder in line.into_iter().rev().chain([object]) {
            names.extend(self.heap.slots(holder).keys().filter(|name| is_setting(name)).cloned());
        }
        for name in names {
            let value = self.attribute(Value::Object(object), &name, span);
            if !matches!(value, Value::Absent) {
                self.heap.set(config, name, value.then(How::Read, span));
            }
        }
    }

    /// `werkzeug.utils.import_string`: a module, or a name in one.
    pub(super) fn import_string(&mut self, path: &Text, span: Span) -> Value {
        let name = path.as_str().replace(':', ".");
        if self.program.index(&name).is_some() {
            return self.import(&name, span);
        }
        let Some((module, last)) = name.rsplit_once('.') else {
            self.wanted.push(name);
            return Value::unknown("the module of the configuration is not found", span);
        };
        if self.program.index(module).is_none() {
            self.wanted.push(module.to_owned());
            self.wanted.push(name.clone());
            return Value::unknown("the module of the configuration is not found", span);
        }
        let module = self.import(module, span);
        if !matches!(&module, Value::Object(object) if self.heap.get(*object, last).is_some()) {
            self.wanted.push(name.clone());
        }
        self.attribute(module, &Key::new(last), span)
    }

    /// `FLASK_X=5` sets `X` to what it is as JSON, else to the string; `FLASK_A__B` a key of the dictionary `A`.
    fn take_prefixed_env(&mut self, config: ObjectId, prefix: &str, span: Span) {
        let prefix = format!("{prefix}_");
        let variables = self.heap.slots(self.environment).clone();
        for (name, value) in variables {
            let Some(name) = name.strip_prefix(&prefix) else { continue };
            let value = value.each(json);
            let value = value.then(How::Read, span);
            let mut parts = name.split("__");
            let mut holder = config;
            let mut last = parts.next().unwrap_or_default();
            for part in parts {
                let inner = if let Some(Value::Object(inner)) = self.heap.get(holder, last) {
                    *inner
                } else {
                    let inner = self.heap.create(Kind::Dict);
                    self.heap.set(holder, Key::new(last), Value::Object(inner));
                    inner
                };
                (holder, last) = (inner, part);
            }
            self.heap.set(holder, Key::new(last), value);
        }
    }
}

/// A string as the JSON value that it is.
fn json(value: Value) -> Value {
    let Value::Text(text) = &value else { return value };
    match text.as_str().trim() {
        "true" => Value::Bool(Traced::new(true, text.trail())),
        "false" => Value::Bool(Traced::new(false, text.trail())),
        "null" => Value::None(text.trail()),
        number => match number.parse::<i64>() {
            Ok(number) => Value::Int(Traced::new(number, text.trail())),
            Err(_) => value,
        },
    }
}

fn is_setting(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase())
}
