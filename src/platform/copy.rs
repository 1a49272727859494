//! What `COPY` and `ADD` bring into an image.

use crate::source::{Kind, Sources, TreePath};

use super::FileView;

/// Where a `COPY` puts things.
pub(super) struct Copy<'a> {
    /// Where the files come from in the end.
    pub(super) sources: &'a Sources,
    /// The target, absolute.
    pub(super) into: TreePath,
    /// Whether the target is a folder that a file goes into under its own name.
    pub(super) as_folder: bool,
}

impl Copy<'_> {
    /// Copies `from` of the build context. A folder's content goes into the target.
    pub(super) fn context(&self, context: &TreePath, from: &str, files: &mut FileView) {
        let pattern = TreePath::new(from.trim_start_matches('/'));
        for source in matching(self.sources, context, &pattern) {
            let is_file = self.sources.tree().kind(&source) == Some(Kind::File);
            let name = if is_file && self.as_folder { source.file_name() } else { "." };
            files.add(self.into.join(name).as_str(), source.clone());
        }
    }

    /// Copies what another stage has at `from`.
    pub(super) fn stage(&self, stage: &FileView, from: &str, files: &mut FileView) {
        let from = TreePath::new("/").join(from);
        let found = stage.under(&from);
        if found.iter().all(|(_, source)| self.sources.tree().kind(source).is_none()) {
            self.installed(stage, files);
        }
        for (inside, source) in found.into_iter().rev() {
            let is_file = inside.as_str() == "." && self.sources.tree().kind(&source) == Some(Kind::File);
            let name = if is_file && self.as_folder { from.file_name() } else { inside.as_str() };
            files.add(self.into.join(name).as_str(), source);
        }
    }

    /// Brings what `stage` has built, of which nothing stands in the tree: an environment or a wheel, in which its projects
    /// may be installed.
    fn installed(&self, stage: &FileView, files: &mut FileView) {
        for (project, _) in stage.projects(self.sources) {
            let into = TreePath::new(&format!("{INSTALLED}{project}"));
            for (inside, source) in stage.under(&project).into_iter().rev() {
                files.add(into.join(inside.as_str()).as_str(), source);
            }
        }
    }
}

/// Where the sources of projects are put that an image has only as something built from them. No image has such a folder.
const INSTALLED: &str = "/.installed";

/// The paths of the tree that `pattern` (with `*` and `?` inside a name, as Go's `filepath.Match`) names.
pub(super) fn matching(sources: &Sources, context: &TreePath, pattern: &TreePath) -> Vec<TreePath> {
    let mut found = vec![context.clone()];
    for part in pattern.as_str().split('/').filter(|part| *part != ".") {
        found = found.iter().flat_map(|folder| matching_names(sources, folder, part)).collect();
    }
    found.retain(|path| sources.tree().kind(path).is_some());
    found
}

fn matching_names(sources: &Sources, folder: &TreePath, part: &str) -> Vec<TreePath> {
    if !part.contains(['*', '?']) {
        return vec![sources.resolve(folder, part)];
    }
    let names = sources.tree().list(folder).unwrap_or_default();
    names.iter().filter(|name| name_matches(part, name)).map(|name| folder.join(name)).collect()
}

/// Whether `name` matches `pattern`, in which `*` stands for any characters and `?` for one.
pub(crate) fn name_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // One row of the table "the first i of the pattern match the first j of the name" at a time: linear in both.
    let mut row: Vec<bool> = std::iter::once(true).chain(name.iter().map(|_| false)).collect();
    for &p in &pattern {
        let mut next = vec![p == '*' && row[0]];
        for (j, &c) in name.iter().enumerate() {
            next.push(if p == '*' { row[j + 1] || next[j] } else { row[j] && (p == '?' || p == c) });
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::name_matches;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, name, matches) in [
            ("*.py", "a.py", true),
            ("*.py", "a.pyc", false),
            ("a?c", "abc", true),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(name_matches(pattern, name), matches, "{pattern} {name}");
        }
    }
}
