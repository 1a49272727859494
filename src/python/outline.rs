//! What a module imports, which functions it defines and which names each of them mentions: enough to know, without
//! running anything, which functions something that is served can reach.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_text_size::TextRange;

use crate::syntax::python::ast::{self, Expr, Stmt};

use super::children::Spawner;
use super::heap::Key;
use super::session::{self, Leaves};

/// An `import` or `from … import` statement.
#[derive(Clone, Debug)]
pub(super) struct Import {
    /// The dots in front: how many packages it goes up.
    pub(super) level: u32,
    /// The dotted module; empty in `from . import x`.
    pub(super) module: String,
    /// The names that are taken from it and what they are called here; `None` for `import module`.
    pub(super) names: Option<Vec<(Key, Key)>>,
    /// What `import module as name` calls it.
    pub(super) alias: Option<Key>,
}

/// A name that code uses, so that what it names may be called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention {
    /// A name.
    Name(Key),
    /// An attribute of a dotted name: `app.db.get_engine` is `app.db` and `get_engine`.
    Attribute(String, Key),
    /// An attribute of anything else.
    Member(Key),
}

impl Mention {
    /// The last of its names.
    pub(super) fn last(&self) -> &Key {
        match self {
            Self::Name(name) | Self::Attribute(_, name) | Self::Member(name) => name,
        }
    }
}

/// Code that runs as a whole: the statements of a module, or a function with those nested in it.
#[derive(Default, Debug)]
pub(super) struct Body {
    /// What it imports.
    pub(super) imports: Vec<Import>,
    /// What it uses.
    pub(super) mentions: BTreeSet<Mention>,
    /// What it executes that leaves something in the server's session: first byte, the one behind the last, and what.
    pub(super) left: Vec<(u32, u32, Leaves)>,
    /// What it calls that may start threads or processes.
    pub(super) spawners: Vec<Spawner>,
}

/// A function of a module or a method of one of its classes.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: Key,
    /// The class it is a method of.
    pub(super) class: Option<Key>,
    /// Where it stands: its first byte and the one behind its last.
    pub(super) place: (u32, u32),
    /// Whether something outside the tree decorates it, which may call it: `@app.get("/")`.
    pub(super) is_registered: bool,
    /// The dotted names of its decorators.
    pub(super) decorators: Vec<String>,
    /// What its body does.
    pub(super) body: Body,
}

/// A class of a module.
#[derive(Debug)]
pub(super) struct Class {
    /// Its name.
    pub(super) name: Key,
    /// The names of its bases and whether it is decorated: what may call its methods by itself.
    pub(super) bases: Vec<Key>,
}

/// The outline of a module.
#[derive(Default, Debug)]
pub(super) struct Outline {
    /// What runs when it is imported.
    pub(super) top: Body,
    /// Its functions and methods.
    pub(super) functions: Vec<Function>,
    /// Its classes.
    pub(super) classes: Vec<Class>,
    /// Names that stand for another one: `make = create_engine`, `make = partial(create_engine, …)`.
    pub(super) aliases: Vec<(Key, Key)>,
}

/// Decorators that hand the function on as it is; nothing calls it because of them.
const TRANSPARENT: [&str; 18] = [
    "staticmethod",
    "classmethod",
    "property",
    "setter",
    "cache",
    "lru_cache",
    "cached_property",
    "contextmanager",
    "asynccontextmanager",
    "abstractmethod",
    "overload",
    "wraps",
    "override",
    "fixture",
    "retry",
    "computed_field",
    "singleton",
    "hybrid_property",
];

impl Outline {
    /// The outline of a module's statements; `is_script` when it is run and not imported.
    pub(super) fn of(body: &[Stmt], is_script: bool) -> Self {
        let mut outline = Self::default();
        let mut reader = Reader { outline: &mut outline, class: None, inside: None, is_script };
        reader.visit_body(body);
        outline
    }

    /// Every import, wherever it stands.
    pub(super) fn imports(&self) -> impl Iterator<Item = &Import> {
        self.top.imports.iter().chain(self.functions.iter().flat_map(|function| &function.body.imports))
    }
}

struct Reader<'o> {
    outline: &'o mut Outline,
    /// The class whose body is read.
    class: Option<Key>,
    /// The function whose body is read; functions nested in it are part of it.
    inside: Option<usize>,
    is_script: bool,
}

impl Reader<'_> {
    fn body(&mut self) -> &mut Body {
        match self.inside.and_then(|index| self.outline.functions.get_mut(index)) {
            Some(function) => &mut function.body,
            None => &mut self.outline.top,
        }
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        for parameter in function.parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
        if self.inside.is_some() {
            self.visit_body(&function.body);
            return;
        }
        let is_registered = function.decorator_list.iter().any(|decorator| {
            last_name(&decorator.expression).is_none_or(|name| !TRANSPARENT.contains(&name))
        });
        let decorators = function.decorator_list.iter();
        self.inside = Some(self.outline.functions.len());
        self.outline.functions.push(Function {
            name: function.name.id.clone(),
            class: self.class.clone(),
            place: (function.range.start().to_u32(), function.range.end().to_u32()),
            is_registered,
            decorators: decorators.filter_map(|decorator| decorator_name(&decorator.expression)).collect(),
            body: Body::default(),
        });
        self.visit_body(&function.body);
        self.inside = None;
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        let arguments = class.arguments.as_deref();
        for base in arguments.into_iter().flat_map(|arguments| &arguments.args) {
            self.visit_expr(base);
        }
        let outer = self.class.replace(class.name.id.clone());
        if self.inside.is_none() {
            let bases = arguments.into_iter().flat_map(|arguments| &arguments.args);
            let bases = bases.filter_map(|base| last_name(base).map(Key::new)).collect();
            self.outline.classes.push(Class { name: class.name.id.clone(), bases });
        }
        self.visit_body(&class.body);
        self.class = outer;
    }

    fn conditional(&mut self, statement: &ast::StmtIf) {
        let skips = is_type_checking(&statement.test) || (!self.is_script && is_main_guard(&statement.test));
        if !skips {
            self.visit_expr(&statement.test);
            self.visit_body(&statement.body);
        }
        for clause in &statement.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.visit_expr(test);
            }
            self.visit_body(&clause.body);
        }
    }

    fn alias(&mut self, assignment: &ast::StmtAssign) {
        let [target] = &*assignment.targets else { return };
        let meant = match &*assignment.value {
            Expr::Call(call) if last_name(&call.func) == Some("partial") => call.arguments.args.first(),
            named @ (Expr::Name(_) | Expr::Attribute(_)) => Some(named),
            _ => None,
        };
        if let (Some(name), Some(meant)) = (last_name(target), meant.and_then(last_name)) {
            self.outline.aliases.push((Key::new(name), Key::new(meant)));
        }
    }

    fn left(&mut self, range: TextRange, leaves: Leaves) {
        let place = (range.start().to_u32(), range.end().to_u32());
        let body = self.body();
        if body.left.iter().all(|(start, end, _)| place.0 < *start || place.1 > *end) {
            body.left.push((place.0, place.1, leaves));
        }
    }

    fn import(&mut self, import: Import) {
        self.body().imports.push(import);
    }
}

impl<'a> Visitor<'a> for Reader<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::If(conditional) => self.conditional(conditional),
            Stmt::Assign(assignment) => {
                self.alias(assignment);
                walk_stmt(self, statement);
            }
            Stmt::Import(import) => {
                for name in &import.names {
                    let alias = name.asname.as_ref().map(|alias| alias.id.clone());
                    self.import(Import { level: 0, module: name.name.id.to_string(), names: None, alias });
                }
            }
            Stmt::ImportFrom(import) => self.import(from_import(import)),
            // A docstring runs nothing.
            Stmt::Expr(only) if only.value.is_string_literal_expr() => {}
            other => walk_stmt(self, other),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        let mention = match expression {
            Expr::Name(name) => Some(Mention::Name(name.id.clone())),
            Expr::Attribute(attribute) => Some(match dotted(&attribute.value) {
                Some(of) => Mention::Attribute(of, attribute.attr.id.clone()),
                None => Mention::Member(attribute.attr.id.clone()),
            }),
            _ => None,
        };
        if let Some(mention) = mention {
            self.body().mentions.insert(mention);
        }
        match expression {
            Expr::Call(call) => {
                if let Some((range, leaves)) = session::left_by(call) {
                    self.left(range, leaves);
                }
            }
            Expr::StringLiteral(literal) if session::lock_in(literal) => {
                self.left(literal.range, Leaves::Lock);
            }
            _ => {}
        }
        if let Expr::Call(call) = expression
            && let Some(spawner) = Spawner::of(call)
        {
            self.body().spawners.push(spawner);
        }
        walk_expr(self, expression);
    }
}

/// What a `from … import` statement imports.
pub(super) fn from_import(import: &ast::StmtImportFrom) -> Import {
    let name = |alias: &ast::Alias| {
        let bound = alias.asname.as_ref().unwrap_or(&alias.name);
        (alias.name.id.clone(), bound.id.clone())
    };
    Import {
        level: import.level,
        module: import.module.as_ref().map(|module| module.id.to_string()).unwrap_or_default(),
        names: Some(import.names.iter().map(name).collect()),
        alias: None,
    }
}

/// `a.b.c` as it is written; `None` for what is not only names.
pub(super) fn dotted(expression: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = expression;
    loop {
        match rest {
            Expr::Name(name) => {
                parts.push(name.id.as_str());
                parts.reverse();
                return Some(parts.join("."));
            }
            Expr::Attribute(attribute) => {
                parts.push(attribute.attr.id.as_str());
                rest = &attribute.value;
            }
            _ => return None,
        }
    }
}

/// The last name of `a.b.c`, `a.b.c(…)` or `a.b.c[…]`.
pub(super) fn last_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.id.as_str()),
        Expr::Call(call) => last_name(&call.func),
        Expr::Subscript(subscript) => last_name(&subscript.value),
        _ => None,
    }
}

/// The dotted name of a decorator, whether it is called or not.
fn decorator_name(decorator: &Expr) -> Option<String> {
    match decorator {
        Expr::Call(call) => dotted(&call.func),
        other => dotted(other),
    }
}

/// Whether a condition is `TYPE_CHECKING`, which never holds in a running program.
pub(super) fn is_type_checking(test: &Expr) -> bool {
    dotted(test).is_some_and(|name| name == "TYPE_CHECKING" || name.ends_with(".TYPE_CHECKING"))
}

/// Whether a condition is `__name__ == "__main__"`.
pub(super) fn is_main_guard(test: &Expr) -> bool {
    let Expr::Compare(compare) = test else { return false };
    let [other] = &*compare.comparators else { return false };
    let is_name = |side: &Expr| matches!(side, Expr::Name(name) if name.id == "__name__");
    let is_main =
        |side: &Expr| matches!(side, Expr::StringLiteral(literal) if literal.value.to_str() == "__main__");
    (is_name(&compare.left) && is_main(other)) || (is_main(&compare.left) && is_name(other))
}
