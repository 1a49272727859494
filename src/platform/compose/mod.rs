//! Compose projects, read as docker compose 2.26.1 reads them, with the place of every value.
//!
//! The program that answers for this is Debian's package 2.26.1-4. It is built with compose-go v2.4.8 (its binary carries that
//! version's files and schema), not with the v2.0.2 that docker compose names itself; sources are cited from v2.4.8.
//!
//! `discover` finds the deployments of a tree, `read` carries one of them out: `setting` and `variables` say what is read,
//! `load` makes one model of it by way of `document`, `interpolate`, `extends`, `include`, `merge`, `unique`, `shape` and
//! `canonical`, and `service` takes the services out of the model.

mod build;
mod calls;
mod canonical;
mod consistency;
mod decisive;
mod decode;
mod discover;
mod document;
mod environment;
mod extends;
mod include;
mod interpolate;
mod load;
mod merge;
mod missing_env_file;
mod mounts;
mod name;
mod objects;
mod path;
mod ports;
mod project;
mod refusals;
mod relative;
mod replicas;
mod request;
mod service;
mod setting;
mod shape;
#[cfg(test)]
mod tests;
mod traps;
mod unique;
mod value;
mod variables;
mod volume;

pub use discover::discover;
pub(crate) use missing_env_file::{example_beside, is_ignored};
pub use project::read;
pub use request::Request;
