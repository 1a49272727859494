//! `connbudget diff`: two revisions, read without touching the work tree.

use crate::budget::Budget;
use crate::check::Read;
use crate::diff::{Comparison, Side, Status};
use crate::report::{Diff, Setting, Style, Version};
use crate::rule::{Catalogue, Finding};
use crate::source::{Commit, Git, Worktree};

use super::arguments::DiffArguments;
use super::failure::Failure;
use super::{exit_code, judged, nothing, output, read};

/// The revisions that are compared.
struct Revisions {
    base: Commit,
    /// `None` for the work tree.
    head: Option<Commit>,
}

pub(super) fn diff(arguments: &DiffArguments, style: &Style) -> Result<u8, Box<Failure>> {
    output::check(&arguments.outputs)?;
    if !arguments.path.is_dir() {
        let error =
            std::fs::metadata(&arguments.path).err().unwrap_or(std::io::ErrorKind::NotADirectory.into());
        return Err(Box::new(Failure::Path { path: arguments.path.clone(), error }));
    }
    let git = Git::open(&arguments.path).map_err(Failure::from)?;
    let revisions = revisions(&git, arguments)?;
    let (before, after) = both(&git, &revisions, arguments)?;
    let (base_budgets, head_budgets) = (before.budgets(), after.budgets());
    // Each state is judged by its own rules: a change of connbudget.toml is a change too.
    let base_findings = judge(&before, &base_budgets)?.1;
    let (rules, head_findings) = judge(&after, &head_budgets)?;
    let base = Side { sources: &before.sources, budgets: &base_budgets, findings: &base_findings };
    let head = Side { sources: &after.sources, budgets: &head_budgets, findings: &head_findings };
    let comparison = Comparison::of(base, head, &rules);
    let diff = Diff {
        comparison: &comparison,
        base: version(&revisions.base),
        head: revisions
            .head
            .as_ref()
            .map_or_else(|| Version { name: "work tree".to_owned(), commit: None }, version),
    };
    let setting = Setting {
        style: *style,
        rules: &rules,
        repository: output::repository(&after.sources, arguments.link_base.clone()),
        fails_from: arguments.fail_on.least(),
    };
    output::write(Some(arguments.format), &arguments.outputs, |format| format.write(&diff, &setting))?;
    if after.found_nothing() {
        return Ok(nothing());
    }
    let judged = comparison.findings.iter().filter(|(finding, status)| {
        // What could not be read proves nothing, whoever broke it.
        !arguments.new_only || finding.incomplete || *status != Status::Known
    });
    let judged: Vec<Finding> = judged.map(|(finding, _)| (*finding).clone()).collect();
    Ok(exit_code(&judged, arguments.fail_on))
}

fn judge(read: &Read, budgets: &[Budget]) -> Result<(Catalogue, Vec<Finding>), Box<Failure>> {
    let rules = Catalogue::of_project(&read.config.rules, &read.sources).map_err(Failure::from)?;
    let findings = judged::of_revision(read, &rules, budgets)?.findings;
    Ok((rules, findings))
}

fn version(commit: &Commit) -> Version {
    Version { name: commit.name.clone(), commit: Some(commit.id.clone()) }
}

/// The commits that the command line names: `BASE`, `BASE HEAD`, `BASE..HEAD`, `BASE...HEAD`; a side that is left out next
/// to dots is `HEAD`, as git has it.
fn revisions(git: &Git, arguments: &DiffArguments) -> Result<Revisions, Box<Failure>> {
    let (given, parted) = match arguments.base.split_once("...") {
        Some(pair) => (Some(pair), true),
        None => (arguments.base.split_once(".."), false),
    };
    let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
    let (base, head) = match given {
        Some((base, head)) if arguments.head.is_none() => (or_head(base), Some(or_head(head))),
        _ => (arguments.base.clone(), arguments.head.clone()),
    };
    let commit = |name: &str| git.commit(name).map_err(|error| Box::new(Failure::Git(error)));
    let base = commit(&base)?;
    let head = head.as_deref().map(commit).transpose()?;
    if !parted && !arguments.merge_base {
        return Ok(Revisions { base, head });
    }
    let tip = head.clone().map_or_else(|| commit("HEAD"), Ok)?;
    let base = git.merge_base(&base, &tip).map_err(Failure::from)?;
    Ok(Revisions { base, head })
}

/// Both states. Beside a work tree, what git ignores belongs to both: no commit holds it, and no change can move it.
fn both(git: &Git, revisions: &Revisions, arguments: &DiffArguments) -> Result<(Read, Read), Box<Failure>> {
    let reading = &arguments.reading;
    if let Some(head) = &revisions.head {
        let before = git.revision(&revisions.base).map_err(Failure::from)?;
        let after = git.revision(head).map_err(Failure::from)?;
        return Ok((read::of_tree(before, reading)?, read::of_tree(after, reading)?));
    }
    let before = git.revision_with_ignored(&revisions.base).map_err(Failure::from)?;
    let after = Worktree::open(git).map_err(Failure::from)?;
    Ok((read::of_tree(before, reading)?, read::of_tree(after, reading)?))
}
