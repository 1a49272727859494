//! What a database of Django's is set to: Django 5.2, `conf/global_settings.py`, `db/utils.py` and
//! `db/backends/postgresql/base.py`.

use crate::pool::{Meaning, Purpose, Setting};
use crate::python::{Machine, Value};
use crate::source::Span;
use crate::trace::{Text, Trail};

use super::super::setting::{Default, Known, disabled, seconds, threshold, truth, words};
use super::entry;

const MAX_AGE: Known = Known {
    purpose: Purpose::Recycle,
    name: "CONN_MAX_AGE",
    of: "Django CONN_MAX_AGE",
    default: Default::Number(0),
    meaning: seconds,
};
const HEALTH_CHECKS: Known = Known {
    purpose: Purpose::PrePing,
    name: "CONN_HEALTH_CHECKS",
    of: "Django CONN_HEALTH_CHECKS",
    default: Default::Flag(false),
    meaning: truth,
};
const CURSORS: Known = Known {
    purpose: Purpose::ServerSideCursors,
    name: "DISABLE_SERVER_SIDE_CURSORS",
    of: "Django DISABLE_SERVER_SIDE_CURSORS",
    default: Default::Flag(false),
    meaning: disabled,
};
/// "Disable prepared statements by default to keep connection poolers working" (`base.py`, `get_connection_params`).
const STATEMENTS: Known = Known {
    purpose: Purpose::PreparedStatements,
    name: "prepare_threshold",
    of: "Django prepare_threshold",
    default: Default::None,
    meaning: threshold,
};

/// The settings of a database; `engine` and `host` are as they were found.
pub(super) fn all(
    machine: &Machine<'_>,
    config: &Value,
    options: Option<&Value>,
    (engine, host): (&Value, Option<&Text>),
    place: Span,
) -> Vec<Setting> {
    let mut all = vec![Setting {
        purpose: Purpose::Backend,
        name: "ENGINE",
        words: words(engine),
        meaning: Meaning::Text(words(engine)),
        trail: engine.trail().unwrap_or_else(|| Trail::written(place)),
    }];
    all.extend(
        [MAX_AGE, HEALTH_CHECKS, CURSORS].map(|known| known.read(entry(machine, config, known.name), place)),
    );
    let threshold = options.and_then(|options| {
        machine.entries(options)?;
        entry(machine, options, STATEMENTS.name)
    });
    all.push(STATEMENTS.read(threshold, place));
    if let Some(host) = host {
        all.push(Setting {
            purpose: Purpose::Host,
            name: "HOST",
            words: host.to_string(),
            meaning: Meaning::Text(host.to_string()),
            trail: host.trail(),
        });
    }
    all
}
