//! One service of a loaded model.

use super::environment::{self, Resolved};
use super::load::{Loader, Scope};
use super::request::Request;
use super::value::{Data, Entry, Kind, Map, Value};
use super::{build, mounts, ports, replicas};
use crate::platform::Service;
use crate::source::{Span, TreePath};
use crate::syntax::words::split_command;
use crate::trace::{Text, Trail};

/// What a service is read from.
pub(super) struct Reader<'c, 'a, 'r> {
    pub(super) loader: &'c mut Loader<'a, 'r>,
    pub(super) scope: &'c Scope<'c>,
    pub(super) model: &'c Map,
    pub(super) request: &'c Request,
    /// Required `env_file`s that are not there.
    pub(super) missing: Vec<(TreePath, Span)>,
}

impl Reader<'_, '_, '_> {
    /// The service at `entry`.
    pub(super) fn service(&mut self, entry: &Entry) -> Service {
        let empty = Map::new();
        let service = entry.value.as_map().unwrap_or(&empty);
        let resolved = environment::resolve(self.loader, self.scope, service, self.request.example_env);
        let Resolved { variables, unread, missing } = resolved;
        self.missing.extend(missing);
        let text = |key: &str| service.get(key).and_then(|entry| entry.value.as_text()).cloned();
        let replicas = replicas::read(self.loader, entry, service);
        let profiles = service.get("profiles").map(|entry| entry.value.items()).unwrap_or_default();
        Service {
            name: entry.key.clone(),
            image: text("image").filter(|image| !image.is_empty()),
            build: service.get("build").and_then(|build| build::read(self.loader, self.scope, &build.value)),
            entrypoint: Self::command(service, "entrypoint"),
            command: Self::command(service, "command"),
            environment: variables,
            built_as: None,
            unread_env_files: unread,
            config_vars: None,
            working_dir: text("working_dir"),
            rollout: replicas::rollout(service, &replicas),
            ends: None,
            replicas,
            cpus: limit(service, "cpus", "cpus"),
            memory: limit(service, "mem_limit", "memory"),
            profiles: profiles.iter().filter_map(Value::as_text).cloned().collect(),
            hostnames: hostnames(entry.key.as_str(), service),
            published: ports::published(service),
            on_machine: ports::on_machine(service),
            mounts: mounts::read(self.loader, self.scope, self.model, service),
            texts: mounts::texts(self.scope, self.model, service),
        }
    }

    /// The words of `command` or `entrypoint`; a string is split as compose splits it.
    fn command(service: &Map, key: &str) -> Option<Vec<Text>> {
        let value = &service.get(key)?.value;
        match &value.data {
            Data::List(items) => Some(items.iter().filter_map(Value::as_text).cloned().collect()),
            // A string that cannot be split is refused where every service's strings are looked at.
            Data::Scalar(scalar) if scalar.kind == Kind::String => {
                split_command(&scalar.text).ok().map(|command| command.words)
            }
            Data::Scalar(_) | Data::Map(_) => None,
        }
    }
}

/// A limit of a service: its own field, else what its `deploy` section says.
fn limit(service: &Map, own: &str, in_deploy: &str) -> Option<Text> {
    let own = service.get(own).map(|entry| &entry.value);
    let limit = || service.get("deploy")?.value.get("resources")?.get("limits")?.get(in_deploy);
    let scalar = own.or_else(limit)?.as_scalar()?;
    (scalar.kind != Kind::Null).then(|| scalar.text.clone())
}

/// The names that a service is reached by, but for those that the links of others give it.
fn hostnames(name: &str, service: &Map) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    for key in ["container_name", "hostname"] {
        names.extend(service.get(key).and_then(|entry| entry.value.as_str()).map(str::to_owned));
    }
    if let Some(networks) = service.get("networks").and_then(|entry| entry.value.as_map()) {
        for network in networks.values() {
            let aliases = network.value.get("aliases").map(Value::items).unwrap_or_default();
            names.extend(aliases.iter().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| !name.is_empty() && seen.insert(name.clone()));
    names
}

/// Adds the names that the links of `services` give to others: `db:database` makes `db` known as `database`.
pub(super) fn add_links(services: &mut [Service], links: &[(String, String)]) {
    for (name, alias) in links {
        let target = services.iter_mut().find(|service| service.name.as_str() == name);
        if let Some(service) = target
            && !service.hostnames.contains(alias)
        {
            service.hostnames.push(alias.clone());
        }
    }
}

/// The services that `service` waits for until they have ended, and where it says so.
pub(super) fn awaited(service: &Map) -> impl Iterator<Item = (String, Trail)> {
    let depends_on = service.get("depends_on").and_then(|entry| entry.value.as_map());
    depends_on.into_iter().flat_map(Map::values).filter_map(|entry| {
        let condition = entry.value.get("condition")?.as_text()?;
        let waits = condition.as_str() == "service_completed_successfully";
        waits.then(|| (entry.key.as_str().to_owned(), condition.trail()))
    })
}

/// The links of `service` that give another one a further name.
pub(super) fn links(service: &Map) -> impl Iterator<Item = (String, String)> {
    let links = service.get("links").map(|entry| entry.value.items()).unwrap_or_default();
    links.iter().filter_map(|link| {
        let (name, alias) = link.as_str()?.split_once(':')?;
        Some((name.to_owned(), alias.to_owned()))
    })
}
