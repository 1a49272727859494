//! Poolers: clients on one side, server connections on the other (facts, E1: measured).
//!
//! For each database that clients ask for, and each user that they log in as, a process of the pooler keeps one pool. The
//! pools of a database together are limited by its `max_db_connections`, and no pool is larger than its clients are many.

use indexmap::IndexMap;

use crate::client::{Demand, Made, Pool, Url, identity};
use crate::deployment::{Database, Deployment, Group, Pooler, Target};
use crate::trace::{Bound, Origin, Text, Trail, Unknown};

use super::{GroupDemand, PoolDemand};

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
            let opened = open(pooler, &clients);
            poolers.budgets.push(PoolerBudget::new(deployment, pooler, clients, &opened));
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
fn clients_of(deployment: &Deployment, index: usize, above: &mut Vec<usize>) -> Vec<GroupDemand> {
    let here = Target::Pooler(index);
    let mut clients: Vec<GroupDemand> =
        deployment.groups.iter().filter_map(|group| GroupDemand::of(group, here)).collect();
    above.push(index);
    for (other, pooler) in deployment.poolers.iter().enumerate() {
        let dials = pooler.databases.iter().any(|database| database.targets.contains(&here));
        if dials && !above.contains(&other) {
            let behind = open(pooler, &clients_of(deployment, other, above));
            clients.extend(behind.into_iter().filter(|opened| opened.target == here).map(|o| o.demand));
        }
    }
    above.pop();
    clients
}

/// What a pooler opens at one target.
struct Opened {
    target: Target,
    demand: GroupDemand,
    /// The same without regard to how many clients there are.
    configured: Bound,
}

/// A pool of a client: what it asks for, and how many connections of it there are.
struct Asked {
    database: Option<String>,
    user: Option<String>,
    ceiling: Bound,
    reachable: Bound,
}

/// What `pooler` opens for `clients`, for each target.
fn open(pooler: &Pooler, clients: &[GroupDemand]) -> Vec<Opened> {
    let asked: Vec<Asked> = clients.iter().flat_map(asked_by).collect();
    let mut by_target: IndexMap<Target, Vec<PoolDemand>> = IndexMap::new();
    if asked.is_empty() {
        return Vec::new();
    }
    if let Some(unread) = &pooler.unread {
        by_target.insert(only_target(pooler), vec![unknown(pooler, &unread.value, unread.trail.place())]);
    }
    // The pools of an entry of its own belong together; `*` makes an entry of each database that somebody asks for.
    let mut used: IndexMap<(usize, Option<&str>), Vec<&Asked>> = IndexMap::new();
    let mut lost = 0;
    for one in &asked {
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
    if lost > 0 && pooler.unread.is_none() {
        let why = "which of its databases clients ask for is not known, and each has a pool of its own";
        let pool = unknown(pooler, &Bound::unknown("connections", why), pooler.place);
        by_target.insert(only_target(pooler), vec![pool]);
    }
    for ((index, name), users) in used {
        let Some(database) = pooler.databases.get(index) else { continue };
        let pool = entry_demand(pooler, database, name, &users);
        for target in &database.targets {
            by_target.entry(*target).or_default().push(pool.clone());
        }
    }
    by_target.into_iter().map(|(target, pools)| opened(pooler, target, pools)).collect()
}

/// Whom the pooler dials, whatever it is asked for.
fn only_target(pooler: &Pooler) -> Target {
    let mut targets = pooler.databases.iter().flat_map(|database| &database.targets);
    match targets.next() {
        Some(first) if targets.all(|other| other == first) => *first,
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
fn entry_demand(pooler: &Pooler, database: &Database, name: Option<&str>, asked: &[&Asked]) -> PoolDemand {
    let mut bound = pools(pooler, database, asked);
    if database.auth_query.is_some() && !knows_all(pooler, asked) {
        bound = bound + of_user(pooler, database, None);
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
    PoolDemand { pool, ceiling: limited(enforced, &ceiling), reachable: limited(bound, &reachable) }
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

/// What the pools of all users that log in to a database allow.
fn pools(pooler: &Pooler, database: &Database, asked: &[&Asked]) -> Bound {
    if let Some(user) = &database.user {
        return of_user(pooler, database, Some(user.as_str()));
    }
    let mut known: Vec<&str> = asked.iter().filter_map(|one| one.user.as_deref()).collect();
    known.sort_unstable();
    known.dedup();
    let of_known: Bound = known.iter().map(|user| of_user(pooler, database, Some(user))).sum();
    match asked.iter().filter(|one| one.user.is_none()).count() {
        0 => of_known,
        1 if known.is_empty() => of_user(pooler, database, None),
        _ => {
            let least = if known.is_empty() { of_user(pooler, database, None) } else { of_known };
            let why = "as which users its clients log in is not known, and each has a pool of its own";
            least + Bound::Unknown(Unknown { floor: 0, term: None, why: why.into() })
        }
    }
}

/// What the pool of one user allows in a database.
fn of_user(pooler: &Pooler, database: &Database, user: Option<&str>) -> Bound {
    let own = pooler.users.iter().find(|own| Some(own.name.as_str()) == user);
    let size = own.and_then(|own| own.pool_size.as_ref()).unwrap_or(&database.pool_size);
    let reserve = own.and_then(|own| own.reserve.as_ref()).unwrap_or(&database.reserve);
    let whole = size.value.clone() + reserve.value.clone();
    let most = own.and_then(|own| own.max_connections.as_ref()).or(pooler.max_user_connections.as_ref());
    match most {
        Some(most) => limited(whole, &most.value),
        None => whole,
    }
}

/// Whether the pooler knows every user of its clients without looking one up.
fn knows_all(pooler: &Pooler, asked: &[&Asked]) -> bool {
    let Some(known) = &pooler.known_users else { return false };
    asked.iter().all(|one| one.user.as_ref().is_some_and(|user| known.contains(user)))
}

fn unknown(pooler: &Pooler, bound: &Bound, place: Option<crate::source::Span>) -> PoolDemand {
    let why = match bound {
        Bound::Unknown(unknown) => unknown.why.to_string(),
        bound => format!("it opens {bound}"),
    };
    let url =
        Url::Unknown(Unknown { floor: 0, term: None, why: "which server it dials is not known".into() });
    let pool = Pool::unknown(url, &why, place.or(pooler.place));
    PoolDemand { ceiling: pool.ceiling.clone(), reachable: pool.ceiling.clone(), pool }
}

/// The pooler as a group of processes that dials `target`.
fn opened(pooler: &Pooler, target: Target, pools: Vec<PoolDemand>) -> Opened {
    let here = pooler.place.map_or_else(|| Origin::default_of("pooler"), Origin::written);
    let group = Group {
        program: Some(pooler.program),
        replicas: pooler.replicas.clone(),
        processes: pooler.processes.clone(),
        ..Group::of_one(pooler.name.clone(), &Trail::new(here))
    };
    let settings: Bound = pools.iter().map(|pool| pool.pool.ceiling.clone()).sum();
    let demand = GroupDemand::of_pools(group, pools);
    let configured = demand.times() * settings;
    Opened { target, demand, configured }
}

impl PoolerBudget {
    fn new(deployment: &Deployment, pooler: &Pooler, clients: Vec<GroupDemand>, opened: &[Opened]) -> Self {
        let name = |target: Target| match target {
            Target::Server(index) => deployment.servers.get(index).map(|server| server.name.clone()),
            Target::Pooler(index) => deployment.poolers.get(index).map(|pooler| pooler.name.clone()),
            Target::Unknown => None,
        };
        let targets = pooler.databases.iter().flat_map(|database| &database.targets);
        let mut servers: Vec<String> = targets.filter_map(|target| name(*target)).collect();
        servers.dedup();
        let of_opened = |each: fn(&GroupDemand) -> &Bound| {
            opened.iter().map(|opened| each(&opened.demand).clone()).sum::<Bound>()
        };
        let instances = pooler.replicas.value.clone() * pooler.processes.value.clone();
        Self {
            client_ceiling: clients.iter().map(|client| client.ceiling.clone()).sum(),
            client_reachable: clients.iter().map(|client| client.reachable.clone()).sum(),
            max_clients: instances * pooler.max_client_conn.value.clone(),
            configured: opened.iter().map(|opened| opened.configured.clone()).sum(),
            server_ceiling: of_opened(|demand| &demand.ceiling),
            server_reachable: of_opened(|demand| &demand.reachable),
            pooler: pooler.clone(),
            clients,
            servers,
        }
    }

    /// `client_reachable` in whole percent of the clients it accepts; `None` where either has no number.
    pub fn percent(&self) -> Option<u64> {
        super::percent(&self.client_reachable, self.max_clients.number())
    }

    /// Its mode as a word.
    pub fn mode(&self) -> Option<&str> {
        self.pooler.mode.as_ref().map(Text::as_str)
    }
}

#[cfg(test)]
mod tests;
