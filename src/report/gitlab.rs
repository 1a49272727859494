//! GitLab's code quality report: a list, one element a finding
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Report, Setting};
use crate::rule::Severity;

/// Writes the report.
pub(super) fn gitlab(report: &Report<'_>, setting: &Setting<'_>) -> String {
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let entries: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let place = setting.repository.locate(report.sources, &finding.primary.place);
            let end = place.region.map_or(1, |region| region.end_line);
            let fingerprint = finding.fingerprint(report.sources);
            // GitLab takes two entries of the same fingerprint for one.
            let nth = seen.entry(fingerprint.clone()).and_modify(|nth| *nth += 1).or_insert(1);
            let fingerprint = if *nth == 1 { fingerprint } else { format!("{fingerprint}-{nth}") };
            json!({
                "description": finding.message,
                "check_name": finding.rule,
                "fingerprint": fingerprint,
                // An error fails the gate; a warning is something to look at.
                "severity": if finding.severity == Severity::Error { "critical" } else { "minor" },
                "location": { "path": place.path.as_str(), "lines": { "begin": place.line(), "end": end } },
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&entries).unwrap_or_default();
    text.push('\n');
    text
}
