//! The budget as people want to see it in a pull request: verdict, a bar and a table for each server, a picture of who
//! dials whom, and the findings with links to their lines.
//!
//! A comment on GitHub takes 65,536 characters, a step summary 1 MiB: what has no room in [`ROOM`] is counted.

mod escape;
mod mermaid;
mod table;

use std::fmt::Write;

use super::place::Located;
use super::{Report, Setting};
use crate::budget::Budget;
use crate::rule::{Finding, Label, Severity, Verdict, verdict};

pub(super) use escape::{code, prose};

/// The characters that a report takes, with room for a heading above it.
pub(super) const ROOM: usize = 60_000;

/// A part of it for the findings, however many tables there are.
pub(super) const ROOM_FOR_FINDINGS: usize = 25_000;

/// Writes the report.
pub(super) fn markdown(report: &Report<'_>, setting: &Setting<'_>) -> String {
    let mut page = Page::of(heading(report));
    let least = if report.findings.is_empty() { 0 } else { ROOM_FOR_FINDINGS };
    page.parts(report.budgets.iter().map(deployment), ROOM - least, "deployment");
    if !report.findings.is_empty() {
        page.push("\n### Findings\n");
        page.parts(report.findings.iter().map(|found| finding(found, report, setting)), ROOM, "finding");
    }
    page.into_text()
}

/// A text that takes parts as long as there is room.
pub(super) struct Page(String);

impl Page {
    pub(super) fn of(text: String) -> Self {
        Self(text)
    }

    pub(super) fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    pub(super) fn parts(&mut self, parts: impl Iterator<Item = String>, room: usize, word: &str) {
        let mut left = 0;
        let mut used = self.0.chars().count();
        for part in parts {
            let length = part.chars().count();
            if left > 0 || used + length > room {
                left += 1;
            } else {
                self.0.push_str(&part);
                used += length;
            }
        }
        if left > 0 {
            let s = if left == 1 { "" } else { "s" };
            let _ = writeln!(self.0, "\n… and {left} {word}{s} more that have no room here.");
        }
    }
}

pub(super) fn heading(report: &Report<'_>) -> String {
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let counted = |severity: Severity| {
        let count = count(severity);
        let s = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {}{s}", severity.word()))
    };
    let counts: Vec<String> = [Severity::Error, Severity::Warning].into_iter().filter_map(counted).collect();
    let words = match verdict(report.findings) {
        _ if report.budgets.is_empty() && report.findings.is_empty() => "⚪ nothing to lint".to_owned(),
        Verdict::Pass => "✅ the connections fit".to_owned(),
        Verdict::Warn => format!("⚠️ {}", counts.join(", ")),
        Verdict::Fail => format!("❌ {}", counts.join(", ")),
    };
    format!("## connbudget: {words}\n")
}

pub(super) fn deployment(budget: &Budget) -> String {
    let mut text = format!("\n### {}\n{}", code(&budget.name), table::tables(budget));
    if let Some(chart) = mermaid::chart(budget) {
        let _ = write!(text, "\n```mermaid\n{chart}```\n");
    }
    text
}

fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
    }
}

pub(super) fn finding(finding: &Finding, report: &Report<'_>, setting: &Setting<'_>) -> String {
    let locate = |label: &Label| setting.repository.locate(report.sources, &label.place);
    let mut text = format!(
        "\n{} **{}** {} {}\n",
        mark(finding.severity),
        prose(&finding.rule),
        link(&locate(&finding.primary), setting),
        prose(&finding.message),
    );
    if !finding.notes.is_empty() {
        let notes: Vec<String> = finding.notes.iter().map(|note| format!("> {}", prose(note))).collect();
        let _ = writeln!(text, "\n{}", notes.join("\\\n"));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(text, "\n💡 {}", prose(help));
    }
    if !finding.labels.is_empty() {
        let labels: Vec<&Label> = std::iter::once(&finding.primary).chain(&finding.labels).collect();
        let _ = write!(
            text,
            "\n<details><summary>The {} places it comes from</summary>\n\n| Place | |\n|---|---|\n",
            labels.len(),
        );
        for label in labels {
            let _ = writeln!(text, "| {} | {} |", link(&locate(label), setting), prose(&label.text));
        }
        text.push_str("\n</details>\n");
    }
    text
}

pub(super) fn link(place: &Located, setting: &Setting<'_>) -> String {
    let words = code(&place.words());
    match setting.repository.link(place) {
        // A bracket would end the address.
        Some(address) => format!("[{words}](<{address}>)"),
        None => words,
    }
}
