//! What sets a server's settings, one step after the other: the image, configuration files, scripts, the command line.
//! The last step that sets a setting decides; the server checks more of them than that.

use std::collections::HashMap;

use super::catalog;
use crate::program::Value;
use crate::source::Sources;
use crate::trace::{Bound, Count, Problem, ProblemKind, Text, Trail};

/// The settings that a budget is made of.
const COUNTS: [&str; 3] = ["max_connections", "superuser_reserved_connections", "reserved_connections"];

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Something is set.
    Set(Assignment),
    /// Anything may be set here, and why that is not known.
    Open(Count),
    /// The server does not start, so nobody deploys it so.
    Refused(Count),
}

/// A setting and its value.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// The setting, in small letters and by its newest name.
    pub(super) name: String,
    /// The name as it is spelled: only entries that are spelled alike replace each other unread.
    spelled: String,
    pub(super) value: Value,
    pub(super) by: By,
}

/// Who sets it, from the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// The image, by itself or by a variable.
    Image,
    /// A configuration file.
    File,
    /// `postgresql.auto.conf`, which `ALTER SYSTEM` writes.
    System,
    /// The command line.
    Words,
}

impl By {
    /// In words that follow a value: "on the command line".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Image => "by the image",
            Self::File => "in the configuration file",
            Self::System => "by ALTER SYSTEM",
            Self::Words => "on the command line",
        }
    }
}

impl Assignment {
    pub(super) fn new(name: &str, value: Value, by: By) -> Self {
        Self { name: catalog::canonical(name), spelled: name.to_owned(), value, by }
    }
}

/// A value that a stronger one keeps from counting.
#[derive(Clone, Debug)]
pub struct Overridden {
    /// The setting.
    pub setting: String,
    /// The value that does not count.
    pub value: Text,
    /// The one that does.
    pub instead: Text,
    /// Where that one is set: "on the command line".
    pub by: &'static str,
}

/// Every step of a server, the weakest first.
pub(super) struct Steps<'s> {
    pub(super) sources: &'s Sources,
    pub(super) major: Option<u64>,
    /// Them all.
    pub(super) all: Vec<Step>,
}

impl Steps<'_> {
    /// What `name` is set to: `None` where nothing sets it.
    pub(super) fn count(&self, name: &str) -> Option<Count> {
        if let Some(refused) = self.checked().find(|set| set.name == name && self.why(set).is_some()) {
            let why = self.why(refused).unwrap_or_default();
            return Some(Count::new(Bound::unknown("connections", why), refused.value.trail()));
        }
        let refused = self.all.iter().find_map(|step| match step {
            Step::Refused(count) if name == "max_connections" => Some(count.clone()),
            _ => None,
        });
        refused.or_else(|| self.last(name))
    }

    /// What the last step that sets `name` sets it to.
    fn last(&self, name: &str) -> Option<Count> {
        self.all.iter().rev().find_map(|step| match step {
            Step::Set(set) if set.name == name => Some(match &set.value {
                Value::Known(text) => {
                    let unit = catalog::unit(name);
                    let number = super::number::quantity(text.as_str(), unit).ok();
                    let number = number.and_then(|number| u64::try_from(number).ok());
                    let why = format!("{name} is not a number");
                    let bound = number.map_or_else(|| Bound::unknown("connections", why), Bound::Exactly);
                    Count::new(bound, trimmed(text).trail())
                }
                Value::Partly { rest, .. } => rest.clone(),
            }),
            Step::Open(count) => Some(count.clone()),
            Step::Set(_) | Step::Refused(_) => None,
        })
    }

    /// The weaker values of `name` that say something else than the one that counts.
    pub(super) fn overridden(&self, name: &str) -> Vec<Overridden> {
        let mut sets = self.all.iter().rev().filter_map(|step| match step {
            Step::Set(set) if set.name == name => Some(set),
            _ => None,
        });
        let Some((last, instead)) = sets.next().and_then(|set| Some((set, set.value.known()?))) else {
            return Vec::new();
        };
        let mut found: Vec<Overridden> = Vec::new();
        for set in sets.filter(|set| set.by < last.by && set.by > By::Image) {
            let Some(value) = set.value.known() else { continue };
            let unit = catalog::unit(name);
            let number = |text: &Text| super::number::quantity(text.as_str(), unit).ok();
            // Of several values of one file only its last one would have counted.
            if number(value) != number(instead) && found.is_empty() {
                found.push(Overridden {
                    setting: name.to_owned(),
                    value: trimmed(value),
                    instead: trimmed(instead),
                    by: last.by.words(),
                });
            }
        }
        found
    }

    /// Settings of the budget that one file sets twice, to different values.
    pub(super) fn duplicates(&self) -> Vec<Problem> {
        let set = |step: &Step| match step {
            Step::Set(set) if set.by == By::File => Some((set.name.clone(), set.value.known()?.clone())),
            _ => None,
        };
        let sets: Vec<(String, Text)> = self.all.iter().filter_map(set).collect();
        let later = |index: usize, name: &str| {
            sets[index + 1..].iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
        };
        let counted = sets.iter().enumerate().filter(|(_, (name, _))| COUNTS.contains(&name.as_str()));
        counted
            .filter_map(|(index, (name, value))| {
                Problem::twice(self.sources, name, value, later(index, name)?)
            })
            .collect()
    }

    /// What the server refuses, each at its place.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let problem = |set: &Assignment| {
            let (why, text) = (self.why(set)?, trimmed(set.value.known()?));
            let span = text.span()?;
            let (kind, why) = if COUNTS.contains(&set.name.as_str()) && !why.contains("has no setting") {
                (ProblemKind::NotANumber, why)
            } else {
                (ProblemKind::RefusedArgument, format!("the server does not start: {why}"))
            };
            let problem = Problem::at(kind, &self.sources.file(span.file).path, span, why);
            Some(match text.used_at().filter(|used| *used != span) {
                Some(used) => problem.note(used, "the server takes it here"),
                None => problem,
            })
        };
        self.checked().filter_map(problem).collect()
    }

    fn why(&self, set: &Assignment) -> Option<String> {
        catalog::refusal(&set.name, set.value.as_str()?, self.major)
    }

    /// The assignments that the server checks. Of a file's entries that are spelled alike it is the last one; every one of
    /// the command line is, and what a variable of the image brings in.
    fn checked(&self) -> impl Iterator<Item = &Assignment> {
        let in_files = |by: By| matches!(by, By::File | By::System);
        let mut last: HashMap<&str, usize> = HashMap::new();
        for (at, step) in self.all.iter().enumerate() {
            if let Step::Set(set) = step
                && in_files(set.by)
            {
                last.insert(&set.spelled, at);
            }
        }
        self.all.iter().enumerate().filter_map(move |(at, step)| match step {
            Step::Set(set) => {
                let replaced =
                    in_files(set.by) && last.get(set.spelled.as_str()).is_some_and(|&last| last > at);
                (!replaced).then_some(set)
            }
            Step::Open(_) | Step::Refused(_) => None,
        })
    }
}

fn trimmed(text: &Text) -> Text {
    if text.as_str().trim().is_empty() { text.clone() } else { text.trim() }
}

/// A count that nobody set: the default of `setting`.
pub(super) fn default_count(value: u64, setting: &'static str, place: Option<crate::source::Span>) -> Count {
    Count::new(Bound::Exactly(value), Trail::default_of(setting, place))
}
