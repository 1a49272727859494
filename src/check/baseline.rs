//! What the baseline says of what was found.

use crate::budget::Budget;
use crate::rule::{BASELINE_NAME, Baseline, Catalogue, Sorted};
use crate::source::TreePath;

use super::{CheckError, Read};

/// What was found, sorted by the baseline, where there is one.
pub struct Based {
    /// What was found.
    pub sorted: Sorted,
    /// The baseline, with what it has allowed.
    pub baseline: Option<Baseline>,
}

impl Read {
    /// Where the baseline stands: at `given`, else where the configuration says.
    pub fn baseline_path(&self, given: Option<&str>) -> TreePath {
        let declared = self.config.baseline.as_ref().map_or(BASELINE_NAME, |path| path.value.as_str());
        TreePath::new(given.unwrap_or(declared))
    }

    /// Sorts by the baseline what was `sorted` by comments.
    pub fn based(&self, sorted: Sorted) -> Result<Based, CheckError> {
        let path = self.baseline_path(None);
        // One that the configuration names has to be there: a gate must not change its mind since a file was lost.
        if self.found_nothing() || (self.config.baseline.is_none() && !self.sources.is_file(&path)) {
            return Ok(Based { sorted, baseline: None });
        }
        let mut baseline = Baseline::read(&self.sources, &path)?;
        Ok(Based { sorted: baseline.apply(sorted, &self.sources), baseline: Some(baseline) })
    }
}

impl Based {
    /// Adds what is to be said of entries that allow nothing any more. A run of a part of the project cannot know.
    pub fn say_what_is_stale(&mut self, read: &Read, rules: &Catalogue, budgets: &[Budget]) {
        let Some(baseline) = self.baseline.as_ref().filter(|_| !read.partial) else { return };
        self.sorted.findings.extend(baseline.stale(rules, budgets, &read.config.policy, &read.sources));
    }
}
