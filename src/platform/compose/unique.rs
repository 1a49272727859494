//! Items of lists that say the same thing twice: the later one takes the place of the earlier.
//!
//! Source: compose-go v2.4.8, `override/uncity.go`.

use indexmap::IndexMap;

use super::path::{Path, Pattern};
use super::refusals::Refusals;
use super::value::{Data, Map, Value};
use super::volume;
use crate::source::TreePath;

/// What two items have to share to be one.
#[derive(Clone, Copy)]
enum Identity {
    /// What stands before `=`.
    Key,
    /// The target of a mount.
    Volume,
    /// The target of a device.
    Device,
    /// The target of a config or secret; without one, its name under this folder.
    File(&'static str),
    /// The file's path.
    EnvFile,
    /// What is published where.
    Port,
    /// The item itself.
    Whole,
}

/// `unique`.
const IDENTITIES: &[(Pattern, Identity)] = &[
    (&["networks", "*", "labels"], Identity::Key),
    (&["networks", "*", "ipam", "options"], Identity::Key),
    (&["services", "*", "annotations"], Identity::Key),
    (&["services", "*", "build", "args"], Identity::Key),
    (&["services", "*", "build", "additional_contexts"], Identity::Key),
    (&["services", "*", "build", "platform"], Identity::Key),
    (&["services", "*", "build", "tags"], Identity::Key),
    (&["services", "*", "build", "labels"], Identity::Key),
    (&["services", "*", "cap_add"], Identity::Key),
    (&["services", "*", "cap_drop"], Identity::Key),
    (&["services", "*", "devices"], Identity::Device),
    (&["services", "*", "configs"], Identity::File("")),
    (&["services", "*", "deploy", "labels"], Identity::Key),
    (&["services", "*", "dns"], Identity::Key),
    (&["services", "*", "dns_opt"], Identity::Key),
    (&["services", "*", "dns_search"], Identity::Key),
    (&["services", "*", "environment"], Identity::Key),
    (&["services", "*", "env_file"], Identity::EnvFile),
    (&["services", "*", "expose"], Identity::Whole),
    (&["services", "*", "labels"], Identity::Key),
    (&["services", "*", "links"], Identity::Key),
    (&["services", "*", "networks", "*", "aliases"], Identity::Key),
    (&["services", "*", "networks", "*", "link_local_ips"], Identity::Key),
    (&["services", "*", "ports"], Identity::Port),
    (&["services", "*", "profiles"], Identity::Key),
    (&["services", "*", "secrets"], Identity::File("/run/secrets")),
    (&["services", "*", "sysctls"], Identity::Key),
    (&["services", "*", "tmpfs"], Identity::Key),
    (&["services", "*", "volumes"], Identity::Volume),
];

/// Leaves of items that say the same thing only the last, at the place of the first. `folder` is the one that the
/// model's own paths are seen from. What compose takes for no item at all is refused and taken out.
pub(super) fn enforce(model: &mut Map, folder: &TreePath, refusals: &mut Refusals<'_>) {
    Unicity { folder, refusals }.map(model, &Path::TOP);
}

struct Unicity<'a, 'r> {
    folder: &'a TreePath,
    refusals: &'a mut Refusals<'r>,
}

impl Unicity<'_, '_> {
    fn map(&mut self, map: &mut Map, path: &Path<'_>) {
        for (key, entry) in map {
            let path = path.child(key);
            match &mut entry.value.data {
                Data::Map(map) => self.map(map, &path),
                Data::List(items) => {
                    if let Some((_, identity)) = IDENTITIES.iter().find(|(pattern, _)| path.matches(pattern))
                    {
                        self.list(items, *identity, &path);
                    }
                }
                Data::Scalar(_) => {}
            }
        }
    }

    fn list(&mut self, items: &mut Vec<Value>, identity: Identity, path: &Path<'_>) {
        let mut unique: IndexMap<String, Value> = IndexMap::with_capacity(items.len());
        for item in items.drain(..) {
            if let Some(key) = self.identity(&item, identity) {
                let later = item.as_text().cloned();
                if let Some(earlier) = unique.insert(key, item)
                    && path.matches(&["services", "*", "environment"])
                {
                    self.refusals.twice(earlier.as_text(), later.as_ref());
                }
            } else {
                let word = item.kind_word();
                self.refusals.malformed(item.span, format!("an item of {path} cannot be {word}"));
            }
        }
        items.extend(unique.into_values());
    }

    fn identity(&self, item: &Value, identity: Identity) -> Option<String> {
        let text = || item.as_str().map(str::to_owned);
        let member = |key: &str| item.get(key)?.as_str().map(str::to_owned);
        match identity {
            Identity::Key => {
                let text = item.as_str()?;
                Some(text.split_once('=').map_or(text, |(key, _)| key).to_owned())
            }
            Identity::Whole => item.as_scalar().map(|scalar| scalar.text.as_str().to_owned()),
            Identity::Port => Some(match item.as_scalar() {
                Some(scalar) => scalar.text.as_str().to_owned(),
                None => ["host_ip", "published", "target", "protocol"].map(|key| part(item, key)).join(":"),
            }),
            Identity::Volume => match item.as_text() {
                Some(text) => Some(volume::parse(text).ok()?.target.as_str().to_owned()),
                None => member("target"),
            },
            Identity::Device => match item.as_str() {
                Some(text) => Some(text.split(':').take(2).last().unwrap_or_default().to_owned()),
                None => member("target"),
            },
            Identity::File(folder) => text()
                .or_else(|| member("source"))
                .map(|name| format!("{folder}/{name}"))
                .map(|default| member("target").unwrap_or(default)),
            Identity::EnvFile => text().or_else(|| self.env_file(item)),
        }
    }

    /// The path of an `env_file` as compose has it here: written, or brought from another folder and made relative.
    fn env_file(&self, item: &Value) -> Option<String> {
        let path = item.get("path")?.as_scalar()?;
        let Some(from) = &path.folder else { return Some(path.text.as_str().to_owned()) };
        let joined = from.join(path.text.as_str());
        let prefix = format!("{}/", self.folder);
        let relative = joined.as_str().strip_prefix(&prefix).unwrap_or(joined.as_str());
        Some(relative.to_owned())
    }
}

/// The scalar behind `key`; empty without one.
fn part(item: &Value, key: &str) -> String {
    let scalar = item.get(key).and_then(Value::as_scalar);
    scalar.map_or_else(String::new, |scalar| scalar.text.as_str().to_owned())
}
