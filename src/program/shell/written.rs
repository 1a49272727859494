//! Files that a script makes: a here document behind `cat >`, a copy.

use std::rc::Rc;

use super::state::State;
use super::{Shell, Value, World};
use crate::platform::FileView;
use crate::source::{LoadError, TreePath};
use crate::syntax::shell::ast::Redirect;
use crate::trace::Text;

/// The files that were made on the way to a command, the latest last.
pub type Written = Rc<Vec<File>>;

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its absolute path, as the process sees it.
    pub inside: String,
    /// What stands in it.
    pub content: Content,
}

/// What stands in a file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file or folder of the tree, copied.
    Tree(TreePath),
    /// This text, or what is known of it.
    Text(Value),
}

/// The text of the file at the absolute path `inside`, where it was made as one.
pub fn text_of<'f>(written: &'f [File], inside: &str) -> Option<&'f Value> {
    match &written.iter().rev().find(|file| file.inside == inside)?.content {
        Content::Text(value) => Some(value),
        Content::Tree(_) => None,
    }
}

/// `files` with the copies among `written` in their places.
pub fn with_copies(files: &FileView, written: &[File]) -> FileView {
    let mut view = files.clone();
    for file in written {
        if let Content::Tree(source) = &file.content {
            view.add(&file.inside, source.clone());
        }
    }
    view
}

impl Shell<'_, '_> {
    /// Remembers what `name` makes: a copy, or what it prints into a file.
    pub(super) fn note_copies(&self, name: &str, arguments: &[Value], state: &mut State) {
        if !matches!(name, "cp" | "mv" | "ln" | "install") {
            return;
        }
        let plain = arguments.iter().filter(|word| !word.beginning().as_str().starts_with('-'));
        let paths: Vec<&Text> = plain.filter_map(Value::known).collect();
        let Some((target, sources)) = paths.split_last() else { return };
        let folder = TreePath::new(&state.working_dir);
        let target_path = folder.join(target.as_str());
        let is_folder = target.as_str().ends_with('/')
            || sources.len() > 1
            || self
                .locate(state, target_path.as_str())
                .is_some_and(|found| !self.world.sources.is_file(&found));
        for source in sources {
            let from = folder.join(source.as_str());
            let into = if is_folder { target_path.join(from.file_name()) } else { target_path.clone() };
            let content = match text_of(&state.written, from.as_str()) {
                Some(text) => Content::Text(text.clone()),
                None => match self.locate(state, from.as_str()) {
                    Some(found) => Content::Tree(found),
                    None => continue,
                },
            };
            Rc::make_mut(&mut state.written).push(File { inside: into.to_string(), content });
        }
    }

    /// Remembers that `printed` goes where `redirect` says.
    pub(super) fn note_output(&self, redirect: &Redirect, printed: Value, state: &mut State) {
        let Value::Known(path) = self.single(&redirect.target, state) else { return };
        let inside = TreePath::new(&state.working_dir).join(path.as_str()).to_string();
        if inside.starts_with("/dev/") || inside.starts_with("/proc/") {
            return;
        }
        let mut whole = printed;
        if redirect.append {
            let before = match text_of(&state.written, &inside) {
                Some(text) => text.clone(),
                None => match self.world.load(&state.working_dir, &path) {
                    Some(Ok(text)) => Value::Known(text),
                    _ => Value::unknown(&path, "what stands in this file before is not known"),
                },
            };
            let added = std::mem::replace(&mut whole, before);
            whole.push(&added);
        }
        Rc::make_mut(&mut state.written).push(File { inside, content: Content::Text(whole) });
    }

    /// The file of the tree that a process sees at the absolute path `inside`, copies of the script among them.
    fn locate(&self, state: &State, inside: &str) -> Option<TreePath> {
        let copies = state.written.iter().any(|file| matches!(file.content, Content::Tree(_)));
        if copies {
            with_copies(self.world.files, &state.written).locate(self.world.sources, inside)
        } else {
            self.world.files.locate(self.world.sources, inside)
        }
    }

    /// The text of the file that a script at `state` finds at `path`, one that it made before those of the tree.
    pub(super) fn load(&self, state: &State, path: &Text) -> Option<Result<Value, LoadError>> {
        let inside = TreePath::new(&state.working_dir).join(path.as_str());
        if let Some(text) = text_of(&state.written, inside.as_str()) {
            return Some(Ok(text.clone()));
        }
        let copied = self.locate(state, inside.as_str());
        match copied.filter(|found| {
            self.world.files.locate(self.world.sources, inside.as_str()).as_ref() != Some(found)
        }) {
            Some(found) => {
                self.world.note(&found);
                Some(
                    self.world
                        .sources
                        .load(&found)
                        .map(|file| Value::Known(Text::verbatim(&file, 0..file.text.len()))),
                )
            }
            None => self.world.load(&state.working_dir, path).map(|loaded| loaded.map(Value::Known)),
        }
    }
}

impl<'a> World<'a> {
    /// The same world with other files.
    pub fn with<'o>(&self, files: &'o FileView) -> World<'o>
    where
        'a: 'o,
    {
        World { cpus: self.cpus.clone(), ..World::new(self.sources, files) }
    }

    /// Carries on in `other` with what was read and spent here; what `other` reads and spends counts here as well.
    pub fn inside<T>(&self, other: &World<'_>, run: impl FnOnce() -> T) -> T {
        other.read.replace(self.read.take());
        other.steps.set(self.steps.get());
        let result = run();
        self.read.replace(other.read.take());
        self.steps.set(other.steps.get());
        result
    }
}
