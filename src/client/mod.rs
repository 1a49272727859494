//! What an application opens: the pools of its client libraries.

pub mod application;
mod asyncpg;
pub mod convention;
mod databases;
mod library;
mod psycopg;
mod sqlalchemy;
pub mod url;

pub use crate::pool::{Demand, Made, Pool, Url};
