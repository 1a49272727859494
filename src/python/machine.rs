//! The machine that follows a program: its modules, its scopes, what it made so far, and what it may still spend.

use std::sync::Arc;

use ruff_text_size::Ranged;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::platform::{Cpus, Environment};
use crate::source::Span;
use crate::syntax::python::{Module, ast};
use crate::trace::{Bound, Problem, Traced, Trail};

use super::heap::{Heap, Key, Kind, ObjectId};
use super::ledger::Ledger;
use super::library::Libraries;
use super::maker::Makers;
use super::process::Process;
use super::program::Program;
use super::search::SearchPath;
use super::value::{FunctionId, Value};

/// Statements and expressions that are carried out at most. A real application takes about a hundred a module to import.
const MAX_STEPS: u64 = 5_000_000;
/// What the statements of one module may spend, those of the modules it imports not counted.
const MODULE_STEPS: u64 = 300_000;
/// Calls, blocks and expressions inside one another.
const MAX_DEPTH: usize = 1_500;

/// A function of the tree, as a value.
#[derive(Clone)]
pub(super) struct Function<'a> {
    /// What it runs.
    pub(super) code: Code<'a>,
    /// The module it stands in.
    pub(super) module: usize,
    /// The scope it was defined in.
    pub(super) scope: ObjectId,
    /// The values of its parameters' defaults.
    pub(super) defaults: Vec<(Key, Value)>,
    /// The class whose body defined it.
    pub(super) class: Option<ObjectId>,
    /// How it is bound to what it is taken from.
    pub(super) binding: Binding,
    /// Whether it remembers what it returned: `@cache`.
    pub(super) is_cached: bool,
}

/// The code of a function.
#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    /// A `def`.
    Def(&'a ast::StmtFunctionDef),
    /// A `lambda`.
    Lambda(&'a ast::ExprLambda),
}

/// What a function becomes when it is taken from an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// A method of the instance.
    Method,
    /// A method of the class.
    Class,
    /// The function itself.
    Static,
    /// What it returns: `@property`.
    Property,
}

/// A running function, class body or module.
pub(super) struct Frame {
    /// Where its names are written.
    pub(super) scope: ObjectId,
    /// Where names are looked up that are not there.
    pub(super) parent: Option<ObjectId>,
    /// The module whose code runs.
    pub(super) module: usize,
    /// The function that runs.
    pub(super) function: Option<FunctionId>,
    /// Names that are the module's: `global`.
    pub(super) globals: Vec<Key>,
    /// What it returned, in the branches that were run.
    pub(super) returned: Vec<Value>,
    /// What it yielded.
    pub(super) yielded: Vec<Value>,
}

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next one follows.
    Next,
    /// The function returns.
    Returned,
    /// An exception is on its way.
    Raised,
    /// The loop is left, or its next round begins.
    Broken,
}

/// The machine.
pub(crate) struct Machine<'a> {
    pub(super) program: &'a Program,
    pub(super) search: &'a SearchPath<'a>,
    pub(super) working_dir: &'a str,
    /// The words behind what the process runs.
    pub(super) arguments: Option<&'a [crate::trace::Text]>,
    /// Whether celery forked the process from its worker, where that is known.
    pub(super) is_celery_child: Option<bool>,
    /// Which task queue's worker it is.
    pub(super) role: super::Role,
    /// Commands of its own command line, each with the word that chooses it; `None` for one that runs whichever is chosen.
    pub(super) commands: rustc_hash::FxHashMap<FunctionId, Option<String>>,
    pub(super) cpus: &'a Cpus,
    /// What makes pools.
    pub(super) libraries: Libraries,
    pub(super) heap: Heap<'a>,
    pub(super) functions: Vec<Function<'a>>,
    /// The namespaces of the modules that were imported, in that order of the program's units.
    pub(super) modules: Vec<Option<ObjectId>>,
    /// Their indices, in the order in which they were imported.
    pub(super) imported: Vec<usize>,
    pub(super) frames: Vec<Frame>,
    /// `os.environ`.
    pub(super) environment: ObjectId,
    /// The variables as the process was given them, which also says of which the value is not known.
    pub(super) given: Environment,
    /// The pools that were made.
    pub(super) ledger: Ledger,
    pub(super) problems: Vec<Problem>,
    pub(super) unknowns: Vec<Traced<Bound>>,
    /// What functions returned that remember it.
    pub(super) remembered: FxHashMap<(FunctionId, String), Value>,
    /// What functions returned that are served and made no pool with these arguments: they make none again.
    pub(super) fruitless: FxHashMap<(FunctionId, String), Value>,
    /// The functions that ran, by module and place.
    pub(super) ran: FxHashSet<(usize, u32)>,
    /// The modules whose statements certainly end in an exception.
    pub(super) raised: Vec<usize>,
    /// Functions that were given to something outside the tree, which may call them.
    pub(super) escaped: Vec<Value>,
    /// Functions that a framework calls once when the process starts.
    pub(super) at_start: Vec<Value>,
    /// Modules that are imported by a computed name and were not loaded with the program.
    pub(super) wanted: Vec<String>,
    /// Files that are run in another module and were not loaded either.
    pub(super) wanted_files: Vec<(String, String)>,
    /// What was imported from outside the tree, and where.
    pub(super) outside_imports: Vec<(String, Span)>,
    /// Modules outside the tree of which every name was imported: `from .local_settings import *`.
    pub(crate) missing_stars: Vec<(String, Span)>,
    /// What readers of variables were told.
    pub(super) told: super::environ::Told,
    /// The settings that `django.conf.settings.configure(…)` made.
    pub(super) configured: Option<Value>,
    /// How many worker processes the settings say there are.
    pub(super) workers: Vec<(&'static str, crate::trace::Count)>,
    /// How many processes like it the process starts.
    pub(super) forked: Option<crate::trace::Count>,
    /// Whether the frameworks that it uses had their say.
    is_settled: bool,
    /// Every file that was read beside the program's own.
    pub(super) read: Vec<crate::source::TreePath>,
    /// The module that the process was started with.
    pub(super) entry: Span,
    /// What was connected while it is loaded.
    pub(super) early: super::forked::Early,
    /// Whether it starts threads of its own.
    pub(super) has_threads: bool,
    /// What starts processes of its own, and where.
    pub(super) spawned: Vec<(String, Span)>,
    /// How many processes each call started that was carried out.
    pub(super) children: Vec<(Span, crate::trace::Count)>,
    /// How many pieces of code run inside one another of which nobody knows how often they do.
    pub(super) rounds: usize,
    /// Packages that are expected to make pools, and where they were imported first.
    pub(super) expected_packages: Vec<(&'static str, Span)>,
    /// Those of which a call was found that does.
    pub(super) found_packages: FxHashSet<&'static str>,
    /// Modules that are imported once the entry was.
    pub(super) late_imports: Vec<(String, Span)>,
    /// Where the objects were made that are kept for their methods.
    pub(super) places: Vec<(ObjectId, Span)>,
    /// How many of those have made what they make at the start.
    pub(super) started_objects: usize,
    /// Which functions may make pools.
    pub(super) makers: Makers,
    /// Whether functions that are served run: those may run any number of times.
    pub(super) is_serving: bool,
    /// The first statement that was not carried out any more.
    pub(super) cut: Option<Span>,
    /// How many functions that make no pool run inside one another.
    pub(super) idle: usize,
    steps: u64,
    /// The steps after which nothing more is carried out.
    limit: u64,
    depth: usize,
}

impl<'a> Machine<'a> {
    /// A machine that has run nothing yet.
    pub(super) fn new(
        program: &'a Program,
        search: &'a SearchPath<'a>,
        process: &Process<'a>,
        libraries: Libraries,
        entry: Span,
    ) -> Self {
        let mut heap = Heap::default();
        let variables = heap.create(Kind::Dict);
        for (name, value) in process.environment.iter() {
            heap.set(variables, Key::new(name), Value::text(value.clone()));
        }
        Self {
            program,
            search,
            working_dir: process.working_dir,
            arguments: process.arguments,
            is_celery_child: process.is_celery_child,
            role: process.role,
            commands: rustc_hash::FxHashMap::default(),
            cpus: process.cpus,
            libraries,
            heap,
            functions: Vec::new(),
            modules: vec![None; program.units.len()],
            imported: Vec::new(),
            frames: Vec::new(),
            environment: variables,
            given: process.environment.clone(),
            ledger: Ledger::default(),
            problems: Vec::new(),
            unknowns: Vec::new(),
            remembered: FxHashMap::default(),
            fruitless: FxHashMap::default(),
            ran: FxHashSet::default(),
            raised: Vec::new(),
            escaped: Vec::new(),
            at_start: Vec::new(),
            wanted: Vec::new(),
            wanted_files: Vec::new(),
            outside_imports: Vec::new(),
            missing_stars: Vec::new(),
            told: super::environ::Told::default(),
            configured: None,
            workers: Vec::new(),
            forked: None,
            is_settled: false,
            read: Vec::new(),
            entry,
            early: super::forked::Early::default(),
            has_threads: false,
            spawned: Vec::new(),
            children: Vec::new(),
            rounds: 0,
            expected_packages: Vec::new(),
            found_packages: FxHashSet::default(),
            late_imports: Vec::new(),
            places: Vec::new(),
            started_objects: 0,
            makers: Makers::of(program, libraries),
            is_serving: false,
            cut: None,
            idle: 0,
            steps: 0,
            limit: MAX_STEPS,
            depth: 0,
        }
    }

    /// The frame that runs. There is one whenever code runs.
    pub(super) fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }

    /// The module whose code runs.
    pub(super) fn unit(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.module)
    }

    /// The source of the module whose code runs.
    pub(super) fn source(&self) -> Option<&'a Module> {
        let program: &'a Program = self.program;
        program.units.get(self.unit())?.module.as_deref()
    }

    /// The place of a node of the module whose code runs.
    pub(super) fn span(&self, node: &impl Ranged) -> Span {
        match self.source() {
            Some(module) => module.span(node),
            // No code runs without its module; the entry's place stands in for what cannot happen.
            None => self.entry,
        }
    }

    /// Takes a step; false when nothing is left to spend.
    pub(super) fn may_step(&mut self) -> bool {
        self.steps += 1;
        self.steps < self.limit && self.depth < MAX_DEPTH
    }

    /// Whether everything was followed to its end.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps >= self.limit
    }

    /// Runs the statements of a module: once, whatever imports it, and with an allowance of its own.
    pub(super) fn as_module<R>(&mut self, inner: impl FnOnce(&mut Self) -> R) -> R {
        let (begin, outer) = (self.steps, self.limit);
        self.limit = MAX_STEPS.min(begin.saturating_add(MODULE_STEPS));
        let idle = std::mem::take(&mut self.idle);
        let is_serving = std::mem::take(&mut self.is_serving);
        let repeated = self.ledger.repeated.take();
        self.ledger.imports += 1;
        let result = inner(self);
        self.ledger.imports -= 1;
        self.ledger.repeated = repeated;
        self.is_serving = is_serving;
        self.idle = idle;
        self.limit = outer.saturating_add(self.steps - begin).min(MAX_STEPS);
        result
    }

    /// Runs `inner`, which may spend `steps` and no more.
    pub(super) fn within<R>(&mut self, steps: u64, inner: impl FnOnce(&mut Self) -> R) -> R {
        let limit = self.limit;
        self.limit = limit.min(self.steps.saturating_add(steps));
        let result = inner(self);
        self.limit = limit;
        result
    }

    /// Runs `inner` one level deeper.
    pub(super) fn deeper<R>(&mut self, inner: impl FnOnce(&mut Self) -> R) -> R {
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Runs `inner` in a frame of its own.
    pub(super) fn in_frame<R>(
        &mut self,
        frame: Frame,
        inner: impl FnOnce(&mut Self) -> R,
    ) -> (R, Option<Frame>) {
        self.frames.push(frame);
        let result = self.deeper(inner);
        (result, self.frames.pop())
    }

    /// Lets the frameworks that the program uses make what they make by themselves, once.
    pub(super) fn settle(&mut self, place: Span) {
        if !self.is_settled {
            self.is_settled = self.libraries.frameworks.iter().any(|framework| framework(self, place));
        }
    }

    /// Notes that something cannot be known which may make pools.
    pub(crate) fn unknown_pools(&mut self, why: impl Into<Arc<str>>, at: Span) {
        let unknown = Traced::new(Bound::unknown("engines", why), Trail::written(at));
        // One place is enough for one reason.
        if !self.unknowns.iter().any(|known| known.value == unknown.value) {
            self.unknowns.push(unknown);
        }
    }

    /// An unknown value at a node.
    pub(super) fn unknown(&self, why: impl Into<Arc<str>>, node: &impl Ranged) -> Value {
        Value::unknown(why, self.span(node))
    }
}
