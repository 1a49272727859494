//! What is connected while the application is loaded. A server that loads it before it forks hands such a connection to all
//! of its workers, which then talk over one socket (facts, D1, 2e). An engine that is only made is harmless: its first
//! connection is opened by whoever needs it.

use crate::pool::Demand;
use crate::source::Span;

use super::heap::{Kind, ObjectId};
use super::machine::Machine;
use super::outline::Mention;
use super::value::Value;

/// Methods of SQLAlchemy's engine that check a connection out (`sqlalchemy/engine/base.py` of 2.0).
const CONNECTS: [&str; 7] =
    ["connect", "begin", "raw_connection", "execute", "scalar", "has_table", "table_names"];
/// Methods after which nothing stays open: SQLAlchemy's engine, psycopg2's pools and connections.
const CLOSES: [&str; 3] = ["dispose", "close", "closeall"];
/// Functions that connect the engine that they are given (`sqlalchemy/sql/schema.py` and `inspection.py` of 2.0).
const GIVEN: [&str; 4] = [".create_all", ".drop_all", ".reflect", "sqlalchemy.inspect"];
/// Kinds that are connected as soon as they are made.
const AT_ONCE: [&str; 4] =
    ["psycopg2.connection", "psycopg.Connection", "pg8000.Connection", "psycopg2.ConnectionPool"];
/// Kinds that keep no connection, or that nothing can connect before a loop runs.
const NEVER: [&str; 2] = ["sqlalchemy.NullPool", "sqlalchemy.AsyncAdaptedQueuePool"];
/// Who mentions one of these looks after the children himself: `os`, `uwsgidecorators`.
const HANDLERS: [&str; 2] = ["register_at_fork", "postfork"];

/// Pools that were connected before the application was loaded.
#[derive(Default)]
pub(super) struct Early {
    connected: Vec<(usize, Span)>,
    /// Whether it is loaded.
    is_over: bool,
}

impl Early {
    /// The application is loaded.
    pub(super) fn end(&mut self) {
        self.is_over = true;
    }

    fn connect(&mut self, pool: usize, at: Span) {
        if !self.is_over && self.connected.iter().all(|(known, _)| *known != pool) {
            self.connected.push((pool, at));
        }
    }
}

impl Machine<'_> {
    /// A method of a pool is called.
    pub(super) fn pool_method(&mut self, pool: usize, name: &str, at: Span) {
        if CONNECTS.contains(&name) {
            self.early.connect(pool, at);
        } else if CLOSES.contains(&name) {
            self.early.connected.retain(|(known, _)| *known != pool);
        }
    }

    /// `Base.metadata.create_all(engine)`.
    pub(super) fn connect_given<'v>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = &'v Value>,
        at: Span,
    ) {
        if GIVEN.iter().any(|end| name.ends_with(end)) {
            for value in values {
                if let Value::Pool(pool) = value {
                    self.early.connect(*pool, at);
                }
            }
        }
    }

    /// `db.create_all()`: Flask-SQLAlchemy connects its engines (`flask_sqlalchemy/extension.py` of 3.1.1).
    pub(super) fn connect_extension(&mut self, object: ObjectId, name: &str, at: Span) {
        let is_extension =
            matches!(self.heap.kind(object), Kind::Known(class) if class.starts_with("flask_sqlalchemy."));
        if is_extension && GIVEN.iter().any(|end| end.strip_prefix('.') == Some(name)) {
            for pool in 0..self.ledger.mark() {
                self.early.connect(pool, at);
            }
        }
    }

    /// A pool is made.
    pub(super) fn connect_made(&mut self, pool: usize, at: Span) {
        let eager = self.ledger.pool(pool).is_some_and(|pool| {
            AT_ONCE.contains(&pool.kind)
                && !matches!(pool.demand, Demand::ByTask { minimum: 0 } | Demand::ByThread { .. })
        });
        if eager {
            self.early.connect(pool, at);
        }
    }

    /// What stays connected once the application is loaded: where each pool is made, and where it is connected.
    pub(super) fn connected_early(&self) -> Vec<(Span, Span)> {
        let units = || self.imported.iter().filter_map(|&index| self.program.units.get(index));
        let bodies = units().flat_map(|unit| {
            std::iter::once(&unit.outline.top).chain(unit.outline.functions.iter().map(|one| &one.body))
        });
        let mut mentions = bodies.flat_map(|body| &body.mentions).map(Mention::last);
        if mentions.any(|name| HANDLERS.contains(&name.as_str())) {
            return Vec::new();
        }
        let place = |&(pool, at): &(usize, Span)| {
            if self.heap.is_local(pool) {
                return None;
            }
            let kept = self.ledger.pool(pool).filter(|pool| !NEVER.contains(&pool.kind))?;
            Some((kept.place?, at))
        };
        self.early.connected.iter().filter_map(place).collect()
    }
}
