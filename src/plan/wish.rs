//! What a person asks for by name: a strategy of the guide, a number, pools for so many workers.

use thiserror::Error;

use super::case::Case;
use super::knob::{Knob, knobs};
use super::limits::Limits;
use super::model::Model;
use super::proposal::{
    Kind, Plan, Planned, Step, begin, budgets, of_deployments, raise, read, standings, steps, together,
};
use super::search::Search;
use super::slot::{self, Role};
use crate::rule::nearest;
use crate::trace::Bound;

/// Settings that the guide names for its own deployment of workers with two engines each:
/// 3 × 2 × (2 + 1) = 18, 5 × 2 × (3 + 2) = 50, 8 × 2 × (3 + 2) = 80.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Few connections: 3 workers, 2 + 1 each.
    Conservative,
    /// 5 workers, 3 + 2 each.
    Balanced,
    /// 8 workers, 3 + 2 each, and a server that takes them with room to spare.
    HighPerformance,
    /// As little as runs at all, for an emergency: 2 workers, 1 + 1 each.
    Minimal,
}

/// The share of the capacity, in percent, from which `near-limit` warns: a server that is raised is raised past it.
const ROOM: u64 = 80;

/// A limit is raised to a round number.
const ROUND: u64 = 100;

impl Strategy {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conservative => "conservative",
            Self::Balanced => "balanced",
            Self::HighPerformance => "high-performance",
            Self::Minimal => "minimal",
        }
    }

    /// Its workers, and the size and overflow of each pool.
    pub fn settings(self) -> (u64, u64, u64) {
        match self {
            Self::Conservative => (3, 2, 1),
            Self::Balanced => (5, 3, 2),
            Self::HighPerformance => (8, 3, 2),
            Self::Minimal => (2, 1, 1),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The settings of a strategy.
    Strategy(Strategy),
    /// These numbers: a name of a file (`WORKERS`), or whose and what it is (`db.max_connections`).
    Set(Vec<(String, u64)>),
    /// Pools that fit so many of a kind: `8-workers`.
    For(Role, u64),
}

/// Why a wish cannot be met.
#[derive(Debug, Error)]
pub enum WishError {
    /// No number is called so.
    #[error("no number here is called `{name}`")]
    Unknown {
        /// The name as given.
        name: String,
        /// What was meant, or what there is.
        help: String,
    },
    /// Several are, and they are not one number.
    #[error("`{name}` is the name of several numbers")]
    Several {
        /// The name as given.
        name: String,
        /// How to tell them apart.
        help: String,
    },
    /// Nothing here can be set to that.
    #[error("{0}")]
    Nothing(String),
    /// What it comes to cannot be read.
    #[error("the files cannot be read with {0}")]
    Unreadable(String),
}

/// What `wish` comes to.
pub fn wished(case: &Case<'_>, wish: &Wish) -> Result<Planned, WishError> {
    let mut planned = begin(case);
    let limits = Limits::new(&case.config().plan);
    planned.knobs = knobs(case, &limits);
    planned.plans = match wish {
        Wish::Strategy(strategy) => vec![by_strategy(case, &mut planned, *strategy)?],
        Wish::Set(given) => vec![set(case, &planned, given)?],
        Wish::For(role, count) => pools_for(case, &mut planned, *role, *count)?,
    };
    Ok(planned)
}

fn by_strategy(case: &Case<'_>, planned: &mut Planned, strategy: Strategy) -> Result<Plan, WishError> {
    let (workers, size, overflow) = strategy.settings();
    let mut values: Vec<u64> = planned.knobs.all.iter().map(|knob| knob.value).collect();
    let mut turned = 0;
    for (value, knob) in values.iter_mut().zip(&planned.knobs.all) {
        let wanted = match knob.role {
            Role::Processes => workers,
            // A pool of one number has all connections in it.
            Role::Size if !has_overflow(case, knob) => size + overflow,
            Role::Size => size,
            Role::Overflow => overflow,
            _ => continue,
        };
        if let Some(why) = &knob.kept {
            planned.notes.push(format!("{} stays {}: {why}", knob.name, knob.value));
            continue;
        }
        turned += 1;
        *value = wanted.clamp(knob.low, knob.high.max(knob.low));
    }
    if turned == 0 {
        let why = "no number of workers and no size of a pool here can be changed".to_owned();
        return Err(WishError::Nothing(why));
    }
    let mut plan = wished_plan(case, planned, steps(&planned.knobs.all, &values), strategy.name())?;
    if strategy == Strategy::HighPerformance {
        let room = |total: u64| total.saturating_mul(100).div_ceil(ROOM);
        let is_tight =
            |(server, capacity): (u64, Option<u64>)| capacity.is_some_and(|capacity| room(server) > capacity);
        let loads = plan.servers.iter().map(|server| (server.load.counted, server.capacity));
        let tight: Vec<usize> =
            loads.enumerate().filter(|(_, load)| is_tight(*load)).map(|(index, _)| index).collect();
        if !tight.is_empty() {
            plan = raise(case, planned, plan, &tight, &|needed| needed.div_ceil(ROUND) * ROUND, &room)
                .ok_or_else(|| {
                    WishError::Nothing("the server's limit cannot be raised from here".to_owned())
                })?;
        }
    }
    Ok(Plan { kind: Kind::Wished, ..plan })
}

/// Whether a pool that `knob` is the size of has an overflow as well.
fn has_overflow(case: &Case<'_>, knob: &Knob) -> bool {
    let mut found = false;
    for (index, deployment) in case.deployments().iter().enumerate() {
        slot::each(index, &mut deployment.clone(), &mut |slot, _, _| {
            let is_of = |effect: &super::knob::Effect| {
                effect.slot.deployment == slot.deployment
                    && effect.slot.owner == slot.owner
                    && effect.slot.pool == slot.pool
            };
            found |= slot.role == Role::Overflow && knob.effects.iter().any(is_of);
        });
    }
    found
}

fn wished_plan(case: &Case<'_>, planned: &Planned, steps: Vec<Step>, what: &str) -> Result<Plan, WishError> {
    read(case, &planned.knobs.all, steps).ok_or_else(|| WishError::Unreadable(what.to_owned()))
}

/// `--set`: numbers of files are set there; what no file says is set in what was read.
fn set(case: &Case<'_>, planned: &Planned, given: &[(String, u64)]) -> Result<Plan, WishError> {
    let knobs = &planned.knobs.all;
    let mut values: Vec<u64> = knobs.iter().map(|knob| knob.value).collect();
    let mut by_hand: Vec<(String, (String, Role), u64)> = Vec::new();
    for (name, value) in given {
        let named: Vec<usize> = knobs
            .iter()
            .enumerate()
            .filter(|(_, knob)| is_called(knob, name))
            .map(|(index, _)| index)
            .collect();
        match named.as_slice() {
            [] => {
                let unwritten = unwritten(case, name);
                let whose = unwritten.ok_or_else(|| unknown(case, knobs, name))?;
                by_hand.push((name.clone(), whose, *value));
            }
            [knob] => values[*knob] = *value,
            several => {
                let owners: Vec<String> = several.iter().flat_map(|knob| owners(&knobs[*knob])).collect();
                let help = format!("say whose: {}", owners.join(" or "));
                return Err(WishError::Several { name: name.clone(), help });
            }
        }
    }
    let steps = steps(knobs, &values);
    let mut deployments = case
        .with(&super::proposal::edits(knobs, &steps))
        .ok_or_else(|| WishError::Unreadable("these numbers".to_owned()))?;
    for (index, deployment) in deployments.iter_mut().enumerate() {
        slot::each(index, deployment, &mut |slot, bound, _| {
            let meant = by_hand.iter().find(|(_, whose, _)| *whose == (slot.owner.clone(), slot.role));
            if let Some((_, _, value)) = meant {
                *bound = Bound::Exactly(*value);
            }
        });
    }
    let plan = of_deployments(case, &deployments, Kind::Wished, steps);
    let by_hand = by_hand
        .iter()
        .map(|(name, _, value)| format!("set {name} to {value}: no file here says it"))
        .collect();
    Ok(Plan { by_hand, ..plan })
}

/// `WORKERS`, `--workers`, `app.workers`, `app.engine.pool-size`, `db.max_connections`.
fn is_called(knob: &Knob, name: &str) -> bool {
    knob.name.eq_ignore_ascii_case(name) || owners(knob).iter().any(|known| is_same(known, name))
}

fn is_same(one: &str, other: &str) -> bool {
    one.replace('_', "-").eq_ignore_ascii_case(&other.replace('_', "-"))
}

/// The names of a knob by whose it is.
fn owners(knob: &Knob) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for effect in knob.effects.iter().filter(|effect| effect.slot.role == knob.role) {
        let slot = &effect.slot;
        let pool = slot.pool.iter().map(|pool| format!("{}.{pool}.{}", slot.owner, knob.role.word()));
        for name in [format!("{}.{}", slot.owner, knob.role.word())].into_iter().chain(pool) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The number that `name` is where nobody wrote it down: `db.max_connections`.
fn unwritten(case: &Case<'_>, name: &str) -> Option<(String, Role)> {
    let mut found = None;
    for (index, deployment) in case.deployments().iter().enumerate() {
        slot::each(index, &mut deployment.clone(), &mut |slot, _, trail| {
            // What of a pool is not written follows from its other numbers.
            let is_single = slot.pool.is_none() && trail.is_some() && slot.role != Role::Other;
            if is_single && is_same(&format!("{}.{}", slot.owner, slot.role.word()), name) {
                found = Some((slot.owner, slot.role));
            }
        });
    }
    found
}

fn unknown(case: &Case<'_>, knobs: &[Knob], name: &str) -> WishError {
    let mut names: Vec<String> =
        knobs.iter().flat_map(|knob| [vec![knob.name.clone()], owners(knob)].concat()).collect();
    for (index, deployment) in case.deployments().iter().enumerate() {
        slot::each(index, &mut deployment.clone(), &mut |slot, _, trail| {
            if slot.pool.is_none() && trail.is_some() && slot.role != Role::Other {
                names.push(format!("{}.{}", slot.owner, slot.role.word()));
            }
        });
    }
    names.sort_unstable();
    names.dedup();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let help = match nearest(name, &all) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => "nothing here can be set".to_owned(),
        None => format!("there is {}", all.join(", ")),
    };
    WishError::Unknown { name: name.to_owned(), help }
}

/// `--for 8-workers`: the number is set, and the pools are made to fit.
fn pools_for(case: &Case<'_>, planned: &mut Planned, role: Role, count: u64) -> Result<Vec<Plan>, WishError> {
    let is_meant = |knob: &Knob| knob.role == role;
    if !planned.knobs.all.iter().any(is_meant) {
        return Err(WishError::Nothing(format!("no number of {} here can be changed", role.word())));
    }
    if let Some(knob) = planned.knobs.all.iter().find(|knob| is_meant(knob) && !knob.is_free()) {
        let why = knob.kept.clone().unwrap_or_default();
        return Err(WishError::Nothing(format!("{} stays {}: {why}", knob.name, knob.value)));
    }
    let mut fixed = Vec::new();
    let mut moved = planned.knobs.all.clone();
    for (index, knob) in moved.iter_mut().enumerate().filter(|(_, knob)| is_meant(knob)) {
        fixed.push(Step { knob: index, from: knob.value, to: count });
        for effect in &mut knob.effects {
            let more = effect.step.saturating_mul(count);
            effect.base =
                effect.base.saturating_add(more).saturating_sub(effect.step.saturating_mul(knob.value));
        }
        knob.value = count;
    }
    fixed.retain(|step| step.from != step.to);
    let policy = &case.config().policy;
    let at_count = case
        .with(&super::proposal::edits(&planned.knobs.all, &fixed))
        .ok_or_else(|| WishError::Unreadable(format!("{count} {}", role.word())))?;
    let standings = standings(case, &budgets(case, &at_count));
    let model = Model::new(&at_count, policy, &moved);
    let limits: Vec<(usize, u64)> = super::proposal::over(&standings)
        .into_iter()
        .filter_map(|server| Some((server, standings[server].capacity?)))
        .collect();
    if limits.is_empty() {
        let plan = wished_plan(case, planned, fixed, &format!("{count} {}", role.word()))?;
        return Ok(vec![Plan { kind: Kind::Wished, ..plan }]);
    }
    let is_pool = |knob: &Knob| {
        matches!(knob.role, Role::Size | Role::Overflow | Role::PoolerSize | Role::PoolerReserve)
            && knob.is_free()
    };
    let search = Search::new(&model, limits, is_pool);
    if !search.impossible().is_empty() {
        return Err(WishError::Nothing(format!(
            "no pools fit {count} {}: with every pool at its smallest it is still too much",
            role.word()
        )));
    }
    let mut plans = Vec::new();
    for found in search.run() {
        let together = together(fixed.clone(), steps(&moved, &found.values));
        if let Some(plan) = read(case, &planned.knobs.all, together)
            && !plan.servers.iter().any(|server| server.is_over() && !server.is_unbounded())
        {
            plans.push(Plan { kind: Kind::Wished, ..plan });
        }
    }
    Ok(plans)
}
