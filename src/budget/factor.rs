//! The factors of a budget in one list: each number with its name, whose it is, and the way it came.

use super::{Budget, GroupDemand, PoolDemand, plural};
use crate::trace::{Bound, Count, Trail};

/// A number that a budget is made of.
#[derive(Clone, Debug)]
pub struct Factor<'a> {
    /// Whose it is, from the outside in: the server, the group, the pool.
    pub of: Vec<String>,
    /// What it is: "workers", "max_connections".
    pub name: String,
    /// How many, in words.
    pub value: String,
    /// The way it came.
    pub trail: &'a Trail,
}

/// Every factor of `budget`, in the order of its tables.
pub fn factors(budget: &Budget) -> Vec<Factor<'_>> {
    let mut list = List(Vec::new());
    for server in &budget.servers {
        let name = &server.server.name;
        for client in &server.clients {
            list.group(&[name], client);
        }
        list.count(&[name], "max_connections", &server.server.max_connections);
        list.count(&[name], "superuser_reserved", &server.server.superuser_reserved);
        list.count(&[name], "reserved", &server.server.reserved);
        list.count(&[name], "reserve", &server.capacity.reserve);
    }
    for pooler in &budget.poolers {
        let name = &pooler.pooler.name;
        for client in &pooler.clients {
            list.group(&[name], client);
        }
        list.count(&[name], "replicas", &pooler.pooler.replicas);
        list.count(&[name], "processes", &pooler.pooler.processes);
        list.count(&[name], "max_client_conn", &pooler.pooler.max_client_conn);
    }
    for group in &budget.unplaced {
        list.group(&["?"], group);
    }
    list.0
}

struct List<'a>(Vec<Factor<'a>>);

impl<'a> List<'a> {
    fn count(&mut self, of: &[&str], name: &str, count: &'a Count) {
        self.words(of, name, count.value.to_string(), &count.trail);
    }

    fn words(&mut self, of: &[&str], name: &str, value: String, trail: &'a Trail) {
        let of = of.iter().map(|&part| part.to_owned()).collect();
        self.0.push(Factor { of, name: name.to_owned(), value, trail });
    }

    fn group(&mut self, of: &[&str], demand: &'a GroupDemand) {
        let group = &demand.group;
        let of = &[of, &[group.name.as_str()]].concat();
        self.count(of, "replicas", &group.replicas);
        self.count(of, &plural(group.process_word, &Bound::ZERO), &group.processes);
        for (index, other) in group.alternatives.iter().enumerate() {
            self.count(of, &format!("or else ({})", index + 1), other);
        }
        self.count(of, "threads", &group.threads);
        self.count(of, "at a time", &group.concurrency);
        self.count(of, "engines", &group.engines);
        for pool in &demand.pools {
            self.pool(of, pool, demand.is_pooler());
        }
    }

    fn pool(&mut self, of: &[&str], demand: &'a PoolDemand, is_pooler: bool) {
        let pool = &demand.pool;
        let of = &[of, &[pool.name.as_str()]].concat();
        let names = if is_pooler { ["pool_size", "reserve_pool_size"] } else { ["pool", "overflow"] };
        for (name, count) in names.into_iter().zip([&pool.size, &pool.overflow]) {
            if let Some(count) = count {
                self.count(of, name, count);
            }
        }
        for setting in &pool.settings {
            self.words(of, setting.name, setting.words.clone(), &setting.trail);
        }
    }
}
