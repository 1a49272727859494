//! Where a script stands: its variables, its folder, what it has started so far.

use std::rc::Rc;

use indexmap::IndexMap;

use super::{Event, MAX_PATHS, Shell, Start, Value, Written};
use crate::platform::{Environment, Unread};
use crate::syntax::shell::ast::Statement;
use crate::trace::{Origin, Text, Traced};

/// One path through a script, up to a statement.
#[derive(Clone, PartialEq)]
pub(super) struct State {
    base: Rc<Base>,
    overlay: Rc<IndexMap<String, Variable>>,
    pub(super) functions: Rc<IndexMap<String, Function>>,
    pub(super) name: Value,
    pub(super) arguments: Rc<Vec<Value>>,
    pub(super) working_dir: String,
    /// Why a variable may be set that stands nowhere: a sourced file is not there.
    open: Option<Unread>,
    pub(super) status: Status,
    pub(super) flow: Flow,
    /// `set -a`: every assignment is exported.
    pub(super) exports_all: bool,
    /// Whether what is run now runs beside what comes after it.
    pub(super) background: bool,
    /// Whether this is inside a loop of unknown length.
    pub(super) repeated: bool,
    pub(super) calls: usize,
    /// What is read from a pipe or a here document.
    pub(super) input: Option<Value>,
    /// The here document or string of the command under way, which nothing else reads.
    pub(super) own_input: Option<Value>,
    /// The files that were made so far.
    pub(super) written: Written,
    /// What was printed so far, where somebody wants to know.
    pub(super) output: Option<Value>,
    pub(super) events: Vec<Rc<Event>>,
}

/// The environment the script was started with; one per script, so that comparing it is comparing its address.
struct Base(Environment);

impl PartialEq for Base {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A function's body.
#[derive(Clone)]
pub(super) struct Function(pub(super) Rc<Statement>);

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Function {}

/// A variable that the script has touched.
#[derive(Clone, PartialEq, Eq)]
struct Variable {
    binding: Binding,
    exported: bool,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Unset,
    Value(Value),
    Array(Vec<Value>),
}

/// How the last command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success,
    Failure,
    Unknown,
}

/// Where the path goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break(usize),
    Continue(usize),
    Return,
    Exit,
}

/// Variables that every shell has and whose value depends on where it runs.
const ALWAYS_SET: [&str; 14] = [
    "HOME",
    "HOSTNAME",
    "PATH",
    "USER",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "OSTYPE",
    "HOSTTYPE",
    "SHELL",
    "BASH_VERSION",
];

impl State {
    pub(super) fn new(start: Start) -> Self {
        Self {
            base: Rc::new(Base(start.environment)),
            overlay: Rc::default(),
            functions: Rc::default(),
            name: start.name,
            arguments: Rc::new(start.arguments),
            working_dir: start.working_dir,
            open: None,
            status: Status::Success,
            flow: Flow::Next,
            exports_all: false,
            background: false,
            repeated: false,
            calls: 0,
            input: None,
            own_input: None,
            written: start.written,
            output: None,
            events: Vec::new(),
        }
    }

    /// What `name` stands for, read at `place`.
    pub(super) fn get(&self, name: &str, place: &Text) -> Binding {
        if let Some(variable) = self.overlay.get(name) {
            return variable.binding.clone();
        }
        if let Some(text) = self.base.0.get(name) {
            return Binding::Value(Value::Known(text.clone()));
        }
        if let Some(rest) = self.base.0.unknown(name) {
            return Binding::Value(Value::Partly { prefix: place.slice(0..0), rest });
        }
        match &self.open {
            _ if name == "PWD" => {
                Binding::Value(Text::traced(self.working_dir.clone(), place.trail()).into())
            }
            _ if ALWAYS_SET.contains(&name) => {
                Binding::Value(Value::unknown(place, format!("{name} depends on where it runs")))
            }
            Some(why) => {
                let unknown = Value::unknown(place, format!("{name} may be set: {}", why.value));
                Binding::Value(match (unknown, why.trail.place()) {
                    (Value::Partly { prefix, rest }, Some(_)) => {
                        Value::Partly { prefix, rest: Traced::new(rest.value, why.trail.clone()) }
                    }
                    (unknown, _) => unknown,
                })
            }
            None => match self.base.0.unsaid(name) {
                Some(rest) => Binding::Value(Value::Partly { prefix: place.slice(0..0), rest }),
                None => Binding::Unset,
            },
        }
    }

    /// Whether nothing but the platform's own configuration may set `name`: a default of the script's stands then.
    pub(super) fn is_unsaid(&self, name: &str) -> bool {
        let base = &self.base.0;
        let is_said = self.overlay.contains_key(name)
            || self.open.is_some()
            || base.get(name).is_some()
            || base.unknown(name).is_some();
        !is_said && base.unsaid(name).is_some()
    }

    /// Sets `name`; it stays or becomes exported as the shell has it.
    pub(super) fn set(&mut self, name: &str, binding: Binding) {
        let exported = self.exports_all
            || self.overlay.get(name).map_or_else(
                || self.base.0.get(name).is_some() || self.base.0.unknown(name).is_some(),
                |variable| variable.exported,
            );
        Rc::make_mut(&mut self.overlay).insert(name.to_owned(), Variable { binding, exported });
    }

    /// Marks `name` as exported, whatever it stands for.
    pub(super) fn export(&mut self, name: &str) {
        let overlay = Rc::make_mut(&mut self.overlay);
        if let Some(variable) = overlay.get_mut(name) {
            variable.exported = true;
        } else if self.base.0.get(name).is_none() && self.base.0.unknown(name).is_none() {
            overlay.insert(name.to_owned(), Variable { binding: Binding::Unset, exported: true });
        }
    }

    /// Says that any variable may be set from here on.
    pub(super) fn leave_open(&mut self, why: Unread) {
        self.open.get_or_insert(why);
    }

    /// The variables that a command sees which is started now.
    pub(super) fn environment(&self) -> Environment {
        let mut environment = self.base.0.clone();
        for (name, variable) in self.overlay.iter() {
            match &variable.binding {
                Binding::Unset => environment.unset(name),
                Binding::Value(value) if variable.exported => set_in(&mut environment, name, value),
                _ => {}
            }
        }
        if let Some(why) = &self.open {
            environment.leave_open(why.clone());
        }
        environment
    }

    /// The same state, behind something that ended so.
    pub(super) fn ending(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Prints `value`, where somebody listens.
    pub(super) fn print(&mut self, value: &Value) {
        if let Some(output) = &mut self.output {
            output.push(value);
        }
    }

    /// Whether both stand at the same values, whatever they have started.
    pub(super) fn has_values_of(&self, other: &Self) -> bool {
        self.overlay == other.overlay
            && self.arguments == other.arguments
            && self.working_dir == other.working_dir
            && self.open == other.open
    }

    /// Makes every variable unknown that differs from `other`, since `why` at `place`.
    pub(super) fn forget_changes(&mut self, other: &Self, place: &Text, why: &str) {
        let differs = |(name, variable): (&String, &Variable)| {
            (other.overlay.get(name) != Some(variable)).then(|| (name.clone(), variable.exported))
        };
        let mut names: Vec<(String, bool)> = self.overlay.iter().filter_map(differs).collect();
        let gone = other.overlay.iter().filter(|(name, _)| !self.overlay.contains_key(*name));
        names.extend(gone.map(|(name, variable)| (name.clone(), variable.exported)));
        for (name, exported) in names {
            let binding = Binding::Value(Value::unknown(place, format!("{name} {why}")));
            Rc::make_mut(&mut self.overlay).insert(name, Variable { binding, exported });
        }
        if self.open.is_none() {
            self.open.clone_from(&other.open);
        }
    }
}

/// What a subshell leaves of its states: what it started and printed, and how it ended.
pub(super) fn inside(outer: &State, inner: Vec<State>) -> Vec<State> {
    let back = |inner: State| State {
        events: inner.events,
        status: inner.status,
        output: inner.output,
        ..outer.clone()
    };
    inner.into_iter().map(back).collect()
}

/// Puts `value` into `environment` under `name`.
pub(super) fn set_in(environment: &mut Environment, name: &str, value: &Value) {
    match value {
        Value::Known(text) => environment.set(name, text.clone()),
        Value::Partly { prefix, rest } if prefix.is_empty() => environment.set_unknown(name, rest.clone()),
        Value::Partly { .. } => {
            let mut blurred = value.clone();
            blurred.push(&Value::Known(Text::traced(" ", value.trail())));
            if let Some(rest) = blurred.missing() {
                environment.set_unknown(name, rest.clone());
            }
        }
    }
}

impl Shell<'_, '_> {
    /// One state of each kind. Where more paths are left than are followed, they become one: what differs is unknown
    /// and what any of them started is started.
    pub(super) fn distinct(&self, states: Vec<State>, place: &Text) -> Vec<State> {
        if states.len() < 2 {
            return states;
        }
        self.world.spend(states.iter().map(|state| state.events.len()).sum());
        let mut kept: Vec<State> = Vec::new();
        for mut state in states {
            if state.flow == Flow::Next {
                // Behind the fork nobody but `$?` asks how it ended; paths that differ in nothing else are one.
                state.status = Status::Unknown;
            }
            if !kept.contains(&state) {
                kept.push(state);
            }
        }
        if kept.len() <= MAX_PATHS {
            return kept;
        }
        let (going, ended): (Vec<State>, Vec<State>) = kept.into_iter().partition(|s| s.flow == Flow::Next);
        [going, ended].into_iter().filter_map(|group| self.joined(group, place)).collect()
    }

    fn joined(&self, group: Vec<State>, place: &Text) -> Option<State> {
        let mut states = group.into_iter();
        let mut joined = states.next()?;
        for state in states {
            joined.forget_changes(&state, place, "differs between the branches before this place");
            self.world.spend(state.events.len().saturating_mul(joined.events.len()));
            let new: Vec<Rc<Event>> =
                state.events.iter().filter(|event| !joined.events.contains(event)).cloned().collect();
            joined.events.extend(new);
        }
        Some(joined)
    }
}

/// The step that an expansion at `place` is.
pub(super) fn interpolated(value: Value, place: &Text) -> Value {
    use crate::trace::How;
    match place.span() {
        Some(span) => value.then(&Origin::at(How::Interpolated, span)),
        None => value,
    }
}
