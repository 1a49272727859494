//! Findings as an editor shows them.

use std::collections::BTreeMap;

use miette::Diagnostic as _;
use serde_json::{Value, json};

use crate::check::CheckError;
use crate::rule::{Finding, Label, Place, Severity};
use crate::source::{Memory, Sources, Span, TreePath};

use super::chain;
use super::documents::Documents;
use super::folder::{Folder, Run};
use super::position::{self, Encoding};
use super::uri;

/// Diagnostics by the URIs of their files.
pub(super) type ByFile = BTreeMap<String, Vec<Value>>;

/// Not more places are told beside a finding's own.
const MOST_RELATED: usize = 40;

/// How a client takes them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) encoding: Encoding,
    /// Whether it shows related places.
    pub(super) related: bool,
}

/// Adds what was found in `run`.
pub(super) fn add(found: &mut ByFile, run: &Run, taken: Taken) {
    for finding in &run.checked.sorted.findings {
        let uri = run.uri(&finding.primary.place.file(run.sources()));
        let of_file = found.entry(uri).or_default();
        let diagnostic = of(run, finding, taken);
        // Folders of a workspace may lie in one another.
        if !of_file.contains(&diagnostic) {
            of_file.push(diagnostic);
        }
    }
}

/// `finding` as a diagnostic.
pub(super) fn of(run: &Run, finding: &Finding, taken: Taken) -> Value {
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let lines = std::iter::once(finding.message.clone()).chain(finding.notes.iter().cloned()).chain(help);
    let mut value = json!({
        "range": range(run, &finding.primary.place, taken.encoding),
        "severity": severity(finding.severity),
        "code": finding.rule,
        "source": "connbudget",
        "message": lines.collect::<Vec<_>>().join("\n"),
    });
    if let Some(url) = &finding.url {
        value["codeDescription"] = json!({ "href": url });
    }
    if taken.related {
        let related = related(run, finding, taken.encoding);
        if !related.is_empty() {
            value["relatedInformation"] = json!(related);
        }
    }
    value
}

fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 1,
        Severity::Warning => 2,
    }
}

fn range(run: &Run, place: &Place, encoding: Encoding) -> Value {
    match place {
        Place::At(span) => encoding.range(run.sources(), *span),
        Place::File(_) => position::nowhere(),
    }
}

/// The other places of `finding`, and those that the numbers there came through.
fn related(run: &Run, finding: &Finding, encoding: Encoding) -> Vec<Value> {
    let location = |place: &Place, message: &str| {
        let uri = run.uri(&place.file(run.sources()));
        json!({
            "location": { "uri": uri, "range": range(run, place, encoding) },
            "message": if message.is_empty() { "here" } else { message },
        })
    };
    let primary = Some(&finding.primary).filter(|label| !label.text.is_empty());
    let labels: Vec<&Label> = primary.into_iter().chain(&finding.labels).collect();
    let mut told: Vec<Value> = labels.iter().map(|label| location(&label.place, &label.text)).collect();
    let all = std::iter::once(&finding.primary).chain(&finding.labels);
    let mut known: Vec<Span> = all
        .filter_map(|label| match label.place {
            Place::At(span) => Some(span),
            Place::File(_) => None,
        })
        .collect();
    let own = known.clone();
    let budgets = run.checked.budgets.iter().filter(|budget| budget.name == finding.deployment);
    for link in budgets.flat_map(|budget| chain::links(budget, &|span| own.contains(&span))) {
        let factor = &link.factor;
        for step in factor.trail.steps() {
            let Some(span) = step.span().filter(|span| !known.contains(span)) else { continue };
            known.push(span);
            let words = chain::words(factor.trail, step);
            let message = format!("{} {} of {}: {words}", factor.value, factor.name, factor.of.join(" · "));
            told.push(location(&Place::At(span), &message));
        }
    }
    told.truncate(MOST_RELATED);
    told
}

/// Why `folder` could not be linted, at its place, and in words.
pub(super) fn of_error(
    error: &CheckError,
    folder: &Folder,
    documents: &Documents,
    encoding: Encoding,
) -> (String, Option<(String, Value)>) {
    let mut message = error.to_string();
    if let Some(help) = error.help() {
        message.push_str("\nhelp: ");
        message.push_str(&help.to_string());
    }
    let label = error.labels().and_then(|mut labels| labels.next());
    let placed = label.and_then(|label| {
        let contents = error.source_code()?.read_span(label.inner(), 0, 0).ok()?;
        let path = TreePath::new(contents.name()?);
        let uri = uri::join(&folder.uri, path.as_str());
        let open = documents.get(&uri).map(|document| document.text.to_string());
        let text = open.or_else(|| std::fs::read_to_string(folder.path().join(path.as_str())).ok())?;
        let sources = Sources::new(Memory::new([(path.as_str(), text.as_str())]));
        let file = sources.load(&path).ok()?;
        let range = encoding.range(&sources, file.at(label.offset()..label.offset() + label.len()));
        let diagnostic = json!({ "range": range, "severity": 1, "source": "connbudget", "message": message });
        Some((uri, diagnostic))
    });
    (message, placed)
}
