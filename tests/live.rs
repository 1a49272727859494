//! Real servers are the authority: a PostgreSQL and a PgBouncer that `tests/live/up` starts, against what connbudget says of
//! the same files. Skipped where they are not installed, unless `CONNBUDGET_LIVE` is set.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod support;

#[path = "support/postgres.rs"]
mod answer;
#[path = "live/load.rs"]
mod load;
#[path = "live/pooler.rs"]
mod pooler;
#[path = "live/server.rs"]
mod server;
#[path = "live/stage.rs"]
mod stage;

use std::fmt::Write as _;
use std::sync::Mutex;

/// Every deployment of `tests/live/deployments`, four at a time.
#[test]
fn servers_have_as_many_connections_as_it_says_under_load() {
    if !stage::is_set("servers_have_as_many_connections_as_it_says_under_load") {
        return;
    }
    let folder = support::repository().join("tests/live/deployments");
    let mut deployments: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    deployments.sort();
    assert!(deployments.len() >= 14, "{deployments:?}");
    let base = stage::folder();
    let (left, table, wrong) = (Mutex::new(deployments), Mutex::new(Vec::new()), Mutex::new(String::new()));
    let work = || {
        while let Some(deployment) = { left.lock().unwrap().pop() } {
            match load::measure(&deployment, base.path()) {
                Err(why) => writeln!(wrong.lock().unwrap(), "{deployment}: {why}").unwrap(),
                Ok(servers) => {
                    for one in servers {
                        let line =
                            format!("| {deployment} | {} | {} | {} |", one.server, one.reachable, one.peak);
                        if one.peak != one.reachable || one.peak > one.ceiling {
                            writeln!(wrong.lock().unwrap(), "{line}").unwrap();
                        }
                        table.lock().unwrap().push(line);
                    }
                }
            }
        }
    };
    // They wait for each other's machine less than for their own clocks.
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let mut table = table.into_inner().unwrap();
    table.sort();
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong}");
    let table = table.join("\n");
    assert!(document().contains(&table), "docs/poolers.md has another table than this one:\n{table}");
}

fn document() -> String {
    std::fs::read_to_string(support::repository().join("docs/poolers.md")).unwrap()
}

/// The picture in the document is what the command prints of the deployment that was measured.
#[test]
fn the_document_shows_what_it_prints() {
    let picture = support::connbudget("tests/live/deployments/primary-and-replica", &["lint"]).stdout;
    assert!(document().contains(&picture), "docs/poolers.md does not show this:\n{picture}");
}
