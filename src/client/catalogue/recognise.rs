//! Which entry a command or image is, and which of its groups a command starts.

use super::entry::{Condition, Manifest, Words};
use super::{Catalogue, Entry};
use crate::platform::Environment;
use crate::source::{Sources, TreePath};
use crate::trace::Text;

impl Catalogue {
    /// The entry of the image `reference`: `docker.io/apache/superset:4.1`.
    pub fn by_image(&self, reference: &Text) -> Option<&Entry> {
        let repository = repository(reference.as_str());
        // A mirror keeps the path behind a folder of its own, `mirror/apache/superset`; a single name is an official
        // image, since anybody may have a `kong` of their own.
        let is_its = |image: &String| {
            let path = if image.contains('/') { image.clone() } else { format!("library/{image}") };
            repository == *image || repository == path || repository.ends_with(&format!("/{path}"))
        };
        self.entries().iter().find(|entry| entry.images.iter().any(is_its))
    }

    /// The entry whose program the word `name` starts, a path or a name.
    pub fn by_command(&self, name: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.is_started_by(name))
    }
}

impl Catalogue {
    /// The library that the project in one of `folders` is built on, where the word `name` runs it.
    pub fn by_manifest(&self, sources: &Sources, folders: &[TreePath], name: &str) -> Option<&Entry> {
        let base = name.rsplit('/').next().unwrap_or(name);
        let is_run = |entry: &&Entry| entry.runs.is_empty() || entry.runs.iter().any(|word| word == base);
        let found = self.entries().iter().filter(is_run).filter(|entry| entry.is_built_on(sources, folders));
        found.max_by_key(|entry| entry.rank)
    }

    /// The library that reads one of the variables that are set.
    pub fn by_variables(&self, environment: &Environment) -> Option<&Entry> {
        let is_set = |name: &String| environment.get(name).is_some_and(|value| !value.is_empty());
        self.entries().iter().find(|entry| entry.variables.iter().any(is_set))
    }
}

impl Entry {
    fn is_built_on(&self, sources: &Sources, folders: &[TreePath]) -> bool {
        let says = |folder: &TreePath, manifest: &Manifest| {
            let path = sources.resolve(folder, &manifest.file);
            sources.is_file(&path)
                && sources.load(&path).is_ok_and(|file| file.text.contains(&manifest.names))
        };
        self.manifests.iter().any(|manifest| folders.iter().any(|folder| says(folder, manifest)))
    }

    /// Whether the word `name`, a path or a name, starts its program.
    pub fn is_started_by(&self, name: &str) -> bool {
        let base = name.rsplit('/').next().unwrap_or(name);
        self.commands.iter().any(|command| command == base)
    }
}

/// The repository of an image without registry, tag and digest.
pub(super) fn repository(reference: &str) -> String {
    let name = reference.trim().split('@').next().unwrap_or_default();
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let name = name[slash..].find(':').map_or(name, |at| &name[..slash + at]);
    let mut parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 1 && (parts[0].contains(['.', ':']) || parts[0] == "localhost") {
        parts.remove(0);
    }
    if parts.len() == 2 && parts[0] == "library" {
        parts.remove(0);
    }
    parts.join("/")
}

impl Words {
    /// Whether they stand in `command` in their order, in front of its first option: what follows an option may be its
    /// value. Options of `valued` are known to take one word, and are passed over with it. A path counts by its last
    /// part; a pattern that is an option itself may stand anywhere.
    pub(super) fn stand_in(&self, command: &[&str], valued: &[String]) -> bool {
        if self.0.starts_with('-') {
            return command.contains(&self.0.as_str());
        }
        let mut front = front(command, valued).into_iter();
        self.0.split_whitespace().all(|wanted| {
            front.any(|word| word == wanted || word.rsplit('/').next().is_some_and(|base| base == wanted))
        })
    }
}

/// The words of `command` in front of its first option that is not one of `valued`.
fn front<'a>(command: &[&'a str], valued: &[String]) -> Vec<&'a str> {
    let (mut found, mut words) = (Vec::new(), command.iter());
    while let Some(word) = words.next() {
        let option = word.split('=').next().unwrap_or(word);
        match valued.iter().any(|valued| valued == option) {
            true if option.len() == word.len() => _ = words.next(),
            true => {}
            false if word.starts_with('-') => break,
            false => found.push(*word),
        }
    }
    found
}

impl Condition {
    /// Whether it holds; `None` where that is not known. Without `defaults` what nothing sets may be anything.
    pub(super) fn holds(&self, environment: &Environment, defaults: bool) -> Option<bool> {
        let names = self.variable.names();
        let written = names.iter().find_map(|name| environment.get(name).filter(|value| !value.is_empty()));
        if written.is_none() && names.iter().any(|name| environment.unknown(name).is_some()) {
            return None;
        }
        if written.is_none() && !defaults {
            return None;
        }
        let value = written.map(|text| text.as_str().trim()).or(self.default.as_deref());
        let among = |list: &Vec<String>| {
            value.is_some_and(|value| list.iter().any(|item| item.eq_ignore_ascii_case(value)))
        };
        let holds = self.is.as_ref().is_none_or(among)
            && self.is_not.as_ref().is_none_or(|list| value.is_some() && !among(list))
            && self.set.is_none_or(|set| set == value.is_some());
        Some(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::{Words, repository};

    #[test]
    fn a_repository_has_no_registry_and_no_tag() {
        for (reference, expected) in [
            ("grafana/grafana", "grafana/grafana"),
            ("docker.io/grafana/grafana:11.2", "grafana/grafana"),
            ("localhost:5000/grafana/grafana@sha256:abc", "grafana/grafana"),
            ("docker.io/library/nextcloud:29", "nextcloud"),
            ("nextcloud", "nextcloud"),
        ] {
            assert_eq!(repository(reference), expected);
        }
    }

    #[test]
    fn words_stand_in_their_order() {
        let command = ["/usr/bin/airflow", "celery", "worker", "--log-file", "/x/flower", "-v"];
        let stands = |words: &str| Words(words.to_owned()).stand_in(&command, &[]);
        assert!(stands("airflow celery worker") && stands("worker") && stands("-v"));
        assert!(!stands("worker celery") && !stands("airflow scheduler"));
        // The value of an option is no command.
        assert!(!stands("flower"));
        let valued = ["-c".to_owned()];
        let migrates = |words: &[&str]| Words("migrate".to_owned()).stand_in(words, &valued);
        assert!(migrates(&["-c", "migrate", "migrate", "sql"]) && migrates(&["-c=x", "migrate"]));
        assert!(!migrates(&["-c", "migrate", "serve"]) && !migrates(&["-e", "migrate"]));
    }
}
