//! How what one entry of a pooler opens comes about: `2 users × (10 pool_size + 2 reserve_pool_size)`.

use super::{Asked, user::looks_up};
use crate::budget::Expression;
use crate::deployment::{Database, Pooler};
use crate::trace::Bound;

/// The calculation behind `bound`; `None` where it is not as simple as that, as with users that have limits of their own.
pub(super) fn of(
    pooler: &Pooler,
    database: &Database,
    asked: &[&Asked],
    bound: &Bound,
) -> Option<Expression> {
    let count = |value: &Bound, unit: &str| Expression::Count { value: value.clone(), unit: unit.to_owned() };
    let mut each = vec![count(&database.pool_size.value, "pool_size")];
    if database.reserve.value != Bound::ZERO {
        each.push(count(&database.reserve.value, "reserve_pool_size"));
    }
    let mut users: Vec<Option<&str>> = asked.iter().map(|one| one.user.as_deref()).collect();
    users.sort_unstable();
    users.dedup();
    let is_looked_up = looks_up(pooler, database, asked);
    let users = if database.user.is_some() { 1 } else { users.len() as u64 } + u64::from(is_looked_up);
    let unit = if is_looked_up { "users with that of auth_query" } else { "users" };
    let mut whole = Expression::Sum(each);
    if users > 1 {
        whole = Expression::Product(vec![count(&Bound::Exactly(users), unit), whole]);
    }
    let mut limits = Vec::new();
    let most = [
        (database.max_connections.as_ref(), "max_db_connections"),
        (Some(&pooler.max_client_conn), "max_client_conn"),
    ];
    for (most, name) in most.into_iter().filter_map(|(most, name)| Some((&most?.value, name))) {
        if most.number() < whole.value().number() {
            limits.push(count(most, name));
        }
    }
    if !limits.is_empty() {
        limits.push(whole);
        whole = Expression::Least(limits);
    }
    // Users with a limit of their own, of which other databases may have taken a part already.
    let has_limits = pooler.max_user_connections.is_some() || !pooler.users.is_empty();
    if has_limits && bound.number() < whole.value().number() {
        whole = Expression::Least(vec![count(bound, "for its users"), whole]);
    }
    (whole.value() == *bound).then_some(whole)
}
