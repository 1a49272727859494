//! What an entry's program opens in a deployment.

use std::cell::RefCell;

use super::Entry;
use super::entry::{Condition, Database, Group, PoolEntry};
use super::evaluate::{Evaluator, Misread, option_value};
use crate::client::{Demand, Made, Pool, Url, url};
use crate::platform::{Environment, FileView};
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, Text, Trail, Unknown};

/// What is known of a process that an entry is asked about.
pub struct Circumstances<'a> {
    /// The files of the deployment.
    pub sources: &'a Sources,
    /// Its files.
    pub files: &'a FileView,
    /// The folders in which its project may stand.
    pub folders: &'a [TreePath],
    /// Its variables.
    pub environment: &'a Environment,
    /// What it runs.
    pub ran: Ran,
    /// The image's place: where a default could have been changed.
    pub place: Option<Span>,
    /// The server that it seems to dial, as far as names alone tell.
    pub database: Option<&'a Url>,
}

/// What a process runs.
#[derive(Clone, Debug)]
pub enum Ran {
    /// What its image starts by itself.
    ImageCommand,
    /// These words, as far as they are known.
    Words {
        /// Those that are known.
        words: Vec<Text>,
        /// Where a word stands that is not.
        unsure: Option<Trail>,
    },
    /// A program whose command line was read.
    Program {
        /// Its name and what it runs.
        words: Vec<Text>,
        /// Processes, threads and tasks at once.
        counts: Box<[Count; 3]>,
    },
}

/// What an entry answers.
#[derive(Debug)]
pub enum Answer {
    /// It uses no PostgreSQL.
    Elsewhere,
    /// It ends by itself.
    Passes,
    /// The entry does not know the command.
    Unrecognised(String),
    /// It opens this.
    Opened(Vec<OpenedGroup>, Vec<Misread>),
}

/// Identical processes and the pools of one of them.
#[derive(Debug)]
pub struct OpenedGroup {
    /// What the entry calls it.
    pub name: String,
    /// How many processes.
    pub processes: Count,
    /// Threads in each.
    pub threads: Count,
    /// Tasks that each works on at once.
    pub concurrency: Count,
    /// How many of each pool a process has.
    pub engines: Count,
    /// The pools of one process.
    pub pools: Vec<Pool>,
}

impl Ran {
    pub(super) fn words(&self) -> &[Text] {
        match self {
            Self::ImageCommand => &[],
            Self::Words { words, .. } | Self::Program { words, .. } => words,
        }
    }

    pub(super) fn unsure(&self) -> Option<&Trail> {
        match self {
            Self::Words { unsure, .. } => unsure.as_ref(),
            Self::ImageCommand | Self::Program { .. } => None,
        }
    }
}

impl Entry {
    /// What the program opens under `circumstances`.
    pub fn opened(&self, circumstances: &Circumstances<'_>) -> Answer {
        let words: Vec<&str> = circumstances.ran.words().iter().map(Text::as_str).collect();
        if self.passes.iter().any(|passes| passes.stand_in(&words, &self.valued)) {
            return Answer::Passes;
        }
        let groups = self.groups_of(circumstances, &words);
        if groups.is_empty() {
            let command = words.join(" ");
            return Answer::Unrecognised(format!(
                "what `{command}` of {} opens is not in its entry",
                self.title
            ));
        }
        let mounted = |path: &&String| circumstances.files.locate(circumstances.sources, path).is_some();
        let unread = self.files.iter().find(mounted);
        let Some(url) = self.dials(circumstances, unread) else { return Answer::Elsewhere };
        let known = if let Url::Known(text) = &url { Some(text) } else { None };
        let evaluator = Evaluator {
            title: &self.title,
            circumstances,
            url: known,
            unread: unread.cloned(),
            misread: RefCell::default(),
        };
        let opened = groups.into_iter().map(|group| evaluator.group(group, &url)).collect();
        Answer::Opened(opened, evaluator.misread.into_inner())
    }

    /// The groups that the command starts.
    fn groups_of(&self, circumstances: &Circumstances<'_>, words: &[&str]) -> Vec<&Group> {
        let by_words = |group: &&Group| group.when.iter().any(|when| when.stand_in(words, &self.valued));
        let mut found: Vec<&Group> = self.groups.iter().filter(by_words).collect();
        let is_open = self.groups.iter().all(|group| group.when.is_empty());
        if found.is_empty() && is_open {
            found.extend(&self.groups);
        } else if found.is_empty() && words.iter().all(|word| word.starts_with('-')) {
            found.extend(self.groups.iter().filter(|group| group.default));
        }
        found.retain(|group| may_hold(&group.conditions, circumstances.environment));
        found
    }

    /// The server that it dials; `None` where it uses no PostgreSQL.
    fn dials(&self, circumstances: &Circumstances<'_>, unread: Option<&String>) -> Option<Url> {
        let environment = circumstances.environment;
        if let Some(text) = self.database.url(circumstances) {
            return address(&text);
        }
        let in_file = unread.is_some_and(|path| speaks_of_postgres(circumstances, path));
        if self.elsewhere.iter().any(|condition| condition.holds(environment, !in_file) == Some(true)) {
            return None;
        }
        if let Some(host) = self.database.host(environment) {
            return Some(host);
        }
        if let Some(found) = circumstances.database {
            return Some(found.clone());
        }
        let unset = self.database.names().find_map(|name| environment.unknown(name));
        let names = self.database.names().map(String::as_str).collect::<Vec<_>>().join(", ");
        let why = match (unset, unread) {
            (Some(_), _) => format!("{names} may be set to something that is not known"),
            (None, Some(path)) if in_file => format!("{path} says which server it dials, and is not read"),
            (None, _) if self.database.required => format!("none of {names} is set"),
            (None, _) => return None,
        };
        Some(not_known(why))
    }
}

impl Database {
    /// The URL that the command line or a variable holds.
    fn url(&self, circumstances: &Circumstances<'_>) -> Option<Text> {
        let option = |option: &String| option_value(circumstances.ran.words(), option);
        let given = self.options.iter().find_map(option);
        given.or_else(|| self.urls.iter().find_map(|name| set(circumstances.environment, name)).cloned())
    }

    /// The host that a variable holds, without its port.
    fn host(&self, environment: &Environment) -> Option<Url> {
        let name = self.hosts.iter().find(|name| set(environment, name).is_some())?;
        let host = set(environment, name)?;
        let length = host.as_str().find([':', '/', '?']).unwrap_or(host.len());
        Some(match length {
            // A socket's folder, or a variable that was replaced by nothing.
            0 => not_known(format!("{name} names no host")),
            _ => Url::Host(host.slice(0..length)),
        })
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        self.urls.iter().chain(&self.hosts)
    }

    /// The server that a pool of its own dials.
    fn of_pool(&self, circumstances: &Circumstances<'_>) -> Option<Url> {
        let url = self.url(circumstances).map(|text| address(&text));
        url.unwrap_or_else(|| self.host(circumstances.environment))
    }
}

/// The value of `name`; one that is empty counts as none.
fn set<'a>(environment: &'a Environment, name: &str) -> Option<&'a Text> {
    environment.get(name).filter(|value| !value.is_empty())
}

/// Whether the mounted file at `path` speaks of PostgreSQL.
fn speaks_of_postgres(circumstances: &Circumstances<'_>, path: &str) -> bool {
    let found = circumstances.files.locate(circumstances.sources, path);
    let text = found.and_then(|found| circumstances.sources.load(&found).ok());
    // What cannot be read may say anything.
    text.is_none_or(|file| file.text.to_ascii_lowercase().contains("postgres"))
}

/// The server that a URL or a keyword string (`host=db dbname=x`) names; `None` where it is no PostgreSQL: another
/// scheme, or the path of a file.
fn address(text: &Text) -> Option<Url> {
    if url::is_postgres(text.as_str()) {
        return Some(Url::Known(text.clone()));
    }
    if text.is_empty() {
        return Some(not_known("the database URL is given in a word that is not known"));
    }
    let lower = text.as_str().to_ascii_lowercase();
    if lower.contains("://")
        || lower.starts_with("sqlite")
        || lower.starts_with("file:")
        || !lower.contains('=')
    {
        return None;
    }
    let Some(at) = ["host=", "server="].iter().find_map(|key| lower.find(key).map(|at| at + key.len()))
    else {
        return Some(not_known("what its database URL names could not be read"));
    };
    let length = lower[at..].find([' ', ';', ',']).unwrap_or(lower.len() - at);
    Some(Url::Host(text.slice(at..at + length)))
}

fn not_known(why: impl Into<std::sync::Arc<str>>) -> Url {
    Url::Unknown(Unknown { floor: 0, term: None, why: why.into() })
}

/// Whether none of `conditions` certainly fails.
fn may_hold(conditions: &[Condition], environment: &Environment) -> bool {
    conditions.iter().all(|condition| condition.holds(environment, true) != Some(false))
}

impl Evaluator<'_> {
    fn group(&self, group: &Group, url: &Url) -> OpenedGroup {
        let counts = match &self.circumstances.ran {
            Ran::Program { counts, .. } => (**counts).clone(),
            Ran::ImageCommand | Ran::Words { .. } => {
                let unlimited = || {
                    Count::new(
                        Bound::Unbounded,
                        Trail::default_of(format!("{} tasks at once", self.title), self.circumstances.place),
                    )
                };
                let tasks = group.concurrency.as_ref();
                [
                    self.count(&group.processes, "processes", "processes"),
                    self.count(&group.threads, "threads", "threads"),
                    tasks.map_or_else(unlimited, |formula| self.count(formula, "tasks", "tasks at once")),
                ]
            }
        };
        let [processes, threads, concurrency] = counts;
        let there = |pool: &&PoolEntry| may_hold(&pool.conditions, self.circumstances.environment);
        OpenedGroup {
            name: group.name.clone(),
            processes,
            threads,
            concurrency,
            engines: self.count(&group.engines, "pools", "pools"),
            pools: group.pools.iter().filter(there).map(|pool| self.pool(pool, url)).collect(),
        }
    }

    fn pool(&self, pool: &PoolEntry, url: &Url) -> Pool {
        let own = pool.database.as_ref().and_then(|database| database.of_pool(self.circumstances));
        let size = self.count(&pool.size, "connections", &pool.name);
        let overflow = pool.overflow.as_ref().map(|formula| self.count(formula, "connections", &pool.name));
        let ceiling = match &overflow {
            Some(overflow) => size.value.clone() + overflow.value.clone(),
            None => size.value.clone(),
        };
        Pool {
            name: pool.name.clone(),
            kind: "catalogue",
            place: size.trail.place().or(self.circumstances.place),
            size: Some(size),
            overflow,
            ceiling,
            demand: if pool.ahead { Demand::Ahead } else { Demand::ByTask { minimum: 0 } },
            url: own.unwrap_or_else(|| url.clone()),
            made: Made::Once,
            settings: Vec::new(),
        }
    }
}
