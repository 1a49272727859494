//! The rules of a run: read from their files, checked, in a fixed order.

use indexmap::IndexMap;
use miette::{Diagnostic, NamedSource, SourceSpan};
use minijinja::Environment;
use thiserror::Error;

use super::definition::{OptionValue, Rule, SECTIONS};
use super::judge::engine;
use super::vocabulary::{Kind, Shape, names};
use crate::config::RuleOverride;

/// The built-in rule files, listed by `build.rs`: path, and the content as JSON.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Rules that were checked, by family and name.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) rules: Vec<Rule>,
    /// What `connbudget.toml` says of paths.
    pub(super) overrides: Vec<RuleOverride>,
}

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
    at: Option<SourceSpan>,
    /// What would be right.
    #[help]
    help: Option<String>,
}

impl Catalogue {
    /// The rules that come with connbudget. A test checks their files as those of others are checked when they are loaded.
    pub fn built_in() -> Result<Self, Box<RuleError>> {
        let rule = |(path, text): &(&str, &str)| File { path, text }.compiled_in();
        let rules = BUILT_IN.iter().map(rule).collect::<Result<Vec<Rule>, _>>()?;
        Ok(Self::of(rules))
    }

    /// The rules in `files`, each a path that ends in `<family>/<name>.yaml` and its text. The first mistake ends it: a
    /// gate whose rules are broken cannot be trusted.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Box<RuleError>> {
        let mut rules: Vec<Rule> = Vec::new();
        for (path, text) in files {
            let file = File { path, text };
            let rule = file.read()?;
            if let Some(other) = rules.iter().find(|other| other.name == rule.name) {
                return Err(file.mistake(format!("{} has this name already", other.path), &rule.name));
            }
            rules.push(rule);
        }
        Ok(Self::of(rules))
    }

    fn of(mut rules: Vec<Rule>) -> Self {
        rules.sort_by(|a, b| (&a.family, &a.name).cmp(&(&b.family, &b.name)));
        Self { rules, overrides: Vec::new() }
    }

    /// Every rule, by family and name.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule `name`.
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

/// A rule file while it is checked.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn compiled_in(&self) -> Result<Rule, Box<RuleError>> {
        let mut rule: Rule =
            serde_json::from_str(self.text).map_err(|error| self.error(error.to_string(), None, None))?;
        (rule.family, rule.path) = (self.names().0.to_owned(), self.path.to_owned());
        rule.is_built_in = true;
        Ok(rule)
    }

    fn read(&self) -> Result<Rule, Box<RuleError>> {
        let mut rule: Rule = serde_yaml::from_str(self.text).map_err(|error| {
            let at = error.location().map(|place| place.index());
            self.error(error.to_string(), at.map(|at| (at, 0)), None)
        })?;
        let (family, name) = self.names();
        if rule.name != name {
            return Err(
                self.mistake(format!("the file's name says that the rule is called {name}"), &rule.name)
            );
        }
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(kebab) {
            return Err(
                self.mistake("a rule's name is lower-case words joined by `-`".to_owned(), &rule.name)
            );
        }
        (rule.family, rule.path) = (family.to_owned(), self.path.to_owned());
        self.check_sections(&rule)?;
        self.check_options(&rule)?;
        self.check_texts(&rule)?;
        Ok(rule)
    }

    /// The family and the name that the path says.
    fn names(&self) -> (&str, &str) {
        let (folders, file) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        let name = file.strip_suffix(".yaml").unwrap_or(file);
        (folders.rsplit('/').next().unwrap_or(folders), name)
    }

    fn check_sections(&self, rule: &Rule) -> Result<(), Box<RuleError>> {
        let found: Vec<&str> =
            rule.docs.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
        if found == SECTIONS {
            return Ok(());
        }
        let wanted = SECTIONS.map(|section| format!("## {section}")).join(", ");
        let message = "the documentation of a rule has five sections in a fixed order".to_owned();
        Err(self.error(message, self.find("docs:"), Some(format!("they are {wanted}"))))
    }

    /// An option's name is a word in snake case, since a condition asks for `options.NAME`, and the documentation tells of it.
    fn check_options(&self, rule: &Rule) -> Result<(), Box<RuleError>> {
        let is_word = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        for name in rule.options.keys() {
            if !is_word(name) || name == "severity" {
                let message = "an option's name is lower-case words joined by `_`, and not `severity`";
                return Err(self.mistake(message.to_owned(), name));
            }
            if !rule.docs.contains(&format!("`{name}`")) {
                return Err(
                    self.mistake(format!("the documentation does not tell of the option `{name}`"), name)
                );
            }
        }
        Ok(())
    }

    fn check_texts(&self, rule: &Rule) -> Result<(), Box<RuleError>> {
        let engine = engine();
        let known = names(rule.of);
        let check = |text: &str, as_template: bool, item: Item| {
            self.check(&engine, text, as_template, &Names { known: &known, options: &rule.options, item })
        };
        check(&rule.when, false, Item::None)?;
        check(&rule.message, true, Item::None)?;
        if let Some(help) = &rule.help {
            check(help, true, Item::None)?;
        }
        let measures = rule.worse_if_larger.values().chain(rule.worse_if_smaller.values());
        for text in rule.error_when.iter().chain(&rule.primary).chain(measures) {
            check(text, false, Item::None)?;
        }
        let labels = rule.labels.iter().map(|l| (&l.each, &l.when, Some(&l.at), &l.text));
        let notes = rule.notes.iter().map(|n| (&n.each, &n.when, None, &n.text));
        for (each, when, at, text) in labels.chain(notes) {
            let mut item = Item::None;
            if let Some(each) = each {
                check(each, false, Item::None)?;
                item = item_kind(&known, each).map_or(Item::Any, Item::Of);
            }
            for expression in when.iter().chain(at) {
                check(expression, false, item)?;
            }
            check(text, true, item)?;
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
    ) -> Result<(), Box<RuleError>> {
        let broken = |error: &minijinja::Error| {
            let place = self.find(text).map(|(start, length)| match error.range() {
                Some(range) if self.text[start..].starts_with(text) => (start + range.start, range.len()),
                _ => (start, length),
            });
            self.error(error.to_string(), place, None)
        };
        let asked = if as_template {
            engine.template_from_str(text).map_err(|error| broken(&error))?.undeclared_variables(true)
        } else {
            engine.compile_expression(text).map_err(|error| broken(&error))?.undeclared_variables(true)
        };
        let mut asked: Vec<String> = asked.into_iter().collect();
        asked.sort_unstable();
        for name in asked {
            if engine.globals().any(|(global, _)| global == name) {
                continue;
            }
            if let Err(there_is) = names.follow(&name) {
                let place = self.find(text).map(|(start, length)| {
                    let within = self.text[start..].find(&name).filter(|&at| at < text.len());
                    within.map_or((start, length), |at| (start + at, name.len()))
                });
                return Err(self.error(format!("there is no `{name}`"), place, Some(there_is)));
            }
        }
        Ok(())
    }

    /// Where `text` stands in the file: its first line, which a block scalar leaves as it is.
    fn find(&self, text: &str) -> Option<(usize, usize)> {
        let first = text.lines().next().unwrap_or_default().trim();
        let at = self.text.find(first).filter(|_| !first.is_empty())?;
        Some((at, first.len()))
    }

    fn mistake(&self, message: String, at: &str) -> Box<RuleError> {
        self.error(message, self.find(at), None)
    }

    fn error(&self, message: String, at: Option<(usize, usize)>, help: Option<String>) -> Box<RuleError> {
        Box::new(RuleError {
            message,
            source_code: NamedSource::new(self.path, self.text.to_owned()),
            at: at.map(SourceSpan::from),
            help,
        })
    }
}

/// What `it` is in a text.
#[derive(Clone, Copy)]
enum Item {
    /// There is none: the text is there once.
    None,
    /// An item of a list that is not named plainly.
    Any,
    /// An item of this kind.
    Of(Kind),
}

/// The names that a text may use.
struct Names<'a> {
    known: &'a [(&'static str, Shape)],
    options: &'a IndexMap<String, OptionValue>,
    item: Item,
}

impl Names<'_> {
    /// Follows a dotted name. The error says what there is instead.
    fn follow(&self, dotted: &str) -> Result<(), String> {
        let mut parts = dotted.split('.');
        let first = parts.next().unwrap_or_default();
        match (first, self.item) {
            ("it", Item::Of(kind)) => return follow(kind, parts),
            ("it", Item::Any) | ("index", Item::Any | Item::Of(_)) => return Ok(()),
            ("options", _) => return self.follow_option(parts.next()),
            _ => {}
        }
        let Some((_, shape)) = self.known.iter().find(|(name, _)| *name == first) else {
            let mut there: Vec<&str> = self.known.iter().map(|(name, _)| *name).collect();
            there.push("options");
            if !matches!(self.item, Item::None) {
                there.extend(["it", "index"]);
            }
            return Err(format!("there is {}", there.join(", ")));
        };
        follow_fields(shape, parts)
    }

    fn follow_option(&self, option: Option<&str>) -> Result<(), String> {
        let there: Vec<&str> = self.options.keys().map(String::as_str).collect();
        match option {
            Some(option) if !there.contains(&option) && there.is_empty() => {
                Err("it has no options".to_owned())
            }
            Some(option) if !there.contains(&option) => Err(format!("options has {}", there.join(", "))),
            _ => Ok(()),
        }
    }
}

fn follow<'a>(kind: Kind, mut parts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    match kind {
        Kind::Thing(shape) => follow_fields(&shape(), parts),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Place | Kind::Texts | Kind::Things(_) => {
            parts.next().map_or(Ok(()), |_| Err("what stands before the last dot has no fields".to_owned()))
        }
    }
}

fn follow_fields<'a>(shape: &Shape, mut parts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let Some(name) = parts.next() else { return Ok(()) };
    if let Some(field) = shape.fields.iter().find(|field| field.name == name) {
        return follow(field.kind, parts);
    }
    let there: Vec<&str> = shape.fields.iter().map(|field| field.name).collect();
    Err(format!("{} has {}", shape.name, there.join(", ")))
}

/// The kind of the items of a list that is named plainly, as in `server.pools`.
fn item_kind(known: &[(&'static str, Shape)], each: &str) -> Option<Kind> {
    let mut parts = each.split('.').map(str::trim);
    let first = parts.next()?;
    let (_, shape) = known.iter().find(|(name, _)| *name == first)?;
    let field =
        |shape: &Shape, name: &str| shape.fields.iter().find(|field| field.name == name).map(|f| f.kind);
    let mut kind = field(shape, parts.next()?)?;
    for part in parts {
        let Kind::Thing(shape) = kind else { return None };
        kind = field(&shape(), part)?;
    }
    match kind {
        Kind::Things(shape) => Some(Kind::Thing(shape)),
        Kind::Texts => Some(Kind::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str =
        "name: x\nseverity: error\nof: server\nwhen: server.capacity == 1\nmessage: no\ndocs: |\n";

    /// The files that are compiled in unchecked.
    fn on_disk() -> Vec<(String, String)> {
        let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = |(path, _): &(&str, &str)| {
            ((*path).to_owned(), std::fs::read_to_string(rules.join(path)).unwrap())
        };
        BUILT_IN.iter().map(text).collect()
    }

    #[test]
    fn the_rules_that_are_compiled_in_pass_every_check() {
        let files = on_disk();
        let checked = Catalogue::load(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let mut checked = checked.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)));
        checked.rules.iter_mut().for_each(|rule| rule.is_built_in = true);
        assert!(format!("{checked:?}") == format!("{:?}", Catalogue::built_in().unwrap()));
        assert!(files.len() > 15);
    }

    fn docs() -> String {
        SECTIONS.map(|section| format!("  ## {section}\n")).concat()
    }

    fn load(text: &str) -> Result<Catalogue, Box<RuleError>> {
        Catalogue::load([("ops/rules/budget/x.yaml", text)])
    }

    /// The message, and the text that it points at.
    fn mistake(text: &str) -> (String, String) {
        let error = load(text).expect_err("is a mistake");
        let at = error.at.map(|at| text[at.offset()..at.offset() + at.len()].to_owned());
        (error.message, at.unwrap_or_default())
    }

    #[test]
    fn the_built_in_rules_load() {
        let catalogue =
            Catalogue::built_in().unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)));
        let names: Vec<&str> = catalogue.rules().iter().map(|rule| rule.name.as_str()).collect();
        for kind in crate::trace::ProblemKind::ALL {
            assert!(names.contains(&kind.rule()), "{} has no rule", kind.rule());
        }
        assert!(catalogue.rules().iter().all(|rule| !rule.summary().is_empty()));
        assert_eq!(catalogue.get("over-budget").map(|rule| rule.family.as_str()), Some("budget"));
    }

    #[test]
    fn a_rule_of_ones_own_loads() {
        let rule = format!("{RULE}{}", docs());
        assert_eq!(load(&rule).unwrap().rules()[0].name, "x");
    }

    #[test]
    fn each_mistake_is_told_at_its_place() {
        let rule = format!("{RULE}{}", docs());
        for (right, wrong, message, place) in [
            ("severity: error", "severity: bad", "unknown variant `bad`", ""),
            ("of: server", "of: server\nif: x", "unknown field `if`", ""),
            ("server.capacity", "server.capacty", "there is no `server.capacty`", "server.capacty"),
            ("server.capacity", "group.name", "there is no `group.name`", "group.name"),
            ("server.capacity == 1", "\"server.capacity ==\"", "syntax error", "=="),
            ("server.capacity", "options.threshold", "there is no `options.threshold`", "options.threshold"),
            ("of: server", "of: server\noptions: {Much: 1}", "lower-case words", "Much"),
            ("of: server", "of: server\noptions: {much: 1}", "does not tell of the option `much`", "much"),
            (
                "of: server",
                "of: server\nworse_if_larger: {x: server.size}",
                "there is no `server.size`",
                "server.size",
            ),
            ("message: no", "message: \"{% if %}\"", "syntax error", "%}"),
            ("message: no", "message: \"{{ it }}\"", "there is no `it`", "it"),
            ("name: x", "name: y", "the file's name says", "y"),
            ("## Source", "## Sources", "five sections", "docs:"),
        ] {
            let (found, at) = mistake(&rule.replacen(right, wrong, 1));
            assert!(found.contains(message), "{wrong}: {found}");
            assert!(at.contains(place), "{wrong}: {at}");
        }
    }

    #[test]
    fn what_each_gives_is_checked_too() {
        let labels = "labels: [{each: server.pools, at: it.place}]\nmessage: no";
        let rule = format!("{}{}", RULE.replacen("message: no", labels, 1), docs());
        assert_eq!(mistake(&rule), ("there is no `it.place`".to_owned(), "it.place".to_owned()));
    }

    #[test]
    fn a_name_is_given_once() {
        let rule = format!("{RULE}{}", docs());
        let error = Catalogue::load([("a/x.yaml", rule.as_str()), ("b/x.yaml", rule.as_str())]).unwrap_err();
        assert_eq!(error.message, "a/x.yaml has this name already");
    }

    #[test]
    fn a_thousand_brackets_are_refused() {
        let deep = format!("when: \"{}1{}\"", "(".repeat(1000), ")".repeat(1000));
        let rule = format!("{}{}", RULE.replacen("when: server.capacity == 1", &deep, 1), docs());
        assert!(load(&rule).is_err());
    }
}
