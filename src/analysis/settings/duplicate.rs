//! A variable that a dotenv file sets twice, to different values.

use super::Look;
use crate::platform::decides;
use crate::syntax::dotenv;
use crate::trace::Problem;

impl Look<'_> {
    /// One problem for each such variable.
    pub(super) fn duplicates(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for path in &self.files {
            let (Some(dialect), Ok(file)) =
                (dotenv::readers(self.sources, path).first().copied(), self.sources.load(path))
            else {
                continue;
            };
            let reading = dotenv::read(&file, dialect, &|_| None);
            for (name, winner) in reading.variables() {
                let Some(winner) = winner.value.known() else { continue };
                let same = reading.entries.iter().filter(|entry| entry.name.as_str() == name);
                let mut others = same.filter_map(|entry| entry.value.known());
                let Some(loser) = others.find(|value| value.as_str() != winner.as_str()) else { continue };
                let is_used = winner.span().is_some_and(|span| self.used.covers(span));
                if decides(name) || is_used {
                    found.extend(Problem::twice(self.sources, name, loser, winner));
                }
            }
        }
        found
    }
}
