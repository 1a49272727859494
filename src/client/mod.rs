//! What an application opens: the pools of its client libraries.

mod asyncpg;
pub mod convention;
mod databases;
mod library;
mod pool;
mod psycopg;
pub mod python;
mod sqlalchemy;
pub mod url;

pub use pool::{Demand, Made, Pool, Url};
