//! What a larger `max_connections` costs.

use crate::deployment::Server;
use crate::trace::Count;

/// The price of a larger server. It takes effect with a restart alone (`pg_settings.context` is `postmaster`:
/// <https://www.postgresql.org/docs/current/runtime-config-connection.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The server.
    pub server: String,
    /// Its limit now.
    pub from: u64,
    /// Its limit then.
    pub to: u64,
    /// What each sort or hash of a connection may use, in bytes.
    pub work_mem: u64,
    /// What the further connections may use with one sort each, in bytes.
    pub memory: u64,
    /// Its `shared_buffers` now, in bytes, where that is known.
    pub shared_buffers: Option<u64>,
    /// The `shared_buffers` that go with the limit, in bytes.
    pub buffers: u64,
    /// The memory that its container may use, in bytes, where a limit is set.
    pub container: Option<u64>,
}

/// PostgreSQL's own `work_mem`.
const WORK_MEM: u64 = 4 << 20;

impl Price {
    /// The price of raising the limit of `server`.
    pub(super) fn of(server: &Server, from: u64, to: u64) -> Self {
        let number = |count: &Option<Count>| count.as_ref().and_then(|count| count.value.number());
        let details = &server.details;
        let work_mem = number(&details.work_mem).unwrap_or(WORK_MEM);
        let container = number(&details.memory);
        Self {
            server: server.name.clone(),
            from,
            to,
            work_mem,
            memory: to.saturating_sub(from).saturating_mul(work_mem),
            shared_buffers: number(&details.shared_buffers),
            buffers: buffers(to, work_mem, container),
            container,
        }
    }

    /// Whether the connections, with one sort each, and the buffers are more than its container may use.
    pub fn is_over_memory(&self) -> bool {
        let all = self.to.saturating_mul(self.work_mem).saturating_add(self.buffers);
        self.container.is_some_and(|container| all > container)
    }
}

/// A quarter of the memory, as PostgreSQL advises for a server of its own
/// (<https://www.postgresql.org/docs/current/runtime-config-resource.html>): of the container's where a limit is set, else of
/// a machine whose other three quarters hold one sort of each connection, rounded up to a power of two. For 200 connections
/// with 4 MB each those are 512 MB, as the guide has it.
fn buffers(limit: u64, work_mem: u64, container: Option<u64>) -> u64 {
    const MIB: u64 = 1 << 20;
    match container {
        Some(container) => (container / 4 / MIB).max(1) * MIB,
        None => (limit.saturating_mul(work_mem) / 3).div_ceil(MIB).max(128).next_power_of_two() * MIB,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_a_quarter() {
        const MIB: u64 = 1 << 20;
        for (limit, work_mem, container, expected) in [
            (200, 4, None, 512),
            (100, 4, None, 256),
            (313, 4, None, 512),
            (20, 4, None, 128),
            (200, 64, None, 8192),
            (200, 4, Some(2048), 512),
        ] {
            let container = container.map(|mib: u64| mib * MIB);
            assert_eq!(buffers(limit, work_mem * MIB, container), expected * MIB, "{limit} {work_mem}");
        }
    }
}
