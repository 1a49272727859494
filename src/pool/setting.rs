//! What a pool is set to beside its size: how long connections live, whether they are tested, how long a task waits.
//!
//! Each library has names of its own. A setting keeps that name and what was written, and says under a common purpose
//! what it comes to, so that a rule asks for the purpose and works for every library that has one.

use std::sync::Arc;

use crate::trace::Trail;

/// A setting of a pool that is neither its size nor its overflow: Django's `CONN_MAX_AGE`.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is for.
    pub purpose: Purpose,
    /// Its name, as its library has it.
    pub name: &'static str,
    /// Its value, as it is written: `None`, `-1`.
    pub words: String,
    /// What that comes to, the same for every library.
    pub meaning: Meaning,
    /// The way it came.
    pub trail: Trail,
}

/// What a setting of a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// What keeps the connections: Django's `ENGINE`.
    Backend,
    /// Where they lead: Django's `HOST`.
    Host,
    /// The driver below the pool: a text, `asyncpg`.
    Driver,
    /// The seconds after which a connection is replaced by a new one; 0 closes it after each use.
    Recycle,
    /// The seconds after which a connection that nobody uses is closed.
    IdleTimeout,
    /// Whether a connection is tested before it is handed out: a flag.
    PrePing,
    /// The seconds that a task waits for a connection.
    Timeout,
    /// Whether the driver keeps prepared statements from one transaction to the next: a flag.
    PreparedStatements,
    /// Whether rows are read through cursors that the server keeps from one transaction to the next: a flag.
    ServerSideCursors,
}

/// What a setting comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// So many: of seconds a part counts as a whole.
    Number(i64),
    /// On or off.
    Flag(bool),
    /// It never happens: `pool_recycle=-1`, `CONN_MAX_AGE=None`.
    Never,
    /// A text.
    Text(String),
    /// The files do not say, and why.
    Unknown(Arc<str>),
}

impl Purpose {
    /// Whether a setting for it decides how many connections there are or where they lead, so that a reader of the budget
    /// wants to see it also where nobody wrote it down.
    pub fn decides(self) -> bool {
        matches!(self, Self::Backend | Self::Host)
    }
}

impl Setting {
    /// Whether a reader of the budget wants to see it: it decides something, or somebody wrote it down.
    pub fn is_telling(&self) -> bool {
        self.purpose.decides() || self.name == "CONN_MAX_AGE" || self.trail.default().is_none()
    }
}
