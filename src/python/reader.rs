//! Reading the files of many modules at once, on as many processors as there are. A file is parsed once, however many
//! processes run it.

use std::sync::{Arc, OnceLock};

use crate::parallel;
use crate::source::TreePath;
use crate::syntax::python::{Module, parse};
use crate::trace::{Problem, ProblemKind};

use super::outline::Outline;
use super::program::Unit;
use super::search::SearchPath;

/// A thread is worth its start for this many files.
const FILES_FOR_A_THREAD: usize = 16;

/// A file that was read, with its outline; `None` where a module has no file.
pub(super) type Source = Option<Result<(Arc<Module>, Arc<Outline>), Problem>>;

/// What a file of the tree comes to, kept beside it.
struct Parsed {
    module: Result<Arc<Module>, Problem>,
    /// Its outline where it is imported, and where it is run.
    outlines: [OnceLock<Arc<Outline>>; 2],
}

/// Reads the files of `units`, in their order.
pub(super) fn read_all(search: &SearchPath<'_>, units: &[Unit]) -> Vec<Source> {
    parallel::each(units, FILES_FOR_A_THREAD, |unit| read(search, unit))
}

fn read(search: &SearchPath<'_>, unit: &Unit) -> Source {
    let path = unit.found.file.as_ref()?;
    let parsed = search.sources().made(path, || Parsed::of(search, path, unit.is_main));
    let module = match &parsed.module {
        Ok(module) => Arc::clone(module),
        Err(problem) => return Some(Err(problem.clone())),
    };
    let outline = parsed.outlines[usize::from(unit.is_main)].get_or_init(|| {
        // It was parsed before, so it will be again.
        let whole = parse(&module.file);
        Arc::new(whole.map(|whole| Outline::of(&whole.body, unit.is_main)).unwrap_or_default())
    });
    let outline = Arc::clone(outline);
    Some(Ok((module, outline)))
}

impl Parsed {
    fn of(search: &SearchPath<'_>, path: &TreePath, is_main: bool) -> Self {
        let malformed = |span, message| Problem::at(ProblemKind::MalformedFile, path, span, message);
        let outlines = [OnceLock::new(), OnceLock::new()];
        let module = match search.load(path) {
            Ok(file) => parse(&file).map_err(|error| malformed(error.span, error.message)),
            Err(error) => Err(Problem::unloadable(path, &error)),
        };
        let module = module.map(|module| {
            outlines[usize::from(is_main)].get_or_init(|| Arc::new(Outline::of(&module.body, is_main)));
            Arc::new(module.without_bodies())
        });
        Self { module, outlines }
    }
}
