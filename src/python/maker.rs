//! Which functions may make a pool at all: those that mention a constructor, or something that does.

use std::collections::{HashMap, HashSet};

use super::heap::Key;
use super::library::{Libraries, Library};
use super::outline::{Function, Import};
use super::program::Program;

/// Names that may lead to a pool.
pub(super) struct Makers {
    names: HashSet<Key>,
    /// Names that lead to a pool in some modules only: in those of these indices.
    common: HashMap<&'static str, HashSet<usize>>,
    /// For each module the functions that may, by their place in the file, in order.
    places: Vec<Vec<(u32, u32, bool)>>,
}

impl Makers {
    /// The names of `program` that may lead to a pool.
    pub(super) fn of(program: &Program, libraries: Libraries) -> Self {
        let mut names: HashSet<Key> = HashSet::new();
        let mut common: HashMap<&'static str, HashSet<usize>> = HashMap::new();
        for library in libraries.known.iter().filter(|library| is_used(program, library)) {
            if library.is_common {
                for name in library.names {
                    common.entry(name).or_default().extend(modules_with(program, library, name));
                }
            } else {
                names.extend(library.names.iter().copied().map(Key::new_static));
            }
        }
        for (index, unit) in program.units.iter().enumerate() {
            for function in &unit.outline.functions {
                let leads = |name: &Key| common.get(name.as_str()).is_some_and(|all| all.contains(&index));
                if function.body.mentions.iter().any(|mention| leads(mention.last())) {
                    names.extend(named(function));
                }
            }
        }
        let mut queue: Vec<Key> = names.iter().cloned().collect();
        let mut users: HashMap<&Key, Vec<Vec<Key>>> = HashMap::new();
        for unit in &program.units {
            for function in &unit.outline.functions {
                for mention in &function.body.mentions {
                    users.entry(mention.last()).or_default().push(named(function));
                }
            }
            for (name, meant) in unit.outline.aliases.iter().filter(|(name, meant)| name != meant) {
                users.entry(meant).or_default().push(vec![name.clone()]);
            }
            for (taken, bound) in unit.outline.imports().flat_map(|import| import.names.iter().flatten()) {
                if taken != bound {
                    users.entry(taken).or_default().push(vec![bound.clone()]);
                }
            }
        }
        while let Some(name) = queue.pop() {
            for user in users.remove(&name).unwrap_or_default().into_iter().flatten() {
                if names.insert(user.clone()) {
                    queue.push(user);
                }
            }
        }
        let mut makers = Self { names, common, places: Vec::new() };
        makers.places = program
            .units
            .iter()
            .enumerate()
            .map(|(index, unit)| makers.places_of(index, &unit.outline.functions))
            .collect();
        makers
    }

    fn places_of(&self, module: usize, functions: &[Function]) -> Vec<(u32, u32, bool)> {
        functions
            .iter()
            .map(|function| (function.place.0, function.place.1, self.may_make(module, function)))
            .collect()
    }

    /// Whether the function at the byte `offset` of a module may make a pool; one inside another function may where
    /// that one may.
    pub(super) fn may_make_at(&self, module: usize, offset: u32) -> bool {
        let Some(places) = self.places.get(module) else { return true };
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

/// Whether any module imports the library.
fn is_used(program: &Program, library: &Library) -> bool {
    program.units.iter().flat_map(|unit| unit.outline.imports()).any(|import| {
        import.level == 0
            && library.packages.iter().any(|package| import.module.split('.').next() == Some(package))
    })
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

/// The names under which a function is called: a special method by its class.
fn named(function: &Function) -> Vec<Key> {
    let is_special = function.name.starts_with("__");
    match &function.class {
        Some(class) if is_special => vec![class.clone()],
        _ => vec![function.name.clone()],
    }
}
