//! Reading the files of many modules at once, on as many processors as there are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::syntax::python::{Module, parse};
use crate::trace::{Problem, ProblemKind};

use super::outline::Outline;
use super::program::Unit;
use super::search::SearchPath;

/// A thread is worth its start for this many files.
const FILES_FOR_A_THREAD: usize = 16;
/// The stack of a thread that reads files: a syntax tree is walked by recursion.
const STACK: usize = 64 << 20;

/// A file that was read, with its outline; `None` where a module has no file.
pub(super) type Source = Option<Result<(Module, Outline), Problem>>;

/// Reads the files of `units`, in their order.
pub(super) fn read_all(search: &SearchPath<'_>, units: &[Unit]) -> Vec<Source> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let workers = processors.min(units.len().div_ceil(FILES_FOR_A_THREAD));
    if workers < 2 {
        return units.iter().map(|unit| read(search, unit)).collect();
    }
    // Small shares, so that nobody waits for the one with the longest files.
    let shares: Vec<&[Unit]> = units.chunks(units.len().div_ceil(workers * 8)).collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<Source>)>> = Mutex::default();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = shares.get(index) else { return };
            let sources = share.iter().map(|unit| read(search, unit)).collect();
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, sources));
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            // Where no further thread can be had, this one does all the work.
            drop(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work));
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, sources)| sources).collect()
}

fn read(search: &SearchPath<'_>, unit: &Unit) -> Source {
    let path = unit.found.file.as_ref()?;
    let file = match search.load(path) {
        Ok(file) => file,
        Err(error) => return Some(Err(Problem::unloadable(path, &error))),
    };
    let malformed = |span, message| Problem::at(ProblemKind::MalformedFile, path, span, message);
    let parsed = parse(&file).map_err(|error| malformed(error.span, error.message));
    Some(parsed.map(|module| {
        let outline = Outline::of(&module.body, unit.is_main);
        (module, outline)
    }))
}
