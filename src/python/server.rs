//! Servers that a program starts itself: `uvicorn.run("app.main:app", workers=4)`.

use crate::source::Span;
use crate::trace::{Bound, Text, Traced};

use super::call::Arguments;
use super::machine::Machine;
use super::outline::Body;
use super::value::Value;

impl Machine<'_> {
    /// `uvicorn.run(app, workers=…, reload=…)`: an application that is named is imported, and workers are processes
    /// that each do so (`uvicorn/config.py` and `main.py` of 0.54: without `workers`, `WEB_CONCURRENCY` counts; with
    /// `reload` there is one).
    pub(super) fn run_server(&mut self, arguments: &Arguments, span: Span) {
        match arguments.get(Some(0), "app") {
            Some(Value::Text(target)) => self.serve_target(&target, span),
            // An application that is handed over as it is has one process: uvicorn refuses workers for it.
            Some(Value::Object(_) | Value::Outside(_) | Value::Function(_)) => return,
            _ => self.unknown_pools("the application that uvicorn runs is not known", span),
        }
        let reloads = arguments.get(None, "reload").and_then(|reload| self.truth(&reload));
        if reloads == Some(true) {
            return;
        }
        let workers = arguments.get(None, "workers").filter(|workers| !matches!(workers, Value::None(_)));
        let workers = match workers {
            Some(Value::Int(number)) => number.map(|number| Bound::Exactly(number.max(1).unsigned_abs())),
            Some(other) => {
                let why = "the number of uvicorn's workers is not known";
                let trail = other.trail().unwrap_or_else(|| crate::trace::Trail::written(span));
                Traced::new(Bound::unknown("workers", why), trail)
            }
            None => match self.heap.get(self.environment, "WEB_CONCURRENCY").cloned() {
                Some(Value::Text(text)) => match crate::trace::count_from(&text) {
                    Ok(number) => Traced::new(Bound::Exactly(number.max(1)), text.trail()),
                    Err(_) => return,
                },
                _ => match self.given.unknown("WEB_CONCURRENCY") {
                    Some(count) => count.clone(),
                    None => return,
                },
            },
        };
        self.forked = Some(workers);
    }

    /// Imports `app.main:app`, and calls it where it is a factory.
    fn serve_target(&mut self, target: &Text, span: Span) {
        let (module, attribute) = match target.split_once(':') {
            Some((module, attribute)) => (module, Some(attribute)),
            None => (target.clone(), None),
        };
        let name = module.as_str().to_owned();
        if self.program.index(&name).is_none() {
            self.wanted.push(name.clone());
        }
        let module = self.import(&name, span);
        if let Some(attribute) = attribute {
            self.take(&module, attribute.as_str(), span);
        }
    }

    /// Threads that the application starts itself leave a pool's own maximum as its only bound; processes of its own
    /// may each open what this one opens.
    pub(super) fn watch_spawns(&mut self, module: usize, body: &Body) {
        let program = self.program;
        let Some(unit) = program.units.get(module) else { return };
        let imports = |package: &str| {
            unit.outline.imports().any(|import| import.module.split('.').next() == Some(package))
        };
        for name in &body.spawners {
            match name.as_str() {
                "Thread" | "Timer" if imports("threading") => self.has_threads = true,
                "ThreadPool" if imports("multiprocessing") => self.has_threads = true,
                "Process" | "Pool" if imports("multiprocessing") => self.spawns(module, name),
                // Also a subclass of the standard library's, wherever it is imported from.
                name if name.ends_with("ThreadPoolExecutor") => self.has_threads = true,
                name if name.ends_with("ProcessPoolExecutor") => self.spawns(module, name),
                _ => {}
            }
        }
    }

    fn spawns(&mut self, module: usize, name: &str) {
        let program = self.program;
        let file = program.units.get(module).and_then(|unit| unit.module.as_ref()).map(|module| &module.file);
        let Some(file) = file.filter(|_| self.spawned.is_none()) else { return };
        let at = file.text.find(name).map_or(0..0, |start| start..start + name.len());
        self.spawned = Some((name.to_owned(), file.at(at)));
    }
}
