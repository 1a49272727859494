//! The shapes of findings and rules in the JSON reports.

use indexmap::IndexMap;
use serde::Serialize;

use crate::rule::{OptionValue, Severity, Suppressor};

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingJson {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What there is to say.
    pub message: String,
    /// The deployment it is in.
    pub deployment: String,
    /// What the rule was asked of.
    pub subject: String,
    /// The place.
    #[serde(flatten)]
    pub range: RangeJson,
    /// Every place, the primary one first.
    pub labels: Vec<LabelJson>,
    /// Further lines: the arithmetic.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// Changes of the files after which it is gone, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<FixJson>,
    /// Whether it means that the run could not do its work.
    pub incomplete: bool,
    /// The address of the rule's page.
    pub url: Option<String>,
    /// What it is known by in another run.
    pub fingerprint: String,
    /// Who said that it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<SuppressedJson>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SuppressedJson {
    /// "comment" or "baseline".
    pub by: Suppressor,
    /// The comment, or the baseline's file.
    #[serde(flatten)]
    pub range: RangeJson,
    /// Why, in the words of who wrote it.
    pub reason: Option<String>,
}

/// A place with a word about it; the first of a finding is its primary one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelJson {
    /// The place.
    #[serde(flatten)]
    pub range: RangeJson,
    /// What there is to say.
    pub message: String,
    /// Whether this is the place of the finding itself.
    pub primary: bool,
}

/// A place; `line` and what follows are `null` where only the file is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RangeJson {
    /// The file.
    pub file: String,
    /// The line.
    pub line: Option<usize>,
    /// The column.
    pub column: Option<usize>,
    /// The line where it ends.
    pub end_line: Option<usize>,
    /// The column behind its end.
    pub end_column: Option<usize>,
}

/// The list of rules.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RulesJson {
    /// The version of the contract.
    pub version: u32,
    /// Each rule.
    pub rules: Vec<RuleJson>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleJson {
    /// Its name.
    pub name: String,
    /// The folder it is in.
    pub family: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is asked of.
    pub of: &'static str,
    /// Whether it is asked without `connbudget.toml` saying so.
    pub enabled: bool,
    /// Its options with their defaults, or as `connbudget.toml` sets them.
    pub options: IndexMap<String, OptionValue>,
    /// The address of its page.
    pub url: Option<String>,
    /// What it does, in a paragraph.
    pub summary: String,
    /// Its documentation in Markdown.
    pub docs: String,
}

/// A change of the files that answers a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FixJson {
    /// What it does.
    pub description: String,
    /// Its parts, all of which belong together.
    pub edits: Vec<EditJson>,
}

/// Some characters of a file and what comes in their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EditJson {
    /// The characters that go.
    #[serde(flatten)]
    pub range: RangeJson,
    /// What comes in their place.
    pub text: String,
}
