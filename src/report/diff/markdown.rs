//! The comparison for a pull request: what changed first, then the budget as it is after the change.

use std::fmt::Write;

use super::{Diff, arrow, difference, whose};
use crate::diff::{DeploymentChange, Pair, Status};
use crate::report::markdown::{
    Page, ROOM, ROOM_FOR_FINDINGS, code, deployment, finding, heading, link, prose,
};
use crate::report::{Setting, glance};
use crate::rule::{Finding, Place};
use crate::source::{Sources, Span};
use crate::trace::{Bound, Trail};

/// Writes the report.
pub(super) fn markdown(diff: &Diff<'_>, setting: &Setting<'_>) -> String {
    let comparison = diff.comparison;
    let report = diff.after();
    let mut page = Page::of(heading(&report));
    page.push(&format!("\n{} → {}\n", code(&diff.base.words()), code(&diff.head.words())));
    let changes = comparison.deployments.iter().map(|change| changed(diff, change, setting));
    page.parts(changes, ROOM - ROOM_FOR_FINDINGS, "deployment");
    let brought: Vec<&Finding> = comparison
        .findings
        .iter()
        .filter(|(_, status)| *status != Status::Known)
        .map(|(finding, _)| *finding)
        .collect();
    if !brought.is_empty() {
        page.push("\n### What this change makes worse\n");
        page.parts(brought.iter().map(|found| finding(found, &report, setting)), ROOM - 10_000, "finding");
    }
    if !comparison.gone.is_empty() {
        page.push("\n### What is gone\n\n");
        let line = |found: &&Finding| format!("- ✅ **{}** {}\n", prose(&found.rule), prose(&found.message));
        page.parts(comparison.gone.iter().map(line), ROOM - 5_000, "finding");
    }
    match diff.count(Status::Known) {
        0 => {}
        1 => page.push("\n1 finding was there before.\n"),
        known => page.push(&format!("\n{known} findings were there before.\n")),
    }
    page.push("\n<details><summary>The whole budget after the change</summary>\n");
    page.parts(report.budgets.iter().map(deployment), ROOM, "deployment");
    page.push("\n</details>\n");
    page.into_text()
}

fn changed(diff: &Diff<'_>, change: &DeploymentChange<'_>, setting: &Setting<'_>) -> String {
    let mut text = format!("\n### {}\n", arrow(&change.budget.map(|budget| code(&budget.name))));
    if !(change.servers.is_empty() && change.poolers.is_empty()) {
        text.push_str("\n| | Can be opened | | Fit | Share |\n|---|--:|--:|--:|--:|\n");
    }
    for pair in &change.servers {
        let name = pair.either().map_or_else(String::new, |server| glance::name_of(server));
        let fit = pair.map(|server| server.capacity.slots.map_or("?".to_owned(), |slots| slots.to_string()));
        let share = pair.map(|server| glance::share(server));
        row(&mut text, &name, &pair.map(|server| server.reachable.clone()), &fit, &share);
    }
    for pair in &change.poolers {
        let name = pair.either().map_or_else(String::new, |pooler| glance::pooler_name(pooler));
        let fit = pair.map(|pooler| pooler.max_clients.to_string());
        let share = pair.map(|pooler| glance::pooler_share(pooler).0);
        row(&mut text, &name, &pair.map(|pooler| pooler.client_reachable.clone()), &fit, &share);
    }
    if change.factors.is_empty() {
        text.push_str("\nNo factor has moved.\n");
        return text;
    }
    text.push_str("\n| | Factor | Before | After |\n|---|---|---|---|\n");
    let servers = change.servers.len() + change.poolers.len();
    for factor in &change.factors {
        let base = factor.factor.base.as_ref();
        let before = base.map(|f| side(&f.value, f.trail, diff.comparison.base.sources, setting, false));
        let head = factor.factor.head.as_ref();
        let after = head.map(|f| side(&f.value, f.trail, diff.comparison.head.sources, setting, true));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            code(&whose(&factor.of, servers)),
            prose(&factor.name),
            before.unwrap_or_else(|| "–".to_owned()),
            after.unwrap_or_else(|| "–".to_owned()),
        );
    }
    text
}

fn row(text: &mut String, name: &str, sum: &Pair<Bound>, fit: &Pair<String>, share: &Pair<String>) {
    let _ = writeln!(
        text,
        "| **{}** | {} | {} | {} | {} |",
        prose(name),
        prose(&arrow(&sum.map(ToString::to_string))),
        difference(sum).unwrap_or_default(),
        prose(&arrow(fit)),
        arrow(share),
    );
}

/// A value and where it stands; only the state after has links, since those lead to its commit.
fn side(value: &str, trail: &Trail, sources: &Sources, setting: &Setting<'_>, links: bool) -> String {
    let place = |span: Span| {
        let located = setting.repository.locate(sources, &Place::At(span));
        if links { link(&located, setting) } else { code(&located.words()) }
    };
    let from = match (trail.default(), trail.place()) {
        (Some(of), Some(span)) => {
            format!("{}, as {} leaves it", prose(&format!("default of {of}")), place(span))
        }
        (Some(of), None) => prose(&format!("default of {of}")),
        (None, Some(span)) => place(span),
        (None, None) => String::new(),
    };
    format!("**{}** {from}", prose(value))
}
