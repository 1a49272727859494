//! Files and folders of the tree that a service sees at paths of its own: bind mounts, configs and secrets.

use super::load::{Loader, Scope};
use super::value::{Map, Scalar, Value};
use crate::platform::Mount;
use crate::source::TreePath;
use crate::trace::Text;

/// Everything that `service` of `model` mounts from the tree.
pub(super) fn read(loader: &Loader<'_, '_>, scope: &Scope<'_>, model: &Map, service: &Map) -> Vec<Mount> {
    let items = |key: &str| service.get(key).map(|entry| entry.value.items()).unwrap_or_default();
    let binds = items("volumes").iter().filter_map(|item| bind(loader, scope, item));
    let configs = items("configs").iter().filter_map(|item| file(loader, scope, model, item, "configs", ""));
    let secrets = items("secrets")
        .iter()
        .filter_map(|item| file(loader, scope, model, item, "secrets", "/run/secrets"));
    binds.chain(configs).chain(secrets).collect()
}

fn bind(loader: &Loader<'_, '_>, scope: &Scope<'_>, item: &Value) -> Option<Mount> {
    if item.get("type").and_then(Value::as_str) != Some("bind") {
        return None;
    }
    let source = item.get("source")?.as_scalar()?;
    let target = item.get("target")?.as_str()?.to_owned();
    Some(Mount { source: path(loader, scope, source)?, target, place: item.span })
}

/// A config or secret that is a file, at its target under `folder`.
fn file(
    loader: &Loader<'_, '_>,
    scope: &Scope<'_>,
    model: &Map,
    item: &Value,
    section: &str,
    folder: &str,
) -> Option<Mount> {
    let name = item.get("source")?.as_text()?;
    let object = model.get(section)?.value.get(name.as_str())?;
    let source = path(loader, scope, object.get("file")?.as_scalar()?)?;
    Some(Mount { source, target: target(item, name, folder), place: item.span })
}

/// The configs and secrets of `service` whose text stands in the model (`content`) or in a variable (`environment`).
pub(super) fn texts(scope: &Scope<'_>, model: &Map, service: &Map) -> Vec<(String, Text)> {
    let of = |section: &'static str, folder: &'static str| {
        let items = service.get(section).map(|entry| entry.value.items()).unwrap_or_default();
        items.iter().filter_map(move |item| text(scope, model, item, section, folder))
    };
    of("configs", "").chain(of("secrets", "/run/secrets")).collect()
}

fn text(scope: &Scope<'_>, model: &Map, item: &Value, section: &str, folder: &str) -> Option<(String, Text)> {
    let name = item.get("source")?.as_text()?;
    let object = model.get(section)?.value.get(name.as_str())?;
    let content = object.get("content").and_then(Value::as_text).cloned();
    let variable = || scope.variables.get(object.get("environment")?.as_str()?);
    Some((target(item, name, folder), content.or_else(variable)?))
}

/// Where a service sees a config or secret: at its target, under `folder` where that is relative.
fn target(item: &Value, name: &Text, folder: &str) -> String {
    let target = item.get("target").and_then(Value::as_str).unwrap_or(name.as_str());
    if target.starts_with('/') { target.to_owned() } else { format!("{folder}/{target}") }
}

/// The path of the tree that `source` means; `None` for a home folder and for Windows drives.
fn path(loader: &Loader<'_, '_>, scope: &Scope<'_>, source: &Scalar) -> Option<TreePath> {
    let written = source.text.as_str();
    let drive = written.as_bytes().get(1) == Some(&b':');
    if written.starts_with('~') || written.starts_with('\\') || drive {
        return None;
    }
    let folder = source.folder.as_deref().unwrap_or(&scope.folder);
    Some(loader.sources.resolve(folder, written))
}
