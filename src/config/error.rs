//! A configuration that cannot be used.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use crate::source::{LoadError, SourceFile, Sources};
use crate::trace::Trail;

/// Why `connbudget.toml` cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(LoadError),
    /// It is not the TOML that connbudget expects.
    #[error("the configuration is not valid: {message}")]
    Malformed {
        /// What is wrong.
        message: String,
        /// The file.
        #[source_code]
        file: Arc<NamedSource<String>>,
        /// Where.
        #[label("here")]
        at: Option<SourceSpan>,
        /// What it holds, where that may help.
        #[help]
        help: Option<&'static str>,
    },
}

const HOLDS: &str = "`connbudget.toml` holds [policy], [server.NAME], [clients.SERVICE], [[deployment]], [rules], [lint] and [plan]; see the README";

impl ConfigError {
    /// Something that is valid TOML and cannot be used.
    pub(super) fn at(file: &SourceFile, at: std::ops::Range<usize>, message: impl Into<String>) -> Self {
        Self::Malformed {
            message: message.into(),
            file: Arc::new(NamedSource::new(file.path.as_str(), file.text.clone())),
            at: Some(SourceSpan::from(at)),
            help: None,
        }
    }

    /// Something at a place that was read before.
    pub(crate) fn placed(sources: &Sources, trail: &Trail, message: impl Into<String>) -> Self {
        let (mut file, mut at) = (NamedSource::new("", String::new()), None);
        if let Some(span) = trail.place() {
            let source = sources.file(span.file);
            file = NamedSource::new(source.path.as_str(), source.text.clone());
            at = Some(SourceSpan::from(span.range()));
        }
        Self::Malformed { message: message.into(), file: Arc::new(file), at, help: None }
    }

    pub(super) fn malformed(file: &SourceFile, error: &toml::de::Error) -> Self {
        Self::Malformed {
            message: error.message().to_owned(),
            file: Arc::new(NamedSource::new(file.path.as_str(), file.text.clone())),
            at: error.span().map(SourceSpan::from),
            help: Some(HOLDS),
        }
    }
}
