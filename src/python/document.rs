//! Files of settings that the code reads: YAML, TOML, JSON and INI, as values at their places.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::{SourceFile, Span};
use crate::syntax::yaml::{self, Data, Node, Style, Type};
use crate::syntax::{ini, json};
use crate::trace::{How, Text, Traced, Trail};

use super::heap::{Key, Kind};
use super::machine::Machine;
use super::search::join;
use super::value::Value;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// As PyYAML reads it.
    Yaml,
    /// As `tomllib` reads it.
    Toml,
    /// As `json` reads it.
    Json,
    /// As `configparser` reads it: a dictionary for each section.
    Ini,
}

impl Format {
    /// The format that the name of a file speaks of.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "ini" | "cfg" | "conf" => Some(Self::Ini),
            _ => None,
        }
    }
}

/// `configparser` of the standard library: no comments behind values.
const CONFIGPARSER: ini::Style = ini::Style { inline_comments: &[], default_section: "DEFAULT" };

impl Machine<'_> {
    /// The file that the process sees at `path`; `None` where the tree does not hold it.
    pub(super) fn data_file(&mut self, path: &Text) -> Option<Arc<SourceFile>> {
        let found = self.search.file(&join(self.working_dir, path.as_str()))?;
        let file = self.search.load(&found).ok()?;
        if !self.read.contains(&found) {
            self.read.push(found);
        }
        Some(file)
    }

    /// What stands in the file at `path`.
    pub(super) fn document_at(&mut self, format: Format, path: &Text, span: Span) -> Value {
        match self.data_file(path) {
            Some(file) => self.document(format, &file, span),
            None => absent(path, span),
        }
    }

    /// What stands in a file.
    pub(super) fn document(&mut self, format: Format, file: &SourceFile, span: Span) -> Value {
        let refused = || Value::unknown(format!("{} cannot be read", file.path), span);
        let value = match format {
            Format::Yaml => match yaml::parse(file) {
                Ok(documents) => match documents.first() {
                    Some(node) => self.of_yaml(node),
                    None => Value::None(Trail::written(span)),
                },
                Err(_) => refused(),
            },
            Format::Json => {
                let text = Text::verbatim(file, 0..file.text.len());
                return json::parse(&text).map_or_else(refused, |json| self.of_json(&json, span));
            }
            Format::Toml => match DeTable::parse(&file.text) {
                Ok(table) => self.of_table(file, table.get_ref()),
                Err(_) => refused(),
            },
            Format::Ini => {
                let read = ini::read(file, CONFIGPARSER);
                if read.errors.is_empty() { self.of_ini(&read) } else { refused() }
            }
        };
        self.read_at(value, span)
    }

    /// Notes the place where a value was read, for everything in it.
    fn read_at(&mut self, value: Value, span: Span) -> Value {
        if let Value::Object(object) = value {
            for (key, inner) in self.heap.slots(object).clone() {
                let inner = self.read_at(inner, span);
                self.heap.set(object, key, inner);
            }
            return value;
        }
        value.then(How::Read, span)
    }

    fn of_yaml(&mut self, node: &Node) -> Value {
        if node.tag.as_ref().is_some_and(|tag| tag.starts_with('!') && !tag.starts_with("!!")) {
            return Value::unknown("what its tag makes of it is not followed", node.span);
        }
        match &node.data {
            Data::Scalar(scalar) => {
                let trail = scalar.text.trail();
                let whole = |number: i128| i64::try_from(number).ok();
                match &scalar.typed {
                    Type::Null => Value::None(trail),
                    Type::Bool(truth) => Value::Bool(Traced::new(*truth, trail)),
                    Type::Int(number) => match whole(*number) {
                        Some(number) => Value::Int(Traced::new(number, trail)),
                        None => Value::unknown("it is larger than 2^63", node.span),
                    },
                    Type::Float(number) => Value::Float(Traced::new(*number, trail)),
                    Type::String if scalar.style == Style::Plain => match old_truth(scalar.text.as_str()) {
                        Some(truth) => Value::Bool(Traced::new(truth, trail)),
                        None => Value::text(scalar.text.clone()),
                    },
                    Type::String | Type::Timestamp(_) => Value::text(scalar.text.clone()),
                }
            }
            Data::Sequence(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.of_yaml(item)).collect();
                Value::Object(self.heap.list(items))
            }
            Data::Mapping(entries) => {
                let dict = self.heap.create(Kind::Dict);
                for (key, value) in entries {
                    let value = self.of_yaml(value);
                    if let Some(key) = key.as_str() {
                        self.heap.set(dict, Key::new(key), value);
                    }
                }
                Value::Object(dict)
            }
        }
    }

    /// A value of JSON, which was read at `span`.
    pub(super) fn of_json(&mut self, value: &json::Json, span: Span) -> Value {
        match value {
            json::Json::Null(text) => Value::None(text.trail()).then(How::Read, span),
            json::Json::Bool(truth, text) => {
                Value::Bool(Traced::new(*truth, text.trail())).then(How::Read, span)
            }
            json::Json::Number(text) => match (text.as_str().parse::<i64>(), text.as_str().parse::<f64>()) {
                (Ok(number), _) => Value::Int(Traced::new(number, text.trail())).then(How::Read, span),
                (_, Ok(number)) => Value::Float(Traced::new(number, text.trail())).then(How::Read, span),
                _ => Value::unknown("it is no number", span),
            },
            json::Json::String(text) => Value::text(text.clone()).then(How::Read, span),
            json::Json::Array(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.of_json(item, span)).collect();
                Value::Object(self.heap.list(items))
            }
            json::Json::Object(entries) => {
                let dict = self.heap.create(Kind::Dict);
                for (key, value) in entries {
                    let value = self.of_json(value, span);
                    self.heap.set(dict, Key::new(key.as_str()), value);
                }
                Value::Object(dict)
            }
        }
    }

    fn of_table(&mut self, file: &SourceFile, table: &DeTable<'_>) -> Value {
        let dict = self.heap.create(Kind::Dict);
        for (key, value) in table {
            let value = self.of_toml(file, value);
            self.heap.set(dict, Key::new(key.get_ref()), value);
        }
        Value::Object(dict)
    }

    fn of_toml(&mut self, file: &SourceFile, value: &Spanned<DeValue<'_>>) -> Value {
        let place = file.at(value.span());
        let trail = Trail::written(place);
        match value.get_ref() {
            DeValue::String(string) => {
                // A string without escapes stays in its place.
                let inside = value.span().start + 1..value.span().end.saturating_sub(1);
                let is_plain = file.text.get(inside.clone()) == Some(string.as_ref());
                Value::text(if is_plain {
                    Text::verbatim(file, inside)
                } else {
                    Text::decoded(string.as_ref(), place)
                })
            }
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Int(Traced::new(number, trail)),
                Err(_) => Value::unknown("it is larger than 2^63", place),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Value::Float(Traced::new(number, trail)),
                Err(_) => Value::unknown("it is no number", place),
            },
            DeValue::Boolean(truth) => Value::Bool(Traced::new(*truth, trail)),
            DeValue::Datetime(_) => Value::unknown("a date is no setting of a pool", place),
            DeValue::Array(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.of_toml(file, item)).collect();
                Value::Object(self.heap.list(items))
            }
            DeValue::Table(table) => self.of_table(file, table),
        }
    }

    /// A dictionary of sections, each with the options of the default section as well.
    fn of_ini(&mut self, read: &ini::Ini) -> Value {
        let all = self.heap.create(Kind::Dict);
        for (name, section) in &read.sections {
            let dict = self.heap.create(Kind::Dict);
            for (option, setting) in &section.options {
                self.heap.set(dict, Key::new(option), Value::text(setting.value.clone()));
            }
            self.heap.set(all, Key::new(name), Value::Object(dict));
        }
        Value::Object(all)
    }
}

/// A file that the tree does not hold.
pub(super) fn absent(path: &Text, span: Span) -> Value {
    Value::unknown(format!("{path} is not among these files"), span)
}

/// The words that YAML 1.1, and so PyYAML, takes for truth values where yaml.v3 sees strings.
fn old_truth(word: &str) -> Option<bool> {
    match word {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}
