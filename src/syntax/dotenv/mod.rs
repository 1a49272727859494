//! Dotenv files, each in the dialect of the program that reads it. No two of these agree: of 118 lines that people write,
//! the four common readers take only 34 alike (facts, F), so a file has no meaning until its reader is named.

mod compose;
mod dotenvy;
mod leash;
mod python;
mod raw;
mod readers;
mod shell;
mod systemd;

use std::collections::HashMap;

use indexmap::IndexMap;

use super::SyntaxError;
use super::template::Lookup;
use crate::source::{SourceFile, Span};
use crate::trace::Text;

pub use readers::{note_reader, readers};

/// How many bytes the values of one file may have together; Linux starts no process with more than 6 MiB of them. Lines
/// like `B=$A$A` would fill any memory.
const MAX_VALUES: usize = 8 << 20;

/// Who reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// docker compose: the project's `.env` and every `env_file`. What is set outside beats the file in `${…}`.
    Compose,
    /// python-dotenv where the file beats the environment: `dotenv_values()`, `load_dotenv(override=True)`.
    PythonOverride,
    /// python-dotenv where the environment beats the file: `load_dotenv()`.
    Python,
    /// A shell: `set -a; . ./.env`. What has to be run to be known stays unknown.
    Shell,
    /// Rust's `dotenvy::dotenv()` and `from_path()`: the first of two equal names wins, the first bad line ends it.
    Dotenvy,
    /// Rust's `dotenvy::from_path_iter()` by a program that passes over bad lines.
    DotenvyIter,
    /// `docker run --env-file`, and an `env_file` of compose with `format: raw`.
    Raw,
    /// systemd's `EnvironmentFile=`.
    Systemd,
}

impl Dialect {
    /// Whether the first of two lines with one name counts.
    fn first_wins(self) -> bool {
        self == Self::Dotenvy
    }

    /// Whether a variable that is set outside keeps that value, whatever the file says.
    pub fn yields_to_environment(self) -> bool {
        matches!(self, Self::Python | Self::Dotenvy)
    }
}

/// What a file says to its reader.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Who read it.
    pub dialect: Dialect,
    /// What it sets, in its order, repeated names included.
    pub entries: Vec<Entry>,
    /// What is wrong with it, in its order.
    pub errors: Vec<SyntaxError>,
    /// Variables without value and default that became nothing, as they stand in the file.
    pub unset: Vec<Text>,
    /// How far its reader came.
    pub end: End,
}

/// How far a reader came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Through the whole file; lines with errors are passed over.
    Whole,
    /// To the first error: what stands before it counts, what stands after it is not read.
    Stopped,
    /// To something that only a shell could carry out: from there on, any variable may have any value.
    Lost,
    /// The program does not start with this file; the entries before the error say what was meant.
    Refused,
}

/// One variable that a file names.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: Text,
    /// Its value.
    pub value: Value,
}

/// The value of a variable.
#[derive(Clone, Debug)]
pub enum Value {
    /// This one.
    Known(Text),
    /// None: the name stands alone and nothing outside gives it a value, or a shell unsets it.
    Missing,
    /// Only running something would tell.
    Unknown {
        /// What would have to be run.
        place: Span,
        /// Why, in a few words.
        reason: &'static str,
    },
}

impl Value {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&Text> {
        match self {
            Self::Known(text) => Some(text),
            Self::Missing | Self::Unknown { .. } => None,
        }
    }
}

/// Reads `file` as the program of `dialect` does; `lookup` gives what is set outside of it.
pub fn read(file: &SourceFile, dialect: Dialect, lookup: &Lookup<'_>) -> Reading {
    let mut reading =
        Reading { dialect, entries: Vec::new(), errors: Vec::new(), unset: Vec::new(), end: End::Whole };
    match dialect {
        Dialect::Compose => compose::read(file, lookup, &mut reading),
        Dialect::PythonOverride | Dialect::Python => python::read(file, lookup, &mut reading),
        Dialect::Shell => shell::read(file, lookup, &mut reading),
        Dialect::Dotenvy | Dialect::DotenvyIter => dotenvy::read(file, lookup, &mut reading),
        Dialect::Raw => raw::read(file, lookup, &mut reading),
        Dialect::Systemd => systemd::read(file, &mut reading),
    }
    reading
}

impl Reading {
    /// The variables that are left of repeated names, in the order in which each was first named.
    pub fn variables(&self) -> IndexMap<&str, &Entry> {
        let mut variables = IndexMap::new();
        for entry in &self.entries {
            if self.dialect.first_wins() {
                variables.entry(entry.name.as_str()).or_insert(entry);
            } else {
                variables.insert(entry.name.as_str(), entry);
            }
        }
        variables
    }

    fn fail(&mut self, span: Span, message: impl Into<String>, end: End) {
        self.errors.push(SyntaxError::new(span, message));
        self.end = end;
    }
}

/// What a file has set so far, for the lines after it.
#[derive(Default)]
struct Known {
    values: HashMap<String, Value>,
    bytes: usize,
}

impl Known {
    fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Remembers an entry; whether its file has room for it.
    #[must_use]
    fn set(&mut self, name: &str, value: &Value) -> bool {
        self.bytes += value.known().map_or(0, Text::len);
        self.values.insert(name.to_owned(), value.clone());
        self.bytes <= MAX_VALUES
    }
}

/// The first byte after a byte order mark.
fn after_mark(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}
