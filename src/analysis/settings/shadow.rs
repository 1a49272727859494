//! A number in a dotenv file that reaches nobody, since what takes the file sets the variable itself, otherwise.

use super::{Look, number};
use crate::platform::decides;
use crate::source::Span;
use crate::syntax::dotenv::{self, Dialect};
use crate::trace::{Problem, ProblemKind, Text};

impl Look<'_> {
    /// One problem for each such number.
    pub(super) fn shadowed(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for path in &self.files {
            // What code reads by itself beside compose may reach more than is seen here.
            if dotenv::readers(self.sources, path) != [Dialect::Compose] {
                continue;
            }
            let Ok(file) = self.sources.load(path) else { continue };
            let reading = dotenv::read(&file, Dialect::Compose, &|_| None);
            for (name, entry) in reading.variables() {
                let Some(value) =
                    entry.value.known().filter(|value| decides(name) && number(value).is_some())
                else {
                    continue;
                };
                found.extend(self.shadow(name, value).map(|winner| problem(name, value, winner, &file.path)));
            }
        }
        found.into_iter().flatten().collect()
    }

    /// What takes the place of `value`: a number that the budget uses, written elsewhere than in a dotenv file.
    fn shadow(&self, name: &str, value: &Text) -> Option<&Text> {
        let span = value.span()?;
        let reaches = |one: &Text| one.places().any(|place| touches(place, span));
        if self.used.covers(span)
            || self.seen.iter().any(|seen| seen.environment.iter().any(|(_, v)| reaches(v)))
        {
            return None;
        }
        let is_other = |winner: &&Text| number(winner).is_some_and(|other| number(value) != Some(other));
        let in_dotenv = |span: Span| self.files.contains(&self.sources.file(span.file).path);
        let mut winners = self.seen.iter().filter_map(|seen| seen.environment.get(name)).filter(is_other);
        winners.find(|winner| winner.span().is_some_and(|at| self.used.covers(at) && !in_dotenv(at)))
    }
}

fn touches(a: Span, b: Span) -> bool {
    a.file == b.file && a.start <= b.end && b.start <= a.end
}

fn problem(name: &str, value: &Text, winner: &Text, path: &crate::source::TreePath) -> Option<Problem> {
    let message = format!("{name} is {value} here, and {winner} where it is used");
    let problem = Problem::at(ProblemKind::Shadowed, path, value.span()?, message);
    Some(problem.note(winner.span()?, "this counts"))
}
