//! Which values decide a budget. A variable that nobody set is worth a word only there: compose projects have dozens of
//! optional ones, and a warning for each would bury the one that matters.

use super::path::{ITEM, Path, Pattern};

/// Fields that say what runs, how often, and from which image.
const FIELDS: &[Pattern] = &[
    &["services", "*", "image"],
    &["services", "*", "command"],
    &["services", "*", "command", ITEM],
    &["services", "*", "entrypoint"],
    &["services", "*", "entrypoint", ITEM],
    &["services", "*", "build"],
    &["services", "*", "build", "context"],
    &["services", "*", "build", "dockerfile"],
    &["services", "*", "build", "target"],
    &["services", "*", "build", "args", ITEM],
    &["services", "*", "build", "args", "*"],
    &["services", "*", "deploy", "replicas"],
    &["services", "*", "scale"],
    &["services", "*", "cpus"],
    &["services", "*", "env_file"],
    &["services", "*", "env_file", ITEM],
];

/// Parts of the names of variables that count something or say which database is dialled, as the corpus has them.
const NAMES: [&str; 14] = [
    "WORKERS",
    "CONCURRENCY",
    "PROCESSES",
    "THREADS",
    "REPLICAS",
    "POOL",
    "OVERFLOW",
    "MAX_CONN",
    "CONNECTION",
    "DATABASE_UR",
    "DB_UR",
    "POSTGRES_UR",
    "DSN",
    "CMD_ARGS",
];

/// Whether the scalar `text` at `path` decides a budget.
pub(super) fn decides(path: &Path<'_>, text: &str) -> bool {
    if path.matches(&["services", "*", "environment", "*"]) {
        let name = if path.last() == ITEM { text.split('=').next().unwrap_or(text) } else { path.last() };
        return is_deciding_name(name);
    }
    FIELDS.iter().any(|field| path.matches(field))
}

/// Whether a variable of this name decides a budget.
pub(super) fn is_deciding_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_variables_only_counts_and_databases_decide() {
        let services = Path::TOP.child("services");
        let service = services.child("web");
        let environment = service.child("environment");
        assert!(decides(&environment.child("WEB_CONCURRENCY"), "${N}"));
        assert!(decides(&environment.child(ITEM), "DATABASE_URL=${URL}"));
        assert!(!decides(&environment.child(ITEM), "SENTRY=${DATABASE_URL}"));
        assert!(decides(&service.child("command"), "gunicorn -w ${N}"));
        assert!(!decides(&service.child("labels"), "${N}"));
    }
}
