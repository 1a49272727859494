//! Database URLs as Django's helpers take them apart: dj-database-url (3.1) and django-environ (0.14). Both give a
//! dictionary for `DATABASES`.

use crate::source::Span;
use crate::trace::{Text, Traced, Trail, python_int};

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::Machine;
use super::outside::url_with_holes;
use super::value::{Gap, Value};

/// Who takes the URL apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Helper {
    /// `dj_database_url.parse`: the query becomes `OPTIONS`, what is said of connections stands among the arguments.
    DjDatabaseUrl,
    /// `environ.Env.db_url_config`: names of Django's own in the query are settings of their own.
    Environ,
}

/// The schemes of both and their backends; those of other libraries' forks count as well.
const ENGINES: [(&str, &str); 32] = [
    ("postgres", "django.db.backends.postgresql"),
    ("postgresql", "django.db.backends.postgresql"),
    ("psql", "django.db.backends.postgresql"),
    ("pgsql", "django.db.backends.postgresql"),
    ("postgis", "django.contrib.gis.db.backends.postgis"),
    ("prometheus_postgresql", "django_prometheus.db.backends.postgresql"),
    ("prometheus_postgis", "django_prometheus.db.backends.postgis"),
    ("timescale", "timescale.db.backends.postgresql"),
    ("timescalegis", "timescale.db.backends.postgis"),
    ("redshift", "django_redshift_backend"),
    ("cockroach", "django_cockroachdb"),
    ("cockroachdb", "django_cockroachdb"),
    ("mysql", "django.db.backends.mysql"),
    ("mysql2", "django.db.backends.mysql"),
    ("mysql-connector", "mysql.connector.django"),
    ("mysqlgis", "django.contrib.gis.db.backends.mysql"),
    ("prometheus_mysql", "django_prometheus.db.backends.mysql"),
    ("mssql", "mssql"),
    ("mssqlms", "mssql"),
    ("pyodbc", "sql_server.pyodbc"),
    ("oracle", "django.db.backends.oracle"),
    ("oraclegis", "django.contrib.gis.db.backends.oracle"),
    ("spatialite", "django.contrib.gis.db.backends.spatialite"),
    ("prometheus_spatialite", "django_prometheus.db.backends.spatialite"),
    ("sqlite", "django.db.backends.sqlite3"),
    ("prometheus_sqlite", "django_prometheus.db.backends.sqlite3"),
    ("ldap", "ldapdb.backends.ldap"),
    ("postgresql+psycopg2", "django.db.backends.postgresql"),
    ("postgresql_psycopg2", "django.db.backends.postgresql"),
    ("postgres+psycopg2", "django.db.backends.postgresql"),
    ("psqlextra", "psqlextra.backend"),
    ("sqlite3", "django.db.backends.sqlite3"),
];

/// Settings that django-environ takes out of the query under their own names.
const OWN: [&str; 5] =
    ["CONN_MAX_AGE", "ATOMIC_REQUESTS", "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS", "CONN_HEALTH_CHECKS"];

impl Machine<'_> {
    /// The dictionary that `helper` makes of a URL. `arguments` are those of the call that concern it: `engine`,
    /// `conn_max_age`, `ssl_require`.
    pub(super) fn database_config(
        &mut self,
        url: Value,
        helper: Helper,
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        self.each_value(url, |machine, one| match one {
            Value::Text(url) if url.is_empty() => Value::Object(machine.heap.create(Kind::Dict)),
            // No variable and no default: dj-database-url gives nothing, with a warning.
            Value::None(_) => Value::Object(machine.heap.create(Kind::Dict)),
            Value::Text(url) => machine.parts(&url, helper, arguments, span),
            Value::Unknown(gap) => match gap.shape.as_ref().and_then(url_with_holes) {
                Some(url) => machine.parts(&url, helper, arguments, span),
                None => machine.open(gap, helper, arguments, span),
            },
            other => Value::Unknown(Gap::of(&other, span)),
        })
    }

    /// The dictionary of a URL that is not known. That its query asks for a pool is not to be expected.
    fn open(&mut self, gap: Gap, helper: Helper, arguments: &Arguments, span: Span) -> Value {
        let config = self.heap.create(Kind::Dict);
        let engine = arguments.get(None, "engine").and_then(Value::present);
        let engine = engine.filter(|engine| !matches!(engine, Value::None(_)));
        let unknown = Value::Unknown(gap);
        self.heap.set(config, Key::new_static("ENGINE"), engine.unwrap_or_else(|| unknown.clone()));
        for key in ["NAME", "USER", "PASSWORD", "HOST", "PORT"] {
            self.heap.set(config, Key::new_static(key), unknown.clone());
        }
        self.arguments_of(helper, arguments, config, span);
        let options = self.heap.create(Kind::Dict);
        self.heap.set(config, Key::new_static("OPTIONS"), Value::Object(options));
        Value::Object(config)
    }

    fn parts(&mut self, url: &Text, helper: Helper, arguments: &Arguments, span: Span) -> Value {
        let string = url.as_str();
        let cut = string.split_once("://").or_else(|| string.split_once(':'));
        let Some((scheme, rest)) = cut else {
            return Value::Unknown(Gap { why: "it is no URL".into(), trail: url.trail(), shape: None });
        };
        let config = self.heap.create(Kind::Dict);
        let set = |machine: &mut Self, key: &str, value: Value| {
            machine.heap.set(config, Key::new(key), value);
        };
        let known = scheme.to_ascii_lowercase();
        let engine = match arguments.get(None, "engine").and_then(Value::present) {
            Some(engine) if !matches!(engine, Value::None(_)) => engine,
            _ => match ENGINES.iter().find(|(name, _)| *name == known) {
                Some((_, engine)) => Value::text(Text::traced(*engine, url.slice_of(scheme).trail())),
                None => Value::unknown(format!("the scheme `{scheme}` is not known"), span),
            },
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let (host, port) = host_and_port(address);
        let text = |part: &str| Value::text(decoded(&url.slice_of(part)));
        set(self, "ENGINE", engine);
        for (key, part) in
            [("NAME", name), ("USER", user), ("PASSWORD", password), ("HOST", host), ("PORT", port)]
        {
            set(self, key, text(part));
        }
        if address.contains(',') {
            set(self, "HOST", Value::text(hosts(&url.slice_of(address))));
        }
        let is_socket = helper == Helper::Environ && name.starts_with('/');
        if is_socket && let Some((folder, base)) = name.rsplit_once('/') {
            set(self, "HOST", text(folder));
            set(self, "NAME", text(base));
        }
        let options = self.options(url, query, helper, config);
        self.arguments_of(helper, arguments, config, span);
        self.heap.set(config, Key::new_static("OPTIONS"), Value::Object(options));
        Value::Object(config)
    }

    /// What the arguments of the call say of connections.
    fn arguments_of(&mut self, helper: Helper, arguments: &Arguments, config: ObjectId, span: Span) {
        if helper == Helper::DjDatabaseUrl {
            for (key, argument, default) in [
                (
                    "CONN_MAX_AGE",
                    "conn_max_age",
                    Value::Int(default(0, "dj_database_url conn_max_age", span)),
                ),
                ("CONN_HEALTH_CHECKS", "conn_health_checks", Value::Bool(Traced::written(false, span))),
            ] {
                let given = arguments.get(None, argument).unwrap_or_else(|| default.clone());
                let given = if given.may_be_absent() {
                    given.present().map_or(default.clone(), |g| g.join(default))
                } else {
                    given
                };
                self.heap.set(config, Key::new(key), given);
            }
        }
    }

    /// The query: `OPTIONS`, and for django-environ some settings in `config` itself.
    fn options(&mut self, url: &Text, query: &str, helper: Helper, config: ObjectId) -> ObjectId {
        let options = self.heap.create(Kind::Dict);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() {
                // `parse_qs` passes over blank values.
                continue;
            }
            let value = scalar(&decoded(&url.slice_of(value)), helper);
            let upper = key.to_ascii_uppercase();
            if helper == Helper::Environ && OWN.contains(&upper.as_str()) {
                self.heap.set(config, Key::new(upper), value);
            } else {
                self.heap.set(options, Key::new(key), value);
            }
        }
        options
    }
}

fn default(number: i64, setting: &'static str, span: Span) -> Traced<i64> {
    Traced::new(number, Trail::default_of(setting, Some(span)))
}

/// A value of the query: a number, for dj-database-url also a truth value, for django-environ's own settings any literal.
fn scalar(text: &Text, helper: Helper) -> Value {
    let string = text.as_str();
    if string.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(number) = python_int(string)
    {
        return Value::Int(Traced::new(number, text.trail()));
    }
    let truth = match (helper, string) {
        (Helper::DjDatabaseUrl, word) if word.eq_ignore_ascii_case("true") => Some(true),
        (Helper::DjDatabaseUrl, word) if word.eq_ignore_ascii_case("false") => Some(false),
        (Helper::Environ, "True") => Some(true),
        (Helper::Environ, "False") => Some(false),
        _ => None,
    };
    match truth {
        Some(truth) => Value::Bool(Traced::new(truth, text.trail())),
        None if helper == Helper::Environ && string == "None" => Value::None(text.trail()),
        None => Value::text(text.clone()),
    }
}

/// Several addresses without their ports.
fn hosts(addresses: &Text) -> Text {
    let parts = addresses.as_str().split(',').map(|part| addresses.slice_of(host_and_port(part).0));
    let joined = parts.reduce(|mut all, part| {
        all.push(&Text::traced(",", addresses.trail()));
        all.push(&part);
        all
    });
    joined.unwrap_or_else(|| addresses.clone())
}

/// Host and port of an address.
fn host_and_port(address: &str) -> (&str, &str) {
    if let Some((host, rest)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').unwrap_or(""));
    }
    if address.contains(',') {
        return (address, "");
    }
    address.split_once(':').unwrap_or((address, ""))
}

/// A part with its `%2F` and the like decoded; in its place where there are none.
fn decoded(part: &Text) -> Text {
    if !part.as_str().contains('%') {
        return part.clone();
    }
    let bytes = part.as_str().as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let pair = bytes.get(index + 1..index + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = pair.filter(|_| byte == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        plain.push(code.unwrap_or(byte));
        index += if code.is_some() { 3 } else { 1 };
    }
    Text::traced(String::from_utf8_lossy(&plain).into_owned(), part.trail())
}
