//! Threads and processes that a program starts itself. Threads leave a pool's own maximum as its only bound; each child
//! process may open what its parent opens (a fork inherits the pools, `spawn` imports the module that makes them).

use ruff_text_size::{Ranged, TextRange};

use crate::source::Span;
use crate::syntax::python::ast::{Expr, ExprCall};
use crate::trace::{Bound, Count, Traced, Trail};

use super::call::Arguments;
use super::django::count_of;
use super::heap::Key;
use super::machine::Machine;
use super::outline::{Body, dotted, last_name};
use super::program::{Program, Unit};
use super::value::Value;

/// A call that may start threads or processes.
#[derive(Debug)]
pub(super) struct Spawner {
    /// The last part of what it calls.
    name: Key,
    /// Where that stands.
    place: TextRange,
    /// What a child that is another Python runs.
    runs: Option<Runs>,
}

/// What another Python is told to run.
#[derive(Debug)]
enum Runs {
    /// `-m` and this module.
    Module(String),
    /// A script, code, or something that only running tells.
    Else,
}

/// Functions of `subprocess`, `asyncio` and `os` that start another program.
const STARTERS: [&str; 7] = [
    "Popen",
    "run",
    "call",
    "check_call",
    "check_output",
    "create_subprocess_exec",
    "create_subprocess_shell",
];

/// Methods that hand a function to processes that are kept for it.
const HAND_WORK: [&str; 9] = [
    "submit",
    "run_in_executor",
    "apply",
    "apply_async",
    "map_async",
    "starmap",
    "starmap_async",
    "imap",
    "imap_unordered",
];

/// Whether every function that the source `text` hands on is one that it defines itself, at its top: never one that a caller
/// gave it.
fn hands_its_own(text: &str) -> bool {
    HAND_WORK.iter().chain(&["map"]).all(|method| {
        let call = format!(".{method}(");
        text.match_indices(&call).all(|(at, _)| {
            let mut words = text[at + call.len()..].trim_start();
            if *method == "run_in_executor" {
                words = words.split_once(',').map_or("", |(_, rest)| rest.trim_start());
            }
            let end = words.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(words.len());
            // Without words nothing is handed on: a sentence in a comment.
            (end == 0 && words.starts_with(')')) || text.contains(&format!("\ndef {}(", &words[..end]))
        })
    })
}

/// The modules of the program that `unit` imports.
fn imported_by(program: &Program, unit: &Unit) -> Vec<usize> {
    let names = unit.outline.imports().filter_map(|import| {
        let name = unit.absolute(import)?;
        let taken = import.names.iter().flatten().map(|(taken, _)| format!("{name}.{taken}"));
        Some(taken.chain([name.clone()]).collect::<Vec<_>>())
    });
    names.flatten().filter_map(|name| program.index(&name)).collect()
}

impl Spawner {
    /// The call as one that may start threads or processes, by its name and words alone.
    pub(super) fn of(call: &ExprCall) -> Option<Self> {
        const NAMES: [&str; 6] = ["Thread", "Timer", "ThreadPool", "Process", "Pool", "fork"];
        let name = last_name(&call.func)?;
        let runs = if STARTERS.contains(&name) { another_python(call) } else { None };
        let is_one = NAMES.contains(&name) || name.ends_with("PoolExecutor") || runs.is_some();
        is_one.then(|| Self { name: Key::new(name), place: call.func.range(), runs })
    }
}

/// What a call of `subprocess` makes another Python run: `[sys.executable, "-m", "app.worker"]`, `"python worker.py"`.
fn another_python(call: &ExprCall) -> Option<Runs> {
    let first = call.arguments.args.first()?;
    let text = |word: &Expr| match word {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        _ => None,
    };
    let words: Vec<&Expr> = match first {
        Expr::List(list) => list.elts.iter().collect(),
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        _ => call.arguments.args.iter().collect(),
    };
    if let [line, ..] = &*words
        && let Some(line) = text(line).filter(|line| line.contains(char::is_whitespace))
    {
        let mut words = line.split_whitespace().map(str::to_owned).map(Some);
        return is_python(&words.next()??).then(|| runs(words));
    }
    let (program, rest) = words.split_first()?;
    let is_other = dotted(program).is_some_and(|name| name == "sys.executable")
        || text(program).is_some_and(|program| is_python(&program));
    is_other.then(|| runs(rest.iter().map(|word| text(word))))
}

fn is_python(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    name.strip_prefix("python").is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn runs(words: impl Iterator<Item = Option<String>>) -> Runs {
    let mut words = words.skip_while(|word| matches!(word.as_deref(), Some("-u" | "-O" | "-B")));
    match (words.next().flatten().as_deref(), words.next().flatten()) {
        (Some("-m"), Some(module)) => Runs::Module(module),
        _ => Runs::Else,
    }
}

impl Machine<'_> {
    /// Threads that the application starts itself leave a pool's own maximum as its only bound; processes of its own
    /// may each open what this one opens.
    pub(super) fn watch_spawns(&mut self, module: usize, body: &Body) {
        let program = self.program;
        let Some(unit) = program.units.get(module) else { return };
        let Some(read) = &unit.module else { return };
        let imports = |package: &str| {
            unit.outline.imports().any(|import| import.module.split('.').next() == Some(package))
        };
        for spawner in &body.spawners {
            let name = spawner.name.as_str();
            let forks = match name {
                "Thread" | "Timer" => {
                    self.has_threads |= imports("threading");
                    false
                }
                "ThreadPool" => {
                    self.has_threads |= imports("multiprocessing");
                    false
                }
                "Process" | "Pool" => imports("multiprocessing"),
                "fork" => imports("os"),
                // Also a subclass of the standard library's, wherever it is imported from.
                name if name.ends_with("ThreadPoolExecutor") => {
                    self.has_threads = true;
                    false
                }
                name if name.ends_with("ProcessPoolExecutor") => true,
                _ => match &spawner.runs {
                    Some(Runs::Module(module)) => self.is_of_the_tree(module),
                    Some(Runs::Else) => imports("subprocess") || imports("asyncio"),
                    None => false,
                },
            };
            if forks {
                let at = read.file.at(spawner.place.start().to_usize()..spawner.place.end().to_usize());
                self.spawned.push((name.to_owned(), at));
            }
        }
        if !std::ptr::eq(body, &raw const unit.outline.top) || !imports("multiprocessing") {
            return;
        }
        // A subclass is started by a method that it inherits, wherever it is instantiated.
        for class in &unit.outline.classes {
            if let Some(base) = class.bases.iter().find(|base| base.ends_with("Process")) {
                let text = format!("class {}", class.name);
                let at = read.file.text.find(&text).map_or(0..0, |start| start..start + text.len());
                self.spawned.push((base.to_string(), read.file.at(at)));
            }
        }
    }

    fn is_of_the_tree(&self, module: &str) -> bool {
        let root = module.split('.').next().unwrap_or(module);
        self.program.index(root).is_some() || self.search.find(None, root).is_some()
    }

    /// Notes how many processes the call of something outside the tree starts, where it is one that does.
    pub(super) fn note_children(&mut self, name: &str, arguments: &Arguments, span: Span) {
        let size = match name.rsplit('.').next() {
            Some("Process") if name.starts_with("multiprocessing") => None,
            Some("Pool") if name.starts_with("multiprocessing") => Some("processes"),
            Some("ProcessPoolExecutor") if name.starts_with("concurrent") => Some("max_workers"),
            _ => return,
        };
        let count = match size.map(|size| arguments.get(Some(0), size)) {
            _ if self.is_serving || self.rounds > 0 || self.ledger.repeated.is_some() => {
                let why = "how often it runs is not known";
                Traced::new(Bound::unknown("processes", why), Trail::written(span))
            }
            None => Traced::new(Bound::ONE, Trail::written(span)),
            // Both take the number of CPUs where they are given none (`multiprocessing/pool.py`,
            // `concurrent/futures/process.py` of 3.13).
            Some(None | Some(Value::None(_))) if arguments.rest.is_none() => self.cpus.counted(Some(span)),
            Some(given) => {
                let unsaid = || Value::unknown("it is not known", span);
                count_of(&given.unwrap_or_else(unsaid), "processes", span)
            }
        };
        self.children.push((span, count));
    }

    /// Whether the processes that are kept at `at` may come to a pool: its module, or one that it imports, makes one or
    /// imports a library that does, or somebody who imports it hands work to such processes.
    fn reaches_a_pool(&self, at: Span) -> bool {
        let program = self.program;
        let is_in = |file: crate::source::FileId| {
            program
                .units
                .iter()
                .position(|unit| unit.module.as_ref().is_some_and(|module| module.file.at(0..0).file == file))
        };
        let making: Vec<usize> = self.ledger.places().filter_map(|place| is_in(place.file)).collect();
        let Some(first) = is_in(at.file) else { return true };
        let own = program.units[first].module.as_ref().is_some_and(|module| hands_its_own(&module.file.text));
        if !own || self.is_handed_work(first) {
            return true;
        }
        let (mut seen, mut queue) = (vec![first], vec![first]);
        while let Some(index) = queue.pop() {
            let unit = &program.units[index];
            let is_library = |root: &str| {
                self.libraries.known.iter().any(|library| library.packages.contains(&root))
                    || self.libraries.not_followed.contains(&root)
            };
            let imports_one = unit
                .outline
                .imports()
                .any(|import| import.level == 0 && import.module.split('.').next().is_some_and(is_library));
            if making.contains(&index) || imports_one {
                return true;
            }
            for module in imported_by(program, unit) {
                if !seen.contains(&module) {
                    seen.push(module);
                    queue.push(module);
                }
            }
        }
        false
    }

    /// Whether a module that imports the one at `index` hands functions to processes or threads.
    fn is_handed_work(&self, index: usize) -> bool {
        let program = self.program;
        let hands =
            |body: &Body| body.mentions.iter().any(|mention| HAND_WORK.contains(&mention.last().as_str()));
        program.units.iter().enumerate().any(|(other, unit)| {
            other != index
                && imported_by(program, unit).contains(&index)
                && (hands(&unit.outline.top)
                    || unit.outline.functions.iter().any(|function| hands(&function.body)))
        })
    }

    /// How many processes it starts, where that is known of every place that starts some; else says so at the place of one
    /// where it is not.
    pub(super) fn count_children(&mut self) -> Option<Count> {
        let spawned = std::mem::take(&mut self.spawned);
        if self.ledger.mark() == 0 {
            return None;
        }
        let is_cpus = |count: &Count| count.value == self.cpus.counted(None).value;
        let mut all: Option<Count> = None;
        let mut seen: Vec<Span> = Vec::new();
        for (name, at) in spawned {
            if seen.contains(&at) {
                continue;
            }
            seen.push(at);
            let is_pool = name == "Pool" || name.ends_with("PoolExecutor");
            if is_pool && !self.reaches_a_pool(at) {
                continue;
            }
            let counts: Vec<&Count> =
                self.children.iter().filter(|(span, _)| *span == at).map(|(_, n)| n).collect();
            let is_known =
                !counts.is_empty() && counts.iter().all(|count| !count.value.is_unknown() || is_cpus(count));
            if !is_known {
                let what = if STARTERS.contains(&&*name) {
                    format!("it starts another Python with `{name}`, which may open as much")
                } else {
                    format!("it starts processes of its own with `{name}`, which may open as much each")
                };
                self.unknown_pools(what, at);
                return None;
            }
            for count in counts {
                all = Some(match all {
                    None => count.clone(),
                    Some(all) => Traced::new(all.value + count.value.clone(), all.trail),
                });
            }
        }
        all
    }
}
