//! A folder that is linted, with what is open in place of what is saved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::budget::{Measure, capacity_words, client_sum_words, sum_words};
use crate::check::{CheckError, Checked, Read};
use crate::source::{Disk, FileId, Overlay, SourceFile, Sources, TreePath};

use super::documents::Documents;
use super::{Options, uri};

/// A folder of the workspace.
pub(super) struct Folder {
    /// Its URI as the client writes it.
    pub(super) uri: String,
    path: PathBuf,
    /// The last run; `None` before the first, and where the last one could not be made.
    pub(super) run: Option<Run>,
}

/// A run that is over, and how its files are called in the editor.
pub(super) struct Run {
    pub(super) checked: Checked,
    folder: String,
    open: BTreeMap<TreePath, String>,
}

/// Why there is no run.
#[derive(Debug)]
pub(super) enum NoRun {
    /// The folder cannot be opened.
    Folder(std::io::Error),
    /// Its configuration, rules or baseline cannot be used.
    Check(Box<CheckError>),
}

impl Folder {
    /// The folder at `uri`, where that is one of this machine's.
    pub(super) fn new(uri: String) -> Option<Self> {
        let path = uri::to_path(&uri)?;
        Some(Self { uri, path, run: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lints it as it is in the editor.
    pub(super) fn check(&self, documents: &Documents, options: &Options) -> Result<Run, NoRun> {
        let mut tree = Overlay::new(Disk::open(&self.path).map_err(NoRun::Folder)?);
        let mut open = BTreeMap::new();
        for (uri, document) in documents.iter() {
            for name in tree.cover_file(&document.path, &document.text) {
                open.insert(name, uri.clone());
            }
        }
        let read = Read::of(Sources::new(tree), options.config.as_deref(), &options.request);
        let checked = read.and_then(Checked::of).map_err(|error| NoRun::Check(Box::new(error)))?;
        Ok(Run { checked, folder: self.uri.clone(), open })
    }
}

impl Run {
    /// The files of this run.
    pub(super) fn sources(&self) -> &Sources {
        &self.checked.read.sources
    }

    /// What the editor calls `path`: what it has open under its own name, all else by its place in the folder.
    pub(super) fn uri(&self, path: &TreePath) -> String {
        match self.open.get(path) {
            Some(uri) => uri.clone(),
            None if path.is_outside() => {
                let absolute = TreePath::new(self.sources().tree().root()).join(path.as_str());
                let open = self.open.get(&absolute);
                open.cloned().unwrap_or_else(|| uri::of_path(Path::new(absolute.as_str())))
            }
            None => uri::join(&self.folder, path.as_str()),
        }
    }

    /// The files that the editor calls `uri`: one, or several where links lead to it, each with the same text.
    pub(super) fn files(&self, uri: &str) -> Vec<Arc<SourceFile>> {
        let files = self.sources().files();
        files.into_iter().filter(|file| self.uri(&file.path) == uri).collect()
    }

    /// Whether one of `files` is `file`.
    pub(super) fn is_one(files: &[Arc<SourceFile>], file: FileId) -> bool {
        files.iter().any(|known| known.id == file)
    }

    /// What the run comes to: the sums of every deployment, in words.
    pub(super) fn sums(&self) -> Vec<String> {
        let mut sums = Vec::new();
        for budget in &self.checked.budgets {
            sums.push(budget.name.clone());
            for server in &budget.servers {
                for measure in [Measure::Reachable, Measure::Ceiling] {
                    sums.extend(sum_words(server, measure));
                }
                sums.push(format!("{} {}", server.server.name, capacity_words(server).0));
            }
            for pooler in &budget.poolers {
                sums.extend(client_sum_words(pooler));
                sums.push(format!("{} {} {}", pooler.pooler.name, pooler.max_clients, pooler.server_ceiling));
            }
            let lost = budget.unplaced.iter();
            sums.extend(
                lost.map(|group| format!("{} {} {}", group.group.name, group.ceiling, group.reachable)),
            );
        }
        sums
    }
}
