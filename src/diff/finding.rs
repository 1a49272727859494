//! Which findings a change has brought.

use std::collections::HashMap;

use super::{DeploymentChange, Side, pooler_is_worse, server_is_worse};
use crate::rule::{Catalogue, Finding, Of};

/// A finding against the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was not there.
    New,
    /// It was there, and the sum has grown since or what fits has shrunk.
    Worse,
    /// It was there, and is no worse.
    Known,
}

impl Status {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Known => "known",
        }
    }
}

/// What a finding is about: its rule, deployment and subject.
fn topic(finding: &Finding) -> String {
    [finding.rule.as_str(), &finding.deployment, &finding.subject].join("\0")
}

/// The findings of `head`, each with its status, and those of `base` that are gone.
pub(super) fn compared<'a>(
    base: Side<'a>,
    head: Side<'a>,
    deployments: &[DeploymentChange<'a>],
    rules: &Catalogue,
) -> (Vec<(&'a Finding, Status)>, Vec<&'a Finding>) {
    let mut left: Vec<Option<&Finding>> = base.findings.iter().map(Some).collect();
    let mut by_fingerprint: HashMap<String, Vec<usize>> = HashMap::new();
    let mut by_topic: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, finding) in base.findings.iter().enumerate().rev() {
        by_fingerprint.entry(finding.fingerprint(base.sources)).or_default().push(index);
        by_topic.entry(topic(finding)).or_default().push(index);
    }
    let changes: HashMap<&str, &DeploymentChange<'_>> =
        deployments.iter().map(|change| (change.name(), change)).collect();
    let mut take = |indices: Option<&mut Vec<usize>>| {
        indices.and_then(|indices| {
            while let Some(index) = indices.pop() {
                if left[index].take().is_some() {
                    return Some(index);
                }
            }
            None
        })
    };
    // Those that are the same to the letter first, so that none of them is taken for another.
    let mut statuses: Vec<Option<Status>> = Vec::new();
    for finding in head.findings {
        let before = before(finding, &changes);
        let same = take(by_fingerprint.get_mut(&before.fingerprint(head.sources)));
        statuses.push(same.map(|_| status(finding, &changes, rules)));
    }
    for (finding, known) in head.findings.iter().zip(&mut statuses) {
        if known.is_none() && is_arithmetic(finding, rules) {
            let before = before(finding, &changes);
            *known = take(by_topic.get_mut(&topic(&before))).map(|_| status(finding, &changes, rules));
        }
    }
    let statuses = statuses.into_iter().map(|known| known.unwrap_or(Status::New));
    (head.findings.iter().zip(statuses).collect(), left.into_iter().flatten().collect())
}

/// `finding` as it would have been before: its deployment may have had another name.
fn before(finding: &Finding, changes: &HashMap<&str, &DeploymentChange<'_>>) -> Finding {
    let then = changes.get(finding.deployment.as_str()).and_then(|change| change.budget.base);
    let deployment = then.map_or_else(|| finding.deployment.clone(), |budget| budget.name.clone());
    Finding { deployment, ..finding.clone() }
}

/// Whether it is about a sum, which stays the same subject when another line is to blame; a problem of a file is not.
fn is_arithmetic(finding: &Finding, rules: &Catalogue) -> bool {
    rules.get(&finding.rule).is_some_and(|rule| rule.of != Of::Problem)
}

/// Of a finding that was there before: whether its numbers are worse than they were.
fn status(finding: &Finding, changes: &HashMap<&str, &DeploymentChange<'_>>, rules: &Catalogue) -> Status {
    let Some(change) = changes.get(finding.deployment.as_str()) else { return Status::Known };
    let is_worse = match rules.get(&finding.rule).map(|rule| rule.of) {
        Some(Of::Server) => {
            let name = |pair: &&super::Pair<&crate::budget::ServerBudget>| {
                pair.head.is_some_and(|server| server.server.name == finding.subject)
            };
            change.servers.iter().find(name).is_some_and(server_is_worse)
        }
        Some(Of::Pooler) => {
            let name = |pair: &&super::Pair<&crate::budget::PoolerBudget>| {
                pair.head.is_some_and(|pooler| pooler.pooler.name == finding.subject)
            };
            change.poolers.iter().find(name).is_some_and(pooler_is_worse)
        }
        Some(Of::Group | Of::Pool | Of::Deployment) => change.is_worse(),
        Some(Of::Problem) | None => false,
    };
    if is_worse { Status::Worse } else { Status::Known }
}
