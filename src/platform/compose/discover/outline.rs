//! What one look at a compose file tells of its place among others.

use crate::platform::compose::document::Document;
use crate::platform::compose::refusals::Refusals;
use crate::platform::compose::setting::DEFAULT_NAMES;
use crate::platform::compose::shape;
use crate::platform::compose::value::{Entry, Map, Value};
use crate::source::{Sources, TreePath};
use crate::syntax::yaml;

/// A compose file, as far as it says by itself.
pub(super) struct Outline {
    pub(super) path: TreePath,
    /// The files that it includes.
    pub(super) includes: Vec<TreePath>,
    /// The files that its services extend.
    pub(super) extends: Vec<TreePath>,
    /// Its services, and whether each has an image or a build of its own.
    services: Vec<(String, bool)>,
    /// The networks and volumes that it defines: `network front`.
    resources: Vec<String>,
    /// The services, networks and volumes that its own services need.
    needed: Vec<String>,
    /// It cannot be read, which is better said than passed over.
    broken: bool,
}

impl Outline {
    /// The outline of the file at `path`, when it is a compose file: by its name, or by every word of its content.
    pub(super) fn read(sources: &Sources, path: &TreePath) -> Option<Self> {
        let name = path.file_name().to_ascii_lowercase();
        let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
        // Rancher 1 reads such a file beside a compose file; docker compose knows none of its keys.
        if !is_yaml || name.starts_with("rancher-compose.") {
            return None;
        }
        let named = name.contains("compose");
        let broken = || {
            let known = DEFAULT_NAMES.contains(&path.file_name());
            known.then(|| Self { broken: true, ..Self::empty(path) })
        };
        let Ok(file) = sources.load(path) else { return broken() };
        let says =
            |section: &str| file.text.starts_with(section) || file.text.contains(&format!("\n{section}"));
        if !named && !says("services:") {
            return None;
        }
        let Ok(documents) = yaml::parse(&file) else {
            // A template of a compose file is no compose file; where it may be one, compose's own answer is given.
            return if named { Some(Self { broken: true, ..Self::empty(path) }) } else { None };
        };
        let mut refusals = Refusals::new(sources);
        let mut outline = Self::empty(path);
        for node in &documents {
            let Some(document) = Document::new(node, &mut refusals) else { return broken() };
            if !named {
                shape::validate(&document.model, &mut refusals);
            }
            outline.add(sources, &document.model);
        }
        let is_compose = if named { outline.says_something() } else { outline.stands_at_all() };
        if !named && !refusals.is_empty() {
            return None;
        }
        if is_compose { Some(outline) } else { broken() }
    }

    /// Whether the service `name` is here with an image or a build, or the network or volume is defined here.
    pub(super) fn stands(&self, name: &str) -> bool {
        self.services.iter().any(|(known, stands)| known == name && *stands)
            || self.resources.iter().any(|known| known == name)
    }

    /// What keeps the file from standing alone: services without image and build, or whatever is needed and not here.
    pub(super) fn lacking(&self) -> Vec<&str> {
        let bare = self.services.iter().filter(|(_, stands)| !stands).map(|(name, _)| name.as_str());
        let included = !self.includes.is_empty();
        let absent = self
            .needed
            .iter()
            .map(String::as_str)
            .filter(|name| !included && !self.services.iter().any(|(known, _)| known == name))
            .filter(|name| !self.resources.iter().any(|known| known == name));
        let mut lacking: Vec<&str> = bare.filter(|_| !included).chain(absent).collect();
        lacking.dedup();
        lacking
    }

    /// Whether there is nothing in it to start.
    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty() && self.includes.is_empty() && !self.broken
    }

    fn empty(path: &TreePath) -> Self {
        Self {
            path: path.clone(),
            includes: Vec::new(),
            extends: Vec::new(),
            services: Vec::new(),
            resources: Vec::new(),
            needed: Vec::new(),
            broken: false,
        }
    }

    fn says_something(&self) -> bool {
        !self.services.is_empty() || !self.includes.is_empty()
    }

    fn stands_at_all(&self) -> bool {
        self.services.iter().any(|(_, stands)| *stands)
    }

    fn add(&mut self, sources: &Sources, model: &Map) {
        let folder = self.path.parent();
        // What a variable decides is not looked into here.
        let path = |text: &str| (!text.contains('$')).then(|| sources.resolve(&folder, text));
        let include = model.get("include").map(|entry| entry.value.items()).unwrap_or_default();
        for item in include {
            let paths = item.get("path").unwrap_or(item);
            let first = paths.items().first().unwrap_or(paths).as_str();
            self.includes.extend(first.and_then(path));
            let rest = paths.items().iter().skip(1).filter_map(Value::as_str);
            self.includes.extend(rest.filter_map(path));
        }
        for (section, word) in RESOURCES {
            let defined = model.get(section).and_then(|entry| entry.value.as_map());
            self.resources
                .extend(defined.into_iter().flat_map(Map::keys).map(|name| format!("{word} {name}")));
        }
        let services = model.get("services").and_then(|entry| entry.value.as_map());
        for Entry { key, value } in services.into_iter().flat_map(Map::values) {
            let stands = ["image", "build", "extends"].iter().any(|field| value.get(field).is_some());
            self.services.push((key.as_str().to_owned(), stands));
            let extended = value.get("extends").and_then(|extends| extends.get("file")?.as_str());
            let extended = extended.and_then(path).filter(|path| *path != self.path);
            self.extends.extend(extended);
            self.needed.extend(needed(value));
            self.needed.extend(used(value));
        }
    }
}

/// Sections that define what services use, and what one of each is called.
const RESOURCES: [(&str, &str); 2] = [("networks", "network"), ("volumes", "volume")];

/// The networks and volumes that a service uses by name. Every project has the network `default`.
fn used(service: &Value) -> Vec<String> {
    let networks = service.get("networks");
    let listed = networks.map(Value::items).unwrap_or_default().iter().filter_map(Value::as_str);
    let mapped = networks.and_then(Value::as_map).into_iter().flat_map(Map::keys).map(String::as_str);
    let networks = listed.chain(mapped).filter(|name| *name != "default");
    let volumes =
        service.get("volumes").map(Value::items).unwrap_or_default().iter().filter_map(Value::as_str);
    // `name:/path`; a source with a slash, a dot or a variable is a path or not known here.
    let volumes = volumes.filter_map(|volume| volume.split_once(':')).map(|(source, _)| source);
    let volumes = volumes.filter(|source| !source.is_empty() && !source.contains(['/', '.', '~', '$', '\\']));
    let networks = networks.filter(|name| !name.contains('$')).map(|name| format!("network {name}"));
    networks.chain(volumes.map(|name| format!("volume {name}"))).collect()
}

fn needed(service: &Value) -> Vec<String> {
    let Some(depends_on) = service.get("depends_on") else { return Vec::new() };
    match depends_on.as_map() {
        Some(map) => map.keys().cloned().collect(),
        None => depends_on.items().iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}
