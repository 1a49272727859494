//! Import statements, and running a module the first time it is imported.

use crate::source::Span;
use crate::syntax::python::ast::Stmt;

use super::heap::{Key, Kind, ObjectId};
use super::machine::{Flow, Frame, Machine};
use super::outline::{Import, from_import};
use super::value::Value;
use crate::trace::Text;

impl<'a> Machine<'a> {
    pub(super) fn import_statement(&mut self, statement: &'a Stmt) {
        let span = self.span(statement);
        match statement {
            Stmt::Import(import) => {
                for name in &import.names {
                    let module = self.import(&name.name.id, span);
                    let (bound, value) = if let Some(alias) = &name.asname {
                        (alias.id.clone(), module)
                    } else {
                        let root = name.name.id.split('.').next().unwrap_or_default();
                        (Key::new(root), self.import(root, span))
                    };
                    self.bind(&bound, value);
                }
            }
            Stmt::ImportFrom(import) => self.import_from(&from_import(import), span),
            _ => {}
        }
    }

    fn import_from(&mut self, import: &Import, span: Span) {
        let name = self.program.units.get(self.unit()).and_then(|unit| unit.absolute(import));
        let Some(name) = name else { return };
        let module = self.import(&name, span);
        for (taken, bound) in import.names.iter().flatten() {
            if taken == "*" {
                if matches!(module, Value::Outside(_)) {
                    self.missing_stars.push((name.clone(), span));
                }
                self.import_star(&module);
            } else {
                let value = self.taken(&module, &name, taken, span);
                self.bind(bound, value);
            }
        }
    }

    /// What `from module import name` takes: a name of the module, else a submodule.
    fn taken(&mut self, module: &Value, path: &str, name: &Key, span: Span) -> Value {
        if let Value::Object(object) = module
            && let Some(value) = self.heap.get(*object, name).cloned().and_then(Value::present)
        {
            return value;
        }
        let submodule = format!("{path}.{name}");
        if self.program.index(&submodule).is_some() {
            return self.import(&submodule, span);
        }
        self.attribute(module.clone(), name, span)
    }

    fn import_star(&mut self, module: &Value) {
        let Value::Object(object) = module else { return };
        let listed = self.heap.get(*object, "__all__").cloned();
        let listed = listed.and_then(|listed| self.items(&listed));
        let listed: Option<Vec<String>> = listed.map(|items| {
            items.iter().filter_map(|item| item.as_text().map(|text| text.as_str().to_owned())).collect()
        });
        let slots: Vec<(Key, Value)> =
            self.heap.slots(*object).iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, value) in slots {
            let is_taken = match &listed {
                Some(listed) => listed.iter().any(|name| *name == key.as_str()),
                None => !key.starts_with('_'),
            };
            if is_taken {
                self.bind(&key, value);
            }
        }
    }

    /// The module `name`, run if it was not before, with the packages that it is in.
    pub(super) fn import(&mut self, name: &str, span: Span) -> Value {
        let parent = name.rsplit_once('.').map(|(package, last)| (self.import(package, span), last));
        let Some(index) = self.program.index(name) else {
            if !self.outside_imports.iter().any(|(known, _)| known == name) {
                self.outside_imports.push((name.to_owned(), span));
            }
            if self.libraries.not_followed.contains(&name) {
                self.unknown_pools(format!("the pools of `{name}` are not followed"), span);
            }
            let expected = self.libraries.expected.iter().copied().find(|package| *package == name);
            if let Some(package) = expected
                && !self.expected_packages.iter().any(|(known, _)| *known == package)
            {
                self.expected_packages.push((package, span));
            }
            return Value::outside(name, Some(span));
        };
        let object = match self.modules.get(index).copied().flatten() {
            Some(object) => object,
            None => self.run_module(index, span),
        };
        if let Some((Value::Object(package), last)) = parent {
            self.heap.set(package, Key::new(last), Value::Object(object));
        }
        Value::Object(object)
    }

    /// Runs the statements of a module.
    pub(super) fn run_module(&mut self, index: usize, span: Span) -> ObjectId {
        let object = self.heap.create(Kind::Module(index));
        if let Some(slot) = self.modules.get_mut(index) {
            *slot = Some(object);
            self.imported.push(index);
        }
        let program = self.program;
        let Some(unit) = program.units.get(index) else { return object };
        self.heap.set(
            object,
            Key::new_static("__name__"),
            Value::text(Text::decoded(
                if unit.is_main { "__main__".to_owned() } else { unit.name.clone() },
                span,
            )),
        );
        self.heap.set(
            object,
            Key::new_static("__file__"),
            Value::text(Text::decoded(unit.found.inside.clone(), span)),
        );
        if let Some(problem) = &unit.broken {
            // Not a problem of its own: an interpreter newer than this parser may well read it.
            let at = problem.span.unwrap_or(span);
            self.unknown_pools(format!("{} cannot be followed: {}", problem.file, problem.message), at);
        }
        let Some(module) = unit.module.as_ref() else { return object };
        let frame = Frame {
            scope: object,
            parent: None,
            module: index,
            function: None,
            globals: Vec::new(),
            returned: Vec::new(),
            yielded: Vec::new(),
        };
        let (flow, _) =
            self.as_module(|machine| machine.in_frame(frame, |machine| machine.block(&module.body)));
        if flow == Flow::Raised {
            self.raised.push(index);
        }
        object
    }

    /// Whether an import statement imports modules of the tree only.
    pub(super) fn is_in_tree(&self, statement: &Stmt) -> bool {
        let is_known = |name: &str| self.program.index(name).is_some();
        match statement {
            Stmt::Import(import) => import.names.iter().all(|name| is_known(&name.name.id)),
            Stmt::ImportFrom(import) => {
                let unit = self.program.units.get(self.unit());
                unit.and_then(|unit| unit.absolute(&from_import(import))).is_some_and(|name| is_known(&name))
            }
            _ => true,
        }
    }
}
