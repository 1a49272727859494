//! Whole programs, as trees in memory: what they open, and where each number comes from.

mod children;
mod engines;
mod evaluator;
mod flask;
mod hooks;
mod hostile;
mod imports;
mod late;
mod libraries;
mod loaders;
mod pools;
mod purposes;
mod recorded;
mod settings;
mod tenants;

use crate::platform::{Container, Environment, FileView};
use crate::pool::{Made, Pool, Url};
use crate::program::{Entry, Started};
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, How, Text, Traced};

use super::pools;
use crate::python::Opened;

const URL: &str = "postgresql://app:app@db/app";

/// A program in a tree.
struct Program {
    sources: Sources,
    opened: Opened,
}

/// What `app.main:app` opens, started in the root of `files` with the variables of the file `env`.
fn program(files: &[(&str, &str)]) -> Program {
    run(files, "app.main", "app")
}

fn run(files: &[(&str, &str)], module: &str, attribute: &str) -> Program {
    let entry_file = format!("{module}:{attribute}");
    let mut all = files.to_vec();
    all.push(("command", &entry_file));
    let sources = Sources::new(Memory::new(all.iter().copied()));
    let command = sources.load(&TreePath::new("command")).unwrap();
    let words = Text::verbatim(&command, 0..command.text.len());
    let (module, attribute) = words.split_once(':').unwrap();
    let entry = Entry::Module { module, attribute: Some(attribute) };
    let opened = start(&sources, Some(entry), &FileView::bare(), "/");
    Program { sources, opened }
}

fn start(sources: &Sources, entry: Option<Entry>, view: &FileView, working_dir: &str) -> Opened {
    start_with(sources, entry, Vec::new(), view, working_dir)
}

fn start_with(
    sources: &Sources,
    entry: Option<Entry>,
    imports: Vec<Entry>,
    view: &FileView,
    working_dir: &str,
) -> Opened {
    start_whole(sources, (entry, None), imports, view, (working_dir, Some(false)))
}

/// A script with the words behind it.
fn start_as(sources: &Sources, entry: Option<Entry>, arguments: Option<Vec<Text>>) -> Opened {
    start_whole(sources, (entry, arguments), Vec::new(), &FileView::bare(), ("/", Some(false)))
}

/// What one module opens that `program` loads.
fn loaded_by(program: &'static str, source: &str) -> Program {
    let sources = Sources::new(Memory::new([("app.py", source), ("command", "app")]));
    let command = sources.load(&TreePath::new("command")).unwrap();
    let entry = Entry::module(&Text::verbatim(&command, 0..3), None);
    let started = Started { program, ..started(Some(entry), Environment::new()) };
    let container = Container { files: FileView::bare(), ..Container::default() };
    let opened = pools(&sources, &container, &started);
    Program { sources, opened }
}

fn start_whole(
    sources: &Sources,
    (entry, arguments): (Option<Entry>, Option<Vec<Text>>),
    imports: Vec<Entry>,
    view: &FileView,
    (working_dir, is_celery_child): (&str, Option<bool>),
) -> Opened {
    let mut environment = Environment::new();
    if let Ok(file) = sources.load(&TreePath::new("env")) {
        for line in 0..file.lines() {
            let line = Text::verbatim(&file, file.line_range(line).unwrap());
            let (name, value) = line.split_once('=').unwrap();
            if value.as_str() == "$(nproc)" {
                let cpus = Traced::new(Bound::unknown("CPUs", "nothing says how many"), value.trail());
                environment.set_unknown(name.as_str(), cpus);
            } else {
                environment.set(name.as_str(), value);
            }
        }
    }
    let working_dir = working_dir.to_owned();
    let started = Started { imports, arguments, is_celery_child, working_dir, ..started(entry, environment) };
    let container = Container { files: view.clone(), ..Container::default() };
    pools(sources, &container, &started)
}

/// A script that is run in the root.
fn started(entry: Option<Entry>, environment: Environment) -> Started {
    let count = || Traced::new(Bound::ONE, crate::trace::Trail::default_of("test", None));
    Started {
        request_timeout: None,
        arguments: None,
        is_celery_child: Some(false),
        counts_tasks: false,
        label: None,
        callers: Vec::new(),
        program: "python",
        process_word: "worker",
        processes: count(),
        threads: count(),
        concurrency: count(),
        entry,
        imports: Vec::new(),
        environment,
        working_dir: "/".to_owned(),
        python_path: Vec::new(),
        development: None,
        counted_by: None,
        preload: None,
        reload: crate::program::Reload::default(),
    }
}

/// What one module `app/main.py` opens.
fn main(source: &str) -> Program {
    program(&[("app/main.py", source), ("env", &format!("DATABASE_URL={URL}"))])
}

impl Program {
    /// Each pool as `name size+overflow=ceiling`, sorted.
    fn summary(&self) -> Vec<String> {
        let number = |count: &Option<crate::trace::Count>| {
            count.as_ref().map_or("-".into(), |count| count.value.to_string())
        };
        let one = |pool: &Pool| {
            let how = if matches!(pool.made, Made::Repeatedly(_)) { " each time" } else { "" };
            format!("{} {}+{}={}{how}", pool.name, number(&pool.size), number(&pool.overflow), pool.ceiling)
        };
        let mut all: Vec<String> = self.opened.pools.iter().map(one).collect();
        all.sort();
        all
    }

    fn only(&self) -> &Pool {
        assert_eq!(self.opened.pools.len(), 1, "{:?} {:?}", self.summary(), self.opened.problems);
        &self.opened.pools[0]
    }

    /// The steps of a way: how, file and line, and the text that stands there.
    fn way(&self, count: &crate::trace::Count) -> Vec<String> {
        let step = |origin: &crate::trace::Origin| match origin {
            crate::trace::Origin::Place { how, span } => {
                let file = self.sources.file(span.file);
                let line = file.line_column(span.range().start).line;
                format!("{} {}:{line} {}", how.word(), file.path, self.sources.text(*span))
            }
            crate::trace::Origin::Default { of } => format!("default {of}"),
            crate::trace::Origin::CommandLine { argument } => argument.clone(),
        };
        count.trail.steps().map(step).collect()
    }

    fn url(&self) -> String {
        match &self.only().url {
            Url::Known(text) | Url::Host(text) => text.to_string(),
            Url::Unknown(unknown) => format!("unknown: {}", unknown.why),
        }
    }
}

#[test]
fn a_variable_that_a_script_computed_is_no_default() {
    let source = "import os\nfrom sqlalchemy import create_engine\n\
        engine = create_engine(os.environ[\"DATABASE_URL\"], pool_size=int(os.getenv(\"SIZE\", \"5\")))\n";
    let environment = format!("DATABASE_URL={URL}\nSIZE=$(nproc)");
    let program = program(&[("app/main.py", source), ("env", &environment)]);
    assert!(program.only().ceiling.is_unknown(), "{:?}", program.summary());
}

#[test]
fn nothing_is_found_without_the_source_of_the_entry() {
    let program = run(&[("other.py", "")], "app.main", "app");
    assert!(!program.opened.entry_found);
}

#[test]
fn a_word_that_reads_is_a_step() {
    assert_eq!(How::Read.word(), "read");
}
