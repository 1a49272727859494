//! Decorators: what they make of a function, and which of them hand it to a framework.

use crate::syntax::python::ast::Expr;

use super::call::Arguments;
use super::command_line::is_command;
use super::heap::Key;
use super::hooks::{When, connected};
use super::machine::Machine;
use super::outline::last_name;
use super::outside::AT_START;
use super::value::{Outside, Value};

/// Decorators that hand the function on.
const HANDS_ON: [&str; 14] = [
    "wraps",
    "contextmanager",
    "asynccontextmanager",
    "lru_cache",
    "cache",
    "cached_property",
    "abstractmethod",
    "overload",
    "override",
    "retry",
    "validator",
    "field_validator",
    "model_validator",
    "computed_field",
];

impl<'a> Machine<'a> {
    /// What a decorator makes of a function.
    pub(super) fn decorate(&mut self, decorator: &'a Expr, function: Value) -> Value {
        let span = self.span(decorator);
        let name = last_name(decorator).unwrap_or_default();
        let value = match decorator {
            // These are read from their names, whatever they are imported from.
            Expr::Name(_) if super::builtin::is_builtin(&Key::new(name)) => return function,
            _ => self.evaluate(decorator),
        };
        match value {
            Value::Function(_) | Value::Method(..) => {
                match self.call(value, Arguments::of([function.clone()]), span) {
                    outcome @ (Value::Function(_) | Value::Method(..) | Value::Object(_)) => outcome,
                    _ => function,
                }
            }
            Value::Object(option) => {
                self.decorate_option(option, &function, span);
                function
            }
            Value::Outside(outside) if is_command(&outside.name) => {
                self.decorate_command(&outside.name, first_word(decorator), &function, span);
                self.at_start.push(function.clone());
                function
            }
            Value::Outside(outside) => {
                self.register(&outside, decorator, function.clone());
                function
            }
            _ => function,
        }
    }

    /// A function is decorated by something outside the tree.
    fn register(&mut self, outside: &Outside, decorator: &'a Expr, function: Value) {
        let last = last_name(decorator).unwrap_or_default();
        if HANDS_ON.contains(&last) {
            return;
        }
        match connected(&outside.name, self.role) {
            Some(When::AtStart) => return self.at_start.push(function),
            Some(When::Never) => return self.leave_out(&function),
            Some(When::AtWill) | None => {}
        }
        let event = first_word(decorator);
        let is_named = AT_START.iter().any(|name| outside.name.contains(name));
        let is_event = matches!(event, Some("startup" | "before_server_start" | "main_process_start"));
        if is_named || is_event {
            self.at_start.push(function);
        } else {
            self.escaped.push(function);
        }
    }
}

/// What a decorator is given first, or as `name`, where that is a word.
fn first_word(decorator: &Expr) -> Option<&str> {
    let Expr::Call(call) = decorator else { return None };
    let named = || call.arguments.find_keyword("name").map(|keyword| &keyword.value);
    match call.arguments.args.first().or_else(named)? {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}
