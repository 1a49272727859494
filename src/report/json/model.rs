//! The shapes of the JSON reports. Lines and columns start at 1, columns count characters, paths are relative to the
//! linted root.

use serde::{Serialize, Serializer};

use super::FindingJson;
use crate::rule::Verdict;
use crate::trace::Bound;

use super::pool::PoolJson;

/// The version of the contract.
pub const VERSION: u32 = 1;

/// A count: a number, `"unbounded"`, or `null` for unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountJson {
    /// A number.
    Number(u64),
    /// Nothing limits it.
    Unbounded,
    /// The files do not say.
    Unknown,
}

impl CountJson {
    /// The count as programs read it; a number that is only a limit is that number.
    pub fn of(bound: &Bound) -> Self {
        match bound {
            Bound::Exactly(n) | Bound::AtMost(n) => Self::Number(*n),
            Bound::Unbounded => Self::Unbounded,
            Bound::Unknown(_) => Self::Unknown,
        }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for CountJson {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number, \"unbounded\", or null for unknown.",
            "anyOf": [{"type": "integer", "minimum": 0}, {"const": "unbounded"}, {"type": "null"}]
        })
    }
}

impl Serialize for CountJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(n) => serializer.serialize_u64(*n),
            Self::Unbounded => serializer.serialize_str("unbounded"),
            Self::Unknown => serializer.serialize_none(),
        }
    }
}

/// One step of a value's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum OriginJson {
    /// At a place in a file.
    Place {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The line of the last character's end.
        end_line: usize,
        /// The column behind the last character.
        end_column: usize,
        /// What happened there: "written", "interpolated", "read".
        how: &'static str,
    },
    /// The default of a program.
    Default {
        /// "default".
        how: &'static str,
        /// The program and its setting.
        of: String,
    },
    /// An argument of connbudget's own command line.
    CommandLine {
        /// "command-line".
        how: &'static str,
        /// The argument.
        argument: String,
    },
}

/// The report of `lint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LintJson {
    /// The version of the contract.
    pub version: u32,
    /// What the run comes to.
    pub verdict: Verdict,
    /// Each deployment.
    pub deployments: Vec<DeploymentJson>,
    /// What the rules found and nobody suppressed.
    pub findings: Vec<FindingJson>,
    /// What they found and a comment or the baseline suppresses: it counts for nothing.
    pub suppressed: Vec<FindingJson>,
}

/// The report of `budget`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BudgetJson {
    /// The version of the contract.
    pub version: u32,
    /// Each deployment.
    pub deployments: Vec<DeploymentJson>,
}

/// What is started together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeploymentJson {
    /// Its name.
    pub name: String,
    /// The files it was read from.
    pub files: Vec<String>,
    /// The servers it dials.
    pub servers: Vec<ServerJson>,
    /// The poolers between.
    pub poolers: Vec<PoolerJson>,
    /// Groups of which nobody knows which server they dial.
    pub unplaced: Vec<GroupJson>,
}

/// A PostgreSQL that has a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerJson {
    /// Its name.
    pub name: String,
    /// `max_connections`.
    pub max_connections: CountJson,
    /// Slots that only superusers get.
    pub superuser_reserved: CountJson,
    /// Slots of `pg_use_reserved_connections`.
    pub reserved: CountJson,
    /// Slots that the policy keeps free.
    pub reserve: CountJson,
    /// What is left for the deployment; `null` where it is not known.
    pub capacity: Option<u64>,
    /// What the pools' settings allow.
    pub ceiling: CountJson,
    /// What concurrency lets them reach.
    pub reachable: CountJson,
    /// What is known of an unknown `reachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<u64>,
    /// `reachable` in percent of the capacity.
    pub percent: Option<u64>,
    /// How `reachable` comes about, in words.
    pub sums: Vec<String>,
    /// How the capacity comes about, in words.
    pub capacity_sum: String,
    /// Moments in which there is more of its clients: a reload, a rollout.
    pub phases: Vec<PhaseJson>,
    /// Where the numbers come from.
    pub origins: ServerOrigins,
    /// Who dials it.
    pub clients: Vec<GroupJson>,
}

/// A moment in which old and new processes stand side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PhaseJson {
    /// "reload" or "rollout".
    pub name: &'static str,
    /// What the pools' settings allow meanwhile.
    pub ceiling: CountJson,
    /// What concurrency lets them reach meanwhile.
    pub reachable: CountJson,
    /// The groups that there is more of.
    pub groups: Vec<MoreJson>,
}

/// A group of which there is more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MoreJson {
    /// Its name.
    pub name: String,
    /// How many processes, in a reload, or replicas, in a rollout, there are beside the others.
    pub more: CountJson,
    /// Where that comes from.
    pub origins: Vec<OriginJson>,
}

/// Where a server's numbers come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServerOrigins {
    /// `max_connections`.
    pub max_connections: Vec<OriginJson>,
    /// Slots that only superusers get.
    pub superuser_reserved: Vec<OriginJson>,
    /// Slots of `pg_use_reserved_connections`.
    pub reserved: Vec<OriginJson>,
    /// Slots that the policy keeps free.
    pub reserve: Vec<OriginJson>,
}

/// A pooler between clients and a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PoolerJson {
    /// Its name.
    pub name: String,
    /// The program: `pgbouncer`.
    pub program: &'static str,
    /// `session`, `transaction` or `statement`.
    pub mode: Option<String>,
    /// What it dials; several with commas between.
    pub server: String,
    /// Clients that all its processes accept.
    pub max_client_conn: CountJson,
    /// Connections that one process opens for one database, over all users, where its entry does not say otherwise; null
    /// where nothing limits them.
    pub max_db_connections: Option<CountJson>,
    /// Connections that one process opens for one user, over all databases; null where nothing limits them.
    pub max_user_connections: Option<CountJson>,
    /// Connections its clients' pools allow them to open to it.
    pub client_ceiling: CountJson,
    /// What their concurrency lets them reach.
    pub client_reachable: CountJson,
    /// Connections it opens when its clients' pools are full.
    pub server_ceiling: CountJson,
    /// Connections it opens when its clients reach what their concurrency allows.
    pub server_reachable: CountJson,
    /// Connections that its settings allow, however many clients there are.
    pub configured: CountJson,
    /// Where its numbers come from.
    pub origins: PoolerOrigins,
    /// Who dials it.
    pub clients: Vec<GroupJson>,
}

/// Where a pooler's numbers come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PoolerOrigins {
    /// Clients that one process accepts.
    pub max_client_conn: Vec<OriginJson>,
    /// Connections for one database; empty where nothing limits them.
    pub max_db_connections: Vec<OriginJson>,
    /// Connections for one user; empty where nothing limits them.
    pub max_user_connections: Vec<OriginJson>,
    /// Containers or instances.
    pub replicas: Vec<OriginJson>,
}

/// Another number of processes that may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlternativeJson {
    /// How many.
    pub processes: CountJson,
    /// Where that comes from.
    pub origins: Vec<OriginJson>,
}

/// Identical processes from one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GroupJson {
    /// Its name.
    pub name: String,
    /// The program: `gunicorn`.
    pub program: Option<&'static str>,
    /// Containers or instances.
    pub replicas: CountJson,
    /// Processes in each.
    pub processes: CountJson,
    /// What a branch of a script may start in its place: fewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<AlternativeJson>,
    /// Threads in each process.
    pub threads: CountJson,
    /// Tasks a process works on at once.
    pub concurrency: CountJson,
    /// How many of each of its pools a process has.
    pub engines: CountJson,
    /// What the pools' settings allow.
    pub ceiling: CountJson,
    /// What concurrency lets them reach.
    pub reachable: CountJson,
    /// What is known of an unknown `reachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<u64>,
    /// The pools of one process.
    pub pools: Vec<PoolJson>,
    /// Where the numbers come from.
    pub origins: GroupOrigins,
}

/// Where a group's numbers come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GroupOrigins {
    /// Processes in each.
    pub processes: Vec<OriginJson>,
    /// The commands that lead to it, the outermost first.
    pub command: Vec<OriginJson>,
    /// Containers or instances.
    pub replicas: Vec<OriginJson>,
    /// Threads in each process.
    pub threads: Vec<OriginJson>,
    /// Tasks a process works on at once.
    pub concurrency: Vec<OriginJson>,
    /// How many of each of its pools a process has.
    pub engines: Vec<OriginJson>,
}
