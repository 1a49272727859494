//! Every module that the entry may import, found by following import statements before anything is run.

use std::cell::OnceCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::Span;
use crate::syntax::python::Module;
use crate::trace::Problem;

use super::outline::{Import, Outline};
use super::process::{Entry, Process};
use super::reader::{Source, read_all};
use super::search::{Found, SearchPath};

/// More modules than this are not followed.
const MAX_MODULES: usize = 50_000;

/// A module of the tree.
pub(super) struct Unit {
    /// Its dotted name.
    pub(super) name: String,
    /// Where it was found.
    pub(super) found: Found,
    /// Its source; `None` for a package without `__init__.py`, and for a file that cannot be read.
    pub(super) module: Option<Arc<Module>>,
    /// What it imports and defines.
    pub(super) outline: Arc<Outline>,
    /// What is wrong with its file.
    pub(super) broken: Option<Problem>,
    /// Whether the process runs it: its `__name__` is `__main__`.
    pub(super) is_main: bool,
}

/// The modules of the tree that the entry may import, by name.
#[derive(Default)]
pub(super) struct Program {
    /// The modules.
    pub(super) units: Vec<Unit>,
    by_name: FxHashMap<String, Option<usize>>,
    /// How many of them were read.
    read: usize,
    /// Whether any file of the tree may make a pool, where somebody asked.
    pub(super) mentions_libraries: OnceCell<bool>,
    /// Whether there were more than are followed.
    pub(super) is_cut: bool,
}

impl Program {
    /// The index of the module `name`; `None` when the tree has none, or it was never looked for.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied().flatten()
    }

    /// Finds the module `name` with its packages and everything that they may import.
    pub(super) fn load(&mut self, search: &SearchPath<'_>, name: &str) -> Option<usize> {
        let index = self.look_up(search, name);
        self.follow(search);
        index
    }

    /// Finds what `process` runs, with everything that it may import.
    pub(super) fn load_entry(&mut self, search: &SearchPath<'_>, process: &Process<'_>) -> Option<usize> {
        match process.entry? {
            Entry::Module { module, attribute } => {
                let name = module.as_str().trim();
                let found = self.load(search, name);
                if found.is_some() || attribute.is_some() {
                    return found;
                }
                // `-A app.http.app.celery` is a name in a module before it is a module (`celery/app/utils.py`, `find_app`).
                let (package, _) = name.rsplit_once('.')?;
                self.load(search, package).filter(|index| self.units[*index].module.is_some())
            }
            Entry::Main { module } => self.load_main(search, module.as_str().trim()),
            Entry::Script { path } => {
                let found = search.script(process.working_dir, path.as_str())?;
                Some(self.load_script(search, found))
            }
        }
    }

    /// Finds what `process` loads beside its entry.
    pub(super) fn load_beside(&mut self, search: &SearchPath<'_>, process: &Process<'_>, import: &Entry) {
        let name = import.imported_name();
        match import {
            Entry::Script { path } => {
                if let Some(found) = search.script(process.working_dir, path.as_str()) {
                    self.load_file(search, &name, found.inside);
                }
            }
            Entry::Module { .. } | Entry::Main { .. } => {
                self.load(search, &name);
            }
        }
    }

    /// Finds the module `name` that the process runs; of a package, its `__main__`.
    fn load_main(&mut self, search: &SearchPath<'_>, name: &str) -> Option<usize> {
        let found = self.look_up(search, name)?;
        let is_package = self.units[found].found.folder.is_some();
        let index = if is_package { self.look_up(search, &format!("{name}.__main__")) } else { None };
        let index = index.unwrap_or(found);
        self.units[index].is_main = true;
        self.follow(search);
        Some(index)
    }

    /// Takes the script at `path` as the module `__main__`.
    pub(super) fn load_script(&mut self, search: &SearchPath<'_>, found: Found) -> usize {
        let index = self.keep("__main__".to_owned(), found);
        self.units[index].is_main = true;
        self.follow(search);
        index
    }

    /// Takes the file at `inside` under a name of its own.
    pub(super) fn load_file(&mut self, search: &SearchPath<'_>, name: &str, inside: String) {
        if self.by_name.contains_key(name) {
            return;
        }
        if let Some(file) = search.file(&inside) {
            self.keep(name.to_owned(), Found { inside, file: Some(file), folder: None });
            self.follow(search);
        } else {
            self.by_name.insert(name.to_owned(), None);
        }
    }

    /// Whether the module was looked for, found or not.
    pub(super) fn was_sought(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Reads the modules that were found, then those that they import, and so on.
    fn follow(&mut self, search: &SearchPath<'_>) {
        while self.read < self.units.len() {
            let first = self.read;
            let sources = read_all(search, self.units.get(first..).unwrap_or_default());
            self.read = self.units.len();
            let mut wanted: Vec<String> = Vec::new();
            for (unit, source) in self.units.iter_mut().skip(first).zip(sources) {
                unit.take(source);
                unit.add_wanted(&mut wanted);
            }
            for name in wanted {
                self.look_up(search, &name);
            }
        }
    }

    fn look_up(&mut self, search: &SearchPath<'_>, name: &str) -> Option<usize> {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let found = match name.rsplit_once('.') {
            None => search.find(None, name),
            Some((package, last)) => {
                let package = self.look_up(search, package);
                let folder = package.and_then(|index| self.units[index].found.folder.clone());
                folder.and_then(|folder| search.find(Some(&folder), last))
            }
        };
        if found.is_some() && self.units.len() >= MAX_MODULES {
            self.is_cut = true;
            return None;
        }
        if let Some(found) = found {
            Some(self.keep(name.to_owned(), found))
        } else {
            self.by_name.insert(name.to_owned(), None);
            None
        }
    }

    /// Notes a module that was found, to be read later.
    fn keep(&mut self, name: String, found: Found) -> usize {
        let index = self.units.len();
        self.by_name.insert(name.clone(), Some(index));
        self.units.push(Unit {
            name,
            found,
            module: None,
            outline: Arc::default(),
            broken: None,
            is_main: false,
        });
        index
    }
}

impl Unit {
    /// Its first line; where its file is broken, the place of that.
    pub(super) fn place(&self) -> Option<Span> {
        let first = || Some(self.module.as_ref()?.file.at(0..0));
        first().or_else(|| self.broken.as_ref()?.span)
    }

    fn take(&mut self, source: Source) {
        match source {
            None => {}
            Some(Ok((module, outline))) => {
                self.module = Some(module);
                self.outline = outline;
            }
            Some(Err(problem)) => self.broken = Some(problem),
        }
    }

    /// The names of the modules that it may import.
    fn add_wanted(&self, wanted: &mut Vec<String>) {
        for import in self.outline.imports() {
            let Some(module) = self.absolute(import) else { continue };
            for (name, _) in import.names.iter().flatten().filter(|(name, _)| name != "*") {
                wanted.push(format!("{module}.{name}"));
            }
            wanted.push(module);
        }
    }

    /// The dotted name of the module that `import`, written in this module, means; `None` when it goes up too far.
    pub(super) fn absolute(&self, import: &Import) -> Option<String> {
        if import.level == 0 {
            return Some(import.module.clone());
        }
        let mut package = self.name.as_str();
        let ups = import.level - u32::from(self.found.folder.is_some());
        for _ in 0..ups {
            package = package.rsplit_once('.').map_or("", |(package, _)| package);
        }
        match (package.is_empty(), import.module.is_empty()) {
            (true, _) => None,
            (false, true) => Some(package.to_owned()),
            (false, false) => Some(format!("{package}.{}", import.module)),
        }
    }
}
