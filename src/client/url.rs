//! Database URLs: which server a pool dials.

/// Schemes that dial PostgreSQL, before a `+driver`.
const SCHEMES: [&str; 7] = ["postgresql", "postgres", "psql", "pgsql", "postgis", "timescaledb", "timescale"];

/// Whether `url` dials PostgreSQL: `postgresql+asyncpg://…`.
pub fn is_postgres(url: &str) -> bool {
    let Some((scheme, _)) = url.trim().split_once("://") else { return false };
    let dialect = scheme.split('+').next().unwrap_or(scheme).to_ascii_lowercase();
    let dialect = dialect.strip_prefix("jdbc:").unwrap_or(&dialect);
    SCHEMES.contains(&dialect)
}

/// The hosts that `url` dials, without ports, in order: several where it names several, none where it names a socket
/// or does not parse. The form is libpq's (<https://www.postgresql.org/docs/current/libpq-connect.html>, 34.1.1):
/// the password may hold anything but an unescaped `/`, `?host=` wins over the authority.
pub fn hosts(url: &str) -> Vec<String> {
    let Some((_, rest)) = url.trim().split_once("://") else { return Vec::new() };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = rest.split('/').next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let parameter = query.split('&').find_map(|pair| pair.strip_prefix("host="));
    let listed = parameter.unwrap_or(authority);
    let socket = |host: &String| !host.is_empty() && !host.starts_with('/') && !host.starts_with("%2F");
    listed.split(',').map(host_name).filter(socket).collect()
}

/// A host without its port; an IPv6 address without its brackets.
fn host_name(host: &str) -> String {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address.to_owned(),
        None => host.split(':').next().unwrap_or(host).to_ascii_lowercase(),
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
            ("db", vec![]),
        ] {
            assert_eq!(hosts(url), expected, "{url}");
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
}
