//! Images that write PgBouncer's file out of their variables when they start: what they write, by each one's entrypoint
//! (named with its revision in `image.rs`).

use super::image::Flavor;
use super::keys::Place;
use super::names::{BITNAMI, CONVENTION, EDOBURU, NOT_BRAINSAM};
use super::reader::Reader;
use super::url::Url;
use crate::platform::Environment;
use crate::program::Value;
use crate::program::command::variable;
use crate::source::Span;
use crate::trace::{How, Origin, ProblemKind, Text, Trail};

/// Gives `reader` what an image of `flavor` makes of `environment`. The users that the image writes down are returned,
/// where it writes such a list and they are known.
pub(super) fn read(
    reader: &mut Reader<'_>,
    flavor: Flavor,
    environment: &Environment,
    place: Option<Span>,
) -> Option<Vec<String>> {
    let mut image = Variables { reader, environment, place, convention: false };
    match flavor {
        Flavor::Edoburu => return Some(image.edoburu()),
        Flavor::Bitnami => return image.bitnami(),
        Flavor::Brainsam => image.brainsam(),
        Flavor::Sections => image.sections(),
        Flavor::Unknown => image.convention(),
        Flavor::Plain => {}
    }
    None
}

struct Variables<'v, 's> {
    reader: &'v mut Reader<'s>,
    environment: &'v Environment,
    place: Option<Span>,
    convention: bool,
}

impl Variables<'_, '_> {
    /// The variable `name` where it is set to something, or may be.
    fn get(&self, name: &str) -> Option<Value> {
        let value = variable(self.environment, name).filter(|value| value.is_empty() != Some(true))?;
        match self.place.filter(|_| self.convention) {
            Some(span) => Some(value.then(&Origin::at(How::Convention, span))),
            None => Some(value),
        }
    }

    /// The same, or `default`, which the image has.
    fn or(&self, name: &str, default: &str) -> Value {
        self.get(name).unwrap_or_else(|| Value::Known(self.own(default, name)))
    }

    /// A word of the image's own, where `name` could have said otherwise.
    fn own(&self, word: &str, name: &str) -> Text {
        Text::traced(word, Trail::default_of(format!("the image's {name}"), self.place))
    }

    /// A key as the image writes it.
    fn key(&self, key: &str) -> Text {
        Text::traced(
            key,
            self.place.map_or_else(|| Trail::default_of("the image's file", None), Trail::written),
        )
    }

    /// Takes those of `settings` whose variables are set.
    fn take(&mut self, settings: &[&str], prefix: &str) {
        for setting in settings {
            let name = format!("{prefix}{}", setting.to_ascii_uppercase());
            if let Some(value) = self.get(&name) {
                // Where the key itself is refused, its variable is what to change.
                let at = value
                    .known()
                    .map_or_else(|| self.key(setting), |text| Text::traced(*setting, text.trail()));
                self.reader.set(&at, value);
            }
        }
    }

    fn entry(&mut self, name: &Value, pairs: Vec<(&str, Option<Value>)>) {
        let name = match name {
            Value::Known(name) => name.clone(),
            // Whatever it is called, every client may ask for it.
            Value::Partly { prefix, .. } => Text::traced("*", prefix.trail()),
        };
        let taken = pairs.into_iter().filter_map(|(key, value)| Some((self.key(key), value?))).collect();
        self.reader.named(Place::Database, &name, taken);
    }

    /// The image's entrypoint ends where `name` is not set.
    fn require(&mut self, name: &str) {
        if self.get(name).is_none() {
            let why = format!("the image's entrypoint ends, since {name} is not set");
            self.reader.refuse_at(self.place, ProblemKind::PgbouncerRefuses, &why, None);
        }
    }

    fn begin(&mut self) {
        let main = self.key("pgbouncer");
        self.reader.section(&main);
    }

    fn edoburu(&mut self) -> Vec<String> {
        self.begin();
        let (key, list) = (self.key("auth_file"), self.own("/etc/pgbouncer/userlist.txt", "AUTH_FILE"));
        self.reader.set(&key, Value::Known(list));
        self.take(EDOBURU, "");
        // Up to 1.21, where 6591cb9 changed it, the entry's user was forced.
        let user = if self.reader.release.is_some_and(|release| release < 21) { "user" } else { "auth_user" };
        if let Some(encoding) = self.get("CLIENT_ENCODING") {
            let why = "the image writes CLIENT_ENCODING on a line of its own under [databases], where it is no entry";
            self.reader.refuse(encoding.beginning(), ProblemKind::PgbouncerRefuses, why);
        }
        let mut known = Vec::new();
        if let Some(urls) = self.get("DATABASE_URLS") {
            match &urls {
                Value::Known(urls) => {
                    let parts: Vec<Text> = urls.as_str().split(',').map(|part| urls.slice_of(part)).collect();
                    for url in &parts {
                        self.by_url(&Value::Known(url.clone()), user, &mut known);
                    }
                }
                Value::Partly { .. } => self.by_url(&urls, user, &mut known),
            }
        } else if let Some(url) = self.get("DATABASE_URL") {
            self.by_url(&url, user, &mut known);
        } else {
            self.require("DB_HOST");
            let pairs = vec![
                ("host", self.get("DB_HOST")),
                ("port", Some(self.or("DB_PORT", "5432"))),
                (user, Some(self.or("DB_USER", "postgres"))),
            ];
            let name = self.or("DB_NAME", "*");
            self.entry(&name, pairs);
            if let (Some(user), Some(_)) = (self.get("DB_USER"), self.get("DB_PASSWORD")) {
                known.extend(user.as_str().map(str::to_owned));
            }
        }
        known
    }

    /// An entry by a URL, taken apart as the entrypoint's `parse_url` does with sed and cut.
    fn by_url(&mut self, url: &Value, user_key: &str, known: &mut Vec<String>) {
        let Value::Known(url) = url else {
            let name = Value::Known(self.own("*", "DB_NAME"));
            return self.entry(&name, vec![("host", Some(url.clone()))]);
        };
        let parts = Url::of(url);
        if let (Some(user), true) = (&parts.user, parts.has_password) {
            known.push(user.as_str().to_owned());
        }
        let port = parts.port.map_or_else(|| self.or("DB_PORT", "5432"), Value::Known);
        let user = parts.user.map_or_else(|| Value::Known(self.own("postgres", "DB_USER")), Value::Known);
        let name = parts.name.unwrap_or_else(|| self.own("*", "DB_NAME"));
        if !name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-*".contains(&byte)) {
            let why = "the image takes all behind the first `/` of the URL for the database's name, and this is none";
            self.reader.refuse(&name, ProblemKind::PgbouncerRefuses, why);
        }
        let pairs =
            vec![("host", Some(Value::Known(parts.host))), ("port", Some(port)), (user_key, Some(user))];
        self.entry(&Value::Known(name), pairs);
    }

    fn brainsam(&mut self) {
        self.begin();
        let own: Vec<&str> =
            EDOBURU.iter().copied().filter(|setting| !NOT_BRAINSAM.contains(setting)).collect();
        self.take(&own, "");
        self.require("DB_HOST");
        let pairs = vec![
            ("host", self.get("DB_HOST")),
            ("port", Some(self.or("DB_PORT", "5432"))),
            ("user", Some(self.or("DB_USER", "postgres"))),
        ];
        let name = Value::Known(self.own("*", "[databases]"));
        self.entry(&name, pairs);
    }

    fn sections(&mut self) {
        self.begin();
        let own: Vec<&str> = EDOBURU.iter().copied().filter(|setting| *setting != "pool_size").collect();
        self.take(&own, "PGBOUNCER_");
        self.require("DATABASES_HOST");
        let mut pairs =
            vec![("host", self.get("DATABASES_HOST")), ("port", Some(self.or("DATABASES_PORT", "5432")))];
        for key in
            ["user", "dbname", "auth_user", "pool_size", "reserve_pool", "pool_mode", "max_db_connections"]
        {
            pairs.push((key, self.get(&format!("DATABASES_{}", key.to_ascii_uppercase()))));
        }
        let name = self.or("DATABASES_CLIENT_SIDE_DBNAME", "*");
        self.entry(&name, pairs);
    }

    fn bitnami(&mut self) -> Option<Vec<String>> {
        self.begin();
        self.take(BITNAMI, "PGBOUNCER_");
        let database = self
            .bitnami_value("PGBOUNCER_DATABASE")
            .unwrap_or_else(|| Value::Known(self.own("postgres", "PGBOUNCER_DATABASE")));
        let user = self
            .bitnami_value("POSTGRESQL_USERNAME")
            .unwrap_or_else(|| Value::Known(self.own("postgres", "POSTGRESQL_USERNAME")));
        let says_yes = |value: &Value| {
            value
                .as_str()
                .is_none_or(|word| matches!(word.to_ascii_lowercase().as_str(), "1" | "yes" | "true"))
        };
        let forced = self.get("PGBOUNCER_SET_DATABASE_USER").filter(says_yes).map(|_| user.clone());
        let dbname = self.bitnami_value("POSTGRESQL_DATABASE").unwrap_or_else(|| database.clone());
        let pairs = vec![
            (
                "host",
                Some(
                    self.bitnami_value("POSTGRESQL_HOST")
                        .unwrap_or_else(|| Value::Known(self.own("postgresql", "POSTGRESQL_HOST"))),
                ),
            ),
            ("port", Some(self.or("POSTGRESQL_PORT", "5432"))),
            ("user", forced),
            ("dbname", Some(dbname).filter(|_| database.as_str() != Some("*"))),
            ("auth_user", self.get("PGBOUNCER_AUTH_USER")),
        ];
        self.entry(&database, pairs);
        for number in 0.. {
            let Some(entry) = self.bitnami_value(&format!("PGBOUNCER_DSN_{number}")) else { break };
            let Value::Known(text) = &entry else {
                self.entry(
                    &Value::Known(self.own("*", "PGBOUNCER_DSN")),
                    vec![("host", Some(entry.clone()))],
                );
                break;
            };
            if let Some((name, value)) = text.split_once('=') {
                self.reader.entry(Place::Database, &name.trim(), &value.trim());
            }
        }
        let others = self.get("PGBOUNCER_USERLIST").is_some();
        user.as_str().filter(|_| !others).map(|user| vec![user.to_owned()])
    }

    /// A variable that may also stand in the file that `…_FILE` names.
    fn bitnami_value(&self, name: &str) -> Option<Value> {
        match self.get(&format!("{name}_FILE")) {
            Some(file) => Some(Value::unknown(
                file.beginning(),
                format!("{name} stands in a file that is read when it starts"),
            )),
            None => self.get(name),
        }
    }

    /// An image of which nothing is known but its name: variables that are called as settings are.
    fn convention(&mut self) {
        self.convention = true;
        self.begin();
        self.take(CONVENTION, "");
        self.take(CONVENTION, "PGBOUNCER_");
        if let Some(url) = self.get("DATABASE_URL") {
            self.by_url(&url, "auth_user", &mut Vec::new());
            return;
        }
        let hosts = [
            "DB_HOST",
            "DATABASES_HOST",
            "POSTGRESQL_HOST",
            "POSTGRES_HOST",
            "PG_HOST",
            "PGHOST",
            "PG_PRIMARY_HOST",
        ];
        if let Some(host) = hosts.into_iter().find_map(|name| self.get(name)) {
            let name = Value::Known(self.own("*", "[databases]"));
            self.entry(&name, vec![("host", Some(host))]);
        }
    }
}
