//! The ways of telling what `lint` found, listed once.

use clap::ValueEnum;

use super::{Report, Repository, Style, github, gitlab, human, json, junit, markdown, sarif};
use crate::rule::{Catalogue, Finding, Severity};

/// A way of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, in a terminal
    Human,
    /// For scripts
    Json,
    /// SARIF 2.1.0: code scanning, editors
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit XML: test reports of Jenkins, GitLab and others
    Junit,
    /// For a pull request, a step summary
    Markdown,
}

/// What a report needs to know beside the findings.
pub struct Setting<'a> {
    /// How a text for people looks.
    pub style: Style,
    /// The rules that were asked.
    pub rules: &'a Catalogue,
    /// Where the linted folder stands.
    pub repository: Repository,
    /// The severity from which findings fail the run; `None` where none does.
    pub fails_from: Option<Severity>,
}

impl Setting<'_> {
    /// Whether `finding` fails the run.
    pub(super) fn fails(&self, finding: &Finding) -> bool {
        finding.incomplete || self.fails_from.is_some_and(|least| finding.severity >= least)
    }
}

impl Format {
    /// Whether programs read it: they get a report also where there was nothing to lint.
    pub fn is_for_programs(self) -> bool {
        self != Self::Human
    }

    /// Writes the report.
    pub fn write(self, report: &Report<'_>, setting: &Setting<'_>) -> String {
        match self {
            Self::Human => human(report, &setting.style),
            Self::Json => json::lint(report),
            Self::Sarif => sarif::sarif(report, setting),
            Self::Github => github::github(report, setting),
            Self::Gitlab => gitlab::gitlab(report, setting),
            Self::Junit => junit::junit(report, setting),
            Self::Markdown => markdown::markdown(report, setting),
        }
    }
}
