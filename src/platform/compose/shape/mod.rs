//! Holds a model against the forms that compose takes: which fields there are, and what each of them may be.
//!
//! What is asked here was found out with docker compose 2.26.1 itself, field by field; the table is `fields`.

mod fields;

use std::collections::HashSet;

use self::fields::{FILE, Fields, Form, Others, Shape};
use super::path::{ITEM, Path};
use super::refusals::Refusals;
use super::value::{Data, Kind, Map, Scalar, Value};
use crate::source::Span;

/// Refuses whatever in `model` compose does not take.
pub(super) fn validate(model: &Map, refusals: &mut Refusals<'_>) {
    Check { refusals }.fields(model, &FILE, &Path::TOP, None);
}

struct Check<'a, 'r> {
    refusals: &'a mut Refusals<'r>,
}

impl Check<'_, '_> {
    fn value(&mut self, value: &Value, shape: Shape, path: &Path<'_>) {
        let Some(form) = shape.iter().find(|form| is_form(value, form)) else {
            let message = format!("{path} has to be {}, this is {}", words(shape), value.kind_word());
            self.refusals.malformed(value.span, message);
            return;
        };
        match (form, &value.data) {
            (Form::Word(choices), Data::Scalar(scalar)) if !choices.contains(&scalar.text.as_str()) => {
                let message = format!("{path} has to be one of {}", choices.join(", "));
                self.refusals.malformed(value.span, message);
            }
            (Form::Within(least, most), Data::Scalar(scalar)) => {
                if let Kind::Integer(number) = scalar.kind
                    && !(*least..=*most).contains(&number)
                {
                    self.refusals.malformed(value.span, format!("{path} is out of range"));
                }
            }
            (Form::List(items), Data::List(values)) => self.items(values, items, path),
            (Form::Set(items), Data::List(values)) => {
                self.items(values, items, path);
                self.each_once(values, path);
            }
            (Form::Map(fields), Data::Map(map)) => self.fields(map, fields, path, Some(value.span)),
            _ => {}
        }
    }

    fn items(&mut self, values: &[Value], shape: Shape, path: &Path<'_>) {
        let path = path.child(ITEM);
        for value in values {
            self.value(value, shape, &path);
        }
    }

    fn each_once(&mut self, values: &[Value], path: &Path<'_>) {
        let mut seen = HashSet::with_capacity(values.len());
        for value in values {
            if value.as_scalar().is_some_and(|scalar| !seen.insert(identity(scalar))) {
                self.refusals.malformed(value.span, format!("{path} has this item twice"));
            }
        }
    }

    fn fields(&mut self, map: &Map, fields: &Fields, path: &Path<'_>, span: Option<Span>) {
        for needed in fields.needed {
            if let (false, Some(span)) = (map.contains_key(*needed), span) {
                self.refusals.malformed(span, format!("{path} needs {needed}"));
            }
        }
        for (name, entry) in map {
            let child = path.child(name);
            let known = fields.known.iter().find(|(names, _)| names.contains(&name.as_str()));
            if let Some((_, shape)) = known {
                self.value(&entry.value, shape, &child);
                continue;
            }
            match fields.others {
                Others::Any => {}
                Others::Extensions if name.starts_with("x-") => {}
                Others::Each(shape) if !name.is_empty() => self.value(&entry.value, shape, &child),
                Others::Named(shape) if is_name(name) => self.value(&entry.value, shape, &child),
                Others::Extensions | Others::None | Others::Each(_) | Others::Named(_) => {
                    let span = entry.key.used_at().unwrap_or(entry.value.span);
                    let place = path.to_string();
                    let place = if place.is_empty() { "the top level".to_owned() } else { place };
                    self.refusals.malformed(span, format!("{place} cannot have {name}"));
                }
            }
        }
    }
}

/// Whether `value` is of the kind that `form` is about, right or wrong in itself.
fn is_form(value: &Value, form: &Form) -> bool {
    match (&value.data, form) {
        (Data::Map(_), Form::Map(_)) | (Data::List(_), Form::List(_) | Form::Set(_)) => true,
        (Data::Scalar(scalar), form) => match scalar.kind {
            Kind::Null => matches!(form, Form::Null),
            Kind::Bool(_) => matches!(form, Form::Boolean),
            Kind::Integer(_) => matches!(form, Form::Whole | Form::Number | Form::Within(..)),
            Kind::Float(number) => match form {
                Form::Whole | Form::Within(..) => number.fract() == 0.0,
                form => matches!(form, Form::Number),
            },
            Kind::String => matches!(form, Form::Text | Form::Word(_)),
        },
        _ => false,
    }
}

fn words(shape: Shape) -> String {
    let words = shape.iter().map(|form| match form {
        Form::Null => "empty",
        Form::Boolean => "true or false",
        Form::Whole | Form::Within(..) => "a whole number",
        Form::Number => "a number",
        Form::Text | Form::Word(_) => "a string",
        Form::List(_) | Form::Set(_) => "a list",
        Form::Map(_) => "a mapping",
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// What makes two items one: 1 and "1" are two.
fn identity(scalar: &Scalar) -> (bool, &str) {
    (scalar.kind == Kind::String, scalar.text.as_str())
}

/// The names that services, networks and their like may have.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(allowed)
}
