//! What a rule found.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::{Sources, Span, TreePath};

/// How bad a finding is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Changes of the files after which it is gone, the best first.
    pub remedies: Vec<Remedy>,
    /// Whether it means that the run could not do its work, so that what was not found proves nothing.
    pub incomplete: bool,
    /// The address of the rule's page.
    pub url: Option<String>,
    /// How bad it is in numbers, where the rule says which: what a baseline holds against it.
    pub measures: Measures,
    /// Who said that it does not count, when somebody did.
    pub suppressed: Option<Suppressed>,
}

impl Finding {
    /// What it is known by in another run, whichever lines have moved: its rule, its deployment and its subject; where the
    /// rule does not measure it, its file and message too. For baselines, and for SARIF's `partialFingerprints`.
    pub fn fingerprint(&self, sources: &Sources) -> String {
        let file = self.primary.place.file(sources);
        let content = if self.measures.is_empty() { [file.as_str(), &self.message] } else { ["", ""] };
        let parts = [self.rule.as_str(), &self.deployment, &self.subject].into_iter().chain(content);
        // FNV-1a of 128 bits (draft-eastlake-fnv): the same on every machine and in every version, as std's hashes are not.
        let bytes = parts.flat_map(|part| part.bytes().chain([0]));
        let hash = bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        format!("{hash:032x}")
    }
}

/// A change of the files that answers a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What it does: "POOL_SIZE 2 and MAX_OVERFLOW 2".
    pub description: String,
    /// The bytes that go, and what comes in their place.
    pub edits: Vec<(Span, String)>,
}

/// How bad a finding is in numbers, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// More of these is worse.
    pub larger: Vec<(String, u64)>,
    /// Less of these is worse.
    pub smaller: Vec<(String, u64)>,
}

impl Measures {
    /// Whether the rule measures nothing.
    pub fn is_empty(&self) -> bool {
        self.larger.is_empty() && self.smaller.is_empty()
    }
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// By what.
    pub by: Suppressor,
    /// The place of the comment, or the baseline's file.
    pub place: Place,
    /// Why, in the words of who wrote it; a baseline gives no reasons.
    pub reason: Option<String>,
}

/// What takes a finding away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Suppressor {
    /// A comment at the place, or for the whole file.
    Comment,
    /// An entry of the baseline.
    Baseline,
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

impl Place {
    /// The file it is in.
    pub fn file(&self, sources: &Sources) -> TreePath {
        match self {
            Self::At(span) => sources.file(span.file).path.clone(),
            Self::File(path) => path.clone(),
        }
    }
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
