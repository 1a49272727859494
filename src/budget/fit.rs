//! Which single change makes a server's budget fit. Each proposal is calculated again before it is made.

use crate::client::Pool;
use crate::trace::{Bound, Count, How, Origin};

use super::words::Measure;
use super::{Capacity, GroupDemand, Policy, ServerBudget, capacity::MAX_MAX_CONNECTIONS, plural};

/// A change after which everything fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The group it is made in; `None` for the server itself.
    pub group: Option<String>,
    /// What is changed.
    pub change: Change,
    /// How many connections there are then.
    pub total: u64,
}

/// A setting and its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Fewer processes.
    Processes {
        /// So many.
        count: u64,
        /// What one is called.
        word: &'static str,
    },
    /// Fewer containers.
    Replicas(u64),
    /// Smaller pools.
    Pools {
        /// Connections each keeps.
        size: u64,
        /// Connections beyond those; `None` where the pools have no such setting.
        overflow: Option<u64>,
        /// The processes there are then, in words: "10 workers".
        processes: String,
    },
    /// A larger server.
    MaxConnections(u64),
}

/// The changes that bring `measure` of `server` under its capacity, at most one of a kind, in the group that opens
/// most; two at once where none alone is enough. Nothing where nothing is over, or where what is over is no number.
pub fn fits(server: &ServerBudget, measure: Measure) -> Vec<Fit> {
    let (Some(total), Some(slots)) = (measure.of_server(server).number(), server.capacity.slots) else {
        return Vec::new();
    };
    let Some(biggest) = server.biggest(measure).filter(|_| total > slots) else { return Vec::new() };
    let group = Candidate { server, index: biggest, measure, slots };
    let (fewer, smaller) =
        (group.fewer_processes().or_else(|| group.fewer_replicas()), group.smaller_pools());
    let both = if fewer.is_none() && smaller.is_none() { group.fewer_with_smaller_pools() } else { None };
    [fewer, smaller, both, larger_server(server, total)].into_iter().flatten().collect()
}

impl ServerBudget {
    /// The index of the client that opens most by `measure`; the first of several.
    pub fn biggest(&self, measure: Measure) -> Option<usize> {
        let most = |index: &usize| {
            self.clients.get(*index).map(|client| (measure.of_group(client).floor(), usize::MAX - index))
        };
        (0..self.clients.len()).max_by_key(most)
    }
}

/// The group in which changes are tried.
struct Candidate<'a> {
    server: &'a ServerBudget,
    index: usize,
    measure: Measure,
    slots: u64,
}

impl Candidate<'_> {
    fn group(&self) -> &GroupDemand {
        // `index` comes from `ServerBudget::biggest` of the same server.
        &self.server.clients[self.index]
    }

    /// The server's total with `changed` in the place of the group.
    fn total(&self, changed: &GroupDemand) -> Option<u64> {
        let others = self.server.clients.iter().enumerate().filter(|(index, _)| *index != self.index);
        let others = others.map(|(_, client)| self.measure.of_group(client).clone());
        others.chain([self.measure.of_group(changed).clone()]).sum::<Bound>().number()
    }

    fn fit(&self, change: Change, total: u64) -> Fit {
        let group = (self.server.clients.len() > 1).then(|| self.group().group.name.clone());
        Fit { group, change, total }
    }

    fn fewer_processes(&self) -> Option<Fit> {
        let group = self.group();
        let most = written(&group.group.processes)?;
        let (count, total) = self.largest(most, |count| {
            let mut changed = group.group.clone();
            changed.processes.value = Bound::Exactly(count);
            Some(GroupDemand::count(changed, pools(group)))
        })?;
        Some(self.fit(Change::Processes { count, word: group.group.process_word }, total))
    }

    fn fewer_replicas(&self) -> Option<Fit> {
        let group = self.group();
        let most = written(&group.group.replicas)?;
        let (count, total) = self.largest(most, |count| {
            let mut changed = group.group.clone();
            changed.replicas.value = Bound::Exactly(count);
            Some(GroupDemand::count(changed, pools(group)))
        })?;
        Some(self.fit(Change::Replicas(count), total))
    }

    fn smaller_pools(&self) -> Option<Fit> {
        let group = self.group();
        let most = group.pools.iter().filter_map(|pool| pool.ceiling.number()).max()?;
        let (count, total) = self
            .largest(most, |count| Some(GroupDemand::count(group.group.clone(), resized(group, count)?)))?;
        Some(self.fit(self.pools_of(count, &group.group.processes.value)?, total))
    }

    /// As many processes as fit with pools of a size that people use.
    fn fewer_with_smaller_pools(&self) -> Option<Fit> {
        let group = self.group();
        let most = written(&group.group.processes)?;
        [5, 4, 3, 2, 1].into_iter().find_map(|size| {
            let (count, total) = self.largest(most, |count| {
                let mut changed = group.group.clone();
                changed.processes.value = Bound::Exactly(count);
                Some(GroupDemand::count(changed, resized(group, size)?))
            })?;
            Some(self.fit(self.pools_of(size, &Bound::Exactly(count))?, total))
        })
    }

    fn pools_of(&self, count: u64, processes: &Bound) -> Option<Change> {
        let group = self.group();
        let largest = group.pools.iter().max_by_key(|pool| pool.ceiling.floor())?;
        let (size, overflow) = split(&largest.pool, count)?;
        let processes = if group.is_pooler() && *processes == Bound::ONE {
            "the pooler".to_owned()
        } else {
            format!("{processes} {}", plural(group.group.process_word, processes))
        };
        Some(Change::Pools { size, overflow, processes })
    }

    /// The largest number from 1 to below `most` whose change fits, with the total it comes to.
    fn largest(&self, most: u64, change: impl Fn(u64) -> Option<GroupDemand>) -> Option<(u64, u64)> {
        let total = |count| change(count).and_then(|changed| self.total(&changed));
        // The totals grow with the number, so halving finds the last one that fits.
        let (mut fits, mut over) = (0, most);
        while over - fits > 1 {
            let middle = fits + (over - fits) / 2;
            match total(middle) {
                Some(total) if total <= self.slots => fits = middle,
                _ => over = middle,
            }
        }
        if fits == 0 { None } else { Some((fits, total(fits)?)) }
    }
}

fn pools(group: &GroupDemand) -> Vec<Pool> {
    group.pools.iter().map(|demand| demand.pool.clone()).collect()
}

/// The pools of `group`, none with more than `count` connections; `None` when one of them has no such setting.
fn resized(group: &GroupDemand, count: u64) -> Option<Vec<Pool>> {
    pools(group).into_iter().map(|pool| resize(pool, count)).collect()
}

/// The number, where somebody wrote it down in the deployment's files or could: a default of one leaves nothing to cut.
fn written(count: &Count) -> Option<u64> {
    let Bound::Exactly(number) = count.value else { return None };
    let declared = matches!(count.trail.first(), Origin::Place { how: How::Declared, .. });
    // Of a product no single place can be set to the whole.
    let repeated = |step: &Origin| matches!(step, Origin::Place { how: How::Repeated, .. });
    (number > 1 && !declared && !count.trail.steps().any(repeated)).then_some(number)
}

/// `pool` with at most `count` connections; `None` when no setting of it decides how many it opens.
fn resize(mut pool: Pool, count: u64) -> Option<Pool> {
    if pool.ceiling.number().is_some_and(|ceiling| ceiling <= count) {
        return Some(pool);
    }
    let (size, overflow) = split(&pool, count)?;
    pool.size.as_mut()?.value = Bound::Exactly(size);
    if let (Some(setting), Some(overflow)) = (pool.overflow.as_mut(), overflow) {
        setting.value = Bound::Exactly(overflow);
    }
    pool.ceiling = Bound::Exactly(size + overflow.unwrap_or(0));
    Some(pool)
}

/// `count` connections as size and overflow: half and half, the size first, neither larger than it is today where the
/// other can take the rest. `None` when size and overflow are not what the pool's ceiling is made of.
fn split(pool: &Pool, count: u64) -> Option<(u64, Option<u64>)> {
    let size = pool.size.as_ref()?.value.number()?;
    match &pool.overflow {
        None => (pool.ceiling == Bound::Exactly(size)).then_some((count, None)),
        Some(overflow) => {
            let overflow = overflow.value.number()?;
            (pool.ceiling.number()? == size.checked_add(overflow)?).then_some(())?;
            let kept = count.div_ceil(2).min(size).max(count.saturating_sub(overflow)).max(1);
            Some((kept, Some(count - kept)))
        }
    }
}

fn larger_server(server: &ServerBudget, total: u64) -> Option<Fit> {
    let trail = &server.server.max_connections.trail;
    let declared =
        matches!(trail.first(), Origin::Place { how: How::Declared, .. } | Origin::CommandLine { .. });
    let needed = needed_limit(server, total).filter(|_| !declared)?;
    Some(Fit { group: None, change: Change::MaxConnections(needed), total })
}

/// The `max_connections` with which `server` takes `total` connections of this deployment; `None` where PostgreSQL takes no
/// such number, or what is kept free of it is not known.
pub fn needed_limit(server: &ServerBudget, total: u64) -> Option<u64> {
    let mut kept = vec![&server.server.superuser_reserved, &server.server.reserved];
    let share = server.capacity.share.as_ref();
    if share.is_none() {
        kept.push(&server.capacity.reserve);
    }
    let kept: Bound = kept.into_iter().map(|count| count.value.clone()).sum();
    let needed = total.checked_add(kept.number()?)?;
    // A reserve that is a share grows with the limit.
    let needed = match share {
        Some(share) => needed.checked_mul(100)?.div_ceil(100_u64.checked_sub(share.percent)?),
        None => needed,
    };
    let mut larger = server.server.clone();
    larger.max_connections.value = Bound::Exactly(needed);
    let policy =
        Policy { reserve: server.capacity.reserve.clone(), share: share.cloned(), ..Policy::default() };
    let fits = Capacity::of(&larger, &policy).slots.is_some_and(|slots| slots >= total);
    (fits && needed <= MAX_MAX_CONNECTIONS).then_some(needed)
}

impl Fit {
    /// The change in words that stand for themselves: "2 workers fit (60)", "10 workers with pools of 2 + 2 (80)",
    /// "max_connections=313".
    pub fn words(&self) -> String {
        let of = self.group.as_ref().map(|group| format!(" of {group}")).unwrap_or_default();
        let total = self.total;
        match &self.change {
            Change::Processes { count, word } => count_fits(*count, word, &of, total),
            Change::Replicas(count) => count_fits(*count, "replica", &of, total),
            Change::Pools { size, overflow, processes } => {
                let overflow = overflow.map(|overflow| format!(" + {overflow}")).unwrap_or_default();
                format!("{processes}{of} with pools of {size}{overflow} ({total})")
            }
            Change::MaxConnections(limit) => format!("max_connections={limit}"),
        }
    }
}

fn count_fits(count: u64, word: &str, of: &str, total: u64) -> String {
    let verb = if count == 1 { "fits" } else { "fit" };
    format!("{count} {}{of} {verb} ({total})", plural(word, &Bound::Exactly(count)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::budget::sample::{self, Sample};

    fn proposals(sample: &Sample) -> Vec<String> {
        fits(&sample.budget().servers[0], Measure::Reachable).iter().map(Fit::words).collect()
    }

    #[test]
    fn the_guide_fits_in_three_ways() {
        let sample = sample::before();
        assert_eq!(
            proposals(&sample),
            ["2 workers fit (60)", "10 workers with pools of 2 + 2 (80)", "max_connections=313"]
        );
        assert!(proposals(&sample::after()).is_empty());
    }

    #[test]
    fn a_knob_that_is_not_there_is_not_named() {
        let mut sample = sample::before();
        let group = &mut sample.deployment.groups[0];
        group.processes = Sample::default(1, "x workers", None);
        for placed in &mut group.pools {
            placed.pool.size = None;
            placed.pool.overflow = None;
            placed.pool.ceiling = Bound::Exactly(60);
        }
        assert_eq!(proposals(&sample), ["max_connections=133"]);
        sample.deployment.groups[0].replicas = Sample::default(3, "x replicas", None);
        sample.deployment.servers[0].max_connections.value = Bound::Exactly(140);
        assert_eq!(proposals(&sample), ["1 replica fits (120)", "max_connections=373"]);
    }

    proptest! {
        #[test]
        fn what_is_proposed_fits_and_one_more_does_not(
            workers in 1..40u64, size in 1..30u64, overflow in 0..30u64, limit in 15..400u64
        ) {
            let mut sample = sample::before();
            sample.deployment.servers[0].max_connections.value = Bound::Exactly(limit);
            let group = &mut sample.deployment.groups[0];
            group.processes.value = Bound::Exactly(workers);
            for placed in &mut group.pools {
                placed.pool.size.as_mut().unwrap().value = Bound::Exactly(size);
                placed.pool.overflow.as_mut().unwrap().value = Bound::Exactly(overflow);
                placed.pool.ceiling = Bound::Exactly(size + overflow);
            }
            let slots = limit - 13;
            let each = 2 * (size + overflow);
            for fit in fits(&sample.budget().servers[0], Measure::Reachable) {
                match fit.change {
                    Change::Processes { count, .. } => {
                        prop_assert!(count * each <= slots && (count + 1) * each > slots);
                    }
                    Change::Pools { processes, .. } if !processes.starts_with(&format!("{workers} ")) => {
                        prop_assert!(workers * 2 > slots && each > slots && fit.total <= slots);
                    }
                    Change::Pools { size: small, overflow: Some(rest), .. } => {
                        prop_assert_eq!(fit.total, workers * 2 * (small + rest));
                        prop_assert!(fit.total <= slots && workers * 2 * (small + rest + 1) > slots);
                        prop_assert!(small <= size.max(small + rest - overflow.min(small + rest)) && rest <= overflow);
                    }
                    Change::MaxConnections(larger) => prop_assert_eq!(larger, workers * each + 13),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
    }
}
