//! Classes that are filled from their fields: dataclasses, attrs, named tuples.

use crate::source::Span;
use crate::syntax::python::ast;

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::Machine;
use super::outline::last_name;
use super::value::Value;

impl<'a> Machine<'a> {
    /// Whether the class is filled from its fields by what decorates it, or as a named tuple.
    pub(super) fn is_dataclass(&self, class: ObjectId) -> bool {
        let decorated =
            self.heap.line(class).into_iter().filter_map(|class| self.heap.class(class)).any(|class| {
                class.decorators.iter().any(|decorator| match decorator {
                    Value::Outside(outside) => {
                        let name = outside.name.trim_end_matches("()");
                        matches!(
                            name,
                            "dataclasses.dataclass"
                                | "pydantic.dataclasses.dataclass"
                                | "attr.s"
                                | "attr.attrs"
                                | "attr.dataclass"
                                | "attr.define"
                                | "attr.frozen"
                                | "attrs.define"
                                | "attrs.frozen"
                        )
                    }
                    _ => false,
                })
            });
        decorated || self.outside_bases(class).iter().any(|base| base == "typing.NamedTuple")
    }

    pub(super) fn fill_dataclass(
        &mut self,
        instance: ObjectId,
        class: ObjectId,
        arguments: &Arguments,
        span: Span,
    ) {
        for (index, (name, _)) in self.fields(class).into_iter().enumerate() {
            let default = self.class_value(class, &name);
            let value = match arguments.get(Some(index), &name).map(|value| (value.may_be_absent(), value)) {
                Some((false, value)) => value,
                Some((true, value)) => value.join(default.unwrap_or(Value::Absent)),
                None => default.unwrap_or_else(|| Value::unknown(format!("`{name}` is not given"), span)),
            };
            self.heap.set(instance, name, value);
        }
        if let Some(Value::Function(id)) = self.class_value(class, "__post_init__") {
            self.call_function(id, Some(Value::Object(instance)), Arguments::default(), span);
        }
    }

    /// The annotated fields of a class, those of its bases first.
    pub(super) fn fields(&self, class: ObjectId) -> Vec<(Key, &'a ast::Expr)> {
        let mut fields: Vec<(Key, &'a ast::Expr)> = Vec::new();
        for class in self.heap.line(class).into_iter().rev().filter_map(|class| self.heap.class(class)) {
            for (name, annotation) in &class.fields {
                if last_name(annotation) == Some("ClassVar") {
                    continue;
                }
                match fields.iter_mut().find(|(known, _)| known == name) {
                    Some(known) => known.1 = annotation,
                    None => fields.push((name.clone(), annotation)),
                }
            }
        }
        fields
    }

    /// Another instance with the same attributes but those that are given: `dataclasses.replace(settings, size=5)`.
    pub(super) fn replaced(&mut self, object: ObjectId, arguments: &Arguments) -> Value {
        let Kind::Instance { class } = self.heap.kind(object) else { return Value::Object(object) };
        let copy = self.heap.create(Kind::Instance { class: *class });
        for (key, value) in self.heap.slots(object).clone() {
            self.heap.set(copy, key, value);
        }
        for (key, value) in &arguments.keywords {
            self.heap.set(copy, key.clone(), value.clone());
        }
        Value::Object(copy)
    }
}
