//! What the files of settings say in vain, twice or in two ways: findings that change no number and that explain why a
//! number is not the one that somebody wrote down. They are looked for once the budget's parts are known, since only what
//! the budget uses, or could use, is worth a word.

mod dialect;
mod drift;
mod duplicate;
mod knob;
mod shadow;
mod used;

use crate::deployment::Deployment;
use crate::platform::Environment;
use crate::source::{Sources, TreePath};
use crate::syntax::dotenv;
use crate::trace::{Problem, ProblemKind, Text, count_from};

use used::Used;

/// A container, as far as its settings go.
pub(super) struct Seen {
    /// The variables that it is started with.
    pub(super) environment: Environment,
    /// Whether the source of everything that it runs is in the tree.
    pub(super) is_followed: bool,
}

/// Everything that is looked at.
struct Look<'a> {
    sources: &'a Sources,
    /// The dotenv files that anything reads.
    files: Vec<TreePath>,
    seen: &'a [Seen],
    used: Used,
}

/// Adds what is found to the problems of `deployment`.
pub(super) fn tell(sources: &Sources, seen: &[Seen], deployment: &mut Deployment) {
    let is_read = |path: &&TreePath| !dotenv::readers(sources, path).is_empty();
    let files = deployment.files.iter().filter(is_read).cloned().collect();
    let look = Look { sources, files, seen, used: Used::of(deployment) };
    // What a program was found to overrule may be used by another one all the same.
    let is_used = |problem: &Problem| {
        problem.kind == ProblemKind::Shadowed && problem.span.is_some_and(|span| look.used.covers(span))
    };
    deployment.problems.retain(|problem| !is_used(problem));
    deployment.problems.extend(look.dialects());
    deployment.problems.extend(look.duplicates());
    deployment.problems.extend(look.shadowed());
    deployment.problems.extend(look.knobs(deployment));
    deployment.problems.extend(look.drifts());
}

/// The number that a value is, where it is one.
fn number(value: &Text) -> Option<u64> {
    count_from(value).ok()
}

/// A value as a message shows it.
fn shown(value: Option<&str>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => format!("`{}`", crate::source::without_passwords(value)),
    }
}
