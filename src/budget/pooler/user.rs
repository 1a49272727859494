//! The users of a pooler's databases: each has a pool in each, and a limit over all of them where one is set
//! (`max_user_connections`; facts, E1: f and r).

use std::collections::HashMap;

use super::{Asked, limited};
use crate::deployment::{Database, Pooler};
use crate::trace::{Bound, Unknown};

/// What the users of one process of a pooler may still open, while its databases are gone through one by one.
pub(super) struct Limits<'p> {
    pub(super) pooler: &'p Pooler,
    /// What the databases before certainly took of the limit of a user.
    taken: HashMap<String, u64>,
}

impl<'p> Limits<'p> {
    /// All of it.
    pub(super) fn of(pooler: &'p Pooler) -> Self {
        Self { pooler, taken: HashMap::new() }
    }

    /// What the pools of all users that log in to a database allow.
    pub(super) fn pools(&self, database: &Database, asked: &[&Asked]) -> Bound {
        if let Some(user) = &database.user {
            return self.of_user(database, Some(user.as_str()));
        }
        let known = users(asked);
        let of_known: Bound = known.iter().map(|user| self.of_user(database, Some(user))).sum();
        match asked.iter().filter(|one| one.user.is_none()).count() {
            0 => of_known,
            1 if known.is_empty() => self.of_user(database, None),
            _ => {
                let least = if known.is_empty() { self.of_user(database, None) } else { of_known };
                let why = "as which users its clients log in is not known, and each has a pool of its own";
                least + Bound::Unknown(Unknown { floor: 0, term: None, why: why.into() })
            }
        }
    }

    /// What the pool of one user allows in a database.
    pub(super) fn of_user(&self, database: &Database, user: Option<&str>) -> Bound {
        let own = self.pooler.users.iter().find(|own| Some(own.name.as_str()) == user);
        let size = own.and_then(|own| own.pool_size.as_ref()).unwrap_or(&database.pool_size);
        let reserve = own.and_then(|own| own.reserve.as_ref()).unwrap_or(&database.reserve);
        let whole = size.value.clone() + reserve.value.clone();
        match self.limit(user) {
            Some(most) => limited(whole, &most),
            None => whole,
        }
    }

    /// What is left of the limit of a user; `None` where it has none.
    fn limit(&self, user: Option<&str>) -> Option<Bound> {
        let own = self.pooler.users.iter().find(|own| Some(own.name.as_str()) == user);
        let most = own.and_then(|own| own.max_connections.as_ref());
        let most = &most.or(self.pooler.max_user_connections.as_ref())?.value;
        let taken = user.and_then(|user| self.taken.get(user)).copied().unwrap_or(0);
        Some(match most {
            Bound::Exactly(most) => Bound::Exactly(most.saturating_sub(taken)),
            most => most.clone(),
        })
    }

    /// Takes off the limits of its users what a database certainly takes when it opens `bound`: no more than they have
    /// clients there, and nothing where several of them share less than they would take.
    pub(super) fn take(&mut self, database: &Database, asked: &[&Asked], bound: &Bound) {
        let users: Vec<String> = match &database.user {
            Some(user) => vec![user.to_string()],
            None => users(asked).into_iter().map(str::to_owned).collect(),
        };
        let is_shared = users.len() > 1 && self.pools(database, asked) != *bound;
        for user in users.into_iter().filter(|_| !is_shared) {
            let is_theirs = |one: &&&Asked| database.user.is_some() || one.user.as_ref() == Some(&user);
            let clients: Bound = asked.iter().filter(is_theirs).map(|one| one.reachable.clone()).sum();
            let pool = self.of_user(database, Some(&user));
            let certain = [&clients, &pool, bound].into_iter().map(Bound::floor).min().unwrap_or(0);
            *self.taken.entry(user).or_default() += certain;
        }
    }
}

/// The users that are known to log in.
fn users<'a>(asked: &[&'a Asked]) -> Vec<&'a str> {
    let mut known: Vec<&str> = asked.iter().filter_map(|one| one.user.as_deref()).collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// Whether the pooler looks a user of its clients up in the server, through a pool of its own.
pub(super) fn looks_up(pooler: &Pooler, database: &Database, asked: &[&Asked]) -> bool {
    let is_known = |user: &String| pooler.known_users.as_ref().is_some_and(|known| known.contains(user));
    database.auth_query.is_some() && !asked.iter().all(|one| one.user.as_ref().is_some_and(is_known))
}
