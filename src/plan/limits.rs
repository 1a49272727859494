//! How far a knob may be turned: what makes sense of its kind, and what `[plan]` says.

use crate::config::PlanSettings;

use super::slot::Role;

/// The largest that a plan sets anything to: PostgreSQL's own largest `max_connections` (facts, A1).
pub(super) const LARGEST: u64 = 262_143;

/// What of a kind may be.
pub(super) struct Limits {
    settings: PlanSettings,
}

impl Role {
    /// What `connbudget.toml` calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Replicas => "replicas",
            Self::Processes => "workers",
            Self::Threads => "threads",
            Self::Size | Self::PoolerSize => "pool-size",
            Self::Overflow | Self::PoolerReserve => "overflow",
            Self::PoolerMost => "max-db-connections",
            Self::MaxConnections => "max-connections",
            Self::Other => "number",
        }
    }

    /// The smallest that leaves something running. A pool of no size has no limit in SQLAlchemy, and PgBouncer takes 0 for
    /// no limit in every setting but `reserve_pool_size`.
    fn least(self) -> u64 {
        u64::from(!matches!(self, Self::Overflow | Self::PoolerReserve))
    }
}

impl Limits {
    pub(super) fn new(settings: &PlanSettings) -> Self {
        Self { settings: settings.clone() }
    }

    /// From where to where a knob of that kind may be turned.
    pub(super) fn of(&self, role: Role) -> (u64, u64) {
        let bound = self.bound(role);
        let low = bound.map_or(0, |range| *range.start()).max(role.least());
        let high = bound.map_or(LARGEST, |range| *range.end()).min(LARGEST);
        (low, high)
    }

    /// Why a knob is not to be turned, where somebody said so.
    pub(super) fn kept(&self, name: &str, role: Role, value: u64) -> Option<String> {
        let is_named = |kept: &str| kept.eq_ignore_ascii_case(name) || kept.eq_ignore_ascii_case(role.word());
        if self.settings.keep.iter().any(|kept| is_named(&kept.value)) {
            return Some("connbudget.toml keeps it".to_owned());
        }
        let bound = self.bound(role)?;
        let is_below = role != Role::MaxConnections && value < *bound.start();
        is_below.then(|| format!("it is below its bound in connbudget.toml already, {}", bound.start()))
    }

    /// The names that are kept and that none of `names` is.
    pub(super) fn kept_in_vain<'s>(
        &'s self,
        is_there: impl Fn(&str) -> bool + 's,
    ) -> impl Iterator<Item = &'s str> {
        self.settings.keep.iter().map(|kept| kept.value.as_str()).filter(move |name| !is_there(name))
    }

    fn bound(&self, role: Role) -> Option<&std::ops::RangeInclusive<u64>> {
        let named = self.settings.bounds.iter().find(|(name, _)| *name == role.word());
        named.map(|(_, range)| &range.value)
    }
}
