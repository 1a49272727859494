//! Who reads which dotenv file in a run: a line that two of them take otherwise is worth a word.

use std::sync::{Mutex, PoisonError};

use super::Dialect;
use crate::source::{Sources, TreePath};

/// The readers of a file, as they were met.
#[derive(Default)]
struct Readers(Mutex<Vec<Dialect>>);

/// Notes that a program of `dialect` reads the file at `path`.
pub fn note_reader(sources: &Sources, path: &TreePath, dialect: Dialect) {
    let readers = sources.made(path, Readers::default);
    let mut known = readers.0.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains(&dialect) {
        known.push(dialect);
    }
}

/// Who reads the file at `path`, in a fixed order.
pub fn readers(sources: &Sources, path: &TreePath) -> Vec<Dialect> {
    let readers = sources.made(path, Readers::default);
    let mut known = readers.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    known.sort_by_key(|dialect| *dialect as u8);
    known
}
