//! dynaconf (3.2): settings of files, in layers by environment, and of variables with a prefix, which go over them.

use crate::source::Span;
use crate::trace::{How, Text, Traced};

use super::call::Arguments;
use super::document::Format;
use super::heap::{Key, Kind, ObjectId, REST};
use super::machine::Machine;
use super::search::{join, parent};
use super::value::{Gap, Value};

/// The settings, by the name they have as a value.
const SETTINGS: &str = "dynaconf.Dynaconf()";
/// The files that `from dynaconf import settings` looks for (`dynaconf/default_settings.py`).
const FILES: [&str; 10] = [
    "settings.yaml",
    "settings.yml",
    "settings.toml",
    "settings.ini",
    "settings.json",
    ".secrets.yaml",
    ".secrets.yml",
    ".secrets.toml",
    ".secrets.ini",
    ".secrets.json",
];

impl Machine<'_> {
    /// What a function of dynaconf gives; `None` where it is none of its.
    pub(super) fn dynaconf_function(
        &mut self,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        match name {
            "dynaconf.Dynaconf" | "dynaconf.LazySettings" | "dynaconf.base.LazySettings" => {
                Some(Value::Object(self.dynaconf(arguments, span)))
            }
            _ => None,
        }
    }

    /// `from dynaconf import settings`.
    pub(super) fn default_settings(&mut self, span: Span) -> Value {
        let mut arguments = Arguments::default();
        let files: Vec<Value> = FILES
            .iter()
            .filter(|name| self.search.file(&join(self.working_dir, name)).is_some())
            .map(|name| Value::text(Text::decoded(*name, span)))
            .collect();
        let files = Value::Object(self.heap.list(files));
        arguments.set(Key::new_static("settings_files"), files);
        arguments.set(Key::new_static("environments"), Value::Bool(Traced::written(true, span)));
        Value::Object(self.dynaconf(&arguments, span))
    }

    fn dynaconf(&mut self, arguments: &Arguments, span: Span) -> ObjectId {
        let settings = self.heap.create(Kind::Known(SETTINGS.into()));
        if let Some(gap) = &arguments.rest {
            self.heap.set(settings, REST, Value::Unknown(gap.clone()));
        }
        let environments = arguments.get(None, "environments");
        let has_layers = environments.is_some_and(|value| self.truth(&value) != Some(false));
        let layers = if has_layers { self.layers(arguments, span) } else { Vec::new() };
        let merges =
            arguments.get(None, "merge_enabled").is_some_and(|value| self.truth(&value) == Some(true));
        let root = arguments.get(None, "root_path").and_then(|root| root.as_text().cloned());
        for path in self.settings_files(arguments, span) {
            let Value::Text(path) = path else {
                self.heap.set(settings, REST, Value::Unknown(Gap::of(&path, span)));
                continue;
            };
            let Some(found) = self.found(&path, root.as_ref()) else {
                let gap = Value::unknown(format!("{path} is not among these files"), span);
                self.heap.set(settings, REST, gap);
                continue;
            };
            let local = local_name(found.as_str()).map(|name| Text::traced(name, found.trail()));
            let local =
                local.filter(|local| self.search.file(&join(self.working_dir, local.as_str())).is_some());
            for file in std::iter::once(found).chain(local) {
                let read = match Format::of_name(file.as_str()) {
                    Some(format) => self.document_at(format, &file, span),
                    None => Value::unknown("settings in this format are not followed", span),
                };
                self.take_layers(settings, &read, has_layers.then_some(&*layers), merges, span);
            }
        }
        for (key, value) in &arguments.keywords {
            // Other arguments in capitals are settings themselves.
            if key.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
                self.set_setting(settings, key, value);
            }
        }
        self.take_variables(settings, arguments, span);
        settings
    }

    /// The layers that count, weakest first; one that is not known is left out and said at its use.
    fn layers(&mut self, arguments: &Arguments, span: Span) -> Vec<Value> {
        let written = |text: &str| Value::text(Text::decoded(text, span));
        let switcher = arguments.get(None, "env_switcher").unwrap_or_else(|| written("ENV_FOR_DYNACONF"));
        let given = arguments.get(None, "env").or_else(|| arguments.get(None, "default_env"));
        let current = self.variable(&switcher, Some(given.unwrap_or_else(|| written("development"))), span);
        vec![written("default"), current, written("global")]
    }

    fn settings_files(&mut self, arguments: &Arguments, span: Span) -> Vec<Value> {
        let names = ["settings_files", "settings_file", "settings_module", "SETTINGS_FILE_FOR_DYNACONF"];
        let Some(given) = names.iter().find_map(|name| arguments.get(None, name)) else { return Vec::new() };
        match given {
            Value::Text(list) => {
                let parts = list.as_str().split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| Value::text(list.slice_of(part))).collect()
            }
            other => match self.items(&other) {
                Some(items) => items,
                None => vec![Value::Unknown(Gap::of(&other, span))],
            },
        }
    }

    /// Where a file of settings stands: under the root, where the process works, or beside the code or above it
    /// (`dynaconf/utils/files.py`, `find_file`).
    fn found(&self, path: &Text, root: Option<&Text>) -> Option<Text> {
        let mut folders: Vec<String> =
            root.map(|root| join(self.working_dir, root.as_str())).into_iter().collect();
        folders.push(self.working_dir.to_owned());
        let mut folder = self.program.units.get(self.unit()).map(|unit| parent(&unit.found.inside));
        while let Some(here) = folder.filter(|here| folders.len() < 32 && !folders.contains(here)) {
            folder = (here != "/" && !here.is_empty()).then(|| parent(&here));
            folders.push(here);
        }
        let places = folders
            .iter()
            .flat_map(|folder| [join(folder, path.as_str()), join(&join(folder, "config"), path.as_str())]);
        let mut places = places.filter(|place| self.search.file(place).is_some());
        places.next().map(|place| Text::traced(place, path.trail()))
    }

    /// Takes what a file says: all of it, or the layers that count.
    fn take_layers(
        &mut self,
        settings: ObjectId,
        read: &Value,
        layers: Option<&[Value]>,
        merges: bool,
        span: Span,
    ) {
        let &Value::Object(document) = read else {
            self.heap.set(settings, REST, Value::Unknown(Gap::of(read, span)));
            return;
        };
        let Some(layers) = layers else { return self.take_settings(settings, document, merges) };
        for layer in layers {
            match layer {
                Value::Text(name) => {
                    let slots = self.heap.slots(document).clone();
                    let found = slots.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_str()));
                    if let Some((_, Value::Object(layer))) = found {
                        self.take_settings(settings, layer, merges);
                    }
                }
                // Which environment it runs in is not known: every setting may be another.
                other => {
                    let gap = Value::Unknown(Gap { shape: None, ..Gap::of(other, span) });
                    for (key, value) in self.heap.slots(settings).clone() {
                        self.heap.set(settings, key, value.join(gap.clone()));
                    }
                    self.heap.set(settings, REST, gap);
                }
            }
        }
    }

    fn take_settings(&mut self, settings: ObjectId, from: ObjectId, merges: bool) {
        for (key, value) in self.heap.slots(from).clone() {
            let known = self.heap.get(settings, &key.to_uppercase()).cloned();
            if let (Some(Value::Object(known)), Value::Object(more)) = (known, &value)
                && (merges || self.heap.get(*more, "dynaconf_merge").is_some())
            {
                self.update_dict(known, value.clone());
                continue;
            }
            self.set_setting(settings, &key, &value);
        }
    }

    /// Names are compared without regard to case.
    fn set_setting(&mut self, settings: ObjectId, key: &Key, value: &Value) {
        for spelling in [key.to_string(), key.to_uppercase(), key.to_lowercase()] {
            self.heap.set(settings, Key::new(spelling), value.clone());
        }
    }

    /// `DYNACONF_POOL_SIZE=5`, and `DYNACONF_DATABASE__POOL_SIZE=5` for what stands inside another setting.
    fn take_variables(&mut self, settings: ObjectId, arguments: &Arguments, span: Span) {
        let prefix = match arguments
            .get(None, "envvar_prefix")
            .or_else(|| arguments.get(None, "ENVVAR_PREFIX_FOR_DYNACONF"))
        {
            None => "DYNACONF_".to_owned(),
            Some(Value::Text(prefix)) => format!("{}_", prefix.as_str().to_uppercase()),
            // `False`: every variable is a setting.
            Some(Value::Bool(_)) => String::new(),
            Some(other) => {
                self.heap.set(settings, REST, Value::Unknown(Gap::of(&other, span)));
                return;
            }
        };
        for (name, value) in self.heap.slots(self.environment).clone() {
            let Some(name) = name.strip_prefix(&prefix).filter(|name| !name.is_empty()) else { continue };
            let value = value.each(parsed).then(How::Environment, span);
            let mut parts = name.split("__");
            let first = Key::new(parts.next().unwrap_or_default());
            let rest: Vec<&str> = parts.collect();
            let Some((last, middle)) = rest.split_last() else {
                self.set_setting(settings, &first, &value);
                continue;
            };
            let mut holder = self.inner(settings, &first, true);
            for part in middle {
                holder = self.inner(holder, &Key::new(part), false);
            }
            let key = self.spelling(holder, last);
            self.heap.set(holder, key, value);
        }
        let names: Vec<Key> = self.heap.slots(settings).keys().cloned().collect();
        for name in names {
            if let Some(count) = self.given.unknown(&format!("{prefix}{}", name.to_uppercase())) {
                let value = Value::of_count(&count.clone());
                self.heap.set(settings, name, value);
            }
        }
    }

    /// The dictionary under a name, made where there is none.
    fn inner(&mut self, holder: ObjectId, name: &Key, is_top: bool) -> ObjectId {
        let key = self.spelling(holder, name);
        if let Some(Value::Object(inner)) = self.heap.get(holder, &key) {
            return *inner;
        }
        let inner = self.heap.create(Kind::Dict);
        if is_top {
            self.set_setting(holder, name, &Value::Object(inner));
        } else {
            self.heap.set(holder, key, Value::Object(inner));
        }
        inner
    }

    /// The name as a file spells it; a variable is in capitals.
    fn spelling(&self, holder: ObjectId, name: &str) -> Key {
        let known = self.heap.slots(holder).keys().find(|key| key.eq_ignore_ascii_case(name));
        known.cloned().unwrap_or_else(|| Key::new(name.to_lowercase()))
    }

    /// `settings["NAME"]`; `None` where these are no settings.
    pub(super) fn dynaconf_item(
        &mut self,
        object: ObjectId,
        key: &Value,
        default: Option<Value>,
        span: Span,
    ) -> Option<Value> {
        if !matches!(self.heap.kind(object), Kind::Known(class) if &**class == SETTINGS) {
            return None;
        }
        let Some(Value::Text(name)) = Some(key.clone()) else {
            return Some(Value::unknown("its key is not known", span));
        };
        let mut parts = name.as_str().split("__").flat_map(|part| part.split('.'));
        let first = parts.next().unwrap_or_default().to_uppercase();
        let mut found = self.heap.get(object, &first).cloned();
        for part in parts {
            found = match found {
                Some(Value::Object(inner)) => {
                    let key = self.spelling(inner, part);
                    self.heap.get(inner, &key).cloned()
                }
                _ => None,
            };
        }
        let rest = self.heap.get(object, &REST).cloned();
        Some(match (found, rest, default) {
            (Some(found), ..) => found,
            (None, Some(rest), Some(default)) => rest.join(default),
            (None, Some(rest), None) => rest,
            (None, None, Some(default)) => default,
            (None, None, None) => Value::unknown("no file and no variable has this setting", span),
        })
    }

    /// `settings.get("NAME", default)`; `None` where these are no settings.
    pub(super) fn dynaconf_method(
        &mut self,
        object: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let key = arguments.get(Some(0), "key");
        let default = arguments.get(Some(1), "default");
        match (name, key) {
            ("get" | "get_fresh", Some(key)) => {
                let none = Value::None(crate::trace::Trail::written(span));
                self.dynaconf_item(object, &key, Some(default.unwrap_or(none)), span)
            }
            ("as_int", Some(key)) => {
                let value = self.dynaconf_item(object, &key, None, span)?;
                Some(self.each_value(value, |machine, one| machine.int_of(one, span)))
            }
            _ => None,
        }
    }
}

/// A variable as TOML: `5`, `true`, `@int 5`; else a string.
fn parsed(value: Value) -> Value {
    let Value::Text(text) = &value else { return value };
    let cast = ["@int ", "@float ", "@bool "].iter().find_map(|cast| text.strip_prefix(cast));
    let is_cast = cast.is_some();
    let inner = cast.unwrap_or_else(|| text.clone());
    match inner.as_str().trim() {
        "true" => Value::Bool(Traced::new(true, text.trail())),
        "false" => Value::Bool(Traced::new(false, text.trail())),
        number => match number.parse::<i64>() {
            Ok(number) => Value::Int(Traced::new(number, text.trail())),
            Err(_) if is_cast || text.as_str().starts_with('@') => Value::Unknown(Gap {
                why: "what its cast makes of it is not followed".into(),
                trail: text.trail(),
                shape: None,
            }),
            Err(_) => value,
        },
    }
}

/// `settings.local.toml` for `settings.toml`, which is read after it where it is there.
fn local_name(path: &str) -> Option<String> {
    let (stem, ending) = path.rsplit_once('.')?;
    let is_local = stem.rsplit_once('.').is_some_and(|(_, last)| last == "local");
    (!is_local).then(|| format!("{stem}.local.{ending}"))
}
