//! What a group of processes opens.

use crate::client::Pool;
use crate::deployment::{Group, Target};
use crate::trace::Bound;

use super::{Expression, POOLER_POOL, product};

/// A group with the pools that dial one server.
#[derive(Clone, Debug)]
pub struct GroupDemand {
    /// The group.
    pub group: Group,
    /// Its pools on that server.
    pub pools: Vec<PoolDemand>,
    /// replicas × processes × Σ (size + overflow) over those pools.
    pub ceiling: Bound,
    /// The same with each pool as concurrency lets it grow.
    pub reachable: Bound,
}

/// A pool and what one process opens through it.
#[derive(Clone, Debug)]
pub struct PoolDemand {
    /// The pool.
    pub pool: Pool,
    /// How its settings come to what they allow, where that is more than size and overflow.
    pub(super) terms: Option<Expression>,
    /// The most its settings allow.
    pub ceiling: Bound,
    /// The most that its process's concurrency reaches.
    pub reachable: Bound,
}

impl GroupDemand {
    /// The part of `group` that dials `target`, `None` when no part does.
    pub fn of(group: &Group, target: Target) -> Option<Self> {
        let here = group.pools.iter().filter(|placed| placed.target == target);
        let pools: Vec<Pool> = here.map(|placed| placed.pool.clone()).collect();
        (!pools.is_empty()).then(|| Self::count(group.clone(), pools))
    }

    /// `reachable`, not counting what a development server opens without a bound.
    pub(super) fn counted(&self) -> Bound {
        let group = &self.group;
        let counts = |pool: &&PoolDemand| group.development.is_none() || pool.reachable != Bound::Unbounded;
        let per_process = self.pools.iter().filter(counts).map(|pool| pool.reachable.clone()).sum();
        product([&group.replicas, &group.processes, &group.engines], per_process)
    }

    /// What `group` opens through `pools`.
    pub(super) fn count(group: Group, pools: Vec<Pool>) -> Self {
        let pools = pools.into_iter().map(|pool| PoolDemand::of(pool, &group)).collect();
        Self::of_pools(group, pools)
    }

    /// What `group` opens through pools of which it is known what one process opens.
    pub(super) fn of_pools(group: Group, pools: Vec<PoolDemand>) -> Self {
        let total = |each: fn(&PoolDemand) -> &Bound| {
            let per_process = pools.iter().map(|pool| each(pool).clone()).sum();
            product([&group.replicas, &group.processes, &group.engines], per_process)
        };
        let (ceiling, reachable) = (total(|pool| &pool.ceiling), total(|pool| &pool.reachable));
        Self { group, pools, ceiling, reachable }
    }

    /// What its pools' settings allow: for a pooler, however few clients it has.
    pub fn configured(&self) -> Bound {
        self.times() * self.pools.iter().map(|pool| pool.pool.ceiling.clone()).sum::<Bound>()
    }

    /// What its pools keep open once they were full.
    pub(super) fn kept(&self) -> Bound {
        let kept = |pool: &PoolDemand| {
            let size = pool.pool.size.as_ref().map_or(Bound::ZERO, |size| size.value.clone());
            size.limited_by(&pool.reachable)
        };
        self.times() * self.pools.iter().map(kept).sum::<Bound>()
    }

    /// Whether it is a pooler, as a client of what it dials.
    pub fn is_pooler(&self) -> bool {
        self.pools.iter().any(PoolDemand::is_pooler)
    }

    /// How many of each of its pools there are.
    pub(super) fn times(&self) -> Bound {
        product([&self.group.replicas, &self.group.processes, &self.group.engines], Bound::ONE)
    }
}

impl PoolDemand {
    /// Whether a pooler keeps it.
    pub fn is_pooler(&self) -> bool {
        self.pool.kind == POOLER_POOL
    }

    fn of(pool: Pool, group: &Group) -> Self {
        let pool = pool.in_process(&group.concurrency.value, &group.threads.value);
        let reachable = pool.reachable(&group.concurrency.value);
        Self { ceiling: pool.ceiling.clone(), reachable, terms: None, pool }
    }
}
