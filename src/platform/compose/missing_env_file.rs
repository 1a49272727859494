//! An `env_file` that is not there, as on every fresh checkout: what stands in for it, and whether git leaves it out on
//! purpose.

use std::sync::Arc;

use ignore::gitignore::GitignoreBuilder;

use super::load::Loader;
use crate::source::{SourceFile, Sources, Span, TreePath};
use crate::trace::ProblemKind;

/// A file that is not there.
pub(super) struct Missing<'a> {
    /// Its path.
    pub(super) path: &'a TreePath,
    /// What names it.
    pub(super) place: Span,
}

/// The example that stands in for `missing`, with the problem that says so; without one, the problem that it is missing.
pub(super) fn stand_in(
    loader: &mut Loader<'_, '_>,
    missing: &Missing<'_>,
    example_env: bool,
) -> Option<Arc<SourceFile>> {
    let Missing { path, place } = *missing;
    let example = example_env.then(|| example_beside(loader.sources, path)).flatten();
    let file = example.as_ref().and_then(|example| loader.open_env(example, Some(place)));
    let (kind, message) = match &file {
        Some(file) => {
            let message = format!("{path} is not there: the values of {} stand in for it", file.path);
            (ProblemKind::MissingEnvFile, message)
        }
        None if is_ignored(loader.sources, path) => {
            let message = format!("{path} is not there, and git ignores it: what it sets is not known");
            (ProblemKind::MissingEnvFile, message)
        }
        None => (ProblemKind::MissingFile, format!("there is no file {path}")),
    };
    let problem = loader.refusals.problem(kind, place, message);
    loader.refusals.add(problem);
    file
}

/// The example of the dotenv file at `path`, when one stands beside it. One of its own name goes first.
pub(crate) fn example_beside(sources: &Sources, path: &TreePath) -> Option<TreePath> {
    let folder = path.parent();
    let name = path.file_name();
    let bare = name.trim_start_matches('.');
    let own = ["example", "sample", "template", "dist", "tmpl", "defaults"]
        .iter()
        .flat_map(|word| [format!("{name}.{word}"), format!("{name}-{word}"), format!("{bare}.{word}")]);
    let before = ["example", "sample", "template"].iter().map(|word| format!("{word}.{bare}"));
    let common = [".env.example", ".env.sample", ".env.template", "env.example"].map(str::to_owned);
    let found = own.chain(before).chain(common).map(|name| folder.join(&name));
    found.into_iter().find(|path| sources.is_file(path))
}

/// Whether a `.gitignore` on the way from the root covers `path`, the nearest one deciding.
pub(crate) fn is_ignored(sources: &Sources, path: &TreePath) -> bool {
    if path.is_outside() {
        return false;
    }
    let mut folder = path.clone();
    while folder != TreePath::root() {
        folder = folder.parent();
        let Ok(rules) = sources.load_lossy(&folder.join(".gitignore")) else { continue };
        let mut builder = GitignoreBuilder::new("");
        for line in rules.text.lines() {
            // A line that is no pattern ignores nothing, as for git.
            let _ = builder.add_line(None, line);
        }
        let Ok(rules) = builder.build() else { continue };
        let prefix = if folder == TreePath::root() { String::new() } else { format!("{folder}/") };
        let inside = path.as_str().strip_prefix(&prefix).unwrap_or(path.as_str());
        let matched = rules.matched_path_or_any_parents(inside, false);
        if !matched.is_none() {
            return matched.is_ignore();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn the_nearest_gitignore_decides() {
        let sources = Sources::new(Memory::new([
            (".gitignore", ".env\nsecrets/\n"),
            ("open/.gitignore", "!.env\n"),
            ("a/x", ""),
        ]));
        let ignored = |path: &str| is_ignored(&sources, &TreePath::new(path));
        assert!(ignored(".env") && ignored("a/.env") && ignored("secrets/deep/db.env"));
        assert!(!ignored("open/.env") && !ignored("a/prod.env"));
    }

    #[test]
    fn git_does_not_mind_bytes_that_are_not_utf8() {
        let mut tree = Memory::default();
        tree.insert(".gitignore", b"# caf\xe9\n.env\n");
        assert!(is_ignored(&Sources::new(tree), &TreePath::new(".env")));
    }

    #[test]
    fn an_example_of_the_same_name_goes_first() {
        let beside = |files: &[&'static str], path: &str| {
            let sources = Sources::new(Memory::new(files.iter().map(|file| (*file, ""))));
            example_beside(&sources, &TreePath::new(path)).map(|path| path.to_string())
        };
        assert_eq!(
            beside(&[".env.example", ".env.prod.example"], ".env.prod").as_deref(),
            Some(".env.prod.example")
        );
        assert_eq!(beside(&["a/example.env"], "a/.env").as_deref(), Some("a/example.env"));
        assert_eq!(beside(&["b/.env.example"], "a/.env"), None);
    }
}
