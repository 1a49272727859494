//! Which compose deployments a tree has.
//!
//! What docker compose finds by itself is one: the file with a default name and its override, or what `COMPOSE_FILE` in the
//! folder's `.env` names. Any other compose file is one of its own where it can stand alone, and is laid over another where it
//! cannot. A file that is only reached from others, by `include` or `extends`, is none.

mod outline;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use self::outline::Outline;
use super::calls;
use super::load::Loader;
use super::refusals::Refusals;
use super::request::Request;
use super::setting::{DEFAULT_NAMES, OVERRIDE_NAMES, steered_files};
use super::variables::Variables;
use crate::source::{Sources, TreePath};

/// The deployments among the files at `paths`, those nearest to the root first.
pub fn discover(sources: &Sources, paths: &[TreePath]) -> Vec<Request> {
    let mut folders: BTreeMap<(usize, TreePath), Folder> = BTreeMap::new();
    for path in paths {
        let name = path.file_name();
        let env = name == ".env";
        let outline = if env { None } else { Outline::read(sources, path) };
        if env || outline.is_some() {
            let folder = path.parent();
            let depth = if folder == TreePath::root() { 0 } else { folder.as_str().matches('/').count() + 1 };
            let found = folders.entry((depth, folder.clone())).or_insert_with(|| Folder::new(folder));
            found.outlines.extend(outline);
            found.has_env |= env;
        }
    }
    let mut folders: Vec<Folder> = folders.into_values().collect();
    for folder in &mut folders {
        folder.settle(sources);
    }
    let discovery = Discovery { reached: Reached::new(&folders), folders };
    let mut requests = discovery.requests();
    let found: Vec<Vec<TreePath>> = requests.iter().map(|request| discovery.files_of(request)).collect();
    requests.extend(calls::requests(sources, paths, &found));
    requests
}

/// The compose files of one folder.
struct Folder {
    path: TreePath,
    outlines: Vec<Outline>,
    has_env: bool,
    /// What `COMPOSE_FILE` in the folder's `.env` names.
    steered: Vec<TreePath>,
    /// The file with a default name that compose takes, and its override.
    found: Vec<TreePath>,
}

impl Folder {
    fn new(path: TreePath) -> Self {
        Self { path, outlines: Vec::new(), has_env: false, steered: Vec::new(), found: Vec::new() }
    }

    /// Finds out what compose takes here by itself.
    fn settle(&mut self, sources: &Sources) {
        let find = |names: &[&str]| {
            let paths = names.iter().map(|name| self.path.join(name));
            paths.into_iter().find(|path| sources.tree().kind(path).is_some())
        };
        if let Some(base) = find(&DEFAULT_NAMES) {
            self.found = std::iter::once(base).chain(find(&OVERRIDE_NAMES)).collect();
        }
        if self.has_env {
            let request = Request::folder(self.path.clone(), "");
            let mut refusals = Refusals::new(sources);
            let mut loader = Loader::new(sources, &mut refusals, false);
            let nothing = |_: &str| None;
            let mut variables = Variables::given(&nothing);
            if let Some(file) = loader.open_env(&self.path.join(".env"), None) {
                variables.add_files(&[file], None, loader.refusals);
            }
            self.steered = steered_files(sources, &request, &variables).unwrap_or_default();
        }
    }

    fn outline(&self, path: &TreePath) -> Option<&Outline> {
        self.outlines.iter().find(|outline| outline.path == *path)
    }
}

/// The files that others reach.
struct Reached {
    included: HashSet<TreePath>,
    extended: HashSet<TreePath>,
}

impl Reached {
    fn new(folders: &[Folder]) -> Self {
        let outlines = || folders.iter().flat_map(|folder| &folder.outlines);
        let includes: HashMap<&TreePath, &[TreePath]> =
            outlines().map(|outline| (&outline.path, outline.includes.as_slice())).collect();
        // Files that include one another in a circle are all of them still there to be reported.
        let is_circle = |from: &TreePath, to: &TreePath| {
            let (mut open, mut seen) = (vec![to], HashSet::new());
            while let Some(path) = open.pop() {
                if path == from {
                    return true;
                }
                if seen.insert(path) {
                    open.extend(includes.get(path).copied().unwrap_or_default());
                }
            }
            false
        };
        let edges = outlines().flat_map(|outline| outline.includes.iter().map(move |to| (&outline.path, to)));
        Self {
            included: edges.filter(|(from, to)| !is_circle(from, to)).map(|(_, to)| to.clone()).collect(),
            extended: outlines().flat_map(|outline| outline.extends.iter().cloned()).collect(),
        }
    }
}

struct Discovery {
    folders: Vec<Folder>,
    reached: Reached,
}

impl Discovery {
    fn requests(&self) -> Vec<Request> {
        let mut requests = Vec::new();
        for folder in &self.folders {
            requests.extend(self.main(folder));
            requests.extend(folder.outlines.iter().filter_map(|outline| self.variant(folder, outline)));
        }
        requests
    }

    /// The files of `request`, also of one that leaves them to compose.
    fn files_of(&self, request: &Request) -> Vec<TreePath> {
        if !request.files.is_empty() {
            return request.files.clone();
        }
        let folder = self.folders.iter().find(|folder| folder.path == request.folder);
        folder.map_or_else(Vec::new, |folder| {
            if folder.steered.is_empty() { folder.found.clone() } else { folder.steered.clone() }
        })
    }

    /// What compose takes in `folder` by itself.
    fn main(&self, folder: &Folder) -> Option<Request> {
        if !folder.steered.is_empty() {
            let env = folder.path.join(".env");
            return Some(Request::folder(
                folder.path.clone(),
                format!("COMPOSE_FILE in {env} names its files"),
            ));
        }
        let base = folder.found.first().filter(|base| !self.reached.included.contains(base))?;
        let outline = folder.outline(base)?;
        let lacking = outline.lacking();
        let covered = folder.found.iter().skip(1).filter_map(|path| folder.outline(path));
        let covered = covered.into_iter().any(|over| lacking.iter().all(|name| over.stands(name)));
        if !lacking.is_empty()
            && !covered
            && let Some(under) = self.above(folder, &lacking)
        {
            let why = laid_over(&under, &lacking);
            let files = under.into_iter().chain(folder.found.iter().cloned()).collect();
            return Some(Request::files(folder.path.clone(), files, why));
        }
        let why = match folder.found.get(1) {
            None => "docker compose finds it by its name".to_owned(),
            Some(over) => {
                format!("docker compose finds it by its name, and lays {} over it", over.file_name())
            }
        };
        Some(Request::folder(folder.path.clone(), why))
    }

    /// Any other file of `folder`.
    fn variant(&self, folder: &Folder, outline: &Outline) -> Option<Request> {
        let path = &outline.path;
        let taken = folder.found.contains(path)
            || self.folders.iter().any(|folder| folder.steered.contains(path))
            || self.reached.included.contains(path)
            || self.reached.extended.contains(path)
            // Of several default names compose reads one alone, and says so.
            || DEFAULT_NAMES.contains(&path.file_name());
        if taken || outline.is_empty() {
            return None;
        }
        let lacking = outline.lacking();
        if lacking.is_empty() {
            let why = "it stands alone: each of its services has an image or a build";
            return Some(Request::files(folder.path.clone(), vec![path.clone()], why));
        }
        let under = beside(folder, outline, &lacking).or_else(|| self.above(folder, &lacking));
        let why = match &under {
            Some(under) => laid_over(under, &lacking),
            None => format!("no file beside it has what it needs: {}", lacking.join(", ")),
        };
        let files = under.into_iter().flatten().chain([path.clone()]).collect();
        Some(Request::files(folder.path.clone(), files, why))
    }

    /// What compose takes by itself in the nearest folder above that has something of what is `lacking`.
    fn above(&self, folder: &Folder, lacking: &[&str]) -> Option<Vec<TreePath>> {
        let mut above: Vec<&Folder> = self
            .folders
            .iter()
            .filter(|other| other.path != folder.path && folder.path.is_under(&other.path))
            .collect();
        above.reverse();
        above.into_iter().find_map(|other| {
            let base = other.found.first()?;
            let outline = other.outline(base)?;
            lacking.iter().any(|name| outline.stands(name)).then(|| vec![base.clone()])
        })
    }
}

/// The files of `folder` that `outline` is laid over: those that have all of what is `lacking`, before one that has some of
/// it. What compose takes by itself goes first, then the file whose name is most like its own.
fn beside(folder: &Folder, outline: &Outline, lacking: &[&str]) -> Option<Vec<TreePath>> {
    let mut others: Vec<&Outline> = folder
        .outlines
        .iter()
        .filter(|other| other.path != outline.path && other.lacking().is_empty())
        .collect();
    others.sort_by_key(|other| {
        let found = folder.found.first() == Some(&other.path);
        (!found, usize::MAX - common_prefix(other.path.file_name(), outline.path.file_name()))
    });
    let all = others.iter().find(|other| lacking.iter().all(|name| other.stands(name)));
    let with_override = || {
        let outlines: Vec<&Outline> = folder.found.iter().filter_map(|path| folder.outline(path)).collect();
        let all = lacking.iter().all(|name| outlines.iter().any(|other| other.stands(name)));
        (all && !outlines.is_empty() && !folder.found.contains(&outline.path)).then(|| folder.found.clone())
    };
    let some = || others.iter().find(|other| lacking.iter().any(|name| other.stands(name)));
    let one = |outline: &&Outline| vec![outline.path.clone()];
    all.map(one).or_else(with_override).or_else(|| some().map(one))
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

fn laid_over(under: &[TreePath], lacking: &[&str]) -> String {
    let under: Vec<&str> = under.iter().map(TreePath::as_str).collect();
    format!("laid over {}, which has what it lacks: {}", under.join("+"), lacking.join(", "))
}
