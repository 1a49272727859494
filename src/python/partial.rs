//! Calls by others: those that are put off (`functools.partial`, the providers of dependency_injector), and those that a
//! thread makes while its caller waits.

use crate::source::Span;

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::Machine;
use super::value::{Gap, Outside, Value};

/// What `functools.partial(…)` is called with that is kept.
const PARTIAL: &str = "functools.partial()";

/// Where among its arguments a function takes the one that it calls once, with those behind it, in a thread:
/// `asyncio/threads.py` and `asyncio/base_events.py` of CPython, `anyio/to_thread.py`, `starlette/concurrency.py`.
fn handed_to_a_thread(name: &str) -> Option<usize> {
    match name {
        "asyncio.to_thread" | "anyio.to_thread.run_sync" | "trio.to_thread.run_sync" => Some(0),
        name if name.ends_with(".concurrency.run_in_threadpool") => Some(0),
        name if name.starts_with("asyncio.") && name.ends_with(".run_in_executor") => Some(1),
        _ => None,
    }
}

impl Machine<'_> {
    /// `asyncio.to_thread(function, …)`: as if it were called here. `None` for another name.
    pub(super) fn in_a_thread(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Value> {
        let at = handed_to_a_thread(name)?;
        let mut rest = arguments.clone();
        let function = (at < rest.positional.len()).then(|| rest.positional.remove(at))?;
        rest.positional.drain(..at);
        Some(self.call(function, rest, span))
    }

    /// `functools.partial(function, …)`, `providers.Singleton(function, …)`; `None` for another name. The first of a
    /// provider's is made by its first use: it is made where the provider is.
    pub(super) fn put_off(&mut self, outside: &Outside, arguments: &Arguments, span: Span) -> Option<Value> {
        let name = &*outside.name;
        if name == "functools.partial" || name == "functools.partialmethod" {
            let object = self.heap.create(Kind::Known(PARTIAL.into()));
            self.keep(object, arguments);
            return Some(Value::Object(object));
        }
        let provider = name.strip_prefix("dependency_injector.providers.")?;
        // These call their function at every use.
        let is_anew = matches!(provider, "Factory" | "Callable" | "Coroutine" | "ThreadLocalSingleton");
        let is_kept =
            matches!(provider, "Singleton" | "ThreadSafeSingleton" | "Resource" | "ContextLocalSingleton");
        if !is_anew && !is_kept {
            return None;
        }
        let mut rest = arguments.clone();
        let function = (!rest.positional.is_empty()).then(|| rest.positional.remove(0))?;
        if is_anew {
            self.repeatedly(span, |machine| {
                machine.call(function.clone(), rest.clone(), span);
            });
            return Some(outside.called(span));
        }
        Some(self.call(function, rest, span))
    }

    /// Calls what a `partial` stands for; `None` for another object.
    pub(super) fn call_partial(
        &mut self,
        object: ObjectId,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        if !matches!(self.heap.kind(object), Kind::Known(class) if &**class == PARTIAL) {
            return None;
        }
        let slots = self.heap.slots(object).clone();
        let function = slots.get("(0").cloned()?;
        let mut all = Arguments::default();
        let placed = (1..).map_while(|index: usize| slots.get(format!("({index}").as_str()).cloned());
        all.positional.extend(placed);
        all.positional.extend(arguments.positional.iter().cloned());
        for (key, value) in &slots {
            match key.strip_prefix('(') {
                Some("**") => all.rest = Some(Gap::of(value, span)),
                Some(name) if !name.starts_with(|c: char| c.is_ascii_digit()) => {
                    all.set(Key::new(name), value.clone());
                }
                _ => {}
            }
        }
        for (key, value) in &arguments.keywords {
            all.set(key.clone(), value.clone());
        }
        if arguments.rest.is_some() {
            all.rest.clone_from(&arguments.rest);
        }
        Some(self.call(function, all, span))
    }
}
