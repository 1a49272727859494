//! Deployments, their servers, and what the policy says, as a rule sees them.

use std::sync::Arc;

use minijinja::Value;

use super::{CountView, Field, GroupView, Kind, PoolView, Subject, list, none, place};
use crate::budget::{Budget, Event, Measure, Policy, ServerBudget, capacity_words, fits, sum_words};
use crate::program::postgres::Overridden;
use crate::trace::Text;

/// A server with its budget.
#[derive(Clone, Debug)]
pub(crate) struct ServerView {
    pub(super) budget: Arc<ServerBudget>,
}

impl ServerView {
    pub(crate) fn new(budget: &ServerBudget) -> Self {
        Self { budget: Arc::new(budget.clone()) }
    }

    pub(crate) fn clients(&self) -> impl Iterator<Item = GroupView> {
        self.budget
            .clients
            .iter()
            .map(|demand| GroupView { server: Some(self.clone()), ..GroupView::unplaced(demand) })
    }

    /// The clients, the one that opens most by `measure` first: its numbers are the ones to change.
    fn biggest_first(&self, measure: Measure) -> Value {
        let mut clients: Vec<GroupView> = self.clients().collect();
        clients.sort_by_key(|client| std::cmp::Reverse(measure.of_group(&client.demand).floor()));
        list(clients.into_iter().map(GroupView::into_value))
    }

    fn phase(&self, event: Event) -> Value {
        let phase = self.budget.phases.iter().find(|phase| phase.event == event);
        phase.map_or_else(none, |phase| CountView::of(&phase.reachable))
    }

    fn sums(&self, measure: Measure) -> Value {
        list(sum_words(&self.budget, measure).into_iter().map(Value::from))
    }

    fn fits(&self, measure: Measure) -> Value {
        list(fits(&self.budget, measure).iter().map(|fit| Value::from(fit.words())))
    }
}

impl Subject for ServerView {
    const NAME: &'static str = "server";
    const ABOUT: &'static str = "A PostgreSQL that has a limit, with those who dial it.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("name", Kind::Text, "Its service's name, or the host in a URL.", |s| {
            s.budget.server.name.as_str().into()
        }),
        Field::optional("at", Kind::Place, "Where it is named.", |s| place(s.budget.server.place)),
        Field::optional("version", Kind::Text, "The program and version: `postgres:14`.", |s| {
            s.budget.server.version.as_ref().map(Text::as_str).into()
        }),
        Field::new("max_connections", Kind::Thing(CountView::shape), "Its limit.", |s| {
            CountView::traced(&s.budget.server.max_connections)
        }),
        Field::new(
            "superuser_reserved",
            Kind::Thing(CountView::shape),
            "Slots that only superusers get.",
            |s| CountView::traced(&s.budget.server.superuser_reserved),
        ),
        Field::new(
            "reserved",
            Kind::Thing(CountView::shape),
            "Slots of `pg_use_reserved_connections`.",
            |s| CountView::traced(&s.budget.server.reserved),
        ),
        Field::new("reserve", Kind::Thing(CountView::shape), "Slots that the policy keeps free.", |s| {
            CountView::traced(&s.budget.capacity.reserve)
        }),
        Field::optional("shared_buffers", Kind::Thing(CountView::shape), "Its buffers in bytes.", |s| {
            s.budget.server.details.shared_buffers.as_ref().map_or_else(none, CountView::traced)
        }),
        Field::optional("work_mem", Kind::Thing(CountView::shape), "What one sort may use, in bytes.", |s| {
            s.budget.server.details.work_mem.as_ref().map_or_else(none, CountView::traced)
        }),
        Field::optional(
            "memory",
            Kind::Thing(CountView::shape),
            "The memory in bytes that its container may use, where a limit is set.",
            |s| s.budget.server.details.memory.as_ref().map_or_else(none, CountView::traced),
        ),
        Field::new(
            "overridden",
            Kind::Things(OverriddenView::shape),
            "Limits of one place that another place overrides.",
            |s| {
                let all = s.budget.server.details.overridden.iter();
                list(all.map(|overridden| OverriddenView(overridden.clone()).into_value()))
            },
        ),
        Field::optional(
            "superuser",
            Kind::Text,
            "The superuser that its image makes at the first start: `POSTGRES_USER`.",
            |s| s.budget.server.details.superuser.as_ref().map(Text::as_str).into(),
        ),
        Field::optional("superuser_at", Kind::Place, "Where its name is written.", |s| {
            place(s.budget.server.details.superuser.as_ref().and_then(Text::span))
        }),
        Field::optional("capacity", Kind::Number, "What it takes from this deployment.", |s| {
            s.budget.capacity.slots.into()
        }),
        Field::new("capacity_sum", Kind::Text, "What the capacity is made of.", |s| {
            capacity_words(&s.budget).0.into()
        }),
        Field::new(
            "ceiling",
            Kind::Thing(CountView::shape),
            "What the settings of all its clients' pools allow.",
            |s| CountView::of(&s.budget.ceiling),
        ),
        Field::new("reachable", Kind::Thing(CountView::shape), "What concurrency lets them reach.", |s| {
            CountView::of(&s.budget.reachable)
        }),
        Field::optional(
            "rollout",
            Kind::Thing(CountView::shape),
            "What concurrency lets them reach while containers are replaced, new ones first.",
            |s| s.phase(Event::Rollout),
        ),
        Field::optional(
            "reload",
            Kind::Thing(CountView::shape),
            "What concurrency lets them reach while a server loads its code again.",
            |s| s.phase(Event::Reload),
        ),
        Field::optional("percent", Kind::Number, "`reachable` as a share of the capacity.", |s| {
            s.budget.percent().into()
        }),
        Field::new(
            "clients",
            Kind::Things(GroupView::shape),
            "Who dials it; first who can reach most.",
            |s| s.biggest_first(Measure::Reachable),
        ),
        Field::new(
            "clients_by_ceiling",
            Kind::Things(GroupView::shape),
            "Who dials it; first whose ceiling is highest.",
            |s| s.biggest_first(Measure::Ceiling),
        ),
        Field::new("pools", Kind::Things(PoolView::shape), "The pools of all its clients.", |s| {
            list(
                s.clients()
                    .flat_map(|client| client.pool_views().collect::<Vec<_>>())
                    .map(PoolView::into_value),
            )
        }),
        Field::new(
            "counted",
            Kind::Thing(CountView::shape),
            "`reachable`, not counting what development servers open without a bound.",
            |s| CountView::of(&s.budget.counted()),
        ),
        Field::new(
            "unbounded_pools",
            Kind::Number,
            "How many of those pools nothing bounds in practice.",
            |s| {
                let pools = s.budget.clients.iter().flat_map(|client| &client.pools);
                pools.filter(|pool| pool.reachable == crate::trace::Bound::Unbounded).count().into()
            },
        ),
        Field::new("pooled", Kind::Thing(CountView::shape), "What poolers open there.", |s| {
            let poolers = s.budget.clients.iter().filter(|client| client.is_pooler());
            CountView::of(&poolers.map(|client| client.reachable.clone()).sum())
        }),
        Field::new(
            "closing_pools",
            Kind::Things(PoolView::shape),
            "Those of its clients' pools that close connections while others are opened.",
            |s| {
                let pools = s.clients().flat_map(|client| client.pool_views().collect::<Vec<_>>());
                list(pools.filter(PoolView::closes).map(PoolView::into_value))
            },
        ),
        Field::new("sums", Kind::Texts, "How `reachable` comes about, line by line.", |s| {
            s.sums(Measure::Reachable)
        }),
        Field::new("ceiling_sums", Kind::Texts, "How `ceiling` comes about, line by line.", |s| {
            s.sums(Measure::Ceiling)
        }),
        Field::new("fits", Kind::Texts, "Changes after which `reachable` fits.", |s| {
            s.fits(Measure::Reachable)
        }),
        Field::new("ceiling_fits", Kind::Texts, "Changes after which `ceiling` fits.", |s| {
            s.fits(Measure::Ceiling)
        }),
    ];

    fn text(&self) -> String {
        self.budget.server.name.clone()
    }
}

/// A limit that does not count, since a stronger place sets it too.
#[derive(Debug)]
pub(crate) struct OverriddenView(Overridden);

impl Subject for OverriddenView {
    const NAME: &'static str = "overridden";
    const ABOUT: &'static str = "A limit that does not count, since a stronger place sets it too.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("setting", Kind::Text, "The setting: `max_connections`.", |o| o.0.setting.as_str().into()),
        Field::new("value", Kind::Text, "The value that does not count.", |o| o.0.value.as_str().into()),
        Field::optional("at", Kind::Place, "Where it is written.", |o| place(o.0.value.span())),
        Field::new("instead", Kind::Text, "The value that does.", |o| o.0.instead.as_str().into()),
        Field::optional("instead_at", Kind::Place, "Where that is written.", |o| place(o.0.instead.span())),
        Field::new("by", Kind::Text, "Who sets that: `on the command line`.", |o| o.0.by.into()),
    ];

    fn text(&self) -> String {
        self.0.value.to_string()
    }
}

/// A deployment.
#[derive(Debug)]
pub(crate) struct DeploymentView {
    budget: Arc<Budget>,
}

impl DeploymentView {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget) }
    }
}

impl Subject for DeploymentView {
    const NAME: &'static str = "deployment";
    const ABOUT: &'static str = "What is started together.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new(
            "name",
            Kind::Text,
            "Its compose files joined by `+`, or the file that says what runs.",
            |d| d.budget.name.as_str().into(),
        ),
        Field::new("files", Kind::Texts, "The files it was read from.", |d| {
            list(d.budget.files.iter().map(|file| Value::from(file.as_str())))
        }),
        Field::new("servers", Kind::Things(ServerView::shape), "Its servers.", |d| {
            list(d.budget.servers.iter().map(|server| ServerView::new(server).into_value()))
        }),
        Field::new(
            "unplaced",
            Kind::Things(GroupView::shape),
            "Groups of which nobody knows which server they dial.",
            |d| list(d.budget.unplaced.iter().map(|demand| GroupView::unplaced(demand).into_value())),
        ),
    ];

    fn text(&self) -> String {
        self.budget.name.clone()
    }
}

/// What the people who run the deployment decided.
#[derive(Debug)]
pub(crate) struct PolicyView(pub(crate) Policy);

impl Subject for PolicyView {
    const NAME: &'static str = "policy";
    const ABOUT: &'static str = "What the people who run the deployment decided.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new(
            "gate_on_ceiling",
            Kind::Flag,
            "Whether a ceiling over the capacity fails the gate.",
            |p| p.0.gate_on_ceiling.into(),
        ),
        Field::new("reserve", Kind::Thing(CountView::shape), "Slots kept free.", |p| {
            CountView::traced(&p.0.reserve)
        }),
    ];

    fn text(&self) -> String {
        "policy".to_owned()
    }
}
