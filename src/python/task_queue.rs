//! Celery applications: the modules of tasks that a worker imports beside its own (`celery/app/base.py` of 5.7,
//! `autodiscover_tasks`; the settings `imports` and `include`).

use crate::source::Span;

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::Machine;
use super::value::Value;

/// What an application is called with that is kept.
const APPLICATION: &str = "celery.Celery()";

impl Machine<'_> {
    /// `app.autodiscover_tasks(["pkg"], related_name="tasks")`: imports `pkg.tasks` once the process starts. `None` for
    /// another method.
    pub(super) fn task_queue_method(
        &mut self,
        object: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<()> {
        if !matches!(self.heap.kind(object), Kind::Known(class) if &**class == APPLICATION) {
            return None;
        }
        match name {
            "autodiscover_tasks" => self.discover(arguments, span),
            "config_from_object" => {
                let source = arguments.get(Some(0), "obj")?;
                let conf = self.heap.get(object, "conf").cloned();
                if let Some(Value::Object(conf)) = conf {
                    self.take_any_object(conf, source, span);
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn discover(&mut self, arguments: &Arguments, span: Span) {
        let Some(packages) = arguments.get(Some(0), "packages") else { return };
        let packages = match packages {
            function @ (Value::Function(_) | Value::Method(..)) => {
                self.call(function, Arguments::default(), span)
            }
            other => other,
        };
        let related = match arguments.get(Some(1), "related_name") {
            Some(Value::Text(name)) => Some(name.as_str().to_owned()),
            Some(Value::None(_)) => None,
            _ => Some("tasks".to_owned()),
        };
        let Some(packages) = self.items(&packages) else {
            self.unknown_pools("the packages in which Celery looks for tasks are not known", span);
            return;
        };
        for package in packages.iter().filter_map(Value::as_text) {
            let name = match &related {
                Some(related) => format!("{package}.{related}"),
                None => package.as_str().to_owned(),
            };
            self.late_imports.push((name, span));
        }
    }

    /// Imports what the applications that were made so far name, and lets every object make what it makes when the
    /// process starts.
    pub(super) fn start_objects(&mut self) {
        while let Some(&(object, span)) = self.places.get(self.started_objects) {
            self.started_objects += 1;
            let Kind::Known(class) = self.heap.kind(object) else { continue };
            let constructor = self.libraries.constructor(&format!("{class}.(start)"));
            let is_application = &**class == APPLICATION;
            if is_application {
                self.add_task_modules(object, span);
            }
            if let Some(constructor) = constructor {
                self.construct(constructor, &Arguments::default(), span, Some(object));
            }
        }
        while let Some((name, span)) = self.late_imports.pop() {
            if self.program.index(&name).is_none() {
                self.wanted.push(name.clone());
            }
            self.import(&name, span);
        }
    }

    fn add_task_modules(&mut self, object: ObjectId, span: Span) {
        let conf = self.heap.get(object, "conf").cloned().unwrap_or(Value::Absent);
        let settings = ["imports", "include", "CELERY_IMPORTS", "CELERY_INCLUDE"];
        let listed = settings.iter().filter_map(|name| match &conf {
            Value::Object(conf) => self.heap.get(*conf, name).cloned(),
            _ => None,
        });
        let all: Vec<Value> = self.kept(object, usize::MAX, "include").into_iter().chain(listed).collect();
        for value in all {
            match &value {
                Value::None(_) | Value::Absent => {}
                Value::Text(name) => self.late_imports.push((name.as_str().to_owned(), span)),
                value => match self.items(value) {
                    Some(items) => {
                        let names = items.iter().filter_map(Value::as_text);
                        self.late_imports.extend(names.map(|name| (name.as_str().to_owned(), span)));
                    }
                    None => {
                        self.unknown_pools("the modules of tasks that Celery imports are not known", span);
                    }
                },
            }
        }
    }

    /// A configuration of names in any case, taken from a module, a class, an instance or a dictionary.
    fn take_any_object(&mut self, conf: ObjectId, source: Value, span: Span) {
        let source = match source {
            Value::Text(path) => self.import_string(&path, span),
            other => other,
        };
        let Value::Object(object) = source else { return };
        let names: Vec<Key> = self.heap.slots(object).keys().cloned().collect();
        for name in names.into_iter().filter(|name| !name.starts_with('_') && !name.starts_with('(')) {
            let value = self.attribute(Value::Object(object), &name, span);
            if !matches!(value, Value::Absent) {
                self.heap.set(conf, name, value);
            }
        }
    }
}
