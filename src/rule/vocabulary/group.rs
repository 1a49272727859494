//! Process groups, as a rule sees them.

use std::sync::Arc;

use minijinja::Value;

use super::count::is_written;
use super::{CountView, Field, Kind, PoolView, ServerView, Subject, list, none, place};
use crate::budget::{GroupDemand, plural};
use crate::client::Demand;
use crate::deployment::{Pooler, Target};
use crate::source::Span;
use crate::trace::{Bound, Count, How, Origin, Trail, Unknown};

/// A group, as far as it dials one server, or as far as nobody knows which.
#[derive(Clone, Debug)]
pub(crate) struct GroupView {
    pub(super) demand: Arc<GroupDemand>,
    pub(super) server: Option<ServerView>,
    pub(super) pooler: Option<Arc<Pooler>>,
}

impl GroupView {
    /// A group of which nobody knows which server it dials.
    pub(crate) fn unplaced(demand: &GroupDemand) -> Self {
        Self { demand: Arc::new(demand.clone()), server: None, pooler: None }
    }

    /// A group that dials `pooler`.
    pub(crate) fn behind(pooler: &Pooler, demand: &GroupDemand) -> Self {
        Self { pooler: Some(Arc::new(pooler.clone())), ..Self::unplaced(demand) }
    }

    fn pools(&self) -> Value {
        list(self.pool_views().map(PoolView::into_value))
    }

    pub(crate) fn pool_views(&self) -> impl Iterator<Item = PoolView> {
        self.demand.pools.iter().enumerate().map(|(index, demand)| PoolView {
            group: self.clone(),
            demand: demand.clone(),
            index: index + 1,
        })
    }

    /// The one thing that is missing in the server's sum, when it is only one.
    fn missing(&self) -> Option<&Unknown> {
        let server = self.server.as_ref()?;
        let Bound::Unknown(unknown) = &server.budget.reachable else { return None };
        unknown.term.is_some().then_some(unknown)
    }

    /// The number that is changed first: its processes where they are written, else the settings of its largest pool,
    /// else its replicas, else the place where that pool is made.
    fn knob(&self) -> Option<Span> {
        let known = &self.demand.group;
        let largest =
            self.demand.pools.iter().max_by_key(|pool| pool.ceiling.floor()).map(|demand| &demand.pool);
        let settings = largest.into_iter().flat_map(|pool| [&pool.size, &pool.overflow]).flatten();
        let counts = std::iter::once(&known.processes).chain(settings).chain([&known.replicas]);
        let mut written =
            counts.filter(|count| is_written(&count.trail)).filter_map(|count| count.trail.place());
        written.next().or_else(|| largest?.place)
    }

    /// Where a count of it follows the CPUs of whatever host it runs on, also where somebody declared how many those are.
    fn cpus(&self) -> Option<Span> {
        let known = &self.demand.group;
        known.program?;
        [&known.processes, &known.threads, &known.concurrency].into_iter().find_map(|count| {
            let is_unknown = matches!(&count.value, Bound::Unknown(Unknown { term: Some(term), .. }) if &*term.symbol == "CPUs");
            let is_declared = |step: &Origin| matches!(step, Origin::Place { how: How::Declared, .. });
            let declared = count.trail.steps().any(is_declared);
            let last = || count.trail.steps().filter_map(Origin::span).last();
            if declared { last() } else { is_unknown.then(|| count.trail.place()).flatten() }
        })
    }

    fn unknowns(&self) -> Vec<UnknownView> {
        let known = &self.demand.group;
        let factors = [
            (&known.replicas, "replicas"),
            (&known.processes, known.process_word),
            (&known.engines, "engines"),
        ];
        let factor = |(count, what): (&Count, &str)| UnknownView::of(&count.value, what, count.trail.place());
        let mut found: Vec<UnknownView> = factors.into_iter().filter_map(factor).collect();
        for pool in self.demand.pools.iter().map(|demand| &demand.pool) {
            let settings = [(&pool.size, "pool size"), (&pool.overflow, "overflow")];
            let setting = |(count, what): (&Option<Count>, &str)| {
                let count = count.as_ref()?;
                UnknownView::of(&count.value, what, count.trail.place().or(pool.place))
            };
            let before = found.len();
            found.extend(settings.into_iter().filter_map(setting));
            if found.len() == before {
                let threads = matches!(pool.demand, Demand::ByThread { .. }).then(|| &known.concurrency);
                let place = threads.and_then(|count| count.trail.place()).or(pool.place);
                found.extend(UnknownView::of(&pool.ceiling, "connections", place));
            }
        }
        found
    }
}

impl Subject for GroupView {
    const NAME: &'static str = "group";
    const ABOUT: &'static str =
        "Identical processes from one command, with those of their pools that dial one server.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("name", Kind::Text, "The service's name.", |g| g.demand.group.name.as_str().into()),
        Field::optional("program", Kind::Text, "The program: `gunicorn`.", |g| g.demand.group.program.into()),
        Field::new(
            "word",
            Kind::Text,
            "What its processes are called, as many as there are: `workers`.",
            |g| plural(g.demand.group.process_word, &g.demand.group.processes.value).into(),
        ),
        Field::optional("server", Kind::Thing(ServerView::shape), "The server it dials.", |g| {
            g.server.clone().map_or_else(none, ServerView::into_value)
        }),
        Field::optional("pooler", Kind::Text, "The name of the pooler that it dials.", |g| {
            g.pooler.as_ref().map(|pooler| pooler.name.as_str()).into()
        }),
        Field::new("pooled", Kind::Flag, "Whether any pool of its processes dials a pooler.", |g| {
            g.demand.group.pools.iter().any(|placed| matches!(placed.target, Target::Pooler(_))).into()
        }),
        Field::new("replicas", Kind::Thing(CountView::shape), "How many containers or instances.", |g| {
            CountView::traced(&g.demand.group.replicas)
        }),
        Field::new("processes", Kind::Thing(CountView::shape), "Processes in each.", |g| {
            CountView::traced(&g.demand.group.processes)
        }),
        Field::new("threads", Kind::Thing(CountView::shape), "Threads in each process.", |g| {
            CountView::traced(&g.demand.group.threads)
        }),
        Field::new(
            "concurrency",
            Kind::Thing(CountView::shape),
            "Tasks that a process works on at once.",
            |g| CountView::traced(&g.demand.group.concurrency),
        ),
        Field::optional(
            "request_timeout",
            Kind::Thing(CountView::shape),
            "After how many seconds a process that is still at one request is killed: `--timeout` of gunicorn's sync workers, `harakiri` of uWSGI.",
            |g| g.demand.group.request_timeout.as_ref().map_or_else(none, CountView::traced),
        ),
        Field::optional(
            "development",
            Kind::Place,
            "The word that makes it a development server: `--reload`, `runserver`.",
            |g| place(g.demand.group.development.as_ref().and_then(Trail::place)),
        ),
        Field::optional(
            "cpus",
            Kind::Place,
            "Where it counts the CPUs of the host that it runs on: its processes, threads or tasks are as many, or a multiple.",
            |g| place(g.cpus()),
        ),
        Field::new(
            "engines",
            Kind::Thing(CountView::shape),
            "How many of each of its pools a process has.",
            |g| CountView::traced(&g.demand.group.engines),
        ),
        Field::optional(
            "rollout",
            Kind::Thing(CountView::shape),
            "Replicas that a rollout starts before it stops as many old ones.",
            |g| g.demand.group.overlap.rollout.as_ref().map_or_else(none, CountView::traced),
        ),
        Field::new("is_pooler", Kind::Flag, "Whether it is a pooler, as a client of what it dials.", |g| {
            g.demand.is_pooler().into()
        }),
        Field::new(
            "configured",
            Kind::Thing(CountView::shape),
            "What its pools' settings allow: for a pooler, however few clients it has.",
            |g| CountView::of(&g.demand.configured()),
        ),
        Field::new("pools", Kind::Things(PoolView::shape), "Its pools on this server.", Self::pools),
        Field::new("ceiling", Kind::Thing(CountView::shape), "What its pools' settings allow.", |g| {
            CountView::of(&g.demand.ceiling)
        }),
        Field::new("reachable", Kind::Thing(CountView::shape), "What concurrency lets them reach.", |g| {
            CountView::of(&g.demand.reachable)
        }),
        Field::optional(
            "knob",
            Kind::Place,
            "The number to change first: its processes where they are written.",
            |g| place(g.knob()),
        ),
        Field::new("unknowns", Kind::Things(UnknownView::shape), "What of its demand is not known.", |g| {
            list(g.unknowns().into_iter().map(UnknownView::into_value))
        }),
        Field::optional(
            "breaks_at",
            Kind::Number,
            "The value of the one missing factor from which its server's sum is over the capacity.",
            |g| {
                g.missing()
                    .zip(g.server.as_ref())
                    .and_then(|(u, s)| u.breaks_at(s.budget.capacity.slots?))
                    .into()
            },
        ),
        Field::optional("missing", Kind::Text, "What the one missing factor counts: `workers`.", |g| {
            g.missing().and_then(|unknown| unknown.term.as_ref()).map(|term| &*term.symbol).into()
        }),
    ];

    fn text(&self) -> String {
        self.demand.group.name.clone()
    }
}

/// A number that the files do not say.
#[derive(Debug)]
pub(crate) struct UnknownView {
    why: Arc<str>,
    what: String,
    at: Option<Span>,
}

impl UnknownView {
    fn of(bound: &Bound, what: &str, at: Option<Span>) -> Option<Self> {
        let Bound::Unknown(unknown) = bound else { return None };
        let symbol = unknown.term.as_ref().map(|term| term.symbol.to_string());
        Some(Self { why: Arc::clone(&unknown.why), what: symbol.unwrap_or_else(|| what.to_owned()), at })
    }
}

impl Subject for UnknownView {
    const NAME: &'static str = "unknown";
    const ABOUT: &'static str = "A number that the files do not say.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("what", Kind::Text, "What is missing: `CPUs`.", |u| u.what.as_str().into()),
        Field::new("why", Kind::Text, "Why it is not known.", |u| Value::from(&*u.why)),
        Field::optional("at", Kind::Place, "Where the trail ends.", |u| place(u.at)),
    ];

    fn text(&self) -> String {
        self.why.to_string()
    }
}
