//! The JSON of `connbudget plan --table`.

use serde::Serialize;

use super::{VERSION, print};
use crate::plan::Table;

/// What `plan --table --format json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableJson {
    /// The version of the contract.
    pub version: u32,
    /// The group whose numbers are changed.
    pub group: String,
    /// The server.
    pub server: String,
    /// What it takes; null where that is not known.
    pub capacity: Option<u64>,
    /// The lines.
    pub rows: Vec<RowJson>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowJson {
    /// Processes of each replica.
    pub workers: u64,
    /// Connections that each pool keeps; null where no file says that number.
    pub size: Option<u64>,
    /// And beyond those.
    pub overflow: Option<u64>,
    /// Connections on the server.
    pub opened: u64,
    /// Requests that can hold one at once.
    pub served: u64,
    /// The strategy that has these numbers.
    pub strategy: Option<&'static str>,
    /// Whether it is as it is now.
    pub now: bool,
}

/// Writes the table.
pub fn table(table: &Table) -> String {
    let rows = table.rows.iter().map(|row| RowJson {
        workers: row.workers,
        size: row.size,
        overflow: row.overflow,
        opened: row.opened,
        served: row.served,
        strategy: row.strategy.map(crate::plan::Strategy::name),
        now: row.is_now,
    });
    print(&TableJson {
        version: VERSION,
        group: table.group.clone(),
        server: table.server.clone(),
        capacity: table.capacity,
        rows: rows.collect(),
    })
}
