//! The comparison for scripts.

use serde::Serialize;

use super::{Diff, Version};
use crate::budget::{Factor, PoolerBudget, ServerBudget};
use crate::diff::{DeploymentChange, FactorChange, Pair};
use crate::report::json::{CountJson, FindingJson, OriginJson, Places, VERSION, print};
use crate::rule::{Verdict, verdict};

/// The report of `diff`.
#[derive(Serialize)]
struct DiffJson {
    version: u32,
    base: VersionJson,
    head: VersionJson,
    /// What `lint` says of the state after.
    verdict: Verdict,
    deployments: Vec<DeploymentJson>,
    findings: Vec<StatusJson>,
    gone: Vec<FindingJson>,
}

#[derive(Serialize)]
struct VersionJson {
    name: String,
    commit: Option<String>,
}

#[derive(Serialize)]
struct DeploymentJson {
    name: String,
    /// Its name before; `null` where it was not there.
    base_name: Option<String>,
    /// Whether it is gone.
    gone: bool,
    servers: Vec<SidesJson<ServerJson>>,
    poolers: Vec<SidesJson<PoolerJson>>,
    factors: Vec<FactorChangeJson>,
}

/// Something before and after; `null` where it is not there.
#[derive(Serialize)]
struct SidesJson<T> {
    name: String,
    base: Option<T>,
    head: Option<T>,
}

#[derive(Serialize)]
struct ServerJson {
    max_connections: CountJson,
    capacity: Option<u64>,
    ceiling: CountJson,
    reachable: CountJson,
    percent: Option<u64>,
}

#[derive(Serialize)]
struct PoolerJson {
    max_client_conn: CountJson,
    client_ceiling: CountJson,
    client_reachable: CountJson,
    server_ceiling: CountJson,
    server_reachable: CountJson,
}

#[derive(Serialize)]
struct FactorChangeJson {
    of: Vec<String>,
    name: String,
    base: Option<FactorJson>,
    head: Option<FactorJson>,
}

#[derive(Serialize)]
struct FactorJson {
    value: String,
    origins: Vec<OriginJson>,
}

#[derive(Serialize)]
struct StatusJson {
    /// "new", "worse" or "known".
    status: &'static str,
    #[serde(flatten)]
    finding: FindingJson,
}

/// Writes the report.
pub(super) fn json(diff: &Diff<'_>) -> String {
    let comparison = diff.comparison;
    let sides = Pair {
        base: Some(Places { sources: comparison.base.sources }),
        head: Some(Places { sources: comparison.head.sources }),
    };
    let places = |side: &Option<Places<'_>>, factor: &Option<Factor<'_>>| {
        let (places, factor) = (side.as_ref()?, factor.as_ref()?);
        Some(FactorJson { value: factor.value.clone(), origins: places.trail(factor.trail) })
    };
    let factor = |change: &FactorChange<'_>| FactorChangeJson {
        of: change.of.clone(),
        name: change.name.clone(),
        base: places(&sides.base, &change.factor.base),
        head: places(&sides.head, &change.factor.head),
    };
    let after = Places { sources: comparison.head.sources };
    let before = Places { sources: comparison.base.sources };
    print(&DiffJson {
        version: VERSION,
        base: version(&diff.base),
        head: version(&diff.head),
        verdict: verdict(comparison.head.findings),
        deployments: comparison.deployments.iter().map(|change| deployment(change, &factor)).collect(),
        findings: comparison
            .findings
            .iter()
            .map(|(finding, status)| StatusJson { status: status.word(), finding: after.finding(finding) })
            .collect(),
        gone: comparison.gone.iter().map(|finding| before.finding(finding)).collect(),
    })
}

fn version(version: &Version) -> VersionJson {
    VersionJson { name: version.name.clone(), commit: version.commit.clone() }
}

fn deployment(
    change: &DeploymentChange<'_>,
    factor: &dyn Fn(&FactorChange<'_>) -> FactorChangeJson,
) -> DeploymentJson {
    DeploymentJson {
        name: change.name().to_owned(),
        base_name: change.budget.base.map(|budget| budget.name.clone()),
        gone: change.budget.head.is_none(),
        servers: change
            .servers
            .iter()
            .map(|pair| sides(pair, |server| &server.server.name, self::server))
            .collect(),
        poolers: change
            .poolers
            .iter()
            .map(|pair| sides(pair, |pooler| &pooler.pooler.name, self::pooler))
            .collect(),
        factors: change.factors.iter().map(factor).collect(),
    }
}

fn sides<T, U>(pair: &Pair<&T>, name: impl Fn(&T) -> &str, see: impl Fn(&T) -> U) -> SidesJson<U> {
    SidesJson {
        name: pair.either().map_or_else(String::new, |side| name(side).to_owned()),
        base: pair.base.map(&see),
        head: pair.head.map(&see),
    }
}

fn server(budget: &ServerBudget) -> ServerJson {
    ServerJson {
        max_connections: CountJson::of(&budget.server.max_connections.value),
        capacity: budget.capacity.slots,
        ceiling: CountJson::of(&budget.ceiling),
        reachable: CountJson::of(&budget.reachable),
        percent: budget.percent(),
    }
}

fn pooler(budget: &PoolerBudget) -> PoolerJson {
    PoolerJson {
        max_client_conn: CountJson::of(&budget.max_clients),
        client_ceiling: CountJson::of(&budget.client_ceiling),
        client_reachable: CountJson::of(&budget.client_reachable),
        server_ceiling: CountJson::of(&budget.server_ceiling),
        server_reachable: CountJson::of(&budget.server_reachable),
    }
}
