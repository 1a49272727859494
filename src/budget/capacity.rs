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
    /// Whether a ceiling over the capacity fails the gate even where concurrency keeps it from being reached.
    pub gate_on_ceiling: bool,
}

impl Default for Policy {
    fn default() -> Self {
        let reserve = Traced::new(Bound::Exactly(10), Trail::default_of("connbudget reserve", None));
        Self { reserve, gate_on_ceiling: false }
    }
}

/// `max_connections − superuser_reserved_connections − reserved_connections − reserve`.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Slots for the deployment: not below zero, `None` when the server's limit is not known.
    pub slots: Option<u64>,
    /// Slots kept free by policy.
    pub reserve: Count,
}

impl Capacity {
    /// What `server` takes under `policy`. An unknown number of reserved slots leaves the capacity unknown.
    pub fn of(server: &Server, policy: &Policy) -> Self {
        let kept = [&server.superuser_reserved, &server.reserved, &policy.reserve];
        let slots = limit(&server.max_connections).and_then(|limit| {
            kept.into_iter().try_fold(limit, |left, kept| Some(left.saturating_sub(kept.value.number()?)))
        });
        Self { slots, reserve: policy.reserve.clone() }
    }
}

/// The limit, where it is one number: of two possible limits neither is certain.
fn limit(limit: &Count) -> Option<u64> {
    match limit.value {
        Bound::Exactly(n) => Some(n),
        Bound::AtMost(_) | Bound::Unbounded | Bound::Unknown(_) => None,
    }
}
