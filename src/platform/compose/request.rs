//! What is asked of compose: which files, seen from which folder, with which profiles and dotenv files.

use crate::source::TreePath;

/// One deployment to read, as a call of docker compose would name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The folder that compose is called in.
    pub folder: TreePath,
    /// Its `-f`; empty where compose finds them itself: by `COMPOSE_FILE`, or by their names.
    pub files: Vec<TreePath>,
    /// Its `--project-directory`.
    pub project_directory: Option<TreePath>,
    /// Its `--profile`; empty where `COMPOSE_PROFILES` decides.
    pub profiles: Vec<String>,
    /// Its `--env-file`; empty where the `.env` of the project's folder is read.
    pub env_files: Vec<TreePath>,
    /// Why this is a deployment of its own.
    pub why: String,
    /// Whether `.env.example` and its like stand in for a file that is not there.
    pub example_env: bool,
    /// Whether files outside the linted root stay unread.
    pub root_only: bool,
}

impl Request {
    /// What `docker compose` does in `folder` without arguments.
    pub fn folder(folder: TreePath, why: impl Into<String>) -> Self {
        Self {
            folder,
            files: Vec::new(),
            project_directory: None,
            profiles: Vec::new(),
            env_files: Vec::new(),
            why: why.into(),
            example_env: true,
            root_only: false,
        }
    }

    /// What `docker compose -f FILE -f FILE` does, called in `folder`.
    pub fn files(folder: TreePath, files: Vec<TreePath>, why: impl Into<String>) -> Self {
        Self { files, ..Self::folder(folder, why) }
    }
}
