//! What a change does to the budget, for people, for scripts and for pull requests.

mod human;
mod json;
mod markdown;

use clap::ValueEnum;

use super::{Report, Setting};
use crate::diff::{Comparison, Pair, Status};
use crate::trace::Bound;

/// A way of telling a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people, in a terminal
    Human,
    /// For scripts
    Json,
    /// For a pull request, a step summary
    Markdown,
}

/// A comparison, and what the two states are called.
pub struct Diff<'a> {
    /// The comparison.
    pub comparison: &'a Comparison<'a>,
    /// The state before: a revision.
    pub base: Version,
    /// The state after: a revision, or the work tree.
    pub head: Version,
}

/// What a state is called.
#[derive(Clone, Debug)]
pub struct Version {
    /// As people call it: `main`, "work tree".
    pub name: String,
    /// Its commit.
    pub commit: Option<String>,
}

impl DiffFormat {
    /// Writes the report.
    pub fn write(self, diff: &Diff<'_>, setting: &Setting<'_>) -> String {
        match self {
            Self::Human => human::human(diff, &setting.style),
            Self::Json => json::json(diff),
            Self::Markdown => markdown::markdown(diff, setting),
        }
    }
}

impl Diff<'_> {
    /// The state after the change as `lint` has it.
    fn after(&self) -> Report<'_> {
        let head = self.comparison.head;
        Report {
            sources: head.sources,
            budgets: head.budgets,
            findings: head.findings,
            suppressed: &[],
            elapsed: None,
        }
    }

    fn count(&self, status: Status) -> usize {
        self.comparison.findings.iter().filter(|(_, known)| *known == status).count()
    }
}

impl Version {
    /// With the first characters of its commit, unless those are its name.
    fn words(&self) -> String {
        match self.commit.as_deref().map(|commit| commit.get(..10).unwrap_or(commit)) {
            Some(short) if !self.name.starts_with(short) => format!("{} ({short})", self.name),
            _ => self.name.clone(),
        }
    }
}

/// `60 → 300`, `60` where it is the same, a dash where there is none.
fn arrow(pair: &Pair<String>) -> String {
    let word = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
    if pair.base == pair.head {
        word(&pair.head)
    } else {
        format!("{} → {}", word(&pair.base), word(&pair.head))
    }
}

/// How much more it is, where that is a number: `+240`.
fn difference(pair: &Pair<Bound>) -> Option<String> {
    let number = |side: &Option<Bound>| side.as_ref().map_or(Some(0), Bound::number);
    let (base, head) = (number(&pair.base)?, number(&pair.head)?);
    match head.checked_sub(base) {
        Some(0) => None,
        Some(more) => Some(format!("+{more}")),
        None => Some(format!("−{}", base - head)),
    }
}

/// Whose a factor is; the server is said where it has several.
fn whose(of: &[String], servers: usize) -> String {
    let skipped = usize::from(servers < 2 && of.len() > 1);
    of[skipped..].join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_in_words() {
        let pair = |base: Option<u64>, head: Option<u64>| Pair { base, head };
        for (numbers, words, more) in [
            (pair(Some(60), Some(300)), "60 → 300", Some("+240")),
            (pair(Some(60), Some(60)), "60", None),
            (pair(None, Some(5)), "– → 5", Some("+5")),
            (pair(Some(5), None), "5 → –", Some("−5")),
        ] {
            assert_eq!(arrow(&numbers.map(ToString::to_string)), words);
            assert_eq!(difference(&numbers.map(|n| Bound::Exactly(*n))).as_deref(), more);
        }
        assert_eq!(difference(&Pair { base: Some(Bound::Unbounded), head: Some(Bound::ONE) }), None);
    }
}
