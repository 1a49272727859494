//! Which functions may make a pool at all: those that mention a constructor, or something that does.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::heap::Key;
use super::library::{Libraries, Library};
use super::outline::{Function, Import};
use super::program::Program;

/// Names that may lead to a pool.
pub(super) struct Makers {
    names: FxHashSet<Key>,
    /// Names that lead to a pool in some modules only: in those of these indices.
    common: FxHashMap<&'static str, FxHashSet<usize>>,
    /// For each module whether its functions may, by their place in the file, in order; worked out where it is asked.
    places: Vec<OnceCell<Vec<(u32, u32, bool)>>>,
}

impl Makers {
    /// The names of `program` that may lead to a pool.
    pub(super) fn of(program: &Program, libraries: Libraries) -> Self {
        let mut names: FxHashSet<Key> = FxHashSet::default();
        let mut common: FxHashMap<&'static str, FxHashSet<usize>> = FxHashMap::default();
        let roots = imported_roots(program);
        let is_used = |library: &&Library| library.packages.iter().any(|package| roots.contains(package));
        for library in libraries.known.iter().filter(is_used) {
            if library.is_common {
                for name in library.names {
                    common.entry(name).or_default().extend(modules_with(program, library, name));
                }
            } else {
                names.extend(library.names.iter().copied().map(Key::new_static));
            }
        }
        for (index, unit) in program.units.iter().enumerate().filter(|_| !common.is_empty()) {
            for function in &unit.outline.functions {
                let leads = |name: &Key| common.get(name.as_str()).is_some_and(|all| all.contains(&index));
                if function.body.mentions.iter().any(|mention| leads(mention.last())) {
                    names.insert(named(function).clone());
                }
            }
        }
        let mut queue: Vec<Key> = names.iter().cloned().collect();
        let mut users = users(program);
        while let Some(name) = queue.pop() {
            for user in users.remove(&name).unwrap_or_default() {
                if names.insert(user.clone()) {
                    queue.push(user.clone());
                }
            }
        }
        let places = program.units.iter().map(|_| OnceCell::new()).collect();
        Self { names, common, places }
    }

    /// The functions of a module that may make a pool and those that do not, by their place.
    fn places_of(&self, program: &Program, module: usize) -> Option<&[(u32, u32, bool)]> {
        let functions = &program.units.get(module)?.outline.functions;
        let place =
            |function: &Function| (function.place.0, function.place.1, self.may_make(module, function));
        Some(self.places.get(module)?.get_or_init(|| functions.iter().map(place).collect()))
    }

    /// Whether the function at the byte `offset` of a module may make a pool; one inside another function may where
    /// that one may.
    pub(super) fn may_make_at(&self, program: &Program, module: usize, offset: u32) -> bool {
        let Some(places) = self.places_of(program, module) else { return true };
        let before = places.partition_point(|(start, ..)| *start <= offset);
        match before.checked_sub(1).and_then(|index| places.get(index)) {
            Some((_, end, may_make)) if offset < *end => *may_make,
            // Code that stands in no function runs when its module does.
            _ => true,
        }
    }

    /// Whether running the function may make a pool.
    pub(super) fn may_make(&self, module: usize, function: &Function) -> bool {
        let leads = |name: &Key| {
            self.names.contains(name)
                || self.common.get(name.as_str()).is_some_and(|modules| modules.contains(&module))
        };
        function.body.mentions.iter().any(|mention| leads(mention.last()))
    }
}

/// The packages that are imported, by the first part of their names.
fn imported_roots(program: &Program) -> FxHashSet<&str> {
    let imports = program.units.iter().flat_map(|unit| unit.outline.imports());
    imports.filter(|import| import.level == 0).filter_map(|import| import.module.split('.').next()).collect()
}

/// For each name what leads to a pool where it does: the functions that mention it, and other names for it.
fn users(program: &Program) -> FxHashMap<&Key, Vec<&Key>> {
    let mut users: FxHashMap<&Key, Vec<&Key>> = FxHashMap::default();
    for unit in &program.units {
        for function in &unit.outline.functions {
            for mention in &function.body.mentions {
                users.entry(mention.last()).or_default().push(named(function));
            }
        }
        for (name, meant) in unit.outline.aliases.iter().filter(|(name, meant)| name != meant) {
            users.entry(meant).or_default().push(name);
        }
        for (taken, bound) in unit.outline.imports().flat_map(|import| import.names.iter().flatten()) {
            if taken != bound {
                users.entry(taken).or_default().push(bound);
            }
        }
    }
    users
}

/// The modules that import the library, or something called `name`.
fn modules_with(program: &Program, library: &Library, name: &str) -> Vec<usize> {
    let is_import = |import: &Import| {
        let is_package =
            library.packages.iter().any(|package| import.module.split('.').next() == Some(package));
        is_package || import.names.iter().flatten().any(|(taken, _)| taken == name)
    };
    let units = program.units.iter().enumerate();
    units.filter(|(_, unit)| unit.outline.imports().any(is_import)).map(|(index, _)| index).collect()
}

/// The name under which a function is called: a special method by its class.
fn named(function: &Function) -> &Key {
    let is_special = function.name.starts_with("__");
    function.class.as_ref().filter(|_| is_special).unwrap_or(&function.name)
}
