//! Pools, as a rule sees them.

use minijinja::Value;

use super::pooler::seconds;
use super::{CountView, Field, GroupView, Kind, SettingView, Subject, none, place};
use crate::budget::{PoolDemand, pool_word, settings_words};
use crate::client::{Made, Meaning, Purpose, Url, url};
use crate::trace::{Bound, Count, Text};

/// A pool of a group.
#[derive(Debug)]
pub(crate) struct PoolView {
    pub(super) group: GroupView,
    pub(super) demand: PoolDemand,
    /// Which of the group's pools on its server it is, from 1.
    pub(super) index: usize,
}

impl PoolView {
    /// Whether it closes connections while others are opened: it has overflow, or keeps none at all (facts, D3).
    pub(super) fn closes(&self) -> bool {
        let pool = &self.demand.pool;
        let overflows = pool.overflow.as_ref().is_some_and(|overflow| overflow.value.floor() > 0);
        let closes_each = pool.setting(Purpose::Recycle).is_some_and(|age| age.meaning == Meaning::Number(0));
        overflows || pool.kind.ends_with("NullPool") || (closes_each && pool.kind == "django.connection")
    }

    /// What fills it: the concurrency of the process that works on most tasks, of those that make it at the same place.
    /// One module often makes the pool of the web server and of its workers.
    fn most_tasks(&self) -> Option<Count> {
        let made = self.demand.pool.place?;
        let clients = &self.group.server.as_ref()?.budget.clients;
        let groups = clients.iter().filter(|client| client.pools.iter().any(|p| p.pool.place == Some(made)));
        let counts = groups.map(|client| &client.group.concurrency);
        counts
            .max_by_key(|count| if count.value.is_unknown() { u64::MAX } else { count.value.floor() })
            .cloned()
    }

    /// The role that its URL names.
    fn user(&self) -> Option<Text> {
        match &self.demand.pool.url {
            Url::Known(url) => url::user(url),
            Url::Host(_) | Url::Unknown(_) => None,
        }
    }

    /// Whether its connections keep something in the server from one transaction to the next, which a pooler that gives
    /// each transaction another server connection loses: `max_prepared_statements` says whether it keeps those for it.
    pub(super) fn breaks(&self, prepared_statements: Option<&Count>) -> bool {
        let is_on = |purpose| {
            let setting = self.demand.pool.setting(purpose);
            setting.is_some_and(|setting| setting.meaning == Meaning::Flag(true))
        };
        let keeps_none = prepared_statements.is_some_and(|count| count.value == Bound::ZERO);
        is_on(Purpose::ServerSideCursors) || (keeps_none && is_on(Purpose::PreparedStatements))
    }
}

impl Subject for PoolView {
    const NAME: &'static str = "pool";
    const ABOUT: &'static str = "One pool in one process of a group.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("name", Kind::Text, "The name the application has for it.", |p| {
            p.demand.pool.name.as_str().into()
        }),
        Field::new("kind", Kind::Text, "The class that keeps it: `sqlalchemy.QueuePool`.", |p| {
            p.demand.pool.kind.into()
        }),
        Field::new("word", Kind::Text, "What people call it: `engine` or `pool`.", |p| {
            pool_word([&p.demand.pool]).into()
        }),
        Field::new("index", Kind::Number, "Which of the group's pools on its server it is, from 1.", |p| {
            p.index.into()
        }),
        Field::new("group", Kind::Thing(GroupView::shape), "The group it belongs to.", |p| {
            p.group.clone().into_value()
        }),
        Field::optional("size", Kind::Thing(CountView::shape), "Connections it keeps.", |p| {
            p.demand.pool.size.as_ref().map_or_else(none, CountView::traced)
        }),
        Field::optional("overflow", Kind::Thing(CountView::shape), "Connections beyond those.", |p| {
            p.demand.pool.overflow.as_ref().map_or_else(none, CountView::traced)
        }),
        Field::new("ceiling", Kind::Thing(CountView::shape), "The most its settings allow.", |p| {
            CountView::of(&p.demand.ceiling)
        }),
        Field::new(
            "reachable",
            Kind::Thing(CountView::shape),
            "The most its process's concurrency reaches.",
            |p| CountView::of(&p.demand.reachable),
        ),
        Field::new("settings", Kind::Text, "How its settings come to what they allow.", |p| {
            settings_words(&p.demand).into()
        }),
        Field::optional(
            "recycle",
            Kind::Thing(SettingView::shape),
            "After how many seconds a connection is replaced by a new one: `pool_recycle`, `max_lifetime`, `CONN_MAX_AGE` (0 closes it after each use).",
            |p| SettingView::of(&p.demand.pool, Purpose::Recycle),
        ),
        Field::optional(
            "idle_timeout",
            Kind::Thing(SettingView::shape),
            "After how many seconds a connection that nobody uses is closed: `max_idle`.",
            |p| SettingView::of(&p.demand.pool, Purpose::IdleTimeout),
        ),
        Field::optional(
            "pre_ping",
            Kind::Thing(SettingView::shape),
            "Whether a connection is tested before it is handed out: `pool_pre_ping`, `CONN_HEALTH_CHECKS`.",
            |p| SettingView::of(&p.demand.pool, Purpose::PrePing),
        ),
        Field::optional(
            "timeout",
            Kind::Thing(SettingView::shape),
            "How many seconds a task waits for a connection: `pool_timeout`.",
            |p| SettingView::of(&p.demand.pool, Purpose::Timeout),
        ),
        Field::optional(
            "driver",
            Kind::Thing(SettingView::shape),
            "The driver below the pool: `asyncpg`.",
            |p| SettingView::of(&p.demand.pool, Purpose::Driver),
        ),
        Field::optional(
            "prepared_statements",
            Kind::Thing(SettingView::shape),
            "Whether the driver keeps prepared statements from one transaction to the next: `statement_cache_size`, `prepare_threshold`.",
            |p| SettingView::of(&p.demand.pool, Purpose::PreparedStatements),
        ),
        Field::optional(
            "server_side_cursors",
            Kind::Thing(SettingView::shape),
            "Whether rows are read through cursors that the server keeps from one transaction to the next: `DISABLE_SERVER_SIDE_CURSORS`.",
            |p| SettingView::of(&p.demand.pool, Purpose::ServerSideCursors),
        ),
        Field::optional(
            "hangs_up",
            Kind::Thing(CountView::shape),
            "After how many seconds the pooler that it dials closes a client that does nothing, where it ever does.",
            |p| {
                let pooler = p.group.pooler.as_ref();
                let timeout = pooler.map(|pooler| &pooler.timeouts.client_idle);
                let some = timeout.filter(|timeout| timeout.value.is_some_and(|time| !time.is_zero()));
                some.map_or_else(none, seconds)
            },
        ),
        Field::optional(
            "repeated",
            Kind::Place,
            "The function or loop that makes it anew each time, where it is not made once.",
            |p| match p.demand.pool.made {
                Made::Once => none(),
                Made::Repeatedly(at) => place(Some(at)),
            },
        ),
        Field::optional(
            "most_tasks",
            Kind::Thing(CountView::shape),
            "Tasks that a process works on at once, the most of the server's clients that make it at the same place.",
            |p| p.most_tasks().map_or_else(none, |count| CountView::traced(&count)),
        ),
        Field::optional("user", Kind::Text, "The role that its database URL names.", |p| {
            p.user().as_ref().map(Text::as_str).into()
        }),
        Field::optional("at", Kind::Place, "Where it is made.", |p| place(p.demand.pool.place)),
        Field::optional("url_at", Kind::Place, "Where the database URL that it dials is written.", |p| {
            match &p.demand.pool.url {
                Url::Known(url) | Url::Host(url) => place(url.span()),
                Url::Unknown(_) => none(),
            }
        }),
        Field::optional("url_unknown", Kind::Text, "Why its database URL is not known.", |p| {
            match &p.demand.pool.url {
                Url::Known(_) | Url::Host(_) => none(),
                Url::Unknown(unknown) => Value::from(&*unknown.why),
            }
        }),
    ];

    fn text(&self) -> String {
        self.demand.pool.name.clone()
    }
}
