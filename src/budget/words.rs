//! The arithmetic in words: `10 workers × 2 engines × (5 pool + 10 overflow)`, for findings, tables and JSON alike.

use std::ops::{Add, Mul};

use crate::client::{Demand, Pool};
use crate::trace::{Bound, Unknown};

use super::{GroupDemand, PoolDemand, PoolerBudget, ServerBudget};

/// Which of the two numbers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// What the pools' settings allow.
    Ceiling,
    /// What concurrency lets them reach.
    Reachable,
}

/// A calculation that can be read and that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A number of things.
    Count {
        /// How many.
        value: Bound,
        /// What is counted, in words that follow the number.
        unit: String,
    },
    /// One times the other.
    Product(Vec<Expression>),
    /// All together.
    Sum(Vec<Expression>),
    /// The smallest: several limits that all hold.
    Least(Vec<Expression>),
}

impl Measure {
    /// This number of a pool.
    pub fn of_pool(self, pool: &PoolDemand) -> &Bound {
        match self {
            Self::Ceiling => &pool.ceiling,
            Self::Reachable => &pool.reachable,
        }
    }

    /// This number of a group.
    pub fn of_group(self, group: &GroupDemand) -> &Bound {
        match self {
            Self::Ceiling => &group.ceiling,
            Self::Reachable => &group.reachable,
        }
    }

    /// This number of a server.
    pub fn of_server(self, server: &ServerBudget) -> &Bound {
        match self {
            Self::Ceiling => &server.ceiling,
            Self::Reachable => &server.reachable,
        }
    }
}

impl Expression {
    fn count(value: &Bound, unit: &str) -> Self {
        Self::Count { value: value.clone(), unit: unit.to_owned() }
    }

    /// What it comes to.
    pub fn value(&self) -> Bound {
        let values = |parts: &[Self]| parts.iter().map(Self::value).collect::<Vec<_>>().into_iter();
        match self {
            Self::Count { value, .. } => value.clone(),
            Self::Product(parts) => values(parts).fold(Bound::ONE, Mul::mul),
            Self::Sum(parts) => values(parts).fold(Bound::ZERO, Add::add),
            Self::Least(parts) => {
                values(parts).reduce(|least, next| least.limited_by(&next)).unwrap_or(Bound::ZERO)
            }
        }
    }

    /// With the names of what is counted: `10 workers × (5 pool + 10 overflow)`.
    pub fn words(&self) -> String {
        self.write(&|value, unit| {
            // A missing factor stands for itself: "CPUs", not "CPUs children".
            let named = matches!(value, Bound::Unknown(Unknown { floor: 0, term: Some(term), .. }) if term.times == 1);
            let figure = figure(value);
            if named || unit.is_empty() { figure } else { format!("{figure} {unit}") }
        })
    }

    /// The figures alone: `10 × (5 + 10)`.
    pub fn figures(&self) -> String {
        self.write(&|value, _| figure(value))
    }

    fn write(&self, leaf: &dyn Fn(&Bound, &str) -> String) -> String {
        let join = |parts: &[Self], by: &str, inside: &dyn Fn(&Self) -> String| {
            parts.iter().map(inside).collect::<Vec<_>>().join(by)
        };
        match self {
            Self::Count { value, unit } => leaf(value, unit),
            Self::Product(parts) => join(parts, " × ", &|part| match part {
                Self::Sum(terms) if terms.len() > 1 && parts.len() > 1 => format!("({})", part.write(leaf)),
                part => part.write(leaf),
            }),
            Self::Sum(parts) => join(parts, " + ", &|part| match part {
                Self::Sum(terms) if terms.len() > 1 && parts.len() > 1 => format!("({})", part.write(leaf)),
                part => part.write(leaf),
            }),
            Self::Least(parts) => format!("min({})", join(parts, ", ", &|part| part.write(leaf))),
        }
    }
}

/// A count as a factor: what is itself a sum or a product stands in brackets.
fn figure(value: &Bound) -> String {
    let text = value.to_string();
    if text.contains(" + ") || text.contains(" × ") { format!("({text})") } else { text }
}

/// How many connections `group` opens, as a calculation.
pub fn group_expression(group: &GroupDemand, measure: Measure) -> Expression {
    let known = &group.group;
    let mut factors = Vec::new();
    if known.replicas.value != Bound::ONE {
        factors.push(Expression::count(&known.replicas.value, &plural("replica", &known.replicas.value)));
    }
    let processes = &known.processes.value;
    // A pooler is one process, unless somebody starts more of it.
    if !group.is_pooler() || *processes != Bound::ONE {
        factors.push(Expression::count(processes, &plural(known.process_word, processes)));
    }
    if known.engines.value != Bound::ONE {
        factors.push(Expression::count(&known.engines.value, &plural("engine", &known.engines.value)));
    }
    let mut kinds = alike(group, measure);
    match (kinds.pop(), kinds.is_empty()) {
        (Some((pools, each)), true) => factors.extend(several(&pools, each)),
        (Some(last), false) => {
            kinds.push(last);
            let terms = kinds.into_iter().map(|(pools, each)| match several(&pools, each) {
                mut parts if parts.len() == 1 => parts.remove(0),
                parts => Expression::Product(parts),
            });
            factors.push(Expression::Sum(terms.collect()));
        }
        (None, _) => {}
    }
    Expression::Product(factors)
}

/// The group's pools, those that are calculated alike together, in the order of their first.
fn alike(group: &GroupDemand, measure: Measure) -> Vec<(Vec<&PoolDemand>, Expression)> {
    let mut kinds: Vec<(Vec<&PoolDemand>, Expression)> = Vec::new();
    for pool in &group.pools {
        let each = pool_expression(pool, group, measure);
        match kinds.iter_mut().find(|(_, known)| *known == each) {
            Some((pools, _)) => pools.push(pool),
            None => kinds.push((vec![pool], each)),
        }
    }
    kinds
}

fn several(pools: &[&PoolDemand], each: Expression) -> Vec<Expression> {
    if pools.len() < 2 {
        return vec![each];
    }
    let number = Bound::Exactly(pools.len() as u64);
    let word = pool_word(pools.iter().map(|pool| &pool.pool));
    vec![Expression::count(&number, &plural(word, &number)), each]
}

fn pool_expression(demand: &PoolDemand, group: &GroupDemand, measure: Measure) -> Expression {
    let settings = settings(demand);
    let wanted = measure.of_pool(demand);
    let enforced = &demand.pool.ceiling;
    if let Some(terms) = demand.terms.as_ref().filter(|terms| terms.value() != *enforced) {
        // What all users of a database share is more than the pools of those that are known.
        if terms.value() == *wanted {
            return settings;
        }
        if wanted == enforced {
            return Expression::count(wanted, "connections");
        }
    }
    // The pool of a pooler is never larger than its clients are many, whatever is measured.
    if wanted == enforced || enforced.is_unknown() {
        return settings;
    }
    let (concurrency, threads) = (&group.group.concurrency.value, &group.group.threads.value);
    let limit = Bound::Exactly(wanted.floor());
    let unit = match () {
        () if demand.is_pooler() => "clients",
        () if concurrency.floor() != wanted.floor() => "opened at once",
        () if concurrency == threads && *threads != Bound::ONE => "threads",
        () => "at a time",
    };
    let limit = Expression::count(&limit, unit);
    match settings {
        _ if demand.ceiling == Bound::Unbounded => limit,
        Expression::Least(limits) => Expression::Least([vec![limit], limits].concat()),
        settings => Expression::Least(vec![limit, settings]),
    }
}

/// What the settings of `pool` allow.
fn pool_settings(pool: &Pool) -> Expression {
    if let (Some(size), Some(overflow)) = (&pool.size, &pool.overflow)
        && size.value.clone() + overflow.value.clone() == pool.ceiling
    {
        return Expression::Sum(vec![
            Expression::count(&size.value, "pool"),
            Expression::count(&overflow.value, "overflow"),
        ]);
    }
    let unit = if matches!(pool.demand, Demand::ByThread { .. }) { "thread" } else { "connection" };
    Expression::count(&pool.ceiling, &plural(unit, &pool.ceiling))
}

/// What people call these pools: SQLAlchemy's are engines, Django's connections belong to its databases.
pub fn pool_word<'a>(pools: impl IntoIterator<Item = &'a Pool>) -> &'static str {
    let mut words = pools.into_iter().map(|pool| match pool.kind {
        kind if kind.starts_with("sqlalchemy.") => "engine",
        "django.connection" => "database",
        _ => "pool",
    });
    let first = words.next().unwrap_or("pool");
    if words.all(|word| word == first) { first } else { "pool" }
}

/// What `group` opens, as a line: `10 workers × (5 pool + 10 overflow) = 150`.
pub fn group_words(group: &GroupDemand, measure: Measure) -> String {
    equation(&group_expression(group, measure).words(), measure.of_group(group))
}

/// The sum of all who dial `server`, a line for each group and one for the whole.
pub fn sum_words(server: &ServerBudget, measure: Measure) -> Vec<String> {
    sums(&server.clients, measure, measure.of_server(server))
}

/// The sum of all who dial a pooler, in the same way.
pub fn client_sum_words(pooler: &PoolerBudget) -> Vec<String> {
    sums(&pooler.clients, Measure::Reachable, &pooler.client_reachable)
}

fn sums(clients: &[GroupDemand], measure: Measure, total: &Bound) -> Vec<String> {
    if let [only] = clients {
        return vec![group_words(only, measure)];
    }
    let each =
        clients.iter().map(|client| format!("{}: {}", client.group.name, group_words(client, measure)));
    let terms = clients.iter().map(|client| Expression::count(measure.of_group(client), &client.group.name));
    let whole = Expression::Sum(terms.collect()).words();
    each.chain([equation(&whole, total)]).collect()
}

/// What the settings of a pool allow, in words.
pub fn settings_words(demand: &PoolDemand) -> String {
    settings(demand).words()
}

fn settings(demand: &PoolDemand) -> Expression {
    demand.terms.clone().unwrap_or_else(|| pool_settings(&demand.pool))
}

/// `words = total`, or `words ≤ total` where the total is only a limit.
fn equation(words: &str, total: &Bound) -> String {
    match total {
        Bound::AtMost(most) => format!("{words} ≤ {most}"),
        total => format!("{words} = {total}"),
    }
}

/// What the capacity of `server` is made of, with names (`100 max_connections − 3 superuser − 10 reserve`) and in
/// figures alone (`100 − 3 − 10`). Nothing is subtracted where there is nothing.
pub fn capacity_words(server: &ServerBudget) -> (String, String) {
    let limit = &server.server.max_connections.value;
    let kept = [
        (&server.server.superuser_reserved.value, "superuser"),
        (&server.server.reserved.value, "reserved"),
        (&server.capacity.reserve.value, "reserve"),
    ];
    let (mut words, mut figures) = (vec![format!("{} max_connections", figure(limit))], vec![figure(limit)]);
    for (value, name) in kept.into_iter().filter(|(value, _)| **value != Bound::ZERO) {
        let value = figure(value);
        words.push(format!("{value} {name}"));
        figures.push(value);
    }
    let (words, figures) = (words.join(" − "), figures.join(" − "));
    match server.capacity.slots {
        Some(slots) => (format!("{words} = {slots}"), figures),
        None => (format!("{words} = ?"), figures),
    }
}

/// `word` for that many: "worker", "workers"; "process", "processes"; "child", "children".
pub fn plural(word: &str, number: &Bound) -> String {
    match word {
        word if *number == Bound::ONE => word.to_owned(),
        "child" => "children".to_owned(),
        word if word.ends_with("ss") => format!("{word}es"),
        word => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::sample::{self, Sample};

    /// The lines of a sum, and whether the words come to what the budget says.
    fn sums(sample: &Sample, measure: Measure) -> Vec<String> {
        let budget = sample.budget();
        let server = &budget.servers[0];
        for client in &server.clients {
            assert_eq!(group_expression(client, measure).value(), *measure.of_group(client));
        }
        sum_words(server, measure)
    }

    #[test]
    fn the_guide_in_words() {
        let before = sample::before();
        assert_eq!(
            sums(&before, Measure::Reachable),
            ["10 workers × 2 engines × (5 pool + 10 overflow) = 300"]
        );
        let budget = before.budget();
        let (words, figures) = capacity_words(&budget.servers[0]);
        assert_eq!(words, "100 max_connections − 3 superuser − 10 reserve = 87");
        assert_eq!(figures, "100 − 3 − 10");
        let expression = group_expression(&budget.servers[0].clients[0], Measure::Ceiling);
        assert_eq!(expression.figures(), "10 × 2 × (5 + 10)");
    }

    #[test]
    fn unequal_pools_are_added_up() {
        let mut sample = sample::before();
        let pool = &mut sample.deployment.groups[0].pools[1].pool;
        pool.size = Some(Sample::default(3, "x size", None));
        pool.overflow = Some(Sample::default(2, "x overflow", None));
        pool.ceiling = Bound::Exactly(5);
        assert_eq!(
            sums(&sample, Measure::Ceiling),
            ["10 workers × ((5 pool + 10 overflow) + (3 pool + 2 overflow)) = 200"]
        );
        let third = sample.deployment.groups[0].pools[0].clone();
        sample.deployment.groups[0].pools.push(third);
        assert_eq!(
            sums(&sample, Measure::Ceiling),
            ["10 workers × (2 engines × (5 pool + 10 overflow) + (3 pool + 2 overflow)) = 350"]
        );
    }

    #[test]
    fn concurrency_and_replicas_have_their_words() {
        let mut sample = sample::before();
        let group = &mut sample.deployment.groups[0];
        group.threads = Sample::default(4, "x threads", None);
        group.concurrency = group.threads.clone();
        group.replicas = Sample::default(2, "x replicas", None);
        group.processes.value = Bound::ONE;
        assert_eq!(
            sums(&sample, Measure::Reachable),
            ["2 replicas × 1 worker × 2 engines × min(4 threads, 5 pool + 10 overflow) = 16"]
        );
    }

    #[test]
    fn what_is_unknown_stays_in_the_sum() {
        let sample = sample::mixed();
        assert_eq!(
            sums(&sample, Measure::Reachable),
            [
                "web: 8 workers × min(1 at a time, 5 pool + 10 overflow) = 8",
                "jobs: CPUs × min(1 at a time, 5 pool + 10 overflow) = CPUs",
                "8 web + CPUs = 8 + CPUs",
            ]
        );
        assert_eq!(sums(&sample, Measure::Ceiling)[1], "jobs: CPUs × (5 pool + 10 overflow) = 15 × CPUs");
    }

    #[test]
    fn words_have_their_plural() {
        let two = Bound::Exactly(2);
        for (word, many) in [("worker", "workers"), ("process", "processes"), ("child", "children")] {
            assert_eq!((plural(word, &Bound::ONE).as_str(), plural(word, &two).as_str()), (word, many));
        }
    }
}
