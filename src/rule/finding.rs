//! What a rule found.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::{Span, TreePath};

/// How bad a finding is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something to look at; the gate lets it pass.
    Warning,
    /// The gate fails.
    Error,
}

impl Severity {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The deployment it is in.
    pub deployment: String,
    /// What the rule was asked of: the server's, group's or pool's name, the file of a problem.
    pub subject: String,
    /// The place to change.
    pub primary: Label,
    /// The other places that matter.
    pub labels: Vec<Label>,
    /// Further lines: the arithmetic.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Whether it means that the run could not do its work, so that what was not found proves nothing.
    pub incomplete: bool,
}

/// A place with a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub place: Place,
    /// What is there; may be empty for a primary label, whose message says it.
    pub text: String,
}

/// Where a label points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At some bytes.
    At(Span),
    /// At a file of which no bytes can be shown, or at none in particular.
    File(TreePath),
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing was found.
    Pass,
    /// Warnings at worst.
    Warn,
    /// Errors.
    Fail,
}

/// The verdict over `findings`.
pub fn verdict(findings: &[Finding]) -> Verdict {
    match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Error) => Verdict::Fail,
        Some(Severity::Warning) => Verdict::Warn,
        None => Verdict::Pass,
    }
}
