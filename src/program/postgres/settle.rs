//! Everything that sets a server's settings, put in the order in which it counts: the image's own way, its variables, the
//! configuration file with its includes, what scripts append to it, `postgresql.auto.conf`, the command line (facts, A2).

use super::arguments::{self, Line};
use super::configuration::Configuration;
use super::image::{Flavor, Image, Layout};
use super::script::{Changes, Language};
use super::steps::{Assignment, By, Step};
use super::{Value, memory};
use crate::platform::{Container, Found};
use crate::program::command::variable;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Problem, Text, Trail};

/// A server that is looked into.
pub(super) struct Settling<'a> {
    pub(super) sources: &'a Sources,
    pub(super) container: &'a Container,
    pub(super) image: &'a Image,
    /// Where its image is named.
    pub(super) place: Option<Span>,
}

/// What was found.
pub(super) struct Settled {
    pub(super) steps: Vec<Step>,
    pub(super) problems: Vec<Problem>,
    pub(super) read: Vec<TreePath>,
}

/// Which configuration file a server reads first.
enum Main {
    /// This one, in its data folder or not.
    File { path: TreePath, in_data: bool },
    /// The one that the image makes.
    Own,
    /// One that is not at hand.
    Unknown {
        /// Its path, where that is known.
        inside: Option<TreePath>,
        why: String,
        trail: Trail,
    },
}

impl Settling<'_> {
    /// Everything that sets something, the weakest first. `lost` is why the command line is not known.
    pub(super) fn settle(&self, words: &[Value], lost: Option<Count>) -> Settled {
        let line = arguments::read(self.sources, &self.with_extra_flags(words));
        let layout = self.image.layout();
        let folders = self.data_folders(&line, &layout);
        let mut files = Configuration::new(self.sources, &self.container.files);
        let mut changes = self.changes(&folders, &layout, &mut files.read);
        let mut steps = Vec::new();
        let main = self.main(&line, &layout, &folders);
        let takes_appended = match main {
            Main::File { path, in_data } => {
                files.file(&path, By::File);
                in_data
            }
            Main::Own => {
                steps.extend(self.own());
                self.more(&layout, &mut files);
                true
            }
            Main::Unknown { inside, why, trail } => {
                files.missing(inside.as_ref(), why, trail);
                false
            }
        };
        steps.append(&mut files.steps);
        if takes_appended {
            steps.append(&mut changes.file);
        }
        let folders = match &files.data_directory {
            Some(folder) => vec![TreePath::new(folder.as_str())],
            None => folders,
        };
        for folder in folders {
            if files.file(&folder.join("postgresql.auto.conf"), By::System) {
                break;
            }
        }
        steps.append(&mut files.steps);
        steps.append(&mut changes.system);
        steps.extend(lost.map(Step::Open));
        steps.extend(line.steps);
        let mut problems = files.problems;
        problems.extend(line.problems);
        Settled { steps, problems, read: files.read }
    }

    /// The server's words, behind those that a variable of the image brings in.
    fn with_extra_flags(&self, words: &[Value]) -> Vec<Value> {
        let flags = (self.image.flavor == Flavor::Bitnami)
            .then(|| variable(&self.container.environment, "POSTGRESQL_EXTRA_FLAGS"))
            .flatten();
        let extra: Vec<Value> = match flags {
            Some(Value::Known(flags)) => {
                let flag = |flag| Value::Known(flags.slice_of(flag));
                flags.as_str().split_whitespace().map(flag).collect()
            }
            Some(unknown @ Value::Partly { .. }) => vec![unknown],
            None => Vec::new(),
        };
        let is_name = |word: &Value| matches!(word.as_str(), Some("postgres" | "postmaster"));
        let words = if words.first().is_some_and(is_name) { &words[1..] } else { words };
        extra.into_iter().chain(words.iter().cloned()).collect()
    }

    fn data_folders(&self, line: &Line, layout: &Layout) -> Vec<TreePath> {
        let named = line.data_directory.as_ref().and_then(Value::known).map(Text::as_str);
        let named = named.or_else(|| self.container.environment.get("PGDATA").map(Text::as_str));
        match named {
            Some(folder) => vec![TreePath::new(&self.container.working_dir).join(folder)],
            None => layout.data.iter().map(|folder| TreePath::new(folder)).collect(),
        }
    }

    fn main(&self, line: &Line, layout: &Layout, folders: &[TreePath]) -> Main {
        let files = &self.container.files;
        let is_there = |path: &TreePath| files.open(self.sources, path).is_some();
        if let Some(named) = &line.config_file {
            let Some(name) = named.known() else {
                let why = format!("which configuration file the server reads is not known: {}", named.why());
                return Main::Unknown { inside: None, why, trail: named.trail() };
            };
            let path = TreePath::new(&self.container.working_dir).join(name.as_str());
            let in_data = folders.iter().any(|folder| path.is_under(folder));
            return match path {
                path if is_there(&path) => Main::File { path, in_data },
                path if layout.files.contains(&path.as_str()) && !files.promises(&path) => Main::Own,
                path => {
                    let why = format!("the configuration file {path} is not among these files");
                    Main::Unknown { inside: Some(path), why, trail: name.trail() }
                }
            };
        }
        let outside = layout.files.iter().map(|file| (TreePath::new(file), false));
        let inside = folders.iter().map(|folder| (folder.join("postgresql.conf"), true));
        for (path, in_data) in outside.chain(inside) {
            if is_there(&path) {
                return Main::File { path, in_data };
            }
            if files.promises(&path) {
                let why = format!("the configuration file {path} is not among these files");
                return Main::Unknown { inside: None, why, trail: self.trail() };
            }
        }
        Main::Own
    }

    /// What the image writes into the configuration that it makes.
    fn own(&self) -> Vec<Step> {
        let max = |value| Step::Set(Assignment::new("max_connections", value, By::Image));
        let given = |name: &str| {
            variable(&self.container.environment, name).filter(|value| value.is_empty() != Some(true))
        };
        match self.image.flavor {
            Flavor::Official | Flavor::Supabase => self.initdb(),
            Flavor::Bitnami | Flavor::RedHat => {
                let mut steps = self.initdb();
                steps.extend(given("POSTGRESQL_MAX_CONNECTIONS").map(max));
                steps
            }
            Flavor::Timescale => {
                let mut steps = self.initdb();
                if given("NO_TS_TUNE").is_none() {
                    steps.push(
                        match given("TS_TUNE_MAX_CONNS").filter(|value| value.as_str() != Some("0")) {
                            Some(value) => max(value),
                            None => self.tuned(given("TS_TUNE_MEMORY").as_ref()),
                        },
                    );
                }
                steps
            }
            Flavor::Spilo => vec![self.patroni()],
        }
    }

    /// `initdb -c max_connections=200`, from 16 on (initdb.c, `--set`).
    fn initdb(&self) -> Vec<Step> {
        let Some(arguments) = self.container.environment.get("POSTGRES_INITDB_ARGS") else {
            return Vec::new();
        };
        let words: Vec<&str> = arguments.as_str().split_whitespace().collect();
        let mut steps = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let follows = at > 0 && matches!(words[at - 1], "-c" | "--set");
            let assigned = word.strip_prefix("--set=").or_else(|| follows.then_some(*word));
            if let Some((name, value)) = assigned.and_then(|set| set.split_once('=')) {
                let value = arguments.slice_of(value.trim_matches(['"', '\'']));
                steps.push(Step::Set(Assignment::new(
                    name.trim_matches(['"', '\'']),
                    Value::Known(value),
                    By::Image,
                )));
            }
        }
        steps
    }

    /// What timescaledb-tune chooses (`pkg/pgtune/misc.go`, `getMaxConns`), by its variable or the container's limit.
    fn tuned(&self, given: Option<&Value>) -> Step {
        let limit = given.and_then(Value::known).or(self.container.memory.as_ref());
        let gigabytes = |n: u64| n << 30;
        let chosen = limit.and_then(|limit| memory::bytes(limit.as_str())).map(|bytes| match bytes {
            bytes if bytes <= gigabytes(2) => 25,
            bytes if bytes <= gigabytes(4) => 50,
            bytes if bytes <= gigabytes(6) => 75,
            _ => 100,
        });
        let trail = |place| Trail::default_of("timescaledb-tune max_connections", place);
        if let (Some(limit), Some(number)) = (limit, chosen) {
            let text = Text::traced(number.to_string(), trail(limit.span()));
            return Step::Set(Assignment::new("max_connections", Value::Known(text), By::Image));
        }
        let why = "timescaledb-tune sets it by the memory it finds: 25 up to 2 GiB, 50 up to 4, 75 up to 6, else 100";
        by_image(unknown(why, trail(self.place)))
    }

    /// What spilo chooses: a thirtieth of the memory in MiB, at least 100 and at most 1000; `SPILO_CONFIGURATION` may say
    /// otherwise.
    fn patroni(&self) -> Step {
        let configuration = self.container.environment.get("SPILO_CONFIGURATION");
        if let Some(text) = configuration
            && let Some(at) = text.as_str().find("max_connections")
        {
            let rest = &text.as_str()[at + "max_connections".len()..];
            let value = rest.trim_start_matches(['"', '\'', ':', ' ']);
            let digits = value.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                let value = text.slice_of(&value[..digits]);
                return Step::Set(Assignment::new("max_connections", Value::Known(value), By::Image));
            }
            return by_image(unknown("SPILO_CONFIGURATION sets it in a way that is not read", text.trail()));
        }
        let trail = |place| Trail::default_of("spilo max_connections", place);
        let limit = self.container.memory.as_ref();
        match limit.and_then(|limit| memory::bytes(limit.as_str())).map(|bytes| bytes >> 20) {
            // The machine may have less than the limit, so only the lower end is certain.
            Some(megabytes) if megabytes <= 3000 => {
                let text = Text::traced("100", trail(limit.and_then(Text::span)));
                Step::Set(Assignment::new("max_connections", Value::Known(text), By::Image))
            }
            _ => {
                let why =
                    "spilo sets it by the memory it finds: a connection for each 30 MiB, from 100 to 1000";
                by_image(unknown(why, trail(self.place)))
            }
        }
    }

    /// The files that the image's own configuration includes at its end.
    fn more(&self, layout: &Layout, files: &mut Configuration<'_>) {
        for folder in layout.more.iter().map(|folder| TreePath::new(folder)) {
            let found = self.container.files.files_of(self.sources, &folder, "conf");
            for file in found.unwrap_or_default() {
                files.file(&file, By::File);
            }
        }
    }

    /// What the commands that built the image, and the scripts of its first start, change. A data folder that is there
    /// already keeps the scripts from running.
    fn changes(&self, folders: &[TreePath], layout: &Layout, read: &mut Vec<TreePath>) -> Changes {
        let mut changes = Changes::default();
        for command in &self.container.built_by {
            changes.read(command, Language::Shell);
        }
        let files = &self.container.files;
        let is_set_up = |folder: &TreePath| files.open(self.sources, &folder.join("PG_VERSION")).is_some();
        if folders.iter().any(is_set_up) {
            return changes;
        }
        for folder in layout.scripts.iter().map(|folder| TreePath::new(folder)) {
            for name in files.names(self.sources, &folder).unwrap_or_default() {
                let language = match name.rsplit('.').next() {
                    Some("sql") => Language::Sql,
                    Some("sh") => Language::Shell,
                    _ => continue,
                };
                match files.open(self.sources, &folder.join(&name)) {
                    Some(Found::Text(text)) => changes.read(&text, language),
                    Some(Found::File(path)) => {
                        if let Ok(file) = self.sources.load_lossy(&path) {
                            let before = changes.file.len() + changes.system.len();
                            changes.read(&Text::verbatim(&file, 0..file.text.len()), language);
                            if changes.file.len() + changes.system.len() > before {
                                read.push(path);
                            }
                        }
                    }
                    None => {}
                }
            }
        }
        changes
    }

    fn trail(&self) -> Trail {
        Trail::default_of("PostgreSQL configuration", self.place)
    }
}

fn unknown(why: impl Into<std::sync::Arc<str>>, trail: Trail) -> Count {
    Count::new(Bound::unknown("connections", why), trail)
}

fn by_image(rest: Count) -> Step {
    let prefix = Text::traced("", rest.trail.clone());
    Step::Set(Assignment::new("max_connections", Value::Partly { prefix, rest }, By::Image))
}
