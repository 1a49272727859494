//! `match`.

use crate::syntax::python::ast::{self, CmpOp, Pattern, Singleton};
use crate::trace::{Traced, Trail};

use super::machine::{Flow, Machine};
use super::value::Value;

impl<'a> Machine<'a> {
    pub(super) fn match_statement(&mut self, statement: &'a ast::StmtMatch) -> Flow {
        let subject = self.evaluate(&statement.subject);
        self.cases(&subject, &statement.cases)
    }

    /// The first case that matches; where that is not known, any that may.
    fn cases(&mut self, subject: &Value, cases: &'a [ast::MatchCase]) -> Flow {
        let Some((first, rest)) = cases.split_first() else { return Flow::Next };
        let fits = self.fits(subject, &first.pattern);
        let guard = |machine: &mut Self| match &first.guard {
            Some(guard) => {
                let guard = machine.evaluate(guard);
                machine.truth(&guard)
            }
            None => Some(true),
        };
        match fits {
            Some(false) => self.deeper(|machine| machine.cases(subject, rest)),
            Some(true) if guard(self) == Some(true) => self.block(&first.body),
            _ => self.either(
                |machine| machine.block(&first.body),
                |machine| machine.deeper(|machine| machine.cases(subject, rest)),
            ),
        }
    }

    /// Whether `subject` has the form of `pattern`; its names are bound.
    fn fits(&mut self, subject: &Value, pattern: &'a Pattern) -> Option<bool> {
        match pattern {
            Pattern::MatchValue(wanted) => {
                let wanted = self.evaluate(&wanted.value);
                self.compare(CmpOp::Eq, subject, &wanted)
            }
            Pattern::MatchSingleton(wanted) => {
                let trail = Trail::written(self.span(wanted));
                let wanted = match wanted.value {
                    Singleton::None => Value::None(trail),
                    Singleton::True => Value::Bool(Traced::new(true, trail)),
                    Singleton::False => Value::Bool(Traced::new(false, trail)),
                };
                self.compare(CmpOp::Is, subject, &wanted)
            }
            Pattern::MatchOr(any) => {
                let all: Vec<Option<bool>> =
                    any.patterns.iter().map(|pattern| self.fits(subject, pattern)).collect();
                if all.contains(&Some(true)) { Some(true) } else { (!all.contains(&None)).then_some(false) }
            }
            Pattern::MatchAs(named) => {
                let fits = named.pattern.as_ref().map_or(Some(true), |pattern| self.fits(subject, pattern));
                if let Some(name) = &named.name {
                    self.bind(&name.id, subject.clone());
                }
                fits
            }
            Pattern::MatchMapping(mapping) if mapping.rest.is_none() => {
                let pairs = mapping.keys.iter().zip(&mapping.patterns);
                let all: Vec<Option<bool>> = pairs
                    .map(|(key, pattern)| {
                        let key = self.evaluate(key);
                        let key = key.as_text().map(|text| text.as_str().to_owned());
                        let inner = key.and_then(|key| self.entry(subject, &key));
                        match inner {
                            Some(inner) if matches!(subject, Value::Object(_)) => self.fits(&inner, pattern),
                            Some(_) => {
                                self.bind_all(pattern);
                                None
                            }
                            None => Some(false),
                        }
                    })
                    .collect();
                if all.contains(&Some(false)) { Some(false) } else { (!all.contains(&None)).then_some(true) }
            }
            Pattern::MatchSequence(_)
            | Pattern::MatchMapping(_)
            | Pattern::MatchClass(_)
            | Pattern::MatchStar(_) => {
                self.bind_all(pattern);
                None
            }
        }
    }

    /// Binds the names of a pattern that is not looked into.
    fn bind_all(&mut self, pattern: &'a Pattern) {
        let names: Vec<&'a ast::Identifier> = match pattern {
            Pattern::MatchSequence(sequence) => {
                sequence.patterns.iter().for_each(|pattern| self.bind_all(pattern));
                Vec::new()
            }
            Pattern::MatchMapping(mapping) => {
                mapping.patterns.iter().for_each(|pattern| self.bind_all(pattern));
                mapping.rest.iter().collect()
            }
            Pattern::MatchClass(class) => {
                class.arguments.patterns.iter().for_each(|pattern| self.bind_all(pattern));
                let keywords = class.arguments.keywords.iter();
                keywords.for_each(|keyword| self.bind_all(&keyword.pattern));
                Vec::new()
            }
            Pattern::MatchOr(any) => {
                any.patterns.iter().for_each(|pattern| self.bind_all(pattern));
                Vec::new()
            }
            Pattern::MatchAs(named) => {
                named.pattern.iter().for_each(|pattern| self.bind_all(pattern));
                named.name.iter().collect()
            }
            Pattern::MatchStar(star) => star.name.iter().collect(),
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => Vec::new(),
        };
        for name in names {
            let value = self.unknown("it is a part of what is matched", pattern);
            self.bind(&name.id, value);
        }
    }
}
