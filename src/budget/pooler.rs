//! Poolers: clients on one side, server connections on the other (facts, E1: measured).
//!
//! For each database that clients ask for, and each user that they log in as, a process of the pooler keeps one pool. The
//! pools of a database together are limited by its `max_db_connections`, and no pool is larger than its clients are many.

mod stand_in;
mod terms;
mod user;

use indexmap::IndexMap;

use crate::client::{Demand, Made, Pool, Url, identity};
use crate::deployment::{Database, Deployment, Group, Pooler, Target};
use crate::program::Value;
use crate::trace::{Bound, Count, Origin, Text, Trail, Unknown};

use super::{GroupDemand, PoolDemand};
use stand_in::{declared_pool, unknown};
use user::{Limits, looks_up};

/// The kind of the pools that a pooler keeps.
pub(super) const POOLER_POOL: &str = "pooler.pool";

/// What dials a pooler, and what it opens.
#[derive(Clone, Debug)]
pub struct PoolerBudget {
    /// The pooler.
    pub pooler: Pooler,
    /// The groups that dial it, each with the pools that do.
    pub clients: Vec<GroupDemand>,
    /// What the pools of its clients allow.
    pub client_ceiling: Bound,
    /// What their concurrency lets them reach.
    pub client_reachable: Bound,
    /// Clients that all its processes accept.
    pub max_clients: Bound,
    /// What its settings allow it to open, however many clients there are.
    pub configured: Bound,
    /// What it opens when its clients' pools are full.
    pub server_ceiling: Bound,
    /// What it opens when its clients reach what their concurrency allows.
    pub server_reachable: Bound,
    /// The names of what it dials.
    pub servers: Vec<String>,
    /// Itself as a client of what it dials.
    pub opened: Vec<GroupDemand>,
}

/// The poolers of a deployment, and what they open where.
#[derive(Default)]
pub(super) struct Poolers {
    pub(super) budgets: Vec<PoolerBudget>,
    opened: Vec<(Target, GroupDemand)>,
}

impl Poolers {
    /// Adds up the poolers of `deployment`.
    pub(super) fn of(deployment: &Deployment) -> Self {
        let mut poolers = Self::default();
        for index in 0..deployment.poolers.len() {
            let clients = clients_of(deployment, index, &mut Vec::new());
            let Some(pooler) = deployment.poolers.get(index) else { continue };
            let opened = open(pooler, &clients.asked);
            poolers.budgets.push(PoolerBudget::new(deployment, pooler, clients.groups, &opened));
            poolers.opened.extend(opened.into_iter().map(|opened| (opened.target, opened.demand)));
        }
        poolers
    }

    /// What the poolers open at `target`.
    pub(super) fn at(&self, target: Target) -> impl Iterator<Item = GroupDemand> {
        self.opened.iter().filter(move |(at, _)| *at == target).map(|(_, demand)| demand.clone())
    }
}

/// Who dials the pooler `index`, other poolers among them. One that dials itself through others counts once.
fn clients_of(deployment: &Deployment, index: usize, above: &mut Vec<usize>) -> Clients {
    let here = Target::Pooler(index);
    let groups: Vec<GroupDemand> =
        deployment.groups.iter().filter_map(|group| GroupDemand::of(group, here)).collect();
    let mut clients = Clients { asked: groups.iter().flat_map(asked_by).collect(), groups };
    above.push(index);
    for (other, pooler) in deployment.poolers.iter().enumerate() {
        if !above.contains(&other) && pooler.targets().any(|target| target == here) {
            let behind = open(pooler, &clients_of(deployment, other, above).asked);
            for opened in behind.into_iter().filter(|opened| opened.target == here) {
                clients.groups.push(opened.demand);
                clients.asked.extend(opened.asked);
            }
        }
    }
    above.pop();
    clients
}

/// Who dials a pooler.
struct Clients {
    groups: Vec<GroupDemand>,
    asked: Vec<Asked>,
}

/// What a pooler opens at one target.
struct Opened {
    target: Target,
    demand: GroupDemand,
    /// What the next pooler hears, where the target is one.
    asked: Vec<Asked>,
}

/// A pool of a client: what it asks for, and how many connections of it there are.
#[derive(Clone)]
struct Asked {
    database: Option<String>,
    user: Option<String>,
    ceiling: Bound,
    reachable: Bound,
}

impl Asked {
    /// As whoever, for whichever database.
    fn for_all(bound: &Bound) -> Self {
        Self { database: None, user: None, ceiling: bound.clone(), reachable: bound.clone() }
    }
}

/// `pool` at each target of `pooler`: what can be read of its entries says whom it dials, and nothing else.
fn everywhere(pooler: &Pooler, pool: &PoolDemand, asked: &Asked) -> Vec<Opened> {
    let mut targets: Vec<Target> = pooler.targets().collect();
    if targets.is_empty() {
        targets.push(Target::Unknown);
    }
    let opened = targets.into_iter();
    opened.map(|target| opened_at(pooler, target, vec![pool.clone()], vec![asked.clone()])).collect()
}

/// What `pooler` opens for `clients`, for each target.
fn open(pooler: &Pooler, asked: &[Asked]) -> Vec<Opened> {
    if let Some(declared) = pooler.declared.as_ref().map(|declared| &declared.connections) {
        // What is declared is of a whole replica.
        let replica = Pooler { processes: Count::new(Bound::ONE, declared.trail.clone()), ..pooler.clone() };
        let asks = Asked::for_all(&(pooler.replicas.value.clone() * declared.value.clone()));
        return everywhere(&replica, &declared_pool(pooler, declared), &asks);
    }
    let mut by_target: IndexMap<Target, (Vec<PoolDemand>, Vec<Asked>)> = IndexMap::new();
    if asked.is_empty() {
        return Vec::new();
    }
    if let Some(unread) = &pooler.unread {
        let pool = unknown(pooler, &unread.value, unread.trail.place());
        return everywhere(pooler, &pool, &Asked::for_all(&unread.value));
    }
    // The pools of an entry of its own belong together; `*` makes an entry of each database that somebody asks for.
    let mut used: IndexMap<(usize, Option<&str>), Vec<&Asked>> = IndexMap::new();
    let mut lost = 0;
    for one in asked {
        let found = entry(pooler, one.database.as_deref());
        let is_sure = one.database.is_some() || asked.len() == 1;
        match found.and_then(|index| Some((index, pooler.databases.get(index)?))) {
            Some((index, database)) if database.name.as_str() != "*" => {
                used.entry((index, Some(database.name.as_str()))).or_default().push(one);
            }
            Some((index, _)) if is_sure => {
                used.entry((index, one.database.as_deref())).or_default().push(one);
            }
            _ => lost += 1,
        }
    }
    if lost > 0 {
        let why = if pooler.databases.is_empty() {
            "it has no entry that says which database to dial"
        } else {
            "which of its databases clients ask for is not known, and each has a pool of its own"
        };
        let pool = unknown(pooler, &Bound::unknown("connections", why), pooler.place);
        let next = Asked {
            database: None,
            user: None,
            ceiling: pool.ceiling.clone(),
            reachable: pool.reachable.clone(),
        };
        let (pools, asked) = by_target.entry(only_target(pooler)).or_default();
        pools.push(pool);
        asked.push(next);
    }
    let times = pooler.replicas.value.clone() * pooler.processes.value.clone();
    let mut limits = Limits::of(pooler);
    for ((index, name), users) in used {
        let Some(database) = pooler.databases.get(index) else { continue };
        let pool = entry_demand(&mut limits, database, name, &users);
        let asks = asked_next(database, name, &users, &pool, &times);
        for target in &database.targets {
            let (pools, asked) = by_target.entry(*target).or_default();
            pools.push(pool.clone());
            asked.extend(asks.iter().cloned());
        }
    }
    by_target.into_iter().map(|(target, (pools, asked))| opened_at(pooler, target, pools, asked)).collect()
}

/// What a pooler asks of whom it dials: its entry's database, as its own user or as those of its clients. Their sum is
/// what `pool` opens, which the first of them carries: how it is shared out nobody knows.
fn asked_next(
    database: &Database,
    name: Option<&str>,
    asked: &[&Asked],
    pool: &PoolDemand,
    times: &Bound,
) -> Vec<Asked> {
    let dbname = match &database.dbname {
        Some(Value::Known(dbname)) => Some(dbname.as_str().to_owned()),
        Some(Value::Partly { .. }) => None,
        None => name.map(str::to_owned),
    };
    let mut users: Vec<Option<String>> = match &database.user {
        Some(user) => vec![Some(user.as_str().to_owned())],
        None => asked.iter().map(|one| one.user.clone()).collect(),
    };
    users.sort_unstable();
    users.dedup();
    let asks = users.into_iter().enumerate().map(|(index, user)| {
        let share = |of: &Bound| if index == 0 { times.clone() * of.clone() } else { Bound::ZERO };
        let (ceiling, reachable) = (share(&pool.ceiling), share(&pool.reachable));
        Asked { database: dbname.clone(), user, ceiling, reachable }
    });
    asks.collect()
}

/// Whom the pooler dials, whatever it is asked for.
fn only_target(pooler: &Pooler) -> Target {
    let mut targets = pooler.targets();
    match (targets.next(), targets.next()) {
        (Some(only), None) => only,
        _ => Target::Unknown,
    }
}

/// The connections that one group opens, a line for each of its pools.
fn asked_by(demand: &GroupDemand) -> Vec<Asked> {
    let times = demand.times();
    let one = |pool: &PoolDemand| {
        let (database, user) = identity(&pool.pool.url);
        Asked {
            database,
            user,
            ceiling: times.clone() * pool.ceiling.clone(),
            reachable: times.clone() * pool.reachable.clone(),
        }
    };
    demand.pools.iter().map(one).collect()
}

/// The entry that serves `database`: its own, else `*`; the only one, where the name is not known.
fn entry(pooler: &Pooler, database: Option<&str>) -> Option<usize> {
    let Some(database) = database else { return (pooler.databases.len() == 1).then_some(0) };
    let named = |name: &str| pooler.databases.iter().rposition(|entry| entry.name.as_str() == name);
    named(database).or_else(|| named("*"))
}

/// What one process opens for one database.
fn entry_demand(
    limits: &mut Limits<'_>,
    database: &Database,
    name: Option<&str>,
    asked: &[&Asked],
) -> PoolDemand {
    let pooler = limits.pooler;
    let mut bound = limits.pools(database, asked);
    if looks_up(pooler, database, asked) {
        bound = bound + limits.of_user(database, None);
    }
    // Whoever else may log in has a pool too: what all users of the database share is the limit that is enforced.
    let mut enforced =
        database.max_connections.as_ref().map_or_else(|| bound.clone(), |most| most.value.clone());
    for limit in [&mut bound, &mut enforced] {
        for most in [&database.max_connections, &Some(pooler.max_client_conn.clone())].into_iter().flatten() {
            *limit = limited(limit.clone(), &most.value);
        }
    }
    let sum = |each: fn(&Asked) -> &Bound| asked.iter().map(|one| each(one).clone()).sum::<Bound>();
    let (ceiling, reachable) = (sum(|one| &one.ceiling), sum(|one| &one.reachable));
    let pool = Pool {
        name: name.unwrap_or(database.name.as_str()).to_owned(),
        kind: POOLER_POOL,
        size: Some(database.pool_size.clone()),
        overflow: Some(database.reserve.clone()),
        ceiling: enforced.clone(),
        demand: Demand::Ahead,
        url: Url::Unknown(Unknown { floor: 0, term: None, why: "a pooler keeps it".into() }),
        place: database.place.or(pooler.place),
        made: Made::Once,
        settings: Vec::new(),
    };
    let terms = terms::of(pooler, database, asked, &bound);
    limits.take(database, asked, &bound);
    PoolDemand { pool, terms, ceiling: limited(enforced, &ceiling), reachable: limited(bound, &reachable) }
}

/// The smaller of both. What is not known stays so: that there are at most as many as clients tells nothing of how many
/// there are.
fn limited(bound: Bound, most: &Bound) -> Bound {
    match (bound, most.number()) {
        (Bound::Unknown(unknown), Some(most)) => {
            Bound::Unknown(Unknown { floor: unknown.floor.min(most), ..unknown })
        }
        (bound, _) => bound.limited_by(most),
    }
}

/// The pooler as a group of processes that dials `target`.
fn opened_at(pooler: &Pooler, target: Target, pools: Vec<PoolDemand>, asked: Vec<Asked>) -> Opened {
    let here = pooler.place.map_or_else(|| Origin::default_of("pooler"), Origin::written);
    let group = Group {
        program: Some(pooler.program),
        replicas: pooler.replicas.clone(),
        processes: own_processes(pooler),
        ..Group::of_one(pooler.name.clone(), &Trail::new(here))
    };
    Opened { target, demand: GroupDemand::of_pools(group, pools), asked }
}

/// Its processes. That it is one nobody wrote and nobody would change.
fn own_processes(pooler: &Pooler) -> Count {
    match &pooler.processes.value {
        Bound::Exactly(1) => Count::new(Bound::ONE, Trail::new(Origin::default_of(pooler.program))),
        _ => pooler.processes.clone(),
    }
}

impl PoolerBudget {
    fn new(deployment: &Deployment, pooler: &Pooler, clients: Vec<GroupDemand>, opened: &[Opened]) -> Self {
        let name = |target: Target| match target {
            Target::Server(index) => deployment.servers.get(index).map(|server| server.name.clone()),
            Target::Pooler(index) => deployment.poolers.get(index).map(|pooler| pooler.name.clone()),
            Target::Unknown => None,
        };
        let servers = pooler.targets().filter_map(name).collect();
        let of_opened = |each: fn(&GroupDemand) -> &Bound| {
            opened.iter().map(|opened| each(&opened.demand).clone()).sum::<Bound>()
        };
        let instances = pooler.replicas.value.clone() * pooler.processes.value.clone();
        Self {
            client_ceiling: clients.iter().map(|client| client.ceiling.clone()).sum(),
            client_reachable: clients.iter().map(|client| client.reachable.clone()).sum(),
            max_clients: instances * pooler.max_client_conn.value.clone(),
            configured: opened.iter().map(|opened| opened.demand.configured()).sum(),
            server_ceiling: of_opened(|demand| &demand.ceiling),
            server_reachable: of_opened(|demand| &demand.reachable),
            pooler: pooler.clone(),
            opened: opened.iter().map(|opened| opened.demand.clone()).collect(),
            clients,
            servers,
        }
    }

    /// `client_reachable` in whole percent of the clients it accepts; `None` where either has no number.
    pub fn percent(&self) -> Option<u64> {
        super::percent(&self.client_reachable, self.max_clients.number())
    }

    /// `client_reachable`, not counting what development servers open without a bound.
    pub fn counted(&self) -> Bound {
        self.clients.iter().map(GroupDemand::counted).sum()
    }

    /// What the pools of its clients keep open once they were full, however little there is to do; pools of which that is
    /// not known, and what they open beyond their size, are left out.
    pub fn kept(&self) -> Bound {
        self.clients.iter().map(GroupDemand::kept).sum()
    }

    /// Its mode as a word.
    pub fn mode(&self) -> Option<&str> {
        self.pooler.mode.as_ref().map(Text::as_str)
    }
}

#[cfg(test)]
mod tests;
