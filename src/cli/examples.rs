//! `connbudget rules --check`: each example of a project's own rules, linted as a folder of its own.
//!
//! Examples are run when that is asked for, not at every start: a gate would take as long as all of them together.

use std::fmt::Write as _;
use std::path::Path;

use crate::analysis::{self, Request};
use crate::config::{Config, RuleSettings};
use crate::rule::{Catalogue, EXAMPLES, ExtraError, Rule, RuleError};
use crate::source::{Disk, Sources, TreePath};

use super::failure::Failure;

/// Whether an example behaves as its folder is named.
struct Example {
    folder: TreePath,
    fires: bool,
}

/// Lints the examples of every rule of `settings`, and says how many there are.
pub(super) fn check(sources: &Sources, settings: &RuleSettings, root: &Path) -> Result<String, Box<Failure>> {
    let rules = Catalogue::of_project(settings, sources).map_err(Failure::from)?;
    let mut said = String::new();
    for rule in rules.rules().iter().filter(|rule| !rule.is_built_in) {
        let examples = examples(sources, rule)?;
        for example in &examples {
            let found = fires(settings, sources, &root.join(example.folder.as_str()), rule)?;
            if found != example.fires {
                let does = if found { "fires on" } else { "keeps silent on" };
                return Err(wrong(sources, rule, format!("{} {does} {}", rule.name, example.folder)));
            }
        }
        for (kind, fires) in [("fires", true), ("silent", false)] {
            if !examples.iter().any(|example| example.fires == fires) {
                let folder = folder_of(rule);
                return Err(wrong(
                    sources,
                    rule,
                    format!("{} needs an example in {folder}/{kind}", rule.name),
                ));
            }
        }
        // A String takes whatever is written to it.
        let _ = writeln!(said, "{}: {} examples behave as they are named", rule.name, examples.len());
    }
    if said.is_empty() {
        said.push_str("no rules of your own: `[rules] extra` in connbudget.toml names their folders\n");
    }
    Ok(said)
}

/// `ops/rules/examples/x` of `ops/rules/budget/x.yaml`.
fn folder_of(rule: &Rule) -> TreePath {
    TreePath::new(&rule.path).join("../..").join(EXAMPLES).join(&rule.name)
}

fn examples(sources: &Sources, rule: &Rule) -> Result<Vec<Example>, Box<Failure>> {
    let folder = folder_of(rule);
    let mut found = Vec::new();
    for name in sources.tree().list(&folder).unwrap_or_default() {
        let fires = match name.split('-').next() {
            Some("fires") => true,
            Some("silent") => false,
            _ => {
                let message =
                    format!("{folder}/{name} is no example: its name begins with `fires` or `silent`");
                return Err(wrong(sources, rule, message));
            }
        };
        found.push(Example { folder: folder.join(&name), fires });
    }
    Ok(found)
}

/// Whether `rule` finds anything in the deployments of `folder`, under the settings of its own `connbudget.toml`.
fn fires(
    settings: &RuleSettings,
    sources: &Sources,
    folder: &Path,
    rule: &Rule,
) -> Result<bool, Box<Failure>> {
    let own = RuleSettings { extra: settings.extra.clone(), ..RuleSettings::default() };
    let rules = Catalogue::of_project(&own, sources).map_err(Failure::from)?;
    let tree = Disk::open(folder).map_err(|error| Failure::Path { path: folder.to_owned(), error })?;
    let example = Sources::new(tree);
    let config = Config::load(&example, None).map_err(Failure::Config)?;
    let rules = rules.configured(&config.rules, &example).map_err(Failure::Config)?;
    let projects = analysis::projects(&example, &config, &Request::default());
    let budgets: Vec<_> =
        projects.iter().map(|project| analysis::budget(&example, &config, project)).collect();
    let findings = rules.findings(&budgets, &config.policy, &example);
    if let Some(failed) = findings.iter().find(|finding| finding.rule == "rule-failed") {
        return Err(wrong(sources, rule, failed.message.clone()));
    }
    Ok(findings.iter().any(|finding| finding.rule == rule.name))
}

/// Something wrong with `rule`, at its name.
fn wrong(sources: &Sources, rule: &Rule, message: String) -> Box<Failure> {
    let error = match sources.load(&TreePath::new(&rule.path)) {
        Ok(file) => {
            let at = file.text.find(&format!("name: {}", rule.name));
            let span = at.map(|at| file.at(at..at + "name: ".len() + rule.name.len()));
            RuleError::new(&file, span, message, None)
        }
        Err(error) => return Box::new(Failure::Examples(error.to_string())),
    };
    Box::new(Failure::Extra(ExtraError::Rule(error)))
}
