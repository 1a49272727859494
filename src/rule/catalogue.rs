//! The rules of a run: read from their files, checked, in a fixed order.

use std::sync::Arc;

use super::definition::Rule;
use super::file::{File, RuleError, family_and_name};
use crate::config::RuleOverride;
use crate::source::{Memory, SourceFile, Sources, TreePath};

/// The built-in rule files, listed by `build.rs`: path, and the content as JSON.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Rules that were checked, by family and name.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) rules: Vec<Rule>,
    /// What `connbudget.toml` says of paths.
    pub(super) overrides: Vec<RuleOverride>,
}

impl Catalogue {
    /// The rules that come with connbudget. A test checks their files as those of others are checked when they are loaded.
    pub fn built_in() -> Result<Self, Box<RuleError>> {
        Ok(Self::of(BUILT_IN.iter().map(|(path, text)| compiled_in(path, text)).collect::<Result<_, _>>()?))
    }

    /// The rules in `files`, each a path that ends in `<family>/<name>.yaml` and its text. The first mistake ends it: a
    /// gate whose rules are broken cannot be trusted.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Box<RuleError>> {
        let files: Vec<(&str, &str)> = files.into_iter().collect();
        let sources = Sources::new(Memory::new(files.iter().copied()));
        // What stands in memory is there and is UTF-8.
        let files = files.iter().filter_map(|(path, _)| sources.load(&TreePath::new(path)).ok());
        Self::of(Vec::new()).with(files)
    }

    /// These rules and those in `files`.
    pub(super) fn with(
        mut self,
        files: impl IntoIterator<Item = Arc<SourceFile>>,
    ) -> Result<Self, Box<RuleError>> {
        for source in files {
            let mut file = File::new(source);
            let rule = file.read()?;
            if let Some(other) = self.get(&rule.name) {
                return Err(file.is_taken(&other.path));
            }
            self.rules.push(rule);
        }
        Ok(Self::of(self.rules))
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

fn compiled_in(path: &str, text: &str) -> Result<Rule, Box<RuleError>> {
    let mut rule: Rule = serde_json::from_str(text).map_err(|error| RuleError::unreadable(path, &error))?;
    (rule.family, rule.path) = (family_and_name(path).0.to_owned(), path.to_owned());
    rule.is_built_in = true;
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::SECTIONS;

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
            ("## Source", "## Sources", "five sections", "docs"),
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
