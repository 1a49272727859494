//! The report for people: findings with the lines they are about, then every deployment's budget, then one line that
//! sums up.

use std::collections::BTreeSet;

use super::canvas::{Canvas, Line, Paint};
use super::{Report, Style, counted, glance, snippet};
use crate::rule::{Finding, Severity};
use crate::source::Sources;

/// Writes the report.
pub fn human(report: &Report<'_>, style: &Style) -> String {
    let mut text: String =
        report.findings.iter().map(|finding| drawn(finding, report.sources, style)).collect();
    let mut canvas = Canvas::default();
    for budget in report.budgets {
        glance::draw(&mut canvas, budget, style.width);
        canvas.blank();
    }
    canvas.push(summary(report));
    text.push_str(&canvas.print(style.color));
    text
}

/// A finding, its rule's name a link where the terminal can (OSC 8,
/// <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>).
fn drawn(finding: &Finding, sources: &Sources, style: &Style) -> String {
    let text = snippet::draw(finding, sources, style.width).print(style.color);
    match &finding.url {
        // The address may come from a project's own rule file: a control character would end the sequence early.
        Some(url) if style.links && !url.chars().any(char::is_control) => {
            let name = &finding.rule;
            let link = format!("[\u{1b}]8;;{url}\u{1b}\\{name}\u{1b}]8;;\u{1b}\\]");
            text.replacen(&format!("[{name}]"), &link, 1)
        }
        _ => text,
    }
}

/// Writes `findings` alone, as the report shows them.
pub fn findings(findings: &[Finding], sources: &Sources, style: &Style) -> String {
    let text: String = findings.iter().map(|finding| drawn(finding, sources, style)).collect();
    text.trim_end().to_owned() + "\n"
}

fn summary(report: &Report<'_>) -> Line {
    let mut line = Line::default();
    for (severity, paint) in [(Severity::Error, Paint::Error), (Severity::Warning, Paint::Warning)] {
        let count = report.findings.iter().filter(|finding| finding.severity == severity).count();
        if count > 0 {
            let separator = if line.runs.is_empty() { "" } else { ", " };
            line.push(Paint::Plain, separator).push(paint, &counted(count, severity.word()));
        }
    }
    if line.runs.is_empty() {
        line.push(Paint::Good, "no findings");
    }
    if !report.suppressed.is_empty() {
        line.push(Paint::Plain, ", ").push(Paint::Dim, &format!("{} suppressed", report.suppressed.len()));
    }
    let files: BTreeSet<_> = report.budgets.iter().flat_map(|budget| &budget.files).collect();
    let deployments = counted(report.budgets.len(), "deployment");
    line.push(Paint::Plain, &format!(" · {deployments}, {}", counted(files.len(), "file")));
    if let Some(elapsed) = report.elapsed {
        line.push(Paint::Plain, &format!(", {} ms", elapsed.as_millis()));
    }
    line
}

#[cfg(test)]
mod tests;
