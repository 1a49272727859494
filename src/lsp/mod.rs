//! The server for editors: the Language Server Protocol 3.17 over standard input and output
//! (<https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/>).
//!
//! A folder is linted as `connbudget lint` lints it, with what is open in the editor in place of what is saved. What is
//! shown (findings, lenses, hovers, actions) is a pure function of the last run.
//!
//! Messages are `lsp-server`'s; their frames are read here (`transport`), since its reader ends at the first message that
//! is none. The few types of the protocol that are needed stand in `wire`: `lsp-types` has had no release since 2024, and
//! a client's capabilities, which are read by name here, would be most of what its successors compile to.

mod action;
mod chain;
mod client;
mod diagnostic;
mod documents;
mod folder;
mod hover;
mod lens;
mod position;
mod queue;
mod server;
mod transport;
mod uri;
mod wire;

use std::io;

use crate::analysis::Request;

/// What the command line says of every run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How deployments are read.
    pub request: Request,
    /// The configuration in place of the folder's own.
    pub config: Option<String>,
}

/// Serves one client until it says that this is over, or goes away. Whether that was in order: a client asks for the
/// shutdown before it ends the server.
pub fn serve(options: Options) -> io::Result<bool> {
    server::serve(options)
}
