//! The names of a program's modules: what each defines and what it imports under which name.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::heap::Key;
use super::program::Program;

/// A function of the program: its module and its place in the outline.
pub(super) type Place = (usize, usize);

/// What is imported under a name.
pub(super) enum Bound<'a> {
    /// A module of the tree.
    Module(usize),
    /// The name of a module of the tree.
    Name(usize, &'a Key),
}

/// The names of one module.
#[derive(Default)]
struct Names<'a> {
    functions: FxHashMap<&'a str, Vec<usize>>,
    imports: FxHashMap<Cow<'a, str>, Vec<Bound<'a>>>,
    stars: Vec<usize>,
}

/// The names of all modules.
pub(super) struct Index<'a> {
    modules: Vec<Names<'a>>,
    methods: FxHashMap<&'a str, Vec<Place>>,
    classes: FxHashMap<&'a str, Vec<Place>>,
}

impl<'a> Index<'a> {
    /// The names of `program`.
    pub(super) fn of(program: &'a Program) -> Self {
        let mut index =
            Self { modules: Vec::new(), methods: FxHashMap::default(), classes: FxHashMap::default() };
        for (module, unit) in program.units.iter().enumerate() {
            let mut names = Names::default();
            for (place, function) in unit.outline.functions.iter().enumerate() {
                match &function.class {
                    None => names.functions.entry(function.name.as_str()).or_default().push(place),
                    Some(class) => {
                        index.methods.entry(function.name.as_str()).or_default().push((module, place));
                        index.classes.entry(class.as_str()).or_default().push((module, place));
                    }
                }
            }
            names.add_imports(program, module);
            index.modules.push(names);
        }
        index
    }

    /// The functions `name` of a module.
    pub(super) fn functions(&self, module: usize, name: &str) -> &[usize] {
        let names = self.modules.get(module);
        names.and_then(|names| names.functions.get(name)).map_or(&[], Vec::as_slice)
    }

    /// What a module imports as `name`.
    pub(super) fn imports(&self, module: usize, name: &str) -> &[Bound<'a>] {
        let names = self.modules.get(module);
        names.and_then(|names| names.imports.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The modules of which a module imports every name.
    pub(super) fn stars(&self, module: usize) -> &[usize] {
        self.modules.get(module).map_or(&[], |names| &names.stars)
    }

    /// The methods of any class under a name.
    pub(super) fn methods(&self, name: &str) -> &[Place] {
        self.methods.get(name).map_or(&[], Vec::as_slice)
    }

    /// The methods of the classes of a name.
    pub(super) fn class(&self, name: &str) -> &[Place] {
        self.classes.get(name).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Names<'a> {
    fn add_imports(&mut self, program: &'a Program, module: usize) {
        let Some(unit) = program.units.get(module) else { return };
        for import in unit.outline.imports() {
            let Some(target) = unit.absolute(import) else { continue };
            let Some(found) = program.index(&target) else { continue };
            let Some(names) = &import.names else {
                let name = match &import.alias {
                    Some(alias) => Cow::Borrowed(alias.as_str()),
                    None => Cow::Owned(target),
                };
                self.imports.entry(name).or_default().push(Bound::Module(found));
                continue;
            };
            // Only a package has modules in it.
            let is_package = program.units[found].found.folder.is_some();
            for (taken, bound) in names {
                let submodule = if is_package { program.index(&format!("{target}.{taken}")) } else { None };
                let bounds = self.imports.entry(Cow::Borrowed(bound.as_str())).or_default();
                bounds.extend(submodule.map(Bound::Module));
                if taken == "*" {
                    self.stars.push(found);
                } else {
                    bounds.push(Bound::Name(found, taken));
                }
            }
        }
    }
}
