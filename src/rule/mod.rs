//! Judgement: the rules of `rules/`, asked of a budget. Knows no file format of the deployment and no report.
//!
//! A [`Rule`] is read from one YAML file and checked when it is read ([`Catalogue::load`]); what its conditions and
//! templates can ask is the [`vocabulary`]; judging a budget gives [`Finding`]s.

mod catalogue;
mod definition;
mod finding;
mod judge;
pub mod vocabulary;

pub use catalogue::{Catalogue, RuleError};
pub use definition::{Of, Rule, SECTIONS};
pub use finding::{Finding, Label, Place, Severity, Verdict, verdict};
