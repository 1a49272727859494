//! Two states of the same deployments side by side: what each server takes and can be asked for before and after, the
//! factors that moved, and what of the findings the change has brought. Knows no git and no report.

mod finding;
mod pair;

use std::collections::BTreeSet;

use crate::budget::{Budget, Factor, PoolerBudget, ServerBudget, factors};
use crate::rule::{Catalogue, Finding};
use crate::source::Sources;
use crate::trace::Bound;

pub use finding::Status;
pub use pair::Pair;

/// One of the two states.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its files.
    pub sources: &'a Sources,
    /// Its budgets.
    pub budgets: &'a [Budget],
    /// What the rules found in them.
    pub findings: &'a [Finding],
}

/// What a change does.
pub struct Comparison<'a> {
    /// The state before.
    pub base: Side<'a>,
    /// The state after.
    pub head: Side<'a>,
    /// Each deployment.
    pub deployments: Vec<DeploymentChange<'a>>,
    /// What is found after the change, and whether it was there before.
    pub findings: Vec<(&'a Finding, Status)>,
    /// What was found before the change alone.
    pub gone: Vec<&'a Finding>,
}

/// What a change does to one deployment.
pub struct DeploymentChange<'a> {
    /// The deployment before and after.
    pub budget: Pair<&'a Budget>,
    /// Its servers.
    pub servers: Vec<Pair<&'a ServerBudget>>,
    /// Its poolers.
    pub poolers: Vec<Pair<&'a PoolerBudget>>,
    /// The factors that are not what they were.
    pub factors: Vec<FactorChange<'a>>,
}

/// A factor that moved, came or went.
pub struct FactorChange<'a> {
    /// Whose it is, from the outside in: the server, the group, the pool.
    pub of: Vec<String>,
    /// What it is: "workers", "max_connections".
    pub name: String,
    /// The factor before and after.
    pub factor: Pair<Factor<'a>>,
}

impl<'a> Comparison<'a> {
    /// Compares `base` with `head`.
    pub fn of(base: Side<'a>, head: Side<'a>, rules: &Catalogue) -> Self {
        let alike = |a: &Budget, b: &Budget| names(a).intersection(&names(b)).count();
        let pairs = pair::pairs(base.budgets, head.budgets, |budget| budget.name.as_str(), alike);
        let deployments: Vec<DeploymentChange<'_>> = pairs.into_iter().map(DeploymentChange::of).collect();
        let (findings, gone) = finding::compared(base, head, &deployments, rules);
        Self { base, head, deployments, findings, gone }
    }

    /// Whether anything at all is not what it was.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty()
            && self.findings.iter().all(|(_, status)| *status == Status::Known)
            && self.deployments.iter().all(|change| change.factors.is_empty() && change.budget.is_both())
    }
}

/// What a deployment is known by besides its name: its servers and groups.
fn names(budget: &Budget) -> BTreeSet<&str> {
    let servers = budget.servers.iter();
    let of_servers = servers.clone().map(|server| server.server.name.as_str());
    let groups = servers.flat_map(|server| &server.clients).chain(&budget.unplaced);
    of_servers.chain(groups.map(|client| client.group.name.as_str())).collect()
}

impl<'a> DeploymentChange<'a> {
    fn of(budget: Pair<&'a Budget>) -> Self {
        let base_servers = budget.base.map_or(&[][..], |budget| &budget.servers);
        let head_servers = budget.head.map_or(&[][..], |budget| &budget.servers);
        let base_poolers = budget.base.map_or(&[][..], |budget| &budget.poolers);
        let head_poolers = budget.head.map_or(&[][..], |budget| &budget.poolers);
        // What is left over when all names are paired is the same under another name: a deployment has few servers.
        let servers = pair::pairs(base_servers, head_servers, |server| server.server.name.as_str(), |_, _| 1);
        let poolers = pair::pairs(base_poolers, head_poolers, |pooler| pooler.pooler.name.as_str(), |_, _| 1);
        let renamed: Vec<(String, String)> = servers
            .iter()
            .filter_map(|pair| Some((pair.base?.server.name.clone(), pair.head?.server.name.clone())))
            .collect();
        let factors = moved(&budget, &renamed);
        Self { budget, servers, poolers, factors }
    }

    /// Its name after the change, or before it where it is gone.
    pub fn name(&self) -> &str {
        self.budget.either().map_or("", |budget| &budget.name)
    }

    /// Whether more can be opened than before on some server or pooler, or less fits.
    fn is_worse(&self) -> bool {
        self.servers.iter().any(server_is_worse) || self.poolers.iter().any(pooler_is_worse)
    }
}

/// The factors that are not what they were.
fn moved<'a>(budget: &Pair<&'a Budget>, renamed: &[(String, String)]) -> Vec<FactorChange<'a>> {
    let mut before: Vec<Option<Factor<'a>>> =
        budget.base.map(factors).unwrap_or_default().into_iter().map(Some).collect();
    for factor in before.iter_mut().flatten() {
        if let Some((_, now)) = renamed.iter().find(|(then, _)| factor.of.first() == Some(then)) {
            factor.of[0].clone_from(now);
        }
    }
    let mut changes = Vec::new();
    let mut push = |factor: Pair<Factor<'a>>| {
        let Some(either) = factor.either() else { return };
        let (of, name) = (either.of.clone(), either.name.clone());
        changes.push(FactorChange { of, name, factor });
    };
    for after in budget.head.map(factors).unwrap_or_default() {
        let same = |known: &&mut Option<Factor<'a>>| {
            known.as_ref().is_some_and(|known| known.of == after.of && known.name == after.name)
        };
        let base = before.iter_mut().find(same).and_then(Option::take);
        let is_moved = base.as_ref().map_or(says_something(&after), |base| base.value != after.value);
        if is_moved {
            push(Pair { base, head: Some(after) });
        }
    }
    for base in before.into_iter().flatten().filter(says_something) {
        push(Pair { base: Some(base), head: None });
    }
    changes
}

/// Whether a factor that is there on one side only is worth a line: not where a default leaves a sum as it is.
fn says_something(factor: &Factor<'_>) -> bool {
    factor.trail.default().is_none() || !matches!(factor.value.as_str(), "0" | "1" | "unbounded")
}

/// Whether `head` says that there may be more than `base` says.
fn is_more(base: &Bound, head: &Bound) -> bool {
    match (base, head) {
        (Bound::Unbounded, _) => false,
        (Bound::Unknown(base), Bound::Unknown(head)) => {
            let times = |term: &Option<crate::trace::Term>| term.as_ref().map_or(u64::MAX, |term| term.times);
            head.floor > base.floor || times(&head.term) > times(&base.term)
        }
        (_, Bound::Unbounded | Bound::Unknown(_)) => true,
        (base, head) => head.floor() > base.floor(),
    }
}

/// Whether less fits than before; a capacity that is no longer known counts as none.
fn is_less(base: Option<u64>, head: Option<u64>) -> bool {
    head.unwrap_or(0) < base.unwrap_or(0)
}

fn server_is_worse(pair: &Pair<&ServerBudget>) -> bool {
    match (pair.base, pair.head) {
        (Some(base), Some(head)) => {
            is_more(&base.reachable, &head.reachable)
                || is_more(&base.ceiling, &head.ceiling)
                || is_less(base.capacity.slots, head.capacity.slots)
        }
        (base, head) => base.is_none() && head.is_some(),
    }
}

fn pooler_is_worse(pair: &Pair<&PoolerBudget>) -> bool {
    match (pair.base, pair.head) {
        (Some(base), Some(head)) => {
            is_more(&base.client_reachable, &head.client_reachable)
                || is_more(&base.client_ceiling, &head.client_ceiling)
                || is_less(base.max_clients.number(), head.max_clients.number())
                || is_more(&base.configured, &head.configured)
        }
        (base, head) => base.is_none() && head.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_known_is_more() {
        let cpus = |times| Bound::unknown("CPUs", "") * Bound::Exactly(times);
        for (base, head, more) in [
            (Bound::Exactly(5), Bound::Exactly(6), true),
            (Bound::Exactly(6), Bound::Exactly(6), false),
            (Bound::Exactly(6), Bound::AtMost(5), false),
            (Bound::Exactly(500), Bound::Unbounded, true),
            (Bound::Unbounded, cpus(1), false),
            (Bound::Exactly(500), cpus(1), true),
            (cpus(2), cpus(4), true),
            (cpus(4), cpus(2), false),
            (cpus(4), Bound::Exactly(2), true),
            (cpus(4) + Bound::Exactly(9), Bound::Exactly(2), false),
        ] {
            assert_eq!(is_more(&base, &head), more, "{base} → {head}");
        }
        assert!(is_less(Some(87), None) && is_less(Some(87), Some(80)) && !is_less(None, Some(80)));
    }
}
