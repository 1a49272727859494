//! The baseline: findings that were there when a project took up connbudget, and that do not count until they get worse.
//!
//! An entry is known by rule and content ([`Finding::fingerprint`]), never by a line. It allows as many findings as there
//! were, no more severe and by no measure worse than they were.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use indexmap::IndexMap;

use super::{Catalogue, Finding, Measures, Place, Severity, Sorted, Suppressed, Suppressor};
use crate::budget::{Budget, Policy};
use crate::source::{LoadError, SourceFile, Sources, Span, TreePath};
use crate::syntax::yaml;
use crate::trace::{Problem, ProblemKind};

/// The file's name, beside `connbudget.toml`. It is used where it is there, as ESLint does with its suppressions file: a
/// baseline that has to be named in a second place is forgotten in one of the two.
pub const BASELINE_NAME: &str = "connbudget-baseline.json";

/// The version of the file's format.
const VERSION: u32 = 1;

/// Why a baseline cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("the baseline cannot be read: {0}")]
    #[diagnostic(help("`connbudget lint --write-baseline` writes one"))]
    Unreadable(LoadError),
    /// It is not what connbudget writes.
    #[error("the baseline is not valid: {message}")]
    #[diagnostic(help("`connbudget lint --write-baseline` writes it anew"))]
    Malformed {
        /// What is wrong.
        message: String,
        /// The file.
        #[source_code]
        file: NamedSource<String>,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },
}

/// A baseline.
#[derive(Debug)]
pub struct Baseline {
    path: TreePath,
    entries: Vec<Entry>,
    /// Where each entry stands, in a baseline that was read.
    places: Vec<Span>,
    /// How many findings each entry has allowed in this run.
    used: Vec<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// Findings that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    severity: Severity,
    deployment: String,
    subject: String,
    file: String,
    message: String,
    /// What it is matched by; what stands above is for people.
    fingerprint: String,
    /// How many there are.
    count: u64,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    worse_if_larger: IndexMap<String, u64>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    worse_if_smaller: IndexMap<String, u64>,
}

impl Entry {
    fn of(finding: &Finding, sources: &Sources) -> Self {
        Self {
            rule: finding.rule.clone(),
            severity: finding.severity,
            deployment: finding.deployment.clone(),
            subject: finding.subject.clone(),
            file: finding.primary.place.file(sources).to_string(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint(sources),
            count: 1,
            worse_if_larger: finding.measures.larger.iter().cloned().collect(),
            worse_if_smaller: finding.measures.smaller.iter().cloned().collect(),
        }
    }

    /// What is worse about `finding` than when this was written; nothing where it is allowed.
    fn grown(&self, finding: &Finding) -> Vec<String> {
        let Measures { larger, smaller } = &finding.measures;
        let mut worse = Vec::new();
        if finding.severity > self.severity {
            worse.push(format!("it was a {}", self.severity));
        }
        for (recorded, now, is_worse) in [
            (&self.worse_if_larger, larger, u64::gt as fn(&u64, &u64) -> bool),
            (&self.worse_if_smaller, smaller, u64::lt),
        ] {
            for (name, then) in recorded {
                match now.iter().find(|(known, _)| known == name) {
                    Some((_, now)) if !is_worse(now, then) => {}
                    Some((_, now)) => worse.push(format!("{name} was {then} and is {now}")),
                    None => worse.push(format!("{name} was {then} and is not known")),
                }
            }
        }
        worse
    }
}

impl Baseline {
    /// An empty baseline that will stand at `path`.
    pub fn empty(path: TreePath) -> Self {
        Self { path, entries: Vec::new(), places: Vec::new(), used: Vec::new() }
    }

    /// The baseline at `path`.
    pub fn read(sources: &Sources, path: &TreePath) -> Result<Self, Box<BaselineError>> {
        let file = sources.load(path).map_err(|error| Box::new(BaselineError::Unreadable(error)))?;
        let document: Document =
            serde_json::from_str(&file.text).map_err(|error| Box::new(malformed(&file, &error)))?;
        if document.version != VERSION {
            let message =
                format!("it is of version {}, and this connbudget reads {VERSION}", document.version);
            return Err(Box::new(broken(&file, 0, message)));
        }
        let used = vec![0; document.findings.len()];
        Ok(Self { path: path.clone(), entries: document.findings, places: places(&file), used })
    }

    /// Where it stands.
    pub fn path(&self) -> &TreePath {
        &self.path
    }

    /// Takes what it allows out of the findings that count.
    pub fn apply(&mut self, sorted: Sorted, sources: &Sources) -> Sorted {
        let Sorted { findings, mut suppressed } = sorted;
        self.used = vec![0; self.entries.len()];
        let mut kept = Vec::new();
        for mut finding in findings {
            match self.allow(&finding, sources) {
                Allowed::Yes => {
                    finding.suppressed = Some(Suppressed {
                        by: Suppressor::Baseline,
                        place: Place::File(self.path.clone()),
                        reason: None,
                    });
                    suppressed.push(finding);
                    continue;
                }
                Allowed::Worse(how) => {
                    finding.notes.push(format!("worse than {} allows: {}", self.path, how.join(", ")));
                }
                Allowed::No => {}
            }
            kept.push(finding);
        }
        Sorted { findings: kept, suppressed }
    }

    fn allow(&mut self, finding: &Finding, sources: &Sources) -> Allowed {
        if finding.incomplete {
            return Allowed::No;
        }
        let fingerprint = finding.fingerprint(sources);
        let open = (0..self.entries.len())
            .filter(|&index| self.entries[index].fingerprint == fingerprint)
            .filter(|&index| self.used[index] < self.entries[index].count)
            .map(|index| (index, self.entries[index].grown(finding)));
        let open: Vec<(usize, Vec<String>)> = open.collect();
        // A finding that has grown is the one that the entry was written for: the entry is not left over.
        let Some((index, how)) = open.iter().find(|(_, how)| how.is_empty()).or(open.first()) else {
            return Allowed::No;
        };
        self.used[*index] += 1;
        if how.is_empty() { Allowed::Yes } else { Allowed::Worse(how.clone()) }
    }

    /// Allows `findings` too, as they are now.
    pub fn add(&mut self, findings: &[Finding], sources: &Sources) {
        for finding in findings.iter().filter(|finding| !finding.incomplete) {
            let entry = Entry::of(finding, sources);
            match self.entries.iter_mut().find(|known| Entry { count: 1, ..(*known).clone() } == entry) {
                Some(known) => known.count += 1,
                None => self.entries.push(entry),
            }
        }
        self.used = vec![0; self.entries.len()];
    }

    /// Takes away what allowed nothing in this run, and says how much that was.
    pub fn prune(&mut self) -> u64 {
        let mut pruned = 0;
        for (entry, used) in self.entries.iter_mut().zip(&self.used) {
            pruned += entry.count - used;
            entry.count = *used;
        }
        self.entries.retain(|entry| entry.count > 0);
        self.used = self.entries.iter().map(|entry| entry.count).collect();
        self.places.clear();
        pruned
    }

    /// How many findings it allows.
    pub fn allows(&self) -> u64 {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// The file's text, in an order that does not depend on the run.
    pub fn text(&self) -> String {
        let mut findings = self.entries.clone();
        findings.sort_by(|a, b| {
            (&a.rule, &a.deployment, &a.subject, &a.file, &a.message).cmp(&(
                &b.rule,
                &b.deployment,
                &b.subject,
                &b.file,
                &b.message,
            ))
        });
        // Its keys are texts and none of its parts fails to serialize.
        let mut text =
            serde_json::to_string_pretty(&Document { version: VERSION, findings }).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The findings about entries that allowed nothing in this run.
    pub fn stale(
        &self,
        rules: &Catalogue,
        budgets: &[Budget],
        policy: &Policy,
        sources: &Sources,
    ) -> Vec<Finding> {
        let left = self.entries.iter().zip(&self.used).enumerate();
        let problem = |(index, (entry, used)): (usize, (&Entry, &u64))| {
            let left = entry.count.checked_sub(*used).filter(|left| *left > 0)?;
            let message = match entry.count {
                1 => format!("no {} of {} is found any more", entry.rule, entry.subject),
                count => {
                    format!("{left} of {count} {} of {} are not found any more", entry.rule, entry.subject)
                }
            };
            let mut problem =
                Problem::at(ProblemKind::StaleBaseline, &self.path, *self.places.get(index)?, message);
            problem.help = Some("`connbudget lint --prune` takes it away".to_owned());
            Some(problem)
        };
        let problems: Vec<Problem> = left.filter_map(problem).collect();
        rules.of_problems(&problems, budgets, policy, sources)
    }
}

enum Allowed {
    Yes,
    /// What is worse about it.
    Worse(Vec<String>),
    No,
}

fn malformed(file: &SourceFile, error: &serde_json::Error) -> BaselineError {
    let line = file.line_range(error.line().saturating_sub(1)).map_or(0, |range| range.start);
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    // serde_json counts columns in bytes, from 1.
    broken(file, (line + error.column().saturating_sub(1)).min(file.text.len()), message.to_owned())
}

fn broken(file: &SourceFile, at: usize, message: String) -> BaselineError {
    BaselineError::Malformed {
        message,
        file: NamedSource::new(file.path.as_str(), file.text.clone()),
        at: SourceSpan::from(at..at),
    }
}

/// Where each entry's rule stands. JSON is YAML as far as connbudget writes it.
fn places(file: &Arc<SourceFile>) -> Vec<Span> {
    let documents = yaml::parse(file).unwrap_or_default();
    let findings = documents.first().and_then(|document| document.get("findings"));
    let entries = findings.map(yaml::Node::items).unwrap_or_default();
    entries.iter().map(|entry| entry.get("rule").map_or(entry.span, |rule| rule.span)).collect()
}
