//! The deployment: process groups, their pools, and the servers those dial. Knows no files and no formats.

mod join;

use crate::client::Pool;
use crate::source::{Span, TreePath};
use crate::trace::{Count, Problem, Text, Trail};

pub use join::{Member, Role};

/// What is started together, with everything that dials a database.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its name: the compose files joined by `+`.
    pub name: String,
    /// The files it was read from.
    pub files: Vec<TreePath>,
    /// The servers that have a limit.
    pub servers: Vec<Server>,
    /// The process groups that dial them.
    pub groups: Vec<Group>,
    /// What was wrong in the files.
    pub problems: Vec<Problem>,
}

/// A PostgreSQL that takes connections.
#[derive(Clone, Debug)]
pub struct Server {
    /// The service's name, or the host in a URL.
    pub name: String,
    /// Where it is named.
    pub place: Option<Span>,
    /// The program and version, as far as it is known: "postgres:14".
    pub version: Option<Text>,
    /// Its limit.
    pub max_connections: Count,
    /// Slots that only superusers get.
    pub superuser_reserved: Count,
    /// Slots for members of `pg_use_reserved_connections`, from PostgreSQL 16.
    pub reserved: Count,
}

/// Identical processes from one command.
#[derive(Clone, Debug)]
pub struct Group {
    /// The service's name; with the program's where one service starts several.
    pub name: String,
    /// The program: `gunicorn`; `None` when it is not known what runs.
    pub program: Option<&'static str>,
    /// What one process is called: "worker".
    pub process_word: &'static str,
    /// How many containers or instances.
    pub replicas: Count,
    /// Processes in each.
    pub processes: Count,
    /// Threads in each process.
    pub threads: Count,
    /// Tasks that one process works on at once.
    pub concurrency: Count,
    /// What makes it a development server: `--reload`, `runserver`.
    pub development: Option<Trail>,
    /// How many of each of the pools a process has: one where the source was read, unknown where only names speak.
    pub engines: Count,
    /// The pools of one process.
    pub pools: Vec<Placed>,
}

/// A pool and the server it dials.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The pool.
    pub pool: Pool,
    /// Which of the deployment's servers; `None` when that is not known.
    pub server: Option<usize>,
}
