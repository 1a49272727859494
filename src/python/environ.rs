//! Readers of variables that Django projects use: django-environ (0.14), environs (15), python-decouple (3.8),
//! dj-database-url, and the values of django-configurations (2.5).

use crate::source::Span;
use crate::syntax::dotenv::Dialect;
use crate::trace::{How, Origin, Text, Trail};

use super::call::Arguments;
use super::database_url::Helper;
use super::heap::{Key, Kind};
use super::machine::Machine;
use super::search::{join, parent};
use super::value::Value;

/// What the readers of a program were told: the types and defaults of `environ.Env(NAME=(int, 5))`, and the prefix in
/// front of every name. A program has one reader in all but name, so they share it.
#[derive(Default)]
pub(super) struct Told {
    scheme: Vec<(Key, Value)>,
    pub(super) prefixes: Vec<Value>,
    /// What stands in files that only the readers see: `starlette.config.Config(".env")`.
    own_files: Vec<(Text, Text)>,
}

/// A reader of variables and the method of it that is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Environ,
    Environs,
    Decouple,
    Starlette,
}

/// `environ.Env().db` as the reader and its method; the method is empty where the reader itself is called.
fn reader(name: &str) -> Option<(Reader, &str)> {
    const READERS: [(&str, Reader); 12] = [
        ("environ.Env()", Reader::Environ),
        ("environ.FileAwareEnv()", Reader::Environ),
        ("environ.environ.Env()", Reader::Environ),
        ("environ.Env", Reader::Environ),
        ("environs.Env()", Reader::Environs),
        ("environs.FileAwareEnv()", Reader::Environs),
        ("environs.env", Reader::Environs),
        ("environs.Env", Reader::Environs),
        ("decouple.config", Reader::Decouple),
        ("decouple.AutoConfig()", Reader::Decouple),
        ("decouple.Config()", Reader::Decouple),
        ("starlette.config.Config()", Reader::Starlette),
    ];
    READERS.iter().find_map(|(prefix, reader)| {
        let rest = name.strip_prefix(prefix)?;
        match rest.strip_prefix('.') {
            Some(method) if !method.contains(['.', '(']) => Some((*reader, method)),
            None if rest.is_empty() && !prefix.ends_with("Env") => Some((*reader, "")),
            _ => None,
        }
    })
}

impl Machine<'_> {
    /// Calls a function of one of these libraries; `None` where it is none of theirs.
    pub(super) fn environ_function(
        &mut self,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        match name {
            "environ.Env" | "environ.FileAwareEnv" | "environ.environ.Env" => {
                for (key, value) in &arguments.keywords {
                    self.told.scheme.retain(|(known, _)| known != key);
                    self.told.scheme.push((key.clone(), value.clone()));
                }
                return None;
            }
            "starlette.config.Config" | "decouple.RepositoryEnv" => {
                let path = arguments.get(Some(0), "env_file").or_else(|| arguments.get(None, "source"));
                if let Some(Value::Text(path)) = path {
                    let file = join(self.working_dir, path.as_str());
                    let entries = self.dotenv(&file, Dialect::PythonOverride);
                    self.told.own_files.extend(entries);
                }
                return None;
            }
            "dj_database_url.config" => {
                let name = arguments.get(Some(0), "env");
                let key = name.unwrap_or_else(|| Value::text(Text::decoded("DATABASE_URL", span)));
                let none = || Value::None(Trail::written(span));
                let default = arguments.get(Some(1), "default").unwrap_or_else(none);
                let url = self.variable(&key, Some(default), span);
                let config = named(arguments, &["env", "default", "engine", "conn_max_age"]);
                return Some(self.database_config(url, Helper::DjDatabaseUrl, &config, span));
            }
            "dj_database_url.parse" => {
                let url = arguments.get(Some(0), "url")?;
                let config = named(arguments, &["url", "engine", "conn_max_age"]);
                return Some(self.database_config(url, Helper::DjDatabaseUrl, &config, span));
            }
            "environ.Env.db_url_config" => {
                let url = arguments.get(Some(0), "url")?;
                let config = named(arguments, &["url", "engine"]);
                return Some(self.database_config(url, Helper::Environ, &config, span));
            }
            _ if name.starts_with("configurations.values.") => {
                return self.configuration_value(name, arguments, span);
            }
            _ => {}
        }
        let (reader, method) = reader(name)?;
        self.read_with(reader, method, arguments, span)
    }

    fn read_with(
        &mut self,
        reader: Reader,
        method: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let first = arguments.positional.first().cloned();
        let first = first.or_else(|| arguments.get(None, "var").or_else(|| arguments.get(None, "name")));
        match (method, first) {
            ("read_env" | "read_envfile", path) => Some(self.read_env(reader, path, arguments, span)),
            ("db" | "db_url" | "dj_db_url", key) => {
                let environ = reader == Reader::Environ;
                let key = key.unwrap_or_else(|| Value::text(Text::decoded("DATABASE_URL", span)));
                let key = self.prefixed(key, span);
                let default = arguments.get(Some(1), "default");
                let url = self.read_variable(reader, &key, default, span);
                let url = self.referred(reader, url, span);
                let config = named(arguments, &["var", "default", "engine"]);
                let helper = if environ { Helper::Environ } else { Helper::DjDatabaseUrl };
                Some(self.database_config(url, helper, &config, span))
            }
            (
                "" | "str" | "unicode" | "string" | "int" | "integer" | "bool" | "boolean" | "float" | "list"
                | "get_value" | "path" | "url" | "decimal" | "tuple" | "csv" | "get",
                Some(key),
            ) => Some(self.read_typed(reader, method, &key, arguments, span)),
            ("prefixed", _) | (_, None) => None,
            _ => Some(Value::unknown(format!("`{method}` of a reader of variables is not followed"), span)),
        }
    }

    fn read_typed(
        &mut self,
        reader: Reader,
        method: &str,
        key: &Value,
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        let key = self.prefixed(key.clone(), span);
        let is_plain = matches!(method, "" | "get_value" | "get");
        // `env("NAME", cast, default)`, `config("NAME", default, cast)`, starlette's `config("NAME", cast, default)`.
        let (cast, default) = match (reader, is_plain) {
            (Reader::Environ | Reader::Starlette, true) => (Some(1), Some(2)),
            (Reader::Decouple, true) => (Some(2), Some(1)),
            (Reader::Environ | Reader::Environs, _) => (None, Some(1)),
            _ => (None, None),
        };
        let given = |index, name| arguments.get(index, name).and_then(Value::present);
        let mut cast = given(cast, "cast").filter(|cast| !matches!(cast, Value::None(_)));
        let mut default = given(default, "default");
        if reader == Reader::Environ
            && is_plain
            && let Some((kind, otherwise)) = self.scheme_of(&key)
        {
            cast = cast.or(Some(kind));
            default = default.or(otherwise);
        }
        let value = self.read_variable(reader, &key, default, span);
        let value = self.referred(reader, value, span);
        let kind = match method {
            "int" | "integer" => Some("int"),
            "bool" | "boolean" => Some("bool"),
            "float" => Some("float"),
            "list" | "tuple" | "csv" => {
                return self.each_value(value, |machine, one| match &one {
                    Value::Text(text) if text.is_empty() => Value::Object(machine.heap.list([])),
                    Value::Text(text) => {
                        let parts: Vec<Value> =
                            text.as_str().split(',').map(|part| Value::text(text.slice_of(part))).collect();
                        Value::Object(machine.heap.list(parts))
                    }
                    _ => one,
                });
            }
            _ => None,
        };
        self.as_kind(value, kind, cast, span)
    }

    /// The variable in front of which the prefixes stand.
    fn prefixed(&mut self, key: Value, span: Span) -> Value {
        if self.told.prefixes.is_empty() {
            return key;
        }
        let parts = self.told.prefixes.iter().cloned().chain([key]).collect();
        self.concatenate(parts, span)
    }

    /// The type and default that `environ.Env(NAME=(int, 5))` or `Env(NAME=int)` gave a name.
    fn scheme_of(&self, key: &Value) -> Option<(Value, Option<Value>)> {
        let name = key.as_text()?;
        let (_, value) = self.told.scheme.iter().find(|(known, _)| known == name.as_str())?;
        match self.items(value) {
            Some(items) => {
                let mut items = items.into_iter();
                Some((items.next()?, items.next()))
            }
            None => Some((value.clone(), None)),
        }
    }

    /// A variable, for decouple also of the `.env` beside the calling file or above it (`AutoConfig._find_file`).
    fn read_variable(&mut self, reader: Reader, key: &Value, default: Option<Value>, span: Span) -> Value {
        let is_set = key.as_text().is_none_or(|name| {
            self.heap.get(self.environment, name.as_str()).is_some()
                || self.given.unknown(name.as_str()).is_some()
        });
        let mut entries = Vec::new();
        if !is_set && matches!(reader, Reader::Decouple | Reader::Starlette) {
            entries.clone_from(&self.told.own_files);
            if entries.is_empty()
                && reader == Reader::Decouple
                && let Some(file) = self.find_dotenv()
            {
                entries = self.dotenv(&file, Dialect::PythonOverride);
            }
        }
        let name = key.as_text().map_or("", Text::as_str);
        if let Some((_, value)) = entries.into_iter().rev().find(|(known, _)| known.as_str() == name) {
            return Value::text(value.then(&Origin::at(How::Read, span)));
        }
        self.variable(key, default, span)
    }

    /// django-environ takes `$OTHER` for the value of the variable `OTHER`.
    fn referred(&mut self, reader: Reader, value: Value, span: Span) -> Value {
        let Value::Text(text) = &value else { return value };
        match text.strip_prefix("$").filter(|_| reader == Reader::Environ) {
            Some(name) if !name.is_empty() => self.variable(&Value::text(name), None, span),
            _ => value,
        }
    }

    /// `Env.read_env(path)`: sets what is not set. Without a path django-environ looks beside the calling file, environs
    /// also above it.
    fn read_env(&mut self, reader: Reader, path: Option<Value>, arguments: &Arguments, span: Span) -> Value {
        let path = path.or_else(|| ["env_file", "path"].iter().find_map(|name| arguments.get(None, name)));
        let inside = match path {
            Some(Value::Text(path)) => Some(join(self.working_dir, path.as_str())),
            None if reader == Reader::Environ => {
                let unit = self.program.units.get(self.unit());
                unit.map(|unit| join(&parent(&unit.found.inside), ".env"))
            }
            _ => self.find_dotenv(),
        };
        let overrides = ["overwrite", "override"]
            .iter()
            .find_map(|name| arguments.get(None, name))
            .and_then(|value| self.truth(&value))
            .unwrap_or(false);
        let dialect = if overrides { Dialect::PythonOverride } else { Dialect::Python };
        for (name, value) in inside.map(|inside| self.dotenv(&inside, dialect)).unwrap_or_default() {
            if overrides || self.heap.get(self.environment, name.as_str()).is_none() {
                let value = value.then(&Origin::at(How::Environment, span));
                self.heap.set(self.environment, Key::new(name.as_str()), Value::text(value));
            }
        }
        Value::None(Trail::written(span))
    }

    /// `values.DatabaseURLValue(…)`, and other values that name their variable. One that does not is named by the
    /// attribute that it is given to, and is not followed.
    fn configuration_value(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Value> {
        let kind = name.rsplit('.').next()?;
        let written = |text: &'static str| Value::text(Text::decoded(text, span));
        let is_database = kind == "DatabaseURLValue";
        let given = arguments.get(None, "environ_name");
        let variable = match given {
            Some(name) => name,
            None if is_database => written("DATABASE_URL"),
            None => return Some(Value::unknown("its variable has the name of the setting", span)),
        };
        let prefix = match arguments.get(None, "environ_prefix") {
            None if is_database => None,
            None => Some(written("DJANGO")),
            Some(Value::None(_)) => None,
            Some(prefix) => Some(prefix),
        };
        let variable = match prefix {
            Some(prefix) => self.concatenate(vec![prefix, written("_"), variable], span),
            None => variable,
        };
        let default = arguments.get(Some(0), "default");
        let reads = arguments.get(None, "environ").and_then(|value| self.truth(&value)).unwrap_or(true);
        let value = match default {
            Some(default) if !reads => default,
            default => {
                let default = default.unwrap_or_else(|| Value::None(Trail::written(span)));
                self.variable(&variable, Some(default), span)
            }
        };
        if !is_database {
            let kind = match kind {
                "IntegerValue" | "PositiveIntegerValue" => Some("int"),
                "BooleanValue" => Some("bool"),
                "FloatValue" => Some("float"),
                _ => None,
            };
            return Some(self.as_kind(value, kind, None, span));
        }
        let alias = arguments.get(None, "alias").and_then(|alias| alias.key());
        let config = self.database_config(value, Helper::DjDatabaseUrl, &named(arguments, &[]), span);
        let databases = self.heap.create(Kind::Dict);
        self.heap.set(databases, alias.unwrap_or_else(|| Key::new_static("default")), config);
        Some(Value::Object(databases))
    }

    /// A value of the environment as `kind`, or as `cast` makes it.
    fn as_kind(&mut self, value: Value, kind: Option<&str>, cast: Option<Value>, span: Span) -> Value {
        match (kind, cast) {
            (Some("bool"), _) => self.each_value(value, |_, one| super::settings::as_bool(one, span)),
            (Some(kind), _) => self.each_value(value, |machine, one| match one {
                // A default is given as it is: `env.int("N", default=None)`.
                Value::Text(_) => machine.builtin(kind, &Arguments::of([one]), span),
                other => other,
            }),
            (None, Some(Value::Outside(cast))) if &*cast.name == "builtins.bool" => {
                self.each_value(value, |_, one| super::settings::as_bool(one, span))
            }
            (None, Some(Value::Outside(cast))) if &*cast.name == "builtins.str" => value,
            (None, Some(cast)) => self.each_value(value, |machine, one| match one {
                Value::None(_) => one,
                one => machine.call(cast.clone(), Arguments::of([one]), span),
            }),
            (None, None) => value,
        }
    }

    /// `env.prefix = "APP_"`.
    pub(super) fn set_prefix(&mut self, of: &str, value: Value) {
        if matches!(reader(&format!("{of}.prefix")), Some((Reader::Environ, "prefix"))) {
            self.told.prefixes = vec![value];
        }
    }
}

/// The arguments of a call by their names; `places` are those of its first ones.
fn named(arguments: &Arguments, places: &[&'static str]) -> Arguments {
    let mut all = Arguments {
        keywords: arguments.keywords.clone(),
        rest: arguments.rest.clone(),
        ..Arguments::default()
    };
    for (value, name) in arguments.positional.iter().zip(places) {
        all.set(Key::new_static(name), value.clone());
    }
    all
}

/// `with env.prefixed("DB_"):` puts a prefix in front of the names that its block reads; whether `context` is one.
pub(super) fn prefix_of(function: &Value, arguments: &Arguments, span: Span) -> Option<Value> {
    let Value::Outside(outside) = function else { return None };
    let (_, method) = reader(&outside.name)?;
    let prefix = || arguments.positional.first().cloned();
    (method == "prefixed").then(|| prefix().unwrap_or_else(|| Value::unknown("no prefix is given", span)))
}
