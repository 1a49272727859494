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

/// How an image is configured beside its command line (facts, A4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// The official image's entrypoint: by files in its data folder and scripts at its first start.
    Official,
    /// Bitnami's: `POSTGRESQL_MAX_CONNECTIONS`, `POSTGRESQL_EXTRA_FLAGS`, a folder of configuration files
    /// (bitnami/containers, `libpostgresql.sh`).
    Bitnami,
    /// Red Hat's: `POSTGRESQL_MAX_CONNECTIONS` (sclorg/postgresql-container, `common.sh`).
    RedHat,
    /// Timescale's, which is the official one with `timescaledb-tune` at the first start: `TS_TUNE_MAX_CONNS`, else by
    /// the memory that it finds (timescaledb-docker, `001_timescaledb_tune.sh`).
    Timescale,
    /// Zalando's, where Patroni writes the configuration: by the memory that it finds (spilo, `configure_spilo.py`).
    Spilo,
    /// Supabase's, with a configuration file of its own that leaves the limits at their defaults (supabase/postgres,
    /// `postgresql.conf.j2`).
    Supabase,
}

/// Where an image keeps what configures the server, as the server sees it.
pub(super) struct Layout {
    /// Data folders, the likeliest first.
    pub(super) data: Vec<String>,
    /// Configuration files outside the data folder, which win over one inside.
    pub(super) files: &'static [&'static str],
    /// Folders whose `.conf` files are read after that.
    pub(super) more: &'static [&'static str],
    /// Folders of scripts that run once, before the server serves.
    pub(super) scripts: &'static [&'static str],
}

impl Image {
    pub(super) fn layout(&self) -> Layout {
        let scripts: &[&str] = &["/docker-entrypoint-initdb.d"];
        let official = || {
            // The official image keeps each major's data in a folder of its own from 18 on.
            let newer = self.major.unwrap_or(18);
            let newer = format!("/var/lib/postgresql/{newer}/docker");
            let older = "/var/lib/postgresql/data".to_owned();
            match self.major {
                Some(major) if major < 18 => vec![older],
                _ => vec![newer, older],
            }
        };
        let of = |data: &[&str]| data.iter().map(|&folder| folder.to_owned()).collect::<Vec<_>>();
        match self.flavor {
            Flavor::Official => Layout { data: official(), files: &[], more: &[], scripts },
            Flavor::Supabase => {
                Layout { data: official(), files: &["/etc/postgresql/postgresql.conf"], more: &[], scripts }
            }
            Flavor::Timescale => {
                let mut data = of(&["/home/postgres/pgdata/data"]);
                data.extend(official());
                Layout { data, files: &[], more: &[], scripts }
            }
            Flavor::Bitnami => Layout {
                data: of(&["/bitnami/postgresql/data"]),
                files: &[
                    "/bitnami/postgresql/conf/postgresql.conf",
                    "/opt/bitnami/postgresql/conf/postgresql.conf",
                ],
                more: &["/bitnami/postgresql/conf/conf.d", "/opt/bitnami/postgresql/conf/conf.d"],
                scripts,
            },
            Flavor::RedHat => Layout {
                data: of(&["/var/lib/pgsql/data/userdata"]),
                files: &[],
                more: &["/opt/app-root/src/postgresql-cfg"],
                scripts: &["/opt/app-root/src/postgresql-init", "/opt/app-root/src/postgresql-start"],
            },
            Flavor::Spilo => Layout {
                data: of(&["/home/postgres/pgdata/pgroot/data"]),
                files: &[],
                more: &[],
                scripts: &[],
            },
        }
    }
}

/// The last part of a repository's name, what configures the image, and whether its tag begins with PostgreSQL's
/// version. In any registry and namespace: mirrors and forks keep the name.
const NAMES: &[(&str, Flavor, bool)] = &[
    ("postgres", Flavor::Official, true),
    ("postgresql", Flavor::Official, true),
    ("postgis", Flavor::Official, true),
    // <https://github.com/pgautoupgrade/docker-pgautoupgrade>: the official image, which upgrades its data at the start.
    ("pgautoupgrade", Flavor::Official, true),
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
    ("pg_auto_failover", Flavor::Official, false),
    ("alloydbomni", Flavor::Official, false),
    ("cloudnative-pg", Flavor::Official, true),
    ("pgduckdb", Flavor::Official, false),
    ("pgmq-postgres", Flavor::Official, false),
    ("timescaledb", Flavor::Timescale, false),
    ("timescaledb-ha", Flavor::Timescale, false),
    ("timescaledb-postgis", Flavor::Timescale, false),
];

/// Repositories whose images are configured in a way of their own.
const REPOSITORIES: &[(&str, Flavor, bool)] = &[
    ("bitnami/postgresql", Flavor::Bitnami, true),
    ("bitnamilegacy/postgresql", Flavor::Bitnami, true),
    ("bitnamisecure/postgresql", Flavor::Bitnami, true),
    ("bitnami/postgresql-repmgr", Flavor::Bitnami, true),
    ("bitnamilegacy/postgresql-repmgr", Flavor::Bitnami, true),
    ("supabase/postgres", Flavor::Supabase, true),
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
            Some(version) => (Flavor::RedHat, false, Some(version)),
            // Zalando's: `spilo-15`, or `spilo` alone.
            None if last == "spilo" || last.starts_with("spilo-") => {
                (Flavor::Spilo, false, last.strip_prefix("spilo-").and_then(leading))
            }
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
        for (reference, expected) in [
            ("docker.io/bitnami/postgresql:16", Flavor::Bitnami),
            ("timescale/timescaledb-ha:pg16", Flavor::Timescale),
            ("quay.io/sclorg/postgresql-15-c9s", Flavor::RedHat),
            ("ghcr.io/zalando/spilo-15:3.0-p1", Flavor::Spilo),
            ("supabase/postgres:15.8.1.060", Flavor::Supabase),
            ("postgres:16", Flavor::Official),
        ] {
            assert_eq!(parsed(reference).map(|(_, _, flavor)| flavor), Some(expected), "{reference}");
        }
        assert_eq!(parsed("ghcr.io/zalando/spilo-15:3.0-p1").and_then(|(_, major, _)| major), Some(15));
    }
}
