//! What a command line comes to.

use crate::platform::Environment;
use crate::python::{Entry, Role};
use crate::source::Span;
use crate::trace::{Bound, Count, Text, Trail};

use super::command::larger;

/// Identical processes that one command line starts.
#[derive(Clone, Debug)]
pub struct Started {
    /// The program: `gunicorn`.
    pub program: &'static str,
    /// What the file that starts it calls it: the `web` of a supervisor's `[program:web]`.
    pub label: Option<String>,
    /// Where the commands stand that lead to it, its own as the last.
    pub callers: Vec<Span>,
    /// What one process is called: "worker".
    pub process_word: &'static str,
    /// How many processes.
    pub processes: Count,
    /// Threads in each.
    pub threads: Count,
    /// How many tasks one process works on at once, each of which may hold a connection; unbounded where nothing
    /// limits it, as under asyncio.
    pub concurrency: Count,
    /// The seconds after which it kills a process that is still at one request; `None` where it never does.
    pub request_timeout: Option<Count>,
    /// The code that each process runs; `None` when the program runs none of the application's.
    pub entry: Option<Entry>,
    /// What each process loads beside it.
    pub imports: Vec<Entry>,
    /// The words behind what it runs, where that is a script or module of the project and all of them are known.
    pub arguments: Option<Vec<Text>>,
    /// Whether celery forks it from its worker, where that is known: its result backend keeps a pool in such a process.
    pub is_celery_child: Option<bool>,
    /// Whether [`Started::counted_by`] counts the tasks of one process, not the processes.
    pub counts_tasks: bool,
    /// The variables that a process sees, with what the command line added.
    pub environment: Environment,
    /// The folder the process works in, as it sees it.
    pub working_dir: String,
    /// Folders in front of the module search path, as the process sees them.
    pub python_path: Vec<String>,
    /// What makes it a development server, which runs more than it says: `--reload`, `runserver`.
    pub development: Option<Trail>,
    /// The setting of the application that says how many processes there are, where the command line does not.
    pub counted_by: Option<&'static str>,
    /// Where it is told to load the application before it forks: connections opened at import are then shared.
    pub preload: Option<Trail>,
    /// What it starts beside its processes when it is told to load its code again.
    pub reload: Reload,
}

/// What a program does when it is told to load its code again, with `HUP` (facts, B1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reload {
    /// It stops what runs first, or cannot be told.
    #[default]
    StopsFirst,
    /// It starts every process anew, and then stops the old ones.
    StartsAll,
    /// It starts one anew, and then stops that one.
    StartsOne,
}

impl Started {
    /// The processes that stand beside the others while it reloads.
    pub fn more_at_reload(&self) -> Option<Count> {
        match self.reload {
            Reload::StopsFirst => None,
            Reload::StartsAll => Some(self.processes.clone()),
            Reload::StartsOne => Some(Count::new(Bound::ONE, self.processes.trail.clone())),
        }
    }

    /// Whether `other` is the same program with the same code: of two alternatives only one can run.
    pub fn is_alike(&self, other: &Self) -> bool {
        let target = |started: &Self| {
            let all = started.entry.iter().chain(&started.imports);
            all.map(|entry| entry.target().to_owned()).collect::<Vec<_>>()
        };
        self.program == other.program
            && self.process_word == other.process_word
            && target(self) == target(other)
    }

    /// Either of two alternatives: of each count the larger, with the way of that one.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.processes = larger(self.processes, &other.processes);
        self.threads = larger(self.threads, &other.threads);
        self.concurrency = larger(self.concurrency, &other.concurrency);
        self.development = self.development.or_else(|| other.development.clone());
        self.preload = self.preload.or_else(|| other.preload.clone());
        self
    }
}

impl Started {
    /// As its application's setting [`Started::counted_by`] has it.
    #[must_use]
    pub fn counted(mut self, count: Count) -> Self {
        if !self.counts_tasks {
            return Self { processes: count, ..self };
        }
        if self.threads.value == self.concurrency.value {
            self.threads.clone_from(&count);
        }
        Self { concurrency: count, ..self }
    }

    /// Which task queue's worker a process is. A script, or a command of the application's own, may start any.
    pub fn role(&self) -> Role {
        match self.program {
            "celery" => Role::Celery,
            "celery beat" => Role::Beat,
            "dramatiq" => Role::Dramatiq,
            "celery flower" | "gunicorn" | "uvicorn" | "hypercorn" | "granian" | "daphne" | "uwsgi"
            | "uWSGI" | "waitress" | "mod_wsgi" | "fastapi" | "sanic" | "runserver" | "rq" | "huey"
            | "arq" | "taskiq" => Role::Other,
            _ => Role::Unsaid,
        }
    }

    /// The way of what it runs.
    pub fn trail(&self) -> Trail {
        match &self.entry {
            Some(
                Entry::Module { module: text, .. }
                | Entry::Main { module: text }
                | Entry::Script { path: text },
            ) => text.trail(),
            None => self.processes.trail.clone(),
        }
    }

    /// What it runs, in the letters of the command line; the program where it runs nothing of the application's.
    pub fn target(&self) -> &str {
        self.entry.as_ref().map_or(self.program, Entry::target)
    }
}
