//! What compose asks of configs and secrets beyond the schema.
//!
//! Source: compose-go v2.4.8, `validation/validation.go`.

use super::refusals::Refusals;
use super::value::Map;

/// Refuses configs and secrets that do not say where their content comes from, or say it twice.
pub(super) fn check(model: &Map, refusals: &mut Refusals<'_>) {
    for (section, keys) in
        [("configs", &["file", "environment", "content"][..]), ("secrets", &["file", "environment"])]
    {
        let Some(objects) = model.get(section).and_then(|entry| entry.value.as_map()) else { continue };
        for (name, entry) in objects {
            let Some(object) = entry.value.as_map() else { continue };
            let sources = keys.iter().filter(|key| object.contains_key(**key)).count();
            let elsewhere = ["driver", "external"].iter().any(|key| object.contains_key(*key));
            let place = entry.key.used_at().unwrap_or(entry.value.span);
            if sources > 1 {
                refusals
                    .malformed(place, format!("{section}.{name} has more than one of {}", keys.join(", ")));
            } else if sources == 0 && !elsewhere {
                refusals.malformed(place, format!("{section}.{name} needs one of {}", keys.join(", ")));
            }
        }
    }
}
