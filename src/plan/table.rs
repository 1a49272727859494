//! What workers and pools of usual sizes come to, side by side.

use super::case::Case;
use super::knob::{Knob, knobs};
use super::limits::Limits;
use super::model::Model;
use super::proposal::{begin, budgets};
use super::slot::Role;
use super::wish::Strategy;
use crate::budget::Measure;

/// A table for the group that opens most on the server that is fullest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The group whose numbers are changed.
    pub group: String,
    /// The server.
    pub server: String,
    /// What it takes.
    pub capacity: Option<u64>,
    /// The lines, fewest workers first.
    pub rows: Vec<Row>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Processes of each replica.
    pub workers: u64,
    /// Connections that each pool keeps; `None` where no file says that number.
    pub size: Option<u64>,
    /// And beyond those.
    pub overflow: Option<u64>,
    /// Connections on the server.
    pub opened: u64,
    /// Requests that can hold one at once.
    pub served: u64,
    /// The strategy of the guide that has these numbers.
    pub strategy: Option<Strategy>,
    /// Whether it is as it is now.
    pub is_now: bool,
}

const WORKERS: [u64; 4] = [2, 3, 5, 8];
const POOLS: [(u64, u64); 4] = [(1, 1), (2, 1), (3, 2), (5, 5)];
const STRATEGIES: [Strategy; 4] =
    [Strategy::Minimal, Strategy::Conservative, Strategy::Balanced, Strategy::HighPerformance];

/// The table; `None` where no file says a number of workers or the size of a pool.
pub fn table(case: &Case<'_>) -> Option<Table> {
    let planned = begin(case);
    let knobs = knobs(case, &Limits::new(&case.config().plan)).all;
    let model = Model::new(case.deployments(), &case.config().policy, &knobs);
    let budgets = budgets(case, case.deployments());
    let servers: Vec<_> = budgets.iter().flat_map(|budget| &budget.servers).collect();
    let share = |index: &usize| {
        let standing = planned.servers.get(*index)?;
        let capacity = standing.capacity.filter(|capacity| *capacity > 0)?;
        Some(u128::from(standing.load.counted) * 1000 / u128::from(capacity))
    };
    let server = (0..servers.len()).max_by_key(|index| (share(index), std::cmp::Reverse(*index)))?;
    let group = servers[server].clients.get(servers[server].biggest(Measure::Reachable)?)?.group.name.clone();
    let of = |role: Role| -> Vec<usize> {
        let moves = |knob: &Knob| {
            knob.role == role
                && knob.is_free()
                && knob.effects.iter().any(|effect| effect.slot.owner == group)
        };
        knobs.iter().enumerate().filter(|(_, knob)| moves(knob)).map(|(index, _)| index).collect()
    };
    let (workers, sizes, overflows) = (of(Role::Processes), of(Role::Size), of(Role::Overflow));
    if workers.is_empty() && sizes.is_empty() {
        return None;
    }
    let now = model.now();
    let value = |knobs: &[usize]| knobs.first().map(|knob| now[*knob]);
    let now_workers = value(&workers).unwrap_or(1);
    let now_pool = (value(&sizes), value(&overflows));
    let mut numbers: Vec<u64> = if workers.is_empty() { Vec::new() } else { WORKERS.to_vec() };
    let mut pools: Vec<(Option<u64>, Option<u64>)> = Vec::new();
    for (size, overflow) in POOLS {
        pools.push(match (sizes.is_empty(), overflows.is_empty()) {
            (true, _) => continue,
            (false, true) => (Some(size + overflow), None),
            (false, false) => (Some(size), Some(overflow)),
        });
    }
    numbers.push(now_workers);
    numbers.sort_unstable();
    numbers.dedup();
    pools.push(now_pool);
    pools.sort_unstable_by_key(|(size, overflow)| (size.unwrap_or(0) + overflow.unwrap_or(0), *size));
    pools.dedup();
    let mut rows = Vec::new();
    for workers_then in numbers {
        for &(size, overflow) in &pools {
            let mut values = now.clone();
            let is_now = workers_then == now_workers && (size, overflow) == now_pool;
            if !is_now {
                let set = |values: &mut Vec<u64>, knobs: &[usize], value: Option<u64>| {
                    for (knob, value) in knobs.iter().zip(std::iter::repeat(value)) {
                        values[*knob] = value.unwrap_or(values[*knob]);
                    }
                };
                set(&mut values, &workers, Some(workers_then));
                set(&mut values, &sizes, size);
                set(&mut values, &overflows, overflow);
            }
            let outcome = model.at(&values);
            let strategy = STRATEGIES.into_iter().find(|strategy| {
                let (named, kept, beyond) = strategy.settings();
                named == workers_then && size == Some(kept) && overflow == Some(beyond)
            });
            let load = outcome.loads.get(server)?;
            rows.push(Row {
                workers: workers_then,
                size,
                overflow,
                opened: load.counted,
                served: load.reachable,
                strategy,
                is_now,
            });
        }
    }
    let standing = planned.servers.get(server)?;
    Some(Table { group, server: standing.server.clone(), capacity: standing.capacity, rows })
}
