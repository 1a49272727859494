//! The report for people: findings with the lines they are about, then every deployment's budget, then one line that
//! sums up.

use std::collections::BTreeSet;

use super::canvas::{Canvas, Line, Paint};
use super::{Report, Style, glance, snippet};
use crate::rule::Severity;

/// Writes the report.
pub fn human(report: &Report<'_>, style: &Style) -> String {
    let mut canvas = Canvas::default();
    for finding in report.findings {
        canvas.lines.append(&mut snippet::draw(finding, report.sources, style.width).lines);
    }
    for budget in report.budgets {
        glance::draw(&mut canvas, budget, style.width);
        canvas.blank();
    }
    canvas.push(summary(report));
    canvas.print(style.color)
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

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
