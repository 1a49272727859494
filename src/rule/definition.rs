//! A rule as its file spells it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::config::Level;

/// The headings that the documentation of every rule has, in this order.
pub const SECTIONS: [&str; 5] = ["What it does", "Why is this bad?", "Example", "How to fix", "Source"];

/// Where the page of the built-in rules is, each at the heading that is its name.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/rules.md");

/// A rule. Conditions are Jinja expressions, texts are Jinja templates; both see the subject under the name of its
/// kind (`server`, `group`, `pool`, `problem`), and `deployment` and `policy`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, the same as its file's.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is asked without `connbudget.toml` saying so: a rule that is right less than nine times out of ten is not.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What `[rules.NAME]` can set, each with its default, whose type a value has to have. Conditions and texts see
    /// them as `options.NAME`.
    #[serde(default)]
    pub options: IndexMap<String, OptionValue>,
    /// The condition under which a warning is an error.
    #[serde(default)]
    pub error_when: Option<String>,
    /// What it is asked of.
    pub of: Of,
    /// The condition.
    pub when: String,
    /// What is wrong, in one line.
    pub message: String,
    /// An expression for the place of the primary label; without it, or without a label there, the first label that has
    /// a place is the primary one.
    #[serde(default)]
    pub primary: Option<String>,
    /// What to underline.
    #[serde(default)]
    pub labels: Vec<LabelTemplate>,
    /// Further lines below the labels.
    #[serde(default)]
    pub notes: Vec<NoteTemplate>,
    /// What to do about it; nothing where it comes out empty.
    #[serde(default)]
    pub help: Option<String>,
    /// Numbers, each an expression, of which more is worse: a baseline that allowed a finding does not allow it when one
    /// of them has grown. A rule that has any is known again by its subject, any other by its message.
    #[serde(default)]
    pub worse_if_larger: IndexMap<String, String>,
    /// Numbers of which less is worse.
    #[serde(default)]
    pub worse_if_smaller: IndexMap<String, String>,
    /// The address of its page; a rule of a project's own may name one.
    #[serde(default)]
    pub url: Option<String>,
    /// Documentation in Markdown, with the sections of [`SECTIONS`].
    pub docs: String,
    /// Whether a finding means that the run could not do its work.
    #[serde(default)]
    pub incomplete: bool,
    /// The folder it is in; not written in the file.
    #[serde(skip)]
    pub family: String,
    /// Its file.
    #[serde(skip)]
    pub path: String,
    /// Whether it comes with connbudget.
    #[serde(skip)]
    pub is_built_in: bool,
    /// What `connbudget.toml` makes of its severity.
    #[serde(skip)]
    pub level: Option<Level>,
}

fn yes() -> bool {
    true
}

/// A value of an option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum OptionValue {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl OptionValue {
    /// What it is called in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flag(_) => "true or false",
            Self::Whole(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
        }
    }
}

impl From<OptionValue> for minijinja::Value {
    fn from(value: OptionValue) -> Self {
        match value {
            OptionValue::Flag(flag) => flag.into(),
            OptionValue::Whole(number) => number.into(),
            OptionValue::Number(number) => number.into(),
            OptionValue::Text(text) => text.into(),
        }
    }
}

/// What a rule is asked of: it is evaluated once for each of these in a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// A deployment.
    Deployment,
    /// A PostgreSQL that has a limit.
    Server,
    /// A process group, for each server it dials, and for the part of it of which nobody knows where it dials.
    Group,
    /// A pool of a process group.
    Pool,
    /// A pooler.
    Pooler,
    /// Something wrong in what was read.
    Problem,
}

impl Of {
    /// The name under which the rule sees its subject.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Server => "server",
            Self::Group => "group",
            Self::Pool => "pool",
            Self::Pooler => "pooler",
            Self::Problem => "problem",
        }
    }
}

/// One label, or with `each` one for every item of a list.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LabelTemplate {
    /// An expression whose items the label is made for, each under the name `it`.
    #[serde(default)]
    pub each: Option<String>,
    /// A condition without which there is no label.
    #[serde(default)]
    pub when: Option<String>,
    /// An expression for the place; no label where it gives none.
    pub at: String,
    /// What is there.
    #[serde(default)]
    pub text: String,
}

/// One note, or with `each` one for every item of a list.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoteTemplate {
    /// An expression whose items the note is made for, each under the name `it`.
    #[serde(default)]
    pub each: Option<String>,
    /// A condition without which there is no note.
    #[serde(default)]
    pub when: Option<String>,
    /// The line.
    pub text: String,
}

impl Rule {
    /// The address of its page.
    pub fn page(&self) -> Option<String> {
        self.url.clone().or_else(|| self.is_built_in.then(|| format!("{PAGES}#{}", self.name)))
    }

    /// What it does, in one paragraph: the first of its documentation.
    pub fn summary(&self) -> String {
        let what = self.docs.split("## ").find_map(|section| section.strip_prefix(SECTIONS[0]));
        let paragraph = what.unwrap_or_default().trim().split("\n\n").next().unwrap_or_default();
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
