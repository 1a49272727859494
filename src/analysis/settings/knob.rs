//! The size of a pool that stands in an environment and that nothing reads: whoever set it believes that it holds.
//!
//! That nobody reads a variable is only said where every program that gets it is followed in its source, and where nothing
//! of the tree names it, or takes all of the environment, or puts names together.

use super::{Look, number};
use crate::client::convention;
use crate::deployment::Deployment;
use crate::source::{Span, TreePath};
use crate::trace::{Problem, ProblemKind, Text};

/// Folders that hold other people's code.
const SKIPPED: [&str; 8] =
    [".git", "node_modules", ".venv", "venv", "__pycache__", "site-packages", "vendor", ".tox"];
/// Ends of the names of files that nothing reads a variable in.
const NO_CODE: [&str; 14] = [
    ".md", ".rst", ".txt", ".lock", ".svg", ".png", ".jpg", ".gif", ".ico", ".pdf", ".woff2", ".csv", ".po",
    ".html",
];
/// Code that takes the whole environment, whatever its names are.
const TAKES_ALL: [&str; 9] = [
    "environ.items",
    "environ.keys",
    "environ)",
    "environ,",
    "environ.copy",
    "**os.environ",
    "in os.environ",
    "dynaconf",
    "process.env)",
];
/// Code that puts something in front of the names that it reads.
const PREFIXES: [&str; 5] =
    ["env_prefix", "prefixed(", "environ_prefix", "env_nested_delimiter", "Env(prefix"];

impl Look<'_> {
    /// One problem for each such variable.
    pub(super) fn knobs(&self, deployment: &Deployment) -> Vec<Problem> {
        let mut found: Vec<(&str, &Text, Span)> = Vec::new();
        for (name, value) in self.seen.iter().flat_map(|seen| seen.environment.iter()) {
            let Some(at) = value.span().filter(|_| convention::names(name) && number(value).is_some()) else {
                continue;
            };
            let used = value.places().any(|place| self.used.covers(place));
            if !used && found.iter().all(|(_, _, known)| *known != at) && self.is_followed(name) {
                found.push((name, value, at));
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let files = self.sources.tree().walk(&TreePath::root(), &|name| SKIPPED.contains(&name));
        let pool =
            deployment.groups.iter().flat_map(|group| &group.pools).find_map(|placed| placed.pool.place);
        let unread = found.into_iter().filter(|(name, ..)| !files.iter().any(|path| self.reads(path, name)));
        unread
            .map(|(name, value, at)| {
                let path = &self.sources.file(at.file).path;
                let message = format!("{name} is {value}, and nothing among these files reads it");
                let problem = Problem::at(ProblemKind::KnobNobodyReads, path, at, message);
                match pool {
                    Some(pool) => problem.note(pool, "the pool that it does not change"),
                    None => problem,
                }
            })
            .collect()
    }

    /// Whether the source of every program is here that gets the variable.
    fn is_followed(&self, name: &str) -> bool {
        let mut getting = self.seen.iter().filter(|seen| seen.environment.get(name).is_some());
        getting.all(|seen| seen.is_followed)
    }

    /// Whether the file may read the variable.
    fn reads(&self, path: &TreePath, name: &str) -> bool {
        let file_name = path.file_name();
        if NO_CODE.iter().any(|end| file_name.ends_with(end)) || self.is_dotenv(path) {
            return false;
        }
        // What cannot be read may say anything.
        let Ok(file) = self.sources.load_lossy(path) else { return false };
        let text = &*file.text;
        let is_yaml = [".yml", ".yaml"].iter().any(|end| file_name.ends_with(end));
        if is_yaml || file_name.to_ascii_lowercase().contains("dockerfile") {
            return interpolates(text, name);
        }
        if mentions(text, name) {
            return true;
        }
        let is_code = [".py", ".js", ".ts", ".rb", ".go", ".rs"].iter().any(|end| file_name.ends_with(end));
        is_code && (TAKES_ALL.iter().any(|words| text.contains(words)) || puts_together(text, name))
    }

    fn is_dotenv(&self, path: &TreePath) -> bool {
        let name = path.file_name();
        self.files.contains(path)
            || name.starts_with(".env")
            || name.strip_suffix(".env").is_some()
            || name.starts_with("env.")
    }
}

/// Whether `name` stands in the text, in letters of either case.
fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.as_bytes(), name.as_bytes());
    text.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name))
}

/// Whether `$NAME` or `${NAME…}` stands in the text.
fn interpolates(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| text[..at].ends_with(['$', '{']))
}

/// Whether a part of `name` stands in the text as a string's end, behind something that is put in front of it, or its
/// end may be the name of a setting whose prefix stands elsewhere.
fn puts_together(text: &str, name: &str) -> bool {
    let mut tails = name.match_indices('_').flat_map(|(at, _)| [&name[at..], &name[at + 1..]]);
    let has_prefix = PREFIXES.iter().any(|word| text.contains(word));
    tails.any(|tail| {
        let joined = text.match_indices(tail).any(|(at, _)| {
            text[..at].ends_with(['"', '\'', '}']) && text[at + tail.len()..].starts_with(['"', '\''])
        });
        joined || (has_prefix && mentions(text, tail.trim_start_matches('_')))
    })
}

#[cfg(test)]
mod tests {
    use super::{interpolates, mentions, puts_together};

    #[test]
    fn a_name_may_be_put_together() {
        let name = "DB_POOL_SIZE";
        assert!(mentions("class Settings:\n    db_pool_size: int = 5", name));
        assert!(puts_together("os.environ[f\"{PREFIX}_POOL_SIZE\"]", name));
        assert!(puts_together("env(\"POOL_SIZE\")", name));
        assert!(puts_together("env_prefix = \"DB_\"\npool_size: int", name));
        assert!(!puts_together("create_engine(url, pool_size=5)", name));
        assert!(interpolates("command: app --pool ${DB_POOL_SIZE:-5}", name));
        assert!(!interpolates("environment:\n  DB_POOL_SIZE: 5", name));
    }
}
