//! Which images are PgBouncer, how each is configured, and which release it runs.

use crate::trace::Text;

use super::keys::Release;

/// An image of PgBouncer.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// How it is configured.
    pub(super) flavor: Flavor,
    /// The release, where the tag tells.
    pub(super) release: Option<Release>,
    /// Its reference.
    pub(super) reference: Text,
}

/// What an image's entrypoint makes of its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    /// `DB_HOST`, `POOL_MODE` and the like, where no file stands at `/etc/pgbouncer/pgbouncer.ini`.
    Edoburu,
    /// `POSTGRESQL_HOST`, `PGBOUNCER_POOL_MODE` and the like, where no file is mounted at `/bitnami/pgbouncer/conf`.
    Bitnami,
    /// `DATABASES_HOST`, `PGBOUNCER_POOL_MODE` and the like, over whatever file stands at `/etc/pgbouncer/pgbouncer.ini`.
    Sections,
    /// As edoburu's, which was made from it, with one entry whose user is forced.
    Brainsam,
    /// Nothing: it only reads a file.
    Plain,
    /// Something that is not known.
    Unknown,
}

/// Repositories that are known, in any registry. Where each was read:
/// edoburu/docker-pgbouncer@91a581b `entrypoint.sh`; bitnami/containers@07b5b85 `libpgbouncer.sh`, @043f89c `pgbouncer-env.sh`;
/// sportsru/docker-pgbouncer@070f4ab `entrypoint.sh`, a copy of the one of pgbouncer/pgbouncer on Docker Hub;
/// brainsam/pgbouncer@05ba1c5 `entrypoint.sh`; icoretech/pgbouncer-docker@225fa5e `Dockerfile`.
const REPOSITORIES: &[(&str, Flavor)] = &[
    ("edoburu/pgbouncer", Flavor::Edoburu),
    ("bitnami/pgbouncer", Flavor::Bitnami),
    ("bitnamilegacy/pgbouncer", Flavor::Bitnami),
    ("bitnamisecure/pgbouncer", Flavor::Bitnami),
    ("pgbouncer/pgbouncer", Flavor::Sections),
    ("brainsam/pgbouncer", Flavor::Brainsam),
    ("icoretech/pgbouncer-docker", Flavor::Plain),
    ("cloudnative-pg/pgbouncer", Flavor::Plain),
];

/// Words in the names of images that work with PgBouncer and are none.
const TOOLS: &[&str] =
    &["exporter", "prometheus", "healthcheck", "operator", "console", "hero", "ui", "admin", "monitor"];

/// The PgBouncer that `reference` names; `None` where it is none by its name.
pub(super) fn image(reference: &Text) -> Option<Image> {
    let (repository, tag) = parts(reference.as_str());
    let known =
        REPOSITORIES.iter().find(|(own, _)| repository == *own || repository.ends_with(&format!("/{own}")));
    let flavor = match known {
        Some((_, flavor)) => *flavor,
        None if is_called(repository, "pgbouncer") => Flavor::Unknown,
        None => return None,
    };
    Some(Image { flavor, release: tag.and_then(release), reference: reference.clone() })
}

/// The repository of a reference, without registry, tag and digest, and its tag.
pub(super) fn parts(reference: &str) -> (&str, Option<&str>) {
    let name = reference.trim().split('@').next().unwrap_or_default();
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    match name[slash..].find(':') {
        Some(at) => (&name[..slash + at], Some(&name[slash + at + 1..])),
        None => (name, None),
    }
}

/// Whether the last part of `repository` has `program` among its words and is no tool around it.
pub(super) fn is_called(repository: &str, program: &str) -> bool {
    let last = repository.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let words: Vec<&str> = last.split(['-', '_', '.']).collect();
    words.contains(&program) && !words.iter().any(|word| TOOLS.contains(word))
}

/// The number behind the first `1.` of a tag: 23 of `v1.23.1-p2`, of `ubi8-1.23`.
fn release(tag: &str) -> Option<Release> {
    let parts = tag.split(|c: char| !c.is_ascii_digit() && c != '.').filter(|part| part.contains('.'));
    parts.filter_map(|part| part.strip_prefix("1.")).find_map(|rest| rest.split('.').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trail;

    #[test]
    fn images_are_told_by_their_names() {
        for (reference, expected) in [
            ("edoburu/pgbouncer", Some((Flavor::Edoburu, None))),
            ("docker.io/edoburu/pgbouncer:v1.23.1-p2", Some((Flavor::Edoburu, Some(23)))),
            ("bitnami/pgbouncer:1", Some((Flavor::Bitnami, None))),
            ("bitnami/pgbouncer:1.23.1-debian-12-r3@sha256:ab", Some((Flavor::Bitnami, Some(23)))),
            ("pgbouncer/pgbouncer:latest", Some((Flavor::Sections, None))),
            ("ghcr.io/icoretech/pgbouncer-docker:1.24.1", Some((Flavor::Plain, Some(24)))),
            ("ghcr.io/cloudnative-pg/pgbouncer:1.25.1-32", Some((Flavor::Plain, Some(25)))),
            (
                "registry.developers.crunchydata.com/crunchydata/crunchy-pgbouncer:ubi8-1.18-0",
                Some((Flavor::Unknown, Some(18))),
            ),
            ("localhost:5000/shop-pgbouncer:1.21.0", Some((Flavor::Unknown, Some(21)))),
            ("prometheuscommunity/pgbouncer-exporter:v0.7.0", None),
            ("pgbouncer-sidekick/app", None),
            ("postgres:16", None),
            ("", None),
        ] {
            let found = image(&Text::traced(reference, Trail::default_of("test", None)));
            assert_eq!(found.map(|image| (image.flavor, image.release)), expected, "{reference}");
        }
    }
}
