//! Which functions may make a pool at all: those that mention a constructor, or something that does.

use std::collections::{HashMap, HashSet};

use super::heap::Key;
use super::library::{Libraries, Library};
use super::outline::Function;
use super::program::Program;

/// Names that may lead to a pool.
pub(super) struct Makers {
    names: HashSet<Key>,
    /// For each module the functions that may, by their place in the file, in order.
    places: Vec<Vec<(u32, u32, bool)>>,
}

impl Makers {
    /// The names of `program` that may lead to a pool.
    pub(super) fn of(program: &Program, libraries: Libraries) -> Self {
        let mut names: HashSet<Key> = HashSet::new();
        for library in libraries.known.iter().filter(|library| is_used(program, library)) {
            names.extend(library.names.iter().copied().map(Key::new_static));
        }
        let mut queue: Vec<Key> = names.iter().cloned().collect();
        let mut users: HashMap<&Key, Vec<Vec<Key>>> = HashMap::new();
        for unit in &program.units {
            for function in &unit.outline.functions {
                for mention in &function.body.mentions {
                    users.entry(mention.last()).or_default().push(named(function));
                }
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
        let mut makers = Self { names, places: Vec::new() };
        makers.places = program.units.iter().map(|unit| makers.places_of(&unit.outline.functions)).collect();
        makers
    }

    fn places_of(&self, functions: &[Function]) -> Vec<(u32, u32, bool)> {
        functions
            .iter()
            .map(|function| (function.place.0, function.place.1, self.may_make(function)))
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
    pub(super) fn may_make(&self, function: &Function) -> bool {
        function.body.mentions.iter().any(|mention| self.names.contains(mention.last()))
    }
}

/// Whether any module imports the library.
fn is_used(program: &Program, library: &Library) -> bool {
    program.units.iter().flat_map(|unit| unit.outline.imports()).any(|import| {
        import.level == 0
            && library.packages.iter().any(|package| import.module.split('.').next() == Some(package))
    })
}

/// The names under which a function is called: a special method by its class.
fn named(function: &Function) -> Vec<Key> {
    let is_special = function.name.starts_with("__");
    match &function.class {
        Some(class) if is_special => vec![class.clone()],
        _ => vec![function.name.clone()],
    }
}
