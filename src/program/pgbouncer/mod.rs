//! Poolers: PgBouncer, which images and commands are one and what its file or its image's variables set (facts, E), and
//! others as far as their own files say. What clients and servers make of the numbers is the budget's to say.

mod build;
mod image;
mod keys;
mod names;
mod number;
mod other;
mod pgcat;
mod pgpool;
mod reader;
mod start;
mod url;
mod variables;

use std::time::Duration;

use super::Value;
use crate::platform::Container;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Problem, Text, Traced, Trail};

/// A pooler with what it is set to, each value as it is set or by default.
#[derive(Clone, Debug)]
pub struct Pooler {
    /// The program: "pgbouncer".
    pub program: &'static str,
    /// "session", "transaction" or "statement"; `None` where it is not known.
    pub mode: Option<Text>,
    /// How many of it one container runs. Every limit below is one process's own.
    pub processes: Count,
    /// How many clients it takes.
    pub max_client_conn: Count,
    /// How many server connections a pair of database and user gets.
    pub default_pool_size: Count,
    /// How many more a pair gets when clients wait.
    pub reserve_pool_size: Count,
    /// How many server connections an entry gets over all users; `None` is no limit.
    pub max_db_connections: Option<Count>,
    /// How many server connections a user gets over all entries; `None` is no limit.
    pub max_user_connections: Option<Count>,
    /// How many clients an entry takes; `None` is no limit.
    pub max_db_client_connections: Option<Count>,
    /// How many clients a user may be; `None` is no limit.
    pub max_user_client_connections: Option<Count>,
    /// The entries, `*` among them. An entry that takes no client, since PgBouncer refuses it then, is not here.
    pub databases: Vec<Database>,
    /// The users that have settings of their own.
    pub users: Vec<User>,
    /// Where it is told to look users up in the database: a pool of its own for that user, in every entry.
    pub auth_query: Option<Trail>,
    /// The users that it knows without looking them up; `None` where the list is not at hand.
    pub known_users: Option<Vec<String>>,
    /// After which time it closes connections.
    pub timeouts: Timeouts,
    /// How many prepared statements of a client it keeps for it from one server connection to the next; 0 where it keeps
    /// none, `None` where that is not known.
    pub prepared_statements: Option<Count>,
    /// Why nothing is known of its numbers, at its place.
    pub unread: Option<Count>,
    /// What is wrong with what configures it.
    pub problems: Vec<Problem>,
    /// The files that were read.
    pub read: Vec<TreePath>,
}

/// An entry that clients ask for by its name.
#[derive(Clone, Debug)]
pub struct Database {
    /// The name; `*` is every other.
    pub name: Text,
    /// The host that it dials, or several between commas; `None` is a socket of the container's own.
    pub host: Option<Value>,
    /// The port; `None` is 5432.
    pub port: Option<Value>,
    /// The database at the server; `None` is the name that the client asks for.
    pub dbname: Option<Value>,
    /// The user that it logs in as, whoever the client is; `None` is the client's.
    pub user: Option<Value>,
    /// Its own `default_pool_size`.
    pub pool_size: Option<Count>,
    /// Its own `reserve_pool_size`.
    pub reserve_pool_size: Option<Count>,
    /// Its own `max_db_connections`.
    pub max_db_connections: Option<Count>,
    /// Its own mode.
    pub pool_mode: Option<Text>,
    /// Where it is told to look users up.
    pub auth_query: Option<Trail>,
    /// Where it stands.
    pub place: Option<Span>,
}

/// A user with settings of its own.
#[derive(Clone, Debug)]
pub struct User {
    /// The name.
    pub name: Text,
    /// Its own pool size, over that of the entry (from 1.23).
    pub pool_size: Option<Count>,
    /// Its own reserve, over that of the entry (from 1.24).
    pub reserve_pool_size: Option<Count>,
    /// Its own `max_user_connections`.
    pub max_user_connections: Option<Count>,
    /// Its own mode.
    pub pool_mode: Option<Text>,
}

/// Times after which connections are closed: zero is never, `None` is not known.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// An idle server connection.
    pub server_idle: Traced<Option<Duration>>,
    /// An idle client.
    pub client_idle: Traced<Option<Duration>>,
    /// A server connection of that age.
    pub server_lifetime: Traced<Option<Duration>>,
}

impl Timeouts {
    /// None of them is known.
    pub fn unknown(trail: &Trail) -> Self {
        let unknown = || Traced::new(None, trail.clone());
        Self { server_idle: unknown(), client_idle: unknown(), server_lifetime: unknown() }
    }
}

/// The pooler that `container` is; `None` where it is none.
pub fn pooler(sources: &Sources, container: &Container) -> Option<Pooler> {
    start::pgbouncer(sources, container).or_else(|| other::pooler(sources, container))
}

impl Pooler {
    /// A pooler of which no number is known.
    fn new(program: &'static str, processes: Count) -> Self {
        let unknown = || Count::new(Bound::unknown("connections", "it is not read"), processes.trail.clone());
        Self {
            program,
            mode: None,
            max_client_conn: unknown(),
            default_pool_size: unknown(),
            reserve_pool_size: Count::new(Bound::ZERO, processes.trail.clone()),
            max_db_connections: None,
            max_user_connections: None,
            max_db_client_connections: None,
            max_user_client_connections: None,
            databases: Vec::new(),
            users: Vec::new(),
            auth_query: None,
            known_users: None,
            timeouts: Timeouts::unknown(&processes.trail),
            prepared_statements: None,
            unread: None,
            problems: Vec::new(),
            read: Vec::new(),
            processes,
        }
    }

    /// The same pooler, of whose numbers nothing is known because of `lost`. Where it dials stays.
    fn lose(&mut self, lost: &Count) {
        self.mode = None;
        self.max_client_conn = lost.clone();
        self.default_pool_size = lost.clone();
        self.reserve_pool_size = lost.clone();
        self.max_db_connections = None;
        self.max_user_connections = None;
        self.max_db_client_connections = None;
        self.max_user_client_connections = None;
        self.prepared_statements = None;
        self.users.clear();
        for database in &mut self.databases {
            database.pool_size = None;
            database.reserve_pool_size = None;
            database.max_db_connections = None;
        }
        self.timeouts = Timeouts::unknown(&lost.trail);
        self.unread = Some(lost.clone());
    }

    /// A pooler of which nothing is known because of `lost`.
    fn unread(program: &'static str, processes: Count, lost: &Count) -> Self {
        let mut pooler = Self::new(program, processes);
        pooler.lose(lost);
        pooler
    }
}

#[cfg(test)]
mod tests;
