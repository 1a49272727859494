//! Judgement: the rules of `rules/`, asked of a budget. Knows no file format of the deployment and no report.
//!
//! A [`Rule`] is read from one YAML file and checked when it is read ([`Catalogue::load`]); what its conditions and
//! templates can ask is the [`vocabulary`]; judging a budget gives [`Finding`]s.

mod baseline;
mod catalogue;
mod definition;
mod extra;
mod file;
mod finding;
mod ignore;
mod judge;
mod names;
mod nearest;
mod settings;
pub mod vocabulary;

pub use baseline::{BASELINE_NAME, Baseline, BaselineError};
pub use catalogue::Catalogue;
pub use definition::{Of, OptionValue, Rule, SECTIONS};
pub use extra::{EXAMPLES, ExtraError};
pub use file::{FAMILIES, RuleError};
pub use finding::{
    Finding, Label, Measures, Place, Remedy, Severity, Suppressed, Suppressor, Verdict, verdict,
};
pub use ignore::{Date, Ignores, NoDate, Sorted};
pub(crate) use nearest::nearest;
