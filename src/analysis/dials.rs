//! Whether a service dials PostgreSQL at all, as far as its variables and words tell.

use crate::client::{Url, url};
use crate::platform::Container;
use crate::trace::Text;

/// Variables that hold the host of a PostgreSQL server.
const HOST_VARIABLES: [&str; 8] = [
    "PGHOST",
    "POSTGRES_HOST",
    "POSTGRES_SERVER",
    "POSTGRESQL_HOST",
    "POSTGRES_HOSTNAME",
    "PG_HOST",
    "DB_POSTGRES_HOST",
    "POSTGRES_SEEDS",
];

/// The server that `container` dials: a PostgreSQL URL among its variables and words, else a variable that is one of
/// the `servers`' names, else a variable that only PostgreSQL's clients have.
pub(super) fn database(container: &Container, servers: &[String]) -> Option<Url> {
    let values = || container.environment.iter().map(|(_, value)| value);
    let is_url = |text: &&Text| url::is_postgres(text.as_str());
    if let Some(found) = values().find(is_url).or_else(|| container.words.iter().find(is_url)) {
        return Some(Url::Known(found.clone()));
    }
    let names_server = |text: &&Text| {
        let host = text.as_str().split(':').next().unwrap_or_default();
        servers.iter().any(|server| server.eq_ignore_ascii_case(host))
    };
    let by_name = |name: &&'static str| container.environment.get(name).filter(|value| !value.is_empty());
    let host = values().find(names_server).or_else(|| HOST_VARIABLES.iter().find_map(by_name))?;
    let length = host.as_str().find(':').unwrap_or(host.len());
    Some(Url::Host(host.slice(0..length)))
}

#[cfg(test)]
mod tests {
    use super::HOST_VARIABLES;
    use crate::platform::decides;

    #[test]
    fn every_name_is_known_to_decide() {
        assert_eq!(HOST_VARIABLES.iter().find(|name| !decides(name)), None);
    }
}
