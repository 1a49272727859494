//! What is dialled and is no part of the deployment: a server, of which PostgreSQL's own defaults are assumed, or a pooler, of
//! which nothing is known.

use super::{Database, Details, Pooler, Server, Target};
use crate::platform::name_matches;
use crate::program::pgbouncer::Timeouts;
use crate::source::Span;
use crate::trace::{Bound, Count, How, Origin, Text, Traced, Trail};

/// Hosts behind which a provider's pooler takes the connections, and what that is called. How many it takes, and how many it
/// opens to the server, stands in the provider's settings:
/// - RDS Proxy: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html>
/// - Supabase: <https://supabase.com/docs/guides/database/connecting-to-postgres>
/// - Neon: <https://neon.com/docs/connect/connection-pooling>
/// - Fly: <https://fly.io/docs/mpg/client-configuration/>
///
/// All were read on 2026-11-24.
const MANAGED: [(&str, &str); 4] = [
    ("*.proxy-*.rds.amazonaws.com", "RDS Proxy"),
    ("*.pooler.supabase.com", "Supabase's pooler"),
    ("*-pooler.*.neon.tech", "Neon's pooler"),
    ("pgbouncer.*.flympg.net", "Fly's PgBouncer"),
];

/// Words in the names of hosts that are poolers and nothing else.
const POOLERS: [&str; 5] = ["pgbouncer", "pgcat", "pgpool", "odyssey", "supavisor"];

/// Whether a host that is no part of the deployment is a pooler by its name. It dials a server of the deployment, if any.
pub(super) fn is_pooler(host: &str) -> bool {
    // With a domain it stands somewhere else, and so does the server behind it.
    let host = host.to_ascii_lowercase();
    !host.contains('.') && POOLERS.iter().any(|word| host.contains(word))
}

/// Names of the machine that containers run on, as seen from them.
/// - Docker: <https://docs.docker.com/desktop/features/networking/>; `172.17.0.1` is the default bridge's gateway
/// - Podman: <https://docs.podman.io/en/latest/markdown/podman-run.1.html>, `--add-host`
const MACHINE: [&str; 7] = [
    "host.docker.internal",
    "gateway.docker.internal",
    "docker.for.mac.localhost",
    "docker.for.mac.host.internal",
    "docker.for.win.localhost",
    "host.containers.internal",
    "172.17.0.1",
];

/// Whether `host` is the machine itself: a server that publishes the port that is dialled there is the one that answers. In a
/// container `localhost` is the container, unless it is in the machine's own network (`on_machine`).
pub(super) fn is_the_machine(host: &str, on_machine: bool) -> bool {
    MACHINE.iter().any(|name| name.eq_ignore_ascii_case(host))
        || on_machine && (matches!(host, "localhost" | "::1") || host.starts_with("127."))
}

fn managed(host: &str) -> Option<&'static str> {
    let host = host.to_ascii_lowercase();
    MANAGED.iter().find(|(pattern, _)| name_matches(pattern, &host)).map(|(_, name)| *name)
}

impl Server {
    /// A server that is not part of the deployment: nothing here says what it takes, so PostgreSQL's own defaults are
    /// assumed, and said to be. They would be wrong for a provider's pooler.
    pub(super) fn outside(host: &str, place: Option<Span>) -> Self {
        let assumed = |setting: &str, number| {
            let of = format!("PostgreSQL {setting}, assumed for {host}");
            Traced::new(Bound::Exactly(number), Trail::default_of(of, place))
        };
        let max_connections = match managed(host) {
            None => assumed("max_connections", 100),
            Some(pooler) => {
                let why = format!("{pooler} takes them, and its settings are not among these files");
                Count::new(Bound::unknown("connections", why), here(host, place))
            }
        };
        Self {
            name: host.to_owned(),
            place,
            version: None,
            max_connections,
            superuser_reserved: assumed("superuser_reserved_connections", 3),
            reserved: assumed("reserved_connections", 0),
            details: Details::default(),
        }
    }
}

impl Pooler {
    /// A pooler of that name which is not part of the deployment, in front of `behind`.
    pub(super) fn outside(host: &str, place: Option<Span>, behind: Target) -> Self {
        let here = here(host, place);
        let why = format!("{host}, a pooler by its name, is not among these files");
        let lost = Count::new(Bound::unknown("connections", why), here.clone());
        let one = || Count::new(Bound::ONE, Trail::default_of(format!("{host}'s replicas"), place));
        let database = Database {
            name: Text::traced("*", here.clone()),
            targets: vec![behind],
            dbname: None,
            user: None,
            pool_size: lost.clone(),
            reserve: Count::new(Bound::ZERO, here.clone()),
            max_connections: None,
            auth_query: None,
            place,
        };
        Self {
            name: host.to_owned(),
            place,
            program: "pooler",
            mode: None,
            replicas: one(),
            processes: one(),
            max_client_conn: lost.clone(),
            max_db_connections: None,
            max_user_connections: None,
            databases: vec![database],
            users: Vec::new(),
            known_users: None,
            timeouts: Timeouts::unknown(&here),
            prepared_statements: None,
            unread: Some(lost),
            declared: None,
        }
    }
}

/// The place where it is named.
fn here(host: &str, place: Option<Span>) -> Trail {
    let named = |span| Trail::new(Origin::at(How::Implied, span));
    place.map_or_else(|| Trail::default_of(host.to_owned(), None), named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poolers_by_their_names() {
        for host in ["pgbouncer", "my-PgBouncer-1", "pgcat"] {
            assert!(is_pooler(host), "{host}");
        }
        for host in ["db", "bouncer.example.com", "pgbouncer.internal", "postgres"] {
            assert!(!is_pooler(host), "{host}");
        }
        for (host, name) in [
            ("app.proxy-abc123.eu-west-1.rds.amazonaws.com", Some("RDS Proxy")),
            ("aws-0-eu-central-1.pooler.supabase.com", Some("Supabase's pooler")),
            ("ep-cool-123456-pooler.us-east-2.aws.neon.tech", Some("Neon's pooler")),
            ("ep-cool-123456.us-east-2.aws.neon.tech", None),
            ("the-proxy.proxy-demo.us-east-1.rds.amazonaws.com", Some("RDS Proxy")),
            ("pgbouncer.abc123.flympg.net", Some("Fly's PgBouncer")),
            ("direct.abc123.flympg.net", None),
            ("app.abc123.eu-west-1.rds.amazonaws.com", None),
            ("db.abc.supabase.co", None),
        ] {
            assert_eq!(managed(host), name, "{host}");
        }
    }
}
