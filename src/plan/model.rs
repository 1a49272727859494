//! What a deployment opens as a function of its knobs. The search asks it thousands of times; what it proposes is read
//! from the changed files once more before anybody sees it.
//!
//! Where no pooler is between, the sums are calculated right here, by the same arithmetic as the budget's. Where one is,
//! the numbers are put into the deployment and the whole budget is made.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::knob::Knob;
use super::slot;
use crate::budget::{Budget, Measure, Policy, ServerBudget};
use crate::deployment::{Deployment, Group, Target};
use crate::pool::{Demand, Made, ceiling_in, reachable_of};
use crate::trace::Bound;

/// What one server takes, and what is opened there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// What counts against the capacity; `u64::MAX` where nothing bounds it.
    pub counted: u64,
    /// What concurrency lets it reach, not counting what development servers open without a bound.
    pub reachable: u64,
}

/// What a setting of all knobs comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Each server of each deployment, in their order.
    pub loads: Vec<Load>,
    /// Requests that can hold a connection at once, over all servers.
    pub served: u64,
    /// Processes that there are.
    pub processes: u64,
}

/// The deployments with the knobs that move them.
pub(super) struct Model<'a> {
    deployments: &'a [Deployment],
    policy: &'a Policy,
    knobs: &'a [Knob],
    /// By deployment and place in the order of its numbers.
    moved: HashMap<(usize, usize), Formula>,
    parts: Vec<Part>,
}

/// A number as a function of the knobs: a product where each knob is in proportion to it, else a sum.
#[derive(Clone, Debug)]
struct Formula {
    base: u64,
    /// The knob, its value now, and how much the number grows with it.
    terms: Vec<(usize, u64, u64)>,
}

impl Formula {
    fn at(&self, values: &[u64]) -> u64 {
        let is_product = self.terms.len() > 1
            && self.terms.iter().all(|(_, value, step)| value.checked_mul(*step) == Some(self.base));
        if is_product {
            let product = self.terms.iter().try_fold(u128::from(self.base), |product, (knob, value, _)| {
                (product * u128::from(values[*knob])).checked_div(u128::from(*value))
            });
            return product.and_then(|product| u64::try_from(product).ok()).unwrap_or(self.base);
        }
        let moved = |total: i128, (knob, value, step): &(usize, u64, u64)| {
            total + (i128::from(values[*knob]) - i128::from(*value)) * i128::from(*step)
        };
        let total = self.terms.iter().fold(i128::from(self.base), moved);
        u64::try_from(total).unwrap_or(0)
    }
}

/// A number that may move.
#[derive(Clone, Debug)]
enum Number {
    Still(Bound),
    Moved { formula: Formula, is_exact: bool },
}

impl Number {
    fn at(&self, values: &[u64]) -> Bound {
        match self {
            Self::Still(bound) => bound.clone(),
            Self::Moved { formula, is_exact: true } => Bound::Exactly(formula.at(values)),
            Self::Moved { formula, is_exact: false } => Bound::AtMost(formula.at(values)),
        }
    }
}

/// A deployment, ready to be asked.
enum Part {
    Direct(Direct),
    /// Through poolers: the knobs that move it, and what was asked before.
    Whole {
        knobs: Vec<usize>,
        asked: RefCell<HashMap<Vec<u64>, Outcome>>,
    },
}

/// A deployment without poolers.
struct Direct {
    servers: usize,
    groups: Vec<GroupModel>,
}

struct GroupModel {
    replicas: Number,
    processes: Number,
    threads: Number,
    concurrency: Number,
    engines: Number,
    pools: Vec<PoolModel>,
    is_development: bool,
}

struct PoolModel {
    target: Target,
    ceiling: Number,
    demand: Demand,
    made: Made,
    /// The number inside `demand`.
    own: Option<Number>,
}

impl<'a> Model<'a> {
    pub(super) fn new(deployments: &'a [Deployment], policy: &'a Policy, knobs: &'a [Knob]) -> Self {
        let mut moved: HashMap<(usize, usize), Formula> = HashMap::new();
        for (index, knob) in knobs.iter().enumerate() {
            for effect in &knob.effects {
                let place = (effect.slot.deployment, effect.slot.index);
                let formula = moved.entry(place).or_insert(Formula { base: effect.base, terms: Vec::new() });
                formula.terms.push((index, knob.value, effect.step));
            }
        }
        let mut model = Self { deployments, policy, knobs, moved, parts: Vec::new() };
        model.parts =
            deployments.iter().enumerate().map(|(index, deployment)| model.part(index, deployment)).collect();
        model
    }

    /// The knobs that it was made with.
    pub(super) fn knobs(&self) -> &'a [Knob] {
        self.knobs
    }

    /// The values that the knobs have now.
    pub(super) fn now(&self) -> Vec<u64> {
        self.knobs.iter().map(|knob| knob.value).collect()
    }

    fn part(&self, index: usize, deployment: &Deployment) -> Part {
        if !deployment.poolers.is_empty() {
            let knobs = self.knobs.iter().enumerate();
            let here = |knob: &Knob| knob.effects.iter().any(|effect| effect.slot.deployment == index);
            let knobs = knobs.filter(|(_, knob)| here(knob)).map(|(index, _)| index).collect();
            return Part::Whole { knobs, asked: RefCell::default() };
        }
        let mut numbers = Vec::new();
        slot::each(index, &mut deployment.clone(), &mut |slot, bound, _| {
            numbers.push(match self.moved.get(&(index, slot.index)) {
                Some(formula) => {
                    Number::Moved { formula: formula.clone(), is_exact: !matches!(bound, Bound::AtMost(_)) }
                }
                None => Number::Still(bound.clone()),
            });
        });
        // In the order of `slot::each`: three of each server, then the groups.
        let mut numbers = numbers.into_iter().skip(3 * deployment.servers.len());
        let groups =
            deployment.groups.iter().filter_map(|group| GroupModel::of(group, &mut numbers)).collect();
        Part::Direct(Direct { servers: deployment.servers.len(), groups })
    }

    /// What `values` come to.
    pub(super) fn at(&self, values: &[u64]) -> Outcome {
        let mut whole = Outcome::default();
        for (index, part) in self.parts.iter().enumerate() {
            let outcome = match part {
                Part::Direct(direct) => direct.at(values, self.policy),
                Part::Whole { knobs, asked } => {
                    let key: Vec<u64> = knobs.iter().map(|knob| values[*knob]).collect();
                    let known = asked.borrow().get(&key).cloned();
                    known.unwrap_or_else(|| {
                        let outcome = self.whole(index, values);
                        asked.borrow_mut().insert(key, outcome.clone());
                        outcome
                    })
                }
            };
            whole.loads.extend(outcome.loads);
            whole.served = whole.served.saturating_add(outcome.served);
            whole.processes = whole.processes.saturating_add(outcome.processes);
        }
        whole
    }

    /// The deployment `index` with `values` put in.
    pub(super) fn deployment(&self, index: usize, values: &[u64]) -> Deployment {
        let mut deployment = self.deployments[index].clone();
        slot::each(index, &mut deployment, &mut |slot, bound, _| {
            if let Some(formula) = self.moved.get(&(index, slot.index)) {
                let value = formula.at(values);
                *bound = if matches!(bound, Bound::AtMost(_)) {
                    Bound::AtMost(value)
                } else {
                    Bound::Exactly(value)
                };
            }
        });
        deployment
    }

    fn whole(&self, index: usize, values: &[u64]) -> Outcome {
        outcome(&Budget::of(&self.deployment(index, values), self.policy), self.policy)
    }
}

/// What `budget` comes to.
pub(super) fn outcome(budget: &Budget, policy: &Policy) -> Outcome {
    let loads: Vec<Load> = budget.servers.iter().map(|server| load(server, policy)).collect();
    let mut seen = HashSet::new();
    let clients = budget.servers.iter().flat_map(|server| &server.clients);
    let clients =
        clients.chain(budget.poolers.iter().flat_map(|pooler| &pooler.clients)).chain(&budget.unplaced);
    let clients = clients.filter(|client| !client.is_pooler() && seen.insert(client.group.name.as_str()));
    let processes = clients.map(|client| {
        client.group.replicas.value.floor().saturating_mul(client.group.processes.value.floor())
    });
    Outcome { served: served(&loads), processes: processes.fold(0, u64::saturating_add), loads }
}

/// What counts against the capacity of `server`.
pub(super) fn load(server: &ServerBudget, policy: &Policy) -> Load {
    let measure = |measure: Measure| measure.of_server(server).clone();
    Load::of(&server.counted(), &measure(Measure::Reachable), &measure(Measure::Ceiling), policy)
}

impl Load {
    fn of(counted: &Bound, reachable: &Bound, ceiling: &Bound, policy: &Policy) -> Self {
        let mut most = counted.floor();
        // As the rule `over-budget-if-concurrent` has it: what has no bound is said at the pool that has none.
        if policy.gate_on_ceiling && *ceiling != Bound::Unbounded {
            most = most.max(ceiling.floor());
        }
        // What a development server may open without a bound is no number to compare.
        let reachable = if *reachable == Bound::Unbounded { counted } else { reachable };
        Self { counted: most, reachable: reachable.floor() }
    }
}

fn served(loads: &[Load]) -> u64 {
    let bounded = loads.iter().map(|load| load.reachable).filter(|reachable| *reachable != u64::MAX);
    bounded.fold(0, u64::saturating_add)
}

impl GroupModel {
    fn of(group: &Group, numbers: &mut impl Iterator<Item = Number>) -> Option<Self> {
        let (replicas, processes) = (numbers.next()?, numbers.next()?);
        let (threads, concurrency, engines) = (numbers.next()?, numbers.next()?, numbers.next()?);
        for _ in [&group.overlap.reload, &group.overlap.rollout].into_iter().flatten() {
            numbers.next()?;
        }
        let mut pools = Vec::new();
        for placed in &group.pools {
            for _ in [&placed.pool.size, &placed.pool.overflow].into_iter().flatten() {
                numbers.next()?;
            }
            let ceiling = numbers.next()?;
            let (demand, made) = (placed.pool.demand, placed.pool.made);
            let own = if demand == Demand::Ahead { None } else { Some(numbers.next()?) };
            pools.push(PoolModel { target: placed.target, ceiling, demand, made, own });
        }
        let is_development = group.development.is_some();
        Some(Self { replicas, processes, threads, concurrency, engines, pools, is_development })
    }
}

impl PoolModel {
    fn demand(&self, values: &[u64]) -> Demand {
        let own = self.own.as_ref().map_or(0, |own| own.at(values).floor());
        match self.demand {
            Demand::ByTask { .. } => Demand::ByTask { minimum: own },
            Demand::ByThread { is_kept, .. } => Demand::ByThread { is_kept, pool: own },
            Demand::Ahead => Demand::Ahead,
        }
    }
}

impl Direct {
    fn at(&self, values: &[u64], policy: &Policy) -> Outcome {
        let mut sums = vec![[Bound::ZERO, Bound::ZERO, Bound::ZERO]; self.servers];
        let mut all_processes = 0_u64;
        for group in &self.groups {
            let (replicas, processes) = (group.replicas.at(values), group.processes.at(values));
            all_processes = all_processes.saturating_add(replicas.floor().saturating_mul(processes.floor()));
            let times = replicas * processes * group.engines.at(values);
            let (threads, concurrency) = (group.threads.at(values), group.concurrency.at(values));
            let mut each = vec![[Bound::ZERO, Bound::ZERO, Bound::ZERO]; self.servers];
            for pool in &group.pools {
                let Target::Server(server) = pool.target else { continue };
                let Some(sum) = each.get_mut(server) else { continue };
                let demand = pool.demand(values);
                let ceiling = ceiling_in(demand, pool.made, &pool.ceiling.at(values), &concurrency, &threads);
                let reachable = reachable_of(demand, &ceiling, &concurrency);
                let counts = !group.is_development || reachable != Bound::Unbounded;
                let counted = if counts { reachable.clone() } else { Bound::ZERO };
                for (sum, more) in sum.iter_mut().zip([counted, reachable, ceiling]) {
                    *sum = std::mem::replace(sum, Bound::ZERO) + more;
                }
            }
            for (sum, each) in sums.iter_mut().zip(each) {
                for (sum, each) in sum.iter_mut().zip(each) {
                    *sum = std::mem::replace(sum, Bound::ZERO) + times.clone() * each;
                }
            }
        }
        let loads: Vec<Load> = sums
            .iter()
            .map(|[counted, reachable, ceiling]| Load::of(counted, reachable, ceiling, policy))
            .collect();
        Outcome { served: served(&loads), processes: all_processes, loads }
    }
}
