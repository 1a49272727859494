//! Text → syntax: one file format each. Knows neither databases nor Docker.

pub mod docker_words;
pub mod dockerfile;
pub mod dotenv;
pub mod ini;
pub mod json;
pub mod makefile;
pub mod manifest;
pub mod pgbouncer;
pub mod postgresql_conf;
pub mod procfile;
pub mod python;
pub mod shell;
pub mod template;
pub mod unit;
pub mod uwsgi_ini;
pub mod words;
pub mod yaml;

use crate::source::Span;

/// What is wrong with a file's syntax, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What, in one sentence without a full stop; never the file's own content, which may be secret.
    pub message: String,
}

impl SyntaxError {
    /// An error at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}
