//! What a rule can ask: the things of a budget and their fields. Each field is declared once, with its description and
//! how it is found, so that what is documented and what is there cannot differ.

mod count;
mod group;
mod pool;
mod pooler;
mod problem;
mod server;
mod setting;

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::source::Span;

pub(super) use count::CountView;
pub(super) use group::GroupView;
pub(super) use pool::PoolView;
pub(super) use pooler::PoolerView;
pub(super) use problem::ProblemView;
pub(super) use server::{DeploymentView, PolicyView, ServerView};
pub(super) use setting::SettingView;

/// What kind of value a field has.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    Flag,
    /// A place in a file, for a label's `at`.
    Place,
    /// A thing with fields of its own.
    Thing(fn() -> Shape),
    /// Texts.
    Texts,
    /// Things.
    Things(fn() -> Shape),
}

/// A thing that a rule can ask, for documentation and checks.
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its fields.
    pub fields: Vec<FieldShape>,
}

/// A field of a [`Shape`].
pub struct FieldShape {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Of which kind it is.
    pub kind: Kind,
    /// Whether it may be `none`.
    pub optional: bool,
}

/// A field and how it is found.
pub(crate) struct Field<T: 'static> {
    name: &'static str,
    about: &'static str,
    kind: Kind,
    optional: bool,
    get: fn(&T) -> Value,
}

impl<T> Field<T> {
    const fn new(name: &'static str, kind: Kind, about: &'static str, get: fn(&T) -> Value) -> Self {
        Self { name, about, kind, optional: false, get }
    }

    const fn optional(name: &'static str, kind: Kind, about: &'static str, get: fn(&T) -> Value) -> Self {
        Self { name, about, kind, optional: true, get }
    }
}

/// Something with fields.
pub(crate) trait Subject: fmt::Debug + Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const ABOUT: &'static str;
    const FIELDS: &'static [Field<Self>];

    /// What it is written as in a template.
    fn text(&self) -> String;

    fn shape() -> Shape {
        let field = |field: &Field<Self>| FieldShape {
            name: field.name,
            about: field.about,
            kind: field.kind,
            optional: field.optional,
        };
        Shape { name: Self::NAME, about: Self::ABOUT, fields: Self::FIELDS.iter().map(field).collect() }
    }

    fn into_value(self) -> Value {
        Value::from_object(Thing(self))
    }
}

/// A subject as the template engine sees it: its fields are found when they are asked for.
#[derive(Debug)]
struct Thing<T>(T);

impl<T: Subject> Object for Thing<T> {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        T::FIELDS.iter().find(|field| field.name == name).map(|field| (field.get)(&self.0))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(T::FIELDS.iter().map(|field| Value::from(field.name)).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text())
    }
}

/// A place as the template engine sees it: it can be handed on, and nothing else.
#[derive(Clone, Copy, Debug)]
struct PlaceValue(Span);

impl Object for PlaceValue {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

fn place(span: Option<Span>) -> Value {
    span.map_or_else(none, |span| Value::from_object(PlaceValue(span)))
}

/// The place that `value` holds; `None` where it holds none.
pub(super) fn span_of(value: &Value) -> Option<Span> {
    value.downcast_object_ref::<PlaceValue>().map(|place| place.0)
}

/// Jinja's `none`: there is no such thing, and to ask for it was right.
fn none() -> Value {
    Value::from(())
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    items.into_iter().collect::<Vec<_>>().into()
}

/// The things that a rule about `of` sees by name.
pub fn names(of: super::Of) -> Vec<(&'static str, Shape)> {
    let subject = match of {
        super::Of::Deployment => None,
        super::Of::Server => Some(ServerView::shape()),
        super::Of::Group => Some(GroupView::shape()),
        super::Of::Pool => Some(PoolView::shape()),
        super::Of::Pooler => Some(PoolerView::shape()),
        super::Of::Problem => Some(ProblemView::shape()),
    };
    let always = [DeploymentView::shape(), PolicyView::shape()];
    subject.into_iter().chain(always).map(|shape| (shape.name, shape)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_described_and_named_once() {
        for of in [
            super::super::Of::Server,
            super::super::Of::Group,
            super::super::Of::Pool,
            super::super::Of::Pooler,
            super::super::Of::Problem,
        ] {
            for (_, shape) in names(of) {
                let mut seen: Vec<&str> = shape.fields.iter().map(|field| field.name).collect();
                assert!(shape.fields.iter().all(|field| !field.about.is_empty()), "{}", shape.name);
                seen.sort_unstable();
                seen.dedup();
                assert_eq!(seen.len(), shape.fields.len(), "{}", shape.name);
            }
        }
    }
}
