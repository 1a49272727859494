//! From settings to numbers: defaults, what zero and negative numbers mean, what overrides what (PgBouncer `src/server.c`,
//! `src/objects.c`; facts, E1).

use std::time::Duration;

use super::keys::Release;
use super::number;
use super::reader::{Entry, Reader};
use super::{Database, Pooler, Timeouts, User};
use crate::platform::{Found, Unread};
use crate::program::Value;
use crate::program::command::named;
use crate::source::Span;
use crate::trace::{Bound, Count, Text, Traced, Trail};

/// From this release on a pool of size 0 has no limit; before it holds one connection (NEWS, 1.24).
const ZERO_IS_UNLIMITED: Release = 24;

/// What stands for settings that nobody gave.
pub(super) struct Unset<'a> {
    /// The place that could have given them.
    pub(super) place: Option<Span>,
    /// Why the defaults may be others than PgBouncer's.
    pub(super) unknown: Option<&'a Unread>,
}

impl Reader<'_> {
    /// The pooler that these settings make.
    pub(super) fn finish(self, unset: &Unset<'_>, processes: Count) -> Pooler {
        let place = self.main.as_ref().and_then(Text::span).or(unset.place);
        let build = Build { reader: &self, place, unknown: unset.unknown };
        let limit = |name| build.number(name, "PgBouncer", Bound::Unbounded, positive);
        let mut pooler = Pooler {
            mode: build.mode(),
            max_client_conn: build
                .count("max_client_conn", "PgBouncer max_client_conn", 100, |n| Some(at_least_zero(n))),
            default_pool_size: build.count("default_pool_size", "PgBouncer default_pool_size", 20, |n| {
                Some(pool_size(n, self.release))
            }),
            reserve_pool_size: build.reserve(),
            max_db_connections: limit("max_db_connections"),
            max_user_connections: limit("max_user_connections"),
            max_db_client_connections: limit("max_db_client_connections"),
            max_user_client_connections: limit("max_user_client_connections"),
            databases: self.databases.values().map(|entry| build.database(entry)).collect(),
            users: self.users.values().map(|entry| build.user(entry)).collect(),
            auth_query: self
                .settings
                .get("auth_user")
                .filter(|user| user.is_empty() != Some(true))
                .map(Value::trail),
            timeouts: build.timeouts(),
            prepared_statements: build.prepared_statements(),
            ..Pooler::new("pgbouncer", processes)
        };
        if let Some(lost) = &self.lost {
            pooler.lose(lost);
        }
        pooler.known_users = build.known_users(&mut pooler.read);
        pooler.read.splice(0..0, self.read);
        pooler.problems = self.problems;
        pooler
    }
}

struct Build<'r, 's> {
    reader: &'r Reader<'s>,
    place: Option<Span>,
    unknown: Option<&'r Unread>,
}

impl Build<'_, '_> {
    /// The number of a setting, by `meaning`; `None` where it sets no limit.
    fn number(
        &self,
        name: &'static str,
        default_of: &'static str,
        default: Bound,
        meaning: impl Fn(i32) -> Option<Bound>,
    ) -> Option<Count> {
        match self.reader.settings.get(name) {
            Some(Value::Known(text)) => {
                let value = meaning(number::whole(text.as_str()).unwrap_or_default())?;
                Some(Count::new(value, text.trail()))
            }
            Some(Value::Partly { rest, .. }) => {
                Some(Count::new(named(&rest.value, "connections"), rest.trail.clone()))
            }
            None => match self.unknown {
                Some(Unread { value, trail }) => {
                    Some(Count::new(Bound::unknown("connections", value.as_str()), trail.clone()))
                }
                None if default == Bound::Unbounded => None,
                None => Some(Count::new(default, Trail::default_of(default_of, self.place))),
            },
        }
    }

    fn count(
        &self,
        name: &'static str,
        default_of: &'static str,
        default: u64,
        meaning: impl Fn(i32) -> Option<Bound>,
    ) -> Count {
        // A meaning that always is one, and a default that is a number: there always is a count.
        self.number(name, default_of, Bound::Exactly(default), meaning)
            .unwrap_or_else(|| Count::new(Bound::Exactly(default), Trail::default_of(default_of, self.place)))
    }

    /// `reserve_pool_size`, which counts for nothing where its timeout is 0.
    fn reserve(&self) -> Count {
        let timeout = self.seconds("reserve_pool_timeout", "PgBouncer reserve_pool_timeout", 5);
        if timeout.value == Some(Duration::ZERO) {
            return Count::new(Bound::ZERO, timeout.trail);
        }
        self.count("reserve_pool_size", "PgBouncer reserve_pool_size", 0, |n| Some(at_least_zero(n)))
    }

    fn mode(&self) -> Option<Text> {
        match self.reader.settings.get("pool_mode") {
            Some(value) => mode(value),
            None if self.unknown.is_some() => None,
            None => Some(Text::traced("session", Trail::default_of("PgBouncer pool_mode", self.place))),
        }
    }

    fn seconds(
        &self,
        name: &'static str,
        default_of: &'static str,
        default: u64,
    ) -> Traced<Option<Duration>> {
        match self.reader.settings.get(name) {
            Some(Value::Known(text)) => Traced::new(number::seconds(text.as_str()), text.trail()),
            Some(Value::Partly { rest, .. }) => Traced::new(None, rest.trail.clone()),
            None => match self.unknown {
                Some(unread) => Traced::new(None, unread.trail.clone()),
                None => {
                    Traced::new(Some(Duration::from_secs(default)), Trail::default_of(default_of, self.place))
                }
            },
        }
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts {
            server_idle: self.seconds("server_idle_timeout", "PgBouncer server_idle_timeout", 600),
            client_idle: self.seconds("client_idle_timeout", "PgBouncer client_idle_timeout", 0),
            server_lifetime: self.seconds("server_lifetime", "PgBouncer server_lifetime", 3600),
        }
    }

    /// `max_prepared_statements`: it came with 1.21 as 0, and is 200 since 1.24 (NEWS; `src/main.c` at those tags).
    fn prepared_statements(&self) -> Option<Count> {
        const NAME: &str = "PgBouncer max_prepared_statements";
        match (self.reader.settings.get("max_prepared_statements"), self.reader.release) {
            (None, None) => None,
            (None, Some(release)) => {
                let default = if release < ZERO_IS_UNLIMITED { 0 } else { 200 };
                Some(self.count("max_prepared_statements", NAME, default, |n| Some(at_least_zero(n))))
            }
            (Some(_), _) => {
                self.number("max_prepared_statements", NAME, Bound::ZERO, |n| Some(at_least_zero(n)))
            }
        }
    }

    fn database(&self, entry: &Entry) -> Database {
        let text = |name: &str| entry.pairs.get(name).cloned();
        let size = |name: &str| own(entry, name, |n| (n >= 0).then(|| pool_size(n, self.reader.release)));
        let reserve = own(entry, "reserve_pool_size", |n| (n >= 0).then(|| at_least_zero(n)));
        let timeout = self.seconds("reserve_pool_timeout", "PgBouncer reserve_pool_timeout", 5);
        Database {
            name: entry.name.clone(),
            host: text("host"),
            port: text("port"),
            dbname: text("dbname"),
            user: text("user"),
            pool_size: size("pool_size"),
            reserve_pool_size: reserve.map(|count| match timeout.value {
                Some(Duration::ZERO) => Count::new(Bound::ZERO, timeout.trail.clone()),
                _ => count,
            }),
            max_db_connections: own(entry, "max_db_connections", positive),
            pool_mode: entry.pairs.get("pool_mode").and_then(mode),
            auth_query: text("auth_user").map(|user| user.trail()),
            place: entry.name.span(),
        }
    }

    fn user(&self, entry: &Entry) -> User {
        User {
            name: entry.name.clone(),
            pool_size: own(entry, "pool_size", |n| (n >= 0).then(|| pool_size(n, self.reader.release))),
            reserve_pool_size: own(entry, "reserve_pool_size", |n| (n >= 0).then(|| at_least_zero(n))),
            max_user_connections: own(entry, "max_user_connections", positive),
            pool_mode: entry.pairs.get("pool_mode").and_then(mode),
        }
    }

    /// The users of `auth_file`, where it is at hand.
    fn known_users(&self, read: &mut Vec<crate::source::TreePath>) -> Option<Vec<String>> {
        let path = self.reader.settings.get("auth_file")?.as_str()?;
        let text = match self.reader.open(path)? {
            Found::Text(text) => text,
            Found::File(found) => {
                let file = self.reader.sources.load_lossy(&found).ok()?;
                read.push(found);
                Text::verbatim(&file, 0..file.text.len())
            }
        };
        // A line is `"name" "password"`, a quote in it doubled (loader.c, `load_auth_file`).
        let name = |line: &str| {
            let rest = line.trim_start().strip_prefix('"')?;
            Some(rest.replace("\"\"", "\0").split('"').next()?.replace('\0', "\""))
        };
        Some(text.as_str().lines().filter_map(name).collect())
    }
}

/// A number of an entry or user; `None` leaves what is set for all.
fn own(entry: &Entry, name: &str, meaning: impl Fn(i32) -> Option<Bound>) -> Option<Count> {
    match entry.pairs.get(name)? {
        Value::Known(text) => Some(Count::new(meaning(number::leading(text.as_str()))?, text.trail())),
        Value::Partly { rest, .. } => Some(Count::new(named(&rest.value, "connections"), rest.trail.clone())),
    }
}

/// A mode in small letters, at its place.
fn mode(value: &Value) -> Option<Text> {
    let text = value.known()?;
    let small = text.as_str().to_ascii_lowercase();
    Some(if small == text.as_str() { text.clone() } else { Text::traced(small, text.trail()) })
}

/// What a pool of size `n` holds: without a known release the worse of both meanings of 0.
fn pool_size(n: i32, release: Option<Release>) -> Bound {
    match u64::try_from(n) {
        Ok(n) if n > 0 => Bound::Exactly(n),
        _ if release.is_some_and(|release| release < ZERO_IS_UNLIMITED) => Bound::ONE,
        _ => Bound::Unbounded,
    }
}

fn at_least_zero(n: i32) -> Bound {
    Bound::Exactly(u64::try_from(n).unwrap_or_default())
}

/// A limit: 0 and less are none.
fn positive(n: i32) -> Option<Bound> {
    u64::try_from(n).ok().filter(|n| *n > 0).map(Bound::Exactly)
}
