//! What is found, and the baseline that is written of it.

use std::path::Path;

use crate::budget::Budget;
use crate::check::{Based, Read};
use crate::rule::{Baseline, Catalogue, Date, Ignores, Sorted};
use crate::source::{Sources, TreePath};

use super::arguments::LintArguments;
use super::complain;
use super::failure::Failure;

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
    let sorted = read.commented(rules, budgets, ignores);
    if read.found_nothing() {
        return Ok(sorted);
    }
    if let Some(path) = &arguments.write_baseline {
        let given = Some(path.as_str()).filter(|path| !path.is_empty());
        return written(read, &read.baseline_path(given), sorted);
    }
    let mut based = read.based(sorted).map_err(Failure::from)?;
    if !arguments.prune {
        based.say_what_is_stale(read, rules, budgets);
    } else if let Based { baseline: Some(baseline), .. } = &mut based {
        if read.partial {
            complain("connbudget: nothing is pruned: this run reads a part of the project");
        } else {
            let pruned = baseline.prune();
            write(&read.sources, baseline)?;
            let path = baseline.path();
            complain(&format!("connbudget: {pruned} of {path} are pruned, and {} stay", baseline.allows()));
        }
    }
    read.answer(&mut based.sorted.findings);
    Ok(based.sorted)
}

/// Judges `budgets` of a revision: nothing is written, and what only a person can tidy up is not brought up.
pub(super) fn of_revision(
    read: &Read,
    rules: &Catalogue,
    budgets: &[Budget],
) -> Result<Sorted, Box<Failure>> {
    let ignores = Ignores { today: Date::today(), forbidden: false, partial: read.partial };
    let based = read.based(read.commented(rules, budgets, ignores)).map_err(Failure::from)?;
    Ok(based.sorted)
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

fn write(sources: &Sources, baseline: &Baseline) -> Result<(), Box<Failure>> {
    let path = Path::new(sources.tree().root()).join(baseline.path().as_str());
    std::fs::write(&path, baseline.text()).map_err(|error| Box::new(Failure::Write { path, error }))
}
