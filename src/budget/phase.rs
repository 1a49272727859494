//! What a reload or a rollout adds for a moment, while old and new processes stand side by side (facts, B1: measured).

use crate::deployment::Group;
use crate::trace::{Bound, Count};

use super::GroupDemand;

/// A moment in which there is more of a deployment than one.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What happens.
    pub event: Event,
    /// What the pools' settings allow meanwhile.
    pub ceiling: Bound,
    /// What concurrency lets them reach meanwhile.
    pub reachable: Bound,
    /// The groups of which there is more, and how much more: processes of a reload, replicas of a rollout.
    pub more: Vec<(String, Count)>,
}

/// What makes new processes before the old ones are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A server is told to load its code again: `HUP`.
    Reload,
    /// Containers are replaced, new ones first: `order: start-first`.
    Rollout,
}

impl Event {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Rollout => "rollout",
        }
    }

    /// What it adds of `group`.
    fn more(self, group: &Group) -> Option<&Count> {
        match self {
            Self::Reload => group.overlap.reload.as_ref(),
            Self::Rollout => group.overlap.rollout.as_ref(),
        }
    }

    /// What it adds to `demand`, as the group that there is more of.
    fn extra(self, demand: &GroupDemand) -> Option<GroupDemand> {
        let more = self.more(&demand.group)?.clone();
        let mut group = demand.group.clone();
        match self {
            Self::Reload => group.processes = more,
            Self::Rollout => group.replicas = more,
        }
        Some(GroupDemand::count(group, demand.pools.iter().map(|pool| pool.pool.clone()).collect()))
    }
}

/// The phases of a server whose clients are `clients`: those in which there is more of some group. One server is told to
/// reload at a time, so the one that adds most counts; a rollout replaces every service at once.
pub(super) fn phases(clients: &[GroupDemand]) -> Vec<Phase> {
    [Event::Reload, Event::Rollout].into_iter().filter_map(|event| phase(event, clients)).collect()
}

fn phase(event: Event, clients: &[GroupDemand]) -> Option<Phase> {
    let mut extras: Vec<GroupDemand> = clients.iter().filter_map(|client| event.extra(client)).collect();
    if event == Event::Reload {
        let weight = |extra: &GroupDemand| {
            let bound = &extra.reachable;
            (bound == &Bound::Unbounded, bound.is_unknown(), bound.floor())
        };
        extras = extras.into_iter().max_by_key(weight).into_iter().collect();
    }
    if extras.is_empty() {
        return None;
    }
    let sum = |each: fn(&GroupDemand) -> &Bound| {
        clients.iter().chain(&extras).map(|demand| each(demand).clone()).sum::<Bound>()
    };
    let more =
        extras.iter().filter_map(|extra| Some((extra.group.name.clone(), event.more(&extra.group)?.clone())));
    Some(Phase {
        event,
        ceiling: sum(|demand| &demand.ceiling),
        reachable: sum(|demand| &demand.reachable),
        more: more.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::sample::{self, Sample};
    use crate::trace::Trail;

    #[test]
    fn a_reload_doubles_the_largest_and_a_rollout_adds_to_all() {
        let mut sample = sample::before();
        let second = sample.deployment.groups[0].clone();
        sample.deployment.groups.push(Group { name: "second".to_owned(), ..second });
        for (group, workers) in sample.deployment.groups.iter_mut().zip([10, 4]) {
            group.processes = Count::new(Bound::Exactly(workers), Trail::default_of("workers", None));
            group.overlap.reload = Some(group.processes.clone());
        }
        let budget = sample.budget();
        let [reload] = budget.servers[0].phases.as_slice() else { panic!("{:?}", budget.servers[0].phases) };
        // 300 + 120 and the larger one once more.
        assert_eq!((reload.event.name(), reload.reachable.clone()), ("reload", Bound::Exactly(720)));
        assert_eq!(reload.more[0].0, "app");
        for group in &mut sample.deployment.groups {
            group.overlap = crate::deployment::Overlap::default();
            group.overlap.rollout = Some(Sample::default(1, "compose parallelism", None));
        }
        let budget = sample.budget();
        assert_eq!(budget.servers[0].phases[0].reachable, Bound::Exactly(840));
        assert_eq!(budget.servers[0].reachable, Bound::Exactly(420));
    }
}
