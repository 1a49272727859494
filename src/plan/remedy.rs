//! Plans beside the findings that they answer: the help line, and the edits for whoever applies them (SARIF, an editor).

use super::case::Case;
use super::knob::Knob;
use super::proposal::{Kind, Plan, Planned, Standing, plan};
use crate::analysis::Request;
use crate::config::Config;
use crate::rule::{Finding, Remedy};
use crate::source::Sources;

/// The rules that find what a plan makes fit.
const RULES: [&str; 2] = ["over-budget", "over-budget-if-concurrent"];

/// So many plans are named in a help line, beside a larger server.
const NAMED: usize = 3;

/// Every number is tried by reading all files again. A tree of more than these takes seconds for each, which nobody expects of
/// a gate: there `connbudget plan` says what to change.
const MOST_FILES: usize = 1_000;

/// Gives the findings of servers that are over what to do about them, in the files that they were found in. Where none is,
/// nothing is read again, and nothing costs time.
pub fn answer(sources: &Sources, config: &Config, request: &Request, findings: &mut [Finding]) {
    let is_over = |finding: &Finding| RULES.contains(&finding.rule.as_str());
    if !findings.iter().any(is_over) {
        return;
    }
    let case = Case::read(sources, config, request);
    if case.deployments().iter().map(|deployment| deployment.files.len()).sum::<usize>() > MOST_FILES {
        return;
    }
    let planned = plan(&case);
    for finding in findings.iter_mut().filter(|finding| is_over(finding)) {
        let here =
            |server: &Standing| server.deployment == finding.deployment && server.server == finding.subject;
        let Some(server) = planned.servers.iter().position(here) else { continue };
        if !planned.servers[server].is_over() {
            continue;
        }
        let plans: Vec<&Plan> = planned
            .plans
            .iter()
            .filter(|plan| plan.servers.get(server).is_some_and(|then| !then.is_over()))
            .collect();
        if let Some(help) = help(&planned, &plans, server) {
            finding.help = Some(help);
        }
        let written = plans.iter().filter(|plan| plan.is_written());
        finding.remedies = written.map(|plan| remedy(case.sources(), &planned.knobs.all, plan)).collect();
    }
}

/// "POOL_SIZE 2 and MAX_OVERFLOW 2 fit (80); or workers 2 (60); or max_connections=313".
fn help(planned: &Planned, plans: &[&Plan], server: usize) -> Option<String> {
    let (raised, smaller): (Vec<&Plan>, Vec<&Plan>) =
        plans.iter().partition(|plan| plan.kind == Kind::Raised);
    let total = |plan: &Plan| plan.servers.get(server).map_or(0, |then| then.load.counted);
    let smaller = smaller.into_iter().take(NAMED).enumerate().map(|(index, plan)| {
        let verb = match (index, plan.steps.len()) {
            (0, 1) => " fits",
            (0, _) => " fit",
            _ => "",
        };
        format!("{}{verb} ({})", words(&planned.knobs.all, plan), total(plan))
    });
    let raised = raised
        .into_iter()
        .filter_map(|plan| Some(format!("max_connections={}", plan.servers.get(server)?.limit?)));
    let words: Vec<String> = smaller.chain(raised).collect();
    if words.is_empty() {
        return None;
    }
    let can_be_written = plans.first().is_some_and(|plan| plan.is_written());
    let command = if can_be_written { ". `connbudget fix` writes the first" } else { "" };
    Some(format!("{}{command}", words.join("; or ")))
}

/// The numbers of `plan` by their names: "POOL_SIZE 2 and MAX_OVERFLOW 2"; of two that are called alike each with whose it is,
/// "engine.pool_size 2 and async_engine.pool_size 3".
pub fn words(knobs: &[Knob], plan: &Plan) -> String {
    let turned: Vec<(&Knob, u64)> =
        plan.steps.iter().filter_map(|step| Some((knobs.get(step.knob)?, step.to))).collect();
    let number = |(knob, to): &(&Knob, u64)| {
        let name = knob.name.trim_start_matches('-');
        let is_alone = turned.iter().filter(|(other, _)| other.name == knob.name).count() == 1;
        match knob.effects.iter().find(|effect| effect.slot.role == knob.role) {
            Some(effect) if !is_alone => {
                let whose = effect.slot.pool.as_ref().unwrap_or(&effect.slot.owner);
                format!("{whose}.{name} {to}")
            }
            _ => format!("{name} {to}"),
        }
    };
    let mut steps: Vec<String> = turned.iter().map(number).collect();
    let Some(last) = steps.pop() else { return "nothing changes in the files".to_owned() };
    if steps.is_empty() { last } else { format!("{} and {last}", steps.join(", ")) }
}

fn remedy(sources: &Sources, knobs: &[Knob], plan: &Plan) -> Remedy {
    let edits = plan.edits(knobs).into_iter().filter_map(|edit| {
        let file = sources.load(&edit.path).ok()?;
        Some((file.at(edit.range), edit.text))
    });
    Remedy { description: words(knobs, plan), edits: edits.collect() }
}
