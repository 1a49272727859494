//! Instances of classes that the tree does not define and whose methods make pools later: what they were made with.

use crate::source::Span;

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId, REST};
use super::library::Maker;
use super::machine::Machine;
use super::value::{Outside, Value};

impl Machine<'_> {
    /// Makes an instance that is kept; also the pools that making it makes.
    pub(super) fn known_object(
        &mut self,
        outside: &Outside,
        dictionaries: &[&str],
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        let object = self.heap.create(Kind::Known(format!("{}()", outside.name).into()));
        self.give_dictionaries(object, dictionaries);
        self.keep(object, arguments);
        self.places.push((object, span));
        if let Some(constructor) = self.libraries.constructor(&outside.name) {
            let made = self.construct(constructor, arguments, span, Some(object));
            if matches!(made, Value::Pool(_)) {
                self.heap.set(object, Key::new_static("(pool"), made);
            }
        }
        self.hand_over(outside, arguments);
        Value::Object(object)
    }

    /// Gives an instance the dictionaries that its class outside the tree makes: the `config` of an application.
    pub(super) fn give_dictionaries(&mut self, object: ObjectId, names: &[&str]) {
        for name in names {
            let dictionary = self.heap.create(Kind::Dict);
            self.heap.set(object, Key::new(name), Value::Object(dictionary));
        }
    }

    /// Whether celery forked the process from its worker, where that is known.
    pub(crate) fn is_celery_child(&self) -> Option<bool> {
        self.is_celery_child
    }

    /// Gives a pool, or that of an object that is kept, the name of what takes it.
    pub(super) fn name_pool(&mut self, value: &Value, name: &str) {
        let made = match value {
            Value::Object(object) if matches!(self.heap.kind(*object), Kind::Known(_)) => {
                self.slot(*object, "(pool")
            }
            other => Some(other.clone()),
        };
        if let Some(Value::Pool(pool)) = made {
            self.ledger.name(pool, name);
        }
    }

    /// A method of an object that is kept for what was read into it.
    pub(super) fn kept_method(
        &mut self,
        object: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        if !matches!(self.heap.kind(object), Kind::Known(_)) {
            return None;
        }
        self.loader_method(object, name, arguments, span)
            .or_else(|| self.dynaconf_method(object, name, arguments, span))
            .or_else(|| self.command_line_method(object, name, arguments, span))
    }

    /// Keeps what an object was made with, under names that no program can write.
    pub(super) fn keep(&mut self, object: ObjectId, arguments: &Arguments) {
        for (index, value) in arguments.positional.iter().enumerate() {
            self.heap.set(object, Key::new(format!("({index}")), value.clone());
        }
        for (name, value) in &arguments.keywords {
            self.heap.set(object, Key::new(format!("({name}")), value.clone());
        }
        if let Some(gap) = &arguments.rest {
            self.heap.set(object, Key::new_static("(**"), Value::Unknown(gap.clone()));
        }
    }

    /// The argument that an object was made with.
    pub(super) fn kept(&self, object: ObjectId, index: usize, name: &str) -> Option<Value> {
        let slot = |key: String| self.heap.get(object, &key).cloned();
        slot(format!("({name}")).or_else(|| slot(format!("({index}"))).or_else(|| slot("(**".to_owned()))
    }

    /// What stands in a slot of an object.
    pub(super) fn slot(&self, object: ObjectId, name: &str) -> Option<Value> {
        self.heap.get(object, name).cloned()
    }

    /// The pools that the bases of a class of the tree make when it is instantiated.
    pub(super) fn construct_base(
        &mut self,
        instance: ObjectId,
        class: ObjectId,
        arguments: &Arguments,
        span: Span,
    ) {
        let constructor = self.outside_bases(class).iter().find_map(|base| self.libraries.constructor(base));
        if let Some(constructor) = constructor {
            self.construct(constructor, arguments, span, Some(instance));
        }
    }

    /// What makes a pool when the method `name` of an object is called that its own class does not define.
    pub(super) fn constructor_of(&self, object: ObjectId, name: &Key) -> Option<Maker> {
        match self.heap.kind(object) {
            Kind::Known(class) => self.libraries.constructor(&format!("{class}.{name}")),
            Kind::Instance { class } => {
                if self.class_value(*class, name).is_some() {
                    return None;
                }
                let bases = self.outside_bases(*class);
                bases.iter().find_map(|base| self.libraries.constructor(&format!("{base}().{name}")))
            }
            _ => None,
        }
    }

    /// What stands under `name` in a dictionary, an object or a class: what is not known of it where it may be more
    /// than is known, `None` where there is certainly nothing.
    pub(crate) fn entry(&self, of: &Value, name: &str) -> Option<Value> {
        let Value::Object(object) = of else { return Some(of.clone()) };
        let rest = || self.heap.get(*object, &REST).cloned();
        match self.heap.get(*object, name).cloned() {
            Some(value) if value.may_be_absent() => match rest() {
                Some(rest) => Some(value.join(rest)),
                None => Some(value),
            },
            Some(value) => Some(value),
            None => rest().or_else(|| match self.heap.kind(*object) {
                Kind::Instance { class } => self.class_value(*class, name),
                Kind::Class(_) => self.class_value(*object, name),
                _ => None,
            }),
        }
    }

    /// The keys and values of a dictionary; `None` where it is none, or not all of it is known.
    pub(crate) fn all_entries(&self, of: &Value) -> Option<Vec<(Key, Value)>> {
        let Value::Object(object) = of else { return None };
        let slots = self.heap.slots(*object);
        let is_known =
            matches!(self.heap.kind(*object), Kind::Dict | Kind::List) && !slots.contains_key(&REST);
        is_known.then(|| slots.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// `**value` as the arguments of a call.
    pub(crate) fn spread_out(&self, value: Value, arguments: &mut Arguments, span: Span) {
        self.spread(value, arguments, span);
    }
}
