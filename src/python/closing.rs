//! Pools that a function makes for itself and closes again: `engine.dispose()` in its `finally`.
//!
//! Such a pool is gone when the process serves. Everything here is asked of the function's text, since what an object
//! is kept in is not followed far enough to prove that nobody else has the pool.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::syntax::python::ast::{self, Expr, Stmt};

/// Methods that close a pool (SQLAlchemy's `Engine`, asyncpg's and psycopg's pools).
const CLOSE: [&str; 3] = ["dispose", "close", "terminate"];
/// Methods that give a connection, which outlives the pool where it is not given back.
const LEND: [&str; 5] = ["connect", "begin", "acquire", "connection", "raw_connection"];
/// Functions that use a pool they are given and keep nothing of it.
const BORROW: [&str; 5] = ["inspect", "create_all", "drop_all", "reflect", "Session"];

/// Whether `function`, which makes a pool by the call at `made`, certainly closes it before it returns, and lets nobody
/// else have it.
pub(super) fn closes(function: &ast::StmtFunctionDef, made: TextRange) -> bool {
    let Some((name, from)) = function.body.iter().find_map(|statement| taken_by(statement, made)) else {
        return false;
    };
    let Some(closed) = function.body.iter().find_map(|statement| closed_in(statement, name, from)) else {
        return false;
    };
    let mut uses = Uses { name, closed, lent: false, all: 0, fine: 0, bound: 0, escapes: false };
    function.body.iter().for_each(|statement| uses.visit_stmt(statement));
    !uses.escapes && uses.bound == 1 && uses.all == uses.fine
}

/// Where a pool is closed.
#[derive(Clone, Copy)]
struct Closed {
    at: TextRange,
    /// Whatever happens before.
    always: bool,
}

/// The variable that takes the pool, and where; only in a statement that always runs.
fn taken_by(statement: &Stmt, made: TextRange) -> Option<(&str, TextRange)> {
    if !statement.range().contains_range(made) {
        return None;
    }
    match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some((name.id.as_str(), assign.range)),
            _ => None,
        },
        Stmt::AnnAssign(assign) => match &*assign.target {
            Expr::Name(name) => Some((name.id.as_str(), assign.range)),
            _ => None,
        },
        Stmt::Try(block) => block.body.iter().find_map(|inner| taken_by(inner, made)),
        _ => None,
    }
}

/// Where `statement`, behind `from` or around it, closes the pool `name`.
fn closed_in(statement: &Stmt, name: &str, from: TextRange) -> Option<Closed> {
    if statement.range().end() <= from.end() {
        return None;
    }
    match statement {
        Stmt::Try(block) => {
            let close = block.finalbody.iter().find(|inner| is_close(inner, name))?;
            Some(Closed { at: close.range(), always: true })
        }
        plain if is_close(plain, name) => Some(Closed { at: plain.range(), always: false }),
        _ => None,
    }
}

/// Whether `statement` is `name.dispose()`, awaited or not.
fn is_close(statement: &Stmt, name: &str) -> bool {
    let Stmt::Expr(statement) = statement else { return false };
    let call = match &*statement.value {
        Expr::Await(waits) => &*waits.value,
        call => call,
    };
    let Expr::Call(call) = call else { return false };
    // `dispose(close=False)` forgets the connections and leaves them open.
    let Expr::Attribute(method) = &*call.func else { return false };
    let owner = matches!(&*method.value, Expr::Name(owner) if owner.id.as_str() == name);
    owner && CLOSE.contains(&method.attr.id.as_str()) && call.arguments.is_empty()
}

/// Where a function uses the pool.
struct Uses<'f> {
    name: &'f str,
    closed: Closed,
    /// Inside the head of a `with`, which gives back what it is lent.
    lent: bool,
    all: usize,
    fine: usize,
    bound: usize,
    escapes: bool,
}

impl Uses<'_> {
    fn is_pool(&self, expression: &Expr) -> bool {
        matches!(expression, Expr::Name(name) if name.id.as_str() == self.name)
    }
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Global(names) => self.escapes |= names.names.iter().any(|n| n.id.as_str() == self.name),
            Stmt::Nonlocal(names) => self.escapes |= names.names.iter().any(|n| n.id.as_str() == self.name),
            // A `return` before the end leaves the pool as it is.
            Stmt::Return(early) => {
                self.escapes |= !self.closed.always && early.range.end() < self.closed.at.start();
            }
            Stmt::With(with) => {
                let outer = std::mem::replace(&mut self.lent, true);
                with.items.iter().for_each(|item| self.visit_expr(&item.context_expr));
                self.lent = outer;
                let targets = with.items.iter().filter_map(|item| item.optional_vars.as_deref());
                targets.for_each(|target| self.visit_expr(target));
                with.body.iter().for_each(|inner| self.visit_stmt(inner));
                return;
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.id.as_str() == self.name => match name.ctx {
                ast::ExprContext::Load => self.all += 1,
                _ => self.bound += 1,
            },
            Expr::Attribute(attribute) if self.is_pool(&attribute.value) => {
                let method = attribute.attr.id.as_str();
                self.fine += usize::from(self.lent || !LEND.contains(&method));
            }
            Expr::Call(call) => {
                let called = match &*call.func {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(method) => method.attr.id.as_str(),
                    _ => "",
                };
                let given =
                    call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
                let borrowed = given.filter(|argument| self.is_pool(argument)).count();
                let keeps_nothing = BORROW.contains(&called) && (called != "Session" || self.lent);
                self.fine += if keeps_nothing { borrowed } else { 0 };
            }
            // What is behind a `yield` runs when somebody asks for it: at the end of the process.
            Expr::Yield(_) | Expr::YieldFrom(_) => self.escapes = true,
            _ => {}
        }
        walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::closes;
    use crate::source::{Memory, Sources, TreePath};
    use crate::syntax::python::{ast, parse};
    use ruff_text_size::{TextRange, TextSize};

    /// Whether the function of `body` closes the engine that it makes.
    fn does_close(body: &str) -> bool {
        let text = format!("async def f():\n    {}\n", body.replace('\n', "\n    "));
        let sources = Sources::new(Memory::new([("a.py", text.as_str())]));
        let module = parse(&sources.load(&TreePath::new("a.py")).unwrap()).unwrap();
        let [ast::Stmt::FunctionDef(function)] = module.body.as_slice() else { panic!("{text}") };
        let at = u32::try_from(text.find("create_engine").unwrap()).unwrap();
        closes(function, TextRange::at(TextSize::new(at), TextSize::new(13)))
    }

    #[test]
    fn an_engine_of_its_own_that_is_disposed_of() {
        assert!(does_close("e = create_engine(u)\nwith e.connect() as c:\n    c.execute(q)\ne.dispose()"));
        assert!(does_close(
            "e = create_engine(u)\ntry:\n    inspect(e)\n    return 1\nfinally:\n    e.dispose()"
        ));
        assert!(does_close(
            "e = create_engine(u)\nasync with e.begin() as c:\n    await c.run(q)\nawait e.dispose()"
        ));
        assert!(does_close("try:\n    e = create_engine(u)\nfinally:\n    e.dispose()"));
    }

    #[test]
    fn one_that_somebody_else_has_or_that_stays() {
        for body in [
            "e = create_engine(u)\nreturn e",
            "e = create_engine(u)\nyield e\ne.dispose()",
            "e = create_engine(u)\napp.state.e = e\ne.dispose()",
            "e = create_engine(u)\nkeep(e)\ne.dispose()",
            "e = create_engine(u)\nif x:\n    return\ne.dispose()",
            "e = create_engine(u)\nif x:\n    e.dispose()",
            "e = create_engine(u)\nc = e.connect()\ne.dispose()",
            "e = create_engine(u)\ne.dispose(close=False)",
            "global e\ne = create_engine(u)\ne.dispose()",
            "e = create_engine(u)\ne.dispose()\ne = other()",
            "e = create_engine(u)\ns = Session(e)\ne.dispose()",
            "keep.e = create_engine(u)\nkeep.e.dispose()",
        ] {
            assert!(!does_close(body), "{body}");
        }
    }
}
