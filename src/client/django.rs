//! Django: what `DATABASES` comes to. There is no pool: each thread that uses a database has a connection of its own
//! (facts, C2; Django 5.2, `db/utils.py` and `utils/connection.py`), unless `OPTIONS["pool"]` or the backend brings one.

mod backend;
mod choice;
mod follow;
mod setting;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;

use crate::pool::Url;
use crate::python::{Gap, HOLE, Key, Machine, Settings, Value};
use crate::source::Span;
use crate::trace::{ProblemKind, Text, Unknown};

use backend::Backend;
use choice::{Choice, choose};

/// Imports that use the database; `django.utils` alone does not.
const USES: [&str; 8] = [
    "django.db",
    "django.contrib",
    "django.setup",
    "django.apps",
    "django.core.wsgi",
    "django.core.asgi",
    "django.core.management",
    "configurations",
];

/// Adds the connections of a program that uses Django; whether it does.
pub(crate) fn settle(machine: &mut Machine<'_>, place: Span) -> bool {
    let django = machine.imported_from(&["django", "configurations"]);
    // celery takes Django's settings up by itself where they are named (celery/fixups/django.py).
    let celery = || machine.imported_from(&["celery"]);
    let Some(used) = django.or_else(celery).or_else(|| machine.runs_settings().then_some(place)) else {
        return false;
    };
    match machine.django_settings(used) {
        Settings::Unset => {
            let Some(at) = machine.imported_from(&USES) else { return false };
            machine
                .unknown_pools("Django's settings are not known: nothing names DJANGO_SETTINGS_MODULE", at);
        }
        Settings::Unknown(gap) => {
            let at = gap.trail.place().unwrap_or(used);
            machine.unknown_pools(format!("which settings Django has is not known: {}", gap.why), at);
        }
        Settings::Missing(name) => {
            let at = name.span().unwrap_or(used);
            machine.unknown_pools(format!("Django's settings, {name}, are not among these files"), at);
        }
        Settings::Found(all) => {
            databases(machine, &all, used);
            for settings in &all {
                follow::settings(machine, settings, used);
            }
        }
    }
    true
}

/// The databases of every settings module that there may be.
fn databases(machine: &mut Machine<'_>, all: &[Value], used: Span) {
    let mut aliases: IndexMap<Key, Vec<Value>> = IndexMap::new();
    for settings in all {
        let Some(databases) = machine.setting_of(settings, "DATABASES", used) else {
            if let Some((module, at)) = machine.missing_stars.first().cloned() {
                let why = format!("`DATABASES` may be set in {module}, which is not among these files");
                machine.unknown_pools(why, at);
            }
            continue;
        };
        for one in databases.into_alternatives() {
            let Some((known, rest)) = machine.entries(&one) else {
                let gap = Gap::of(&one, used);
                let at = gap.trail.place().unwrap_or(used);
                machine.unknown_pools(format!("`DATABASES` is not known: {}", gap.why), at);
                continue;
            };
            if let Some(gap) = rest {
                let at = gap.trail.place().unwrap_or(used);
                machine.unknown_pools(format!("`DATABASES` may have more of them: {}", gap.why), at);
            }
            for (alias, config) in known {
                aliases.entry(alias).or_default().extend(config.into_alternatives());
            }
        }
    }
    for (alias, configs) in aliases {
        let mut choices: Vec<Choice> = Vec::new();
        for config in configs {
            match config {
                Value::Absent | Value::None(_) => {}
                config => choices.extend(connection(machine, &alias, &config, used)),
            }
        }
        if let Some(pool) = choose(&alias, &choices) {
            let place = pool.place.unwrap_or(used);
            machine.keep_pool(pool, place);
        }
    }
}

/// What one configuration of a database comes to; `None` where it dials no PostgreSQL.
fn connection(machine: &mut Machine<'_>, alias: &str, config: &Value, used: Span) -> Option<Choice> {
    if machine.entries(config).is_none() {
        let gap = Gap::of(config, used);
        let at = gap.trail.place().unwrap_or(used);
        machine.unknown_pools(format!("the database `{alias}` is not known: {}", gap.why), at);
        return None;
    }
    let engine = entry(machine, config, "ENGINE")?;
    let (backend, engine) = Backend::of(machine, engine, used)?;
    let last = engine.trail().and_then(|trail| trail.last().span());
    let place = last.or_else(|| engine.place()).unwrap_or(used);
    let age = entry(machine, config, "CONN_MAX_AGE");
    let is_kept = age.as_ref().is_some_and(|age| !age.clone().into_alternatives().iter().all(is_zero));
    let options = entry(machine, config, "OPTIONS");
    let (url, host) = url(machine, config, options.as_ref());
    let settings = setting::all(machine, config, options.as_ref(), (&engine, host.as_ref()), place);
    let pool = backend.pool(machine, config, options.as_ref(), place);
    if is_kept
        && let (Some(age), choice::Kept::Pool(_)) = (&age, &pool)
        && matches!(age, Value::Int(_) | Value::None(_))
        && backend == Backend::Postgres
    {
        let at = age.place().unwrap_or(place);
        machine.refuse(
            ProblemKind::RefusedArgument,
            at,
            "Django refuses CONN_MAX_AGE beside OPTIONS[\"pool\"]: a pool has no persistent connections",
        );
    }
    Some(Choice { is_kept, pool, url, place, settings })
}

/// A setting of a database; what is spread into it and not known may be any.
fn entry(machine: &Machine<'_>, config: &Value, name: &str) -> Option<Value> {
    let (known, rest) = machine.entries(config)?;
    let found = known.into_iter().find(|(key, _)| key == name).map(|(_, value)| value);
    match (found, rest) {
        (Some(value), Some(gap)) if value.may_be_absent() => {
            Some(value.present().map_or(Value::Unknown(gap.clone()), |value| value.join(Value::Unknown(gap))))
        }
        (Some(value), _) => Some(value).filter(|value| !matches!(value, Value::Absent)),
        (None, Some(gap)) => Some(Value::Unknown(gap)),
        (None, None) => None,
    }
}

/// Where the database is, by its host, its service or libpq's own variable, and that host.
fn url(machine: &Machine<'_>, config: &Value, options: Option<&Value>) -> (Url, Option<Text>) {
    let is_set = |value: &Value| match value {
        Value::Absent | Value::None(_) => false,
        Value::Text(text) => !text.is_empty(),
        _ => true,
    };
    let given = entry(machine, config, "HOST").map(Value::into_alternatives).unwrap_or_default();
    let mut hosts: Vec<Value> = given.into_iter().filter(is_set).collect();
    // <https://docs.djangoproject.com/en/5.2/ref/databases/#postgresql-connection-settings>
    let service = options.and_then(|options| entry(machine, options, "service"));
    if let (true, Some(Value::Text(name))) = (hosts.is_empty(), service) {
        let mut url = Text::traced("postgresql:///?service=", name.trail());
        url.push(&name);
        return (Url::Known(url), None);
    }
    if hosts.is_empty() {
        hosts.extend(machine.process_variable("PGHOST").filter(is_set));
    }
    match (hosts.len(), hosts.pop()) {
        (1, Some(Value::Text(host))) if !host.as_str().starts_with('/') => {
            (Url::Known(address(machine, config, &host)), Some(host))
        }
        (1, Some(Value::Text(_))) | (0, _) => (unknown("it is a local socket"), None),
        (1, Some(Value::Unknown(gap))) => (unknown(&gap.why), None),
        (1, _) => (unknown("its host is not known"), None),
        _ => (unknown("its host may be one of several"), None),
    }
}

/// `postgresql://USER@HOST:PORT/NAME` as far as the settings say it: a pooler asks who logs in, and to which database.
fn address(machine: &Machine<'_>, config: &Value, host: &Text) -> Text {
    let plain = |name: &str| {
        let known = match entry(machine, config, name) {
            Some(Value::Text(text)) => text.to_string(),
            Some(Value::Int(number)) => number.value.to_string(),
            None | Some(Value::None(_)) => String::new(),
            Some(_) => HOLE.to_string(),
        };
        let is_plain = known.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        if is_plain { known } else { HOLE.to_string() }
    };
    let (user, port, name) = (plain("USER"), plain("PORT"), plain("NAME"));
    let user = if user.is_empty() { user } else { format!("{user}@") };
    let port = if port.is_empty() || port.contains(HOLE) { String::new() } else { format!(":{port}") };
    let mut url = Text::traced(format!("postgresql://{user}"), host.trail());
    url.push(host);
    url.push(&Text::traced(format!("{port}/{name}"), host.trail()));
    url
}

fn unknown(why: &str) -> Url {
    Url::Unknown(Unknown { floor: 0, term: None, why: why.into() })
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Absent => true,
        Value::Int(number) => number.value == 0,
        Value::Float(number) => number.value == 0.0,
        Value::Bool(truth) => !truth.value,
        Value::Text(text) => text.as_str().trim() == "0",
        _ => false,
    }
}
