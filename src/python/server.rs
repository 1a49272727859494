//! Servers that a program starts itself: `uvicorn.run("app.main:app", workers=4)`.

use crate::source::Span;
use crate::trace::{Bound, Text, Traced};

use super::call::Arguments;
use super::machine::Machine;
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
}
