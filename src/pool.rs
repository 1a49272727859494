//! A pool of connections, whichever library keeps it.

mod setting;

use crate::source::Span;
use crate::trace::{Bound, Count, Text, Unknown};

pub use setting::{Meaning, Purpose, Setting};

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
    /// What else it is set to, each setting that its library has, with the way of each.
    pub settings: Vec<Setting>,
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
    /// There is no pool: every thread that uses the database has one connection of its own, so that the threads of
    /// the process are the ceiling as well (Django; facts C2 and D1, 5a to 5f).
    ByThread {
        /// Whether a connection outlives the task that opened it. Where each task has a thread of its own, as under
        /// ASGI or gevent, those connections pile up.
        is_kept: bool,
        /// The size of the pool that some branch has instead; 0 where none has.
        pool: u64,
    },
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
    /// Its setting for `purpose`, where its library has one.
    pub fn setting(&self, purpose: Purpose) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.purpose == purpose)
    }

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
            settings: Vec::new(),
        }
    }

    /// The pool in a process of `threads` that serves `concurrency` tasks at once: what it opens at most is known of
    /// some pools only there.
    #[must_use]
    pub fn in_process(self, concurrency: &Bound, threads: &Bound) -> Self {
        Self { ceiling: ceiling_in(self.demand, self.made, &self.ceiling, concurrency, threads), ..self }
    }

    /// What the pool reaches when its process serves `concurrency` tasks at once, each holding one connection of it
    /// at a time (facts, D2). Never less than it opens by itself; its ceiling where concurrency is not known.
    pub fn reachable(&self, concurrency: &Bound) -> Bound {
        reachable_of(self.demand, &self.ceiling, concurrency)
    }
}

/// What a pool may open in a process of `threads` that serves `concurrency` tasks, where its own settings allow `ceiling`.
pub(crate) fn ceiling_in(
    demand: Demand,
    made: Made,
    ceiling: &Bound,
    concurrency: &Bound,
    threads: &Bound,
) -> Bound {
    let Demand::ByThread { is_kept, pool } = demand else { return ceiling.clone() };
    let has_own_threads = match (concurrency.number(), threads.number()) {
        (Some(tasks), Some(threads)) => tasks <= threads.max(1),
        // Tasks that nobody counted, in threads that are the same.
        _ => concurrency == threads,
    };
    let ceiling = match made {
        Made::Repeatedly(_) => Bound::Unbounded,
        Made::Once if is_kept && !has_own_threads && concurrency.number().is_some() => Bound::Unbounded,
        Made::Once => concurrency.clone(),
    };
    if pool > 0 { ceiling.or(Bound::Exactly(pool)) } else { ceiling }
}

/// What a pool of that `ceiling` reaches when its process serves `concurrency` tasks.
pub(crate) fn reachable_of(demand: Demand, ceiling: &Bound, concurrency: &Bound) -> Bound {
    match demand {
        // Threads are bounded by the program that starts them: what they reach is what they may.
        Demand::Ahead | Demand::ByThread { .. } => ceiling.clone(),
        Demand::ByTask { minimum } => {
            let tasks = concurrency.number().map(|n| n.max(minimum));
            match tasks {
                Some(n) => ceiling.clone().limited_by(&Bound::Exactly(n)),
                None => ceiling.clone(),
            }
        }
    }
}
