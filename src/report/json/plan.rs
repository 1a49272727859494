//! The JSON of `connbudget plan`.

use serde::Serialize;

use super::{Places, RangeJson, VERSION, print};
use crate::plan::{Fixed, Kind, Knob, Plan, Planned, Price, Standing};
use crate::source::Sources;
use crate::trace::Trail;

use super::OriginJson;

/// What `plan --format json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanJson {
    /// The version of the contract.
    pub version: u32,
    /// How each server stands now.
    pub servers: Vec<StandingJson>,
    /// Requests that can hold a connection at once now.
    pub served: u64,
    /// Processes that there are now.
    pub processes: u64,
    /// Changes that fit, the best first; of a wish the one that was asked for.
    pub plans: Vec<PlannedJson>,
    /// The numbers that may be changed.
    pub knobs: Vec<KnobJson>,
    /// The numbers that count and cannot be changed.
    pub fixed: Vec<FixedJson>,
    /// The servers that are over and that no change of these files makes fit.
    pub impossible: Vec<String>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// How a server stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StandingJson {
    /// Its deployment.
    pub deployment: String,
    /// Its name.
    pub server: String,
    /// Its `max_connections`; null where it is not known.
    pub max_connections: Option<u64>,
    /// What it takes from the deployment; null where it is not known.
    pub capacity: Option<u64>,
    /// What is opened there, as far as it is known; null where nothing bounds it.
    pub opened: Option<u64>,
    /// Whether more may be opened than is known.
    pub unknown: bool,
    /// Whether it fits, as far as it is known.
    pub fits: bool,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlannedJson {
    /// What `fix --plan` calls it.
    pub number: usize,
    /// `smaller`, `raised` or `wished`.
    pub kind: &'static str,
    /// Whether `fix` can write it.
    pub writable: bool,
    /// The numbers that change.
    pub changes: Vec<ChangeJson>,
    /// What has to be done by hand.
    pub by_hand: Vec<String>,
    /// How each server stands then.
    pub servers: Vec<StandingJson>,
    /// Requests that can hold a connection at once then.
    pub served: u64,
    /// Processes that there are then.
    pub processes: u64,
    /// What a larger server costs.
    pub prices: Vec<PriceJson>,
}

/// A number that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeJson {
    /// What its file calls it.
    pub name: String,
    /// What it is: `workers`, `pool-size`.
    pub setting: &'static str,
    /// The bytes that are replaced.
    #[serde(flatten)]
    pub range: RangeJson,
    /// The number now.
    pub from: u64,
    /// The number then.
    pub to: u64,
    /// What comes in the place of those bytes.
    pub text: String,
    /// The services and servers that it serves.
    pub touches: Vec<String>,
    /// Whether git ignores its file.
    pub ignored: bool,
}

/// A number that may be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KnobJson {
    /// What its file calls it.
    pub name: String,
    /// What it is.
    pub setting: &'static str,
    /// Where it stands.
    #[serde(flatten)]
    pub range: RangeJson,
    /// The number.
    pub value: u64,
    /// The smallest that makes sense.
    pub low: u64,
    /// The largest that is allowed.
    pub high: u64,
    /// The services and servers that it serves.
    pub touches: Vec<String>,
    /// Why it stays as it is; null where it may be changed.
    pub kept: Option<String>,
}

/// A number that cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FixedJson {
    /// What it is.
    pub setting: &'static str,
    /// Whose it is.
    pub of: String,
    /// Why.
    pub why: String,
    /// Where it comes from.
    pub origins: Vec<OriginJson>,
}

/// What a larger server costs. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PriceJson {
    /// The server, which has to be restarted.
    pub server: String,
    /// Its limit now.
    pub from: u64,
    /// Its limit then.
    pub to: u64,
    /// What each sort of a connection may use.
    pub work_mem: u64,
    /// What the further connections may use with one sort each.
    pub memory: u64,
    /// `shared_buffers` now; null where that is not known.
    pub shared_buffers: Option<u64>,
    /// `shared_buffers` that go with the limit.
    pub shared_buffers_then: u64,
    /// The memory of its container; null where no limit is set.
    pub container: Option<u64>,
}

/// Writes what was found out. `is_ignored` says whether git ignores the file of a knob.
pub fn plan(sources: &Sources, planned: &Planned, is_ignored: &dyn Fn(&Knob) -> bool) -> String {
    let writer = Writer { places: Places { sources }, planned, is_ignored };
    print(&writer.all())
}

struct Writer<'a> {
    places: Places<'a>,
    planned: &'a Planned,
    is_ignored: &'a dyn Fn(&Knob) -> bool,
}

impl Writer<'_> {
    fn all(&self) -> PlanJson {
        let planned = self.planned;
        let impossible = planned.impossible.iter().filter_map(|server| planned.servers.get(*server));
        PlanJson {
            version: VERSION,
            servers: planned.servers.iter().map(standing).collect(),
            served: planned.now.served,
            processes: planned.now.processes,
            plans: planned.plans.iter().enumerate().map(|(index, plan)| self.plan(index + 1, plan)).collect(),
            knobs: planned.knobs.all.iter().map(|knob| self.knob(knob)).collect(),
            fixed: planned.knobs.fixed.iter().map(|fixed| self.fixed(fixed)).collect(),
            impossible: impossible.map(|server| server.server.clone()).collect(),
            notes: planned.notes.clone(),
        }
    }

    fn plan(&self, number: usize, plan: &Plan) -> PlannedJson {
        let knobs = &self.planned.knobs.all;
        let changes = plan.steps.iter().filter_map(|step| {
            let knob = knobs.get(step.knob)?;
            Some(ChangeJson {
                name: knob.name.clone(),
                setting: knob.role.word(),
                range: self.range(knob),
                from: step.from,
                to: step.to,
                text: knob.spot.edit(step.to).text,
                touches: owned(&knob.touches()),
                ignored: (self.is_ignored)(knob),
            })
        });
        PlannedJson {
            number,
            kind: match plan.kind {
                Kind::Smaller => "smaller",
                Kind::Raised => "raised",
                Kind::Wished => "wished",
            },
            writable: plan.is_written(),
            changes: changes.collect(),
            by_hand: plan.by_hand.clone(),
            servers: plan.servers.iter().map(standing).collect(),
            served: plan.outcome.served,
            processes: plan.outcome.processes,
            prices: plan.prices.iter().map(price).collect(),
        }
    }

    fn knob(&self, knob: &Knob) -> KnobJson {
        KnobJson {
            name: knob.name.clone(),
            setting: knob.role.word(),
            range: self.range(knob),
            value: knob.value,
            low: knob.low,
            high: knob.high,
            touches: owned(&knob.touches()),
            kept: knob.kept.clone(),
        }
    }

    fn fixed(&self, fixed: &Fixed) -> FixedJson {
        let trail: &Trail = &fixed.trail;
        FixedJson {
            setting: fixed.slot.role.word(),
            of: fixed.slot.owner.clone(),
            why: fixed.why.clone(),
            origins: self.places.trail(trail),
        }
    }

    fn range(&self, knob: &Knob) -> RangeJson {
        // Its file was read before: that is where the knob was found.
        match self.places.sources.load(&knob.spot.path) {
            Ok(file) => self.places.range(file.at(knob.spot.range.clone())),
            Err(_) => self.places.place(&crate::rule::Place::File(knob.spot.path.clone())),
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn standing(server: &Standing) -> StandingJson {
    StandingJson {
        deployment: server.deployment.clone(),
        server: server.server.clone(),
        max_connections: server.limit,
        capacity: server.capacity,
        opened: (!server.is_unbounded()).then_some(server.load.counted),
        unknown: server.is_unknown,
        fits: !server.is_over(),
    }
}

fn price(price: &Price) -> PriceJson {
    PriceJson {
        server: price.server.clone(),
        from: price.from,
        to: price.to,
        work_mem: price.work_mem,
        memory: price.memory,
        shared_buffers: price.shared_buffers,
        shared_buffers_then: price.buffers,
        container: price.container,
    }
}
