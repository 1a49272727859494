//! `${…}` templates as docker compose fills them in: in compose files and in the values of its dotenv files.
//!
//! Source: compose-go v2.0.2, `template/template.go`.

mod expression;

use std::ops::Range;

use thiserror::Error;

use self::expression::{Expression, Line, Operated, Operator};
use crate::trace::{How, Origin, Text, Trail};

/// How deep expressions may stand in one another's operands. Go has no such limit; nobody writes ten.
const MAX_DEPTH: usize = 100;

/// How much longer than the template its outcome may be. A process cannot even be given a longer variable on Linux
/// (`MAX_ARG_STRLEN`, 128 KiB), and a few lines of `B=$A$A` would fill any memory.
const MAX_GROWTH: usize = 1 << 20;

/// Where a template's variables come from; `None` is a variable that is not set.
pub type Lookup<'a> = dyn Fn(&str) -> Option<Text> + 'a;

/// A template filled in.
#[derive(Clone, Debug)]
pub struct Substituted {
    /// The outcome. What a variable brought has its own origin and a [`How::Interpolated`] step at the expression;
    /// everything else, defaults included, has its place in the template.
    pub text: Text,
    /// The names of variables that had neither value nor default and became nothing, as they stand in the template.
    pub unset: Vec<Text>,
}

/// Why a template cannot be filled in.
#[derive(Clone, Debug, Error)]
pub enum TemplateError {
    /// A `${` without a name and a closing brace, up to the end of the line.
    #[error("`${{` is not followed by a variable and `}}`: a literal `$` is written `$$`")]
    Invalid(Text),
    /// `${NAME:?message}` or `${NAME?message}` without a value.
    #[error("required variable {name} is missing a value{}{message}", if message.is_empty() { "" } else { ": " })]
    Required {
        /// The variable, as it stands in the template.
        name: Text,
        /// What the template says about it, filled in itself; may be empty.
        message: Text,
    },
    /// Operands within operands within operands.
    #[error("more than {MAX_DEPTH} `${{…}}` stand in one another")]
    TooDeep(Text),
    /// An outcome longer than any variable can be.
    #[error("this grows by more than {} KiB", MAX_GROWTH >> 10)]
    TooLong(Text),
}

impl TemplateError {
    /// The part of the template that is at fault: its span is the place of the error.
    pub fn part(&self) -> &Text {
        match self {
            Self::Invalid(part)
            | Self::TooDeep(part)
            | Self::TooLong(part)
            | Self::Required { name: part, .. } => part,
        }
    }
}

/// Fills in `template` with the values that `lookup` gives.
pub fn substitute(template: &Text, lookup: &Lookup<'_>) -> Result<Substituted, TemplateError> {
    fill(template, lookup, 0)
}

fn fill(template: &Text, lookup: &Lookup<'_>, depth: usize) -> Result<Substituted, TemplateError> {
    let source = template.as_str();
    if !source.contains('$') {
        return Ok(Substituted { text: template.clone(), unset: Vec::new() });
    }
    if depth > MAX_DEPTH {
        return Err(TemplateError::TooDeep(template.clone()));
    }
    let mut filling = Filling { template, lookup, depth, text: None, unset: Vec::new() };
    let (mut line, mut literal, mut at) = (Line::default(), 0, 0);
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('$')) {
        let start = at + found;
        let (expression, end) = Expression::at(source, start, &mut line);
        at = end;
        if matches!(expression, Expression::Literal) {
            continue;
        }
        filling.literal(literal..start);
        literal = end;
        filling.expression(expression, start..end)?;
    }
    filling.literal(literal..source.len());
    let text = filling.text.unwrap_or_else(|| template.slice(0..0));
    Ok(Substituted { text, unset: filling.unset })
}

/// A template that is being filled in.
struct Filling<'a> {
    template: &'a Text,
    lookup: &'a Lookup<'a>,
    depth: usize,
    text: Option<Text>,
    unset: Vec<Text>,
}

impl Filling<'_> {
    fn literal(&mut self, part: Range<usize>) {
        if !part.is_empty() {
            self.push(&self.template.slice(part));
        }
    }

    /// Appends what an expression became. Where all of them are empty, the first says where nothing came from.
    fn push(&mut self, part: &Text) {
        match &mut self.text {
            None => self.text = Some(part.clone()),
            Some(_) if part.is_empty() => {}
            Some(text) => text.push(part),
        }
    }

    fn expression(&mut self, expression: Expression, whole: Range<usize>) -> Result<(), TemplateError> {
        match expression {
            Expression::Literal => {}
            Expression::Escaped => self.literal(whole.start + 1..whole.end),
            Expression::Invalid => {
                return Err(TemplateError::Invalid(invalid_part(self.template, whole.start)));
            }
            Expression::Plain { name } => {
                let value = self.value(&name, &whole).unwrap_or_else(|| {
                    self.unset.push(self.template.slice(name));
                    self.nothing(&whole)
                });
                self.push(&value);
            }
            Expression::Operated(operated) => self.operated(operated, &whole)?,
        }
        match &self.text {
            Some(text) if text.len() > self.template.len() + MAX_GROWTH => {
                Err(TemplateError::TooLong(self.template.slice(whole)))
            }
            _ => Ok(()),
        }
    }

    fn operated(&mut self, operated: Operated, whole: &Range<usize>) -> Result<(), TemplateError> {
        let Operated { name, operator, colon, operand } = operated;
        // The operand is filled in even where it is not used, so that its errors count (`withDefaultWhenAbsence`).
        let operand = fill(&self.template.slice(operand), self.lookup, self.depth + 1)?;
        let found = self.value(&name, whole);
        let is_set = found.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        match (operator, is_set) {
            (Operator::Default, false) | (Operator::Alternative, true) => {
                self.push(&operand.text);
                self.unset.extend(operand.unset);
            }
            (Operator::Required, false) => {
                return Err(TemplateError::Required {
                    name: self.template.slice(name),
                    message: operand.text,
                });
            }
            (Operator::Default | Operator::Required, true) | (Operator::Alternative, false) => {
                self.push(&found.unwrap_or_else(|| self.nothing(whole)));
            }
        }
        Ok(())
    }

    fn value(&self, name: &Range<usize>, whole: &Range<usize>) -> Option<Text> {
        let value = (self.lookup)(self.template.as_str().get(name.clone())?)?;
        Some(match self.template.slice(whole.clone()).span() {
            Some(span) => value.then(&Origin::at(How::Interpolated, span)),
            None => value,
        })
    }

    /// The empty text that an expression becomes, at the expression.
    fn nothing(&self, whole: &Range<usize>) -> Text {
        match self.template.slice(whole.clone()).span() {
            Some(span) => Text::traced("", Trail::new(Origin::at(How::Implied, span))),
            None => self.template.slice(whole.start..whole.start),
        }
    }
}

/// From the `${` at `start` to the brace after it, or to the end of the line.
fn invalid_part(template: &Text, start: usize) -> Text {
    let rest = template.as_str().get(start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    template.slice(start..start + line.find('}').map_or(line.len(), |brace| brace + 1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::source::{Memory, SourceFile, Sources, TreePath};

    fn file(text: &str) -> Arc<SourceFile> {
        Sources::new(Memory::new([("x", text)])).load(&TreePath::new("x")).unwrap()
    }

    fn whole(text: &str) -> Text {
        let file = file(text);
        Text::verbatim(&file, 0..file.text.len())
    }

    /// The environment of facts, F: A is `enva`, E is empty, U is not set.
    fn lookup(name: &str) -> Option<Text> {
        let file = file("A=enva\nE=");
        match name {
            "A" => Some(Text::verbatim(&file, 2..6)),
            "E" => Some(Text::verbatim(&file, 9..9)),
            _ => None,
        }
    }

    #[test]
    fn every_form() {
        for (template, expected) in [
            ("$A ${A} $A_x$$A", "enva enva $A"),
            ("${U:-b}${U-b}${E:-b}${E-b}", "bbb"),
            ("${A:-b}${A-b}", "envaenva"),
            ("${A:+x}${A+x}${E:+x}${E+x}${U:+x}${U+x}", "xxx"),
            ("${A:?e}${A?e}${E?e}", "envaenva"),
            ("${U:-${A}} ${U:-${V:-${W-7}}}", "enva 7"),
            ("${U:-a}b}${U:-c}", "ab}c"),
            ("${U:-{}} x ${A}}", "{}} x enva"),
            ("$(nproc) $1 $- 5$", "$(nproc) $1 $- 5$"),
            ("${U-:-a}", ":-a"),
            ("a${U:-}b", "ab"),
        ] {
            let filled = substitute(&whole(template), &lookup).map(|filled| filled.text.as_str().to_owned());
            assert_eq!(filled.ok().as_deref(), Some(expected), "{template}");
        }
    }

    #[test]
    fn what_is_refused_and_where() {
        for (template, part) in [
            ("x ${} y", "${}"),
            ("x ${A\n}", "${A"),
            ("${ A}", "${ A}"),
            ("${A:=12}", "${A:=12}"),
            ("${A:-${}}", "${}"),
            ("${U:-{}} x ${A:-b}", "${A:-b"),
        ] {
            match substitute(&whole(template), &lookup) {
                Err(TemplateError::Invalid(text)) => assert_eq!(text.as_str(), part, "{template}"),
                other => panic!("{template}: {other:?}"),
            }
        }
        match substitute(&whole("${E:?set ${A}}"), &lookup) {
            Err(TemplateError::Required { name, message }) => {
                assert_eq!((name.as_str(), message.as_str()), ("E", "set enva"));
                assert_eq!(name.span().unwrap().range(), 2..3);
            }
            other => panic!("{other:?}"),
        }
        assert!(substitute(&whole("${U?}"), &lookup).is_err());
    }

    #[test]
    fn places_are_those_of_the_value_and_of_the_expression() {
        let filled = substitute(&whole("n=${A} ${U:-12} ${V}"), &lookup).unwrap();
        assert_eq!(filled.text.as_str(), "n=enva 12 ");
        let value = filled.text.slice(2..6);
        assert_eq!(value.span().unwrap().range(), 2..6);
        assert_eq!(value.used_at().unwrap().range(), 2..6);
        assert_eq!(filled.text.slice(7..9).span().unwrap().range(), 12..14);
        assert_eq!(filled.unset.len(), 1);
        assert_eq!(filled.unset[0].span().unwrap().range(), 18..19);
    }

    #[test]
    fn nothing_has_a_place_too() {
        let unset = substitute(&whole("${V}"), &lookup).unwrap().text;
        assert_eq!((unset.as_str(), unset.span().unwrap().range()), ("", 0..4));
        let empty = substitute(&whole("  ${E}"), &lookup).unwrap().text.slice(2..2);
        assert_eq!(empty.as_str(), "");
        for template in ["${E}", "${E}${V}"] {
            let empty = substitute(&whole(template), &lookup).unwrap().text;
            assert_eq!(empty.span().unwrap().range(), 9..9);
        }
    }

    #[test]
    fn depth_and_growth_have_limits() {
        let deep = format!("{}x{}", "${U:-".repeat(5000), "}".repeat(5000));
        assert!(matches!(substitute(&whole(&deep), &lookup), Err(TemplateError::TooDeep(_))));
        let long = whole(&"x".repeat(MAX_GROWTH));
        let twice = substitute(&whole("$A$A"), &|_| Some(long.clone()));
        assert!(matches!(twice, Err(TemplateError::TooLong(_))));
    }

    proptest! {
        #[test]
        fn any_template_ends_in_an_outcome_with_places(template in "([${}:?+-]|[AEUab]|\\$\\{A|\n| ){0,40}") {
            let file = file(&template);
            if let Ok(filled) = substitute(&Text::verbatim(&file, 0..template.len()), &lookup) {
                for name in filled.unset {
                    prop_assert_eq!(&file.text[name.span().unwrap().range()], name.as_str());
                }
            }
        }
    }
}
