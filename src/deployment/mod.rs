//! The deployment: process groups, their pools, and the servers those dial. Knows no files and no formats.

mod declared;
mod join;
mod outside;
mod pooler;

use crate::client::Pool;
use crate::program::postgres::Overridden;
use crate::source::{Span, TreePath};
use crate::trace::{Bound, Count, Note, Problem, Text, Trail};

pub use declared::{Declared, Others};
pub use join::{Member, Role, Upstream};
pub use pooler::{Database, Declaration, Pooler, User};

/// What is started together, with everything that dials a database.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its name: the compose files joined by `+`.
    pub name: String,
    /// The files it was read from.
    pub files: Vec<TreePath>,
    /// The servers that have a limit.
    pub servers: Vec<Server>,
    /// The poolers between.
    pub poolers: Vec<Pooler>,
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
    /// What else its files say.
    pub details: Details,
}

/// What a server's files say beyond its limit.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// `shared_buffers` in bytes.
    pub shared_buffers: Option<Count>,
    /// `work_mem` in bytes.
    pub work_mem: Option<Count>,
    /// The memory that its container may use, in bytes, where a limit is set.
    pub memory: Option<Count>,
    /// Limits of one place that another place overrides.
    pub overridden: Vec<Overridden>,
    /// The role that its image makes at the first start, a superuser.
    pub superuser: Option<Text>,
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
    /// The commands that lead to it, the outermost first; `None` when it is not known what runs.
    pub command: Option<Trail>,
    /// How many containers or instances.
    pub replicas: Count,
    /// Processes in each.
    pub processes: Count,
    /// Other numbers of processes that a branch of a script may start in place of that one; it is the largest.
    pub alternatives: Vec<Count>,
    /// Threads in each process.
    pub threads: Count,
    /// Tasks that one process works on at once.
    pub concurrency: Count,
    /// The seconds after which a process that is still at one request is killed; `None` where none is.
    pub request_timeout: Option<Count>,
    /// What makes it a development server: `--reload`, `runserver`.
    pub development: Option<Trail>,
    /// How many of each of the pools a process has: one where the source was read, unknown where only names speak.
    pub engines: Count,
    /// What there is more of for a moment.
    pub overlap: Overlap,
    /// The pools of one process.
    pub pools: Vec<Placed>,
    /// Statements of its code that leave something in the server's session, each with what is to be said of it.
    pub left: Vec<Note>,
}

impl Group {
    /// One process without pools, of which nothing more is known; every count of it has the way `trail`.
    pub fn of_one(name: String, trail: &Trail) -> Self {
        let one = || Count::new(Bound::ONE, trail.clone());
        Self {
            name,
            program: None,
            process_word: "process",
            replicas: one(),
            processes: one(),
            alternatives: Vec::new(),
            command: None,
            threads: one(),
            concurrency: Count::new(Bound::Unbounded, trail.clone()),
            request_timeout: None,
            development: None,
            engines: one(),
            overlap: Overlap::default(),
            pools: Vec::new(),
            left: Vec::new(),
        }
    }
}

/// What of a group stands beside itself for a moment, old and new.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    /// Processes of each replica that a reload starts before the old ones are gone; `None` where nothing reloads.
    pub reload: Option<Count>,
    /// Replicas that a rollout starts before the old ones are gone; `None` where it stops the old ones first.
    pub rollout: Option<Count>,
}

/// A pool and whom it dials.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The pool.
    pub pool: Pool,
    /// Who takes its connections.
    pub target: Target,
}

/// Who takes the connections of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One of the deployment's servers.
    Server(usize),
    /// One of its poolers.
    Pooler(usize),
    /// Nobody knows who.
    Unknown,
}
