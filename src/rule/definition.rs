//! A rule as its file spells it.

use serde::Deserialize;

use super::Severity;

/// The headings that the documentation of every rule has, in this order.
pub const SECTIONS: [&str; 5] = ["What it does", "Why is this bad?", "Example", "How to fix", "Source"];

/// A rule. Conditions are Jinja expressions, texts are Jinja templates; both see the subject under the name of its
/// kind (`server`, `group`, `pool`, `problem`), and `deployment` and `policy`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, the same as its file's.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
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
}

/// What a rule is asked of: it is evaluated once for each of these in a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
    /// What it does, in one paragraph: the first of its documentation.
    pub fn summary(&self) -> String {
        let what = self.docs.split("## ").find_map(|section| section.strip_prefix(SECTIONS[0]));
        let paragraph = what.unwrap_or_default().trim().split("\n\n").next().unwrap_or_default();
        paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
