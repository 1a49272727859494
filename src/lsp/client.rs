//! What a client can do, and what it is asked to do.

use serde_json::{Value, json};

use crate::config::FILE_NAME;

use super::diagnostic::Taken;
use super::position::Encoding;

/// What is watched where a client can watch: all that a deployment may be made of, by its name.
const WATCHED: [&str; 4] = [
    "**/*.{py,yml,yaml,toml,json,ini,cfg,conf,env,sh,sql,service,txt}",
    "**/.env*",
    "**/*{Dockerfile,dockerfile,Containerfile,Procfile,Makefile,makefile}*",
    "**/{entrypoint,start,run,launch}*",
];

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    /// How it takes diagnostics.
    pub(super) taken: Taken,
    /// Whether it shows Markdown.
    pub(super) markdown: bool,
    /// Whether it asks for lenses again when it is told to.
    pub(super) refreshes_lenses: bool,
    /// Whether it tells of files that change on the disk.
    pub(super) watches: bool,
}

impl Client {
    /// What `capabilities` say.
    pub(super) fn of(capabilities: &Value) -> Self {
        let can = |path: &str| capabilities.pointer(path).and_then(Value::as_bool).unwrap_or(false);
        let formats = capabilities.pointer("/textDocument/hover/contentFormat").and_then(Value::as_array);
        Self {
            taken: Taken {
                encoding: Encoding::of(capabilities),
                related: can("/textDocument/publishDiagnostics/relatedInformation"),
            },
            markdown: formats.is_some_and(|formats| formats.iter().any(|format| format == "markdown")),
            refreshes_lenses: can("/workspace/codeLens/refreshSupport"),
            watches: can("/workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}

/// The parameters of `client/registerCapability` for files that are watched.
pub(super) fn watched_files() -> Value {
    let own = format!("**/{FILE_NAME}");
    let globs = WATCHED.into_iter().chain([own.as_str()]);
    let watchers: Vec<Value> = globs.map(|glob| json!({ "globPattern": glob })).collect();
    json!({ "registrations": [{
        "id": "connbudget-files",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": { "watchers": watchers },
    }] })
}
