//! Where Python looks for a module.

use std::sync::Arc;

use crate::platform::FileView;
use crate::source::{Kind, LoadError, SourceFile, Sources, Span, TreePath};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::manifest;

use super::process::{Entry, Process};

/// `sys.path` as far as it leads into the tree.
pub(super) struct SearchPath<'a> {
    sources: &'a Sources,
    view: &'a FileView,
    folders: Vec<String>,
}

/// A module that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The path of its file as the process sees it; of its folder, where it is a package without `__init__.py`.
    pub(super) inside: String,
    /// Its file; `None` for a package without `__init__.py`.
    pub(super) file: Option<TreePath>,
    /// The folder in which its submodules are searched, when it is a package.
    pub(super) folder: Option<String>,
}

impl<'a> SearchPath<'a> {
    /// Notes that python-dotenv reads the file at `path`.
    pub(super) fn note_reader(&self, path: &TreePath, dialect: Dialect) {
        dotenv::note_reader(self.sources, path, dialect);
    }

    /// The search path of `process`: the script's folder or the one it works in, what the command line and
    /// `PYTHONPATH` add. Last come the folders that a project is installed from: `src`, and those above that hold its
    /// manifest or the package which the script is part of.
    pub(super) fn new(sources: &'a Sources, view: &'a FileView, process: &Process<'_>) -> Self {
        let mut folders: Vec<String> = Vec::new();
        let mut add = |folder: String| {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        };
        if let Some(Entry::Script { path }) = process.entry {
            add(parent(&join(process.working_dir, path.as_str())));
        }
        for folder in process.python_path {
            add(join(process.working_dir, folder));
        }
        let variable = process.environment.get("PYTHONPATH").map_or("", |text| text.as_str());
        for folder in variable.split(':').filter(|folder| !folder.is_empty()) {
            add(join(process.working_dir, folder));
        }
        add(join(process.working_dir, ""));
        add(join(process.working_dir, "src"));
        let mut path = Self { sources, view, folders };
        for folder in path.folders.clone() {
            path.add_project_above(&folder);
        }
        // Installed from wherever they stand.
        for (project, _) in view.projects(sources) {
            path.add_root(project.as_str());
        }
        path
    }

    /// Adds the folders above `folder` that a project is installed from.
    fn add_project_above(&mut self, folder: &str) {
        let mut here = folder.to_owned();
        while here != "/" {
            let above = parent(&here);
            let is_package = self.file(&join(&here, "__init__.py")).is_some();
            let is_project = manifest::NAMES.iter().any(|name| self.file(&join(&above, name)).is_some());
            if is_project || (is_package && self.file(&join(&above, "__init__.py")).is_none()) {
                self.add_root(&above);
            }
            here = above;
        }
    }

    /// Adds the folders that the project in `folder` may have its packages in.
    fn add_root(&mut self, folder: &str) {
        for root in [join(folder, ""), join(folder, "src")] {
            if !self.folders.contains(&root) {
                self.folders.push(root);
            }
        }
    }

    /// The module `name` of the package whose submodules stand in `folder`; a module of its own without one.
    pub(super) fn find(&self, folder: Option<&str>, name: &str) -> Option<Found> {
        if let Some(folder) = folder {
            self.find_in(folder, name)
        } else {
            let found: Vec<Found> =
                self.folders.iter().filter_map(|folder| self.find_in(folder, name)).collect();
            // A folder without `__init__.py` is a package only where no other module has its name.
            found.iter().find(|found| found.file.is_some()).or(found.first()).cloned()
        }
    }

    /// The script at `path`.
    pub(super) fn script(&self, working_dir: &str, path: &str) -> Option<Found> {
        let inside = join(working_dir, path);
        let file = self.file(&inside)?;
        Some(Found { inside, file: Some(file), folder: None })
    }

    fn find_in(&self, folder: &str, name: &str) -> Option<Found> {
        let package = join(folder, name);
        let located = self.view.locate(self.sources, &package);
        if located.as_ref().is_some_and(|path| self.sources.tree().kind(path) == Some(Kind::Folder)) {
            let inside = join(&package, "__init__.py");
            if let Some(file) = self.file(&inside) {
                return Some(Found { inside, file: Some(file), folder: Some(package) });
            }
        }
        let inside = format!("{package}.py");
        if let Some(file) = self.file(&inside) {
            return Some(Found { inside, file: Some(file), folder: None });
        }
        located.filter(|path| self.sources.tree().kind(path) == Some(Kind::Folder)).map(|_| Found {
            inside: package.clone(),
            file: None,
            folder: Some(package),
        })
    }

    /// The path of the file in which a place lies.
    pub(super) fn path_of(&self, span: Span) -> TreePath {
        self.sources.file(span.file).path.clone()
    }

    /// The files that modules are read from.
    pub(super) fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// The file in which a place lies.
    pub(super) fn file_of(&self, span: Span) -> Arc<SourceFile> {
        self.sources.file(span.file)
    }

    /// Reads a file of the tree.
    pub(super) fn load(&self, path: &TreePath) -> Result<Arc<SourceFile>, LoadError> {
        self.sources.load(path)
    }

    /// Every Python file that modules may be imported from.
    pub(super) fn python_files(&self) -> Vec<TreePath> {
        const SKIPPED: [&str; 6] = [".git", "node_modules", ".venv", "venv", "site-packages", "__pycache__"];
        let mut found: Vec<TreePath> = Vec::new();
        let mut folders: Vec<TreePath> = Vec::new();
        for folder in self.folders.iter().filter_map(|folder| self.view.locate(self.sources, folder)) {
            if !folders.iter().any(|known| folder.is_under(known)) {
                let files = self.sources.tree().walk(&folder, &|name| SKIPPED.contains(&name));
                found.extend(files.into_iter().filter(|path| {
                    path.as_str().strip_suffix(".py").is_some()
                        && !folders.iter().any(|known| path.is_under(known))
                }));
                folders.push(folder);
            }
        }
        found
    }

    /// Whether the tree holds something that the process sees at `inside`.
    pub(super) fn is_there(&self, inside: &str) -> bool {
        self.view.locate(self.sources, inside).is_some()
    }

    /// The files that match a path of which the last part may hold `*`, in their order.
    pub(super) fn matching(&self, pattern: &str) -> Vec<String> {
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let Some((first, last)) = name.split_once('*') else {
            return self.file(pattern).map(|_| pattern.to_owned()).into_iter().collect();
        };
        let located = self.view.locate(self.sources, folder);
        let names = located.and_then(|path| self.sources.tree().list(&path).ok()).unwrap_or_default();
        let mut found: Vec<String> = names
            .into_iter()
            .filter(|name| {
                name.len() >= first.len() + last.len() && name.starts_with(first) && name.ends_with(last)
            })
            .map(|name| format!("{folder}/{name}"))
            .filter(|inside| self.file(inside).is_some())
            .collect();
        found.sort();
        found
    }

    /// The file of the tree that the process sees at `inside`.
    pub(super) fn file(&self, inside: &str) -> Option<TreePath> {
        self.view.locate(self.sources, inside).filter(|path| self.sources.is_file(path))
    }
}

/// `path` seen from `folder`, absolute.
pub(super) fn join(folder: &str, path: &str) -> String {
    TreePath::new(&format!("/{folder}")).join(path).as_str().to_owned()
}

/// The folder that holds `path`.
pub(super) fn parent(path: &str) -> String {
    TreePath::new(path).parent().as_str().to_owned()
}
