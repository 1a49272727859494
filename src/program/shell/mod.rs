//! What a shell script starts: read, never run.
//!
//! The script is followed statement by statement with the values that are known. A condition that can be told decides;
//! where it cannot, both ways are followed, each as a path of its own. What a command prints or sets is known for the
//! few that scripts compute counts with; anything else is unknown at its place. Bounded in depth, steps and paths.

mod arithmetic;
mod builtin;
mod condition;
mod expand;
mod output;
mod passing;
mod pattern;
mod rounds;
mod state;
mod statement;
mod written;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Value;
use crate::platform::{Container, Cpus, Environment, FileView, Unread};
use crate::source::{LoadError, Sources, Span, TreePath};
use crate::syntax::shell::parse;
use crate::trace::{How, Origin, Text, Trail};
pub(super) use passing::{starts_nothing, xargs_command};
use state::{Flow, State};
pub use written::{Content, File, Written, text_of, with_copies};

/// Work that is spent on one command line, in statements: a script of a megabyte has some forty thousand.
const MAX_STEPS: usize = 200_000;
/// Paths that are followed at once; beyond, they are joined and what differs between them is unknown.
const MAX_PATHS: usize = 32;
/// Commands that one path may start.
const MAX_EVENTS: usize = 256;
/// How deep functions, sourced scripts and substitutions may call one another.
const MAX_CALLS: usize = 24;
/// Rounds of a loop that are followed one by one.
const MAX_ROUNDS: usize = 256;

/// What a process can see, shared by everything that one command line starts.
pub struct World<'a> {
    /// The files of the run.
    pub sources: &'a Sources,
    /// Those that the process sees.
    pub files: &'a FileView,
    /// The CPUs that it counts.
    pub cpus: Cpus,
    /// The files that were read.
    pub read: RefCell<Vec<TreePath>>,
    steps: Cell<usize>,
}

/// What a script is started with.
#[derive(Clone, Debug)]
pub struct Start {
    /// `$0`.
    pub name: Value,
    /// `$1` and on.
    pub arguments: Vec<Value>,
    /// Its variables.
    pub environment: Environment,
    /// The folder it starts in.
    pub working_dir: String,
    /// The files that were made before.
    pub written: Written,
}

/// Something that a script does and that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It runs a command.
    Call(Box<Call>),
    /// It does something that cannot be known.
    Unknown(Unread),
}

/// A command that a script runs.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its words, expanded; never empty.
    pub words: Vec<Value>,
    /// Its variables.
    pub environment: Environment,
    /// The folder it starts in.
    pub working_dir: String,
    /// How the script goes on.
    pub mode: Mode,
    /// Whether it stands in a loop that goes round an unknown number of times.
    pub repeated: bool,
    /// Whether it stands in a loop without an end: it runs again after what follows it there.
    pub endless: bool,
    /// The watcher that runs it again after each change of a file, where there is one.
    pub development: Option<Trail>,
    /// The files that the script made before.
    pub written: Written,
    /// What it reads: a here document.
    pub input: Option<Value>,
    /// Where the commands stand that lead to it.
    pub callers: Vec<Span>,
}

impl PartialEq for Call {
    /// Words tell calls apart; two calls of the same words on one path differ by their place.
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
            && self.mode == other.mode
            && self.repeated == other.repeated
            && self.endless == other.endless
            && self.written == other.written
            && self.input == other.input
    }
}

impl Eq for Call {}

impl Call {
    /// The same call, seen from a command that it starts: it is one of those that lead there.
    #[must_use]
    pub fn as_caller(&self) -> Self {
        let mut call = self.clone();
        call.callers.extend(self.words.first().and_then(Value::span));
        call
    }
}

/// How a script goes on behind a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It waits until the command has ended.
    Foreground,
    /// It goes on beside it: `&`, a pipe.
    Background,
    /// Not at all: `exec`.
    Replaces,
}

impl<'a> World<'a> {
    /// A world of `files`, on a host of which nothing is known.
    pub fn new(sources: &'a Sources, files: &'a FileView) -> Self {
        Self { sources, files, cpus: Cpus::default(), read: RefCell::default(), steps: Cell::new(0) }
    }

    /// What a process in `container` sees.
    pub fn of(sources: &'a Sources, container: &'a Container) -> Self {
        Self { cpus: container.cpus.clone(), ..Self::new(sources, &container.files) }
    }

    /// The file that a process in `folder` finds at `path`.
    pub fn locate(&self, folder: &str, path: &str) -> Option<TreePath> {
        let inside = TreePath::new(folder).join(path);
        self.files.locate(self.sources, inside.as_str())
    }

    /// The text of the file that a process in `folder` finds at `path`; where there is none but an example beside
    /// it, the example's. `None` where neither is there.
    pub fn load(&self, folder: &str, path: &Text) -> Option<Result<Text, LoadError>> {
        let example =
            |suffix: &&str| self.locate(folder, &format!("{path}{suffix}")).map(|found| (found, true));
        let found = self.locate(folder, path.as_str()).map(|found| (found, false));
        let (found, example) =
            found.or_else(|| [".example", ".sample", ".template", ".dist"].iter().find_map(example))?;
        self.note(&found);
        Some(self.sources.load(&found).map(|file| {
            let text = Text::verbatim(&file, 0..file.text.len());
            match path.span() {
                Some(span) if example => text.then(&Origin::at(How::Example, span)),
                _ => text,
            }
        }))
    }

    /// The absolute paths that a process in `folder` finds for `pattern`, sorted; `*`, `?` and `[…]` stay inside a name.
    pub fn glob(&self, folder: &str, pattern: &str) -> Vec<String> {
        let whole = TreePath::new(folder).join(pattern);
        let mut found = vec!["/".to_owned()];
        for part in whole.as_str().split('/').filter(|part| !part.is_empty()) {
            let step = |at: &String| {
                let below = |name: &str| TreePath::new(at).join(name).to_string();
                if !part.contains(['*', '?', '[']) {
                    return vec![below(part)];
                }
                let glob = pattern::Glob::new(part);
                // A leading dot is matched by a dot alone, as everywhere.
                let fits =
                    |name: &&String| glob.matches(name) && (part.starts_with('.') || !name.starts_with('.'));
                let names = self.files.names(self.sources, &TreePath::new(at)).unwrap_or_default();
                names.iter().filter(fits).map(|name| below(name)).collect()
            };
            found = found.iter().flat_map(step).collect();
        }
        found.retain(|path| self.files.locate(self.sources, path).is_some());
        found
    }

    /// Remembers that `path` was read.
    pub fn note(&self, path: &TreePath) {
        let mut read = self.read.borrow_mut();
        if !read.contains(path) {
            read.push(path.clone());
        }
    }

    /// Spends `cost` of the steps that one command line may take; `false` when none are left.
    fn spend(&self, cost: usize) -> bool {
        self.steps.set(self.steps.get().saturating_add(cost));
        self.steps.get() <= MAX_STEPS
    }
}

/// The paths that `script` may take, each with what happens on it in order.
pub fn follow(world: &World<'_>, script: &Text, start: Start) -> Vec<Vec<Rc<Event>>> {
    let shell = Shell { world };
    shell.script(script, State::new(start)).into_iter().map(|state| state.events).collect()
}

/// Follows statements. Each of its steps takes a state and gives those that it may become.
struct Shell<'w, 'a> {
    world: &'w World<'a>,
}

impl Shell<'_, '_> {
    /// The states that the script `text` may leave.
    fn script(&self, text: &Text, state: State) -> Vec<State> {
        let mut states = vec![state];
        for block in parse(text).blocks() {
            let mut next = Vec::new();
            for state in states {
                match state.flow {
                    Flow::Next => next.extend(self.block(&block, state)),
                    _ => next.push(state),
                }
            }
            let place = block.first().map_or_else(|| text.slice(0..0), |statement| statement.text.clone());
            states = self.distinct(next, &place);
            if states.iter().all(|state| state.flow != Flow::Next) {
                break;
            }
        }
        states
    }

    /// Records a command of `words` on the path of `state`.
    fn call(state: &mut State, words: Vec<Value>, environment: Environment) {
        let Some(first) = words.first() else { return };
        let place = first.trail();
        if starts_nothing(&words) {
            return;
        }
        if state.events.len() >= MAX_EVENTS {
            let why = "the script runs more commands than are followed".to_owned();
            state.events.push(Rc::new(Event::Unknown(Unread::new(why, place))));
            state.flow = Flow::Exit;
            return;
        }
        let mode = if state.background { Mode::Background } else { Mode::Foreground };
        let working_dir = state.working_dir.clone();
        let (written, input) = (state.written.clone(), state.own_input.clone());
        let call = Call {
            words,
            environment,
            working_dir,
            mode,
            repeated: state.repeated,
            endless: false,
            development: None,
            written,
            input,
            callers: Vec::new(),
        };
        state.events.push(Rc::new(Event::Call(Box::new(call))));
    }
}

#[cfg(test)]
mod tests;
