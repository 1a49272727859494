//! What is run: who starts what, how many times, in which environment. Knows compose and Dockerfiles, not gunicorn.

pub mod compose;
mod container;
mod context;
mod copy;
mod cpus;
mod decisive;
mod image;
pub mod plain;
mod service;
mod systemd;

pub(crate) use compose::is_ignored;
pub use container::{Container, Environment, FileView, Found, Unread};
pub(crate) use copy::name_matches;
pub use cpus::Cpus;
pub use decisive::decides;
pub use image::{Image, Recipe, build};
pub use service::{Build, Mount, Project, Service, Variable};
