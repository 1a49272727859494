//! What is planned for: the files as they are, and as they would be.

use super::spot::{self, Edit};
use super::write::Rewrite;
use crate::analysis::{self, Request};
use crate::config::Config;
use crate::deployment::Deployment;
use crate::source::Sources;
use crate::trace::Problem;

/// The files of a run and what was asked of them.
pub struct Case<'a> {
    sources: &'a Sources,
    config: &'a Config,
    request: &'a Request,
    deployments: Vec<Deployment>,
}

impl<'a> Case<'a> {
    /// Reads the deployments of `sources`.
    pub fn read(sources: &'a Sources, config: &'a Config, request: &'a Request) -> Self {
        Self { sources, config, request, deployments: read(sources, config, request) }
    }

    /// The files.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// The configuration.
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// The deployments as they are.
    pub fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    /// The deployments as they would be after `edits`: the files are read as if those had been made. `None` where the
    /// edits cannot be made together.
    pub fn with(&self, edits: &[Edit]) -> Option<Vec<Deployment>> {
        let changed = spot::apply(self.sources, edits)?;
        Some(read(&self.sources.edited(&changed), self.config, self.request))
    }

    /// The files that `edits` change, before and after; `None` where the edits cannot be made together.
    pub fn rewrites(&self, edits: &[Edit]) -> Option<Vec<Rewrite>> {
        let changed = spot::apply(self.sources, edits)?;
        let rewrite = |(path, after)| {
            let before = self.sources.load(&path).ok()?.text.clone();
            Some(Rewrite { path, before, after })
        };
        changed.into_iter().map(rewrite).collect()
    }
}

fn read(sources: &Sources, config: &Config, request: &Request) -> Vec<Deployment> {
    let projects = analysis::projects(sources, config, request);
    projects.iter().map(|project| analysis::deployment(sources, config, project)).collect()
}

/// Whether something is wrong in `after` that was not wrong in `before`: a maximum below its minimum, a key that stands
/// twice.
pub(super) fn has_new_problems(before: &[Deployment], after: &[Deployment]) -> bool {
    let problems = |deployments: &[Deployment]| -> Vec<(crate::trace::ProblemKind, usize)> {
        let mut kinds: Vec<(crate::trace::ProblemKind, usize)> = Vec::new();
        for Problem { kind, .. } in deployments.iter().flat_map(|deployment| &deployment.problems) {
            match kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, times)) => *times += 1,
                None => kinds.push((*kind, 1)),
            }
        }
        kinds
    };
    let known = problems(before);
    problems(after).into_iter().any(|(kind, times)| {
        known.iter().find(|(other, _)| *other == kind).is_none_or(|(_, before)| times > *before)
    })
}
