//! An example that says another number than the file that it is an example for.

use super::{Look, number};
use crate::platform::{compose, decides};
use crate::syntax::dotenv::{self, Dialect};
use crate::trace::{Problem, ProblemKind, Text};

impl Look<'_> {
    /// One problem for each number that the budget uses.
    pub(super) fn drifts(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for path in &self.files {
            let example = compose::example_beside(self.sources, path).filter(|other| {
                // The example of another file of this folder, and one that is used itself.
                other != path && !self.files.contains(other)
            });
            let Some(example) = example.and_then(|example| self.sources.load(&example).ok()) else {
                continue;
            };
            let Ok(file) = self.sources.load(path) else { continue };
            let own = dotenv::read(&file, Dialect::Compose, &|_| None);
            let theirs = dotenv::read(&example, Dialect::Compose, &|_| None);
            let theirs = theirs.variables();
            for (name, entry) in own.variables() {
                let Some((value, at)) = entry.value.known().and_then(|value| Some((value, value.span()?)))
                else {
                    continue;
                };
                let said = theirs.get(name).and_then(|entry| entry.value.known());
                let differs = said.filter(|said| number(said) != number(value) && number(said).is_some());
                if let Some(said) = differs
                    && number(value).is_some()
                    && decides(name)
                    && self.used.covers(at)
                {
                    found.extend(problem(name, said, value, &example.path));
                }
            }
        }
        found
    }
}

fn problem(name: &str, said: &Text, value: &Text, example: &crate::source::TreePath) -> Option<Problem> {
    let message = format!("{name} is {said} in this example, and {value} in what it is an example of");
    let problem = Problem::at(ProblemKind::ExampleDrift, example, said.span()?, message);
    Some(problem.note(value.span()?, "the budget is worked out with this"))
}
