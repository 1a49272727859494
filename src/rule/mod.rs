//! Judgement: the rules of `rules/`, asked of a budget. Knows no file format of the deployment and no report.
//!
//! A [`Rule`] is read from one YAML file and checked when it is read ([`Catalogue::load`]); what its conditions and
//! templates can ask is the [`vocabulary`]; judging a budget gives [`Finding`]s.

mod catalogue;
mod definition;
mod finding;
mod judge;
mod nearest;
mod settings;
pub mod vocabulary;

pub use catalogue::{Catalogue, RuleError};
pub use definition::{Of, OptionValue, Rule, SECTIONS};
pub use finding::{Finding, Label, Measures, Place, Severity, Suppressed, Suppressor, Verdict, verdict};
