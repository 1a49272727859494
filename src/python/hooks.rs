//! Functions that only the worker of a task queue calls, once when one of its processes starts: the receivers of celery's
//! signals (`celery/signals.py` of 5.5) and the methods of dramatiq's middleware (`dramatiq/middleware/middleware.py` of
//! 1.17; `dramatiq/cli.py`, `worker_process`, and `dramatiq/worker.py`, `Worker.start`, say who calls them). A web server
//! that imports the same modules calls none of them.

use super::call::Arguments;
use super::heap::{Kind, ObjectId};
use super::machine::Machine;
use super::outline::{Function, Mention, Outline};
use super::outside::AT_START;
use super::program::Program;
use super::value::{Outside, Value};

/// Which worker a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A worker of celery.
    Celery,
    /// Celery's scheduler.
    Beat,
    /// A worker of dramatiq.
    Dramatiq,
    /// None of these: a web server.
    Other,
    /// A script, which may start any of them itself.
    Unsaid,
}

/// When a function runs that something outside the tree may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// At any time.
    AtWill,
    /// Once, when the process starts.
    AtStart,
    /// Not in this process.
    Never,
}

impl Machine<'_> {
    /// Functions that a framework gets as arguments: what it calls once at the start, and what it calls at will.
    pub(super) fn hand_over(&mut self, outside: &Outside, arguments: &Arguments) {
        let signal = connected(&outside.name, self.role);
        if signal == Some(When::Never) {
            return arguments.positional.iter().for_each(|receiver| self.leave_out(receiver));
        }
        let is_start_list =
            ["on_startup.append", "cleanup_ctx.append"].iter().any(|list| outside.name.contains(list))
                || signal.is_some();
        let is_start_event = outside.name.ends_with(".add_event_handler")
            && arguments
                .positional
                .first()
                .and_then(Value::as_text)
                .is_some_and(|event| event.as_str() == "startup");
        let mut at_will = Arguments::default();
        for value in &arguments.positional {
            if is_start_list || is_start_event {
                self.at_start.push(value.clone());
            } else {
                at_will.positional.push(value.clone());
            }
        }
        for (name, value) in &arguments.keywords {
            if AT_START.contains(&name.as_str()) {
                let listed = self.items(value);
                self.at_start.extend(listed.unwrap_or_else(|| vec![value.clone()]));
            } else {
                at_will.positional.push(value.clone());
            }
        }
        self.escape(&at_will);
    }

    /// What an injector gives for a class of the tree: the instance that the program made to be bound to it.
    pub(super) fn injected(&self, class: ObjectId) -> Option<Value> {
        matches!(self.heap.kind(class), Kind::Class(_)).then_some(())?;
        self.heap.first_instance(class).map(Value::Object)
    }
}

/// Celery's signals at the start of a process, and who sends them.
const SIGNALS: [(&str, Role); 7] = [
    ("worker_process_init", Role::Celery),
    ("worker_init", Role::Celery),
    ("worker_ready", Role::Celery),
    ("celeryd_init", Role::Celery),
    ("celeryd_after_setup", Role::Celery),
    ("beat_init", Role::Beat),
    ("beat_embedded_init", Role::Beat),
];

/// Methods of dramatiq's middleware, each with what else of dramatiq calls it where a program uses it itself.
const METHODS: [(&str, &[&str]); 3] = [
    ("before_worker_boot", &["Worker", "emit_before"]),
    ("after_worker_boot", &["Worker", "emit_after"]),
    ("after_process_boot", &["emit_after"]),
];

/// When a receiver runs that was connected by what has this dotted name: `celery.signals.worker_init.connect`. `None` where
/// it is none of these signals.
pub(super) fn connected(name: &str, role: Role) -> Option<When> {
    let name = name.strip_suffix("()").unwrap_or(name).strip_suffix(".connect")?;
    let signal = name.rsplit('.').next()?;
    let (_, sender) = SIGNALS.iter().find(|(known, _)| *known == signal)?;
    Some(if matches!(role, Role::Unsaid) || role == *sender { When::AtStart } else { When::Never })
}

/// When a function of the outline runs that something outside the tree may call.
pub(super) fn when(program: &Program, outline: &Outline, function: &Function, role: Role) -> When {
    let mut connected = function.decorators.iter().map(|name| connected(name, role));
    if let Some(Some(when)) = connected.next()
        && connected.all(|other| other == Some(when))
    {
        return when;
    }
    let Some((_, callers)) = METHODS.iter().find(|(name, _)| *name == function.name) else {
        return When::AtWill;
    };
    if !is_of_middleware(outline, function) {
        return When::AtWill;
    }
    match role {
        Role::Dramatiq | Role::Unsaid => When::AtStart,
        _ if uses(program, callers) => When::AtWill,
        _ => When::Never,
    }
}

/// Whether the class of a method has nothing but dramatiq's middleware for its base.
fn is_of_middleware(outline: &Outline, function: &Function) -> bool {
    let bases = || {
        let classes = outline.classes.iter().filter(|class| Some(&class.name) == function.class.as_ref());
        classes.flat_map(|class| &class.bases)
    };
    bases().count() > 0 && bases().all(|base| base == "Middleware") && imports_dramatiq(outline)
}

fn imports_dramatiq(outline: &Outline) -> bool {
    outline.imports().any(|import| import.level == 0 && import.module.split('.').next() == Some("dramatiq"))
}

/// Whether a module that imports dramatiq mentions one of `names`.
fn uses(program: &Program, names: &[&str]) -> bool {
    let mentions = |outline: &Outline| {
        let bodies = std::iter::once(&outline.top).chain(outline.functions.iter().map(|one| &one.body));
        bodies.flat_map(|body| &body.mentions).map(Mention::last).any(|name| names.contains(&&**name))
    };
    program.units.iter().any(|unit| imports_dramatiq(&unit.outline) && mentions(&unit.outline))
}

#[cfg(test)]
mod tests {
    use super::{Role, When, connected};

    #[test]
    fn a_signal_reaches_those_to_whom_it_is_sent() {
        let when = |name: &str, role| connected(name, role);
        assert_eq!(when("celery.signals.worker_init.connect", Role::Celery), Some(When::AtStart));
        assert_eq!(when("celery.signals.worker_init.connect()", Role::Beat), Some(When::Never));
        assert_eq!(when("signals.beat_init.connect", Role::Other), Some(When::Never));
        assert_eq!(when("signals.beat_init.connect", Role::Unsaid), Some(When::AtStart));
        assert_eq!(when("signals.task_prerun.connect", Role::Other), None);
        assert_eq!(when("celery.signals.worker_init", Role::Other), None);
    }
}
