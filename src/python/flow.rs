//! Loops, exceptions and `with`.

use crate::source::Span;
use crate::syntax::python::ast::{self, ExceptHandler, Expr, Stmt};
use crate::trace::ProblemKind;

use super::machine::{Flow, Machine};
use super::outline::last_name;
use super::value::{Outside, Value};

/// A loop of which it is known how often it runs is run that often, up to this.
const MAX_ROUNDS: usize = 256;

impl<'a> Machine<'a> {
    pub(super) fn for_statement(&mut self, statement: &'a ast::StmtFor) -> Flow {
        let iterated = self.evaluate(&statement.iter);
        let span = self.span(&*statement.iter);
        match self.items(&iterated).filter(|items| items.len() <= MAX_ROUNDS) {
            Some(items) => {
                for item in items {
                    self.assign(&statement.target, item);
                    match self.block(&statement.body) {
                        // `break` and `continue` are not told apart: a further round can only add.
                        Flow::Next | Flow::Broken => {}
                        flow => return flow,
                    }
                }
            }
            None => self.unknown_loop(span, |machine| {
                machine.assign(&statement.target, Value::unknown("it is one of many", span));
                machine.block(&statement.body)
            }),
        }
        self.block(&statement.orelse)
    }

    pub(super) fn while_statement(&mut self, statement: &'a ast::StmtWhile) -> Flow {
        let span = self.span(&*statement.test);
        for _ in 0..MAX_ROUNDS {
            let test = self.evaluate(&statement.test);
            match self.truth(&test) {
                Some(false) => return self.block(&statement.orelse),
                Some(true) if !matches!(&*statement.test, Expr::BooleanLiteral(_)) => {
                    match self.block(&statement.body) {
                        Flow::Next => {}
                        Flow::Broken => return Flow::Next,
                        flow => return flow,
                    }
                }
                _ => break,
            }
        }
        self.unknown_loop(span, |machine| machine.block(&statement.body));
        self.block(&statement.orelse)
    }

    /// A loop that runs nobody knows how often: what its body writes is not known after it, and a pool that a second
    /// round makes again has no bound.
    fn unknown_loop(&mut self, span: Span, mut round: impl FnMut(&mut Self) -> Flow) {
        let mark = self.heap.begin();
        self.repeatedly(span, |machine| {
            round(machine);
        });
        let written = self.heap.take_back(mark);
        for ((object, key), after) in written.into_iter().rev() {
            let before = self.heap.get(object, &key).cloned();
            let value = match (before, after) {
                (Some(before), Some(after)) if before.is_same(&after) => before,
                (
                    _,
                    Some(
                        value @ (Value::Function(_) | Value::Object(_) | Value::Outside(_) | Value::Pool(_)),
                    ),
                ) => value,
                _ => Value::unknown("it is changed in a loop", span),
            };
            self.heap.set(object, key, value);
        }
    }

    /// Runs code that is run any number of times: twice, to see what is made again.
    pub(super) fn repeatedly(&mut self, because: Span, mut round: impl FnMut(&mut Self)) {
        let first = self.ledger.mark();
        self.rounds += 1;
        round(self);
        let second = self.ledger.mark();
        if second > first {
            round(self);
            self.ledger.repeat(first, second, because);
        }
        self.rounds -= 1;
    }

    pub(super) fn try_statement(&mut self, statement: &'a ast::StmtTry) -> Flow {
        let problems = self.problems.len();
        let (start, mark) = (self.ledger.mark(), self.heap.begin());
        let mut flow =
            if self.certainly_lacks_import(statement) { Flow::Raised } else { self.block(&statement.body) };
        if flow == Flow::Next {
            flow = self.block(&statement.orelse);
        }
        let written = self.heap.take_back(mark);
        let has_failed = self.problems[problems.min(self.problems.len())..]
            .iter()
            .any(|problem| problem.kind == ProblemKind::NotANumber);
        let handlers: Vec<&'a [Stmt]> = statement.handlers.iter().map(body).collect();
        let is_caught = !handlers.is_empty() && (flow == Flow::Raised || has_failed);
        let outcome = if is_caught {
            self.problems.truncate(problems);
            self.heap.apply(written);
            self.handle(&handlers)
        } else if handlers.is_empty() || self.cannot_fail(statement) {
            self.heap.apply(written);
            flow
        } else {
            let (middle, mark) = (self.ledger.mark(), self.heap.begin());
            let handled = self.handle(&handlers);
            let written_handled = self.heap.take_back(mark);
            self.ledger.pair(start, middle);
            self.merge((flow, written), (handled, written_handled))
        };
        match self.block(&statement.finalbody) {
            Flow::Next => outcome,
            flow => flow,
        }
    }

    /// One of the handlers runs.
    fn handle(&mut self, handlers: &[&'a [Stmt]]) -> Flow {
        match handlers {
            [] => Flow::Raised,
            [only] => self.block(only),
            [first, rest @ ..] => self.either(
                |machine| machine.block(first),
                |machine| machine.deeper(|machine| machine.handle(rest)),
            ),
        }
    }

    /// Whether a guarded body begins with taking names of a module of the tree that the tree does not have.
    fn certainly_lacks_import(&self, statement: &'a ast::StmtTry) -> bool {
        let Some(Stmt::ImportFrom(import)) = statement.body.first() else { return false };
        import.level > 0
            && import.module.is_some()
            && !statement.handlers.is_empty()
            && !self.is_in_tree(&statement.body[0])
    }

    /// Whether a body that only imports modules of the tree is guarded against their absence: they are there.
    fn cannot_fail(&self, statement: &'a ast::StmtTry) -> bool {
        let is_import_error = |handler: &ExceptHandler| {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let name = handler.type_.as_deref().and_then(last_name);
            name.is_some_and(|name| name == "ImportError" || name == "ModuleNotFoundError")
        };
        statement.handlers.iter().all(is_import_error)
            && statement.body.iter().all(|statement| match statement {
                Stmt::Import(_) | Stmt::ImportFrom(_) => self.is_in_tree(statement),
                _ => true,
            })
    }

    pub(super) fn with_statement(&mut self, statement: &'a ast::StmtWith) -> Flow {
        let prefixes = self.told.prefixes.len();
        for item in &statement.items {
            if let Expr::Call(call) = &item.context_expr
                && last_name(&call.func) == Some("prefixed")
            {
                let function = self.evaluate(&call.func);
                let arguments = self.arguments(&call.arguments);
                let span = self.span(&*call.func);
                if let Some(prefix) = super::environ::prefix_of(&function, &arguments, span) {
                    self.told.prefixes.push(prefix);
                    continue;
                }
            }
            let context = self.evaluate(&item.context_expr);
            let span = self.span(&item.context_expr);
            let entered = context.each(|one| self.enter(one, statement.is_async, span));
            if let Some(target) = &item.optional_vars {
                self.assign(target, entered);
            }
        }
        let flow = self.block(&statement.body);
        self.told.prefixes.truncate(prefixes);
        flow
    }

    /// What `with value as name` gives the name.
    fn enter(&mut self, value: Value, is_async: bool, span: Span) -> Value {
        match value {
            Value::Object(object) => {
                let method = if is_async { "__aenter__" } else { "__enter__" };
                match self.method(object, method) {
                    Some(method) => self.call(method, super::call::Arguments::default(), span),
                    None => Value::Object(object),
                }
            }
            Value::Outside(Outside { name, at }) => Value::Outside(Outside { name, at }),
            value => value,
        }
    }
}

fn body(handler: &ExceptHandler) -> &[Stmt] {
    let ExceptHandler::ExceptHandler(handler) = handler;
    &handler.body
}
