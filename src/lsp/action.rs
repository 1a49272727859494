//! Suppressing a finding where it stands, with a reason.
//!
//! A comment that would change what a file says (in a block of YAML, behind a line that goes on) must not be offered. No
//! list of such places would be whole, so each comment is tried: the folder is linted with it, and it is offered if the
//! finding is gone, every other one is still there, and every sum is what it was.

use serde_json::{Value, json};

use crate::rule::{Finding, Place, Remedy, Severity};
use crate::source::SourceFile;

use super::diagnostic::{self, Taken};
use super::documents::Documents;
use super::folder::{Folder, Run};
use super::position::Position;
use super::wire::Range;
use super::{Options, diagnostic::ByFile};

/// What stands where the person says why.
const REASON: &str = "TODO: say why";

/// Trying takes a run each; not more findings of a range are tried.
const MOST: usize = 5;

/// What an action is made with.
pub(super) struct Context<'a> {
    pub(super) folder: &'a Folder,
    pub(super) run: &'a Run,
    pub(super) documents: &'a Documents,
    pub(super) options: &'a Options,
    pub(super) taken: Taken,
}

/// A line of text and where it goes.
struct Comment {
    offset: usize,
    text: String,
}

impl Context<'_> {
    /// The actions for what was found in `range` of the file `uri`.
    pub(super) fn actions(&self, uri: &str, range: Range) -> Vec<Value> {
        let Some(document) = self.documents.get(uri) else { return Vec::new() };
        let files = self.run.files(uri);
        let Some(file) = files.first().filter(|file| file.text == *document.text) else { return Vec::new() };
        let is_in = |finding: &&Finding| match finding.primary.place {
            Place::At(span) => {
                let at = |offset: u32| self.taken.encoding.position(file, offset as usize);
                Run::is_one(&files, span.file) && at(span.start) <= range.end && at(span.end) >= range.start
            }
            Place::File(ref path) => {
                self.run.uri(path) == uri && range.start == Position { line: 0, character: 0 }
            }
        };
        let found = self.run.checked.sorted.findings.iter();
        let found = found.filter(|finding| !finding.incomplete).filter(is_in).take(MOST);
        found.flat_map(|finding| self.for_finding(uri, file, finding)).collect()
    }

    fn for_finding(&self, uri: &str, file: &SourceFile, finding: &Finding) -> Vec<Value> {
        let rule = &finding.rule;
        let here = match finding.primary.place {
            Place::At(span) => beside(file, file.line_of(span.start as usize), rule),
            Place::File(_) => Vec::new(),
        };
        let here = here.into_iter().find(|comment| self.is_harmless(uri, file, finding, comment));
        let whole =
            Some(above_all(file, rule)).filter(|comment| self.is_harmless(uri, file, finding, comment));
        let titles = [
            (here, format!("Suppress {rule} here, with a reason")),
            (whole, format!("Suppress {rule} in this file, with a reason")),
        ];
        let mut actions = self.plans(finding);
        let action = |(comment, title): (Option<Comment>, String)| {
            let comment = comment?;
            let at = self.taken.encoding.position(file, comment.offset).json();
            let edit = json!({ "range": { "start": at, "end": at }, "newText": comment.text });
            Some(json!({
                "title": title,
                "kind": "quickfix",
                "diagnostics": [diagnostic::of(self.run, finding, self.taken)],
                "edit": { "changes": ByFile::from([(uri.to_owned(), vec![edit])]) },
            }))
        };
        actions.extend(titles.into_iter().filter_map(action));
        actions
    }

    /// The changes after which what `finding` says fits, the best first.
    fn plans(&self, finding: &Finding) -> Vec<Value> {
        let mut planned = [finding.clone()];
        self.run.checked.read.answer(&mut planned);
        let [planned] = planned;
        let action = |(index, remedy): (usize, &Remedy)| {
            let mut changes = ByFile::new();
            for (span, text) in &remedy.edits {
                let file = self.run.checked.read.sources.file(span.file);
                let [start, end] = [span.start, span.end]
                    .map(|offset| self.taken.encoding.position(&file, offset as usize).json());
                let edit = json!({ "range": { "start": start, "end": end }, "newText": text });
                changes.entry(self.run.uri(&file.path)).or_default().push(edit);
            }
            json!({
                "title": format!("Make it fit: {}", remedy.description),
                "kind": "quickfix",
                "isPreferred": index == 0,
                "diagnostics": [diagnostic::of(self.run, finding, self.taken)],
                "edit": { "changes": changes },
            })
        };
        planned.remedies.iter().enumerate().map(action).collect()
    }

    /// Whether `comment` takes `finding` away and nothing else.
    fn is_harmless(&self, uri: &str, file: &SourceFile, finding: &Finding, comment: &Comment) -> bool {
        let mut text = file.text.clone();
        text.insert_str(comment.offset, &comment.text);
        let Ok(after) = self.folder.check(&self.documents.with(uri, text), self.options) else {
            return false;
        };
        let left = |run: &Run| {
            let mut left: Vec<Known> = run.checked.sorted.findings.iter().map(known).collect();
            left.sort();
            left
        };
        // A comment for a whole file takes away all that its rule has found there.
        let (mut before, after_all) = (left(self.run), left(&after));
        before.retain(|known| after_all.contains(known) || known.1 != finding.rule);
        let gone =
            after.checked.sorted.suppressed.iter().any(|suppressed| known(suppressed) == known(finding));
        gone && before == after_all && self.run.sums() == after.sums()
    }
}

/// What a finding is known by, wherever its lines have moved.
type Known = (Severity, String, String, String, String);

fn known(finding: &Finding) -> Known {
    let Finding { rule, severity, message, deployment, subject, .. } = finding;
    (*severity, rule.clone(), message.clone(), deployment.clone(), subject.clone())
}

/// Comments for the line `line`: above it, or behind what stands there.
fn beside(file: &SourceFile, line: usize, rule: &str) -> Vec<Comment> {
    let Some(range) = file.line_range(line) else { return Vec::new() };
    let text = &file.text[range.clone()];
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let indent: &str = &text[start..text.len() - text[start..].trim_start_matches([' ', '\t']).len()];
    let comment = format!("# connbudget: ignore[{rule}]: {REASON}");
    vec![
        Comment { offset: range.start + start, text: format!("{indent}{comment}{}", line_break(file)) },
        Comment { offset: range.end, text: format!("  {comment}") },
    ]
}

/// A comment for the whole file, behind those that it begins with: a `#!`, a licence, what an encoding or a Dockerfile's
/// syntax is has to stand first.
fn above_all(file: &SourceFile, rule: &str) -> Comment {
    let is_comment = |line: &usize| {
        let range = file.line_range(*line);
        range.is_some_and(|range| file.text[range].trim_start_matches('\u{feff}').starts_with('#'))
    };
    let lines = (0..file.lines()).take_while(is_comment).count();
    let offset = match file.line_range(lines) {
        Some(range) if lines == 0 && file.text.starts_with('\u{feff}') => range.start + '\u{feff}'.len_utf8(),
        Some(range) => range.start,
        None => file.text.len(),
    };
    let (end, before) = (line_break(file), &file.text[..offset]);
    let begin =
        if before.trim_start_matches('\u{feff}').is_empty() || before.ends_with('\n') { "" } else { end };
    Comment { offset, text: format!("{begin}# connbudget: ignore-file[{rule}]: {REASON}{end}") }
}

fn line_break(file: &SourceFile) -> &'static str {
    if file.text.contains("\r\n") { "\r\n" } else { "\n" }
}
