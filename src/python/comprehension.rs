//! Comprehensions.

use crate::syntax::python::ast::{self, Expr};

use super::heap::{Kind, ObjectId, REST};
use super::machine::Machine;
use super::value::Value;

impl<'a> Machine<'a> {
    /// `[element for … in …]`, and `{element: value for … in …}` with a value.
    pub(super) fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        element: &'a Expr,
        value: Option<&'a Expr>,
    ) -> Value {
        let kind = if value.is_some() { Kind::Dict } else { Kind::List };
        let outcome = self.heap.create(kind);
        self.generate(generators, element, value, outcome);
        Value::Object(outcome)
    }

    fn generate(
        &mut self,
        generators: &'a [ast::Comprehension],
        element: &'a Expr,
        value: Option<&'a Expr>,
        outcome: ObjectId,
    ) {
        let Some((first, rest)) = generators.split_first() else {
            let item = self.evaluate(element);
            match value {
                None => self.append(outcome, item),
                Some(value) => {
                    let value = self.evaluate(value);
                    self.set_item(outcome, &item, value, self.span(element));
                }
            }
            return;
        };
        let iterated = self.evaluate(&first.iter);
        let Some(items) = self.items(&iterated) else {
            let unknown = self.unknown("it is made of something that is not known", &first.iter);
            self.heap.set(outcome, REST, unknown);
            // What the element does, it may do any number of times.
            let span = self.span(&first.iter);
            self.repeatedly(span, |machine| {
                machine.assign(&first.target, Value::unknown("it is one of many", span));
                machine.evaluate(element);
                if let Some(value) = value {
                    machine.evaluate(value);
                }
            });
            return;
        };
        for item in items {
            self.assign(&first.target, item);
            let tests: Vec<Value> = first.ifs.iter().map(|test| self.evaluate(test)).collect();
            if tests.iter().any(|test| self.truth(test) == Some(false)) {
                continue;
            }
            self.generate(rest, element, value, outcome);
            if !self.may_step() {
                return;
            }
        }
    }
}
