//! Classes, instances and attributes.

use crate::source::Span;
use crate::syntax::python::ast;
use crate::trace::{Text, Trail};

use super::call::Arguments;
use super::heap::{Class, Key, Kind, ObjectId};
use super::machine::{Binding, Frame, Machine};
use super::value::{FunctionId, Value};

/// The slot of a class for its metaclass, which no program can write.
const METACLASS: Key = Key::new_static("(metaclass");

impl<'a> Machine<'a> {
    pub(super) fn define_class(&mut self, statement: &'a ast::StmtClassDef) {
        let arguments = statement.arguments.as_deref();
        let bases = arguments.into_iter().flat_map(|arguments| &arguments.args);
        let bases: Vec<Value> = bases.map(|base| self.evaluate(base)).collect();
        let keywords = arguments.into_iter().flat_map(|arguments| &*arguments.keywords);
        let metaclass =
            keywords.into_iter().find(|keyword| keyword.arg.as_ref().is_some_and(|name| name == "metaclass"));
        let metaclass = metaclass.map(|keyword| self.evaluate(&keyword.value));
        let decorators = statement.decorator_list.iter();
        let decorators: Vec<Value> =
            decorators.map(|decorator| self.evaluate(&decorator.expression)).collect();
        let object = self.heap.create(Kind::Class(Class {
            name: statement.name.id.clone(),
            bases,
            fields: Vec::new(),
            decorators: decorators.clone(),
            validators: Vec::new(),
        }));
        if let Some(metaclass) = metaclass {
            self.heap.set(object, METACLASS, metaclass);
        }
        let frame = Frame {
            scope: object,
            parent: self.frames.last().map(|frame| frame.scope),
            module: self.unit(),
            function: None,
            globals: Vec::new(),
            returned: Vec::new(),
            yielded: Vec::new(),
        };
        self.in_frame(frame, |machine| machine.block(&statement.body));
        let span = self.span(&statement.name);
        let mut value = Value::Object(object);
        for decorator in decorators.into_iter().rev() {
            if let Value::Function(_) = decorator
                && let outcome @ (Value::Function(_) | Value::Object(_)) =
                    self.call(decorator, Arguments::of([value.clone()]), span)
            {
                value = outcome;
            }
        }
        self.bind(&statement.name.id, value);
    }

    /// The names of the bases that are not of the tree: `pydantic_settings.BaseSettings`.
    pub(super) fn outside_bases(&self, class: ObjectId) -> Vec<String> {
        let line = self.heap.line(class);
        let bases = line.iter().filter_map(|class| self.heap.class(*class)).flat_map(|class| &class.bases);
        bases
            .filter_map(|base| match base {
                Value::Outside(outside) => Some(outside.name.to_string()),
                _ => None,
            })
            .collect()
    }

    /// What a class has under `name`, its own or from a base.
    pub(super) fn class_value(&self, class: ObjectId, name: &str) -> Option<Value> {
        self.heap.line(class).into_iter().find_map(|class| self.heap.get(class, name).cloned())
    }

    /// The method `name` of an instance, bound to it.
    pub(super) fn method(&self, object: ObjectId, name: &str) -> Option<Value> {
        let Kind::Instance { class } = self.heap.kind(object) else { return None };
        match self.class_value(*class, name)? {
            Value::Function(id) => Some(Value::Method(object, id)),
            _ => None,
        }
    }

    /// What `of.name` is.
    pub(super) fn attribute(&mut self, of: Value, name: &Key, span: Span) -> Value {
        of.each(|one| match one {
            Value::Object(object) => self.object_attribute(object, name, span),
            Value::Outside(outside) if name == "__name__" => {
                Value::text(Text::decoded(outside.last_part(), span))
            }
            Value::Outside(outside) if &*outside.name == "os" && name == "environ" => {
                Value::Object(self.environment)
            }
            Value::Outside(outside) if &*outside.name == "dynaconf" && name == "settings" => {
                self.default_settings(span)
            }
            Value::Outside(outside) => match self.django_setting(&outside, name, span) {
                Some(value) => value,
                None => outside.attribute(name, span),
            },
            Value::Text(text) => match self.path_attribute(&text, name) {
                Some(value) => value,
                None => url_part(&text, name, span),
            },
            // A member of an enumeration stands here for its value.
            member @ (Value::Int(_) | Value::Float(_) | Value::Bool(_)) if name == "value" => member,
            Value::Pool(_) => Value::outside(format!("engine.{name}"), Some(span)),
            Value::Unknown(gap) => Value::Unknown(super::value::Gap { shape: None, ..gap }),
            Value::None(_) => Value::unknown("it is an attribute of None", span),
            Value::Function(id) => match self.command_member(id, name, span) {
                Some(member) => member,
                None => Value::unknown(format!("the attribute `{name}` is not known"), span),
            },
            _ => Value::unknown(format!("the attribute `{name}` is not known"), span),
        })
    }

    fn object_attribute(&mut self, object: ObjectId, name: &Key, span: Span) -> Value {
        if let Some(value) = self.heap.get(object, name).cloned().and_then(Value::present) {
            if let (Kind::Class(_), Value::Function(id)) = (self.heap.kind(object), &value) {
                return self.bound(object, None, *id, span);
            }
            return value;
        }
        match self.heap.kind(object) {
            Kind::Instance { class } => {
                let class = *class;
                match self.class_value(class, name) {
                    Some(Value::Function(id)) => self.bound(class, Some(object), id, span),
                    Some(value) => value.present().unwrap_or(Value::None(Trail::written(span))),
                    None if name == "__class__" => Value::Object(class),
                    None if self.class_value(class, "__getattr__").is_some() && !name.starts_with("__") => {
                        self.computed_attribute(object, name, span)
                    }
                    None => self.missing(class, name, span),
                }
            }
            Kind::Class(class) => {
                let own_name = class.name.clone();
                let of_metaclass = || match self.class_value(object, &METACLASS) {
                    Some(Value::Object(metaclass)) => self.class_value(metaclass, name),
                    _ => None,
                };
                match self.class_value(object, name).or_else(of_metaclass) {
                    Some(Value::Function(id)) => self.bound(object, None, id, span),
                    Some(value) => value,
                    None if name == "__name__" => Value::text(Text::decoded(own_name.to_string(), span)),
                    None => self.missing(object, name, span),
                }
            }
            Kind::Module(index) => self.module_attribute(*index, name, span),
            Kind::Known(class) => Value::outside(format!("{class}.{name}"), Some(span)),
            Kind::Dict | Kind::List | Kind::Scope { .. } => {
                Value::unknown(format!("the attribute `{name}` is not known"), span)
            }
        }
    }

    /// An attribute that `__getattr__` makes.
    fn computed_attribute(&mut self, object: ObjectId, name: &Key, span: Span) -> Value {
        let argument = Value::text(Text::decoded(name.as_str(), span));
        match self.method(object, "__getattr__") {
            Some(method) => self.call(method, Arguments::of([argument]), span),
            None => Value::unknown(format!("the attribute `{name}` is not known"), span),
        }
    }

    /// A function that was taken from a class or an instance.
    fn bound(&mut self, class: ObjectId, instance: Option<ObjectId>, id: FunctionId, span: Span) -> Value {
        let binding = self.functions.get(id.0).map_or(Binding::Static, |function| function.binding);
        match (binding, instance) {
            (Binding::Static, _) | (Binding::Method | Binding::Property, None) => Value::Function(id),
            (Binding::Class, _) => Value::Method(class, id),
            (Binding::Method, Some(instance)) => Value::Method(instance, id),
            (Binding::Property, Some(instance)) => {
                self.call_function(id, Some(Value::Object(instance)), Arguments::default(), span)
            }
        }
    }

    /// A name that neither the object nor its classes of the tree have: another base may bring it.
    fn missing(&self, class: ObjectId, name: &Key, span: Span) -> Value {
        match self.outside_bases(class).first() {
            Some(base) => Value::outside(format!("{base}().{name}"), Some(span)),
            None => Value::unknown(format!("the attribute `{name}` is not known"), span),
        }
    }

    fn module_attribute(&mut self, index: usize, name: &Key, span: Span) -> Value {
        let program = self.program;
        let Some(unit) = program.units.get(index) else { return Value::Absent };
        let submodule = format!("{}.{name}", unit.name);
        if let Some(found) = program.index(&submodule)
            && let Some(object) = self.modules.get(found).copied().flatten()
        {
            return Value::Object(object);
        }
        if unit.found.file.is_none() {
            // A folder that only shares its name with an installed package: `alembic`, `redis`.
            return Value::outside(submodule, Some(span));
        }
        let getter = self.modules.get(index).copied().flatten();
        let getter = getter.and_then(|module| self.heap.get(module, "__getattr__").cloned());
        if let Some(getter @ Value::Function(_)) = getter
            && !name.starts_with("__")
        {
            let argument = Value::text(Text::decoded(name.as_str(), span));
            return self.call(getter, Arguments::of([argument]), span);
        }
        Value::unknown(format!("`{submodule}` is not defined"), span)
    }

    /// `of.name = value`.
    pub(super) fn set_attribute(&mut self, of: &Value, name: &Key, value: Value) {
        for one in value.clone().into_alternatives() {
            self.name_pool(&one, name);
        }
        match of {
            Value::Object(object) => self.heap.set(*object, name.clone(), value),
            Value::Either(all) => {
                for one in all.iter() {
                    if let Value::Object(object) = one {
                        let before = self.heap.get(*object, name).cloned().unwrap_or(Value::Absent);
                        self.heap.set(*object, name.clone(), before.join(value.clone()));
                    }
                }
            }
            Value::Outside(outside) if name == "prefix" => self.set_prefix(&outside.name, value),
            _ => {}
        }
    }

    /// Calls a class: its metaclass of the tree may keep the only instance there is.
    pub(super) fn instantiate(&mut self, class: ObjectId, arguments: Arguments, span: Span) -> Value {
        if let Some(Value::Object(metaclass)) = self.class_value(class, &METACLASS)
            && let Some(Value::Function(call)) = self.class_value(metaclass, "__call__")
        {
            return self.call_function(call, Some(Value::Object(class)), arguments, span);
        }
        if let Some(Value::Function(new)) = self.class_value(class, "__new__") {
            let mut inner = arguments.clone();
            inner.positional.insert(0, Value::Object(class));
            if let made @ Value::Object(_) = self.call_function(new, None, inner, span) {
                return self.initialised(made, class, arguments, span);
            }
        }
        self.new_instance(class, arguments, span)
    }

    /// What `__new__` gave, after `__init__`.
    fn initialised(&mut self, made: Value, class: ObjectId, arguments: Arguments, span: Span) -> Value {
        if let (Value::Object(object), Some(Value::Function(init))) =
            (&made, self.class_value(class, "__init__"))
            && matches!(self.heap.kind(*object), Kind::Instance { .. })
        {
            self.call_function(init, Some(made.clone()), arguments, span);
        }
        made
    }

    /// Makes an instance.
    fn new_instance(&mut self, class: ObjectId, arguments: Arguments, span: Span) -> Value {
        let instance = self.heap.create(Kind::Instance { class });
        for base in self.outside_bases(class) {
            self.give_dictionaries(instance, self.libraries.object(&base).unwrap_or_default());
        }
        if let Some(Value::Function(init)) = self.class_value(class, "__init__") {
            // A settings class may have an `__init__` of its own, which calls the library's.
            if self.is_model(class) {
                self.fill_model(instance, class, &arguments, span);
            }
            self.call_function(init, Some(Value::Object(instance)), arguments, span);
        } else if self.is_model(class) {
            self.fill_model(instance, class, &arguments, span);
        } else if self.is_dataclass(class) {
            self.fill_dataclass(instance, class, &arguments, span);
        } else {
            self.keep(instance, &arguments);
            self.construct_base(instance, class, &arguments, span);
            self.escape(&arguments);
        }
        Value::Object(instance)
    }

    /// `super().name(…)`.
    pub(super) fn call_super(&mut self, name: &Key, arguments: Arguments, span: Span) -> Value {
        let frame = self.frames.iter().rev().find_map(|frame| frame.function.map(|id| (id, frame.scope)));
        let Some((id, scope)) = frame else { return Value::unknown("there is no class around it", span) };
        let class = self.functions.get(id.0).and_then(|function| function.class);
        let receiver = self.heap.slots(scope).values().next().cloned();
        let Some(class) = class else { return Value::unknown("there is no class around it", span) };
        let base =
            self.heap.line(class).into_iter().skip(1).find_map(|base| self.heap.get(base, name).cloned());
        if let Some(Value::Function(id)) = base {
            self.call_function(id, receiver, arguments, span)
        } else {
            if name == "__new__"
                && let Some(Value::Object(class)) = receiver
            {
                return Value::Object(self.heap.create(Kind::Instance { class }));
            }
            if let Some(Value::Object(receiver)) = receiver {
                if name == "__call__" && self.heap.class(receiver).is_some() {
                    return self.new_instance(receiver, arguments, span);
                }
                if name == "__init__" {
                    self.keep(receiver, &arguments);
                    self.construct_base(receiver, class, &arguments, span);
                } else if let Some(constructor) = self.constructor_of(receiver, name) {
                    return self.construct(constructor, &arguments, span, Some(receiver));
                }
            }
            self.escape(&arguments);
            self.missing(class, name, span)
        }
    }
}

/// The part of a URL that `make_url(…)`, `URL` or `urlparse(…)` has under a name.
fn url_part(url: &Text, name: &str, span: Span) -> Value {
    let parts = url.as_str().split_once("://");
    let authority = parts.map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest));
    let host = authority.map(|authority| authority.rsplit('@').next().unwrap_or(authority));
    let part = match name {
        "drivername" | "scheme" => parts.map(|(scheme, _)| scheme),
        "host" | "hostname" => host.and_then(|host| host.split(':').next()),
        _ => None,
    };
    match part {
        Some(part) => Value::text(url.slice_of(part)),
        None => Value::unknown(format!("the attribute `{name}` is not known"), span),
    }
}
