//! A module that is run for what its names come to: `gunicorn.conf.py`.

use indexmap::IndexMap;

use crate::platform::FileView;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Count, Problem, Text, Traced, Trail};

use super::heap::Kind;
use super::library::Libraries;
use super::machine::Machine;
use super::process::{Entry, Process};
use super::program::Program;
use super::search::SearchPath;
use super::value::{Gap, Value};

/// What a module leaves behind.
#[derive(Debug)]
pub(crate) struct Names {
    /// Its names, each with everything that it may be.
    pub(crate) values: IndexMap<String, Vec<Plain>>,
    /// Its first line.
    pub(crate) place: Span,
    /// Why it cannot be run at all, where it cannot.
    pub(crate) broken: Option<Problem>,
    /// Whether it certainly ends in an exception.
    pub(crate) raises: bool,
    /// What is wrong in what was read.
    pub(crate) problems: Vec<Problem>,
    /// Every file that was read for it.
    pub(crate) read: Vec<TreePath>,
}

/// A value without the machine that it came from.
#[derive(Clone, Debug)]
pub(crate) enum Plain {
    /// `None`.
    Nothing(Trail),
    /// A truth value.
    Flag(Traced<bool>),
    /// A whole number.
    Whole(Traced<i64>),
    /// A number with a fraction.
    Fraction(Traced<f64>),
    /// A whole number of which only a bound is known.
    Counted(Count),
    /// A string.
    Text(Text),
    /// A list, tuple or set.
    List(Vec<Plain>),
    /// A class, by the dotted names that it has or inherits outside the tree.
    Class(Vec<String>, Option<Span>),
    /// A module.
    Module,
    /// A function, a dictionary, an instance.
    Other,
    /// No value: the name is bound in other branches only.
    Absent,
    /// The files do not say.
    Unknown(Gap),
}

impl Plain {
    /// Where the value stands.
    pub(crate) fn place(&self) -> Option<Span> {
        match self {
            Self::Nothing(trail) => trail.place(),
            Self::Flag(flag) => flag.trail.place(),
            Self::Whole(number) => number.trail.place(),
            Self::Fraction(number) => number.trail.place(),
            Self::Counted(count) => count.trail.place(),
            Self::Text(text) => text.span(),
            Self::List(items) => items.iter().find_map(Self::place),
            Self::Class(_, span) => *span,
            Self::Unknown(gap) => gap.trail.place(),
            Self::Module | Self::Other | Self::Absent => None,
        }
    }
}

/// Runs the module that `process` runs, for its names.
pub(super) fn names(sources: &Sources, view: &FileView, process: &Process<'_>) -> Option<Names> {
    let search = SearchPath::new(sources, view, process);
    let mut program = Program::default();
    let entry = program.load_entry(&search, process)?;
    let unit = program.units.get(entry)?;
    let place = unit.place().or_else(|| process.entry?.span())?;
    let mut machine = Machine::new(&program, &search, process, Libraries::NONE, place);
    let module = machine.import(&unit.name, place);
    let values = machine.names(&module);
    let (raises, broken) = (machine.raised.contains(&entry), unit.broken.clone());
    let (opened, _) = machine.finish();
    Some(Names { values, place, broken, raises, problems: opened.problems, read: opened.read })
}

/// The dotted names that the class which `process` names has or inherits outside the tree; `None` where it is no class of
/// the tree.
pub(super) fn ancestry(sources: &Sources, view: &FileView, process: &Process<'_>) -> Option<Vec<String>> {
    let Some(Entry::Module { attribute: Some(attribute), .. }) = process.entry else { return None };
    let mut found = names(sources, view, process)?;
    match found.values.swap_remove(attribute.as_str())?.as_slice() {
        [Plain::Class(names, _)] => Some(names.clone()),
        _ => None,
    }
}

impl Machine<'_> {
    /// What the names of `module` came to.
    fn names(&self, module: &Value) -> IndexMap<String, Vec<Plain>> {
        let Value::Object(object) = module else { return IndexMap::new() };
        let slots = self.heap.slots(*object).iter();
        slots.map(|(key, value)| (key.to_string(), self.alternatives(value))).collect()
    }

    fn alternatives(&self, value: &Value) -> Vec<Plain> {
        value.clone().into_alternatives().iter().map(|one| self.plain(one)).collect()
    }

    fn plain(&self, value: &Value) -> Plain {
        match value {
            Value::None(trail) => Plain::Nothing(trail.clone()),
            Value::Bool(flag) => Plain::Flag(flag.clone()),
            Value::Int(number) => Plain::Whole(number.clone()),
            Value::Float(number) => Plain::Fraction(number.clone()),
            Value::Counted(count) => Plain::Counted(count.clone()),
            Value::Text(text) => Plain::Text(text.clone()),
            Value::Unknown(gap) => Plain::Unknown(gap.clone()),
            Value::Absent => Plain::Absent,
            Value::Outside(outside) if outside.is_class() => {
                Plain::Class(vec![outside.name.to_string()], outside.at)
            }
            // A module that is not of the tree, or what one of its functions returns.
            Value::Outside(outside) => Plain::Unknown(Gap::of(value, outside.at.unwrap_or(self.entry))),
            Value::Object(object) => match self.heap.kind(*object) {
                Kind::Module(_) => Plain::Module,
                Kind::Class(_) => Plain::Class(self.outside_bases(*object), None),
                Kind::List => match self.items(value) {
                    Some(items) => Plain::List(items.iter().map(|item| self.plain(item)).collect()),
                    None => Plain::Unknown(Gap::of(value, self.entry)),
                },
                Kind::Scope { .. } | Kind::Instance { .. } | Kind::Dict | Kind::Known(_) => Plain::Other,
            },
            Value::Either(_) | Value::Function(_) | Value::Method(..) | Value::Pool(_) => Plain::Other,
        }
    }
}
