//! The bodies of a module's functions, apart from the module.

use std::collections::HashMap;
use std::mem;

use ruff_python_parser::parse_module;

use super::ast::{ExceptHandler, Stmt, StmtFunctionDef, Suite};
use crate::source::SourceFile;

/// The bodies of the functions that stand in no other function, by where the function begins.
#[derive(Debug, Default)]
pub(super) struct Bodies(HashMap<u32, Suite>);

impl Bodies {
    /// Those of a file that was parsed before.
    pub(super) fn read(file: &SourceFile) -> Self {
        parse_module(&file.text).map(|parsed| Self::take_from(&mut parsed.into_suite())).unwrap_or_default()
    }

    /// Takes them out of `statements`.
    pub(super) fn take_from(statements: &mut [Stmt]) -> Self {
        let mut bodies = Self::default();
        bodies.take(statements);
        bodies
    }

    /// That of `function`.
    pub(super) fn of(&self, function: &StmtFunctionDef) -> &[Stmt] {
        self.0.get(&function.range.start().to_u32()).map_or(&[], |body| body.as_slice())
    }

    fn take(&mut self, statements: &mut [Stmt]) {
        for statement in statements {
            match statement {
                Stmt::FunctionDef(function) => {
                    self.0.insert(function.range.start().to_u32(), mem::take(&mut function.body));
                }
                Stmt::ClassDef(class) => self.take(&mut class.body),
                Stmt::If(branch) => {
                    self.take(&mut branch.body);
                    branch.elif_else_clauses.iter_mut().for_each(|clause| self.take(&mut clause.body));
                }
                Stmt::For(round) => {
                    self.take(&mut round.body);
                    self.take(&mut round.orelse);
                }
                Stmt::While(round) => {
                    self.take(&mut round.body);
                    self.take(&mut round.orelse);
                }
                Stmt::With(with) => self.take(&mut with.body),
                Stmt::Match(choice) => choice.cases.iter_mut().for_each(|case| self.take(&mut case.body)),
                Stmt::Try(guarded) => {
                    self.take(&mut guarded.body);
                    for handler in &mut guarded.handlers {
                        let ExceptHandler::ExceptHandler(handler) = handler;
                        self.take(&mut handler.body);
                    }
                    self.take(&mut guarded.orelse);
                    self.take(&mut guarded.finalbody);
                }
                _ => {}
            }
        }
    }
}
