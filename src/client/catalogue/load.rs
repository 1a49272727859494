//! The entries of a run: read from their files and checked.

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use super::Entry;

/// The built-in entries, listed by `build.rs`: path, and the content as JSON.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/clients.rs"));

/// Entries that were checked, in the order of their files.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

/// An entry that cannot be used.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(broken_client))]
pub struct EntryError {
    /// What is wrong.
    pub message: String,
    /// The file.
    #[source_code]
    source_code: NamedSource<String>,
    /// Where in it.
    #[label("here")]
    at: Option<SourceSpan>,
}

impl Catalogue {
    /// The entries that come with connbudget. A test checks their files as those of others are checked when they are
    /// loaded.
    pub fn built_in() -> Result<Self, Box<EntryError>> {
        let entry = |(path, text): &(&str, &str)| File { path, text }.compiled_in();
        Ok(Self { entries: BUILT_IN.iter().map(entry).collect::<Result<_, _>>()? })
    }

    /// Whether an entry that comes with connbudget may be that of the image `reference`: its name stands in one as it is.
    /// Most images are in none, and this is told without reading them all.
    pub fn may_know(reference: &str) -> bool {
        let repository = super::recognise::repository(reference);
        let name = repository.rsplit('/').next().unwrap_or_default();
        let (alone, behind) = (format!("\"{name}\""), format!("/{name}\""));
        BUILT_IN.iter().any(|(_, text)| text.contains(&alone) || text.contains(&behind))
    }

    /// The entries in `files`, each a path and its text. The first mistake ends it: half a catalogue would count too
    /// little.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Box<EntryError>> {
        let mut catalogue = Self::default();
        for (path, text) in files {
            let file = File { path, text };
            let entry = file.read()?;
            catalogue.add(entry, &file)?;
        }
        Ok(catalogue)
    }

    /// Every entry.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn add(&mut self, entry: Entry, file: &File<'_>) -> Result<(), Box<EntryError>> {
        for other in &self.entries {
            let images = entry.images.iter().find(|image| other.images.contains(image));
            let commands = entry.commands.iter().find(|command| other.commands.contains(command));
            let taken = images.or(commands).or((other.name == entry.name).then_some(&entry.name));
            if let Some(taken) = taken {
                return file.mistake(&format!("{} has `{taken}` already", other.name), taken);
            }
        }
        self.entries.push(entry);
        Ok(())
    }
}

/// An entry's file while it is checked.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn compiled_in(&self) -> Result<Entry, Box<EntryError>> {
        serde_json::from_str(self.text).map_err(|error| Box::new(self.error(error.to_string(), None)))
    }

    fn read(&self) -> Result<Entry, Box<EntryError>> {
        let entry: Entry = serde_yaml::from_str(self.text).map_err(|error| {
            let at = error.location().map(|place| place.index());
            Box::new(self.error(error.to_string(), at.map(|at| (at, 0))))
        })?;
        let name =
            self.path.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml")).unwrap_or_default();
        if entry.name != name {
            return self
                .mistake(&format!("the file's name says that the entry is called {name}"), &entry.name);
        }
        let names = [entry.images.len(), entry.commands.len(), entry.manifests.len(), entry.variables.len()];
        if names.iter().sum::<usize>() == 0 {
            return self.mistake("an entry names the images or commands that it is known by", &entry.name);
        }
        if !entry.source.starts_with("https://") || entry.version.is_empty() {
            return self
                .mistake("an entry says where its numbers were read, and of which version", "source:");
        }
        if entry.groups.is_empty() || entry.examples.is_empty() {
            return self.mistake("an entry has a group and an example", &entry.name);
        }
        let open = entry.groups.iter().filter(|group| group.when.is_empty()).count();
        if open > 0 && open < entry.groups.len() && !entry.groups.iter().any(|group| group.default) {
            return self
                .mistake("of several groups each says `when` it runs, or which is the default", "groups:");
        }
        Ok(entry)
    }

    fn mistake<T>(&self, message: &str, at: &str) -> Result<T, Box<EntryError>> {
        let place = self.text.find(at).map(|start| (start, at.len()));
        Err(Box::new(self.error(message.to_owned(), place)))
    }

    fn error(&self, message: String, at: Option<(usize, usize)>) -> EntryError {
        EntryError {
            message,
            source_code: NamedSource::new(self.path, self.text.to_owned()),
            at: at.map(SourceSpan::from),
        }
    }

    #[cfg(test)]
    fn label(error: &EntryError, text: &str) -> String {
        error.at.map(|at| text[at.offset()..at.offset() + at.len()].to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, Catalogue, File};

    const ENTRY: &str = "name: x\ntitle: X\nsource: https://example.org\nversion: '1'\nimages: [x/x]\n\
        groups: [{name: server, pools: [{name: pool, size: 5}]}]\nexamples: [{ceiling: 5}]\n";

    /// The files that are compiled in unchecked.
    fn on_disk() -> Vec<(String, String)> {
        let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = |(path, _): &(&str, &str)| {
            ((*path).to_owned(), std::fs::read_to_string(rules.join(path)).unwrap())
        };
        BUILT_IN.iter().map(text).collect()
    }

    #[test]
    fn the_entries_that_are_compiled_in_pass_every_check() {
        let files = on_disk();
        let checked = Catalogue::load(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let checked = checked.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)));
        assert_eq!(format!("{checked:?}"), format!("{:?}", Catalogue::built_in().unwrap()));
        assert!(files.len() > 60);
        let images = checked.entries().iter().flat_map(|entry| &entry.images);
        assert_eq!(images.filter(|image| !Catalogue::may_know(&format!("mirror/{image}:1"))).count(), 0);
        assert!(!Catalogue::may_know("registry.example.org/team/a-program-of-our-own:2"));
    }

    #[test]
    fn each_mistake_is_told_at_its_place() {
        assert_eq!(Catalogue::load([("x.yaml", ENTRY)]).unwrap().entries().len(), 1);
        for (right, wrong, message, place) in [
            ("name: x\n", "name: y\n", "the file's name says", "y"),
            ("images: [x/x]", "images: []", "images or commands", "x"),
            ("https://example.org", "'somewhere'", "where its numbers were read", "source:"),
            ("size: 5", "size: five", "`five` is no number", ""),
            ("size: 5", "size: {variable: X}", "a setting has a `default`", ""),
            ("size: 5", "size: {cpus: 1, sum: [1]}", "a number says one of", ""),
            ("size: 5", "sise: 5", "unknown field `sise`", ""),
            ("[{ceiling: 5}]", "[]", "an example", "x"),
        ] {
            let text = ENTRY.replacen(right, wrong, 1);
            let error = Catalogue::load([("x.yaml", text.as_str())]).expect_err(wrong);
            assert!(error.message.contains(message), "{wrong}: {}", error.message);
            assert!(File::label(&error, &text).contains(place), "{wrong}");
        }
    }

    #[test]
    fn an_image_belongs_to_one_entry() {
        let other = ENTRY.replacen("name: x\n", "name: y\n", 1);
        let error =
            Catalogue::load([("x.yaml", ENTRY), ("y.yaml", other.as_str())]).expect_err("the same image");
        assert_eq!(error.message, "x has `x/x` already");
    }
}
