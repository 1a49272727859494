//! Arithmetic: what the groups of a deployment open on each server, against what the server takes.

mod capacity;
mod demand;
mod factor;
mod fit;
mod phase;
mod pooler;
#[cfg(test)]
pub(crate) mod sample;
mod words;

use crate::deployment::{Deployment, Group, Server, Target};
use crate::source::TreePath;
use crate::trace::{Bound, Count, Problem};

pub use capacity::{Capacity, Policy, Share};
pub use demand::{GroupDemand, PoolDemand};
pub use factor::{Factor, factors};
pub use fit::{Change, Fit, fits, needed_limit};
pub use phase::{Event, Phase};
pub use pooler::PoolerBudget;
use pooler::{POOLER_POOL, Poolers};
pub use words::{
    Expression, Measure, capacity_words, client_sum_words, group_expression, group_words, plural, pool_word,
    settings_words, sum_words,
};

/// The budget of a deployment.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The deployment's name.
    pub name: String,
    /// The files it was read from.
    pub files: Vec<TreePath>,
    /// Each server with those who dial it.
    pub servers: Vec<ServerBudget>,
    /// Each pooler with those who dial it.
    pub poolers: Vec<PoolerBudget>,
    /// Groups (with their pools) of which it is not known which server they dial.
    pub unplaced: Vec<GroupDemand>,
    /// What was wrong in the files.
    pub problems: Vec<Problem>,
}

/// What one server takes, and what dials it.
#[derive(Clone, Debug)]
pub struct ServerBudget {
    /// The server.
    pub server: Server,
    /// What it takes from this deployment.
    pub capacity: Capacity,
    /// The groups that dial it, each with the pools that do.
    pub clients: Vec<GroupDemand>,
    /// What the pools' settings allow, over all clients.
    pub ceiling: Bound,
    /// What concurrency lets them reach.
    pub reachable: Bound,
    /// Moments in which there is more of them.
    pub phases: Vec<Phase>,
}

impl Budget {
    /// Whether nothing in it dials a server.
    pub fn is_idle(&self) -> bool {
        self.unplaced.is_empty()
            && self.servers.iter().all(|server| server.clients.is_empty())
            && self.poolers.iter().all(|pooler| pooler.clients.is_empty())
    }

    /// The budget of `deployment` under `policy`.
    pub fn of(deployment: &Deployment, policy: &Policy) -> Self {
        let poolers = Poolers::of(deployment);
        let clients_of = |target: Target| -> Vec<GroupDemand> {
            let demand = |group: &Group| GroupDemand::of(group, target);
            deployment.groups.iter().filter_map(demand).chain(poolers.at(target)).collect()
        };
        let server_budget = |(index, server): (usize, &Server)| {
            let clients = clients_of(Target::Server(index));
            ServerBudget {
                capacity: Capacity::of(server, policy),
                ceiling: clients.iter().map(|client| client.ceiling.clone()).sum(),
                reachable: clients.iter().map(|client| client.reachable.clone()).sum(),
                phases: phase::phases(&clients),
                server: server.clone(),
                clients,
            }
        };
        Self {
            name: deployment.name.clone(),
            files: deployment.files.clone(),
            servers: deployment.servers.iter().enumerate().map(server_budget).collect(),
            unplaced: clients_of(Target::Unknown),
            poolers: poolers.budgets,
            problems: deployment.problems.clone(),
        }
    }
}

impl ServerBudget {
    /// `reachable`, not counting what development servers open without a bound.
    pub fn counted(&self) -> Bound {
        self.clients.iter().map(GroupDemand::counted).sum()
    }

    /// `reachable` as a share of the capacity in whole percent; `None` where either has no number. Rounded away from
    /// the limit, so that "100 %" fits and what does not fit is never said to be 100 %.
    pub fn percent(&self) -> Option<u64> {
        percent(&self.reachable, self.capacity.slots)
    }
}

/// `part` as a share of `whole` in whole percent, away from the limit: what does not fit is never said to be 100 %.
pub fn percent(part: &Bound, whole: Option<u64>) -> Option<u64> {
    let part = u128::from(part.number()?) * 100;
    let whole = u128::from(whole.filter(|&whole| whole > 0)?);
    let percent = if part > whole * 100 { part.div_ceil(whole) } else { part / whole };
    Some(u64::try_from(percent).unwrap_or(u64::MAX))
}

/// The sum of a count over replicas, processes and engines.
fn product(factors: [&Count; 3], each: Bound) -> Bound {
    factors.into_iter().fold(each, |product, factor| product * factor.value.clone())
}
