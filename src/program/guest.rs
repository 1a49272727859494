//! Programs that end by themselves: migrations, tests, tools.

use super::command::{Command, Outcome, Program};

/// A program that ends by itself, whatever it is given.
const fn guest(name: &'static str, modules: &'static [&'static str]) -> Program {
    Program { name, modules, read: pass }
}

/// alembic.
pub(super) const ALEMBIC: Program = guest("alembic", &["alembic", "alembic.config"]);
/// aerich, Tortoise's migrations.
pub(super) const AERICH: Program = guest("aerich", &["aerich"]);
/// yoyo.
pub(super) const YOYO: Program = guest("yoyo", &["yoyo"]);
/// flyway.
pub(super) const FLYWAY: Program = guest("flyway", &[]);
/// prisma's migrations.
pub(super) const PRISMA: Program = guest("prisma", &["prisma"]);
/// pytest.
pub(super) const PYTEST: Program = guest("pytest", &["pytest"]);
/// pg_dump.
pub(super) const PG_DUMP: Program = guest("pg_dump", &[]);
/// pg_basebackup: its connections are walsenders, which have a limit of their own (facts, A1).
pub(super) const PG_BASEBACKUP: Program = guest("pg_basebackup", &[]);
/// pg_restore.
pub(super) const PG_RESTORE: Program = guest("pg_restore", &[]);

fn pass(_: &Command<'_>) -> Outcome {
    Outcome::passing()
}
