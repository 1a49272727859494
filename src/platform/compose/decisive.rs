//! Where in a compose file a variable without value may change the budget. Compose warns of each; a deployment with twenty
//! optional variables would bury what matters.

use super::path::{ITEM, Path};
use crate::platform::decides;
use crate::source::Span;
use crate::syntax::dotenv::Reading;
use crate::trace::Text;

/// Fields of a service that say what runs, how often, and what it sees, with everything in them.
const FIELDS: [&str; 11] = [
    "command",
    "entrypoint",
    "image",
    "working_dir",
    "scale",
    "cpus",
    "env_file",
    "profiles",
    "volumes",
    "configs",
    "extends",
];

/// Whether `name`, a variable without value in `template` at `path`, may change the budget.
pub(super) fn in_model(path: &Path<'_>, template: &Text, name: &str) -> bool {
    match path.keys().as_slice() {
        ["services", _, field, ..] if FIELDS.contains(field) => true,
        ["services", _, "build", part, ..] => {
            ["context", "dockerfile", "dockerfile_inline", "target", "args", "additional_contexts"]
                .contains(part)
        }
        ["services", _, "deploy", "replicas" | "mode"]
        | ["services", _, "deploy", "resources", "limits", "cpus"]
        | ["services", _, "build"]
        | ["configs" | "include", ..] => true,
        ["services", _, "environment", ITEM] => {
            let key = template.as_str().split('=').next().unwrap_or_default();
            decides(key) || decides(name)
        }
        ["services", _, "environment", key] => decides(key) || decides(name),
        _ => false,
    }
}

/// Whether `name`, a variable without value in a dotenv file, may change the budget: by its own name, or by that of the
/// variable whose value it stands in.
pub(super) fn in_dotenv(reading: &Reading, name: &Text) -> bool {
    let before = |span: Span, other: Span| span.file == other.file && span.start <= other.start;
    let owner = reading.entries.iter().rev().find(|entry| match (entry.name.span(), name.span()) {
        (Some(entry), Some(name)) => before(entry, name),
        _ => false,
    });
    decides(name.as_str()) || owner.is_some_and(|owner| decides(owner.name.as_str()))
}
