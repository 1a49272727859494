//! Poolers, as a rule sees them.

use std::sync::Arc;
use std::time::Duration;

use minijinja::Value;

use super::problem::NoteView;
use super::{CountView, Field, GroupView, Kind, PoolView, Subject, list, none, place};
use crate::budget::{GroupDemand, PoolerBudget, client_sum_words};
use crate::source::Span;
use crate::trace::{Bound, Note, Traced};

/// A pooler with its budget.
#[derive(Clone, Debug)]
pub(crate) struct PoolerView {
    budget: Arc<PoolerBudget>,
}

impl PoolerView {
    pub(crate) fn new(budget: &PoolerBudget) -> Self {
        Self { budget: Arc::new(budget.clone()) }
    }

    /// The clients, the one that opens most first.
    fn clients(&self) -> Value {
        let mut clients = self.budget.clients.clone();
        clients.sort_by_key(|client| std::cmp::Reverse(client.reachable.floor()));
        let pooler = &self.budget.pooler;
        list(clients.iter().map(|client| GroupView::behind(pooler, client).into_value()))
    }

    /// The pools of `groups`, those of the first one first.
    fn pools_of(&self, groups: &[GroupDemand]) -> Value {
        let groups = groups.iter().map(|group| GroupView::behind(&self.budget.pooler, group));
        list(groups.flat_map(|group| group.pool_views().collect::<Vec<_>>()).map(PoolView::into_value))
    }

    /// Of pools that are alike the first.
    fn widest(&self) -> Option<PoolView> {
        let pooler = &self.budget.pooler;
        let groups = self.budget.clients.iter().filter(|group| !group.is_pooler());
        let groups = groups.map(|group| GroupView::behind(pooler, group));
        let pools = groups.flat_map(|group| group.pool_views().collect::<Vec<_>>());
        let size = |pool: &PoolView| pool.demand.pool.size.as_ref().and_then(|size| size.value.number());
        let known: Vec<PoolView> = pools.filter(|pool| size(pool).is_some()).collect();
        let most = known.iter().filter_map(size).max()?;
        known.into_iter().find(|pool| size(pool) == Some(most))
    }

    fn broken_pools(&self) -> Value {
        if !matches!(self.budget.mode(), Some("transaction" | "statement")) {
            return list(std::iter::empty());
        }
        let pooler = &self.budget.pooler;
        let groups = self.budget.clients.iter().map(|group| GroupView::behind(pooler, group));
        let pools = groups.flat_map(|group| group.pool_views().collect::<Vec<_>>());
        let broken = pools.filter(|pool| pool.breaks(pooler.prepared_statements.as_ref()));
        list(broken.map(PoolView::into_value))
    }

    /// What the code of its clients leaves in a session that is another one the next time. A client that also dials a server
    /// past it may do that there.
    fn left(&self) -> Value {
        if !matches!(self.budget.mode(), Some("transaction" | "statement")) {
            return list(std::iter::empty());
        }
        let only_here = |client: &&GroupDemand| client.pools.len() == client.group.pools.len();
        let clients = self.budget.clients.iter().filter(only_here);
        let mut left: Vec<&Note> = Vec::new();
        for note in clients.flat_map(|client| &client.group.left) {
            if !left.contains(&note) {
                left.push(note);
            }
        }
        list(left.into_iter().map(|note| NoteView(note.clone()).into_value()))
    }

    /// What each of its processes has to accept so that all its clients can dial it.
    fn needed(&self) -> Option<u64> {
        let pooler = &self.budget.pooler;
        let processes = (pooler.replicas.value.clone() * pooler.processes.value.clone()).number()?;
        Some(self.budget.client_reachable.number()?.div_ceil(processes.max(1)))
    }

    fn mode_place(&self) -> Option<Span> {
        self.budget.pooler.mode.as_ref().and_then(|mode| mode.trail().place())
    }
}

/// A time in whole seconds.
pub(super) fn seconds(time: &Traced<Option<Duration>>) -> Value {
    let bound = match time.value {
        Some(time) => Bound::Exactly(time.as_secs()),
        None => Bound::unknown("seconds", "it is not known"),
    };
    CountView::traced(&Traced::new(bound, time.trail.clone()))
}

impl Subject for PoolerView {
    const NAME: &'static str = "pooler";
    const ABOUT: &'static str = "PgBouncer and its like, with those who dial it.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("name", Kind::Text, "Its service's name.", |p| p.budget.pooler.name.as_str().into()),
        Field::new("program", Kind::Text, "The program: `pgbouncer`.", |p| p.budget.pooler.program.into()),
        Field::optional("at", Kind::Place, "Where it is named.", |p| place(p.budget.pooler.place)),
        Field::optional("mode", Kind::Text, "`session`, `transaction` or `statement`.", |p| {
            p.budget.mode().into()
        }),
        Field::optional("mode_at", Kind::Place, "Where its mode is set.", |p| place(p.mode_place())),
        Field::new("replicas", Kind::Thing(CountView::shape), "How many containers or instances.", |p| {
            CountView::traced(&p.budget.pooler.replicas)
        }),
        Field::new(
            "max_client_conn",
            Kind::Thing(CountView::shape),
            "Clients that one process accepts.",
            |p| CountView::traced(&p.budget.pooler.max_client_conn),
        ),
        Field::new(
            "max_clients",
            Kind::Thing(CountView::shape),
            "Clients that all its processes accept.",
            |p| CountView::of(&p.budget.max_clients),
        ),
        Field::new(
            "client_ceiling",
            Kind::Thing(CountView::shape),
            "What the pools of its clients allow.",
            |p| CountView::of(&p.budget.client_ceiling),
        ),
        Field::new(
            "client_reachable",
            Kind::Thing(CountView::shape),
            "What their concurrency lets them reach.",
            |p| CountView::of(&p.budget.client_reachable),
        ),
        Field::new(
            "configured",
            Kind::Thing(CountView::shape),
            "What its settings allow it to open, however many clients there are.",
            |p| CountView::of(&p.budget.configured),
        ),
        Field::new(
            "server_ceiling",
            Kind::Thing(CountView::shape),
            "What it opens when its clients' pools are full.",
            |p| CountView::of(&p.budget.server_ceiling),
        ),
        Field::new(
            "server_reachable",
            Kind::Thing(CountView::shape),
            "What it opens when its clients reach what their concurrency allows.",
            |p| CountView::of(&p.budget.server_reachable),
        ),
        Field::new("servers", Kind::Texts, "The names of what it dials.", |p| {
            list(p.budget.servers.iter().map(|name| Value::from(name.as_str())))
        }),
        Field::new(
            "clients",
            Kind::Things(GroupView::shape),
            "Who dials it; first who can reach most.",
            Self::clients,
        ),
        Field::new("client_pools", Kind::Things(PoolView::shape), "The pools of all its clients.", |p| {
            p.pools_of(&p.budget.clients)
        }),
        Field::new(
            "broken_pools",
            Kind::Things(PoolView::shape),
            "Those of its clients' pools that keep prepared statements or cursors from one transaction to the next, where it \
             gives each transaction another server connection.",
            Self::broken_pools,
        ),
        Field::new(
            "session_state",
            Kind::Things(NoteView::shape),
            "Statements of its clients' code that leave something in the server's session (`LISTEN`, `SET`, an advisory lock), \
             where it gives each transaction another server connection, and they dial nothing else.",
            Self::left,
        ),
        Field::optional(
            "widest",
            Kind::Thing(PoolView::shape),
            "The one of its clients' pools that keeps most connections in one process, of those where that is known.",
            |p| p.widest().map_or_else(none, PoolView::into_value),
        ),
        Field::optional(
            "prepared_statements",
            Kind::Thing(CountView::shape),
            "How many prepared statements of a client it keeps for it: `max_prepared_statements`.",
            |p| p.budget.pooler.prepared_statements.as_ref().map_or_else(none, CountView::traced),
        ),
        Field::new(
            "client_idle_timeout",
            Kind::Thing(CountView::shape),
            "After how many seconds it closes a client that does nothing; 0 is never.",
            |p| seconds(&p.budget.pooler.timeouts.client_idle),
        ),
        Field::new(
            "server_idle_timeout",
            Kind::Thing(CountView::shape),
            "After how many seconds it closes a server connection that nobody uses; 0 is never.",
            |p| seconds(&p.budget.pooler.timeouts.server_idle),
        ),
        Field::new(
            "server_lifetime",
            Kind::Thing(CountView::shape),
            "After how many seconds it replaces a server connection.",
            |p| seconds(&p.budget.pooler.timeouts.server_lifetime),
        ),
        Field::new("pools", Kind::Things(PoolView::shape), "The pools that it keeps itself.", |p| {
            p.pools_of(&p.budget.opened)
        }),
        Field::new("sums", Kind::Texts, "How `client_reachable` comes about, line by line.", |p| {
            list(client_sum_words(&p.budget).into_iter().map(Value::from))
        }),
        Field::new(
            "client_counted",
            Kind::Thing(CountView::shape),
            "`client_reachable`, not counting what development servers open without a bound.",
            |p| CountView::of(&p.budget.counted()),
        ),
        Field::new(
            "client_kept",
            Kind::Thing(CountView::shape),
            "What the pools of its clients keep open, as far as that is known.",
            |p| CountView::of(&p.budget.kept()),
        ),
        Field::optional(
            "needed",
            Kind::Number,
            "The `max_client_conn` with which all its clients can dial it.",
            |p| p.needed().into(),
        ),
    ];

    fn text(&self) -> String {
        self.budget.pooler.name.clone()
    }
}
