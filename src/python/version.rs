//! Which major version of a library a project asks for, where that changes how many connections a pool allows.

use crate::source::TreePath;

use super::machine::Machine;
use super::search::{join, parent};

const FILES: [&str; 9] = [
    "uv.lock",
    "poetry.lock",
    "Pipfile.lock",
    "requirements.txt",
    "requirements/base.txt",
    "requirements/production.txt",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
];

impl Machine<'_> {
    /// Whether the files beside or above the entry certainly ask for a SQLAlchemy before 2.0.
    pub(crate) fn has_old_sqlalchemy(&self) -> bool {
        self.required_major("sqlalchemy").is_some_and(|major| major < 2)
    }

    /// The major version of `package` that the files beside or above the entry ask for.
    pub(crate) fn required_major(&self, package: &str) -> Option<u32> {
        let unit = self.program.units.first()?;
        let mut folder = parent(&unit.found.inside);
        loop {
            for name in FILES {
                let file = self.search.file(&join(&folder, name));
                if let Some(major) = file.and_then(|file| self.major(&file, package)) {
                    return Some(major);
                }
            }
            if folder == "/" {
                return None;
            }
            folder = parent(&folder);
        }
    }

    fn major(&self, file: &TreePath, package: &str) -> Option<u32> {
        let file = self.search.load(file).ok()?;
        let text = file.text.to_ascii_lowercase().replace('_', "-");
        let locked = format!("name = \"{package}\"");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            if line == locked {
                return lines.next().and_then(|version| first_number(version.split_once('"')?.1));
            }
            let Some((before, rest)) = line.split_once(package) else { continue };
            // Another package whose name only ends alike: `flask-sqlalchemy`.
            if before.ends_with(|c: char| c.is_ascii_alphanumeric() || "-.".contains(c)) {
                continue;
            }
            if let Some(major) = pinned(rest) {
                return Some(major);
            }
        }
        None
    }
}

/// The major version that `==1.4.54`, `~=1.4`, `<2`, `= "^1.4"` or `": {… "version": "==1.4"` asks for.
fn pinned(rest: &str) -> Option<u32> {
    let rest = rest.trim_start_matches(['"', '\'', ' ']);
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    // Another package whose name only begins alike: `sqlalchemy-utils`.
    let rest = rest.trim_start();
    if let Some((_, limit)) = rest.split_once('<') {
        let limit = limit.trim_start_matches('=').trim();
        return first_number(limit)
            .map(|major| if limit.starts_with("2.0") || major == 2 { 1 } else { major });
    }
    for operator in ["==", "~=", "= \"^", "= \"~", "= \"==", "= \""] {
        if let Some(version) = rest.strip_prefix(operator) {
            return first_number(version.trim());
        }
    }
    None
}

fn first_number(text: &str) -> Option<u32> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
