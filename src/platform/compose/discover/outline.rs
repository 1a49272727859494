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
    /// The services that its own need.
    needed: Vec<String>,
    /// It cannot be read, which is better said than passed over.
    broken: bool,
}

impl Outline {
    /// The outline of the file at `path`, when it is a compose file: by its name, or by every word of its content.
    pub(super) fn read(sources: &Sources, path: &TreePath) -> Option<Self> {
        let name = path.file_name().to_ascii_lowercase();
        let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
        if !is_yaml {
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

    /// Whether the service `name` is here with an image or a build.
    pub(super) fn stands(&self, name: &str) -> bool {
        self.services.iter().any(|(known, stands)| known == name && *stands)
    }

    /// The services that keep the file from standing alone: without image and build, or needed and not here.
    pub(super) fn lacking(&self) -> Vec<&str> {
        let bare = self.services.iter().filter(|(_, stands)| !stands).map(|(name, _)| name.as_str());
        let included = !self.includes.is_empty();
        let absent = self
            .needed
            .iter()
            .map(String::as_str)
            .filter(|name| !included && !self.services.iter().any(|(known, _)| known == name));
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
        let services = model.get("services").and_then(|entry| entry.value.as_map());
        for Entry { key, value } in services.into_iter().flat_map(Map::values) {
            let stands = ["image", "build", "extends"].iter().any(|field| value.get(field).is_some());
            self.services.push((key.as_str().to_owned(), stands));
            let extended = value.get("extends").and_then(|extends| extends.get("file")?.as_str());
            let extended = extended.and_then(path).filter(|path| *path != self.path);
            self.extends.extend(extended);
            self.needed.extend(needed(value));
        }
    }
}

fn needed(service: &Value) -> Vec<String> {
    let Some(depends_on) = service.get("depends_on") else { return Vec::new() };
    match depends_on.as_map() {
        Some(map) => map.keys().cloned().collect(),
        None => depends_on.items().iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}
