//! What the rules find, less what comments and the baseline say does not count.

use std::path::Path;

use crate::budget::Budget;
use crate::rule::{BASELINE_NAME, Baseline, Catalogue, Date, Ignores, Sorted};
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
    let (policy, sources) = (&read.config.policy, &read.sources);
    let ignores = Ignores {
        today: arguments.today.unwrap_or_else(Date::today),
        forbidden: arguments.no_ignores,
        partial: read.partial,
    };
    let findings = rules.findings(budgets, policy, sources);
    let sorted = rules.ignore(findings, budgets, policy, sources, &ignores);
    if read.found_nothing() {
        return Ok(sorted);
    }
    if let Some(path) = &arguments.write_baseline {
        return written(read, &baseline_path(read, path), sorted);
    }
    let path = baseline_path(read, "");
    // One that the configuration names has to be there: a gate must not change its mind since a file was lost.
    if read.config.baseline.is_none() && !sources.is_file(&path) {
        return Ok(sorted);
    }
    let mut baseline = Baseline::read(sources, &path).map_err(Failure::from)?;
    let mut sorted = baseline.apply(sorted, sources);
    if !arguments.prune {
        if !read.partial {
            sorted.findings.extend(baseline.stale(rules, budgets, policy, sources));
        }
    } else if read.partial {
        complain("connbudget: nothing is pruned: this run reads a part of the project");
    } else {
        let pruned = baseline.prune();
        write(sources, &baseline)?;
        complain(&format!("connbudget: {} of {path} are pruned, and {} stay", pruned, baseline.allows()));
    }
    Ok(sorted)
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
