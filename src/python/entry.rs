//! Beginning and end: the object that a server takes out of the entry, and what was found.

use std::sync::Arc;

use crate::pool::Demand;
use crate::source::Span;
use crate::trace::Note;

use super::call::Arguments;
use super::heap::{Key, Kind, REST};
use super::machine::Machine;
use super::program::Unit;
use super::session::Leaves;
use super::value::{Gap, Value};
use super::{Entry, Opened, Wanted};

impl Machine<'_> {
    /// What a server takes out of the entry's module: `app`, `app.wsgi`, `create_app()`. A factory is called.
    pub(super) fn take(&mut self, module: &Value, attribute: &str, span: Span) {
        let (path, arguments) =
            attribute.split_once('(').map_or((attribute, None), |(path, rest)| (path, Some(rest)));
        let mut value = module.clone();
        for name in path.trim().split('.') {
            value = self.attribute(value, &Key::new(name), span);
        }
        let is_factory = matches!(value, Value::Function(_));
        if is_factory || arguments.is_some() {
            // The factory's arguments are words of the command line; defaults stand for what is not given.
            self.call(value, Arguments::default(), span);
        }
    }

    /// Loads what the process is told to load beside its entry.
    pub(super) fn load_beside(&mut self, import: &Entry, span: Span) {
        let name = import.imported_name();
        if self.program.index(&name).is_none() {
            self.unknown_pools(format!("the source of {} is not among these files", import.target()), span);
        }
        let module = self.import(&name, span);
        if let Entry::Module { attribute: Some(attribute), .. } = import {
            self.take(&module, attribute.as_str(), attribute.span().unwrap_or(span));
        }
    }

    /// The keys of `configuration` behind `prefix`, as `engine_from_config` hands them to `create_engine`: strings
    /// become numbers (`engine/create.py`, `_coerce_config`).
    pub(crate) fn configuration(
        &self,
        configuration: Option<Value>,
        prefix: &str,
        given: &Arguments,
        span: Span,
    ) -> Arguments {
        let mut arguments = Arguments::default();
        match configuration {
            Some(Value::Object(object)) if matches!(self.heap.kind(object), Kind::Dict) => {
                for (key, value) in self.heap.slots(object) {
                    if *key == REST {
                        arguments.rest = Some(Gap::of(value, span));
                    } else if let Some(name) = key.strip_prefix(prefix) {
                        arguments.set(Key::new(name), number_of(name, value.clone()));
                    }
                }
            }
            Some(other) => arguments.rest = Some(Gap::of(&other, span)),
            None => {}
        }
        // What the call itself gives comes last (`engine/create.py`: `options.update(kwargs)`).
        for (name, value) in &given.keywords {
            arguments.set(name.clone(), value.clone());
        }
        if let Some(Gap { .. }) = &given.rest {
            arguments.rest.clone_from(&given.rest);
        }
        arguments
    }

    /// What was found, and the modules that were wanted beside.
    pub(super) fn finish(mut self) -> (Opened, Wanted) {
        let program = self.program;
        let mut read: Vec<_> = std::mem::take(&mut self.read);
        for (unit, module) in program.units.iter().zip(&self.modules) {
            if let (Some(file), Some(_)) = (&unit.found.file, module) {
                read.push(file.clone());
            }
        }
        for (package, at) in std::mem::take(&mut self.expected_packages) {
            if !self.found_packages.contains(package) {
                self.unknown_pools(
                    format!("`{package}` is imported, and where it opens its pool was not found"),
                    at,
                );
            }
        }
        let children = self.count_children();
        if program.is_cut
            && let Some(at) =
                program.units.iter().find_map(|unit| unit.module.as_ref()).map(|m| m.file.at(0..0))
        {
            self.unknown_pools("the program has too many modules to follow them all", at);
        }
        if let Some(at) = self.cut {
            self.unknown_pools("the program is too large or too deep to follow to its end", at);
        }
        let (connected, left) = (self.connected_early(), self.left());
        let mut pools = self.ledger.into_pools();
        if self.has_threads {
            for pool in &mut pools {
                pool.demand = Demand::Ahead;
            }
        }
        let opened = Opened {
            pools,
            unknowns: self.unknowns,
            workers: self.workers,
            forked: self.forked,
            children,
            connected,
            left,
            problems: self.problems,
            read,
            entry_found: true,
        };
        (opened, Wanted { modules: self.wanted, files: self.wanted_files })
    }

    /// What the modules that were imported leave in the server's session.
    fn left(&self) -> Vec<Note> {
        let units = self.imported.iter().filter_map(|&index| self.program.units.get(index));
        let of_unit = |unit: &Unit| {
            let file = unit.module.as_ref().map(|module| Arc::clone(&module.file));
            let functions = unit.outline.functions.iter().map(|function| &function.body);
            let all = std::iter::once(&unit.outline.top).chain(functions).flat_map(|body| &body.left);
            let note = |&(start, end, leaves): &(u32, u32, Leaves)| {
                let at = file.as_ref()?.at(start as usize..end as usize);
                Some(Note::written(leaves.words().to_owned(), at))
            };
            all.filter_map(note).collect::<Vec<_>>()
        };
        units.flat_map(of_unit).collect()
    }
}

fn number_of(name: &str, value: Value) -> Value {
    if !matches!(name, "pool_size" | "max_overflow") {
        return value;
    }
    value.each(|one| match &one {
        Value::Text(text) => match crate::trace::python_int(text.as_str()) {
            Ok(number) => Value::Int(crate::trace::Traced::new(number, text.trail())),
            Err(_) => one,
        },
        _ => one,
    })
}
