//! The settings of PostgreSQL, major by major: which names exist, and which values they take.
//!
//! `settings.json` is recorded from the servers' own `pg_settings` (`fixtures/postgres/record`).

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::number::{self, NumberError};

/// Settings that `pg_settings` does not list and the servers take (`guc_tables.c`, `GUC_NO_SHOW_ALL`).
/// `ssl_ecdh_curve` has another name from 18 on and is still taken.
const HIDDEN: [&str; 3] = ["default_with_oids", "ssl_renegotiation_limit", "ssl_ecdh_curve"];

/// Old names that still stand for new ones (`guc.c`, `map_old_guc_names`).
const RENAMED: [(&str, &str); 2] = [("sort_mem", "work_mem"), ("vacuum_mem", "maintenance_work_mem")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    since: u64,
    until: u64,
    vartype: Type,
    unit: Option<String>,
    min_val: Option<String>,
    max_val: Option<String>,
    context: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Type {
    Bool,
    Integer,
    Real,
    String,
    Enum,
}

struct Table {
    rows: HashMap<String, Vec<Row>>,
    oldest: u64,
    newest: u64,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        // The file is part of the program and read by a test: it does parse.
        let rows: Vec<Row> = serde_json::from_str(include_str!("settings.json")).unwrap_or_default();
        let oldest = rows.iter().map(|row| row.since).min().unwrap_or_default();
        let newest = rows.iter().map(|row| row.until).max().unwrap_or_default();
        let mut by_name: HashMap<String, Vec<Row>> = HashMap::new();
        for row in rows {
            by_name.entry(row.name.to_ascii_lowercase()).or_default().push(row);
        }
        Table { rows: by_name, oldest, newest }
    })
}

/// The name that `name` stands for, in small letters.
pub(super) fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    RENAMED.iter().find(|(old, _)| *old == lower).map_or(lower, |(_, new)| (*new).to_owned())
}

/// The unit that `name` counts in, where it has one; the same in every major.
pub(super) fn unit(name: &str) -> Option<&'static str> {
    table().rows.get(name)?.first()?.unit.as_deref()
}

/// What a server of `major` (`None`: nobody knows which) says to `name = value`; `None` where it takes it, or where
/// that is not known.
pub(super) fn refusal(name: &str, value: &str, major: Option<u64>) -> Option<String> {
    let name = canonical(name);
    let table = table();
    let rows = table.rows.get(&name).map(Vec::as_slice).unwrap_or_default();
    let row = match major {
        Some(major) => rows.iter().find(|row| (row.since..=row.until).contains(&major)),
        None => rows.iter().max_by_key(|row| row.until),
    };
    let recorded = major.is_some_and(|major| (table.oldest..=table.newest).contains(&major));
    match row {
        Some(row) if row.context.as_deref() == Some("internal") => Some(format!("{name} cannot be changed")),
        Some(row) => row.refusal(&name, value),
        None if is_custom(&name) || HIDDEN.contains(&name.as_str()) || !recorded => None,
        None => Some(format!(
            "PostgreSQL {} has no setting {name}{}",
            major.unwrap_or_default(),
            since(rows, major.unwrap_or_default())
        )),
    }
}

/// When a setting that is not there was or will be.
fn since(rows: &[Row], major: u64) -> String {
    let first = rows.iter().map(|row| row.since).min();
    let last = rows.iter().map(|row| row.until).max();
    match (first, last) {
        (Some(first), _) if first > major => format!(": it came with {first}"),
        (_, Some(last)) => format!(": it went with {}", last + 1),
        _ => String::new(),
    }
}

/// Whether a name is an extension's: two identifiers with a dot between (`valid_custom_variable_name`).
fn is_custom(name: &str) -> bool {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii())
            && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii())
    };
    name.contains('.') && name.split('.').all(part)
}

impl Row {
    fn refusal(&self, name: &str, value: &str) -> Option<String> {
        match self.vartype {
            Type::Bool => (!is_bool(value)).then(|| format!("{name} is neither on nor off")),
            Type::Integer => self.integer(name, value),
            Type::Real => self.real(name, value),
            Type::String | Type::Enum => None,
        }
    }

    fn integer(&self, name: &str, value: &str) -> Option<String> {
        let unit = self.unit.as_deref();
        let bound = |text: &Option<String>, otherwise: i64| {
            text.as_deref().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
        };
        let (least, most) = (bound(&self.min_val, i64::MIN), bound(&self.max_val, i64::MAX));
        match number::quantity(value, unit) {
            Ok(n) if (least..=most).contains(&n) => None,
            Ok(n) => Some(format!(
                "{name} {n}{} is outside the valid range ({least} .. {most})",
                unit.map(|unit| format!(" {unit}")).unwrap_or_default()
            )),
            Err(NumberError::OutOfRange) => Some(format!("{name} is too large: {}", value.trim())),
            Err(NumberError::Invalid) if value.trim().is_empty() => Some(format!("{name} is set but empty")),
            Err(NumberError::Invalid) => Some(match unit {
                None => format!("{name} is not a whole number: `{}`", value.trim()),
                Some(_) => format!("{name} is neither a number nor one with a unit: `{}`", value.trim()),
            }),
        }
    }

    fn real(&self, name: &str, value: &str) -> Option<String> {
        let bound = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<f64>().ok());
        let Some(number) = number::real(value, self.unit.as_deref()) else {
            return Some(format!("{name} is not a number: `{}`", value.trim()));
        };
        let inside = bound(&self.min_val).is_none_or(|least| number >= least)
            && bound(&self.max_val).is_none_or(|most| number <= most);
        (!inside).then(|| format!("{name} {number} is outside the valid range"))
    }
}

/// What a switch takes (`parse_bool`): the words, or enough of their letters to tell them apart.
fn is_bool(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let word = |word: &str, least: usize| value.len() >= least && word.starts_with(value.as_str());
    word("true", 1)
        || word("false", 1)
        || word("yes", 1)
        || word("no", 1)
        || word("on", 2)
        || word("off", 2)
        || matches!(value.as_str(), "1" | "0")
}

#[cfg(test)]
mod tests {
    use super::{canonical, refusal, table};

    #[test]
    fn the_recorded_settings_are_there() {
        assert!(table().rows.len() > 350, "{}", table().rows.len());
        assert_eq!(table().newest, 18);
        assert_eq!(canonical("Sort_Mem"), "work_mem");
    }

    #[test]
    fn a_name_is_refused_by_the_majors_that_lack_it() {
        assert_eq!(refusal("reserved_connections", "4", Some(16)), None);
        assert_eq!(
            refusal("reserved_connections", "4", Some(15)).as_deref(),
            Some("PostgreSQL 15 has no setting reserved_connections: it came with 16")
        );
        assert_eq!(
            refusal("wal_keep_segments", "4", Some(14)).as_deref(),
            Some("PostgreSQL 14 has no setting wal_keep_segments: it went with 13")
        );
        for (name, major) in [("x.y", Some(15)), ("nonsense", None), ("nonsense", Some(19))] {
            assert_eq!(refusal(name, "4", major), None, "{name}");
        }
    }
}
