//! Which images are a PostgreSQL server, and of which major version.

use crate::trace::Text;

/// An image of a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its repository without the registry: `postgres`, `bitnami/postgresql`.
    pub repository: String,
    /// The tag as written.
    pub tag: Option<Text>,
    /// The major version, where the name or tag tells.
    pub major: Option<u64>,
    /// How it is configured.
    pub flavor: Flavor,
}

/// How an image takes `max_connections` beside its command line (facts, A4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// By nothing else.
    Official,
    /// By this variable.
    Variable(&'static str),
    /// By this variable; without it, it is lowered by the memory that is found at the first start.
    Tuned(&'static str),
}

/// The last part of a repository's name, what configures the image, and whether its tag begins with PostgreSQL's
/// version. In any registry and namespace: mirrors and forks keep the name.
const NAMES: &[(&str, Flavor, bool)] = &[
    ("postgres", Flavor::Official, true),
    ("postgresql", Flavor::Official, true),
    ("postgis", Flavor::Official, true),
    ("postgres-ssl", Flavor::Official, true),
    ("postgres-with-extensions", Flavor::Official, true),
    ("pgvector", Flavor::Official, false),
    ("pgvecto-rs", Flavor::Official, false),
    ("vchord-postgres", Flavor::Official, false),
    ("vchord-suite", Flavor::Official, false),
    ("paradedb", Flavor::Official, false),
    ("citus", Flavor::Official, false),
    ("age", Flavor::Official, false),
    ("pgrouting", Flavor::Official, true),
    ("postgres-pgvector", Flavor::Official, true),
    ("pg_search", Flavor::Official, false),
    ("orioledb", Flavor::Official, false),
    ("postgresml", Flavor::Official, false),
    ("spilo", Flavor::Official, false),
    ("timescaledb", TUNED, false),
    ("timescaledb-ha", TUNED, false),
    ("timescaledb-postgis", TUNED, false),
];

/// Repositories whose images are configured in a way of their own.
const REPOSITORIES: &[(&str, Flavor, bool)] = &[
    ("bitnami/postgresql", BITNAMI, true),
    ("bitnamilegacy/postgresql", BITNAMI, true),
    ("bitnamisecure/postgresql", BITNAMI, true),
    ("bitnami/postgresql-repmgr", BITNAMI, true),
    ("bitnamilegacy/postgresql-repmgr", BITNAMI, true),
];

/// Words in the names of images that work with a server and are none.
const TOOLS: &[&str] = &[
    "admin",
    "api",
    "app",
    "backup",
    "backups",
    "bouncer",
    "checker",
    "cli",
    "client",
    "connector",
    "console",
    "dump",
    "exporter",
    "init",
    "mcp",
    "meta",
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "monitor",
    "operator",
    "pgbouncer",
    "pgpool",
    "proxy",
    "restore",
    "s3",
    "tools",
    "ui",
    "upgrade",
    "web",
    "worker",
];

/// Names that belong to something else in the namespaces that own them.
const OTHERS: &[&str] = &["apache/airflow", "sosedoff/pgweb"];

const BITNAMI: Flavor = Flavor::Variable("POSTGRESQL_MAX_CONNECTIONS");
const TUNED: Flavor = Flavor::Tuned("TS_TUNE_MAX_CONNS");

/// The server that `reference` names (`registry/namespace/name:tag@digest`); `None` where it is no PostgreSQL.
pub fn image(reference: &Text) -> Option<Image> {
    let text = reference.as_str().trim();
    let name = text.split('@').next().unwrap_or(text);
    // A colon behind the last slash begins the tag; one before it belongs to the registry's port.
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match name[slash..].find(':') {
        Some(at) => (&name[..slash + at], Some(&name[slash + at + 1..])),
        None => (name, None),
    };
    let mut parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 1 && parts[0].contains(['.', ':']) || parts[0] == "localhost" {
        parts.remove(0);
    }
    if parts.len() == 2 && parts[0] == "library" {
        parts.remove(0);
    }
    let repository = parts.join("/");
    let last = *parts.last()?;
    let ends_so = |own: &str| repository == own || repository.ends_with(&format!("/{own}"));
    let known = REPOSITORIES.iter().find(|(own, ..)| ends_so(own));
    let known = known.or_else(|| NAMES.iter().find(|(own, ..)| *own == last));
    let (flavor, by_tag, by_name) = match known {
        _ if OTHERS.contains(&repository.as_str()) => return None,
        // `age` is a short name: only Apache's is the extension's image.
        Some(("age", ..)) if repository != "apache/age" => return None,
        Some((_, flavor, by_tag)) => (*flavor, *by_tag, None),
        None => match last.strip_prefix("postgresql-").and_then(leading) {
            // Red Hat's: `postgresql-15-c9s`.
            Some(version) => (BITNAMI, false, Some(version)),
            None if is_built_on_it(last) => (Flavor::Official, true, None),
            None => return None,
        },
    };
    let major = by_name.or_else(|| version(tag?, by_tag));
    Some(Image { repository, tag: tag.map(|tag| reference.slice_of(tag)), major, flavor })
}

/// Whether an image of somebody's own is a server by its name: `shop-postgres`, `postgres-partman`.
fn is_built_on_it(name: &str) -> bool {
    let mut words = name.split(['-', '_', '.']);
    words.any(|word| matches!(word, "postgres" | "postgresql"))
        && !name.split(['-', '_', '.']).any(|word| TOOLS.contains(&word))
}

/// `pg16` anywhere, else the number in front.
fn version(tag: &str, by_tag: bool) -> Option<u64> {
    let lower = tag.to_ascii_lowercase();
    let marked = lower.match_indices("pg").find_map(|(at, _)| leading(&lower[at + 2..]));
    marked.or_else(|| if by_tag { leading(lower.trim_start_matches('v')) } else { None })
}

fn leading(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Flavor, image};
    use crate::trace::{Text, Trail};

    fn parsed(reference: &str) -> Option<(String, Option<u64>, Flavor)> {
        let image = image(&Text::traced(reference, Trail::default_of("test", None)))?;
        Some((image.repository, image.major, image.flavor))
    }

    #[test]
    fn servers_are_told_by_their_names() {
        for (reference, repository, major) in [
            ("postgres", "postgres", None),
            ("postgres:14", "postgres", Some(14)),
            ("postgres:16.4-alpine3.20", "postgres", Some(16)),
            ("docker.io/library/postgres:15", "postgres", Some(15)),
            ("public.ecr.aws/docker/library/postgres:15", "docker/library/postgres", Some(15)),
            ("localhost:5000/postgres:13@sha256:abc", "postgres", Some(13)),
            ("postgres@sha256:abc", "postgres", None),
            ("postgis/postgis:15-3.4", "postgis/postgis", Some(15)),
            ("timescale/timescaledb:latest-pg14", "timescale/timescaledb", Some(14)),
            ("timescale/timescaledb:2.11.1-pg15", "timescale/timescaledb", Some(15)),
            ("pgvector/pgvector:pg16", "pgvector/pgvector", Some(16)),
            ("pgvector/pgvector:0.7.4-pg17", "pgvector/pgvector", Some(17)),
            ("ankane/pgvector:latest", "ankane/pgvector", None),
            ("ankane/pgvector:v0.5.1", "ankane/pgvector", None),
            ("supabase/postgres:15.1.0.117", "supabase/postgres", Some(15)),
            ("cimg/postgres:14.0", "cimg/postgres", Some(14)),
            ("bitnami/postgresql:14.5.0", "bitnami/postgresql", Some(14)),
            ("quay.io/sclorg/postgresql-15-c9s:latest", "sclorg/postgresql-15-c9s", Some(15)),
            ("citusdata/citus:12.1", "citusdata/citus", None),
            ("apache/age:PG16_latest", "apache/age", Some(16)),
            ("postgres:latest", "postgres", None),
            ("shop-postgres:16-pgvector", "shop-postgres", Some(16)),
            ("getlago/postgres-partman:15.0-alpine", "getlago/postgres-partman", Some(15)),
        ] {
            let found = parsed(reference).map(|(repository, major, _)| (repository, major));
            assert_eq!(found, Some((repository.to_owned(), major)), "{reference}");
        }
    }

    #[test]
    fn what_only_sounds_like_one_is_none() {
        for reference in [
            "postgrest/postgrest",
            "prometheuscommunity/postgres-exporter",
            "dpage/pgadmin4",
            "edoburu/pgbouncer",
            "bitnami/pgbouncer:1",
            "redis:7",
            "someone/age",
            "prodrigestivill/postgres-backup-local",
            "postgresql-client",
            "umami:postgresql-latest",
            "",
        ] {
            assert_eq!(parsed(reference), None, "{reference}");
        }
    }

    #[test]
    fn images_with_ways_of_their_own() {
        let flavor = |reference| parsed(reference).map(|(_, _, flavor)| flavor);
        assert_eq!(
            flavor("docker.io/bitnami/postgresql:16"),
            Some(Flavor::Variable("POSTGRESQL_MAX_CONNECTIONS"))
        );
        assert_eq!(flavor("timescale/timescaledb-ha:pg16"), Some(Flavor::Tuned("TS_TUNE_MAX_CONNS")));
    }
}
