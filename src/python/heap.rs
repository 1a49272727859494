//! The objects of the program that is followed, and branches of which nobody knows which one runs.
//!
//! Every object is a table of slots: the names of a module, a scope, a class or an instance, the keys of a
//! dictionary, the numbered items of a list. A branch is run on the one heap; what it wrote is taken back, the other
//! branch is run, and where they differ both values are kept. So that this costs no copy, writes inside a branch are
//! logged; an object made inside the branch needs no log, as nothing outside can know it.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::value::{FunctionId, Value};
use crate::syntax::python::ast;

/// Classes of the tree are followed through their bases up to this depth.
const MAX_BASES: usize = 32;

/// A name, an attribute, a dictionary's key or a list's index.
pub(crate) type Key = ast::name::Name;

/// The slot of a dictionary or list that stands for contents nobody knows: `{**unknown}`.
pub(crate) const REST: Key = Key::new_static("**");

/// Names an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ObjectId(u32);

/// An object.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    /// What it is.
    pub(crate) kind: Kind<'a>,
    slots: Slots,
}

/// What stands in an object, in the order in which it was first written.
pub(crate) type Slots = IndexMap<Key, Value, FxBuildHasher>;

/// The kinds of object.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// The names of a module, by its index in the program.
    Module(usize),
    /// The names of a running function, and the scope around it.
    Scope {
        /// The scope around it: another function's, or the module's.
        parent: ObjectId,
    },
    /// A class.
    Class(Class<'a>),
    /// An instance of a class.
    Instance {
        /// Its class.
        class: ObjectId,
    },
    /// An instance of a class that the tree does not define, by the name that it is reached with:
    /// `flask.Flask()`.
    Known(std::sync::Arc<str>),
    /// A dictionary.
    Dict,
    /// A list, tuple or set.
    List,
}

/// What a class is beside its names.
#[derive(Debug)]
pub(crate) struct Class<'a> {
    /// Its name.
    pub(crate) name: Key,
    /// Its bases, of the tree or not.
    pub(crate) bases: Vec<Value>,
    /// The fields that its body annotates, in order, with their annotation.
    pub(crate) fields: Vec<(Key, &'a ast::Expr)>,
    /// The decorators that are not of the tree: `dataclasses.dataclass`.
    pub(crate) decorators: Vec<Value>,
    /// Functions that validate fields: the fields' names and the function.
    pub(crate) validators: Vec<(Vec<Key>, FunctionId)>,
}

/// A slot before it was written.
struct Entry {
    object: ObjectId,
    key: Key,
    before: Option<Value>,
}

/// What a branch wrote: the slots and what stands in them at its end.
pub(crate) type Written = IndexMap<(ObjectId, Key), Option<Value>, FxBuildHasher>;

/// A point to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    log: usize,
    outer: Option<usize>,
}

/// All objects.
#[derive(Default)]
pub(crate) struct Heap<'a> {
    objects: Vec<Object<'a>>,
    log: Vec<Entry>,
    /// Objects with a smaller index existed before the innermost branch; `None` outside of branches.
    old: Option<usize>,
    /// The first instance of each class, of its own or of one that inherits from it.
    first_instances: FxHashMap<ObjectId, ObjectId>,
}

impl<'a> Heap<'a> {
    /// A new object without slots.
    pub(crate) fn create(&mut self, kind: Kind<'a>) -> ObjectId {
        let id = ObjectId(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        if let Kind::Instance { class } = kind {
            for class in self.line(class) {
                self.first_instances.entry(class).or_insert(id);
            }
        }
        self.objects.push(Object { kind, slots: Slots::default() });
        id
    }

    /// A new list of `items`.
    pub(crate) fn list(&mut self, items: impl IntoIterator<Item = Value>) -> ObjectId {
        let id = self.create(Kind::List);
        for (index, item) in items.into_iter().enumerate() {
            self.set(id, index_key(index), item);
        }
        id
    }

    /// What the object is.
    pub(crate) fn kind(&self, id: ObjectId) -> &Kind<'a> {
        &self.objects[id.0 as usize].kind
    }

    /// The class data of a class.
    pub(crate) fn class(&self, id: ObjectId) -> Option<&Class<'a>> {
        match self.kind(id) {
            Kind::Class(class) => Some(class),
            _ => None,
        }
    }

    /// The same to change it. Not logged: a class is changed only while its statement is carried out.
    pub(crate) fn class_mut(&mut self, id: ObjectId) -> Option<&mut Class<'a>> {
        match &mut self.objects[id.0 as usize].kind {
            Kind::Class(class) => Some(class),
            _ => None,
        }
    }

    /// What stands in a slot.
    pub(crate) fn get(&self, id: ObjectId, key: &str) -> Option<&Value> {
        self.objects[id.0 as usize].slots.get(key)
    }

    /// Every slot in order.
    pub(crate) fn slots(&self, id: ObjectId) -> &Slots {
        &self.objects[id.0 as usize].slots
    }

    /// Writes a slot.
    pub(crate) fn set(&mut self, id: ObjectId, key: Key, value: Value) {
        let slots = &mut self.objects[id.0 as usize].slots;
        if self.old.is_some_and(|old| (id.0 as usize) < old) {
            let before = slots.insert(key.clone(), value);
            self.log.push(Entry { object: id, key, before });
        } else {
            slots.insert(key, value);
        }
    }

    /// Empties a slot.
    pub(crate) fn remove(&mut self, id: ObjectId, key: &str) -> Option<Value> {
        let before = self.objects[id.0 as usize].slots.shift_remove(key)?;
        if self.old.is_some_and(|old| (id.0 as usize) < old) {
            self.log.push(Entry { object: id, key: Key::new(key), before: Some(before.clone()) });
        }
        Some(before)
    }

    /// Whether only names of functions hold the pool: it goes when they return, and its connections with it.
    pub(crate) fn is_local(&self, pool: usize) -> bool {
        let holds = |value: &Value| match value {
            Value::Pool(held) => *held == pool,
            Value::Either(all) => all.iter().any(|one| matches!(one, Value::Pool(held) if *held == pool)),
            _ => false,
        };
        let mut holders = self.objects.iter().filter(|object| object.slots.values().any(holds)).peekable();
        holders.peek().is_some() && holders.all(|object| matches!(object.kind, Kind::Scope { .. }))
    }

    /// The first instance of a class or of one that inherits from it.
    pub(crate) fn first_instance(&self, class: ObjectId) -> Option<ObjectId> {
        self.first_instances.get(&class).copied()
    }

    /// A class and its bases of the tree, in the order in which names are looked up.
    pub(crate) fn line(&self, class: ObjectId) -> Vec<ObjectId> {
        let mut line = Vec::new();
        self.add_to_line(class, &mut line);
        line
    }

    fn add_to_line(&self, class: ObjectId, line: &mut Vec<ObjectId>) {
        if line.contains(&class) || line.len() >= MAX_BASES {
            return;
        }
        line.push(class);
        for base in self.class(class).into_iter().flat_map(|class| &class.bases) {
            if let Value::Object(base) = base {
                self.add_to_line(*base, line);
            }
        }
    }

    /// Begins a branch.
    pub(crate) fn begin(&mut self) -> Mark {
        let mark = Mark { log: self.log.len(), outer: self.old };
        self.old = Some(self.objects.len());
        mark
    }

    /// Ends a branch and takes back what it wrote.
    pub(crate) fn take_back(&mut self, mark: Mark) -> Written {
        let mut written = Written::default();
        for entry in self.log.drain(mark.log..).rev() {
            let slots = &mut self.objects[entry.object.0 as usize].slots;
            let after = slots.get(&entry.key).cloned();
            written.entry((entry.object, entry.key.clone())).or_insert(after);
            match entry.before {
                Some(before) => drop(slots.insert(entry.key, before)),
                None => drop(slots.shift_remove(&entry.key)),
            }
        }
        self.old = mark.outer;
        written
    }

    /// Carries out what a branch wrote.
    pub(crate) fn apply(&mut self, written: Written) {
        // The log is read backwards, so the order of first writing is the reverse.
        for ((object, key), value) in written.into_iter().rev() {
            match value {
                Some(value) => self.set(object, key, value),
                None => drop(self.remove(object, &key)),
            }
        }
    }

    /// Carries out two branches of which either may have run.
    pub(crate) fn apply_either(&mut self, first: &Written, second: &Written) {
        let mut joined = Written::default();
        let slots: Vec<_> = second.keys().chain(first.keys()).cloned().collect();
        for slot in slots {
            let now = || self.get(slot.0, &slot.1).cloned();
            let a = first.get(&slot).cloned().unwrap_or_else(now).unwrap_or(Value::Absent);
            let b = second.get(&slot).cloned().unwrap_or_else(now).unwrap_or(Value::Absent);
            let value = match a.join(b) {
                Value::Absent => None,
                value => Some(value),
            };
            joined.insert(slot, value);
        }
        self.apply(joined);
    }
}

/// The key of a list's item.
pub(crate) fn index_key(index: usize) -> Key {
    Key::new(index.to_string())
}
