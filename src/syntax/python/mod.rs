//! Python source as a syntax tree that knows its file, read by ruff's parser.
//!
//! The tree is ruff's own ([`ast`]); what is added is the way from a node to its place, the string literals as
//! [`Text`], and bounds: a tree returned from here is never so deep that walking or dropping it exhausts the stack.

mod bodies;
mod depth;
mod string;

use std::sync::{Arc, OnceLock};

use ruff_python_parser::parse_module;
use ruff_text_size::{Ranged, TextRange};

use bodies::Bodies;

use super::SyntaxError;
use crate::source::{SourceFile, Span};
use crate::trace::Text;

pub use ruff_python_ast as ast;

/// The longest Python file that is parsed: a tree takes some thirty times its text in memory.
pub const MAX_BYTES: usize = 8 << 20;

/// A parsed module.
#[derive(Debug)]
pub struct Module {
    /// Its file.
    pub file: Arc<SourceFile>,
    /// Its statements.
    pub body: ast::Suite,
    /// The bodies of its functions, where they were put aside.
    bodies: OnceLock<Bodies>,
}

/// The syntax tree of `file`; a file that Python itself would refuse is an error at the first place it stumbles over.
pub fn parse(file: &Arc<SourceFile>) -> Result<Module, SyntaxError> {
    if file.text.len() > MAX_BYTES {
        let message = format!("longer than {} MiB, which no module written by hand is", MAX_BYTES >> 20);
        return Err(SyntaxError::new(file.at(0..0), message));
    }
    if let Some(span) = depth::place_too_deep(file) {
        return Err(SyntaxError::new(span, "nested deeper than Python itself can compile"));
    }
    match parse_module(&file.text) {
        Ok(parsed) => {
            Ok(Module { file: Arc::clone(file), body: parsed.into_suite(), bodies: OnceLock::new() })
        }
        Err(error) => {
            let span = file.at(usize::from(error.location.start())..usize::from(error.location.end()));
            Err(SyntaxError::new(span, "not valid Python 3 syntax"))
        }
    }
}

impl Module {
    /// The place of a node.
    pub fn span(&self, node: &impl Ranged) -> Span {
        self.at(node.range())
    }

    /// The place of a range.
    pub fn at(&self, range: TextRange) -> Span {
        self.file.at(usize::from(range.start())..usize::from(range.end()))
    }

    /// The same module without the bodies of its functions, of which most are never run: they take most of its memory. One
    /// that is asked for is read again, with all of the module's.
    #[must_use]
    pub fn without_bodies(mut self) -> Self {
        Bodies::take_from(&mut self.body);
        self.body.shrink_to_fit();
        self
    }

    /// The statements of a function of this module.
    pub fn body_of<'m>(&'m self, function: &'m ast::StmtFunctionDef) -> &'m [ast::Stmt] {
        // No function that was parsed is empty: this one's body was put aside.
        if function.body.is_empty() {
            self.bodies.get_or_init(|| Bodies::read(&self.file)).of(function)
        } else {
            &function.body
        }
    }

    /// The text of a node as it is written.
    pub fn source(&self, node: &impl Ranged) -> &str {
        self.file.text.get(self.span(node).range()).unwrap_or_default()
    }

    /// The value of a string literal, each of its parts at its place.
    pub fn string(&self, literal: &ast::ExprStringLiteral) -> Text {
        string::join(literal.value.iter().map(|part| string::part(self, part)), || self.span(literal))
    }

    /// The value of a string literal that is one part of an f-string expression: `"a" f"{b}"`.
    pub fn string_part(&self, part: &ast::StringLiteral) -> Text {
        string::part(self, part)
    }

    /// The value of the words between the braces of an f-string.
    pub fn literal_part(&self, part: &ast::InterpolatedStringLiteralElement) -> Text {
        string::piece(self, part.range, &part.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    fn file(text: &str) -> Arc<SourceFile> {
        Sources::new(Memory::new([("x.py", text)])).load(&TreePath::new("x.py")).unwrap()
    }

    fn first_string(text: &str) -> Text {
        let module = parse(&file(text)).unwrap();
        let ast::Stmt::Expr(statement) = &module.body[0] else { panic!("no expression") };
        let ast::Expr::StringLiteral(literal) = &*statement.value else { panic!("no string") };
        module.string(literal)
    }

    #[test]
    fn a_string_knows_the_place_of_its_parts() {
        let text = first_string("'ab' \"cd\"\n");
        assert_eq!(text.as_str(), "abcd");
        assert_eq!(text.slice(1..2).span().unwrap().range(), 2..3);
        assert_eq!(text.slice(3..4).span().unwrap().range(), 7..8);
        let decoded = first_string(r"'a\tb'");
        assert_eq!(decoded.as_str(), "a\tb");
        assert_eq!(decoded.slice(2..3).span().unwrap().range(), 1..5);
        assert_eq!(first_string("r'''x'''").span().unwrap().range(), 4..5);
        assert_eq!(first_string("''").span().unwrap().range(), 1..1);
    }

    #[test]
    fn bodies_that_were_put_aside_are_found_again() {
        let text = "class A:\n  def f(self):\n    def g(): return 1\n    return g\nif x:\n  def f(): pass\nelse:\n  def f(): x\n";
        let whole = parse(&file(text)).unwrap();
        let module = parse(&file(text)).unwrap().without_bodies();
        let ast::Stmt::ClassDef(class) = &module.body[0] else { panic!("no class") };
        let ast::Stmt::ClassDef(whole_class) = &whole.body[0] else { panic!("no class") };
        let (ast::Stmt::FunctionDef(method), ast::Stmt::FunctionDef(expected)) =
            (&class.body[0], &whole_class.body[0])
        else {
            panic!("no method")
        };
        assert!(method.body.is_empty());
        assert_eq!(module.body_of(method), expected.body.as_slice());
        assert_eq!(whole.body_of(expected), expected.body.as_slice());
        let (ast::Stmt::If(branch), ast::Stmt::If(expected)) = (&module.body[1], &whole.body[1]) else {
            panic!("no if")
        };
        let (ast::Stmt::FunctionDef(here), ast::Stmt::FunctionDef(expected)) =
            (&branch.elif_else_clauses[0].body[0], &expected.elif_else_clauses[0].body[0])
        else {
            panic!("no function")
        };
        assert_eq!(module.body_of(here), expected.body.as_slice());
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let file = file("a = 1\nprint \"x\"\n");
        let error = parse(&file).unwrap_err();
        assert_eq!(file.line_column(error.span.range().start).line, 2);
    }

    #[test]
    fn nesting_is_bounded() {
        for open in
            ["(", "[", "{1:", "f(", "-", "not ", "lambda: ", "x if y else ", "x.", "x+", "f()(", "x[0]", "~"]
        {
            let text = open.repeat(100_000);
            assert!(parse(&file(&text)).is_err(), "{open}");
        }
        let blocks: Vec<String> = (0..2000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
        assert!(parse(&file(&blocks.concat())).is_err());
        for tail in ["+1", ".x", "()", "[0]", " if x else 1", " and 1", " == 1", " ** 2", "()()"] {
            let text = format!("x = a{}\n", tail.repeat(100_000));
            assert!(parse(&file(&text)).is_err(), "{tail}");
        }
        let chain = format!("if a:\n  pass\n{}", "elif b:\n  pass\n".repeat(20_000));
        assert_eq!(parse(&file(&chain)).unwrap().body.len(), 1);
    }

    #[test]
    fn a_long_flat_file_is_read() {
        let list = format!("x = [{}]\n", "1, 'a',\n".repeat(50_000));
        assert_eq!(parse(&file(&list)).unwrap().body.len(), 1);
        let calls = format!("x = dict({})\n", "a(b.c(1)), \n".repeat(20_000));
        assert_eq!(parse(&file(&calls)).unwrap().body.len(), 1);
    }
}
