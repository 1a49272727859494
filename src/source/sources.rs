//! The files of a run, each loaded once.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use thiserror::Error;

use super::{Kind, Span, Tree, TreePath};

/// The longest file that is read. Configuration is never this large; a file that is cannot be parsed in bounded memory.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

/// Names a file of one [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

impl FileId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// A loaded file.
#[derive(Debug)]
pub struct SourceFile {
    /// Its name within the run.
    pub id: FileId,
    /// Its path as reports show it.
    pub path: TreePath,
    /// Its whole text, a byte order mark included.
    pub text: String,
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// The span over the whole text.
    pub fn span(&self) -> Span {
        Span::new(self.id, 0..self.text.len())
    }

    /// The bytes `range` as a span of this file.
    pub fn at(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.id, range)
    }

    /// The number of lines; a text that ends in a line break has no further line after it.
    pub fn lines(&self) -> usize {
        self.line_starts.len()
    }

    /// The byte range of the line `index` (from 0) without its line break; `None` past the end.
    pub fn line_range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts.get(index)?;
        let end = self.line_starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end)?;
        Some(start..start + line.trim_end_matches(['\n', '\r']).len())
    }

    /// The index (from 0) of the line that holds the byte `offset`.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The byte `offset` as line and column.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let line = self.line_of(offset);
        let start = self.line_starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or("");
        LineColumn { line: line + 1, column: before.chars().count() + 1 }
    }
}

/// Why a file could not be loaded.
#[derive(Debug, Error, Clone)]
pub enum LoadError {
    /// Nothing stands at the path.
    #[error("there is no file {0}")]
    Missing(TreePath),
    /// A folder, a pipe, a socket or a device.
    #[error("{0} is not a regular file")]
    NotAFile(TreePath),
    /// Longer than [`MAX_FILE_BYTES`].
    #[error("{0} is larger than {limit} MiB", limit = MAX_FILE_BYTES >> 20)]
    TooLarge(TreePath),
    /// The operating system refused.
    #[error("{0} cannot be read: {1}")]
    Unreadable(TreePath, Arc<str>),
    /// Bytes that are not UTF-8; the span is the first of them, in the file as read with replacement characters.
    #[error("{path} is not UTF-8 text")]
    NotUtf8 {
        /// The file.
        path: TreePath,
        /// Where the first bad byte stands.
        at: Span,
    },
}

#[derive(Default)]
struct Loaded {
    files: Vec<Arc<SourceFile>>,
    by_path: HashMap<TreePath, Result<FileId, LoadError>>,
}

/// What was made of a file, by its type and the file's path.
type Made = HashMap<(TypeId, TreePath), Arc<dyn Any + Send + Sync>>;

/// The files of a run. Loading takes `&self`, so that steps may run side by side.
pub struct Sources {
    tree: Arc<dyn Tree>,
    loaded: RwLock<Loaded>,
    made: RwLock<Made>,
}

impl Sources {
    /// Files out of `tree`, none loaded yet.
    pub fn new(tree: impl Tree + 'static) -> Self {
        Self { tree: Arc::new(tree), loaded: RwLock::default(), made: RwLock::default() }
    }

    /// The same files, those of `changed` with other texts in the place of theirs, as if that were written. What is known of
    /// the others is kept, their ids with it, so that a place means the same bytes in both. A file that was not loaded, or is
    /// no UTF-8, has no text to replace.
    #[must_use]
    pub fn edited(&self, changed: &[(TreePath, String)]) -> Self {
        let mut loaded = {
            let known = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
            Loaded { files: known.files.clone(), by_path: known.by_path.clone() }
        };
        for (path, text) in changed {
            if let Some(Ok(id)) = loaded.by_path.get(path).cloned() {
                let file =
                    SourceFile { id, path: path.clone(), text: text.clone(), line_starts: line_starts(text) };
                loaded.files[id.index()] = Arc::new(file);
            }
        }
        // What was made of the root was made of all files.
        let is_kept = |path: &TreePath| {
            *path != TreePath::root() && !changed.iter().any(|(changed, _)| changed == path)
        };
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let made = made.iter().filter(|((_, path), _)| is_kept(path));
        let made = made.map(|(key, made)| (key.clone(), Arc::clone(made))).collect();
        Self { tree: Arc::clone(&self.tree), loaded: RwLock::new(loaded), made: RwLock::new(made) }
    }

    /// The tree the files come from.
    pub fn tree(&self) -> &dyn Tree {
        &*self.tree
    }

    /// The path that `name`, written in a file of `folder`, means. An absolute name, or one that leaves the root and
    /// comes back, is the path inside the root where it points there, so that one file has one path.
    pub fn resolve(&self, folder: &TreePath, name: &str) -> TreePath {
        let joined = folder.join(name);
        if !joined.is_outside() {
            return joined;
        }
        let root = TreePath::new(self.tree.root());
        let absolute = root.join(joined.as_str());
        match absolute.as_str().strip_prefix(root.as_str()) {
            Some("") => TreePath::root(),
            Some(rest) if rest.starts_with('/') => TreePath::new(&rest[1..]),
            _ => joined,
        }
    }

    /// Whether a regular file stands at `path`.
    pub fn is_file(&self, path: &TreePath) -> bool {
        self.tree.kind(path) == Some(Kind::File)
    }

    /// The file at `path`, read at the first call and remembered, as is a failure.
    pub fn load(&self, path: &TreePath) -> Result<Arc<SourceFile>, LoadError> {
        // The file is taken under the same lock: asking for the lock again while one waits to write would never end.
        let known = {
            let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
            let file = |id: FileId| Arc::clone(&loaded.files[id.index()]);
            loaded.by_path.get(path).map(|known| known.clone().map(file))
        };
        if let Some(known) = known {
            return known;
        }
        let read = self.read(path);
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = loaded.by_path.get(path) {
            return known.clone().map(|id| Arc::clone(&loaded.files[id.index()]));
        }
        let outcome = read.and_then(|bytes| loaded.keep(path, bytes));
        loaded.by_path.insert(path.clone(), outcome.as_ref().map(|file| file.id).map_err(Clone::clone));
        outcome
    }

    /// The file at `path`, bytes that are not UTF-8 replaced: for files of which single lines matter.
    pub fn load_lossy(&self, path: &TreePath) -> Result<Arc<SourceFile>, LoadError> {
        match self.load(path) {
            Err(LoadError::NotUtf8 { at, .. }) => Ok(self.file(at.file)),
            loaded => loaded,
        }
    }

    /// The loaded file `id` names. Ids come from this `Sources` alone.
    pub fn file(&self, id: FileId) -> Arc<SourceFile> {
        Arc::clone(&self.loaded.read().unwrap_or_else(PoisonError::into_inner).files[id.index()])
    }

    /// The text under `span`; empty when the span does not lie on character boundaries of its file.
    pub fn text(&self, span: Span) -> String {
        self.file(span.file).text.get(span.range()).unwrap_or_default().to_owned()
    }

    /// Every loaded file, in the order of loading.
    pub fn files(&self) -> Vec<Arc<SourceFile>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).files.clone()
    }

    /// What `make` makes of the file at `path`: made at the first call and remembered, once for each `T`. A syntax tree
    /// that several processes need is one tree. `make` must depend on the file alone, and not ask for the same again.
    pub fn made<T: Any + Send + Sync>(&self, path: &TreePath, make: impl FnOnce() -> T) -> Arc<T> {
        let key = (TypeId::of::<T>(), path.clone());
        let known = self.made.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let slot = known.unwrap_or_else(|| {
            let mut all = self.made.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key).or_insert_with(|| Arc::new(OnceLock::<Arc<T>>::new())))
        });
        // What stands under the key of a type is of that type.
        let slot: Arc<OnceLock<Arc<T>>> = slot.downcast().unwrap_or_default();
        // Made without the lock: others make theirs meanwhile, and who needs this one waits for it.
        Arc::clone(slot.get_or_init(|| Arc::new(make())))
    }

    fn read(&self, path: &TreePath) -> Result<Vec<u8>, LoadError> {
        match self.tree.kind(path) {
            None => return Err(LoadError::Missing(path.clone())),
            Some(Kind::Folder | Kind::Special) => return Err(LoadError::NotAFile(path.clone())),
            Some(Kind::File) => {}
        }
        let refused = |error: io::Error| LoadError::Unreadable(path.clone(), Arc::from(error.to_string()));
        let bytes = self.tree.read(path, MAX_FILE_BYTES).map_err(refused)?;
        if bytes.len() as u64 > MAX_FILE_BYTES { Err(LoadError::TooLarge(path.clone())) } else { Ok(bytes) }
    }
}

impl Loaded {
    fn keep(&mut self, path: &TreePath, bytes: Vec<u8>) -> Result<Arc<SourceFile>, LoadError> {
        let (text, bad) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(offset))
            }
        };
        let line_starts = line_starts(&text);
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let file = Arc::new(SourceFile { id, path: path.clone(), text, line_starts });
        self.files.push(Arc::clone(&file));
        match bad {
            None => Ok(file),
            Some(offset) => {
                let end = offset + char::REPLACEMENT_CHARACTER.len_utf8();
                Err(LoadError::NotUtf8 { path: path.clone(), at: Span::new(id, offset..end) })
            }
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let mut line_starts: Vec<usize> = line_starts.collect();
    if line_starts.len() > 1 && line_starts.last() == Some(&text.len()) {
        line_starts.pop();
    }
    line_starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn an_edited_file_is_another_and_the_rest_is_kept() {
        let sources = Sources::new(Memory::new([("x", "a=1\n"), ("y", "b=2\n")]));
        let (x, y) = (TreePath::new("x"), TreePath::new("y"));
        let (before, other) = (sources.load(&x).unwrap(), sources.load(&y).unwrap());
        assert_eq!(*sources.made(&x, || 1_u8) + *sources.made(&y, || 2_u8), 3);
        let edited = sources.edited(&[(x.clone(), "a=10\nc\n".to_owned())]);
        let after = edited.load(&x).unwrap();
        assert_eq!((after.id, after.text.as_str(), after.lines()), (before.id, "a=10\nc\n", 2));
        assert!(Arc::ptr_eq(&edited.load(&y).unwrap(), &other));
        assert_eq!((*edited.made(&x, || 7_u8), *edited.made(&y, || 8_u8)), (7, 2));
        assert_eq!(sources.load(&x).unwrap().text, "a=1\n");
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let sources = Sources::new(Memory::new([("x", "é=1\nab\n")]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        assert_eq!(file.line_column(3), LineColumn { line: 1, column: 3 });
        assert_eq!(file.line_column(5), LineColumn { line: 2, column: 1 });
        assert_eq!(file.lines(), 2);
        assert_eq!(file.line_range(0), Some(0..4));
    }

    #[test]
    fn one_file_has_one_path() {
        let sources = Sources::new(Memory::new([("x", "")]));
        let root = TreePath::root();
        assert_eq!(sources.resolve(&root, "/memory/x").as_str(), "x");
        assert_eq!(sources.resolve(&root, "../memory/x").as_str(), "x");
        assert_eq!(sources.resolve(&root, "../other/x").as_str(), "../other/x");
        assert_eq!(sources.resolve(&root, "/memoryx").as_str(), "/memoryx");
    }

    #[test]
    fn threads_that_load_the_same_files_never_wait_for_one_another_for_good() {
        let names: Vec<String> = (0..2000).map(|index| index.to_string()).collect();
        let files = || Memory::new(names.iter().map(|name| (name.as_str(), "")));
        let (done, wait) = std::sync::mpsc::channel();
        let all: Arc<Vec<String>> = Arc::new(names.clone());
        let sources = Arc::new(Sources::new(files()));
        for _ in 0..4 {
            let (done, all, sources) = (done.clone(), Arc::clone(&all), Arc::clone(&sources));
            std::thread::spawn(move || {
                let loaded = all.iter().filter(|name| sources.load(&TreePath::new(name.as_str())).is_ok());
                done.send(loaded.count())
            });
        }
        for _ in 0..4 {
            assert_eq!(wait.recv_timeout(std::time::Duration::from_secs(20)), Ok(2000));
        }
    }

    #[test]
    fn what_is_made_of_a_file_is_made_once_for_each_type() {
        let sources = Sources::new(Memory::new([("x", "abc")]));
        let path = TreePath::new("x");
        let times = std::cell::Cell::new(0);
        let make = || {
            times.set(times.get() + 1);
            7_u8
        };
        assert_eq!((*sources.made(&path, make), *sources.made(&path, make), times.get()), (7, 7, 1));
        assert_eq!(*sources.made(&path, || 8_u16), 8);
        assert_eq!(*sources.made(&TreePath::new("y"), || 9_u8), 9);
    }

    #[test]
    fn bytes_that_are_not_utf8_have_a_place() {
        let mut tree = Memory::default();
        tree.insert("x", b"A=1\nB=\xff2\n");
        let sources = Sources::new(tree);
        let Err(LoadError::NotUtf8 { at, .. }) = sources.load(&TreePath::new("x")) else {
            panic!("was read")
        };
        assert_eq!(sources.file(at.file).line_column(at.range().start), LineColumn { line: 2, column: 3 });
    }
}
