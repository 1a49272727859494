//! The names of a program's modules: what each defines and what it imports under which name.

use std::collections::HashMap;

use super::program::Program;

/// A function of the program: its module and its place in the outline.
pub(super) type Place = (usize, usize);

/// What is imported under a name.
#[derive(Clone)]
pub(super) enum Bound {
    /// A module of the tree.
    Module(usize),
    /// The name of a module of the tree.
    Name(usize, String),
}

/// The names of one module.
#[derive(Default)]
struct Names<'a> {
    functions: HashMap<&'a str, Vec<usize>>,
    imports: HashMap<String, Vec<Bound>>,
    stars: Vec<usize>,
}

/// The names of all modules.
pub(super) struct Index<'a> {
    modules: Vec<Names<'a>>,
    methods: HashMap<&'a str, Vec<Place>>,
    classes: HashMap<&'a str, Vec<Place>>,
}

impl<'a> Index<'a> {
    /// The names of `program`.
    pub(super) fn of(program: &'a Program) -> Self {
        let mut index = Self { modules: Vec::new(), methods: HashMap::new(), classes: HashMap::new() };
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
    pub(super) fn imports(&self, module: usize, name: &str) -> &[Bound] {
        let names = self.modules.get(module);
        names.and_then(|names| names.imports.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The modules of which a module imports every name.
    pub(super) fn stars(&self, module: usize) -> &[usize] {
        self.modules.get(module).map_or(&[], |names| &names.stars)
    }

    /// The methods of any class under a name.
    pub(super) fn methods(&self, name: &str) -> Vec<Place> {
        self.methods.get(name).cloned().unwrap_or_default()
    }

    /// The methods of the classes of a name.
    pub(super) fn class(&self, name: &str) -> Vec<Place> {
        self.classes.get(name).cloned().unwrap_or_default()
    }
}

impl Names<'_> {
    fn add_imports(&mut self, program: &Program, module: usize) {
        let Some(unit) = program.units.get(module) else { return };
        for import in unit.outline.imports() {
            let Some(target) = unit.absolute(import) else { continue };
            match &import.names {
                None => {
                    let name = import.alias.as_ref().map_or(target.as_str(), |alias| alias.as_str());
                    if let Some(found) = program.index(&target) {
                        self.imports.entry(name.to_owned()).or_default().push(Bound::Module(found));
                    }
                }
                Some(names) => {
                    for (taken, bound) in names {
                        if let Some(found) = program.index(&format!("{target}.{taken}")) {
                            self.imports.entry(bound.to_string()).or_default().push(Bound::Module(found));
                        }
                        let Some(found) = program.index(&target) else { continue };
                        if taken == "*" {
                            self.stars.push(found);
                        } else {
                            let name = Bound::Name(found, taken.to_string());
                            self.imports.entry(bound.to_string()).or_default().push(name);
                        }
                    }
                }
            }
        }
    }
}
