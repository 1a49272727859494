//! A configuration that cannot be used.

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use crate::source::{LoadError, SourceFile};

/// Why `connbudget.toml` cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(LoadError),
    /// It is not the TOML that connbudget expects.
    #[error("the configuration is not valid: {message}")]
    #[diagnostic(help(
        "`connbudget.toml` holds [policy], [server.NAME], [clients.SERVICE] and [[deployment]]; see the README"
    ))]
    Malformed {
        /// What is wrong.
        message: String,
        /// The file.
        #[source_code]
        file: NamedSource<String>,
        /// Where.
        #[label("here")]
        at: Option<SourceSpan>,
    },
}

impl ConfigError {
    /// Something that is valid TOML and cannot be used.
    pub(super) fn at(file: &SourceFile, at: std::ops::Range<usize>, message: impl Into<String>) -> Self {
        Self::Malformed {
            message: message.into(),
            file: NamedSource::new(file.path.as_str(), file.text.clone()),
            at: Some(SourceSpan::from(at)),
        }
    }

    pub(super) fn malformed(file: &SourceFile, error: &toml::de::Error) -> Self {
        Self::Malformed {
            message: error.message().to_owned(),
            file: NamedSource::new(file.path.as_str(), file.text.clone()),
            at: error.span().map(SourceSpan::from),
        }
    }
}
