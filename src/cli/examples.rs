//! Examples of rules: `connbudget rules --check` lints those of a project's own rules, and `explain` shows what comes out of
//! the first one of a rule.
//!
//! Examples are run when that is asked for, not at every start: a gate would take as long as all of them together.

use std::fmt::Write as _;
use std::path::Path;

use crate::check::{Checked, Read};
use crate::config::RuleSettings;
use crate::report::{self, Style};
use crate::rule::{Catalogue, EXAMPLES, ExtraError, Rule, RuleError};
use crate::source::{Memory, Sources, TreePath};

use super::failure::Failure;
use super::read::open;

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
                return Err(wrong(sources, rule, format!("{} {does} {}", rule.name, example.folder)).into());
            }
        }
        for (kind, fires) in [("fires", true), ("silent", false)] {
            if !examples.iter().any(|example| example.fires == fires) {
                let folder = folder_of(rule);
                return Err(wrong(
                    sources,
                    rule,
                    format!("{} needs an example in {folder}/{kind}", rule.name),
                )
                .into());
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
                return Err(wrong(sources, rule, message).into());
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
    let ran = ran(project_rules(settings, sources)?, open(folder)?)?;
    let findings = &ran.sorted.findings;
    if let Some(failed) = findings.iter().find(|finding| finding.rule == "rule-failed") {
        return Err(wrong(sources, rule, failed.message.clone()).into());
    }
    Ok(findings.iter().any(|finding| finding.rule == rule.name))
}

/// The rules that a project has, as their files set them.
fn project_rules(settings: &RuleSettings, sources: &Sources) -> Result<Catalogue, Box<Failure>> {
    let own = RuleSettings { extra: settings.extra.clone(), ..RuleSettings::default() };
    Ok(Catalogue::of_project(&own, sources).map_err(Failure::from)?)
}

/// Lints `example` with `rules`, under its own `connbudget.toml`.
fn ran(rules: Catalogue, example: Sources) -> Result<Checked, Box<Failure>> {
    let read = Read::whole(example).map_err(Failure::from)?;
    let rules = rules.configured(&read.config.rules, &read.sources).map_err(Failure::Config)?;
    let mut checked = Checked::with(rules, read).map_err(Failure::from)?;
    checked.read.answer(&mut checked.sorted.findings);
    Ok(checked)
}

/// Files, each its path and content.
type Files = &'static [(&'static str, &'static [u8])];

/// The built-in examples, listed by `build.rs`: a rule, and the files of the first deployment on which it fires.
const EXAMPLES_OF: &[(&str, Files)] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// What `rule` says of its first example, as `lint` prints it; `None` where it has none.
pub(super) fn output(
    settings: &RuleSettings,
    sources: &Sources,
    root: &Path,
    rule: &Rule,
    style: &Style,
) -> Result<Option<String>, Box<Failure>> {
    let example = if rule.is_built_in {
        let Some((_, files)) = EXAMPLES_OF.iter().find(|(name, _)| *name == rule.name) else {
            return Ok(None);
        };
        let mut tree = Memory::default();
        files.iter().for_each(|(path, content)| tree.insert(path, content));
        Sources::new(tree)
    } else {
        let examples = examples(sources, rule)?;
        let Some(example) = examples.iter().find(|example| example.fires) else { return Ok(None) };
        open(&root.join(example.folder.as_str()))?
    };
    let ran = ran(project_rules(settings, sources)?, example)?;
    let found: Vec<_> =
        ran.sorted.findings.iter().filter(|finding| finding.rule == rule.name).take(1).cloned().collect();
    Ok((!found.is_empty()).then(|| report::findings(&found, &ran.read.sources, style)))
}

/// Something wrong with `rule`, at its name.
fn wrong(sources: &Sources, rule: &Rule, message: String) -> Failure {
    let error = match sources.load(&TreePath::new(&rule.path)) {
        Ok(file) => {
            let at = file.text.find(&format!("name: {}", rule.name));
            let span = at.map(|at| file.at(at..at + "name: ".len() + rule.name.len()));
            RuleError::new(&file, span, message, None)
        }
        Err(error) => return Failure::Examples(error.to_string()),
    };
    Failure::Extra(ExtraError::Rule(error))
}
