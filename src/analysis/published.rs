//! Images that a service only names and that this tree builds: by another service, or for a registry by its own Dockerfile.
//!
//! A project's released compose file names what its pipeline pushed (`ghcr.io/acme/shop:1.4`), and the Dockerfile of that
//! image stands beside it. Such an image is looked into as if it were built here.

use std::cell::OnceCell;

use indexmap::IndexMap;

use crate::platform::{Build, Project};
use crate::source::{Sources, TreePath};
use crate::trace::{How, Origin, Text};

/// Fills in what the images of `projects` are built of, where only their names say it; not of those that are
/// `known` otherwise.
pub(super) fn link(sources: &Sources, projects: &mut [Project], known: &dyn Fn(&Text) -> bool) {
    let built: Vec<(String, Build)> = projects
        .iter()
        .flat_map(|project| &project.services)
        .filter_map(|service| Some((service.image.as_ref()?.as_str().to_owned(), service.build.clone()?)))
        .collect();
    let release = Release { sources, name: OnceCell::new() };
    for project in projects {
        let own: Vec<(String, Build)> = project
            .services
            .iter()
            .filter_map(|service| Some((service.image.as_ref()?.as_str().to_owned(), service.build.clone()?)))
            .collect();
        for service in project.services.iter_mut().filter(|service| service.build.is_none()) {
            let Some(image) = &service.image else { continue };
            let same = |all: &[(String, Build)], is_same: &dyn Fn(&str) -> bool| {
                all.iter().find(|(name, _)| is_same(name)).map(|(_, build)| build.clone())
            };
            let exactly = |name: &str| name == image.as_str();
            let any_tag = |name: &str| repository(name) == repository(image.as_str());
            service.built_as = same(&own, &exactly).or_else(|| {
                if known(image) {
                    return None;
                }
                same(&own, &any_tag).or_else(|| same(&built, &any_tag)).or_else(|| release.build_of(image))
            });
        }
    }
}

/// The image without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        // What stands behind the colon of a registry's port has a slash.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// The images that this tree is released as.
struct Release<'a> {
    sources: &'a Sources,
    /// The name that its manifest gives the project, read once.
    name: OnceCell<Option<String>>,
}

impl Release<'_> {
    /// The Dockerfile that makes `image`: the root's where the image is called like the project, a folder's where it is
    /// called like the project and the folder (`acme/shop-backend`).
    fn build_of(&self, image: &Text) -> Option<Build> {
        let (namespace, name) = repository(image.as_str()).rsplit_once('/')?;
        let owner = plain(namespace.rsplit('/').next()?);
        let name = plain(name);
        let sources = self.sources;
        let project = self.name.get_or_init(|| project_name(sources)).as_deref();
        if project == Some(name.as_str()) {
            return build(sources, image, TreePath::root());
        }
        let is_ours =
            |prefix: &str| prefix.len() > 2 && (project == Some(prefix) || owner.starts_with(prefix));
        name.match_indices('-')
            .map(|(at, _)| (&name[..at], &name[at + 1..]))
            .filter(|(prefix, _)| is_ours(prefix))
            .find_map(|(_, folder)| build(sources, image, TreePath::new(folder)))
    }
}

/// How `image` is built by the Dockerfile in `folder`, where there is one; known by its name alone.
fn build(sources: &Sources, image: &Text, folder: TreePath) -> Option<Build> {
    if !sources.is_file(&folder.join("Dockerfile")) {
        return None;
    }
    let by_name = |value: &str| {
        let text = Text::traced(value, image.trail());
        match image.span() {
            Some(span) => text.then(&Origin::at(How::Convention, span)),
            None => text,
        }
    };
    let context = if folder == TreePath::root() { "." } else { folder.as_str() };
    Some(Build {
        context: by_name(context),
        dockerfile: Some(by_name("Dockerfile")),
        folder: Some(folder),
        inline: None,
        target: None,
        args: IndexMap::new(),
    })
}

/// The name of the project in the manifest at the root: `pyproject.toml` (its standard table, or poetry's) or
/// `package.json`.
fn project_name(sources: &Sources) -> Option<String> {
    let load = |name: &str| sources.load(&TreePath::new(name)).ok();
    let python = || {
        let manifest: toml::Table = toml::from_str(&load("pyproject.toml")?.text).ok()?;
        let poetry = || manifest.get("tool")?.get("poetry")?.get("name");
        let name = manifest.get("project").and_then(|table| table.get("name")).or_else(poetry)?;
        Some(plain(name.as_str()?))
    };
    let node = || {
        let manifest: serde_json::Value = serde_json::from_str(&load("package.json")?.text).ok()?;
        Some(plain(manifest.get("name")?.as_str()?))
    };
    python().or_else(node)
}

/// A name as package indexes compare them (PEP 503).
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;

    use super::{Release, repository};
    use crate::source::{Memory, Sources, TreePath};
    use crate::trace::Text;

    #[test]
    fn an_image_without_its_tag() {
        for (image, name) in [
            ("acme/shop:1.2", "acme/shop"),
            ("registry:5000/acme/shop", "registry:5000/acme/shop"),
            ("registry:5000/acme/shop:1", "registry:5000/acme/shop"),
            ("acme/shop@sha256:abc", "acme/shop"),
        ] {
            assert_eq!(repository(image), name);
        }
    }

    /// The folder whose Dockerfile makes `image`, in a project called shop with one at its root and one in `backend`.
    fn folder_of(image: &str) -> Option<String> {
        let sources = Sources::new(Memory::new([
            ("pyproject.toml", "[project]\nname = \"Shop\"\n"),
            ("Dockerfile", "FROM python\n"),
            ("backend/Dockerfile", "FROM python\n"),
            ("image", image),
        ]));
        let file = sources.load(&TreePath::new("image")).unwrap();
        let release = Release { sources: &sources, name: OnceCell::new() };
        Some(release.build_of(&Text::verbatim(&file, 0..image.len()))?.folder?.to_string())
    }

    #[test]
    fn a_release_is_called_like_its_project_and_its_folder() {
        assert_eq!(folder_of("ghcr.io/acme/shop:1").as_deref(), Some("."));
        assert_eq!(folder_of("acme/shop-backend").as_deref(), Some("backend"));
        assert_eq!(folder_of("acmehq/acme-backend").as_deref(), Some("backend"));
        for other in ["shop", "acme/shop-ui", "acme/workshop", "other/tool-backend"] {
            assert_eq!(folder_of(other), None, "{other}");
        }
    }
}
