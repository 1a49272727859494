//! What configures a PgBouncer, setting by setting, as its loader takes it (libusual `cfparser.c`, PgBouncer `loader.c`).

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::keys::{self, Kind, Place, Release, Unknown};
use super::number;
use crate::platform::{FileView, Found};
use crate::program::Value;
use crate::source::{Sources, Span, TreePath};
use crate::syntax::pgbouncer::{Statement, pairs, parse};
use crate::trace::{Bound, Count, Problem, ProblemKind, Text, Trail};

/// How deep files may include one another (`MAX_INCLUDE`).
const MAX_INCLUDE: usize = 10;

/// The settings of an entry or a user, by key.
pub(super) type Pairs = BTreeMap<&'static str, Value>;

/// An entry of `[databases]` or a user of `[users]`.
pub(super) struct Entry {
    pub(super) name: Text,
    pub(super) pairs: Pairs,
}

/// The section that settings are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Of(Place),
    Peers,
}

/// Takes one statement after the other.
pub(super) struct Reader<'s> {
    pub(super) sources: &'s Sources,
    files: &'s FileView,
    working_dir: &'s str,
    pub(super) release: Option<Release>,
    section: Option<Section>,
    /// Where `[pgbouncer]` stands.
    pub(super) main: Option<Text>,
    pub(super) settings: Pairs,
    pub(super) databases: IndexMap<String, Entry>,
    pub(super) users: IndexMap<String, Entry>,
    /// Why nothing is known of the numbers.
    pub(super) lost: Option<Count>,
    pub(super) problems: Vec<Problem>,
    pub(super) read: Vec<TreePath>,
}

impl<'s> Reader<'s> {
    /// A reader for a PgBouncer of `release` that sees `files` and starts in `working_dir`.
    pub(super) fn new(
        sources: &'s Sources,
        files: &'s FileView,
        working_dir: &'s str,
        release: Option<Release>,
    ) -> Self {
        Self {
            sources,
            files,
            working_dir,
            release,
            section: None,
            main: None,
            settings: Pairs::new(),
            databases: IndexMap::new(),
            users: IndexMap::new(),
            lost: None,
            problems: Vec::new(),
            read: Vec::new(),
        }
    }

    /// Reads the file `found` and those that it includes.
    pub(super) fn file(&mut self, found: &Found) {
        self.included(found, 0, None);
        if self.lost.is_none() && self.main.is_none() {
            let text = self.text(found, None);
            let start = text.map(|text| text.slice_of(text.as_str().lines().next().unwrap_or_default()));
            let at = start.as_ref().and_then(Text::span);
            self.refuse_at(at, ProblemKind::MalformedFile, "it has no section [pgbouncer]", None);
        } else if self.lost.is_none() && self.databases.is_empty() && !self.problems.iter().any(is_malformed)
        {
            // It starts, and refuses each client (1.18.0, run).
            let why = "PgBouncer refuses every client: it has no entry under [databases]";
            let at = self.main.as_ref().and_then(Text::span);
            let help = "an entry is `NAME = host=…`; `* = host=…` takes any name";
            self.problem(at, ProblemKind::MalformedFile, why.to_owned(), Some(help));
        }
    }

    /// What `found` holds; where it cannot be read, nothing is known.
    fn text(&mut self, found: &Found, named: Option<&Text>) -> Option<Text> {
        let path = match found {
            Found::Text(text) => return Some(text.clone()),
            Found::File(path) => path,
        };
        match self.sources.load_lossy(path) {
            Ok(file) => Some(Text::verbatim(&file, 0..file.text.len())),
            Err(error) => {
                let unnamed = || Trail::default_of("the file that PgBouncer reads", None);
                self.lose(named.map_or_else(unnamed, Text::trail), error.to_string());
                self.problems.push(Problem::unloadable(path, &error));
                None
            }
        }
    }

    /// Whether PgBouncer goes on behind this file.
    fn included(&mut self, found: &Found, depth: usize, named: Option<&Text>) -> bool {
        let Some(text) = self.text(found, named) else { return false };
        if let Found::File(path) = found {
            self.read.push(path.clone());
        }
        let (statements, error) = parse(&text);
        for statement in statements {
            match statement {
                Statement::Section(name) => {
                    if !self.section(&name) {
                        return false;
                    }
                }
                Statement::Include(name) => {
                    if !self.include(&name, depth) {
                        return false;
                    }
                }
                Statement::Setting { key, quoted, value } => {
                    if quoted && self.release.is_some_and(|release| release < 25) {
                        self.refuse(
                            &key,
                            ProblemKind::MalformedFile,
                            "a key in quotes is taken from 1.25 on",
                        );
                        return false;
                    }
                    self.setting(&key, value);
                }
            }
        }
        if let Some(error) = &error {
            self.refuse(&error.at, ProblemKind::MalformedFile, error.why);
        }
        error.is_none()
    }

    fn include(&mut self, name: &Text, depth: usize) -> bool {
        if depth >= MAX_INCLUDE {
            self.refuse(name, ProblemKind::MalformedFile, "files include one another more than ten deep");
            return false;
        }
        if let Some(found) = self.open(name.as_str()) {
            return self.included(&found, depth + 1, Some(name));
        }
        self.lose(name.trail(), format!("it includes {name}, which is not among these files"));
        true
    }

    /// The file that PgBouncer sees at `path`.
    pub(super) fn open(&self, path: &str) -> Option<Found> {
        let inside = TreePath::new("/").join(self.working_dir).join(path);
        self.files.open(self.sources, &inside)
    }

    /// Begins a section. A second `[pgbouncer]` sets everything back to its default, the others go on.
    pub(super) fn section(&mut self, name: &Text) -> bool {
        self.section = Some(match name.as_str() {
            "pgbouncer" => {
                self.settings.clear();
                self.main = Some(name.clone());
                Section::Of(Place::Main)
            }
            "databases" => Section::Of(Place::Database),
            "users" => Section::Of(Place::User),
            "peers" if self.release.is_none_or(|release| release >= 19) => Section::Peers,
            _ => {
                let why =
                    "there is no such section: [pgbouncer], [databases] and [users] are, in small letters";
                self.refuse(name, ProblemKind::MalformedFile, why);
                return false;
            }
        });
        true
    }

    /// Takes `key = value` in the section that has begun.
    fn setting(&mut self, key: &Text, value: Text) {
        match self.section {
            None => self.refuse(key, ProblemKind::MalformedFile, "this stands before the first section"),
            Some(Section::Peers) => {}
            Some(Section::Of(Place::Main)) => self.set(key, Value::Known(value)),
            Some(Section::Of(place)) => self.entry(place, key, &value),
        }
    }

    /// Sets `key` of `[pgbouncer]`.
    pub(super) fn set(&mut self, key: &Text, value: Value) {
        let (name, kind) = match keys::kind(Place::Main, key.as_str(), self.release) {
            Ok(known) => known,
            Err(unknown) => {
                // A variable that may be set and may be not has set nothing wrong.
                if value.is_empty().is_some() {
                    self.no_such_key(key, unknown, "no setting of [pgbouncer]");
                }
                return;
            }
        };
        if let Value::Known(text) = &value {
            let why = match kind {
                Kind::Number if number::whole(text.as_str()).is_none() => "is not a whole number",
                Kind::Seconds if number::seconds(text.as_str()).is_none() => "is not a number of seconds",
                Kind::Word(words) if !is_one_of(text, words) => "is none of its words",
                _ => "",
            };
            if !why.is_empty() {
                let comment = text.as_str().contains([';', '#']);
                let kind = if comment || matches!(kind, Kind::Word(_)) {
                    ProblemKind::PgbouncerRefuses
                } else {
                    ProblemKind::NotANumber
                };
                let help = comment.then_some("PgBouncer knows comments only on lines of their own");
                let at = if text.is_empty() { key } else { text };
                let shown = if text.is_empty() { String::new() } else { format!(": `{text}`") };
                self.refuse_at(at.span(), kind, &format!("{name} {why}{shown}"), help);
                return;
            }
        }
        if let Some(Value::Known(before)) = self.settings.get(name)
            && let Value::Known(text) = &value
        {
            self.problems.extend(Problem::twice(self.sources, name, before, text));
        }
        self.settings.insert(name, value);
    }

    /// Takes an entry or a user from a file.
    pub(super) fn entry(&mut self, place: Place, name: &Text, value: &Text) {
        match pairs(value) {
            Ok(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| (key, Value::Known(value))).collect();
                self.named(place, name, pairs);
            }
            Err(at) if place == Place::Database && name.as_str() == "*" => self.refuse_star(&at),
            Err(at) => {
                let why = "the connection string is made of `key=value` words, and this is none";
                let at = if at.is_empty() { name } else { &at };
                self.refuse(at, ProblemKind::MalformedFile, why);
            }
        }
    }

    /// Adds the entry or user `name`, in place of one of that name. What is refused of it leaves the rest: where it dials
    /// is worth knowing although PgBouncer does not start.
    pub(super) fn named(&mut self, place: Place, name: &Text, pairs: Vec<(Text, Value)>) {
        if place == Place::Database && name.as_str() == "pgbouncer" {
            return self.refuse(
                name,
                ProblemKind::PgbouncerRefuses,
                "the database name `pgbouncer` is reserved",
            );
        }
        let mut taken = Pairs::new();
        for (key, value) in pairs {
            let of = if place == Place::Database {
                "no parameter of a database"
            } else {
                "no parameter of a user"
            };
            match keys::kind(place, key.as_str(), self.release) {
                Err(_) if place == Place::Database && name.as_str() == "*" => return self.refuse_star(&key),
                Err(unknown) => self.no_such_key(&key, unknown, of),
                Ok((name, kind)) => {
                    let text = value.known();
                    let wrong = match kind {
                        Kind::Word(words) => text.filter(|text| !is_one_of(text, words)),
                        _ if name == "port" => text.filter(|text| number::leading(text.as_str()) == 0),
                        _ => None,
                    };
                    if let Some(text) = wrong {
                        let why = format!("{name} cannot be `{text}`");
                        self.refuse(text, ProblemKind::PgbouncerRefuses, &why);
                        continue;
                    }
                    // Two names of one setting: the last of either counts.
                    let name = if name == "reserve_pool" { "reserve_pool_size" } else { name };
                    taken.insert(name, value);
                }
            }
        }
        let entries = if place == Place::Database { &mut self.databases } else { &mut self.users };
        entries.insert(name.as_str().to_owned(), Entry { name: name.clone(), pairs: taken });
    }

    /// The entry `*` is only looked into when a client asks for a database: PgBouncer starts, and refuses the client.
    fn refuse_star(&mut self, at: &Text) {
        self.databases.shift_remove("*");
        let why = "PgBouncer refuses every client that asks for a database by `*`: this is no `key=value` that it knows";
        self.problem(at.span(), ProblemKind::MalformedFile, why.to_owned(), None);
    }

    fn no_such_key(&mut self, key: &Text, unknown: Unknown, of: &str) {
        let plain =
            key.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        // A key that holds anything else may be a URL with its password.
        let name = if plain && !key.is_empty() { format!("`{key}`") } else { "this".to_owned() };
        let why = match unknown {
            Unknown::Never => format!("{name} is {of}"),
            Unknown::Later(since) => format!("{name} came with PgBouncer 1.{since}"),
        };
        let small = key.as_str().to_ascii_lowercase();
        let help = match key.as_str() {
            "pool_size" => Some("in [pgbouncer] it is called default_pool_size"),
            _ if small != key.as_str() => Some("keys are written in small letters"),
            _ => None,
        };
        self.refuse_at(key.span(), ProblemKind::PgbouncerRefuses, &why, help);
    }

    /// PgBouncer does not start because of `at`.
    pub(super) fn refuse(&mut self, at: &Text, kind: ProblemKind, why: &str) {
        self.refuse_at(at.span(), kind, why, None);
    }

    pub(super) fn refuse_at(&mut self, at: Option<Span>, kind: ProblemKind, why: &str, help: Option<&str>) {
        let why = format!("PgBouncer does not start: {why}");
        let trail = at.map_or_else(|| Trail::default_of("PgBouncer", None), Trail::written);
        self.lose(trail, why.clone());
        self.problem(at, kind, why, help);
    }

    fn problem(&mut self, at: Option<Span>, kind: ProblemKind, message: String, help: Option<&str>) {
        let Some(span) = at else { return };
        let path = self.sources.file(span.file).path.clone();
        let problem = Problem::at(kind, &path, span, message);
        self.problems.push(match help {
            Some(help) => problem.help(help),
            None => problem,
        });
    }

    /// Nothing is known of the numbers, because of `why`.
    pub(super) fn lose(&mut self, trail: Trail, why: String) {
        self.lost.get_or_insert_with(|| Count::new(Bound::unknown("connections", why), trail));
    }
}

fn is_malformed(problem: &Problem) -> bool {
    problem.kind == ProblemKind::MalformedFile
}

fn is_one_of(text: &Text, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text.as_str()))
}
