//! Which functions something that is served may call, by the names that running code mentions.
//!
//! A name that is mentioned may be called, a function that a framework decorates is, and the methods of a class whose
//! base is not of the tree may be. That is more than what is called in life, so nothing is missed, and less than what
//! the tree defines: a script's `reset_database` that nothing served mentions makes no pool.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::heap::Key;
use super::hooks::{self, Role, When};
use super::names::{Bound, Index, Place};
use super::outline::{Body, Function, Mention, Outline};
use super::program::Program;

/// Names that modules hand on are followed through this many of them.
const MAX_HOPS: usize = 6;

/// What is reached so far.
pub(super) struct Reach<'a> {
    program: &'a Program,
    role: Role,
    index: Rc<Index<'a>>,
    entered: FxHashSet<usize>,
    reached: FxHashSet<Place>,
    queue: Vec<Place>,
    /// Names of modules that are mentioned.
    names: FxHashSet<(usize, Key)>,
    /// Attributes that are mentioned, of what is not known.
    members: FxHashSet<Key>,
    /// Names of classes that are mentioned.
    classes: FxHashSet<Key>,
}

impl<'a> Reach<'a> {
    /// Nothing is reached.
    pub(super) fn new(program: &'a Program, role: Role) -> Self {
        Self {
            program,
            role,
            index: Rc::new(Index::of(program)),
            entered: FxHashSet::default(),
            reached: FxHashSet::default(),
            queue: Vec::new(),
            names: FxHashSet::default(),
            members: FxHashSet::default(),
            classes: FxHashSet::default(),
        }
    }

    /// The module is imported: its statements run.
    pub(super) fn enter(&mut self, module: usize) {
        let program = self.program;
        let Some(unit) = program.units.get(module) else { return };
        if !self.entered.insert(module) {
            return;
        }
        self.mention_all(module, &unit.outline.top);
        for (index, function) in unit.outline.functions.iter().enumerate() {
            let is_handed_over = function.is_registered || self.is_framework_method(&unit.outline, function);
            let is_called = is_handed_over
                && hooks::when(program, &unit.outline, function, self.role) != When::Never
                || (function.class.is_some() && self.members.contains(&function.name));
            if is_called {
                self.reach((module, index));
            }
        }
    }

    /// The next function that is reached.
    pub(super) fn next(&mut self) -> Option<Place> {
        let place = self.queue.pop()?;
        if let Some(function) = self.function(place) {
            self.mention_all(place.0, &function.body);
        }
        Some(place)
    }

    /// A function of the outline.
    pub(super) fn function(&self, place: Place) -> Option<&'a Function> {
        let program = self.program;
        program.units.get(place.0)?.outline.functions.get(place.1)
    }

    /// When the function runs, which something outside the tree may call.
    pub(super) fn when(&self, place: Place) -> When {
        let program = self.program;
        let unit = program.units.get(place.0);
        let function = self.function(place);
        let both = unit.zip(function);
        both.map_or(When::AtWill, |(unit, one)| hooks::when(program, &unit.outline, one, self.role))
    }

    fn reach(&mut self, place: Place) {
        if self.reached.insert(place) {
            self.queue.push(place);
        }
    }

    fn mention_all(&mut self, module: usize, body: &'a Body) {
        for mention in &body.mentions {
            match mention {
                Mention::Name(name) => self.mention_name(module, name, MAX_HOPS),
                Mention::Attribute(of, name) => self.mention_attribute(module, of, name),
                Mention::Member(name) => self.mention_member(name),
            }
        }
    }

    /// A name of a module: its own function or class, or what it imported under that name.
    fn mention_name(&mut self, module: usize, name: &Key, hops: usize) {
        if !self.names.insert((module, name.clone())) {
            return;
        }
        let index = Rc::clone(&self.index);
        for function in index.functions(module, name) {
            self.reach((module, *function));
        }
        self.mention_class(name);
        if hops == 0 {
            return;
        }
        for bound in index.imports(module, name) {
            if let Bound::Name(target, taken) = bound {
                self.mention_name(*target, taken, hops - 1);
            }
        }
        for target in index.stars(module) {
            self.mention_name(*target, name, hops - 1);
        }
    }

    /// `of.name`: a function of the module that `of` is, else a method of anything.
    fn mention_attribute(&mut self, module: usize, of: &str, name: &Key) {
        let target = self.index.imports(module, of).iter().find_map(|bound| match bound {
            Bound::Module(target) => Some(*target),
            Bound::Name(..) => None,
        });
        match target {
            Some(target) => self.mention_name(target, name, MAX_HOPS),
            None => self.mention_member(name),
        }
    }

    fn mention_member(&mut self, name: &Key) {
        if !self.members.insert(name.clone()) {
            return;
        }
        let index = Rc::clone(&self.index);
        for place in index.methods(name) {
            if self.entered.contains(&place.0) {
                self.reach(*place);
            }
        }
        self.mention_class(name);
    }

    /// A class is used: its special methods run by themselves, and so do all where a framework is its base.
    fn mention_class(&mut self, name: &Key) {
        if !self.classes.insert(name.clone()) {
            return;
        }
        let program = self.program;
        let index = Rc::clone(&self.index);
        for &place in index.class(name) {
            let unit = program.units.get(place.0).filter(|_| self.entered.contains(&place.0));
            let is_called = unit.and_then(|unit| {
                let function = unit.outline.functions.get(place.1)?;
                let runs = || hooks::when(program, &unit.outline, function, self.role) != When::Never;
                Some(self.is_framework_method(&unit.outline, function) && runs())
            });
            if is_called == Some(true) {
                self.reach(place);
            }
        }
    }

    fn is_framework_method(&self, outline: &Outline, function: &Function) -> bool {
        let Some(class) = &function.class else { return false };
        if !self.classes.contains(class) {
            return false;
        }
        let is_special = function.name.starts_with("__") && function.name.ends_with("__");
        let bases =
            outline.classes.iter().filter(|known| known.name == *class).flat_map(|known| &known.bases);
        is_special || bases.into_iter().any(|base| is_framework(base))
    }
}

/// Whether a base may call the methods of its subclasses by itself.
fn is_framework(base: &str) -> bool {
    const PLAIN: [&str; 16] = [
        "object",
        "ABC",
        "Enum",
        "StrEnum",
        "IntEnum",
        "Generic",
        "Protocol",
        "BaseModel",
        "BaseSettings",
        "NamedTuple",
        "TypedDict",
        "DeclarativeBase",
        "Base",
        "SQLModel",
        "Exception",
        "dict",
    ];
    !PLAIN.contains(&base)
}
