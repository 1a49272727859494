//! What a server takes from a deployment.

use crate::deployment::Server;
use crate::trace::{Bound, Count, Traced, Trail};

/// The largest `max_connections` that PostgreSQL takes (facts, A1).
pub(super) const MAX_MAX_CONNECTIONS: u64 = 262_143;

/// What the people who run the deployment decided.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Slots kept free for migrations, psql, monitoring, backups, and connections that are still closing (facts, D3).
    pub reserve: Count,
    /// A share of each server's limit that is kept free instead.
    pub share: Option<Share>,
    /// Whether a ceiling over the capacity fails the gate even where concurrency keeps it from being reached.
    pub gate_on_ceiling: bool,
}

impl Default for Policy {
    fn default() -> Self {
        let reserve = Traced::new(Bound::Exactly(10), Trail::default_of("connbudget reserve", None));
        Self { reserve, share: None, gate_on_ceiling: false }
    }
}

/// A share of a server's `max_connections`.
#[derive(Clone, Debug)]
pub struct Share {
    /// In whole percent, below 100.
    pub percent: u64,
    /// Where it is declared.
    pub trail: Trail,
}

impl Share {
    /// So many slots of `limit`, rounded up; as unknown as the limit is.
    fn of(&self, limit: &Bound) -> Count {
        let slots = match limit {
            Bound::Exactly(limit) => {
                let slots = u128::from(*limit) * u128::from(self.percent);
                Bound::Exactly(u64::try_from(slots.div_ceil(100)).unwrap_or(u64::MAX))
            }
            Bound::AtMost(_) | Bound::Unbounded | Bound::Unknown(_) => {
                Bound::unknown("reserve", "it is a share of a limit that is not known")
            }
        };
        Traced::new(slots, self.trail.clone())
    }
}

impl Policy {
    /// The slots of a server with this `limit` that are kept free.
    fn kept_free(&self, limit: &Bound) -> Count {
        self.share.as_ref().map_or_else(|| self.reserve.clone(), |share| share.of(limit))
    }
}

/// `max_connections − superuser_reserved_connections − reserved_connections − reserve`.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Slots for the deployment: not below zero, `None` when the server's limit is not known.
    pub slots: Option<u64>,
    /// Slots kept free by policy.
    pub reserve: Count,
    /// The share of the limit that those are, where the policy says it so.
    pub share: Option<Share>,
}

impl Capacity {
    /// What `server` takes under `policy`. An unknown number of reserved slots leaves the capacity unknown.
    pub fn of(server: &Server, policy: &Policy) -> Self {
        let reserve = policy.kept_free(&server.max_connections.value);
        let kept = [&server.superuser_reserved, &server.reserved, &reserve];
        let slots = limit(&server.max_connections).and_then(|limit| {
            kept.into_iter().try_fold(limit, |left, kept| Some(left.saturating_sub(kept.value.number()?)))
        });
        Self { slots, reserve, share: policy.share.clone() }
    }
}

/// The limit, where it is one number: of two possible limits neither is certain.
fn limit(limit: &Count) -> Option<u64> {
    match limit.value {
        Bound::Exactly(n) => Some(n),
        Bound::AtMost(_) | Bound::Unbounded | Bound::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Origin;

    #[test]
    fn a_share_is_rounded_up() {
        let share = Share { percent: 10, trail: Trail::new(Origin::default_of("test")) };
        let slots = |limit| share.of(&limit).value;
        assert_eq!(slots(Bound::Exactly(100)), Bound::Exactly(10));
        assert_eq!(slots(Bound::Exactly(101)), Bound::Exactly(11));
        assert!(slots(Bound::Unbounded).is_unknown());
    }
}
