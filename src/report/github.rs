//! Annotations of a GitHub workflow: commands on standard output that the runner turns into marks beside the lines
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::canvas::visible;
use super::{Report, Setting};
use crate::rule::{Finding, Severity};

/// GitHub shows ten errors and ten warnings of a step and drops the others without a word
/// (<https://docs.github.com/en/rest/checks/runs>).
const MOST: usize = 10;

/// Writes the report: the errors, the warnings, and a notice that counts what has no room.
pub(super) fn github(report: &Report<'_>, setting: &Setting<'_>) -> String {
    let mut text = String::new();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for severity in [Severity::Error, Severity::Warning] {
        let mut findings = report.findings.iter().filter(|finding| finding.severity == severity);
        for finding in findings.by_ref().take(MOST) {
            text.push_str(&annotation(finding, report, setting));
        }
        for finding in findings {
            *left.entry(&finding.rule).or_default() += 1;
        }
    }
    let count: usize = left.values().sum();
    if count > 0 {
        let rules: Vec<String> = left.iter().map(|(rule, count)| format!("{count} × {rule}")).collect();
        let words = format!("{count} more findings: {}", rules.join(", "));
        let _ = writeln!(text, "::notice title=connbudget::{}", data(&words));
    }
    text
}

fn annotation(finding: &Finding, report: &Report<'_>, setting: &Setting<'_>) -> String {
    let place = setting.repository.locate(report.sources, &finding.primary.place);
    let mut properties = format!("file={}", property(place.path.as_str()));
    if let Some(region) = place.region {
        let _ = write!(properties, ",line={},endLine={}", region.line, region.end_line);
        // The checks API takes columns of a single line alone.
        if region.line == region.end_line {
            let _ = write!(properties, ",col={},endColumn={}", region.column, region.end_column);
        }
    }
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let lines = std::iter::once(finding.message.clone()).chain(finding.notes.iter().cloned()).chain(help);
    let message = lines.collect::<Vec<_>>().join("\n");
    let title = property(&finding.rule);
    format!("::{} {properties},title={title}::{}\n", finding.severity.word(), data(&message))
}

/// A message, escaped as the runner unescapes it (actions/runner, `ActionCommand.cs`). Other control characters are
/// shown as their pictures: a log is read in a terminal too.
fn data(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            c => escaped.push(visible(c)),
        }
    }
    escaped
}

/// A property's value: what ends a property is escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("100 %\r\n::error::x, y"), "100 %25%0D%0A::error::x, y");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
