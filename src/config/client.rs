//! `[clients.SERVICE]`: what a service opens of which the files do not tell.

use serde::Deserialize;
use toml::Spanned;

use crate::source::SourceFile;
use crate::trace::{Bound, Count, How, Origin, Traced, Trail};

/// What a service opens, as it is declared.
#[derive(Clone, Debug)]
pub struct DeclaredClient {
    /// Connections that each of its replicas opens at most.
    pub connections: Count,
    /// The server they go to; the one that its variables name where it is not declared.
    pub server: Option<Traced<String>>,
}

/// The same as the file spells it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ClientTable {
    #[cfg_attr(test, schemars(with = "u64"))]
    connections: Spanned<u64>,
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    server: Option<Spanned<String>>,
}

impl ClientTable {
    /// What the table declares, each value at its place.
    pub(super) fn declared(&self, file: &SourceFile) -> DeclaredClient {
        DeclaredClient {
            connections: traced(file, &self.connections).map(Bound::Exactly),
            server: self.server.as_ref().map(|server| traced(file, server)),
        }
    }
}

fn traced<T: Clone>(file: &SourceFile, value: &Spanned<T>) -> Traced<T> {
    let at = Origin::at(How::Declared, file.at(value.span()));
    Traced::new(value.get_ref().clone(), Trail::new(at))
}
