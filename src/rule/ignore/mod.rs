//! Suppression at the place: a comment that says that a finding there does not count, and why.

mod comment;
mod date;

use std::collections::BTreeSet;

use super::definition::Of;
use super::settings::in_order;
use super::{Catalogue, Finding, Place, Suppressed, Suppressor, nearest};
use crate::budget::{Budget, Policy};
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Problem, ProblemKind};

use comment::Comment;
pub use date::{Date, NoDate};

/// How comments are taken.
#[derive(Clone, Copy, Debug)]
pub struct Ignores {
    /// The day on which it is asked whether a suppression still holds.
    pub today: Date,
    /// Whether they are forbidden: they then suppress nothing, and are findings themselves.
    pub forbidden: bool,
    /// Whether less was read than the project has, so that a comment may be for something that was not.
    pub partial: bool,
}

/// Findings, those that count and those that do not.
#[derive(Debug, Default)]
pub struct Sorted {
    /// What counts.
    pub findings: Vec<Finding>,
    /// What somebody suppressed.
    pub suppressed: Vec<Finding>,
}

impl Catalogue {
    /// Sorts `findings` by the comments of the files that were read for `budgets`, and adds what is to be said of the
    /// comments themselves.
    pub fn ignore(
        &self,
        findings: Vec<Finding>,
        budgets: &[Budget],
        policy: &Policy,
        sources: &Sources,
        ignores: Ignores,
    ) -> Sorted {
        let mut sorted = Sorted::default();
        let mut of_comments: Vec<Problem> = Vec::new();
        let mut comments: Vec<(TreePath, Comment, bool)> = Vec::new();
        for path in read_files(budgets, &findings, sources) {
            // It was loaded before.
            let Ok(file) = sources.load(&path) else { continue };
            for one in comment::comments(&file) {
                let problem = match one {
                    Err(mistake) => invalid(&path, mistake.span, mistake.message),
                    Ok(comment) => {
                        let Some((span, message)) = self.refusal(&comment, ignores) else {
                            comments.push((path.clone(), comment, false));
                            continue;
                        };
                        invalid(&path, span, message)
                    }
                };
                of_comments.push(problem);
            }
        }
        for mut finding in findings {
            let found = comments.iter_mut().find(|(path, comment, _)| {
                !finding.incomplete && holds(comment, ignores) && fits(path, comment, &finding, sources)
            });
            match found {
                None => sorted.findings.push(finding),
                Some((_, comment, used)) => {
                    *used = true;
                    finding.suppressed = Some(Suppressed {
                        by: Suppressor::Comment,
                        place: Place::At(comment.span),
                        reason: Some(comment.reason.clone()),
                    });
                    sorted.suppressed.push(finding);
                }
            }
        }
        let unused = comments.iter().filter(|(.., used)| !used);
        of_comments.extend(unused.filter_map(|(path, comment, _)| unused_problem(path, comment, ignores)));
        sorted.findings.extend(self.of_problems(&of_comments, budgets, policy, sources));
        sorted.findings = in_order(sorted.findings, budgets);
        sorted
    }

    /// What the rules about problems say of `problems`, each in the deployment that read its file.
    pub(super) fn of_problems(
        &self,
        problems: &[Problem],
        budgets: &[Budget],
        policy: &Policy,
        sources: &Sources,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for problem in problems {
            let of = budgets.iter().find(|budget| budget.files.contains(&problem.file)).or(budgets.first());
            let budget = Budget {
                name: of.map(|budget| budget.name.clone()).unwrap_or_default(),
                files: vec![problem.file.clone()],
                servers: Vec::new(),
                poolers: Vec::new(),
                unplaced: Vec::new(),
                problems: vec![problem.clone()],
            };
            let found = self.findings(&[budget], policy, sources);
            let of_problems =
                |finding: &Finding| self.get(&finding.rule).is_some_and(|rule| rule.of == Of::Problem);
            findings.extend(found.into_iter().filter(of_problems));
        }
        findings
    }

    /// Why `comment` cannot suppress anything, and where.
    fn refusal(&self, comment: &Comment, ignores: Ignores) -> Option<(Span, String)> {
        for (name, span) in &comment.rules {
            match self.get(name) {
                None => {
                    let names = self.rules().iter().map(|rule| rule.name.as_str());
                    return Some((
                        *span,
                        format!("no rule is called `{name}`; {}", nearest::advice(name, names)),
                    ));
                }
                Some(rule) if rule.incomplete => {
                    let message =
                        format!("{name} says that connbudget could not do its work: it cannot be suppressed");
                    return Some((*span, message));
                }
                Some(_) => {}
            }
        }
        ignores.forbidden.then(|| (comment.span, "suppressions are forbidden here (--no-ignores)".to_owned()))
    }
}

/// The files whose comments count: those of the deployments, and those in which something was found.
fn read_files(budgets: &[Budget], findings: &[Finding], sources: &Sources) -> BTreeSet<TreePath> {
    let of_deployments = budgets.iter().flat_map(|budget| budget.files.iter().cloned());
    let of_findings = findings.iter().filter_map(|finding| match finding.primary.place {
        Place::At(span) => Some(sources.file(span.file).path.clone()),
        Place::File(_) => None,
    });
    of_deployments.chain(of_findings).collect()
}

fn holds(comment: &Comment, ignores: Ignores) -> bool {
    comment.until.is_none_or(|until| ignores.today <= until)
}

/// Whether `comment`, in the file `path`, is for `finding`.
fn fits(path: &TreePath, comment: &Comment, finding: &Finding, sources: &Sources) -> bool {
    if !comment.rules.iter().any(|(name, _)| *name == finding.rule) {
        return false;
    }
    match (&finding.primary.place, comment.line) {
        (place, None) => place.file(sources) == *path,
        (Place::At(span), Some(line)) => {
            let file = sources.file(span.file);
            file.path == *path && file.line_of(span.start as usize) == line
        }
        (Place::File(_), Some(_)) => false,
    }
}

fn invalid(path: &TreePath, span: Span, message: String) -> Problem {
    Problem::at(ProblemKind::InvalidSuppression, path, span, message)
}

fn unused_problem(path: &TreePath, comment: &Comment, ignores: Ignores) -> Option<Problem> {
    let kind = ProblemKind::UnusedSuppression;
    if let Some(until) = comment.until.filter(|_| !holds(comment, ignores)) {
        let message = format!("this suppression ended on {until}, and holds no longer");
        return Some(Problem::at(kind, path, comment.span, message));
    }
    if ignores.partial {
        return None;
    }
    let names = comment.rules.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    Some(Problem::at(kind, path, comment.span, format!("this suppression of {names} suppresses nothing")))
}
