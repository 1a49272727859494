//! The configuration files of a server, followed through their includes as the server follows them.
//!
//! Source: PostgreSQL `guc-file.l`, `ParseConfigFile` and `ParseConfigDirectory`.

use super::steps::{Assignment, By, Step};
use crate::platform::{FileView, Found};
use crate::program::Value;
use crate::source::{Sources, Span, TreePath};
use crate::syntax::postgresql_conf::{self, Entry};
use crate::trace::{Bound, Count, Origin, Problem, ProblemKind, Text, Trail};

/// How deep files may include one another (`CONF_FILE_MAX_DEPTH`).
const MAX_DEPTH: usize = 10;
/// Files that one configuration may read in all: a folder that includes itself over and over ends here.
const MAX_FILES: usize = 1000;

/// What configuration files say.
pub(super) struct Configuration<'a> {
    sources: &'a Sources,
    files: &'a FileView,
    by: By,
    /// What they set, in reading order.
    pub(super) steps: Vec<Step>,
    /// `data_directory`, when one of them sets it.
    pub(super) data_directory: Option<Text>,
    /// Why the server would not start.
    pub(super) problems: Vec<Problem>,
    /// The files of the tree that were read.
    pub(super) read: Vec<TreePath>,
    opened: usize,
}

/// Who asks for a file.
#[derive(Clone, Copy)]
struct Caller<'c> {
    /// The including file, as the server sees it.
    file: &'c TreePath,
    /// The name that it includes.
    name: &'c Text,
}

impl<'a> Configuration<'a> {
    pub(super) fn new(sources: &'a Sources, files: &'a FileView) -> Self {
        Self {
            sources,
            files,
            by: By::File,
            steps: Vec::new(),
            data_directory: None,
            problems: Vec::new(),
            read: Vec::new(),
            opened: 0,
        }
    }

    /// Reads the file at `inside` and what it includes; whether it is there.
    pub(super) fn file(&mut self, inside: &TreePath, by: By) -> bool {
        self.by = by;
        self.follow(inside, 0)
    }

    fn follow(&mut self, inside: &TreePath, depth: usize) -> bool {
        let Some(found) = self.files.open(self.sources, inside) else { return false };
        self.opened += 1;
        let text = match found {
            Found::Text(text) => text,
            Found::File(path) => {
                self.read.push(path.clone());
                match self.sources.load_lossy(&path) {
                    Ok(file) => Text::verbatim(&file, 0..file.text.len()),
                    Err(error) => {
                        self.problems.push(Problem::unloadable(&path, &error));
                        self.open(
                            format!("{path} cannot be read"),
                            Trail::new(Origin::default_of("postgresql.conf")),
                        );
                        return true;
                    }
                }
            }
        };
        let (entries, errors) = postgresql_conf::parse(&text);
        for error in errors {
            self.malformed(error.span, format!("the server does not start: {}", error.message));
        }
        for entry in entries {
            self.entry(inside, entry, depth);
        }
        true
    }

    fn entry(&mut self, inside: &TreePath, entry: Entry, depth: usize) {
        let caller = Caller { file: inside, name: &entry.value };
        if entry.is("include") {
            self.include(caller, depth, true);
        } else if entry.is("include_if_exists") {
            self.include(caller, depth, false);
        } else if entry.is("include_dir") {
            self.include_folder(caller, depth);
        } else {
            if entry.is("data_directory") {
                self.data_directory = Some(entry.value.clone());
            }
            let set = Assignment::new(entry.name.as_str(), Value::Known(entry.value), self.by);
            self.steps.push(Step::Set(set));
        }
    }

    fn include(&mut self, caller: Caller<'_>, depth: usize, strict: bool) {
        let Some(target) = self.target(caller, "file") else { return };
        if self.files.names(self.sources, &target).is_some() {
            return self.refuse(caller, "it includes a folder: `include_dir` does that");
        }
        self.one(caller, &target, depth + 1, strict);
    }

    fn include_folder(&mut self, caller: Caller<'_>, depth: usize) {
        let Some(target) = self.target(caller, "folder") else { return };
        let Some(files) = self.files.files_of(self.sources, &target, "conf") else {
            return self.missing_include(caller, &target);
        };
        for file in files {
            self.one(caller, &file, depth + 1, true);
        }
    }

    fn one(&mut self, caller: Caller<'_>, target: &TreePath, depth: usize, strict: bool) {
        if target == caller.file {
            self.refuse(caller, "the file includes itself");
        } else if depth > MAX_DEPTH || self.opened > MAX_FILES {
            self.refuse(caller, "files include one another more than 10 deep");
        } else if !self.follow(target, depth) && (strict || self.files.promises(target)) {
            self.missing_include(caller, target);
        }
    }

    /// The path that is included: relative to the including file. `None`, with a problem, where no name is given.
    fn target(&mut self, caller: Caller<'_>, what: &str) -> Option<TreePath> {
        if caller.name.as_str().trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            self.refuse(caller, &format!("no {what} is named"));
            return None;
        }
        Some(caller.file.parent().join(caller.name.as_str()))
    }

    fn missing_include(&mut self, caller: Caller<'_>, target: &TreePath) {
        let why = format!("{target} is included, and is not among these files");
        self.missing(Some(target), why, caller.name.trail());
    }

    /// A file that is not among those at hand: certainly missing where its folder comes from the tree, else perhaps the
    /// image's own.
    pub(super) fn missing(&mut self, inside: Option<&TreePath>, why: String, trail: Trail) {
        let certainly = inside.is_some_and(|inside| self.files.covers(self.sources, inside));
        if let Some(span) = trail.place().filter(|_| certainly) {
            let path = self.sources.file(span.file).path.clone();
            let message = format!("the server does not start: {why}");
            self.problems.push(Problem::at(ProblemKind::MissingFile, &path, span, message));
        }
        self.open(why, trail);
    }

    fn open(&mut self, why: String, trail: Trail) {
        self.steps.push(Step::Open(Count::new(Bound::unknown("connections", why), trail)));
    }

    fn refuse(&mut self, caller: Caller<'_>, why: &str) {
        let place = caller.name.span();
        if let Some(span) = place {
            self.malformed(span, format!("the server does not start: {why}"));
        }
    }

    fn malformed(&mut self, span: Span, message: String) {
        let path = self.sources.file(span.file).path.clone();
        let problem = Problem::at(ProblemKind::MalformedFile, &path, span, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
