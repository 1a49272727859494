//! The search against going through every setting there is.

use proptest::prelude::*;

use super::*;
use crate::budget::sample::{self, Sample};
use crate::budget::{Budget, Policy};
use crate::deployment::{Deployment, Placed};
use crate::plan::knob::Effect;
use crate::plan::model;
use crate::plan::slot;
use crate::plan::spot::Spot;
use crate::source::TreePath;
use crate::trace::Bound;

/// A group: workers, tasks at once where they are bounded, and its pools' size and overflow.
type Numbers = (u64, Option<u64>, u64, u64);

/// A deployment of groups like those of the guide, on a server with `limit`.
fn deployment(groups: &[Numbers], limit: u64) -> Deployment {
    let mut sample = sample::before();
    let server = &mut sample.deployment.servers[0];
    server.max_connections.value = Bound::Exactly(limit);
    let first = sample.deployment.groups.remove(0);
    for (index, &(workers, tasks, size, overflow)) in groups.iter().enumerate() {
        let mut group = first.clone();
        group.name = format!("g{index}");
        group.processes.value = Bound::Exactly(workers);
        if let Some(tasks) = tasks {
            group.concurrency = Sample::default(tasks, "threads", None);
        }
        for Placed { pool, .. } in &mut group.pools {
            pool.size.as_mut().unwrap().value = Bound::Exactly(size);
            pool.overflow.as_mut().unwrap().value = Bound::Exactly(overflow);
            pool.ceiling = Bound::Exactly(size + overflow);
        }
        sample.deployment.groups.push(group);
    }
    sample.deployment
}

/// A knob for the workers of each group, and one each for the sizes and overflows of its pools.
fn knobs(deployment: &Deployment, groups: &[Numbers]) -> Vec<Knob> {
    let mut slots = Vec::new();
    slot::each(0, &mut deployment.clone(), &mut |slot, bound, _| slots.push((slot, bound.clone())));
    let mut knobs = Vec::new();
    for (index, &(workers, _, size, overflow)) in groups.iter().enumerate() {
        let name = format!("g{index}");
        for (role, value, low) in
            [(Role::Processes, workers, 1), (Role::Size, size, 1), (Role::Overflow, overflow, 0)]
        {
            let moves = |slot: &slot::Slot, bound: &Bound| {
                // A pool's ceiling grows with both of its numbers.
                let is_ceiling = slot.role == Role::Other
                    && slot.pool.is_some()
                    && role != Role::Processes
                    && *bound == Bound::Exactly(size + overflow);
                slot.owner == name && (slot.role == role || is_ceiling)
            };
            // The minimum of a pool has the same role as its ceiling: it is 0 in all of these.
            let here = slots.iter().filter(|(slot, bound)| moves(slot, bound));
            let effects = here.map(|(slot, bound)| Effect {
                slot: slot.clone(),
                base: bound.number().unwrap(),
                step: 1,
            });
            knobs.push(Knob {
                spot: Spot {
                    path: TreePath::new("x"),
                    range: 0..1,
                    before: String::new(),
                    after: String::new(),
                },
                name: format!("{name}.{}", role.word()),
                role,
                value,
                low,
                high: 1000,
                effects: effects.collect(),
                kept: None,
                stands_in: false,
            });
        }
    }
    knobs
}

/// Every setting of all knobs.
fn settings(knobs: &[Knob]) -> Vec<Vec<u64>> {
    knobs.iter().fold(vec![Vec::new()], |settings, knob| {
        let with = |setting: &Vec<u64>| {
            let setting = setting.clone();
            (knob.low..=knob.value).map(move |value| [setting.clone(), vec![value]].concat())
        };
        settings.iter().flat_map(with).collect()
    })
}

fn group() -> impl Strategy<Value = Numbers> {
    (1..7u64, prop_oneof![Just(None), (1..4u64).prop_map(Some)], 1..5u64, 0..5u64)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_model_says_what_the_budget_says(groups in prop::collection::vec(group(), 1..3), gate in any::<bool>(), turn in any::<u64>()) {
        let deployment = deployment(&groups, 60);
        let knobs = knobs(&deployment, &groups);
        let policy = Policy { gate_on_ceiling: gate, ..Policy::default() };
        let deployments = [deployment];
        let model = Model::new(&deployments, &policy, &knobs);
        let turned = |(index, knob): (usize, &Knob)| knob.low + (turn >> (index * 7)) % (knob.value - knob.low + 1);
        let values: Vec<u64> = knobs.iter().enumerate().map(turned).collect();
        let budget = Budget::of(&model.deployment(0, &values), &policy);
        prop_assert_eq!(model.at(&values), model::outcome(&budget, &policy));
    }

    #[test]
    fn nothing_that_fits_is_better_than_the_first_and_nothing_proposed_is_over(
        groups in prop::collection::vec(group(), 1..2), limit in 15..60u64, gate in any::<bool>()
    ) {
        let deployment = deployment(&groups, limit);
        let knobs = knobs(&deployment, &groups);
        let policy = Policy { gate_on_ceiling: gate, ..Policy::default() };
        let deployments = [deployment];
        let model = Model::new(&deployments, &policy, &knobs);
        let slots = limit - 13;
        let now = model.at(&model.now());
        prop_assume!(now.loads[0].counted > slots);
        let search = Search::new(&model, vec![(0, slots)], |_| true);
        let fits = |values: &Vec<u64>| model.at(values).loads[0].counted <= slots;
        let fitting: Vec<Vec<u64>> = settings(&knobs).into_iter().filter(fits).collect();
        prop_assert_eq!(search.impossible().is_empty(), !fitting.is_empty());
        if fitting.is_empty() {
            return Ok(());
        }
        let found = search.run();
        prop_assert!(!found.is_empty());
        let best = fitting.iter().map(|values| model.at(values).served).max().unwrap_or(0);
        let least = fitting.iter().map(|values| search.found(values.clone()).loss(best, now.processes)).min();
        prop_assert_eq!(Some(found[0].loss(best, now.processes)), least, "{:?}", found);
        for plan in &found {
            prop_assert!(fits(&plan.values), "{:?} is over", plan.values);
            // A smaller change is nearer to what there is in every number.
            let smaller = fitting.iter().find(|other| {
                **other != plan.values && other.iter().zip(&plan.values).all(|(other, value)| other >= value)
            });
            prop_assert!(smaller.is_none(), "{:?} is a smaller change than {:?}", smaller, plan.values);
        }
    }

    #[test]
    fn where_three_places_are_not_enough_no_part_can_be_taken_back(
        groups in prop::collection::vec((2..7u64, Just(None), 2..6u64, 2..6u64), 3..5), limit in 30..50u64
    ) {
        let deployment = deployment(&groups, limit);
        let knobs = knobs(&deployment, &groups);
        let policy = Policy::default();
        let deployments = [deployment];
        let model = Model::new(&deployments, &policy, &knobs);
        let search = Search::new(&model, vec![(0, limit - 13)], |_| true);
        prop_assume!(search.impossible().is_empty());
        let found = search.run();
        prop_assert!(!found.is_empty());
        for plan in found {
            prop_assert!(search.fits(&plan.values));
            for (index, knob) in knobs.iter().enumerate().filter(|(index, knob)| plan.values[*index] < knob.value) {
                let mut back = plan.values.clone();
                back[index] += 1;
                let _ = knob;
                prop_assert!(!search.fits(&back), "{:?} can take {index} back", plan.values);
            }
        }
    }
}

#[test]
fn bounds_are_kept_and_one_that_is_passed_leads_back() {
    let groups = [(10, None, 5, 10)];
    let deployment = deployment(&groups, 100);
    let mut knobs = knobs(&deployment, &groups);
    (knobs[0].low, knobs[0].high) = (2, 4);
    let policy = Policy::default();
    let deployments = [deployment];
    let model = Model::new(&deployments, &policy, &knobs);
    let search = Search::new(&model, vec![(0, 87)], |knob| knob.role == Role::Processes);
    // Five would be 2 × 5 × 15 = 150; two fit.
    let values: Vec<Vec<u64>> = search.run().into_iter().map(|found| found.values).collect();
    assert_eq!(values, [vec![2, 5, 10]]);
    let search = Search::new(&model, vec![(0, 150)], |knob| knob.role == Role::Processes);
    let values: Vec<Vec<u64>> = search.run().into_iter().map(|found| found.values).collect();
    assert_eq!(values, [vec![4, 5, 10]], "5 fit, and no more than 4 may be");
}
