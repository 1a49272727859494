//! What an application opens: the pools of its client libraries.

pub mod application;
mod asyncpg;
pub mod catalogue;
pub mod convention;
mod databases;
mod django;
mod identity;
mod library;
mod psycopg;
mod sqlalchemy;
pub mod url;

pub use identity::identity;

pub use crate::pool::{Demand, Made, Pool, Setting, Url};
