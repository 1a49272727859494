//! Statements.

use crate::syntax::python::ast::{self, Expr, Stmt};
use crate::trace::{How, Trail};

use super::heap::{Key, Kind};
use super::machine::{Binding, Code, Flow, Machine};
use super::outline::{is_main_guard, is_type_checking, last_name};
use super::value::{FunctionId, Value};

/// Decorators of functions that remember what they returned.
const CACHES: [&str; 7] = [
    "cache",
    "lru_cache",
    "cached_property",
    "singleton",
    "alru_cache",
    "cache_resource",
    "experimental_singleton",
];

impl<'a> Machine<'a> {
    /// Runs statements up to the one after which nothing follows.
    pub(super) fn block(&mut self, statements: &'a [Stmt]) -> Flow {
        for (index, statement) in statements.iter().enumerate() {
            if !self.may_step() {
                if self.idle == 0 && !self.is_serving {
                    let span = self.span(statement);
                    self.cut.get_or_insert(span);
                }
                return Flow::Next;
            }
            if let Stmt::If(conditional) = statement {
                let after = statements.get(index + 1..).unwrap_or_default();
                return self.deeper(|machine| machine.if_statement(conditional, after));
            }
            let flow = self.deeper(|machine| machine.statement(statement));
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn statement(&mut self, statement: &'a Stmt) -> Flow {
        match statement {
            Stmt::Expr(expression) => {
                self.evaluate(&expression.value);
            }
            Stmt::Assign(assignment) => {
                let value = self.evaluate(&assignment.value);
                for target in &assignment.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assignment) => self.annotated(assignment),
            Stmt::AugAssign(assignment) => self.augmented(assignment),
            Stmt::FunctionDef(function) => self.define(function),
            Stmt::ClassDef(class) => self.define_class(class),
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.import_statement(statement),
            Stmt::If(conditional) => return self.if_statement(conditional, &[]),
            Stmt::For(statement) => return self.for_statement(statement),
            Stmt::While(statement) => return self.while_statement(statement),
            Stmt::Try(statement) => return self.try_statement(statement),
            Stmt::With(statement) => return self.with_statement(statement),
            Stmt::Match(statement) => return self.match_statement(statement),
            Stmt::Return(statement) => return self.return_statement(statement),
            Stmt::Raise(_) => return Flow::Raised,
            Stmt::Break(_) | Stmt::Continue(_) => return Flow::Broken,
            Stmt::Global(statement) => self.global(&statement.names),
            Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => {}
            Stmt::Assert(statement) => {
                self.evaluate(&statement.test);
            }
            Stmt::Delete(statement) => self.delete(statement),
        }
        Flow::Next
    }

    fn return_statement(&mut self, statement: &'a ast::StmtReturn) -> Flow {
        let value = match &statement.value {
            Some(value) => self.evaluate(value),
            None => Value::None(Trail::written(self.span(statement))),
        };
        if let Some(frame) = self.frame() {
            frame.returned.push(value);
        }
        Flow::Returned
    }

    fn global(&mut self, names: &[ast::Identifier]) {
        let names: Vec<Key> = names.iter().map(|name| name.id.clone()).collect();
        if let Some(frame) = self.frame() {
            frame.globals.extend(names);
        }
    }

    fn delete(&mut self, statement: &'a ast::StmtDelete) {
        for target in &statement.targets {
            match target {
                Expr::Name(name) => {
                    if let Some(scope) = self.frames.last().map(|frame| frame.scope) {
                        self.heap.remove(scope, &name.id);
                    }
                }
                Expr::Subscript(subscript) => {
                    let of = self.evaluate(&subscript.value);
                    let key = self.evaluate(&subscript.slice);
                    if let (Value::Object(object), Some(key)) = (of, key.key()) {
                        self.heap.remove(object, &key);
                    }
                }
                _ => {}
            }
        }
    }

    fn annotated(&mut self, assignment: &'a ast::StmtAnnAssign) {
        if let (Expr::Name(name), Some(scope)) =
            (&*assignment.target, self.frames.last().map(|frame| frame.scope))
            && let Some(class) = self.heap.class_mut(scope)
            && last_name(&assignment.annotation) != Some("ClassVar")
        {
            class.fields.retain(|(field, _)| *field != name.id);
            class.fields.push((name.id.clone(), &assignment.annotation));
        }
        if let Some(value) = &assignment.value {
            let value = self.evaluate(value);
            self.assign(&assignment.target, value);
        }
    }

    fn augmented(&mut self, assignment: &'a ast::StmtAugAssign) {
        let before = self.evaluate(&assignment.target);
        let value = self.evaluate(&assignment.value);
        let span = self.span(assignment);
        if let (Value::Object(object), Value::Object(_) | Value::Unknown(_)) = (&before, &value) {
            match self.heap.kind(*object) {
                Kind::Dict => return self.update_dict(*object, value),
                Kind::List => return self.extend_list(*object, &value, span),
                _ => {}
            }
        }
        let value = self.binary(assignment.op, before, value, span);
        self.assign(&assignment.target, value);
    }

    /// Gives `target` a value.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => {
                let span = self.span(name);
                self.bind(&name.id, value.then(How::Assigned, span));
            }
            Expr::Attribute(attribute) => {
                let of = self.evaluate(&attribute.value);
                let span = self.span(&attribute.attr);
                self.set_attribute(&of, &attribute.attr.id, value.then(How::Assigned, span));
            }
            Expr::Subscript(subscript) => {
                let of = self.evaluate(&subscript.value);
                let key = self.evaluate(&subscript.slice);
                let span = self.span(subscript);
                for one in of.into_alternatives() {
                    if let Value::Object(object) = one {
                        self.set_item(object, &key, value.clone().then(How::Assigned, span), span);
                    }
                }
                if let (Value::Pool(pool), Some(name)) = (&value, key.as_text()) {
                    self.ledger.name(*pool, name.as_str());
                }
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.unpack(elts, &value);
            }
            Expr::Starred(starred) => self.assign(&starred.value, value),
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value) {
        let items = self.items(value).filter(|items| {
            items.len() == targets.len() && !targets.iter().any(|target| matches!(target, Expr::Starred(_)))
        });
        for (index, target) in targets.iter().enumerate() {
            let unknown = || self.unknown("it is unpacked from something that is not known", target);
            let item = items.as_ref().and_then(|items| items.get(index).cloned()).unwrap_or_else(unknown);
            self.assign(target, item);
        }
    }

    /// Binds a name where the running code binds its names.
    pub(super) fn bind(&mut self, name: &Key, value: Value) {
        for one in value.clone().into_alternatives() {
            self.name_pool(&one, name);
        }
        let Some(frame) = self.frames.last() else { return };
        let is_global = frame.globals.contains(name);
        let scope =
            if is_global { self.modules.get(frame.module).copied().flatten() } else { Some(frame.scope) };
        if let Some(scope) = scope {
            self.heap.set(scope, name.clone(), value);
        }
    }

    fn define(&mut self, function: &'a ast::StmtFunctionDef) {
        let defaults = self.defaults(&function.parameters);
        let has = |name: &str| {
            function.decorator_list.iter().any(|decorator| last_name(&decorator.expression) == Some(name))
        };
        let binding = if has("staticmethod") {
            Binding::Static
        } else if has("classmethod") || has("validator") || has("field_validator") || has("root_validator") {
            Binding::Class
        } else if has("property") || has("cached_property") || has("computed_field") || has("hybrid_property")
        {
            Binding::Property
        } else {
            Binding::Method
        };
        let is_cached = CACHES.into_iter().any(has);
        let id = self.keep_function(Code::Def(function), defaults, binding, is_cached);
        self.keep_validator(function, id);
        let mut value = Value::Function(id);
        for decorator in function.decorator_list.iter().rev() {
            value = self.decorate(&decorator.expression, value);
        }
        self.bind(&function.name.id, value);
    }

    /// A method that validates fields of a pydantic model: `@field_validator("url")`, `@model_validator(mode="after")`.
    fn keep_validator(&mut self, function: &'a ast::StmtFunctionDef, id: FunctionId) {
        let Some(scope) = self.frames.last().map(|frame| frame.scope) else { return };
        let Some(class) = self.heap.class_mut(scope) else { return };
        for decorator in &function.decorator_list {
            let Expr::Call(call) = &decorator.expression else { continue };
            let texts = |expression: &Expr| match expression {
                Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
                _ => None,
            };
            let fields: Vec<Key> = match last_name(&call.func) {
                Some("validator" | "field_validator") => {
                    call.arguments.args.iter().filter_map(texts).map(Key::new).collect()
                }
                Some("model_validator") => {
                    let mode = call.arguments.find_keyword("mode").and_then(|mode| texts(&mode.value));
                    if mode.as_deref() == Some("after") { vec![Key::new_static("*")] } else { Vec::new() }
                }
                _ => Vec::new(),
            };
            class.validators.push((fields, id));
        }
    }

    /// An `if` and the statements behind it.
    fn if_statement(&mut self, statement: &'a ast::StmtIf, after: &'a [Stmt]) -> Flow {
        self.choose(Some(&statement.test), &statement.body, &statement.elif_else_clauses, after)
    }

    /// `if test: body`, its other clauses, and what stands behind. Where the body certainly leaves the block, what
    /// stands behind runs only if it does not: `if cached: return a` excludes `return b` below.
    fn choose(
        &mut self,
        test: Option<&'a Expr>,
        body: &'a [Stmt],
        clauses: &'a [ast::ElifElseClause],
        after: &'a [Stmt],
    ) -> Flow {
        let leaves = matches!(body.last(), Some(Stmt::Return(_) | Stmt::Raise(_)));
        let (flow, is_done) = match self.test(test) {
            Some(true) => (self.block(body), false),
            Some(false) => return self.otherwise(clauses, after),
            None if leaves => {
                let flow =
                    self.either(|machine| machine.block(body), |machine| machine.otherwise(clauses, after));
                (flow, true)
            }
            None => {
                let flow =
                    self.either(|machine| machine.block(body), |machine| machine.otherwise(clauses, &[]));
                (flow, false)
            }
        };
        if is_done || flow != Flow::Next { flow } else { self.block(after) }
    }

    fn otherwise(&mut self, clauses: &'a [ast::ElifElseClause], after: &'a [Stmt]) -> Flow {
        match clauses.split_first() {
            Some((next, rest)) => {
                self.deeper(|machine| machine.choose(next.test.as_ref(), &next.body, rest, after))
            }
            None => self.block(after),
        }
    }

    /// Whether a condition holds; an `else` always does.
    fn test(&mut self, test: Option<&'a Expr>) -> Option<bool> {
        let Some(test) = test else { return Some(true) };
        if is_type_checking(test) {
            return Some(false);
        }
        if is_main_guard(test) {
            return Some(self.program.units.get(self.unit()).is_some_and(|unit| unit.is_main));
        }
        let value = self.evaluate(test);
        self.truth(&value)
    }
}
