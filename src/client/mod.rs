//! What an application opens: the pools of its client libraries.

mod aiopg;
pub mod application;
mod asyncpg;
pub mod catalogue;
mod celery;
pub mod convention;
mod databases;
mod direct;
mod django;
mod flask_sqlalchemy;
mod gino;
mod identity;
mod inside;
mod library;
mod peewee;
mod piccolo;
mod pony;
mod psycopg;
pub mod service_file;
mod setting;
mod sizes;
mod sqlalchemy;
mod tortoise;
pub mod url;

pub use identity::identity;

pub use crate::pool::{Demand, Made, Meaning, Pool, Purpose, Setting, Url};
