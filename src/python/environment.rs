//! Variables of the process and the `.env` files that its code loads.

use crate::source::Span;
use crate::syntax::dotenv::{self, Dialect};
use crate::trace::{How, Origin, Problem, Text};

use super::call::Arguments;
use super::heap::Key;
use super::machine::Machine;
use super::search::{join, parent};
use super::value::Value;

impl Machine<'_> {
    /// The variable that `key` names, as the code at `span` reads it.
    pub(super) fn variable(&mut self, key: &Value, default: Option<Value>, span: Span) -> Value {
        let Some(name) = key.as_text() else {
            return Value::unknown("the name of the variable is not known", span);
        };
        let found = self.heap.get(self.environment, name.as_str()).cloned();
        let lacks_default = default.as_ref().is_none_or(|default| matches!(default, Value::None(_)));
        let unknown = || {
            if lacks_default { self.given.unsaid(name.as_str()) } else { self.given.unknown(name.as_str()) }
        };
        let unknown = if found.is_none() { unknown() } else { None };
        let missing = || default.unwrap_or_else(|| Value::unknown(format!("`{name}` is not set"), span));
        match found {
            None => match unknown {
                Some(count) => Value::of_count(&count).then(How::Read, span),
                None => missing(),
            },
            Some(value) if value.may_be_absent() => match value.present() {
                Some(value) => value.then(How::Read, span).join(missing()),
                None => missing(),
            },
            Some(value) => value.then(How::Read, span),
        }
    }

    /// The variable `name` whatever the case of its letters, as pydantic reads it.
    pub(super) fn variable_in_any_case(&self, name: &str) -> Option<Value> {
        let slots = self.heap.slots(self.environment);
        let exact = slots.get(name);
        let value = exact.or_else(|| {
            slots.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })?;
        value.clone().present()
    }

    /// `load_dotenv(…)`: the named file, else the first `.env` in the folder of the calling file or above it
    /// (python-dotenv 1.2, `find_dotenv`). A variable that is set already stays, unless it is overridden.
    pub(super) fn load_dotenv(&mut self, arguments: &Arguments, span: Span) -> Value {
        let path = arguments.get(Some(0), "dotenv_path").filter(|path| !matches!(path, Value::None(_)));
        let overrides = arguments.get(None, "override").and_then(|value| self.truth(&value)).unwrap_or(false);
        let inside = match path {
            Some(Value::Text(path)) if !path.is_empty() => Some(join(self.working_dir, path.as_str())),
            // A path that is put together from the place of the file: the usual one is the nearest `.env`.
            _ => self.find_dotenv(),
        };
        let dialect = if overrides { Dialect::PythonOverride } else { Dialect::Python };
        for (name, value) in inside.map(|inside| self.dotenv(&inside, dialect)).unwrap_or_default() {
            let is_set = self.heap.get(self.environment, name.as_str()).is_some();
            if overrides || !is_set {
                let value = value.then(&Origin::at(How::Environment, span));
                self.heap.set(self.environment, Key::new(name.as_str()), Value::text(value));
            }
        }
        Value::unknown("whether a file was loaded is not followed", span)
    }

    pub(super) fn find_dotenv(&self) -> Option<String> {
        let mut folder = parent(&self.program.units.get(self.unit())?.found.inside);
        loop {
            let inside = join(&folder, ".env");
            if self.search.file(&inside).is_some() {
                return Some(inside);
            }
            if folder == "/" {
                return None;
            }
            folder = parent(&folder);
        }
    }

    /// What the dotenv file that the process sees at `inside` sets, as python-dotenv reads it; nothing where there is
    /// none.
    pub(super) fn dotenv(&mut self, inside: &str, dialect: Dialect) -> Vec<(Text, Text)> {
        let Some(path) = self.search.file(inside) else { return Vec::new() };
        if !self.read.contains(&path) {
            self.read.push(path.clone());
        }
        let file = match self.search.load(&path) {
            Ok(file) => file,
            Err(error) => {
                self.problems.push(Problem::unloadable(&path, &error));
                return Vec::new();
            }
        };
        self.search.note_reader(&path, dialect);
        let lookup = |name: &str| match self.heap.get(self.environment, name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let reading = dotenv::read(&file, dialect, &lookup);
        let known = |entry: &dotenv::Entry| Some((entry.name.clone(), entry.value.known()?.clone()));
        reading.variables().into_values().filter_map(known).collect()
    }
}
