//! Database URLs: which server a pool dials.

use crate::trace::Text;

/// Schemes that dial PostgreSQL, before a `+driver`. Phoenix's generator writes `ecto` whatever the database; most are
/// PostgreSQL, and the others are better counted than forgotten.
/// Tortoise names its drivers `asyncpg` and `psycopg` (`backends/base/config_generator.py`), peewee's `db_url` its
/// extensions.
const SCHEMES: [&str; 13] = [
    "postgresql",
    "postgres",
    "psql",
    "pgsql",
    "postgis",
    "timescaledb",
    "timescale",
    "ecto",
    "asyncpg",
    "psycopg",
    "psycopg3",
    "postgresext",
    "postgresqlext",
];

/// The port of a server where none is written: libpq's default, as that of nearly every driver.
pub const DEFAULT_PORT: u16 = 5432;

/// Whether `url` dials PostgreSQL: `postgresql+asyncpg://…`, or `host=db dbname=x`.
pub fn is_postgres(url: &str) -> bool {
    let Some((scheme, _)) = url.trim().split_once("://") else {
        return keyword(url, "host").is_some() && keyword(url, "dbname").is_some();
    };
    let dialect = scheme.split('+').next().unwrap_or(scheme).to_ascii_lowercase();
    let dialect = dialect.strip_prefix("jdbc:").unwrap_or(&dialect);
    SCHEMES.contains(&dialect)
}

/// The hosts that `url` dials, without ports, in order and each once: several where it names several, none where it names
/// a socket or a service, or does not parse. The forms are libpq's
/// (<https://www.postgresql.org/docs/current/libpq-connect.html>, 34.1.1): a URL, in which `?host=` wins over the
/// authority, or `host=db dbname=x`.
pub fn hosts(url: &str) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for address in addresses(url) {
        if !hosts.contains(&address.host) {
            hosts.push(address.host);
        }
    }
    hosts
}

/// A host and a port that a URL dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host, an IPv6 address without brackets.
    pub host: String,
    /// The port, libpq's default where none is written; `None` where it is none that a program can take.
    pub port: Option<u16>,
}

/// What `url` dials, as [`hosts`] has it, with the port of each.
pub fn addresses(url: &str) -> Vec<Address> {
    let url = url.trim();
    let Some((_, rest)) = url.split_once("://") else {
        let hosts = keyword(url, "host").or_else(|| keyword(url, "hostaddr")).unwrap_or_default();
        return listed(&hosts, &keyword(url, "port").unwrap_or_default());
    };
    let Parts { authority, query } = parts(rest);
    let values = |names: &[&str]| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let named = pairs.filter(|(name, value)| names.contains(name) && !value.is_empty());
        named.map(|(_, value)| value).collect::<Vec<_>>().join(",")
    };
    let parameters = values(&["host", "hostaddr"]);
    let hosts = if parameters.is_empty() { authority } else { &parameters };
    listed(hosts, &values(&["port"]))
}

/// The role that `url` names; `None` where it names none, or one in an escaped form.
pub fn user(url: &Text) -> Option<Text> {
    let written = url.as_str();
    let start = written.find("://")? + 3;
    let end = written[start..].find([':', '@', '/', '?']).map_or(written.len(), |at| start + at);
    let named = written[end..].contains('@') && end > start && !written[start..end].contains('%');
    named.then(|| url.slice(start..end))
}

/// Why no program can take `url`, and where in it: a port that is none, an address that is not closed. Passwords are
/// taken as generously as the most generous reader takes them.
pub fn flaw(url: &Text) -> Option<(Text, &'static str)> {
    let written = url.as_str();
    let start = written.find("://")? + 3;
    let Parts { authority, .. } = parts(&written[start..]);
    for host in authority.split(',') {
        let port = match host.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                None => return Some((url.slice_of(host), "the `[` of an IPv6 address is not closed")),
                Some((_, behind)) => behind.strip_prefix(':').unwrap_or(behind),
            },
            None if host.matches(':').count() > 1 => {
                return Some((url.slice_of(host), "an IPv6 address stands in square brackets in a URL"));
            }
            None => host.split_once(':').map_or("", |(_, port)| port),
        };
        if !port.is_empty() && !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Some((url.slice_of(port), "a port is a number from 1 to 65535"));
        }
    }
    None
}

/// What of a URL names hosts.
struct Parts<'a> {
    /// Hosts and ports.
    authority: &'a str,
    query: &'a str,
}

/// Takes apart what stands behind `://`. A password may hold any character that its owner forgot to escape, `@`, `/` and
/// `?` among them: the last `@` in front of the query ends it, so that no part of it is ever taken for a host.
fn parts(rest: &str) -> Parts<'_> {
    let query = rest.find('?').unwrap_or(rest.len());
    let head = &rest[..query];
    let userinfo = head.rfind('@').or_else(|| {
        // A question mark inside the password, as SQLAlchemy takes it (2.0, `engine/url.py`: `[^@]*`): what stands in front
        // of it names no hosts.
        let names = head.split('/').next().unwrap_or(head);
        rest.rfind('@').filter(|_| !names.split(',').all(names_a_port))
    });
    let rest = &rest[userinfo.map_or(0, |at| at + 1)..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Parts { authority: &rest[..end], query: rest.split_once('?').map_or("", |(_, query)| query) }
}

/// Whether `host` can be one with a port or without.
fn names_a_port(host: &str) -> bool {
    let host =
        host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(host, |(_, behind)| behind);
    host.split_once(':').is_none_or(|(_, port)| port.is_empty() || port.parse::<u16>().is_ok())
}

/// The value of `name` in `host=db dbname='a b'`; `None` where `text` is no such string.
fn keyword(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    while let Some((key, behind)) = rest.split_once('=') {
        let key = key.trim();
        let behind = behind.trim_start();
        let (value, next) = match behind.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'')?,
            None => behind.split_once(char::is_whitespace).unwrap_or((behind, "")),
        };
        if key.is_empty() || !key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return None;
        }
        if key == name {
            return Some(value.to_owned());
        }
        rest = next;
    }
    None
}

/// The addresses of a list; sockets are none. `ports` are those beside the list: one for all hosts, or one for each.
fn listed(list: &str, ports: &str) -> Vec<Address> {
    let ports: Vec<&str> = ports.split(',').collect();
    let mut addresses: Vec<Address> = Vec::new();
    for (index, written) in list.split(',').enumerate() {
        let host = host_name(written);
        let beside = if ports.len() == 1 { ports.first() } else { ports.get(index) };
        let port = match port_of(written).unwrap_or_else(|| beside.copied().unwrap_or_default()) {
            "" => Some(DEFAULT_PORT),
            port => port.parse().ok(),
        };
        let address = Address { host, port };
        if !address.host.is_empty() && !address.host.starts_with(['/', '@']) && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    addresses
}

/// The port that is written behind `host`.
fn port_of(host: &str) -> Option<&str> {
    let behind = host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(host, |(_, rest)| rest);
    behind.split_once(':').map(|(_, port)| port).filter(|port| !port.is_empty())
}

/// A host without its port; an IPv6 address without its brackets. What cannot be taken apart ([`flaw`]) names none: a piece of
/// it would be taken for a server that nobody dials.
fn host_name(host: &str) -> String {
    let decoded = host.replace("%2F", "/").replace("%2f", "/").replace("%5B", "[").replace("%5D", "]");
    match decoded.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, _))) => address.to_owned(),
        Some(None) => String::new(),
        None if decoded.matches(':').count() > 1 => String::new(),
        None => decoded.split(':').next().unwrap_or(&decoded).to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_form() {
        for (url, expected) in [
            ("postgresql://forge:forge@db:5432/forge", vec!["db"]),
            ("postgres://u:p@ss:w@DB/x", vec!["db"]),
            ("postgresql+asyncpg://db", vec!["db"]),
            ("postgresql://u@a:1,b:2/x?target_session_attrs=any", vec!["a", "b"]),
            ("postgresql://[::1]:5432/x", vec!["::1"]),
            ("postgresql:///x?host=/var/run/postgresql", vec![]),
            ("postgresql:///x?host=db", vec!["db"]),
            (
                "postgresql+asyncpg://u:p@/x?host=a:5432&host=b:5432&target_session_attrs=read-write",
                vec!["a", "b"],
            ),
            ("postgresql://a:1,a:2/x", vec!["a"]),
            ("postgresql://u:p/w@db/x", vec!["db"]),
            ("postgresql://u:p@ss/w@db:5432/x", vec!["db"]),
            ("postgresql://u:p?w@db/x?a=b", vec!["db"]),
            ("postgresql://u:p#w@db/x", vec!["db"]),
            ("postgresql://u:p:w/x#y?z@db/x", vec!["db"]),
            ("postgresql://a:1,b:2/x?application_name=a@b", vec!["a", "b"]),
            ("postgresql://[::1]:5432/x?application_name=a@b", vec!["::1"]),
            ("postgresql://u:p@[2001:db8::1:5432/x", vec![]),
            ("postgresql://u:p@2001:db8::1/x", vec![]),
            ("postgresql://db:5432?application_name=a@b", vec!["db"]),
            ("postgresql://%2Fvar%2Frun/x", vec![]),
            ("postgresql://u:p@/x?host=/cloudsql/project:region:name", vec![]),
            ("postgresql:///?service=main", vec![]),
            ("postgresql://[fe80::1]:1,[::2]/x", vec!["fe80::1", "::2"]),
            ("host=db port=5432 dbname=x password='a host=b'", vec!["db"]),
            ("dbname=x user=y", vec![]),
            ("db", vec![]),
        ] {
            assert_eq!(hosts(url), expected, "{url}");
        }
    }

    #[test]
    fn ports_of_every_form() {
        for (url, expected) in [
            ("postgresql://u:p@db/x", vec![("db", Some(5432))]),
            ("postgresql://u:p@db:7432/x", vec![("db", Some(7432))]),
            ("postgresql://[::1]:7432/x", vec![("::1", Some(7432))]),
            ("postgresql://a:1,a:2/x", vec![("a", Some(1)), ("a", Some(2))]),
            ("postgresql:///x?host=db&port=7432", vec![("db", Some(7432))]),
            ("postgresql:///x?host=a:1&host=b:2", vec![("a", Some(1)), ("b", Some(2))]),
            ("host=a,b port=1,2 dbname=x", vec![("a", Some(1)), ("b", Some(2))]),
            ("host=a,b port=7 dbname=x", vec![("a", Some(7)), ("b", Some(7))]),
            ("postgresql://db:none/x", vec![("db", None)]),
        ] {
            let found = addresses(url);
            let found: Vec<_> = found.iter().map(|address| (address.host.as_str(), address.port)).collect();
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn what_does_not_parse_has_its_place() {
        use crate::source::{Memory, Sources, TreePath};
        for (url, place) in [
            ("postgresql://u:s3cret@db:54x2/x", Some("54x2")),
            ("postgresql://u:s3cret@db:99999/x", Some("99999")),
            ("postgresql://u:s3cret@[::1/x", Some("[::1")),
            ("postgresql://u:s3cret@::1/x", Some("::1")),
            ("postgresql://u@a:1,b:/x", None),
            ("postgresql://u:p@ss/w:rd@db/x", None),
            ("postgresql://u:100%@db/x", None),
            ("host=db", None),
        ] {
            let sources = Sources::new(Memory::new([("x", url)]));
            let file = sources.load(&TreePath::new("x")).unwrap();
            let found = flaw(&Text::verbatim(&file, 0..url.len()));
            let under = found.and_then(|(at, _)| at.span()).map(|span| sources.text(span));
            assert_eq!(under.as_deref(), place, "{url}");
        }
    }

    #[test]
    fn other_databases_do_not_count() {
        assert!(is_postgres("postgresql+psycopg2://h"));
        assert!(is_postgres("jdbc:postgresql://h/x"));
        for url in ["mysql://h", "sqlite:///x.db", "redis://postgres:6379", "postgres"] {
            assert!(!is_postgres(url), "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_url_is_taken(url in "(postgresql://|host=|[a-z]{1,3}|@|:|/|,|[?]|#|é|%2F|'| |5432|=|&){0,15}") {
            hosts(&url);
            is_postgres(&url);
            flaw(&Text::traced(url.as_str(), crate::trace::Trail::default_of("a test", None)));
        }
    }
}
