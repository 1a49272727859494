//! Why a run could not be made.

use miette::Diagnostic;
use thiserror::Error;

use crate::config::ConfigError;
use crate::rule::{BaselineError, ExtraError};

/// Why a run could not be made. What is wrong in a deployment's own files is a finding, and none of these.
#[derive(Debug, Error, Diagnostic)]
pub enum CheckError {
    /// The configuration is not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// The project's rules are not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rules(#[from] ExtraError),
    /// The baseline is not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Baseline(#[from] Box<BaselineError>),
}
