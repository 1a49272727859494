//! What compose would refuse, gathered with its place, so that one fault does not hide what stands around it.

use std::collections::HashMap;

use crate::platform::decides;
use crate::source::{LoadError, Sources, Span, TreePath};
use crate::trace::{Problem, ProblemKind, Text, Traced};

/// Problems in the order in which they were met, each once.
pub(super) struct Refusals<'a> {
    pub(super) sources: &'a Sources,
    problems: Vec<Problem>,
    /// The problem of each variable that is not set.
    unset: HashMap<String, Problem>,
    required_at: Option<Span>,
}

/// More than anyone reads; a file that is wrong in every line says nothing more with the rest.
const MAX_PROBLEMS: usize = 200;

/// Further places that one problem names.
const MAX_NOTES: usize = 10;

impl<'a> Refusals<'a> {
    /// None so far.
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self { sources, problems: Vec::new(), unset: HashMap::new(), required_at: None }
    }

    /// Adds `problem` unless it is known.
    pub(super) fn add(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Two items `NAME=value` of one list, of which the later one counts (2.26.1; in a mapping compose refuses that).
    pub(super) fn twice(&mut self, earlier: Option<&Text>, later: Option<&Text>) {
        let pair = |item: Option<&Text>| item?.split_once('=');
        if let (Some((name, earlier)), Some((_, later))) = (pair(earlier), pair(later))
            && decides(name.as_str())
            && let Some(problem) = Problem::twice(self.sources, name.as_str(), &earlier, &later)
        {
            self.add(problem);
        }
    }

    /// A problem of `kind` at `span`.
    pub(super) fn problem(&self, kind: ProblemKind, span: Span, message: impl Into<String>) -> Problem {
        Problem::at(kind, &self.sources.file(span.file).path, span, message)
    }

    /// Something at `span` that is not as compose wants it.
    pub(super) fn malformed(&mut self, span: Span, message: impl Into<String>) {
        let problem = self.problem(ProblemKind::MalformedFile, span, message);
        self.add(problem);
    }

    /// Something at `span` for which compose refuses the project and which leaves every number as it is.
    pub(super) fn unfit(&mut self, span: Span, message: impl Into<String>) {
        let message = format!("docker compose refuses this: {}", message.into());
        let problem = self.problem(ProblemKind::RefusedProject, span, message);
        self.add(problem);
    }

    /// The file at `path` could not be loaded; `named_at` is what asks for it.
    pub(super) fn unloadable(&mut self, path: &TreePath, error: &LoadError, named_at: Option<Span>) {
        let problem = Problem::unloadable(path, error);
        self.add(match (named_at, problem.span) {
            (Some(span), None) => self.problem(problem.kind, span, problem.message),
            _ => problem,
        });
    }

    /// A variable that a template requires is not set.
    pub(super) fn required(&mut self, span: Span, message: impl Into<String>) {
        self.required_at = self.required_at.or(Some(span));
        let problem = self.problem(ProblemKind::UnsetVariable, span, message);
        self.add(problem);
    }

    /// Where the first variable is required that is not set.
    pub(super) fn required_at(&self) -> Option<Span> {
        self.required_at
    }

    /// The variable `name`, as it stands in a template, is not set. One problem says so for all of its places.
    pub(super) fn unset(&mut self, name: &Text) {
        let Some(span) = name.span() else { return };
        match self.unset.get_mut(name.as_str()) {
            None => {
                let message = format!("{name} is not set: nothing takes its place");
                let problem = self.problem(ProblemKind::UnsetVariable, span, message);
                self.unset.insert(name.as_str().to_owned(), problem);
            }
            Some(known) => {
                let note = Traced::written("and here".to_owned(), span);
                if known.span != Some(span) && known.notes.len() < MAX_NOTES && !known.notes.contains(&note) {
                    known.notes.push(note);
                }
            }
        }
    }

    /// Whether nothing was refused.
    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// All of them.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut unset: Vec<Problem> = self.unset.into_values().collect();
        unset.sort_by_key(|problem| problem.span);
        let mut problems = self.problems;
        problems.extend(unset);
        problems
    }
}

/// A problem with the file or folder at `path` that no other file names.
pub(super) fn unplaced(kind: ProblemKind, path: &TreePath, message: impl Into<String>) -> Problem {
    Problem { kind, message: message.into(), file: path.clone(), span: None, notes: Vec::new(), help: None }
}
