//! One model laid over another, each field by its own rule.
//!
//! Source: compose-go v2.4.8, `override/merge.go`.

use std::collections::HashSet;

use super::path::{Path, Pattern};
use super::refusals::Refusals;
use super::value::{Data, Entry, Kind, Map, Value, set_implied};
use crate::source::Span;
use crate::trace::Text;

/// How a field is merged that is not merged by what it is.
#[derive(Clone, Copy)]
enum Rule {
    /// The later one takes the place of the earlier.
    Replace,
    /// Both become lists, one behind the other.
    Append,
    /// Both become lists, without repetitions.
    ExtraHosts,
    /// A string is the context.
    Build,
    /// A list names services that have to be started.
    DependsOn,
    /// A list names networks.
    Networks,
    /// Options are merged only where both name the same driver, or one names none.
    Logging,
}

/// `mergeSpecials`.
const RULES: &[(Pattern, Rule)] = &[
    (&["networks", "*", "ipam", "config"], Rule::Replace),
    (&["networks", "*", "labels"], Rule::Append),
    (&["volumes", "*", "labels"], Rule::Append),
    (&["services", "*", "annotations"], Rule::Append),
    (&["services", "*", "build"], Rule::Build),
    (&["services", "*", "build", "args"], Rule::Append),
    (&["services", "*", "build", "additional_contexts"], Rule::Append),
    (&["services", "*", "build", "extra_hosts"], Rule::ExtraHosts),
    (&["services", "*", "build", "labels"], Rule::Append),
    (&["services", "*", "command"], Rule::Replace),
    (&["services", "*", "depends_on"], Rule::DependsOn),
    (&["services", "*", "deploy", "labels"], Rule::Append),
    (&["services", "*", "dns"], Rule::Append),
    (&["services", "*", "dns_opt"], Rule::Append),
    (&["services", "*", "dns_search"], Rule::Append),
    (&["services", "*", "entrypoint"], Rule::Replace),
    (&["services", "*", "env_file"], Rule::Append),
    (&["services", "*", "label_file"], Rule::Append),
    (&["services", "*", "environment"], Rule::Append),
    (&["services", "*", "extra_hosts"], Rule::ExtraHosts),
    (&["services", "*", "healthcheck", "test"], Rule::Replace),
    (&["services", "*", "labels"], Rule::Append),
    (&["services", "*", "logging"], Rule::Logging),
    (&["services", "*", "networks"], Rule::Networks),
    (&["services", "*", "sysctls"], Rule::Append),
    (&["services", "*", "tmpfs"], Rule::Append),
    (&["services", "*", "ulimits", "*"], Rule::Replace),
];

/// Lays `over` over `base`.
pub(super) fn merge(base: Map, over: Map, refusals: &mut Refusals<'_>) -> Map {
    Merge { refusals }.mappings(base, over, &Path::TOP)
}

/// Lays a service over the one that it extends.
pub(super) fn extend(base: Value, over: Value, refusals: &mut Refusals<'_>) -> Value {
    let services = Path::TOP.child("services");
    Merge { refusals }.values(base, over, &services.child("x"))
}

struct Merge<'a, 'r> {
    refusals: &'a mut Refusals<'r>,
}

impl Merge<'_, '_> {
    fn values(&mut self, base: Value, over: Value, path: &Path<'_>) -> Value {
        if let Some((_, rule)) = RULES.iter().find(|(pattern, _)| path.matches(pattern)) {
            return self.by_rule(*rule, base, over, path);
        }
        if over.is_null() {
            return base;
        }
        let span = over.span;
        match (base.data, over.data) {
            (Data::Map(base), Data::Map(over)) => Value::map(self.mappings(base, over, path), span),
            (Data::List(mut base), Data::List(over)) => {
                base.extend(over);
                Value::list(base, span)
            }
            (Data::Scalar(_), data) => Value { data, span },
            (Data::Map(_) | Data::List(_), data) => {
                self.refusals.malformed(
                    span,
                    format!("{path} is something else in the file before, so this cannot be laid over it"),
                );
                Value { data, span }
            }
        }
    }

    fn mappings(&mut self, mut base: Map, over: Map, path: &Path<'_>) -> Map {
        for (name, entry) in over {
            let Some(below) = base.get_mut(&name).filter(|_| !name.starts_with("x-")) else {
                base.insert(name, entry);
                continue;
            };
            let span = below.value.span;
            let value = std::mem::replace(&mut below.value, Value::null(span));
            below.value = self.values(value, entry.value, &path.child(&name));
        }
        base
    }

    fn by_rule(&mut self, rule: Rule, base: Value, over: Value, path: &Path<'_>) -> Value {
        let span = over.span;
        match rule {
            Rule::Replace => over,
            Rule::Append => {
                let mut items = sequence(base);
                items.extend(sequence(over));
                Value::list(items, span)
            }
            Rule::ExtraHosts => {
                let mut items = sequence(base);
                let known: HashSet<String> =
                    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
                items.extend(
                    sequence(over)
                        .into_iter()
                        .filter(|item| !item.as_str().is_some_and(|item| known.contains(item))),
                );
                Value::list(items, span)
            }
            Rule::Build => Value::map(self.mappings(build(base), build(over), path), span),
            Rule::DependsOn => {
                Value::map(self.mappings(mapping_of(base, started), mapping_of(over, started), path), span)
            }
            Rule::Networks => {
                let (base, over) = (mapping_of(base, Value::null), mapping_of(over, Value::null));
                Value::map(self.mappings(base, over, path), span)
            }
            Rule::Logging => self.logging(base, over, path),
        }
    }

    fn logging(&mut self, base: Value, over: Value, path: &Path<'_>) -> Value {
        let differ = match (base.get("driver"), over.get("driver")) {
            (Some(base), Some(over)) => !base.says_the_same(over),
            _ => false,
        };
        let span = over.span;
        match (base.data, over.data) {
            (Data::Map(base), Data::Map(over)) if !differ => {
                Value::map(self.mappings(base, over, path), span)
            }
            (_, data) => Value { data, span },
        }
    }
}

/// A build as a mapping; a string is its context.
fn build(value: Value) -> Map {
    match value.data {
        Data::Map(map) => map,
        Data::Scalar(ref scalar) if scalar.kind == Kind::String => {
            let mut map = Map::new();
            set_implied(&mut map, "context", value);
            map
        }
        Data::Scalar(_) | Data::List(_) => Map::new(),
    }
}

/// `convertIntoSequence`: a mapping becomes `KEY=value` items, sorted; a string a list of one.
fn sequence(value: Value) -> Vec<Value> {
    match value.data {
        Data::List(items) => items,
        Data::Map(map) => {
            let mut items: Vec<Value> = map.into_values().flat_map(pairs).collect();
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items
        }
        Data::Scalar(ref scalar) if scalar.kind == Kind::String => vec![value],
        Data::Scalar(_) => Vec::new(),
    }
}

/// One `KEY=value` for an entry; several where the value is a list, as `extra_hosts` may have it.
fn pairs(entry: Entry) -> Vec<Value> {
    let Entry { key, value } = entry;
    let span = value.span;
    match value.data {
        Data::Scalar(scalar) if scalar.kind == Kind::Null => vec![Value::string(key, span)],
        Data::Scalar(scalar) => vec![pair(&key, &scalar.text, span)],
        Data::List(items) => {
            items.iter().filter_map(|item| Some(pair(&key, &item.as_scalar()?.text, item.span))).collect()
        }
        // The schema refuses it; compose would print Go's form of a map here.
        Data::Map(_) => vec![Value::string(key, span)],
    }
}

fn pair(key: &Text, value: &Text, span: Span) -> Value {
    let mut text = key.clone();
    text.push(&Text::traced("=", key.trail()));
    text.push(value);
    Value::string(text, span)
}

/// `convertIntoMapping`: a list of names becomes a mapping of them to what `default` says.
pub(super) fn mapping_of(value: Value, default: fn(Span) -> Value) -> Map {
    match value.data {
        Data::Map(map) => map,
        Data::List(items) => items
            .into_iter()
            .filter_map(|item| {
                let name = item.as_text()?.clone();
                Some((name.as_str().to_owned(), Entry::new(name, default(item.span))))
            })
            .collect(),
        Data::Scalar(_) => Map::new(),
    }
}

/// What a bare name in `depends_on` means.
pub(super) fn started(span: Span) -> Value {
    let mut map = Map::new();
    set_implied(&mut map, "condition", Value::string(Text::decoded("service_started", span), span));
    set_implied(&mut map, "required", Value::scalar(Text::decoded("true", span), Kind::Bool(true), span));
    Value::map(map, span)
}
