//! What compose asks of a whole project before it takes it.
//!
//! Source: compose-go v2.4.8, `loader/validate.go`, and `loader/normalize.go` for what a service depends on.

use std::collections::{HashMap, HashSet};

use super::decode;
use super::refusals::Refusals;
use super::value::{Entry, Kind, Map, Value};
use crate::source::Span;
use crate::trace::Text;

/// A project whose services are told apart by their profiles.
pub(super) struct Project<'a> {
    /// The whole model.
    pub(super) model: &'a Map,
    /// The services that are started.
    pub(super) enabled: Vec<&'a Entry>,
    /// The names of those that their profiles keep from it.
    pub(super) disabled: HashSet<&'a str>,
}

/// One service that another one needs.
struct Dependency<'a> {
    name: &'a str,
    required: bool,
    place: Span,
}

impl Project<'_> {
    /// Refuses what does not fit together.
    pub(super) fn check(&self, refusals: &mut Refusals<'_>) {
        let names: HashSet<&str> = self.enabled.iter().map(|entry| entry.key.as_str()).collect();
        for entry in &self.enabled {
            let Some(service) = entry.value.as_map() else { continue };
            let service = Service { name: &entry.key, map: service, place: place_of(entry) };
            service.check(refusals);
            self.check_references(&service, refusals);
            self.check_dependencies(&service, &names, refusals);
        }
        self.check_cycles(&names, refusals);
    }

    fn check_references(&self, service: &Service<'_>, refusals: &mut Refusals<'_>) {
        let defined = |section: &str, name: &str| {
            self.model.get(section).is_some_and(|entry| entry.value.get(name).is_some())
        };
        let mut require = |section: &str, name: &Text, place: Span| {
            if !defined(section, name.as_str()) {
                let kind = section.trim_end_matches('s');
                let message =
                    format!("service {} refers to {name}, a {kind} that is not defined", service.name);
                refusals.unfit(place, message);
            }
        };
        let networks = service.map.get("networks").and_then(|entry| entry.value.as_map());
        for network in networks.into_iter().flat_map(Map::values) {
            if network.key.as_str() != "default" {
                require("networks", &network.key, place_of(network));
            }
        }
        for volume in service.items("volumes") {
            if volume.get("type").and_then(Value::as_str) == Some("volume")
                && let Some(source) = volume.get("source").and_then(Value::as_text)
                && !source.is_empty()
            {
                require("volumes", source, volume.span);
            }
        }
        for section in ["configs", "secrets"] {
            for item in service.items(section) {
                if let Some(source) = item.get("source").and_then(Value::as_text) {
                    require(section, source, item.span);
                }
            }
        }
    }

    fn check_dependencies(&self, service: &Service<'_>, names: &HashSet<&str>, refusals: &mut Refusals<'_>) {
        for dependency in service.dependencies() {
            if names.contains(dependency.name) {
                continue;
            }
            let disabled = self.disabled.contains(dependency.name);
            if disabled && !dependency.required {
                continue;
            }
            let name = dependency.name;
            let message = if disabled {
                format!("service {} needs {name}, which its profiles keep from starting", service.name)
            } else {
                format!("service {} needs {name}, which is not defined", service.name)
            };
            refusals.unfit(dependency.place, message);
        }
    }

    /// Takes away, again and again, what nobody needs any more; what is left runs in circles.
    fn check_cycles(&self, names: &HashSet<&str>, refusals: &mut Refusals<'_>) {
        let mut needs: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut needed: HashMap<&str, usize> = HashMap::new();
        for entry in &self.enabled {
            let Some(map) = entry.value.as_map() else { continue };
            let service = Service { name: &entry.key, map, place: place_of(entry) };
            let known = service.dependencies().into_iter().map(|dependency| dependency.name);
            let known: Vec<&str> = known.filter(|name| names.contains(name)).collect();
            for name in &known {
                *needed.entry(name).or_default() += 1;
            }
            needs.insert(entry.key.as_str(), known);
        }
        let mut free: Vec<&str> = needs.keys().copied().filter(|name| !needed.contains_key(name)).collect();
        while let Some(name) = free.pop() {
            for need in needs.remove(name).into_iter().flatten() {
                if let Some(count) = needed.get_mut(need) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(need);
                    }
                }
            }
        }
        // A service that only hangs on a circle is left too; one inside it is found by walking on.
        let first = self.enabled.iter().find(|entry| needs.contains_key(entry.key.as_str()));
        if let Some(first) = first {
            let mut name = first.key.as_str();
            for _ in 0..needs.len() {
                name = needs.get(name).and_then(|needs| needs.first()).copied().unwrap_or(name);
            }
            let entry = self.enabled.iter().find(|entry| entry.key.as_str() == name).unwrap_or(first);
            refusals.unfit(place_of(entry), format!("service {name} depends on itself by way of others"));
        }
    }
}

fn place_of(entry: &Entry) -> Span {
    entry.key.used_at().unwrap_or(entry.value.span)
}

/// A service by itself.
struct Service<'a> {
    name: &'a Text,
    map: &'a Map,
    place: Span,
}

impl<'a> Service<'a> {
    fn items(&self, key: &str) -> &'a [Value] {
        self.map.get(key).map(|entry| entry.value.items()).unwrap_or_default()
    }

    fn value(&self, path: &[&str]) -> Option<&'a Value> {
        let (first, rest) = path.split_first()?;
        let mut value = &self.map.get(*first)?.value;
        for key in rest {
            value = value.get(key)?;
        }
        (!value.is_null()).then_some(value)
    }

    fn number(&self, path: &[&str]) -> Option<f64> {
        self.value(path)?.as_scalar()?.text.as_str().parse().ok()
    }

    fn check(&self, refusals: &mut Refusals<'_>) {
        let name = self.name;
        let image = self.value(&["image"]).is_some_and(|image| image.as_str() != Some(""));
        if !image && self.value(&["build"]).is_none() {
            refusals.malformed(self.place, format!("service {name} has neither an image nor a build"));
        }
        if self.value(&["build", "dockerfile"]).is_some()
            && let Some(inline) = self.value(&["build", "dockerfile_inline"])
        {
            refusals
                .malformed(inline.span, format!("service {name} has a dockerfile and a dockerfile_inline"));
        }
        let networks =
            self.value(&["networks"]).and_then(Value::as_map).is_some_and(|networks| !networks.is_empty());
        if let (true, Some(mode)) = (networks, self.value(&["network_mode"])) {
            refusals.unfit(mode.span, format!("service {name} has network_mode and networks"));
        }
        let test = self.value(&["healthcheck", "test"]).and_then(|test| test.items().first());
        if let Some(first) = test
            && !matches!(first.as_str(), Some("CMD" | "CMD-SHELL" | "NONE"))
        {
            refusals.unfit(first.span, "a healthcheck's test begins with CMD, CMD-SHELL or NONE");
        }
        self.check_scale(refusals);
        self.check_limits(refusals);
    }

    fn check_scale(&self, refusals: &mut Refusals<'_>) {
        let name = self.name;
        let scale = self.number(&["scale"]);
        let replicas = self.number(&["deploy", "replicas"]);
        let replicas_value = self.value(&["deploy", "replicas"]);
        if let (Some(scale), Some(replicas), Some(value)) = (scale, replicas, replicas_value)
            && (scale - replicas).abs() > f64::EPSILON
        {
            refusals.malformed(
                value.span,
                format!("service {name} has a scale of {scale} and {replicas} replicas"),
            );
        }
        if let Some(container_name) = self.value(&["container_name"])
            && container_name.as_str() != Some("")
            && scale.or(replicas).is_some_and(|count| count > 1.0)
        {
            let message =
                format!("service {name} runs more than once, so its containers cannot share a name");
            refusals.unfit(container_name.span, message);
        }
    }

    /// A limit of the service's own and one under `deploy` have to be the same, even where the latter is left out of the
    /// limits that are there.
    fn check_limits(&self, refusals: &mut Refusals<'_>) {
        let Some(limits) = self.value(&["deploy", "resources", "limits"]) else { return };
        let number = |value: Option<&Value>| {
            value.and_then(|value| decode::size(value.as_scalar()?.text.as_str())).unwrap_or_default()
        };
        for (own, limit) in [("cpus", "cpus"), ("pids_limit", "pids"), ("mem_limit", "memory")] {
            let Some(value) = self.value(&[own]) else { continue };
            #[allow(clippy::cast_possible_truncation, reason = "compose keeps CPUs as a float32")]
            let (own_number, other) = (number(Some(value)) as f32, number(limits.get(limit)) as f32);
            if own_number != 0.0 && own_number.to_bits() != other.to_bits() {
                let message =
                    format!("service {} has {own} and another deploy.resources.limits.{limit}", self.name);
                refusals.unfit(value.span, message);
            }
        }
    }

    /// What the service needs: `depends_on`, and what its links and shared namespaces imply.
    fn dependencies(&self) -> Vec<Dependency<'a>> {
        let mut dependencies = Vec::new();
        let depends_on = self.map.get("depends_on").and_then(|entry| entry.value.as_map());
        for (name, entry) in depends_on.into_iter().flatten() {
            let required = entry.value.get("required").and_then(Value::as_scalar);
            let required = required.is_none_or(|scalar| scalar.kind != Kind::Bool(false));
            dependencies.push(Dependency { name, required, place: place_of(entry) });
        }
        let mut imply = |name: &'a str, place: Span| {
            if !dependencies.iter().any(|known| known.name == name) {
                dependencies.push(Dependency { name, required: true, place });
            }
        };
        for link in self.items("links") {
            if let Some(name) = link.as_str() {
                let name = if name.matches(':').count() == 1 {
                    name.split(':').next().unwrap_or(name)
                } else {
                    name
                };
                imply(name, link.span);
            }
        }
        for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
            let value = self.map.get(key).map(|entry| &entry.value);
            if let Some((name, value)) =
                value.and_then(|value| Some((value.as_str()?.strip_prefix("service:")?, value)))
            {
                imply(name, value.span);
            }
        }
        for volumes in self.items("volumes_from") {
            if let Some(from) = volumes.as_str().filter(|from| !from.starts_with("container:")) {
                imply(from.split(':').next().unwrap_or(from), volumes.span);
            }
        }
        dependencies
    }
}
