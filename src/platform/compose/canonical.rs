//! Short forms made long, so that the next file is laid over one form alone.
//!
//! Source: compose-go v2.4.8, `transform/`. Ports, ulimits and devices keep their form: nothing here asks for them.

use super::merge::{mapping_of, started};
use super::refusals::Refusals;
use super::value::{Data, Kind, Map, Value, set_implied};
use super::volume;
use crate::source::Span;
use crate::trace::Text;

/// Makes the short forms of `model` long.
pub(super) fn canonicalise(model: &mut Map, refusals: &mut Refusals<'_>) {
    let Some(services) = model.get_mut("services").and_then(|entry| entry.value.as_map_mut()) else { return };
    for entry in services.values_mut() {
        if let Some(service) = entry.value.as_map_mut() {
            canonicalise_service(service, refusals);
        }
    }
}

fn canonicalise_service(service: &mut Map, refusals: &mut Refusals<'_>) {
    change(service, "build", |build| short(build, "context"));
    if let Some(build) = service.get_mut("build").and_then(|entry| entry.value.as_map_mut()) {
        change(build, "additional_contexts", key_values);
    }
    change(service, "depends_on", depends_on);
    change(service, "env_file", env_file);
    change(service, "extends", |extends| short(extends, "service"));
    change(service, "networks", networks);
    for key in ["label_file", "dns"] {
        change(service, key, list);
    }
    for key in ["configs", "secrets"] {
        change_items(service, key, |item| short(item, "source"));
    }
    change_items(service, "volumes", |item| mount(item, refusals));
}

fn change(map: &mut Map, key: &str, change: impl FnOnce(Value) -> Value) {
    if let Some(entry) = map.get_mut(key) {
        let span = entry.value.span;
        entry.value = change(std::mem::replace(&mut entry.value, Value::null(span)));
    }
}

fn change_items(map: &mut Map, key: &str, mut change: impl FnMut(Value) -> Value) {
    if let Some(entry) = map.get_mut(key)
        && let Data::List(items) = &mut entry.value.data
    {
        *items = items.drain(..).map(&mut change).collect();
    }
}

fn is_string(value: &Value) -> bool {
    value.as_text().is_some()
}

/// A string becomes a mapping that has it under `key`.
fn short(value: Value, key: &str) -> Value {
    if !is_string(&value) {
        return value;
    }
    let span = value.span;
    let mut map = Map::new();
    set_implied(&mut map, key, value);
    Value::map(map, span)
}

/// A string becomes a list of one.
fn list(value: Value) -> Value {
    let span = value.span;
    if is_string(&value) { Value::list(vec![value], span) } else { value }
}

fn key_values(value: Value) -> Value {
    let Data::List(items) = value.data else { return value };
    let pairs = items.into_iter().filter_map(|item| {
        let (key, text) = item.as_text()?.split_once('=')?;
        let value = Value::string(text, item.span);
        Some((key.as_str().to_owned(), super::value::Entry::new(key, value)))
    });
    Value::map(pairs.collect(), value.span)
}

fn depends_on(value: Value) -> Value {
    if value.as_scalar().is_some() {
        return value;
    }
    let span = value.span;
    let mut services = mapping_of(value, started);
    for entry in services.values_mut() {
        let span = entry.value.span;
        if let Some(map) = entry.value.as_map_mut() {
            if !map.contains_key("condition") {
                set_implied(map, "condition", Value::string(Text::decoded("service_started", span), span));
            }
            if !map.contains_key("required") {
                set_implied(map, "required", truth(span));
            }
        }
    }
    Value::map(services, span)
}

fn env_file(value: Value) -> Value {
    let span = value.span;
    let value = list(value);
    let Data::List(items) = value.data else { return value };
    let files = items.into_iter().map(|item| {
        let span = item.span;
        let mut file = short(item, "path");
        if let Some(map) = file.as_map_mut()
            && !map.contains_key("required")
        {
            set_implied(map, "required", truth(span));
        }
        file
    });
    Value::list(files.collect(), span)
}

fn networks(value: Value) -> Value {
    let span = value.span;
    match value.data {
        Data::List(_) => Value::map(mapping_of(value, Value::null), span),
        _ => value,
    }
}

fn mount(value: Value, refusals: &mut Refusals<'_>) -> Value {
    let span = value.span;
    let Some(spec) = value.as_text() else { return value };
    let parsed = match volume::parse(spec) {
        Ok(parsed) => parsed,
        Err(message) => {
            refusals.malformed(span, message);
            return value;
        }
    };
    let mut map = Map::new();
    let kind = if parsed.is_bind() { "bind" } else { "volume" };
    set_implied(&mut map, "type", Value::string(Text::decoded(kind, span), span));
    if let Some(source) = parsed.source {
        set_implied(&mut map, "source", Value::string(source, span));
    }
    set_implied(&mut map, "target", Value::string(parsed.target, span));
    Value::map(map, span)
}

fn truth(span: Span) -> Value {
    Value::scalar(Text::decoded("true", span), Kind::Bool(true), span)
}
