//! What a process sees when it starts: its words, its variables, its files.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::{Kind, Sources, Span, TreePath};
use crate::syntax::manifest;
use crate::trace::{Bound, Count, Text, Traced, Unknown};

use super::{Cpus, Image, Service};

/// A process as a platform starts it: a service together with what its image says.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// The words of the command line, entrypoint and command together. Empty when nobody says what runs.
    pub words: Vec<Text>,
    /// Whether an entrypoint is among them. Otherwise they are given to the one that a base image may have.
    pub has_entrypoint: bool,
    /// Its variables.
    pub environment: Environment,
    /// The folder it starts in, as the process sees it.
    pub working_dir: String,
    /// Its files.
    pub files: FileView,
    /// The image it runs, as far as it is known: what `FROM` says where it is built.
    pub image: Option<Text>,
    /// Its CPUs.
    pub cpus: Cpus,
    /// The memory it may use, where a limit is set.
    pub memory: Option<Text>,
    /// The commands that were run while its image was built.
    pub built_by: Vec<Text>,
    /// What could not be read and would have decided: a Dockerfile that is not there.
    pub unread: Vec<Unread>,
}

/// Why something of a container is not known, at the place where the trail ends.
pub type Unread = Traced<String>;

/// The variables of a process. A copy shares them until it is changed: a script starts many processes with the same ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    variables: Arc<IndexMap<String, Text>>,
    /// Variables that are set to something that is not known.
    unknown: IndexMap<String, Count>,
    /// Why variables may be set that stand nowhere: a file that sets some is not there.
    open: Option<Unread>,
    /// Why variables may be set that stand nowhere, where those that have a default are taken to be left at it.
    unsaid: Option<Unread>,
}

impl Environment {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of `name`; `None` when it is not set.
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.variables.get(name)
    }

    /// What is known of the value of `name` where the value itself is not: it was computed, or a file that may set it
    /// is not there. `None` where [`Environment::get`] tells all there is.
    pub fn unknown(&self, name: &str) -> Option<Count> {
        if self.variables.contains_key(name) {
            return None;
        }
        let open = || {
            let Traced { value, trail } = self.open.as_ref()?;
            let why = format!("{name} may be set: {value}").into();
            Some(Traced::new(Bound::Unknown(Unknown { floor: 0, term: None, why }), trail.clone()))
        };
        self.unknown.get(name).cloned().or_else(open)
    }

    /// Sets `name` to something that is not known.
    pub fn set_unknown(&mut self, name: &str, value: Count) {
        self.drop_value(name);
        self.unknown.insert(name.to_owned(), value);
    }

    /// Says that any variable may be set besides those that are, because of `why`.
    pub fn leave_open(&mut self, why: Unread) {
        self.open.get_or_insert(why);
    }

    /// Says that whoever starts the process may set variables that no file names.
    pub fn leave_unsaid(&mut self, why: Unread) {
        self.unsaid.get_or_insert(why);
    }

    /// As [`Environment::unknown`], for a variable of which the code says no value for where it is not set: a deployment
    /// without the files' own default is one that sets it.
    pub fn unsaid(&self, name: &str) -> Option<Count> {
        let unsaid = || {
            let Traced { value, trail } = self.unsaid.as_ref().filter(|_| self.get(name).is_none())?;
            let why = format!("{name} may be set: {value}").into();
            Some(Traced::new(Bound::Unknown(Unknown { floor: 0, term: None, why }), trail.clone()))
        };
        self.unknown(name).or_else(unsaid)
    }

    /// Sets `name`, in place of a value that it had.
    pub fn set(&mut self, name: &str, value: Text) {
        self.unknown.shift_remove(name);
        Arc::make_mut(&mut self.variables).insert(name.to_owned(), value);
    }

    /// Sets `name` where it has no value yet, as `load_dotenv()` does.
    pub fn set_default(&mut self, name: &str, value: Text) {
        if !self.unknown.contains_key(name) && !self.variables.contains_key(name) {
            Arc::make_mut(&mut self.variables).insert(name.to_owned(), value);
        }
    }

    /// Takes `name` away.
    pub fn unset(&mut self, name: &str) {
        self.drop_value(name);
        self.unknown.shift_remove(name);
    }

    fn drop_value(&mut self, name: &str) {
        if self.variables.contains_key(name) {
            Arc::make_mut(&mut self.variables).shift_remove(name);
        }
    }

    /// Every variable in the order in which it was first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Which files of the tree a process sees at which paths: what `COPY` and mounts brought there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileView {
    /// The path inside and what stands there, the latest first: it covers those after it.
    places: Vec<(TreePath, TreePath)>,
    /// Files whose text stands inside another file: the `content` of a compose config.
    texts: Vec<(TreePath, Text)>,
}

/// A file as a process sees it.
#[derive(Clone, Debug)]
pub enum Found {
    /// A file of the tree.
    File(TreePath),
    /// A text that stands inside another file.
    Text(Text),
}

impl FileView {
    /// A process that sees nothing of the tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// A process that is started in the tree itself: what it calls `/` is the linted root.
    pub fn bare() -> Self {
        let mut view = Self::new();
        view.add("/", TreePath::root());
        view
    }

    /// Puts `source` of the tree at the absolute path `inside`, over what stood there.
    pub fn add(&mut self, inside: &str, source: TreePath) {
        self.places.insert(0, (TreePath::new(inside), source));
    }

    /// The file or folder of the tree that the process sees at the absolute path `inside`; `None` when the tree
    /// holds nothing there.
    pub fn locate(&self, sources: &Sources, inside: &str) -> Option<TreePath> {
        let wanted = TreePath::new(inside);
        self.places.iter().find_map(|(at, source)| {
            let rest =
                wanted.is_under(at).then(|| wanted.as_str()[at.as_str().len()..].trim_start_matches('/'))?;
            let found = if rest.is_empty() { source.clone() } else { sources.resolve(source, rest) };
            sources.tree().kind(&found).map(|_| found)
        })
    }

    /// Puts a file with this text at `inside`.
    pub fn add_text(&mut self, inside: &str, text: Text) {
        self.texts.insert(0, (TreePath::new(inside), text));
    }

    /// The file at `inside`.
    pub fn open(&self, sources: &Sources, inside: &TreePath) -> Option<Found> {
        if let Some((_, text)) = self.texts.iter().find(|(at, _)| at == inside) {
            return Some(Found::Text(text.clone()));
        }
        let path = self.locate(sources, inside.as_str())?;
        sources.is_file(&path).then_some(Found::File(path))
    }

    /// The names in the folder at `inside`, sorted by their bytes; `None` where nothing of it is known.
    pub fn names(&self, sources: &Sources, inside: &TreePath) -> Option<Vec<String>> {
        let below = |base: &TreePath, path: &TreePath| {
            path.is_under(base)
                .then(|| path.as_str()[base.as_str().len()..].trim_start_matches('/').to_owned())
        };
        let first = |rest: String| rest.split('/').next().map(str::to_owned).filter(|name| !name.is_empty());
        let mut names: Vec<String> =
            self.texts.iter().filter_map(|(at, _)| first(below(inside, at)?)).collect();
        let mut is_known = false;
        for (at, source) in &self.places {
            if let Some(rest) = below(inside, at).filter(|rest| !rest.is_empty()) {
                names.extend(first(rest));
                continue;
            }
            let Some(rest) = below(at, inside) else { continue };
            let folder = sources.resolve(source, if rest.is_empty() { "." } else { &rest });
            if let Ok(listed) = sources.tree().list(&folder) {
                is_known = true;
                names.extend(listed);
            }
        }
        names.sort();
        names.dedup();
        (is_known || !names.is_empty()).then_some(names)
    }

    /// The files in the folder at `inside` whose names end in `.EXTENSION` and do not begin with a dot, sorted by their
    /// bytes; `None` where nothing of the folder is known.
    pub fn files_of(&self, sources: &Sources, inside: &TreePath, extension: &str) -> Option<Vec<TreePath>> {
        let is_one = |name: &String| {
            !name.starts_with('.') && name.rsplit_once('.').is_some_and(|(_, end)| end == extension)
        };
        let names = self.names(sources, inside)?;
        let paths = names.iter().filter(|name| is_one(name)).map(|name| inside.join(name));
        Some(paths.filter(|path| self.open(sources, path).is_some()).collect())
    }

    /// Whether `inside` lies in a folder that comes from the tree, so that what is not in the tree is not there.
    pub fn covers(&self, sources: &Sources, inside: &TreePath) -> bool {
        let is_folder = |source: &TreePath| sources.tree().kind(source) == Some(Kind::Folder);
        self.places.iter().any(|(at, source)| at != inside && inside.is_under(at) && is_folder(source))
    }

    /// Whether something is put at `inside` itself, though it may not be among the files.
    pub fn promises(&self, inside: &TreePath) -> bool {
        self.places.iter().any(|(at, _)| at == inside) || self.texts.iter().any(|(at, _)| at == inside)
    }

    /// The file of the tree that is meant to stand at the absolute path `inside` and is not in the tree, itself or the
    /// folder that is put over it.
    pub fn missing(&self, sources: &Sources, inside: &str) -> Option<TreePath> {
        let wanted = TreePath::new(inside);
        let (at, source) = self.places.iter().find(|(at, _)| wanted.is_under(at))?;
        let rest = wanted.as_str()[at.as_str().len()..].trim_start_matches('/');
        sources
            .tree()
            .kind(source)
            .is_none()
            .then(|| if rest.is_empty() { source.clone() } else { source.join(rest) })
    }

    /// What stands at `inside` and below, each with its path from there (`.` for `inside` itself), the latest first.
    pub(super) fn under(&self, inside: &TreePath) -> Vec<(TreePath, TreePath)> {
        let below = |base: &TreePath, path: &TreePath| {
            let rest =
                path.is_under(base).then(|| path.as_str()[base.as_str().len()..].trim_start_matches('/'))?;
            Some(TreePath::new(rest))
        };
        let part = |(at, source): &(TreePath, TreePath)| match below(inside, at) {
            Some(rest) => Some((rest, source.clone())),
            None => below(at, inside).map(|rest| (TreePath::root(), source.join(rest.as_str()))),
        };
        self.places.iter().filter_map(part).collect()
    }

    /// The folders of Python projects that can be installed, as the process sees them and where they stand in the tree.
    pub fn projects(&self, sources: &Sources) -> Vec<(TreePath, TreePath)> {
        let mut found: Vec<(TreePath, TreePath)> = Vec::new();
        for (at, source) in &self.places {
            let project = if manifest::NAMES.contains(&source.file_name()) {
                (at.parent(), source.parent())
            } else if manifest::NAMES.iter().any(|name| sources.is_file(&source.join(name))) {
                (at.clone(), source.clone())
            } else {
                continue;
            };
            if !found.contains(&project) {
                found.push(project);
            }
        }
        found
    }

    /// Whether the process sees anything of the tree.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.texts.is_empty()
    }
}

impl Container {
    /// The container that runs `service`, whose image is `image` where its Dockerfile is at hand.
    ///
    /// Words follow the engine's rule (moby `daemon/commit.go`, `merge`): an entrypoint of the service takes the
    /// image's command away, an empty list counts as none given.
    pub fn of(service: &Service, image: Option<&Image>) -> Self {
        let given = |words: &Option<Vec<Text>>| words.clone().filter(|words| !words.is_empty());
        let entrypoint = given(&service.entrypoint);
        let command = given(&service.command).or_else(|| {
            let inherits = entrypoint.is_none();
            image.and_then(|image| image.command.clone()).filter(|_| inherits)
        });
        let inherited =
            || image.and_then(|image| image.entrypoint.clone()).filter(|_| service.entrypoint.is_none());
        let entrypoint = entrypoint.or_else(inherited);
        let has_entrypoint = entrypoint.is_some();
        let words = entrypoint.into_iter().chain(command).flatten().collect();
        let mut environment = image.map(|image| image.environment.clone()).unwrap_or_default();
        for (name, variable) in &service.environment {
            if let Some(value) = &variable.value {
                environment.set(name, value.clone());
            }
        }
        if let Some(place) = service.config_vars {
            let why = "the platform's own configuration is not among these files".to_owned();
            environment.leave_unsaid(Traced::written(why, place));
        }
        let mut files = image.map(|image| image.files.clone()).unwrap_or_default();
        for mount in &service.mounts {
            files.add(&mount.target, mount.source.clone());
        }
        for (inside, text) in &service.texts {
            files.add_text(inside, text.clone());
        }
        let from_image = image.map_or("/", |image| image.working_dir.as_str());
        let working_dir = service.working_dir.as_ref().map_or(from_image, Text::as_str);
        Self {
            words,
            has_entrypoint,
            environment,
            working_dir: TreePath::new("/").join(working_dir).as_str().to_owned(),
            files,
            image: service
                .image
                .clone()
                .filter(|_| image.is_none())
                .or_else(|| image.and_then(|i| i.base.clone())),
            cpus: Cpus { host: None, quota: service.cpus.clone() },
            memory: service.memory.clone(),
            built_by: image.map(|image| image.commands.clone()).unwrap_or_default(),
            unread: Vec::new(),
        }
    }

    /// Where its first word stands.
    pub fn place(&self) -> Option<Span> {
        self.words.first().and_then(Text::span)
    }
}
