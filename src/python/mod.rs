//! A Python program, followed from its entry: what it imports, what its settings come to, which pools it makes.
//!
//! Nothing is executed. First every module that the entry may import is parsed (`program`); then a `machine`
//! carries out their statements as far as they are about settings, keeping for each value where it came from; then
//! the functions that the framework may call are carried out, to find the pools that are made late or again and again.
//! Whatever is not followed is an unknown value at its place.

mod branch;
mod builtin;
mod call;
mod children;
mod class;
mod command_line;
mod comprehension;
mod config_methods;
mod configuration;
mod container;
mod counted;
mod database_url;
mod dataclass;
mod decorator;
mod deferred;
mod django;
mod document;
mod dynaconf;
mod entry;
mod environ;
mod environment;
mod expression;
mod flow;
mod followed;
mod forked;
mod function;
mod heap;
mod hooks;
mod import;
mod iteration;
mod known;
mod ledger;
mod library;
mod loader;
mod machine;
mod maker;
mod matching;
mod names;
mod operator;
mod outline;
mod outside;
mod partial;
mod paths;
mod process;
mod program;
mod reach;
mod reader;
mod search;
mod server;
mod session;
mod settings;
mod statement;
mod task_queue;
mod text_method;
mod value;
mod version;

use std::thread;

use crate::platform::FileView;
use crate::pool::Pool;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Note, Problem, Traced};

use program::Program;
use search::SearchPath;

pub(crate) use call::Arguments;
pub(crate) use configuration::{Names, Plain};
pub(crate) use django::{Settings, count_of};
pub(crate) use heap::Key;
pub use hooks::Role;
pub(crate) use library::{Call, Constructor, Libraries, Library, Number, Outcome};
pub(crate) use machine::Machine;
pub(crate) use outside::url_with_holes;
pub use process::{Entry, Process};
pub(crate) use value::{Gap, HOLE, Value};

/// The stack that following a program may use; only what is touched is taken from memory.
const STACK: usize = 512 << 20;
/// A module that is imported by a computed name is found out by running; this often the program is run again with it.
const MAX_ROUNDS: usize = 8;

/// What a process opens, as its source says.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The pools that it makes.
    pub pools: Vec<Pool>,
    /// What may make further pools and could not be followed.
    pub unknowns: Vec<Traced<Bound>>,
    /// What is wrong in what was read.
    pub problems: Vec<Problem>,
    /// Every file that was read for it.
    pub read: Vec<TreePath>,
    /// How many worker processes its settings say there are, each by the setting's name, for a program that leaves that to
    /// them.
    pub workers: Vec<(&'static str, Count)>,
    /// How many processes like it the process starts: `uvicorn.run(…, workers=4)`.
    pub forked: Option<Count>,
    /// How many processes it starts beside itself that may open as much each: `multiprocessing.Pool(4)`.
    pub children: Option<Count>,
    /// What stays connected once it is loaded: where each such pool is made, and where it is connected.
    pub connected: Vec<(Span, Span)>,
    /// Statements of its modules that leave something in the server's session, each with what is to be said of it.
    pub left: Vec<Note>,
    /// Whether the source of the entry is in the tree. Where it is not, nothing is known of the pools.
    pub entry_found: bool,
}

/// What `process` opens through `libraries`, where it sees the files of `view`. The libraries are the same in all of a run.
pub(crate) fn pools(
    sources: &Sources,
    view: &FileView,
    process: &Process<'_>,
    libraries: Libraries,
) -> Opened {
    // Without a stack of its own nothing is followed, and the entry counts as not found: never a guess.
    let follow = || with_stack(|| follow(sources, view, process, libraries)).unwrap_or_default();
    followed::once(sources, view, process, follow)
}

/// What the names of the module that `process` runs come to; `None` where its source is not in the tree.
pub(crate) fn names(sources: &Sources, view: &FileView, process: &Process<'_>) -> Option<Names> {
    with_stack(|| configuration::names(sources, view, process)).flatten()
}

/// The dotted names that the class which `process` names has or inherits outside the tree; `None` where it is no class of
/// the tree.
pub(crate) fn ancestry(sources: &Sources, view: &FileView, process: &Process<'_>) -> Option<Vec<String>> {
    with_stack(|| configuration::ancestry(sources, view, process)).flatten()
}

/// Runs `follow` on a thread whose stack is deep enough; `None` where there is none to be had.
fn with_stack<T: Send>(follow: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, follow);
        thread.ok()?.join().ok()
    })
}

/// What a run asked for that was not loaded with the program.
#[derive(Default)]
struct Wanted {
    /// Modules.
    modules: Vec<String>,
    /// Files that are no modules of their own, each with a name for it.
    files: Vec<(String, String)>,
}

fn follow(sources: &Sources, view: &FileView, process: &Process<'_>, libraries: Libraries) -> Opened {
    let search = SearchPath::new(sources, view, process);
    let mut program = Program::default();
    let Some(entry) = program.load_entry(&search, process) else { return Opened::default() };
    process.imports.iter().for_each(|import| program.load_beside(&search, process, import));
    for _ in 0..MAX_ROUNDS {
        let (opened, wanted) = run(&program, &search, process, libraries, entry);
        let before = program.units.len();
        for name in wanted.modules {
            program.load(&search, &name);
        }
        for (name, inside) in wanted.files {
            program.load_file(&search, &name, inside);
        }
        if program.units.len() == before {
            return opened;
        }
    }
    run(&program, &search, process, libraries, entry).0
}

/// Carries out a program that is loaded; also the names of modules that it would import beside.
fn run(
    program: &Program,
    search: &SearchPath<'_>,
    process: &Process<'_>,
    libraries: Libraries,
    entry: usize,
) -> (Opened, Wanted) {
    let unit = &program.units[entry];
    let Some(place) = unit.place().or_else(|| process.entry?.span()) else {
        return (Opened { entry_found: true, ..Opened::default() }, Wanted::default());
    };
    let mut machine = Machine::new(program, search, process, libraries, place);
    let module = machine.import(&unit.name, place);
    if let Some(Entry::Module { attribute: Some(attribute), .. }) = process.entry {
        machine.take(&module, attribute.as_str(), attribute.span().unwrap_or(place));
    }
    for import in process.imports {
        machine.load_beside(import, import.span().unwrap_or(place));
    }
    machine.settle(place);
    machine.start();
    machine.serve();
    machine.settle(place);
    machine.finish()
}
