//! The reports for programs. Names are a contract: fields may be added, never renamed.

mod found;
mod inputs;
mod model;
mod plan;
mod pool;
mod table;

use serde::Serialize;

use super::Report;
use crate::budget::{
    Budget, GroupDemand, Measure, Phase, PoolDemand, PoolerBudget, ServerBudget, capacity_words, sum_words,
};
use crate::rule::{Catalogue, Finding, Label, Place, Remedy, Suppressed, verdict};
use crate::source::{Sources, Span};
use crate::trace::{Bound, Count, Origin, Trail};

pub use found::*;
pub use inputs::inputs;
pub use model::*;
pub use plan::{PlanJson, plan};
pub use pool::*;
pub use table::{TableJson, table};

/// What `lint --format json` prints.
pub fn lint(report: &Report<'_>) -> String {
    let places = Places { sources: report.sources };
    print(&LintJson {
        version: VERSION,
        verdict: verdict(report.findings),
        deployments: report.budgets.iter().map(|budget| places.deployment(budget)).collect(),
        findings: report.findings.iter().map(|finding| places.finding(finding)).collect(),
        suppressed: report.suppressed.iter().map(|finding| places.finding(finding)).collect(),
    })
}

/// What `budget --format json` prints: the deployments alone.
pub fn budget(sources: &Sources, budgets: &[Budget]) -> String {
    let places = Places { sources };
    let deployments = budgets.iter().map(|budget| places.deployment(budget)).collect();
    print(&BudgetJson { version: VERSION, deployments })
}

/// What `rules --format json` prints.
pub fn rules(catalogue: &Catalogue) -> String {
    let rule = |rule: &crate::rule::Rule| RuleJson {
        name: rule.name.clone(),
        family: rule.family.clone(),
        severity: rule.severity,
        of: rule.of.word(),
        enabled: rule.enabled,
        options: rule.options.clone(),
        url: rule.page(),
        summary: rule.summary(),
        docs: rule.docs.clone(),
    };
    print(&RulesJson { version: VERSION, rules: catalogue.rules().iter().map(rule).collect() })
}

pub(super) fn print(value: &impl Serialize) -> String {
    // The model has string keys alone, and none of its parts fails to serialize.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// Turns places into files, lines and columns.
pub(super) struct Places<'a> {
    pub(super) sources: &'a Sources,
}

impl Places<'_> {
    fn range(&self, span: Span) -> RangeJson {
        let file = self.sources.file(span.file);
        let (start, end) = (file.line_column(span.start as usize), file.line_column(span.end as usize));
        RangeJson {
            file: file.path.to_string(),
            line: Some(start.line),
            column: Some(start.column),
            end_line: Some(end.line),
            end_column: Some(end.column),
        }
    }

    fn place(&self, place: &Place) -> RangeJson {
        match place {
            Place::At(span) => self.range(*span),
            Place::File(path) => RangeJson {
                file: path.to_string(),
                line: None,
                column: None,
                end_line: None,
                end_column: None,
            },
        }
    }

    pub(super) fn trail(&self, trail: &Trail) -> Vec<OriginJson> {
        trail.steps().map(|step| self.origin(step)).collect()
    }

    fn origin(&self, origin: &Origin) -> OriginJson {
        match origin {
            Origin::Place { how, span } => {
                let file = self.sources.file(span.file);
                let (start, end) =
                    (file.line_column(span.start as usize), file.line_column(span.end as usize));
                OriginJson::Place {
                    file: file.path.to_string(),
                    line: start.line,
                    column: start.column,
                    end_line: end.line,
                    end_column: end.column,
                    how: how.word(),
                }
            }
            Origin::Default { of } => OriginJson::Default { how: "default", of: of.to_string() },
            Origin::CommandLine { argument } => {
                OriginJson::CommandLine { how: "command-line", argument: argument.clone() }
            }
        }
    }

    fn deployment(&self, budget: &Budget) -> DeploymentJson {
        DeploymentJson {
            name: budget.name.clone(),
            files: budget.files.iter().map(ToString::to_string).collect(),
            servers: budget.servers.iter().map(|server| self.server(server)).collect(),
            poolers: budget.poolers.iter().map(|pooler| self.pooler(pooler)).collect(),
            unplaced: budget.unplaced.iter().map(|group| self.group(group)).collect(),
        }
    }

    fn server(&self, budget: &ServerBudget) -> ServerJson {
        let server = &budget.server;
        ServerJson {
            name: server.name.clone(),
            max_connections: CountJson::of(&server.max_connections.value),
            superuser_reserved: CountJson::of(&server.superuser_reserved.value),
            reserved: CountJson::of(&server.reserved.value),
            reserve: CountJson::of(&budget.capacity.reserve.value),
            capacity: budget.capacity.slots,
            ceiling: CountJson::of(&budget.ceiling),
            reachable: CountJson::of(&budget.reachable),
            floor: floor(&budget.reachable),
            percent: budget.percent(),
            sums: sum_words(budget, Measure::Reachable),
            capacity_sum: capacity_words(budget).0,
            phases: budget.phases.iter().map(|phase| self.phase(phase)).collect(),
            origins: ServerOrigins {
                max_connections: self.trail(&server.max_connections.trail),
                superuser_reserved: self.trail(&server.superuser_reserved.trail),
                reserved: self.trail(&server.reserved.trail),
                reserve: self.trail(&budget.capacity.reserve.trail),
            },
            clients: budget.clients.iter().map(|client| self.group(client)).collect(),
        }
    }

    fn pooler(&self, budget: &PoolerBudget) -> PoolerJson {
        let limit = |count: &Count| CountJson::of(&count.value);
        let origins =
            |count: &Option<Count>| count.as_ref().map_or_else(Vec::new, |count| self.trail(&count.trail));
        PoolerJson {
            name: budget.pooler.name.clone(),
            program: budget.pooler.program,
            mode: budget.mode().map(str::to_owned),
            server: budget.servers.join(", "),
            max_client_conn: CountJson::of(&budget.max_clients),
            max_db_connections: budget.pooler.max_db_connections.as_ref().map(limit),
            max_user_connections: budget.pooler.max_user_connections.as_ref().map(limit),
            client_ceiling: CountJson::of(&budget.client_ceiling),
            client_reachable: CountJson::of(&budget.client_reachable),
            server_ceiling: CountJson::of(&budget.server_ceiling),
            server_reachable: CountJson::of(&budget.server_reachable),
            configured: CountJson::of(&budget.configured),
            origins: PoolerOrigins {
                max_client_conn: self.trail(&budget.pooler.max_client_conn.trail),
                max_db_connections: origins(&budget.pooler.max_db_connections),
                max_user_connections: origins(&budget.pooler.max_user_connections),
                replicas: self.trail(&budget.pooler.replicas.trail),
            },
            clients: budget.clients.iter().map(|client| self.group(client)).collect(),
        }
    }

    fn phase(&self, phase: &Phase) -> PhaseJson {
        let more = |(name, more): &(String, Count)| MoreJson {
            name: name.clone(),
            more: CountJson::of(&more.value),
            origins: self.trail(&more.trail),
        };
        PhaseJson {
            name: phase.event.name(),
            ceiling: CountJson::of(&phase.ceiling),
            reachable: CountJson::of(&phase.reachable),
            groups: phase.more.iter().map(more).collect(),
        }
    }

    fn group(&self, demand: &GroupDemand) -> GroupJson {
        let group = &demand.group;
        GroupJson {
            name: group.name.clone(),
            program: group.program,
            replicas: CountJson::of(&group.replicas.value),
            processes: CountJson::of(&group.processes.value),
            alternatives: group
                .alternatives
                .iter()
                .map(|other| AlternativeJson {
                    processes: CountJson::of(&other.value),
                    origins: self.trail(&other.trail),
                })
                .collect(),
            threads: CountJson::of(&group.threads.value),
            concurrency: CountJson::of(&group.concurrency.value),
            engines: CountJson::of(&group.engines.value),
            ceiling: CountJson::of(&demand.ceiling),
            reachable: CountJson::of(&demand.reachable),
            floor: floor(&demand.reachable),
            pools: demand.pools.iter().map(|pool| self.pool(pool)).collect(),
            origins: GroupOrigins {
                processes: self.trail(&group.processes.trail),
                command: group.command.as_ref().map_or_else(Vec::new, |command| self.trail(command)),
                replicas: self.trail(&group.replicas.trail),
                threads: self.trail(&group.threads.trail),
                concurrency: self.trail(&group.concurrency.trail),
                engines: self.trail(&group.engines.trail),
            },
        }
    }

    fn pool(&self, demand: &PoolDemand) -> PoolJson {
        let pool = &demand.pool;
        let trail = |count: &Option<crate::trace::Count>| {
            count.as_ref().map(|count| self.trail(&count.trail)).unwrap_or_default()
        };
        PoolJson {
            name: pool.name.clone(),
            kind: pool.kind,
            size: pool.size.as_ref().map(|size| CountJson::of(&size.value)),
            overflow: pool.overflow.as_ref().map(|overflow| CountJson::of(&overflow.value)),
            ceiling: CountJson::of(&demand.ceiling),
            reachable: CountJson::of(&demand.reachable),
            place: pool.place.map(|span| self.range(span)),
            settings: pool
                .settings
                .iter()
                .map(|setting| (setting.name.to_ascii_lowercase(), MeaningJson::of(&setting.meaning)))
                .collect(),
            origins: PoolOrigins {
                size: trail(&pool.size),
                overflow: trail(&pool.overflow),
                settings: pool
                    .settings
                    .iter()
                    .map(|setting| (setting.name.to_ascii_lowercase(), self.trail(&setting.trail)))
                    .collect(),
            },
        }
    }

    pub(super) fn finding(&self, finding: &Finding) -> FindingJson {
        let labels =
            std::iter::once((&finding.primary, true)).chain(finding.labels.iter().map(|l| (l, false)));
        FindingJson {
            rule: finding.rule.clone(),
            severity: finding.severity,
            message: finding.message.clone(),
            deployment: finding.deployment.clone(),
            subject: finding.subject.clone(),
            range: self.place(&finding.primary.place),
            labels: labels.map(|(label, primary)| self.label(label, primary)).collect(),
            notes: finding.notes.clone(),
            help: finding.help.clone(),
            fixes: finding.remedies.iter().map(|remedy| self.fix(remedy)).collect(),
            incomplete: finding.incomplete,
            url: finding.url.clone(),
            fingerprint: finding.fingerprint(self.sources),
            suppressed: finding.suppressed.as_ref().map(|suppressed| self.suppressed(suppressed)),
        }
    }

    fn fix(&self, remedy: &Remedy) -> FixJson {
        let edit = |(span, text): &(Span, String)| EditJson { range: self.range(*span), text: text.clone() };
        FixJson { description: remedy.description.clone(), edits: remedy.edits.iter().map(edit).collect() }
    }

    fn suppressed(&self, suppressed: &Suppressed) -> SuppressedJson {
        SuppressedJson {
            by: suppressed.by,
            range: self.place(&suppressed.place),
            reason: suppressed.reason.clone(),
        }
    }

    fn label(&self, label: &Label, primary: bool) -> LabelJson {
        LabelJson { range: self.place(&label.place), message: label.text.clone(), primary }
    }
}

/// What is known of an unknown number.
fn floor(bound: &Bound) -> Option<u64> {
    bound.is_unknown().then(|| bound.floor())
}

#[cfg(test)]
mod tests;
