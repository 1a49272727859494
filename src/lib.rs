//! Proves, before anything is deployed, that the PostgreSQL connections a deployment can open fit into those that the
//! server accepts. `ARCHITECTURE.md` says how a file becomes a finding; each folder is one step of that way, and uses
//! only those above it there.

pub mod analysis;
pub mod budget;
pub mod check;
pub mod cli;
pub mod client;
pub mod config;
pub mod deployment;
pub mod diff;
pub mod lsp;
mod parallel;
pub mod plan;
pub mod platform;
pub mod pool;
pub mod program;
pub mod python;
pub mod report;
pub mod rule;
#[cfg(test)]
mod schemas;
pub mod source;
pub mod syntax;
pub mod trace;
