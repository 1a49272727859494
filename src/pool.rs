//! A pool of connections, whichever library keeps it.

use crate::source::Span;
use crate::trace::{Bound, Count, Text, Unknown};

/// One pool in one process: an engine, or what stands for it where there is none.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The name the application has for it: `engine`.
    pub name: String,
    /// The class that keeps it: `sqlalchemy.QueuePool`.
    pub kind: &'static str,
    /// Connections it keeps, where it has such a number.
    pub size: Option<Count>,
    /// Connections beyond those, where it has such a number.
    pub overflow: Option<Count>,
    /// The most it ever has open: what its settings allow.
    pub ceiling: Bound,
    /// The most it has open when `concurrency` tasks of its process want one connection each; the ceiling where
    /// concurrency does not bound it.
    pub demand: Demand,
    /// The database it dials.
    pub url: Url,
    /// Where it is made: the name of the constructor. `None` for a pool that is known by convention.
    pub place: Option<Span>,
    /// How often a process makes it.
    pub made: Made,
}

/// How often a process makes a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Once: at import, when the process starts, or at the first use, after which it is kept.
    Once,
    /// At every call of a function, in a loop, or for every one of something: there is no bound on how many there
    /// are. The place is the function or loop.
    Repeatedly(Span),
}

/// How a pool grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// A connection is opened when a task wants one; this many are opened whatever happens.
    ByTask {
        /// Opened at once, however few tasks there are.
        minimum: u64,
    },
    /// It grows ahead of demand: its ceiling is what it reaches (psycopg_pool; facts G).
    Ahead,
}

/// The database URL of a pool.
#[derive(Clone, Debug)]
pub enum Url {
    /// As the application passes it to the pool.
    Known(Text),
    /// Only the host it dials is known.
    Host(Text),
    /// It could not be found out.
    Unknown(Unknown),
}

impl Pool {
    /// What stands for the pools of a program of which nothing is known but that it dials `url`.
    pub fn unknown(url: Url, why: &str, place: Option<Span>) -> Self {
        Self {
            name: "connections".to_owned(),
            kind: "unknown",
            size: None,
            overflow: None,
            ceiling: Bound::unknown("connections", why),
            demand: Demand::Ahead,
            url,
            place,
            made: Made::Once,
        }
    }

    /// What the pool reaches when its process serves `concurrency` tasks at once, each holding one connection of it
    /// at a time (facts, D2). Never less than it opens by itself; its ceiling where concurrency is not known.
    pub fn reachable(&self, concurrency: &Bound) -> Bound {
        match self.demand {
            Demand::Ahead => self.ceiling.clone(),
            Demand::ByTask { minimum } => {
                let tasks = concurrency.number().map(|n| n.max(minimum));
                match tasks {
                    Some(n) => self.ceiling.clone().limited_by(&Bound::Exactly(n)),
                    None => self.ceiling.clone(),
                }
            }
        }
    }
}
