//! Lines of a dotenv file of which its readers make different values (facts, F: of 118 lines that people write, the four
//! common readers take 34 alike).

use std::sync::Arc;

use super::{Look, shown};
use crate::platform::decides;
use crate::source::{SourceFile, Span};
use crate::syntax::dotenv::{self, Dialect, End, Reading};
use crate::trace::{Problem, ProblemKind, Text};

/// What one reader makes of a variable.
struct Taken<'r> {
    reader: &'static str,
    value: Option<&'r Text>,
}

impl Look<'_> {
    /// One problem for each variable that two readers of its file take otherwise.
    pub(super) fn dialects(&self) -> Vec<Problem> {
        self.files
            .iter()
            .flat_map(|path| {
                let readers = dotenv::readers(self.sources, path);
                match self.sources.load(path) {
                    Ok(file) if readers.len() > 1 => self.in_file(&file, &readers),
                    _ => Vec::new(),
                }
            })
            .collect()
    }

    fn in_file(&self, file: &Arc<SourceFile>, readers: &[Dialect]) -> Vec<Problem> {
        let read = |dialect: &Dialect| dotenv::read(file, *dialect, &|_| None);
        // A program that does not start with the file is told of elsewhere.
        let readings: Vec<Reading> =
            readers.iter().map(read).filter(|reading| reading.end != End::Refused).collect();
        let mut names: Vec<&Text> = Vec::new();
        for name in readings.iter().flat_map(|reading| &reading.entries).map(|entry| &entry.name) {
            if names.iter().all(|known| known.as_str() != name.as_str()) {
                names.push(name);
            }
        }
        names.into_iter().filter_map(|name| self.differs(file, name, &readings)).collect()
    }

    fn differs(&self, file: &SourceFile, name: &Text, readings: &[Reading]) -> Option<Problem> {
        let mut taken: Vec<Taken<'_>> = Vec::new();
        for reading in readings {
            let reader = program(reading.dialect);
            if taken.iter().any(|one| one.reader == reader) {
                continue;
            }
            let entry = reading.variables().get(name.as_str()).copied();
            let value = match entry.map(|entry| &entry.value) {
                Some(dotenv::Value::Known(text)) => Some(text),
                // What only running it would tell, and what stands behind such a line.
                Some(dotenv::Value::Unknown { .. }) => continue,
                None if reading.end == End::Lost => continue,
                Some(dotenv::Value::Missing) | None => None,
            };
            taken.push(Taken { reader, value });
        }
        let first = taken.first()?;
        let text = |one: &Taken<'_>| one.value.map(|value| value.as_str().to_owned());
        let other = taken.iter().find(|one| text(one) != text(first))?;
        let place = |one: &Taken<'_>| one.value.and_then(Text::span);
        let at: Span = place(first).or_else(|| place(other)).or_else(|| name.span())?;
        if !decides(name.as_str()) && !self.used.covers(at) {
            return None;
        }
        let said = |one: &Taken<'_>| {
            let value = one.value.map(Text::as_str);
            format!("{} to {}", shown(value), one.reader)
        };
        let message = format!("{name} is {}, and {}", said(first), said(other));
        let problem = Problem::at(ProblemKind::DotenvDialect, &file.path, at, message);
        Some(problem.help("write the value alone, in double quotes, with comments on lines of their own"))
    }
}

/// What people call the reader of a dialect.
fn program(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Compose => "docker compose",
        Dialect::Python | Dialect::PythonOverride => "python-dotenv",
        Dialect::Shell => "a shell",
        Dialect::Dotenvy | Dialect::DotenvyIter => "dotenvy",
        Dialect::Raw => "docker run --env-file",
        Dialect::Systemd => "systemd",
    }
}
