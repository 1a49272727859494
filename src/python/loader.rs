//! Functions that read files: `open`, `read_text`, and what YAML, TOML, JSON and INI are read with.

use std::sync::Arc;

use crate::source::{SourceFile, Span};
use crate::syntax::json;
use crate::trace::{How, Text, Traced};

use super::call::Arguments;
use super::document::{Format, absent};
use super::heap::{Key, Kind, ObjectId, REST};
use super::machine::Machine;
use super::value::{Gap, Value};

/// An open file, by the name it has as a value.
const FILE: &str = "io.TextIOWrapper()";
/// The slot of its path, which no program can write.
const PATH: &str = "(path";
/// A parser of INI files.
const PARSER: &str = "configparser.ConfigParser()";
/// A longer file is no setting; it may still be parsed.
const MAX_READ: usize = 1 << 16;

/// The format that a function reads, and whether it is handed the content rather than a file.
fn reads(name: &str) -> Option<(Format, bool)> {
    let (package, function) = name.rsplit_once('.')?;
    let format = match package.split('.').next()? {
        "yaml" | "ruamel" | "oyaml" | "ruamel_yaml" => Format::Yaml,
        "json" | "simplejson" | "orjson" | "ujson" | "rapidjson" => Format::Json,
        "tomllib" | "tomli" | "toml" | "tomlkit" | "rtoml" | "pytomlpp" | "pytoml" => Format::Toml,
        _ => return None,
    };
    match function {
        "load" | "safe_load" | "full_load" | "unsafe_load" | "round_trip_load" => {
            Some((format, format == Format::Yaml))
        }
        "loads" | "parse" => Some((format, true)),
        _ => None,
    }
}

impl Machine<'_> {
    /// What a function that reads files makes of its arguments; `None` where it is no such function.
    pub(super) fn loader_function(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Value> {
        match name {
            "io.open" | "codecs.open" | "builtins.open" => {
                let path = arguments.get(Some(0), "file").or_else(|| arguments.get(None, "filename"))?;
                return Some(self.each_value(path, |machine, one| machine.opened(&one, span)));
            }
            "configparser.ConfigParser"
            | "configparser.RawConfigParser"
            | "configparser.SafeConfigParser"
            | "ConfigParser.ConfigParser"
            | "six.moves.configparser.ConfigParser" => {
                return Some(Value::Object(self.heap.create(Kind::Known(PARSER.into()))));
            }
            _ => {}
        }
        let (format, takes_content) = reads(name)?;
        let given = arguments.positional.first().cloned();
        let given =
            given.or_else(|| ["stream", "fp", "f", "s"].iter().find_map(|n| arguments.get(None, n)))?;
        Some(self.each_value(given, |machine, one| {
            match &one {
                Value::Object(object) => match machine.file_of(*object) {
                    Some(path) => machine.document_at(format, &path, span),
                    None => Value::unknown("what is read is not known", span),
                },
                Value::Text(text) if takes_content => machine.content(format, text, span),
                // `toml.load("settings.toml")`.
                Value::Text(path) => machine.document_at(format, path, span),
                other => Value::Unknown(Gap { shape: None, ..Gap::of(other, span) }),
            }
        }))
    }

    /// What a string comes to: the content of a file, or JSON that a variable holds.
    fn content(&mut self, format: Format, text: &Text, span: Span) -> Value {
        if let Some(file) = self.whole_file(text) {
            return self.document(format, &file, span);
        }
        match json::parse(text) {
            Some(json) if format != Format::Toml => self.of_json(&json, span),
            _ => Value::unknown("what is read is not the content of a file", span),
        }
    }

    /// The file of which `text` is all that stands in it.
    fn whole_file(&self, text: &Text) -> Option<Arc<SourceFile>> {
        let file = self.search.file_of(text.span()?);
        (file.text == text.as_str()).then_some(file)
    }

    /// `open(path)`.
    fn opened(&mut self, path: &Value, span: Span) -> Value {
        match path {
            Value::Text(path) if self.data_file(path).is_none() => absent(path, span),
            Value::Text(path) => {
                let file = self.heap.create(Kind::Known(FILE.into()));
                self.heap.set(file, Key::new_static(PATH), Value::text(path.clone()));
                Value::Object(file)
            }
            other => Value::Unknown(Gap { shape: None, ..Gap::of(other, span) }),
        }
    }

    fn file_of(&self, object: ObjectId) -> Option<Text> {
        self.heap.get(object, PATH)?.as_text().cloned()
    }

    /// A method of a path that reads its file; `None` where it is another one.
    pub(super) fn reading_method(&mut self, path: &Text, name: &str, span: Span) -> Option<Value> {
        match name {
            "open" => Some(self.opened(&Value::text(path.clone()), span)),
            "read_text" | "read_bytes" => Some(self.read_whole(path, span)),
            _ => None,
        }
    }

    fn read_whole(&mut self, path: &Text, span: Span) -> Value {
        match self.data_file(path) {
            None => absent(path, span),
            Some(file) if file.text.len() > MAX_READ => {
                Value::unknown("the file is too long for a setting", span)
            }
            Some(file) => Value::text(Text::verbatim(&file, 0..file.text.len())).then(How::Read, span),
        }
    }

    /// A method of an open file or of a parser of INI files; `None` where it is none of theirs.
    pub(super) fn loader_method(
        &mut self,
        object: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let Kind::Known(class) = self.heap.kind(object) else { return None };
        match &**class {
            FILE => {
                let path = self.file_of(object)?;
                (name == "read").then(|| self.read_whole(&path, span))
            }
            PARSER => self.parser_method(object, name, arguments, span),
            _ => None,
        }
    }

    fn parser_method(
        &mut self,
        parser: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("read", Some(first)) => {
                let paths =
                    if matches!(first, Value::Object(_)) { self.items(&first) } else { Some(vec![first]) };
                for path in
                    paths.unwrap_or_else(|| vec![Value::unknown("which files are read is not known", span)])
                {
                    let read = self.each_value(path, |machine, one| match &one {
                        Value::Text(path) => machine.document_at(Format::Ini, path, span),
                        other => Value::Unknown(Gap::of(other, span)),
                    });
                    self.take_sections(parser, read);
                }
                Some(Value::unknown("which files were there is not known", span))
            }
            ("read_file" | "readfp", Some(Value::Object(file))) => {
                let read = match self.file_of(file) {
                    Some(path) => self.document_at(Format::Ini, &path, span),
                    None => Value::unknown("what is read is not known", span),
                };
                self.take_sections(parser, read);
                Some(Value::unknown("it returns nothing", span))
            }
            ("read_dict", Some(dict)) => {
                self.take_sections(parser, dict);
                Some(Value::unknown("it returns nothing", span))
            }
            ("read_string", Some(_)) => {
                self.take_sections(parser, Value::unknown("the string is not followed", span));
                Some(Value::unknown("it returns nothing", span))
            }
            ("get" | "getint" | "getfloat" | "getboolean", Some(section)) => {
                let Some(option) = arguments.positional.get(1).cloned() else {
                    return Some(self.item(&Value::Object(parser), &section, None, span));
                };
                let fallback = arguments.get(None, "fallback");
                let section = self.section(parser, &section, fallback.is_some(), span);
                Some(self.option(section, &option, fallback.as_ref(), name, span))
            }
            _ => None,
        }
    }

    /// The section, or what stands for it: with a fallback a missing one is an empty one.
    fn section(&mut self, parser: ObjectId, name: &Value, has_fallback: bool, span: Span) -> Value {
        let empty = has_fallback.then(|| Value::Object(self.heap.create(Kind::Dict)));
        self.item(&Value::Object(parser), name, empty, span)
    }

    /// `config["database"]`.
    pub(super) fn parser_item(
        &mut self,
        parser: ObjectId,
        key: &Value,
        default: Option<Value>,
        span: Span,
    ) -> Option<Value> {
        if !matches!(self.heap.kind(parser), Kind::Known(class) if &**class == PARSER) {
            return None;
        }
        let found = key.key().and_then(|key| self.heap.get(parser, &key).cloned());
        let rest = self.heap.get(parser, &REST).cloned();
        Some(match (found, rest, default) {
            (Some(found), ..) => found,
            (None, Some(rest), Some(default)) => rest.join(default),
            (None, Some(rest), None) => rest,
            (None, None, Some(default)) => default,
            (None, None, None) => Value::unknown("there is no such section", span),
        })
    }

    /// An option of a section: its name in small letters, its value as the method makes it.
    pub(super) fn option(
        &mut self,
        section: Value,
        option: &Value,
        fallback: Option<&Value>,
        method: &str,
        span: Span,
    ) -> Value {
        let option = match option {
            Value::Text(name) => Value::text(Text::traced(name.as_str().to_lowercase(), name.trail())),
            other => other.clone(),
        };
        let value =
            self.each_value(section, |machine, one| machine.item(&one, &option, fallback.cloned(), span));
        self.each_value(value, |machine, one| match (&one, method) {
            // `%(name)s` and `${section:name}` stand for other options.
            (Value::Text(text), _) if text.as_str().contains("%(") || text.as_str().contains("${") => {
                Value::unknown("its interpolation is not followed", span)
            }
            (Value::Text(text), "getint") => machine.parse_int(text, span),
            (Value::Text(_), "getfloat") => machine.builtin("float", &Arguments::of([one]), span),
            (Value::Text(text), "getboolean") => match text.as_str().to_lowercase().as_str() {
                "1" | "yes" | "true" | "on" => Value::Bool(Traced::new(true, text.trail())),
                "0" | "no" | "false" | "off" => Value::Bool(Traced::new(false, text.trail())),
                _ => Value::unknown("it is no truth value", span),
            },
            _ => one,
        })
    }

    /// What a further file says goes over what is there; one that is not known may say anything.
    fn take_sections(&mut self, parser: ObjectId, read: Value) {
        match read {
            Value::Object(sections) => {
                for (name, section) in self.heap.slots(sections).clone() {
                    let known = self.heap.get(parser, &name).cloned();
                    match (known, section) {
                        (Some(Value::Object(known)), section @ Value::Object(_)) => {
                            self.update_dict(known, section);
                        }
                        (_, section) => self.heap.set(parser, name, section),
                    }
                }
            }
            other => {
                for (_, section) in self.heap.slots(parser).clone() {
                    let Value::Object(section) = section else { continue };
                    for (option, value) in self.heap.slots(section).clone() {
                        self.heap.set(section, option, value.join(other.clone()));
                    }
                    self.heap.set(section, REST, other.clone());
                }
                self.heap.set(parser, REST, other);
            }
        }
    }
}
