//! arq (0.28.0; facts, B2): one process that works on `max_jobs` of its settings class (10) at once.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program, not_known};
use super::{Entry, Value, click};
use crate::syntax::python::{ast, parse};
use crate::trace::{Bound, Count, Text, Trail};

/// arq, also as `python -m arq`.
pub(super) const PROGRAM: Program = Program { name: "arq", modules: &["arq", "arq.cli"], read };

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options/arq.json")))
}

fn read(command: &Command<'_>) -> Outcome {
    let (given, _) = click::parse(table(), command.words, false);
    if given.exits || given.flag("check").is_some() {
        return Outcome::passing();
    }
    let settings = given.positionals.first().and_then(Value::known);
    // `import_string` (utils.py): the class behind the last dot.
    let parts = settings.and_then(|path| {
        let at = path.as_str().rfind('.')?;
        Some((path.slice(0..at), path.slice(at + 1..path.len())))
    });
    let entry = parts.clone().map(|(module, class)| Entry::Module { module, attribute: Some(class) });
    let mut started = command.started("arq", "process", entry);
    started.python_path.push(command.working_dir.to_owned());
    started.development = given.flag("watch").map(|option| option.name.trail());
    started.concurrency = match &parts {
        Some((module, class)) => max_jobs(command, &started.python_path, module, class),
        None => not_known(command.name, "the settings of arq are not known"),
    };
    if let Some(refused) = command.count_when_refused(&given.refusals, "processes") {
        started.processes = refused;
    }
    Outcome { problems: command.refused(&given.refusals), started: vec![started], ..Outcome::default() }
}

/// What the class sets `max_jobs` to, where that is a number; the default where a class without bases does not set it.
fn max_jobs(command: &Command<'_>, folders: &[String], module: &Text, class: &Text) -> Count {
    let unknown = |at: &Text, why: &str| command.unknown("jobs", why, at);
    let path = module.as_str().replace('.', "/");
    let names = [format!("{path}.py"), format!("{path}/__init__.py")];
    let found =
        folders.iter().find_map(|folder| names.iter().find_map(|name| command.world.locate(folder, name)));
    let Some(found) = found else { return unknown(module, "the settings of arq are not among these files") };
    command.world.note(&found);
    let Some(source) = command.world.sources.load(&found).ok().and_then(|file| parse(&file).ok()) else {
        return unknown(module, "the settings of arq cannot be read");
    };
    let definition = source.body.iter().find_map(|statement| match statement {
        ast::Stmt::ClassDef(definition) if definition.name.as_str() == class.as_str() => Some(definition),
        _ => None,
    });
    let Some(definition) = definition else {
        return unknown(class, &format!("{class} is no class at the top of {found}"));
    };
    let value = definition.body.iter().rev().find_map(|statement| match statement {
        ast::Stmt::Assign(assign) => assign.targets.iter().any(is_max_jobs).then_some(&*assign.value),
        ast::Stmt::AnnAssign(assign) if is_max_jobs(&assign.target) => assign.value.as_deref(),
        _ => None,
    });
    match value {
        Some(ast::Expr::NumberLiteral(ast::ExprNumberLiteral {
            value: ast::Number::Int(number),
            range,
            ..
        })) => {
            let bound = number.as_u64().map_or(Bound::Unbounded, Bound::Exactly);
            Count::new(bound, Trail::written(source.at(*range)))
        }
        Some(other) => {
            let why = "max_jobs of arq is not written as a number";
            Count::new(Bound::unknown("jobs", why), Trail::written(source.span(other)))
        }
        None if definition.bases().is_empty() && definition.decorator_list.is_empty() => {
            command.default(10, "arq max_jobs")
        }
        None => unknown(class, &format!("{class} may have max_jobs from another class")),
    }
}

fn is_max_jobs(target: &ast::Expr) -> bool {
    matches!(target, ast::Expr::Name(name) if name.id.as_str() == "max_jobs")
}
