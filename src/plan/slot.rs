//! The numbers of a deployment in one order, so that two readings of it can be held against each other.

use crate::deployment::{Deployment, Group, Placed, Pooler, Server};
use crate::pool::Demand;
use crate::trace::{Bound, Count, Trail};

/// What a number of a deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Containers of a group or pooler.
    Replicas,
    /// Processes in each.
    Processes,
    /// Threads in each process.
    Threads,
    /// Connections that a pool keeps.
    Size,
    /// Connections beyond those.
    Overflow,
    /// A pooler's connections for each user of a database.
    PoolerSize,
    /// A pooler's connections beyond those.
    PoolerReserve,
    /// A pooler's connections for all users of a database, or for a user over all databases.
    PoolerMost,
    /// A server's limit.
    MaxConnections,
    /// What follows from others, or what nobody would change to make room.
    Other,
}

/// Where a number stands in a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The index of the deployment.
    pub deployment: usize,
    /// Whose it is: the name of the group, pooler or server.
    pub owner: String,
    /// The name of the pool, or of the pooler's database.
    pub pool: Option<String>,
    /// What it is.
    pub role: Role,
    /// Which of those it is: the place in the order of all numbers.
    pub index: usize,
}

/// Called for every number: where it is, its value, the way it came where it has one of its own.
type Visit<'v> = dyn FnMut(Slot, &mut Bound, Option<&Trail>) + 'v;

struct Walk<'v, 'f> {
    deployment: usize,
    next: usize,
    visit: &'v mut Visit<'f>,
}

/// Calls `visit` for every number of `deployment`, always in the same order.
pub(super) fn each(index: usize, deployment: &mut Deployment, visit: &mut Visit<'_>) {
    let mut walk = Walk { deployment: index, next: 0, visit };
    for server in &mut deployment.servers {
        walk.server(server);
    }
    for pooler in &mut deployment.poolers {
        walk.pooler(pooler);
    }
    for group in &mut deployment.groups {
        walk.group(group);
    }
}

impl Walk<'_, '_> {
    fn bound(
        &mut self,
        owner: &str,
        pool: Option<&str>,
        role: Role,
        bound: &mut Bound,
        trail: Option<&Trail>,
    ) {
        let slot = Slot {
            deployment: self.deployment,
            owner: owner.to_owned(),
            pool: pool.map(str::to_owned),
            role,
            index: self.next,
        };
        self.next += 1;
        (self.visit)(slot, bound, trail);
    }

    fn count(&mut self, owner: &str, pool: Option<&str>, role: Role, count: &mut Count) {
        let Count { value, trail } = count;
        self.bound(owner, pool, role, value, Some(trail));
    }

    fn maybe(&mut self, owner: &str, pool: Option<&str>, role: Role, count: &mut Option<Count>) {
        if let Some(count) = count {
            self.count(owner, pool, role, count);
        }
    }

    fn server(&mut self, server: &mut Server) {
        let name = &server.name;
        self.count(name, None, Role::MaxConnections, &mut server.max_connections);
        self.count(name, None, Role::Other, &mut server.superuser_reserved);
        self.count(name, None, Role::Other, &mut server.reserved);
    }

    fn pooler(&mut self, pooler: &mut Pooler) {
        let name = &pooler.name;
        self.count(name, None, Role::Replicas, &mut pooler.replicas);
        self.count(name, None, Role::Processes, &mut pooler.processes);
        self.count(name, None, Role::Other, &mut pooler.max_client_conn);
        self.maybe(name, None, Role::Other, &mut pooler.max_db_connections);
        self.maybe(name, None, Role::PoolerMost, &mut pooler.max_user_connections);
        for database in &mut pooler.databases {
            let pool = Some(database.name.as_str());
            self.count(name, pool, Role::PoolerSize, &mut database.pool_size);
            self.count(name, pool, Role::PoolerReserve, &mut database.reserve);
            self.maybe(name, pool, Role::PoolerMost, &mut database.max_connections);
        }
        for user in &mut pooler.users {
            let pool = Some(user.name.as_str());
            self.maybe(name, pool, Role::PoolerSize, &mut user.pool_size);
            self.maybe(name, pool, Role::PoolerReserve, &mut user.reserve);
            self.maybe(name, pool, Role::PoolerMost, &mut user.max_connections);
        }
        if let Some(declared) = &mut pooler.declared {
            self.count(name, None, Role::Other, &mut declared.connections);
        }
    }

    fn group(&mut self, group: &mut Group) {
        let name = &group.name;
        self.count(name, None, Role::Replicas, &mut group.replicas);
        self.count(name, None, Role::Processes, &mut group.processes);
        self.count(name, None, Role::Threads, &mut group.threads);
        self.count(name, None, Role::Threads, &mut group.concurrency);
        self.count(name, None, Role::Other, &mut group.engines);
        self.maybe(name, None, Role::Other, &mut group.overlap.reload);
        self.maybe(name, None, Role::Other, &mut group.overlap.rollout);
        for placed in &mut group.pools {
            self.pool(name, placed);
        }
    }

    fn pool(&mut self, owner: &str, placed: &mut Placed) {
        let pool = &mut placed.pool;
        let name = Some(pool.name.as_str());
        self.maybe(owner, name, Role::Size, &mut pool.size);
        self.maybe(owner, name, Role::Overflow, &mut pool.overflow);
        self.bound(owner, name, Role::Other, &mut pool.ceiling, None);
        let own = match &mut pool.demand {
            Demand::ByTask { minimum } => minimum,
            Demand::ByThread { pool, .. } => pool,
            Demand::Ahead => return,
        };
        let mut bound = Bound::Exactly(*own);
        self.bound(owner, name, Role::Other, &mut bound, None);
        *own = bound.number().unwrap_or(*own);
    }
}
