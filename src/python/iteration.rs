//! Python's own functions that go through items.

use crate::source::Span;
use crate::trace::Traced;

use super::call::Arguments;
use super::machine::Machine;
use super::value::Value;

impl Machine<'_> {
    /// `map(function, items)`.
    pub(super) fn map(&mut self, function: &Value, arguments: &Arguments, span: Span) -> Value {
        let items = match &*arguments.positional {
            [_, only] => self.items(only),
            _ => None,
        };
        let Some(items) = items else {
            self.escape(arguments);
            return Value::unknown("what it is applied to is not known", span);
        };
        let mapped: Vec<Value> =
            items.into_iter().map(|item| self.call(function.clone(), Arguments::of([item]), span)).collect();
        Value::Object(self.heap.list(mapped))
    }

    /// `zip(…)`.
    pub(super) fn zip(&mut self, arguments: &Arguments, span: Span) -> Value {
        let columns: Option<Vec<Vec<Value>>> =
            arguments.positional.iter().map(|column| self.items(column)).collect();
        let Some(columns) = columns else { return Value::unknown("its items are not known", span) };
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let rows: Vec<Value> = (0..rows)
            .map(|row| {
                let items = columns.iter().filter_map(|column| column.get(row).cloned());
                Value::Object(self.heap.list(items.collect::<Vec<_>>()))
            })
            .collect();
        Value::Object(self.heap.list(rows))
    }

    /// `enumerate(items, start)`.
    pub(super) fn enumerate(&mut self, value: &Value, arguments: &Arguments, span: Span) -> Value {
        let first = match arguments.get(Some(1), "start") {
            None => Some(0),
            Some(Value::Int(number)) => Some(number.value),
            Some(_) => None,
        };
        let (Some(items), Some(first)) = (self.items(value), first) else {
            return Value::unknown("its items are not known", span);
        };
        let pairs: Vec<Value> = (first..)
            .zip(items)
            .map(|(number, item)| {
                Value::Object(self.heap.list([Value::Int(Traced::written(number, span)), item]))
            })
            .collect();
        Value::Object(self.heap.list(pairs))
    }
}
