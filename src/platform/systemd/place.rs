//! Where a host has the files of the tree. A unit names paths of the host; the tree is deployed to one of them.

use crate::platform::compose::example_beside;
use crate::platform::{FileView, Mount};
use crate::source::{Sources, TreePath};
use crate::trace::Text;

/// Where the tree is mounted for a unit at `unit`: where the end of a path that it names is a path of the tree, else at
/// the folder that it works in. Of several folders of the tree that could be meant the nearest to the unit goes first.
pub(super) fn mounts(
    sources: &Sources,
    unit: &TreePath,
    working_dir: Option<&Text>,
    words: &[Text],
) -> Vec<Mount> {
    let bases = folders_above(unit);
    let mut mounts = Vec::new();
    let mut add = |target: &str, path: &Text, source: &TreePath| {
        if let Some(place) = path.span() {
            let target = if target.is_empty() { "/" } else { target }.to_owned();
            mounts.push(Mount { source: source.clone(), target, place });
        }
    };
    let absolute =
        |text: &&Text| text.as_str().trim_start_matches(['@', '-', ':', '+', '!']).starts_with('/');
    for path in words.iter().chain(working_dir).filter(absolute) {
        let string = path.as_str().trim_start_matches(['@', '-', ':', '+', '!']);
        for base in &bases {
            let cuts = string.match_indices('/').map(|(at, _)| at);
            let found = cuts.into_iter().find(|at| {
                let rest = string[at + 1..].trim_end_matches('/');
                !rest.is_empty() && sources.tree().kind(&base.join(rest)).is_some()
            });
            if let Some(at) = found {
                add(&string[..at], path, base);
            }
        }
    }
    let folder = working_dir.filter(|folder| folder.as_str().starts_with('/'));
    if let Some(folder) = folder {
        let deep = |mount: &Mount| {
            TreePath::new(folder.as_str()).is_under(&TreePath::new(&mount.target))
                && mount.target != folder.as_str()
        };
        if !mounts.iter().any(deep) {
            for base in &bases {
                if let Some(place) = folder.span() {
                    mounts.push(Mount { source: base.clone(), target: folder.to_string(), place });
                }
            }
        }
    }
    mounts
}

/// The folders that hold `unit`, from the root inwards: what comes later covers what came before.
fn folders_above(unit: &TreePath) -> Vec<TreePath> {
    let mut folders = Vec::new();
    let mut folder = unit.parent();
    loop {
        folders.push(folder.clone());
        if folder == TreePath::root() {
            break;
        }
        folder = folder.parent();
    }
    folders.reverse();
    folders
}

/// The file of the tree that a host has at `path`: where the view has it, else one of its name in a folder above the
/// unit, else an example for it, which the flag tells.
pub(super) fn file(
    sources: &Sources,
    unit: &TreePath,
    view: &FileView,
    path: &str,
) -> Option<(TreePath, bool)> {
    if let Some(found) = view.locate(sources, path).filter(|found| sources.is_file(found)) {
        return Some((found, false));
    }
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    let mut beside: Vec<TreePath> = folders_above(unit).iter().map(|folder| folder.join(name)).collect();
    beside.reverse();
    let found = beside.iter().find(|path| sources.is_file(path)).map(|path| (path.clone(), false));
    found.or_else(|| beside.iter().find_map(|path| example_beside(sources, path)).map(|path| (path, true)))
}
