//! Statements that leave something in the server's session: behind a pooler that gives each transaction another server
//! connection it is lost, or somebody else finds it.
//!
//! Source: PgBouncer, `doc/features.md` of 1.25 ("SQL feature map for pooling modes").

use ruff_text_size::{Ranged, TextRange};

use crate::syntax::python::ast::{self, Expr};

use super::outline::last_name;

/// What a statement leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    /// `LISTEN`.
    Listener,
    /// `pg_advisory_lock(…)`.
    Lock,
    /// `SET` without `LOCAL`.
    Setting,
    /// A cursor `WITH HOLD`.
    Cursor,
}

impl Leaves {
    /// What a label says of it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Listener => "LISTEN hears nothing once the transaction has ended",
            Self::Lock => "this lock stays with a server connection that another client gets next",
            Self::Setting => "SET without LOCAL holds for whoever gets this server connection next",
            Self::Cursor => "a cursor WITH HOLD stays on one server connection",
        }
    }
}

/// Functions that take a statement as their first argument, by the last part of their names.
const EXECUTORS: [&str; 14] = [
    "execute",
    "executemany",
    "exec_driver_sql",
    "exec",
    "text",
    "SQL",
    "fetch",
    "fetchval",
    "fetchrow",
    "fetch_all",
    "fetch_one",
    "fetch_val",
    "scalar",
    "execute_sql",
];

/// Advisory locks that live as long as the session; those with `_xact_` end with the transaction.
const LOCKS: [&str; 4] =
    ["pg_advisory_lock", "pg_try_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock_shared"];

/// Settings that `SET` puts in the transaction, those that PgBouncer tracks for each client (`track_extra_parameters`, and
/// the five that it always did), and words of MySQL's and SQLite's.
const HARMLESS: [&str; 15] = [
    "local",
    "transaction",
    "constraints",
    "client_encoding",
    "names",
    "datestyle",
    "time",
    "timezone",
    "standard_conforming_strings",
    "application_name",
    "intervalstyle",
    "foreign_key_checks",
    "global",
    "sql_mode",
    "autocommit",
];

/// What a call leaves behind, and the word that says so.
pub(super) fn left_by(call: &ast::ExprCall) -> Option<(TextRange, Leaves)> {
    let name = last_name(&call.func)?;
    if LOCKS.contains(&name) {
        return Some((call.func.range(), Leaves::Lock));
    }
    if name == "cursor" && is_on(call, "withhold") {
        return Some((call.func.range(), Leaves::Cursor));
    }
    // asyncpg's `connection.add_listener("channel", callback)`; others of this name take no string first.
    if name == "add_listener" && matches!(&*call.arguments.args, [Expr::StringLiteral(_), _]) {
        return Some((call.func.range(), Leaves::Listener));
    }
    let first = EXECUTORS.contains(&name).then(|| call.arguments.args.first())??;
    Some((first.range(), statement(&text_of(first)?)?))
}

/// Whether a string holds a call of one of the locks, wherever it is handed to later.
pub(super) fn lock_in(literal: &ast::ExprStringLiteral) -> bool {
    has_lock(literal.value.to_str())
}

fn has_lock(text: &str) -> bool {
    LOCKS.iter().any(|lock| {
        text.match_indices(lock).any(|(at, _)| text[at + lock.len()..].trim_start().starts_with('('))
    })
}

/// What a statement leaves behind.
fn statement(sql: &str) -> Option<Leaves> {
    let mut words = sql.split(|c: char| c.is_whitespace() || c == '=').filter(|word| !word.is_empty());
    let (verb, mut object) = (words.next()?.to_ascii_lowercase(), words.next()?);
    if object.eq_ignore_ascii_case("session") {
        object = words.next()?;
    }
    match verb.as_str() {
        "listen" => Some(Leaves::Listener),
        "set" => {
            let object = object.trim_matches('"').to_ascii_lowercase();
            let is_name = object.starts_with(|c: char| c.is_ascii_alphabetic());
            (is_name && !HARMLESS.contains(&object.as_str())).then_some(Leaves::Setting)
        }
        _ => has_lock(sql).then_some(Leaves::Lock),
    }
}

/// What a string begins with: of an f-string the words before its first value, which stands as `x`.
fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
        Expr::FString(string) => {
            let mut text = String::new();
            for element in string.value.elements() {
                match element {
                    ast::InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                    ast::InterpolatedStringElement::Interpolation(_) => text.push('x'),
                }
            }
            Some(text)
        }
        _ => None,
    }
}

fn is_on(call: &ast::ExprCall, name: &str) -> bool {
    call.arguments
        .find_keyword(name)
        .is_some_and(|keyword| matches!(&keyword.value, Expr::BooleanLiteral(literal) if literal.value))
}

#[cfg(test)]
mod tests {
    use super::{Leaves, statement};

    #[test]
    fn a_statement_that_outlives_its_transaction_is_told_from_one_that_does_not() {
        for (sql, leaves) in [
            ("LISTEN jobs", Some(Leaves::Listener)),
            ("  set search_path = tenant", Some(Leaves::Setting)),
            ("SET SESSION statement_timeout TO 0", Some(Leaves::Setting)),
            ("SET search_path=x", Some(Leaves::Setting)),
            ("SET ROLE x", Some(Leaves::Setting)),
            ("SET LOCAL statement_timeout = 0", None),
            ("SET TRANSACTION READ ONLY", None),
            ("SET TIME ZONE 'UTC'", None),
            ("SET application_name = 'x'", None),
            ("SET @x = 1", None),
            ("select pg_advisory_lock(1)", Some(Leaves::Lock)),
            ("select pg_try_advisory_lock (%s)", Some(Leaves::Lock)),
            ("select pg_advisory_xact_lock(1)", None),
            ("select pg_advisory_unlock(1)", None),
            ("UPDATE t SET a = 1", None),
            ("listen", None),
        ] {
            assert_eq!(statement(sql), leaves, "{sql}");
        }
    }
}
