//! What `connbudget.toml` makes of the rules: which are asked, how bad what they find is, what their options are.

use super::definition::{OptionValue, Rule};
use super::{Catalogue, Finding, Severity, nearest};
use crate::budget::{Budget, Policy};
use crate::config::{ConfigError, Level, RuleOverride, RuleSetting, RuleSettings};
use crate::source::{Sources, TreePath};
use crate::trace::{Traced, Trail};

impl Catalogue {
    /// The same rules, set as `settings` says. A name that no rule or option has is a mistake: a gate whose setting does
    /// nothing would be trusted all the same.
    pub fn configured(mut self, settings: &RuleSettings, sources: &Sources) -> Result<Self, ConfigError> {
        for setting in &settings.rules {
            self.set(setting, sources)?;
        }
        for over in &settings.overrides {
            for (name, level) in &over.levels {
                let index = self.named(name, sources)?;
                may_be(&self.rules[index], Some(*level), &name.trail, sources)?;
            }
        }
        self.overrides.clone_from(&settings.overrides);
        Ok(self)
    }

    /// What the rules find in `budgets`, as bad as `connbudget.toml` says of the places it is at.
    pub fn findings(&self, budgets: &[Budget], policy: &Policy, sources: &Sources) -> Vec<Finding> {
        let mut findings = self.judge(budgets, policy);
        if self.overrides.is_empty() {
            return findings;
        }
        findings.retain_mut(|finding| {
            let Some(rule) = self.get(&finding.rule) else { return true };
            match self.level_at(rule, &finding.primary.place.file(sources)) {
                Some(Level::Off) => return false,
                Some(Level::Warning) => finding.severity = Severity::Warning,
                Some(Level::Error) => finding.severity = Severity::Error,
                None if !rule.enabled => return false,
                None => {}
            }
            true
        });
        in_order(findings, budgets)
    }

    /// Whether `rule` is asked at all: it is on, or on for some paths.
    pub(super) fn is_asked(&self, rule: &Rule) -> bool {
        let somewhere = self.overrides.iter().flat_map(|over| &over.levels);
        rule.is_on()
            || somewhere.into_iter().any(|(name, level)| name.value == rule.name && *level != Level::Off)
    }

    fn level_at(&self, rule: &Rule, path: &TreePath) -> Option<Level> {
        let of = |over: &RuleOverride| {
            over.levels.iter().rev().find(|(name, _)| name.value == rule.name).map(|(_, level)| *level)
        };
        let mut fitting = self.overrides.iter().rev().filter(|over| over.is_for(path));
        fitting.find_map(of).or(rule.level)
    }

    fn set(&mut self, setting: &RuleSetting, sources: &Sources) -> Result<(), ConfigError> {
        let index = self.named(&setting.name, sources)?;
        let rule = &mut self.rules[index];
        may_be(rule, setting.level, &setting.name.trail, sources)?;
        rule.level = setting.level.or(rule.level);
        for (name, value) in &setting.options {
            let Some(option) = rule.options.get_mut(&name.value) else {
                let there: Vec<&str> = rule.options.keys().map(String::as_str).chain(["severity"]).collect();
                let message = format!(
                    "{} has no option `{}`; {}",
                    rule.name,
                    name.value,
                    nearest::advice(&name.value, there)
                );
                return Err(ConfigError::placed(sources, &name.trail, message));
            };
            *option = option.set_to(&value.value).ok_or_else(|| {
                let message = format!("{} of {} is {}", name.value, rule.name, option.kind());
                ConfigError::placed(sources, &value.trail, message)
            })?;
        }
        Ok(())
    }

    fn named(&self, name: &Traced<String>, sources: &Sources) -> Result<usize, ConfigError> {
        self.rules.iter().position(|rule| rule.name == name.value).ok_or_else(|| {
            let names = self.rules.iter().map(|rule| rule.name.as_str());
            let message =
                format!("no rule is called `{}`; {}", name.value, nearest::advice(&name.value, names));
            ConfigError::placed(sources, &name.trail, message)
        })
    }
}

/// By deployment, errors first.
pub(super) fn in_order(mut findings: Vec<Finding>, budgets: &[Budget]) -> Vec<Finding> {
    let position = |name: &str| budgets.iter().position(|budget| budget.name == name);
    findings.sort_by_key(|finding| (position(&finding.deployment), std::cmp::Reverse(finding.severity)));
    findings
}

/// A rule that says that the run could not do its work stays an error: what was not read proves nothing.
fn may_be(rule: &Rule, level: Option<Level>, at: &Trail, sources: &Sources) -> Result<(), ConfigError> {
    if !rule.incomplete || matches!(level, None | Some(Level::Error)) {
        return Ok(());
    }
    let message = format!(
        "{} says that connbudget could not do its work, so it is always an error: what was not read proves nothing",
        rule.name
    );
    Err(ConfigError::placed(sources, at, message))
}

impl Rule {
    /// Whether it is asked, paths aside.
    pub fn is_on(&self) -> bool {
        self.level.map_or(self.enabled, |level| level != Level::Off)
    }
}

impl OptionValue {
    /// `value` where it is of this type.
    fn set_to(&self, value: &toml::Value) -> Option<Self> {
        Some(match (self, value) {
            (Self::Flag(_), toml::Value::Boolean(flag)) => Self::Flag(*flag),
            (Self::Whole(_), toml::Value::Integer(number)) => Self::Whole(*number),
            (Self::Number(_), toml::Value::Float(number)) if number.is_finite() => Self::Number(*number),
            (Self::Number(_), toml::Value::Integer(number)) => {
                Self::Number(f64::from(i32::try_from(*number).ok()?))
            }
            (Self::Text(_), toml::Value::String(text)) => Self::Text(text.clone()),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::sample;
    use crate::config::{Config, FILE_NAME};
    use crate::source::Memory;

    fn configured(text: &str) -> Result<(Catalogue, Sources), ConfigError> {
        let sources = Sources::new(Memory::new([(FILE_NAME, text)]));
        let config = Config::load(&sources, None)?;
        Catalogue::built_in().unwrap().configured(&config.rules, &sources).map(|rules| (rules, sources))
    }

    /// Rules and severities of what is found in a deployment of which `limit` connections are taken, 300 of them opened.
    fn found(text: &str, limit: u64) -> String {
        let (rules, _) = configured(text).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
        let mut sample = sample::before();
        sample.deployment.servers[0].max_connections.value = crate::trace::Bound::Exactly(limit);
        let findings = rules.findings(&[sample.budget()], &Policy::default(), &sample.sources);
        let words = findings.iter().map(|finding| format!("{} {}", finding.rule, finding.severity));
        words.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_severity_is_what_the_project_says() {
        assert_eq!(found("", 100), "over-budget error");
        assert_eq!(found("[rules]\nover-budget = \"warning\"\n", 100), "over-budget warning");
        assert_eq!(found("[rules.over-budget]\nseverity = \"off\"\n", 100), "");
    }

    #[test]
    fn an_option_is_what_the_project_says() {
        // 387 slots to take: 300 of them are 77 %.
        assert_eq!(found("", 400), "");
        assert_eq!(found("[rules.near-limit]\nthreshold = 0.7\n", 400), "near-limit warning");
        assert_eq!(found("[rules.near-limit]\nthreshold = 1\n", 313), "");
    }

    #[test]
    fn a_path_has_its_own_severity_and_the_last_word_counts() {
        let over = |paths: &str, level: &str| {
            format!("[[rules.override]]\npaths = [\"{paths}\"]\nover-budget = \"{level}\"\n")
        };
        assert_eq!(found(&over("Dockerf*", "warning"), 100), "over-budget warning");
        assert_eq!(found(&over("legacy/**", "off"), 100), "over-budget error");
        assert_eq!(found(&(over("**", "off") + &over("Dockerfile", "error")), 100), "over-budget error");
        let off = "[rules]\nover-budget = \"off\"\n";
        assert_eq!(found(&format!("{off}{}", over("Dockerfile", "warning")), 100), "over-budget warning");
        assert_eq!(found(&format!("{off}{}", over("else", "warning")), 100), "");
    }

    #[test]
    fn what_does_nothing_is_refused() {
        for (text, says) in [
            ("[rules]\nnear-limt = \"off\"\n", "no rule is called `near-limt`; did you mean `near-limit`?"),
            ("[rules.near-limit]\ntreshold = 1\n", "has no option `treshold`; did you mean `threshold`?"),
            ("[rules.over-budget]\nx = 1\n", "there is only `severity`"),
            ("[rules.near-limit]\nthreshold = \"much\"\n", "threshold of near-limit is a number"),
            ("[rules.near-limit]\nthreshold = inf\n", "threshold of near-limit is a number"),
            ("[rules]\nmalformed-file = \"off\"\n", "always an error"),
            ("[[rules.override]]\npaths = [\"a\"]\nover-bugdet = \"off\"\n", "did you mean `over-budget`?"),
        ] {
            let Err(ConfigError::Malformed { message, at, .. }) = configured(text) else { panic!("{text}") };
            assert!(message.contains(says) && at.is_some(), "{message}");
        }
    }
}
