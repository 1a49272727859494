//! Plans: changes that were read from the changed files, and fit.

use super::case::{Case, has_new_problems};
use super::knob::{Knob, Knobs, knobs_of};
use super::limits::Limits;
use super::model::{Load, Model, Outcome, load, outcome};
use super::price::Price;
use super::search::{Found, Search};
use super::slot::Role;
use super::spot::Edit;
use crate::budget::{Budget, ServerBudget, needed_limit};
use crate::deployment::Deployment;
use crate::trace::{Bound, How, Origin};

/// At most so many plans are told.
const MOST_PLANS: usize = 5;

/// What was found out.
pub struct Planned {
    /// What can be turned.
    pub knobs: Knobs,
    /// How each server stands now.
    pub servers: Vec<Standing>,
    /// What everything comes to now.
    pub now: Outcome,
    /// Changes that fit, the best first.
    pub plans: Vec<Plan>,
    /// The servers that are over and that no knob here makes fit, by their place in `servers`.
    pub impossible: Vec<usize>,
    /// What a reader should know: names that are kept and that nothing is called, a search that was cut off.
    pub notes: Vec<String>,
}

/// How a server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its deployment.
    pub deployment: String,
    /// Its name.
    pub server: String,
    /// What it takes from the deployment.
    pub capacity: Option<u64>,
    /// Its `max_connections`.
    pub limit: Option<u64>,
    /// What is opened there.
    pub load: Load,
    /// Whether the sum has parts that are not known.
    pub is_unknown: bool,
}

impl Standing {
    /// Whether more is opened than it takes.
    pub fn is_over(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.load.counted > capacity)
    }

    /// Whether nothing bounds what is opened.
    pub fn is_unbounded(&self) -> bool {
        self.load.counted == u64::MAX
    }
}

/// What a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Less is opened.
    Smaller,
    /// The server takes more.
    Raised,
    /// What somebody asked for; it may not fit.
    Wished,
}

/// A change after which everything fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is.
    pub kind: Kind,
    /// The numbers that change.
    pub steps: Vec<Step>,
    /// What no file here can be changed for: what to do by hand.
    pub by_hand: Vec<String>,
    /// How each server stands then.
    pub servers: Vec<Standing>,
    /// What everything comes to.
    pub outcome: Outcome,
    /// What a larger server costs.
    pub prices: Vec<Price>,
}

/// A number that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The knob, by its place in [`Knobs::all`].
    pub knob: usize,
    /// What stands there now.
    pub from: u64,
    /// What will.
    pub to: u64,
}

impl Plan {
    /// The changes of the files.
    pub fn edits(&self, knobs: &[Knob]) -> Vec<Edit> {
        edits(knobs, &self.steps)
    }

    /// Whether files alone make it come true.
    pub fn is_written(&self) -> bool {
        self.by_hand.is_empty() && !self.steps.is_empty()
    }
}

/// The changes that write `steps`.
pub(super) fn edits(knobs: &[Knob], steps: &[Step]) -> Vec<Edit> {
    steps.iter().filter_map(|step| Some(knobs.get(step.knob)?.spot.edit(step.to))).collect()
}

/// How things are, without a plan.
pub(super) fn begin(case: &Case<'_>) -> Planned {
    let budgets = budgets(case, case.deployments());
    Planned {
        knobs: Knobs::default(),
        servers: standings(case, &budgets),
        now: sum(budgets.iter().map(|budget| outcome(budget, &case.config().policy))),
        plans: Vec::new(),
        impossible: Vec::new(),
        notes: Vec::new(),
    }
}

/// What `case` comes to as it is.
pub fn outcome_now(case: &Case<'_>) -> Outcome {
    begin(case).now
}

/// Finds what to change in `case`.
pub fn plan(case: &Case<'_>) -> Planned {
    let policy = &case.config().policy;
    let mut planned = begin(case);
    let over: Vec<usize> = over(&planned.servers);
    if over.is_empty() {
        return planned;
    }
    let limits = Limits::new(&case.config().plan);
    let names: Vec<&str> = over.iter().map(|server| planned.servers[*server].deployment.as_str()).collect();
    planned.knobs = knobs_of(case, &limits, &|deployment| names.contains(&deployment.name.as_str()));
    let model = Model::new(case.deployments(), policy, &planned.knobs.all);
    let (found, impossible, is_exhaustive) = search(&model, &planned.servers, &over);
    planned.impossible = impossible;
    let fixable: Vec<usize> =
        over.iter().copied().filter(|server| !planned.impossible.contains(server)).collect();
    for found in found {
        if planned.plans.len() == MOST_PLANS {
            break;
        }
        if let Some(plan) = smaller(case, &planned, &found, &fixable) {
            planned.plans.push(plan);
        }
    }
    let as_it_is = of_deployments(case, case.deployments(), Kind::Raised, Vec::new());
    if let Some(plan) = raise(case, &planned, as_it_is, &over, &|needed| needed, &|total| total)
        .filter(|plan| over.iter().all(|server| !plan.servers[*server].is_over()))
    {
        planned.plans.push(plan);
    }
    if !is_exhaustive {
        planned
            .notes
            .push("there are more settings than were tried: a better one may be among the rest".to_owned());
    }
    let is_there =
        |name: &str| {
            planned.knobs.all.iter().any(|knob| {
                name.eq_ignore_ascii_case(&knob.name) || name.eq_ignore_ascii_case(knob.role.word())
            })
        };
    let vain = limits.kept_in_vain(is_there);
    planned
        .notes
        .extend(vain.map(|name| format!("connbudget.toml keeps `{name}`, and no number here is called so")));
    planned
}

/// The servers that are over, by their place: those of which it is known by how much.
pub(super) fn over(servers: &[Standing]) -> Vec<usize> {
    let is_target = |server: &Standing| server.is_over() && !server.is_unbounded();
    servers.iter().enumerate().filter(|(_, server)| is_target(server)).map(|(index, _)| index).collect()
}

/// Every server that can fit has to fit, those that do now among them.
fn search(model: &Model<'_>, servers: &[Standing], over: &[usize]) -> (Vec<Found>, Vec<usize>, bool) {
    let limit = |server: &usize| Some((*server, servers[*server].capacity?));
    let limits: Vec<(usize, u64)> = over.iter().filter_map(limit).collect();
    let may_turn = |knob: &Knob| knob.is_demand() && knob.is_free();
    let impossible = Search::new(model, limits.clone(), may_turn).impossible();
    let left: Vec<(usize, u64)> =
        limits.into_iter().filter(|(server, _)| !impossible.contains(server)).collect();
    if left.is_empty() {
        return (Vec::new(), impossible, true);
    }
    let search = Search::new(model, left, may_turn);
    let found = search.run();
    (found, impossible, search.is_exhaustive())
}

/// The plan that `found` is, where the changed files say the same as the model.
fn smaller(case: &Case<'_>, planned: &Planned, found: &Found, fixable: &[usize]) -> Option<Plan> {
    let steps = steps(&planned.knobs.all, &found.values);
    let plan = confirmed(case, planned, steps, fixable)?;
    (plan.outcome.loads == found.outcome.loads).then_some(plan)
}

/// What of `values` differs from now.
pub(super) fn steps(knobs: &[Knob], values: &[u64]) -> Vec<Step> {
    let all = knobs.iter().zip(values).enumerate();
    let changed = all.filter(|(_, (knob, value))| knob.value != **value);
    changed.map(|(index, (knob, value))| Step { knob: index, from: knob.value, to: *value }).collect()
}

/// The plan that `steps` are, read from the changed files: `fixable` fit then, no other server is over that was not before,
/// and nothing is wrong that was not before.
fn confirmed(case: &Case<'_>, planned: &Planned, steps: Vec<Step>, fixable: &[usize]) -> Option<Plan> {
    let plan = read(case, &planned.knobs.all, steps)?;
    let fits = plan.servers.len() == planned.servers.len()
        && plan
            .servers
            .iter()
            .zip(&planned.servers)
            .enumerate()
            .all(|(index, (then, now))| !then.is_over() || now.is_over() && !fixable.contains(&index));
    fits.then_some(plan)
}

/// What `steps` come to, by the changed files; `None` where they cannot be made, or something is wrong then.
pub(super) fn read(case: &Case<'_>, knobs: &[Knob], steps: Vec<Step>) -> Option<Plan> {
    let deployments = case.with(&edits(knobs, &steps))?;
    if has_new_problems(case.deployments(), &deployments) {
        return None;
    }
    Some(of_deployments(case, &deployments, Kind::Smaller, steps))
}

/// The plan that leads to `deployments`.
pub(super) fn of_deployments(
    case: &Case<'_>,
    deployments: &[Deployment],
    kind: Kind,
    steps: Vec<Step>,
) -> Plan {
    let budgets = budgets(case, deployments);
    let outcome = sum(budgets.iter().map(|budget| outcome(budget, &case.config().policy)));
    let servers = standings(case, &budgets);
    Plan { kind, steps, by_hand: Vec::new(), servers, outcome, prices: Vec::new() }
}

/// `plan` with a larger limit for the servers `tight`, each so that `room` of what is opened there fits, made `round`; `None`
/// where one of them cannot be raised from here.
pub(super) fn raise(
    case: &Case<'_>,
    planned: &Planned,
    plan: Plan,
    tight: &[usize],
    round: &dyn Fn(u64) -> u64,
    room: &dyn Fn(u64) -> u64,
) -> Option<Plan> {
    let knobs = &planned.knobs.all;
    let budgets = budgets(case, case.deployments());
    let of_budget = |(index, budget): (usize, &Budget)| {
        budget.servers.iter().map(move |server| (index, server.clone())).collect::<Vec<_>>()
    };
    let servers: Vec<(usize, ServerBudget)> = budgets.iter().enumerate().flat_map(of_budget).collect();
    let (mut steps, mut by_hand, mut prices) = (plan.steps, Vec::new(), Vec::new());
    let mut raised: Vec<(usize, String, u64)> = Vec::new();
    for &index in tight {
        let (deployment, server) = servers.get(index)?;
        let from = server.server.max_connections.value.number()?;
        let to = round(needed_limit(server, room(plan.servers[index].load.counted))?);
        let name = &server.server.name;
        let moves = |knob: &Knob| {
            let moves = |effect: &super::knob::Effect| {
                effect.slot.owner == *name && effect.slot.deployment == *deployment
            };
            knob.role == Role::MaxConnections && knob.effects.iter().any(moves)
        };
        match knobs.iter().position(moves) {
            Some(knob) if knobs[knob].is_free() && to <= knobs[knob].high => {
                match steps.iter_mut().find(|step| step.knob == knob) {
                    Some(step) => step.to = step.to.max(to),
                    None => steps.push(Step { knob, from: knobs[knob].value, to }),
                }
            }
            Some(_) => return None,
            None => {
                by_hand.push(advice(server, to)?);
                raised.push((*deployment, name.clone(), to));
            }
        }
        let price = Price::of(&server.server, from, to);
        if !prices.contains(&price) {
            prices.push(price);
        }
    }
    let mut deployments = case.with(&edits(knobs, &steps))?;
    if has_new_problems(case.deployments(), &deployments) {
        return None;
    }
    for (deployment, name, to) in raised {
        let server =
            deployments.get_mut(deployment)?.servers.iter_mut().find(|server| server.name == name)?;
        server.max_connections.value = Bound::Exactly(to);
    }
    by_hand.dedup();
    let plan = of_deployments(case, &deployments, Kind::Raised, steps);
    Some(Plan { by_hand, prices, ..plan })
}

/// What to write where, to raise the limit of `server`; `None` where that is none of ours to say: a limit that is declared
/// stands in a provider's settings.
fn advice(server: &ServerBudget, to: u64) -> Option<String> {
    let limit = &server.server.max_connections;
    let name = &server.server.name;
    match limit.trail.first() {
        // A server outside the files is a host; its limit is assumed.
        Origin::Default { of } if of.contains("assumed") => None,
        Origin::Default { .. } => Some(format!("give {name} `-c max_connections={to}`")),
        Origin::Place { how: How::Declared, .. } | Origin::CommandLine { .. } => None,
        Origin::Place { .. } => Some(format!("set max_connections of {name} to {to}")),
    }
}

pub(super) fn budgets(case: &Case<'_>, deployments: &[Deployment]) -> Vec<Budget> {
    deployments.iter().map(|deployment| Budget::of(deployment, &case.config().policy)).collect()
}

pub(super) fn standings(case: &Case<'_>, budgets: &[Budget]) -> Vec<Standing> {
    let policy = &case.config().policy;
    let of_budget = |budget: &Budget| {
        let standing = |server: &ServerBudget| Standing {
            deployment: budget.name.clone(),
            server: server.server.name.clone(),
            capacity: server.capacity.slots,
            limit: server.server.max_connections.value.number(),
            load: load(server, policy),
            is_unknown: server.reachable.is_unknown(),
        };
        budget.servers.iter().map(standing).collect::<Vec<_>>()
    };
    budgets.iter().flat_map(of_budget).collect()
}

fn sum(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::default(), |mut whole, outcome| {
        whole.loads.extend(outcome.loads);
        whole.served = whole.served.saturating_add(outcome.served);
        whole.processes = whole.processes.saturating_add(outcome.processes);
        whole
    })
}

/// Both in one: what is fixed and what was found beside it.
pub(super) fn together(mut fixed: Vec<Step>, found: Vec<Step>) -> Vec<Step> {
    for step in found {
        if !fixed.iter().any(|known| known.knob == step.knob) {
            fixed.push(step);
        }
    }
    fixed.sort_by_key(|step| step.knob);
    fixed
}
