//! SARIF 2.1.0, as code scanning and editors read it
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; GitHub's subset:
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::place::percent_encoded;
use super::{Report, Setting};
use crate::budget::{Budget, factors};
use crate::rule::{Finding, Label, Place, Remedy, Severity, Suppressed, Suppressor};
use crate::source::Span;
use crate::trace::{How, Origin, Trail};

/// The name of the folder that relative URIs are seen from: the one that CodeQL and GitHub use.
const ROOT: &str = "%SRCROOT%";

/// Writes the report.
pub(super) fn sarif(report: &Report<'_>, setting: &Setting<'_>) -> String {
    let log = Log { report, setting };
    let findings: Vec<&Finding> = report.findings.iter().chain(report.suppressed).collect();
    let mut rules: Vec<&str> = Vec::new();
    for finding in &findings {
        if !rules.contains(&finding.rule.as_str()) {
            rules.push(&finding.rule);
        }
    }
    let mut seen = BTreeMap::new();
    let ways: BTreeMap<&str, Vec<&Trail>> =
        report.budgets.iter().map(|budget| (budget.name.as_str(), ways(budget))).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let index = rules.iter().position(|rule| *rule == finding.rule);
            let ways = ways.get(finding.deployment.as_str()).map_or(&[][..], Vec::as_slice);
            log.result(finding, index, ways, &mut seen)
        })
        .collect();
    let run = json!({
        "tool": { "driver": {
            "name": "connbudget",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules.iter().map(|name| log.rule(name)).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        // No address: the report is the same on every machine, and whoever reads it knows where the checkout is.
        "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the repository" } } },
        "invocations": [{
            "executionSuccessful": !report.findings.iter().any(|finding| finding.incomplete),
        }],
        "results": results,
    });
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    // A value made of strings, numbers and lists is always written.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

/// The ways in `budget` that went through several places.
fn ways(budget: &Budget) -> Vec<&Trail> {
    let mut ways: Vec<&Trail> = Vec::new();
    for factor in factors(budget) {
        if places(factor.trail).count() > 1 && !ways.contains(&factor.trail) {
            ways.push(factor.trail);
        }
    }
    ways
}

fn places(trail: &Trail) -> impl Iterator<Item = (How, Span)> {
    trail.steps().filter_map(|step| match step {
        Origin::Place { how, span } => Some((*how, *span)),
        Origin::Default { .. } | Origin::CommandLine { .. } => None,
    })
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

struct Log<'a> {
    report: &'a Report<'a>,
    setting: &'a Setting<'a>,
}

impl Log<'_> {
    fn rule(&self, name: &str) -> Value {
        let Some(rule) = self.setting.rules.get(name) else {
            // A rule that could not be evaluated is a finding without a file of its own.
            return json!({ "id": name, "defaultConfiguration": { "level": "error" } });
        };
        let summary = rule.summary();
        let sentence = summary.split_inclusive(". ").next().unwrap_or_default().trim_end();
        let mut value = json!({
            "id": rule.name,
            "shortDescription": { "text": sentence },
            "fullDescription": { "text": summary },
            "help": { "text": rule.docs, "markdown": rule.docs },
            "defaultConfiguration": { "level": level(rule.severity) },
            "properties": { "tags": [rule.family], "problem.severity": level(rule.severity) },
        });
        if let Some(uri) = rule.page() {
            value["helpUri"] = json!(uri);
        }
        value
    }

    fn result(
        &self,
        finding: &Finding,
        rule: Option<usize>,
        ways: &[&Trail],
        seen: &mut BTreeMap<String, u64>,
    ) -> Value {
        let fingerprint = finding.fingerprint(self.report.sources);
        let nth = seen.entry(fingerprint.clone()).and_modify(|nth| *nth += 1).or_insert(1);
        let mut value = json!({
            "ruleId": finding.rule,
            "ruleIndex": rule,
            "level": level(finding.severity),
            "message": { "text": text(finding) },
            "locations": [self.location(&finding.primary.place, Some(&finding.primary.text))],
            "partialFingerprints": { "connbudget/v1": format!("{fingerprint}:{nth}") },
            "properties": { "deployment": finding.deployment, "subject": finding.subject },
        });
        // Where one result says whether it is suppressed, all have to (3.27.23).
        if !self.report.suppressed.is_empty() {
            let suppressions: Vec<Value> =
                finding.suppressed.iter().map(|suppressed| self.suppression(suppressed)).collect();
            value["suppressions"] = json!(suppressions);
        }
        let related: Vec<Value> =
            finding.labels.iter().enumerate().map(|(id, label)| self.related(id, label)).collect();
        if !related.is_empty() {
            value["relatedLocations"] = json!(related);
        }
        let fixes: Vec<Value> = finding.remedies.iter().map(|remedy| self.fix(remedy)).collect();
        if !fixes.is_empty() {
            value["fixes"] = json!(fixes);
        }
        let flows = self.flows(finding, ways);
        if !flows.is_empty() {
            value["codeFlows"] = json!(flows);
        }
        value
    }

    /// A change of the files (3.55): for each file what goes and what comes.
    fn fix(&self, remedy: &Remedy) -> Value {
        let mut changes: Vec<(Value, Vec<Value>)> = Vec::new();
        for (span, text) in &remedy.edits {
            let location = self.location(&Place::At(*span), None);
            let physical = &location["physicalLocation"];
            let replacement = json!({
                "deletedRegion": physical["region"],
                "insertedContent": { "text": text },
            });
            let artifact = &physical["artifactLocation"];
            match changes.iter_mut().find(|(known, _)| known == artifact) {
                Some((_, replacements)) => replacements.push(replacement),
                None => changes.push((artifact.clone(), vec![replacement])),
            }
        }
        let changes = changes.into_iter().map(
            |(artifact, replacements)| json!({ "artifactLocation": artifact, "replacements": replacements }),
        );
        json!({
            "description": { "text": remedy.description },
            "artifactChanges": changes.collect::<Vec<_>>(),
        })
    }

    fn suppression(&self, suppressed: &Suppressed) -> Value {
        let kind = match suppressed.by {
            Suppressor::Comment => "inSource",
            Suppressor::Baseline => "external",
        };
        let mut value = json!({ "kind": kind, "location": self.location(&suppressed.place, None) });
        if let Some(reason) = &suppressed.reason {
            value["justification"] = json!(reason);
        }
        value
    }

    fn location(&self, place: &Place, message: Option<&str>) -> Value {
        let located = self.setting.repository.locate(self.report.sources, place);
        let path = located.path.as_str();
        let mut physical = json!({ "artifactLocation": if path.starts_with('/') {
            json!({ "uri": format!("file://{}", percent_encoded(path)) })
        } else {
            json!({ "uri": percent_encoded(path), "uriBaseId": ROOT })
        }});
        if let Some(region) = located.region {
            physical["region"] = json!({
                "startLine": region.line,
                "startColumn": region.column,
                "endLine": region.end_line,
                "endColumn": region.end_column,
            });
        }
        let mut location = json!({ "physicalLocation": physical });
        if let Some(message) = message.filter(|message| !message.is_empty()) {
            location["message"] = json!({ "text": message });
        }
        location
    }

    fn related(&self, id: usize, label: &Label) -> Value {
        let mut location = self.location(&label.place, Some(&label.text));
        location["id"] = json!(id);
        location
    }

    /// The way of each number that `finding` points at, where it came through several places.
    fn flows(&self, finding: &Finding, ways: &[&Trail]) -> Vec<Value> {
        let labels = std::iter::once(&finding.primary).chain(&finding.labels);
        let spans: Vec<Span> = labels
            .filter_map(|label| match label.place {
                Place::At(span) => Some(span),
                Place::File(_) => None,
            })
            .collect();
        let passes = |trail: &&&Trail| places(trail).any(|(_, span)| spans.contains(&span));
        ways.iter().filter(passes).map(|trail| self.flow(trail)).collect()
    }

    fn flow(&self, trail: &Trail) -> Value {
        let step = |(how, span): (How, Span)| {
            let word = match trail.default() {
                Some(of) if how == How::Implied => format!("nothing sets it here: default of {of}"),
                _ => how.word().to_owned(),
            };
            json!({ "location": self.location(&Place::At(span), Some(&word)) })
        };
        json!({ "threadFlows": [{ "locations": places(trail).map(step).collect::<Vec<_>>() }] })
    }
}

/// The message with everything that is below it in the report for people.
fn text(finding: &Finding) -> String {
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let lines = std::iter::once(finding.message.clone()).chain(finding.notes.iter().cloned()).chain(help);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Policy, sample};
    use crate::report::{Repository, Style};
    use crate::rule::Catalogue;
    use crate::source::TreePath;

    #[test]
    fn what_is_suppressed_is_told_and_marked() {
        let sample = sample::before();
        let budgets = [sample.budget()];
        let rules = Catalogue::built_in().unwrap();
        let findings = rules.judge(&budgets, &Policy::default());
        let mut suppressed = findings.clone();
        let place = Place::File(TreePath::new("connbudget-baseline.json"));
        suppressed[0].suppressed = Some(Suppressed { by: Suppressor::Baseline, place, reason: None });
        let setting = Setting {
            style: Style { color: false, width: 100, links: false },
            rules: &rules,
            repository: Repository::default(),
            fails_from: None,
        };
        let told = |findings: &[Finding], suppressed: &[Finding]| {
            let report =
                Report { sources: &sample.sources, budgets: &budgets, findings, suppressed, elapsed: None };
            let log: Value = serde_json::from_str(&sarif(&report, &setting)).unwrap();
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            results.iter().map(|result| result["suppressions"].clone()).collect::<Vec<_>>()
        };
        let location = json!({ "physicalLocation": {
            "artifactLocation": { "uri": "connbudget-baseline.json", "uriBaseId": ROOT }
        }});
        let mark = json!([{ "kind": "external", "location": location }]);
        assert_eq!(told(&[], &suppressed[..1]), std::slice::from_ref(&mark));
        assert_eq!(told(&findings[..1], &suppressed[..1]), [json!([]), mark]);
        assert_eq!(told(&findings[..1], &[]), [Value::Null]);
    }
}
