//! JUnit XML, as test reports of Jenkins and GitLab read it: a suite a deployment, a case for everything that rules
//! found something about and for every server, so that a deployment that fits is a report of passed cases.
//!
//! JUnit knows no warnings: a finding that does not fail the run is written into the output of a case that passes.

use std::fmt::Write;

use indexmap::IndexMap;

use super::{Report, Setting};
use crate::rule::Finding;

/// What was found about one subject.
type Cases<'a> = IndexMap<&'a str, Vec<&'a Finding>>;

/// Writes the report.
pub(super) fn junit(report: &Report<'_>, setting: &Setting<'_>) -> String {
    let mut suites: IndexMap<&str, Cases<'_>> = IndexMap::new();
    for budget in report.budgets {
        let cases = suites.entry(&budget.name).or_default();
        let servers = budget.servers.iter().map(|server| server.server.name.as_str());
        for name in servers.chain(budget.poolers.iter().map(|pooler| pooler.pooler.name.as_str())) {
            cases.entry(name).or_default();
        }
        if cases.is_empty() {
            cases.entry("connections").or_default();
        }
    }
    for finding in report.findings {
        suites.entry(&finding.deployment).or_default().entry(&finding.subject).or_default().push(finding);
    }
    let mut writer = Writer { report, setting, text: String::new() };
    writer.suites(&suites);
    writer.text
}

/// How many cases there are, how many fail, and how many could not be judged.
#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
}

struct Writer<'a> {
    report: &'a Report<'a>,
    setting: &'a Setting<'a>,
    text: String,
}

impl Writer<'_> {
    fn suites(&mut self, suites: &IndexMap<&str, Cases<'_>>) {
        let all =
            suites.values().map(|cases| self.counts(cases)).fold(Counts::default(), |sum, next| Counts {
                tests: sum.tests + next.tests,
                failures: sum.failures + next.failures,
                errors: sum.errors + next.errors,
            });
        self.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let _ = writeln!(self.text, "<testsuites name=\"connbudget\"{}>", attributes(all));
        for (deployment, cases) in suites {
            let counts = attributes(self.counts(cases));
            let _ = writeln!(self.text, "  <testsuite name=\"{}\"{counts}>", escaped(deployment));
            for (subject, findings) in cases {
                self.case(deployment, subject, findings);
            }
            self.text.push_str("  </testsuite>\n");
        }
        self.text.push_str("</testsuites>\n");
    }

    fn counts(&self, cases: &Cases<'_>) -> Counts {
        let is_error = |findings: &&Vec<&Finding>| findings.iter().any(|finding| finding.incomplete);
        let fails = |findings: &&Vec<&Finding>| findings.iter().any(|finding| self.setting.fails(finding));
        let errors = cases.values().filter(is_error).count();
        Counts { tests: cases.len(), failures: cases.values().filter(fails).count() - errors, errors }
    }

    fn case(&mut self, deployment: &str, subject: &str, findings: &[&Finding]) {
        let (name, class) = (escaped(subject), escaped(deployment));
        let _ = write!(self.text, "    <testcase name=\"{name}\" classname=\"{class}\"");
        if findings.is_empty() {
            self.text.push_str("/>\n");
            return;
        }
        self.text.push_str(">\n");
        let (failing, passing): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| self.setting.fails(finding));
        let first = failing.iter().find(|finding| finding.incomplete).or(failing.first());
        if let Some(first) = first {
            let element = if first.incomplete { "error" } else { "failure" };
            let (rule, message) = (escaped(&first.rule), escaped(&first.message));
            let text = escaped(&self.texts(&failing));
            let _ = writeln!(
                self.text,
                "      <{element} type=\"{rule}\" message=\"{message}\">{text}</{element}>"
            );
        }
        if !passing.is_empty() {
            let _ = writeln!(self.text, "      <system-out>{}</system-out>", escaped(&self.texts(&passing)));
        }
        self.text.push_str("    </testcase>\n");
    }

    fn texts(&self, findings: &[&Finding]) -> String {
        let text = |finding: &&Finding| {
            let place = self.setting.repository.locate(self.report.sources, &finding.primary.place);
            let mut text =
                format!("{}: {}[{}]: {}", place.words(), finding.severity, finding.rule, finding.message);
            for note in &finding.notes {
                let _ = write!(text, "\n  {note}");
            }
            if let Some(help) = &finding.help {
                let _ = write!(text, "\n  help: {help}");
            }
            text
        };
        findings.iter().map(text).collect::<Vec<_>>().join("\n\n")
    }
}

fn attributes(counts: Counts) -> String {
    format!(" tests=\"{}\" failures=\"{}\" errors=\"{}\"", counts.tests, counts.failures, counts.errors)
}

/// `text` in XML 1.0: the five characters that mean something, line breaks of an attribute, and characters that no
/// document may hold, however they are written (<https://www.w3.org/TR/xml/#charsets>).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_xml() {
        let wild = "a<b>&\"'\n\t\u{1b}[31m\u{0}\u{ffff}]]>ü";
        let document = format!("<x y=\"{0}\">{0}</x>", escaped(wild));
        let read = roxmltree::Document::parse(&document).unwrap();
        let expected = "a<b>&\"'\n\t\u{fffd}[31m\u{fffd}\u{fffd}]]>ü";
        assert_eq!(read.root_element().attribute("y"), Some(expected));
        assert_eq!(read.root_element().text(), Some(expected));
    }
}
