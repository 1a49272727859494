//! What the rules find, less what comments and the baseline say does not count.

use std::path::Path;

use crate::budget::Budget;
use crate::rule::{BASELINE_NAME, Baseline, Catalogue, Date, Finding, Ignores, Sorted};
use crate::source::{Sources, TreePath};

use super::arguments::LintArguments;
use super::complain;
use super::failure::Failure;
use super::read::Read;

/// Judges `budgets`, and writes the baseline where that is asked for.
pub(super) fn sorted(
    arguments: &LintArguments,
    read: &Read,
    rules: &Catalogue,
    budgets: &[Budget],
) -> Result<Sorted, Box<Failure>> {
    let ignores = Ignores {
        today: arguments.today.unwrap_or_else(Date::today),
        forbidden: arguments.no_ignores,
        partial: read.partial,
    };
    let sorted = commented(read, rules, budgets, ignores);
    if read.found_nothing() {
        return Ok(sorted);
    }
    if let Some(path) = &arguments.write_baseline {
        return written(read, &baseline_path(read, path), sorted);
    }
    let (mut sorted, baseline) = based(read, sorted)?;
    let Some(mut baseline) = baseline else { return Ok(sorted) };
    if !arguments.prune {
        sorted.findings.extend(stale(read, rules, budgets, &baseline));
    } else if read.partial {
        complain("connbudget: nothing is pruned: this run reads a part of the project");
    } else {
        let pruned = baseline.prune();
        write(&read.sources, &baseline)?;
        let path = baseline.path();
        complain(&format!("connbudget: {pruned} of {path} are pruned, and {} stay", baseline.allows()));
    }
    Ok(sorted)
}

/// Judges an example as `lint` without arguments would.
pub(super) fn example(read: &Read, rules: &Catalogue, budgets: &[Budget]) -> Result<Sorted, Box<Failure>> {
    let ignores = Ignores { today: Date::today(), forbidden: false, partial: false };
    let (mut sorted, baseline) = based(read, commented(read, rules, budgets, ignores))?;
    sorted.findings.extend(baseline.iter().flat_map(|baseline| stale(read, rules, budgets, baseline)));
    Ok(sorted)
}

/// What is found, sorted by the comments.
fn commented(read: &Read, rules: &Catalogue, budgets: &[Budget], ignores: Ignores) -> Sorted {
    let policy = &read.config.policy;
    let findings = rules.findings(budgets, policy, &read.sources);
    rules.ignore(findings, budgets, policy, &read.sources, ignores)
}

/// The same sorted by the baseline, where there is one.
fn based(read: &Read, sorted: Sorted) -> Result<(Sorted, Option<Baseline>), Box<Failure>> {
    let path = baseline_path(read, "");
    // One that the configuration names has to be there: a gate must not change its mind since a file was lost.
    if read.config.baseline.is_none() && !read.sources.is_file(&path) {
        return Ok((sorted, None));
    }
    let mut baseline = Baseline::read(&read.sources, &path).map_err(Failure::from)?;
    Ok((baseline.apply(sorted, &read.sources), Some(baseline)))
}

/// What is to be said of entries that allow nothing any more. A run of a part of the project cannot know.
fn stale(read: &Read, rules: &Catalogue, budgets: &[Budget], baseline: &Baseline) -> Vec<Finding> {
    if read.partial {
        return Vec::new();
    }
    baseline.stale(rules, budgets, &read.config.policy, &read.sources)
}

/// Judges `budgets` of a revision: nothing is written, and what only a person can tidy up is not brought up.
pub(super) fn of_revision(
    read: &Read,
    rules: &Catalogue,
    budgets: &[Budget],
) -> Result<Sorted, Box<Failure>> {
    let ignores = Ignores { today: Date::today(), forbidden: false, partial: read.partial };
    let sorted = commented(read, rules, budgets, ignores);
    if read.found_nothing() {
        return Ok(sorted);
    }
    based(read, sorted).map(|(sorted, _)| sorted)
}

/// Writes a baseline of all that counts, at `path`. A run of a part of the project adds to what is there.
fn written(read: &Read, path: &TreePath, sorted: Sorted) -> Result<Sorted, Box<Failure>> {
    let sources = &read.sources;
    let mut baseline = Baseline::empty(path.clone());
    if read.partial && sources.is_file(path) {
        baseline = Baseline::read(sources, path).map_err(Failure::from)?;
        let rest = Sorted { findings: sorted.findings.clone(), suppressed: Vec::new() };
        let new = baseline.apply(rest, sources).findings;
        baseline.add(&new, sources);
    } else {
        baseline.add(&sorted.findings, sources);
    }
    write(sources, &baseline)?;
    complain(&format!("connbudget: {path} allows {} findings", baseline.allows()));
    Ok(baseline.apply(sorted, sources))
}

fn baseline_path(read: &Read, given: &str) -> TreePath {
    let declared = read.config.baseline.as_ref().map_or(BASELINE_NAME, |path| path.value.as_str());
    TreePath::new(if given.is_empty() { declared } else { given })
}

fn write(sources: &Sources, baseline: &Baseline) -> Result<(), Box<Failure>> {
    let path = Path::new(sources.tree().root()).join(baseline.path().as_str());
    std::fs::write(&path, baseline.text()).map_err(|error| Box::new(Failure::Write { path, error }))
}
