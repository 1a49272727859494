//! Instances of templates: `app@.service` runs once for every `app@NAME.service` that somebody starts.

use super::{Unit, once};
use crate::source::{Sources, TreePath};
use crate::syntax::unit;
use crate::trace::{Bound, Count, Text, Traced, Trail};

/// Settings that start other units.
const STARTING: [&str; 5] = ["Wants", "Requires", "BindsTo", "Upholds", "Also"];

/// One instance, or the only one.
pub(super) struct Instance {
    /// `app`, `app@8001`.
    pub(super) name: Text,
    /// How many of it run.
    pub(super) count: Count,
    /// What stands behind the `@`, where it is known.
    id: Option<Text>,
    unit: String,
}

/// Whether `name` is an instance's: `app@8001.service`.
pub(super) fn is_instance(name: &str) -> bool {
    name.trim_end_matches(".service").split_once('@').is_some_and(|(_, id)| !id.is_empty())
}

/// The template of the instance at `path`, where it is in the same folder.
pub(super) fn template_of(sources: &Sources, path: &TreePath) -> Option<TreePath> {
    let (stem, _) = path.file_name().split_once('@')?;
    let template = path.parent().join(&format!("{stem}@.service"));
    sources.is_file(&template).then_some(template)
}

/// The instances of `unit` that the tree tells of. Of a template of which it tells none, how many is not known.
pub(super) fn of(sources: &Sources, files: &[TreePath], unit: &Unit) -> Vec<Instance> {
    let stem = unit.path.file_name().trim_end_matches(".service");
    let place = sources.load(&unit.path).map(|file| file.at(file.line_range(0).unwrap_or(0..0)));
    let name = |name: &str| match &place {
        Ok(span) => Text::decoded(name, *span),
        Err(_) => Text::traced(name, Trail::default_of("a unit file", None)),
    };
    let Some(template) = stem.strip_suffix('@') else {
        let name = name(stem);
        return vec![Instance { count: once(&name), id: None, unit: stem.to_owned(), name }];
    };
    let ids = ids(sources, files, template);
    if ids.is_empty() {
        let name = name(stem);
        let why = format!("{} is a template, and nothing here says how many instances start", unit.path);
        let count = Traced::new(Bound::unknown("instances", why), name.trail());
        return vec![Instance { count, id: None, unit: stem.to_owned(), name }];
    }
    let instance = |id: Text| {
        let whole = format!("{template}@{id}");
        let name = name(&whole);
        Instance { count: Traced::new(Bound::ONE, id.trail()), id: Some(id), unit: whole, name }
    };
    ids.into_iter().map(instance).collect()
}

/// The names behind `template@`, out of other units and of links, each once.
fn ids(sources: &Sources, files: &[TreePath], template: &str) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    let mut add = |id: Text| {
        if !id.is_empty() && !found.contains(&id) && !found.iter().any(|other| other.as_str() == id.as_str())
        {
            found.push(id);
        }
    };
    let prefix = format!("{template}@");
    let units = [".service", ".target", ".timer", ".slice", ".conf"];
    for path in files.iter().filter(|path| units.iter().any(|end| path.file_name().ends_with(end))) {
        let Ok(file) = sources.load_lossy(path) else { continue };
        if let Some(id) =
            path.file_name().strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".service"))
        {
            add(Text::decoded(id, file.at(file.line_range(0).unwrap_or(0..0))));
        }
        for line in unit::read(&file) {
            if !STARTING.contains(&line.key.as_str()) {
                continue;
            }
            for word in line.value.as_str().split_whitespace() {
                let id = word.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".service"));
                if let Some(id) = id {
                    add(line.value.slice_of(id));
                }
            }
        }
    }
    found
}

impl Instance {
    /// `text` with its specifiers replaced (`man systemd.unit`, "Specifiers"). One that only the host knows stays as it
    /// is written.
    pub(super) fn specified(&self, text: &Text) -> Text {
        let string = text.as_str();
        let mut whole = text.slice(0..0);
        let mut at = 0;
        while let Some(found) = string[at..].find('%').map(|found| at + found) {
            whole.push(&text.slice(at..found));
            let place = text.slice(found..(found + 2).min(string.len()));
            let implied = |value: &str| Text::traced(value, place.trail());
            let value = match string[found + 1..].chars().next() {
                Some('%') => Some(implied("%")),
                Some('i' | 'I') => self.id.clone(),
                Some('n') => Some(implied(&format!("{}.service", self.unit))),
                Some('N') => Some(implied(&self.unit)),
                Some('p' | 'P' | 'j' | 'J') => Some(implied(self.unit.split('@').next().unwrap_or_default())),
                Some('t') => Some(implied("/run")),
                Some('S') => Some(implied("/var/lib")),
                Some('C') => Some(implied("/var/cache")),
                Some('L') => Some(implied("/var/log")),
                Some('E') => Some(implied("/etc")),
                _ => None,
            };
            if let Some(value) = value {
                whole.push(&value);
                at = found + 2;
            } else {
                whole.push(&text.slice(found..found + 1));
                at = found + 1;
            }
        }
        whole.push(&text.slice(at..string.len()));
        whole
    }
}
