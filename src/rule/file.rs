//! A rule file while it is read and checked.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use minijinja::Environment;
use thiserror::Error;

use super::definition::{Rule, SECTIONS};
use super::judge::engine;
use super::names::{Item, Names, item_kind, unknown_call};
use super::vocabulary::names;
use crate::source::{SourceFile, Span};
use crate::syntax::yaml::{self, Node};
use crate::trace::Text;

/// The families of rules: what each folder of a catalogue speaks of.
pub const FAMILIES: [&str; 6] = ["budget", "server", "pool", "pooler", "file", "live"];

/// A rule file that cannot be used.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(broken_rule))]
pub struct RuleError {
    /// What is wrong.
    pub message: String,
    /// The file.
    #[source_code]
    source_code: NamedSource<String>,
    /// Where in it.
    #[label("here")]
    pub(super) at: Option<SourceSpan>,
    /// What would be right.
    #[help]
    help: Option<String>,
}

impl RuleError {
    /// Something wrong with the rule file `source`, at `span`.
    pub fn new(source: &SourceFile, span: Option<Span>, message: String, help: Option<String>) -> Box<Self> {
        Box::new(Self {
            message,
            source_code: NamedSource::new(source.path.as_str(), source.text.clone()),
            at: span.map(|span| SourceSpan::from(span.range())),
            help,
        })
    }

    /// A rule that is compiled in and cannot be read, which a test excludes.
    pub(super) fn unreadable(path: &str, error: &serde_json::Error) -> Box<Self> {
        let source_code = NamedSource::new(path, String::new());
        Box::new(Self { message: error.to_string(), source_code, at: None, help: None })
    }
}

/// A step from a value of the file to one inside it.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

use Step::{Item as Nth, Key};

/// A rule file.
pub(super) struct File {
    source: Arc<SourceFile>,
    document: Option<Node>,
}

impl File {
    pub(super) fn new(source: Arc<SourceFile>) -> Self {
        Self { source, document: None }
    }

    /// The rule that the file holds, or its first mistake.
    pub(super) fn read(&mut self) -> Result<Rule, Box<RuleError>> {
        // Our own reader has places, and bounds for depth, size and aliases; what it takes is then given to serde.
        let documents = yaml::parse(&self.source)
            .map_err(|error| self.error(error.message.clone(), Some(error.span), None))?;
        self.document = documents.into_iter().next();
        let mut rule: Rule = serde_yaml::from_str(&self.source.text).map_err(|error| self.refused(&error))?;
        let (family, name) = family_and_name(self.source.path.as_str());
        if rule.name != name {
            return Err(
                self.mistake(format!("the file's name says that the rule is called {name}"), &[Key("name")])
            );
        }
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_taken = ["extra", "override", "paths", "rule-failed"].contains(&name);
        if name.is_empty() || !name.chars().all(kebab) || is_taken {
            let message =
                "a rule's name is lower-case words joined by `-`, and no word that `[rules]` has for itself";
            return Err(self.mistake(message.to_owned(), &[Key("name")]));
        }
        (rule.family, rule.path) = (family.to_owned(), self.source.path.to_string());
        self.check_sections(&rule)?;
        self.check_options(&rule)?;
        self.check_texts(&rule)?;
        Ok(rule)
    }

    /// That the name is taken by the rule of the file `other`.
    pub(super) fn is_taken(&self, other: &str) -> Box<RuleError> {
        self.mistake(format!("{other} has this name already"), &[Key("name")])
    }

    /// What serde says of the file, at its place.
    fn refused(&self, error: &serde_yaml::Error) -> Box<RuleError> {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
        let span = error.location().map(|place| {
            let rest = self.source.text.get(place.index()..).unwrap_or_default();
            let word = rest.find(|c: char| c.is_whitespace() || c == ':').unwrap_or(rest.len());
            self.source.at(place.index()..place.index() + word)
        });
        self.error(message.to_owned(), span, None)
    }

    fn check_sections(&self, rule: &Rule) -> Result<(), Box<RuleError>> {
        let found: Vec<&str> =
            rule.docs.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
        if found == SECTIONS {
            return Ok(());
        }
        let wanted = SECTIONS.map(|section| format!("## {section}")).join(", ");
        let message = "the documentation of a rule has five sections in a fixed order".to_owned();
        Err(self.error(message, self.key(&[], "docs"), Some(format!("they are {wanted}"))))
    }

    /// An option's name is a word in snake case, since a condition asks for `options.NAME`, and the documentation tells of it.
    fn check_options(&self, rule: &Rule) -> Result<(), Box<RuleError>> {
        let is_word = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        for name in rule.options.keys() {
            let place = self.key(&[Key("options")], name);
            if !is_word(name) || name == "severity" {
                let message = "an option's name is lower-case words joined by `_`, and not `severity`";
                return Err(self.error(message.to_owned(), place, None));
            }
            if !rule.docs.contains(&format!("`{name}`")) {
                let message = format!("the documentation does not tell of the option `{name}`");
                return Err(self.error(message, place, None));
            }
        }
        Ok(())
    }

    fn check_texts(&self, rule: &Rule) -> Result<(), Box<RuleError>> {
        let engine = engine();
        let known = names(rule.of);
        let check = |text: &str, as_template: bool, item: Item, place: &[Step<'_>]| {
            let names = Names { known: &known, options: &rule.options, item };
            self.check(&engine, text, as_template, &names, place)
        };
        check(&rule.when, false, Item::None, &[Key("when")])?;
        check(&rule.message, true, Item::None, &[Key("message")])?;
        for (key, text) in [("error_when", &rule.error_when), ("primary", &rule.primary)] {
            text.iter().try_for_each(|text| check(text, false, Item::None, &[Key(key)]))?;
        }
        rule.help.iter().try_for_each(|help| check(help, true, Item::None, &[Key("help")]))?;
        for (key, measures) in
            [("worse_if_larger", &rule.worse_if_larger), ("worse_if_smaller", &rule.worse_if_smaller)]
        {
            for (name, text) in measures {
                check(text, false, Item::None, &[Key(key), Key(name)])?;
            }
        }
        let labels = rule.labels.iter().map(|l| (&l.each, &l.when, Some(&l.at), &l.text)).enumerate();
        let notes = rule.notes.iter().map(|n| (&n.each, &n.when, None, &n.text)).enumerate();
        for (list, (index, (each, when, at, text))) in
            labels.map(|label| ("labels", label)).chain(notes.map(|note| ("notes", note)))
        {
            let place = |key| [Key(list), Nth(index), Key(key)];
            let mut item = Item::None;
            if let Some(each) = each {
                check(each, false, Item::None, &place("each"))?;
                item = item_kind(&known, each).map_or(Item::Any, Item::Of);
            }
            when.iter().try_for_each(|when| check(when, false, item, &place("when")))?;
            at.iter().try_for_each(|at| check(at, false, item, &place("at")))?;
            check(text, true, item, &place("text"))?;
        }
        Ok(())
    }

    /// Whether `text` parses and asks only for what there is.
    fn check(
        &self,
        engine: &Environment<'_>,
        text: &str,
        as_template: bool,
        names: &Names<'_>,
        place: &[Step<'_>],
    ) -> Result<(), Box<RuleError>> {
        let written = self.node(place).and_then(Node::text);
        let whole = || self.node(place).map(|node| node.span);
        let part = |range: std::ops::Range<usize>| {
            written
                .filter(|written| text.get(range.clone()).is_some() && written.as_str() == text)
                .and_then(|written| written.slice(range).span())
                .or_else(whole)
        };
        let broken = |error: &minijinja::Error| {
            let detail = error
                .detail()
                .map_or_else(|| error.to_string(), |detail| format!("{}: {detail}", error.kind()));
            self.error(detail, error.range().map_or_else(whole, part), None)
        };
        let asked = if as_template {
            engine.template_from_str(text).map_err(|error| broken(&error))?.undeclared_variables(true)
        } else {
            engine.compile_expression(text).map_err(|error| broken(&error))?.undeclared_variables(true)
        };
        if let Some((range, message)) = unknown_call(engine, text, as_template) {
            return Err(self.error(message, part(range), None));
        }
        let mut asked: Vec<String> = asked.into_iter().collect();
        asked.sort_unstable();
        for name in asked {
            if engine.globals().any(|(global, _)| global == name) {
                continue;
            }
            if let Err(there_is) = names.follow(&name) {
                let place = text.find(&name).map_or_else(whole, |at| part(at..at + name.len()));
                return Err(self.error(format!("there is no `{name}`"), place, Some(there_is)));
            }
        }
        Ok(())
    }

    /// The value at the end of `steps`.
    fn node(&self, steps: &[Step<'_>]) -> Option<&Node> {
        steps.iter().try_fold(self.document.as_ref()?, |node, step| match step {
            Key(key) => node.get(key),
            Nth(index) => node.items().get(*index),
        })
    }

    /// Where the key `key` of the mapping at the end of `steps` stands.
    fn key(&self, steps: &[Step<'_>], key: &str) -> Option<Span> {
        let entries = self.node(steps)?.entries();
        entries.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(name, _)| name.span)
    }

    fn mistake(&self, message: String, at: &[Step<'_>]) -> Box<RuleError> {
        let node = self.node(at);
        let span = node.and_then(|node| node.text().and_then(Text::span).or(Some(node.span)));
        self.error(message, span, None)
    }

    pub(super) fn error(&self, message: String, at: Option<Span>, help: Option<String>) -> Box<RuleError> {
        RuleError::new(&self.source, at, message, help)
    }
}

/// The family and the name that a rule file's path says.
pub(super) fn family_and_name(path: &str) -> (&str, &str) {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let name = file.strip_suffix(".yaml").unwrap_or(file);
    (folders.rsplit('/').next().unwrap_or(folders), name)
}
