//! Revisions of a git repository, read by the program `git`.
//!
//! The program rather than a library: it knows every repository there is (worktrees, alternates, partial clones, SHA-256,
//! whatever comes next), and whoever compares revisions has it. `gix` 0.90 without default features adds 2.6 MB to the
//! binary, a fifth of what everything else takes. No command here writes, runs a hook, a filter or an external program
//! of the repository's configuration, or fetches: `GIT_NO_LAZY_FETCH` and `protocol.allow=never` see to the last.

mod blobs;
mod revision;
mod worktree;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use miette::Diagnostic;
use thiserror::Error;

use super::TreePath;
pub use revision::Revision;
pub use worktree::Worktree;

/// Why a revision cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    /// There is no program `git`.
    #[error("git cannot be started: {0}")]
    #[diagnostic(help("revisions are read with the program git: install it, or add it to PATH"))]
    Program(io::Error),
    /// The folder is in no repository.
    #[error("{} is in no git repository", .0.display())]
    #[diagnostic(help(
        "`connbudget diff` compares two revisions of a repository; `connbudget lint` needs none"
    ))]
    NoRepository(PathBuf),
    /// The repository has no work tree.
    #[error("{} is a bare repository, which has no files to compare with", .0.display())]
    #[diagnostic(help("run it in a clone: `git clone` or `git worktree add` makes one"))]
    Bare(PathBuf),
    /// There is no such revision.
    #[error("there is no revision `{name}` here")]
    #[diagnostic(help("{help}"))]
    NoRevision {
        /// The revision as given.
        name: String,
        /// What to do.
        help: String,
    },
    /// The two have no commit in common.
    #[error("`{base}` and `{head}` have no commit in common here")]
    #[diagnostic(help("{help}"))]
    NoMergeBase {
        /// The one.
        base: String,
        /// The other.
        head: String,
        /// What to do.
        help: String,
    },
    /// git refused.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The command.
        command: String,
        /// What git says.
        message: String,
    },
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its name as given: `main`, `HEAD~1`.
    pub name: String,
    /// Its hash.
    pub id: String,
}

impl Commit {
    /// The first characters of its hash, as people quote it.
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

/// A repository with a work tree, seen from a folder in it.
#[derive(Clone, Debug)]
pub struct Git {
    folder: PathBuf,
    top: PathBuf,
    prefix: String,
    common: PathBuf,
}

/// Where to find what a shallow clone does not have.
const DEEPEN: &str = "this clone is shallow: `git fetch --deepen=100` or `git fetch --unshallow` brings older commits, \
    `git fetch origin NAME` another branch; in GitHub Actions, `fetch-depth: 0` of actions/checkout brings all of them";

impl Git {
    /// The repository that holds `folder`.
    pub fn open(folder: &Path) -> Result<Self, GitError> {
        let mut git = Self {
            folder: folder.to_owned(),
            top: PathBuf::new(),
            prefix: String::new(),
            common: PathBuf::new(),
        };
        let asked =
            git.run(&["rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--git-common-dir"]);
        let answer = match asked {
            Err(GitError::Failed { message, .. }) if message.contains("not a git repository") => {
                return Err(GitError::NoRepository(folder.to_owned()));
            }
            asked => asked?,
        };
        let mut lines = answer.lines();
        if lines.next() == Some("true") || lines.next() == Some("false") {
            return Err(GitError::Bare(folder.to_owned()));
        }
        git.common = folder.join(lines.next().unwrap_or(".git"));
        let place = git.run(&["rev-parse", "--show-toplevel", "--show-prefix"])?;
        let mut lines = place.lines();
        git.top = PathBuf::from(lines.next().unwrap_or_default());
        lines.next().unwrap_or_default().trim_end_matches('/').clone_into(&mut git.prefix);
        Ok(git)
    }

    /// The commit that `name` means.
    pub fn commit(&self, name: &str) -> Result<Commit, GitError> {
        let revision = format!("{name}^{{commit}}");
        let asked = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &revision]);
        match asked.as_deref().map(str::trim) {
            Ok(id) if !id.is_empty() && !name.is_empty() => {
                Ok(Commit { name: name.to_owned(), id: id.to_owned() })
            }
            Err(GitError::Program(_)) => Err(asked.err().unwrap_or_else(|| self.unknown(name))),
            _ => Err(self.unknown(name)),
        }
    }

    fn unknown(&self, name: &str) -> GitError {
        let remote = format!("refs/remotes/origin/{name}");
        let has_remote = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &remote]).is_ok();
        let help = match () {
            () if has_remote => format!("did you mean `origin/{name}`?"),
            () if self.is_shallow() => DEEPEN.to_owned(),
            () => "a branch, a tag or a commit; `git branch --all` lists the branches".to_owned(),
        };
        GitError::NoRevision { name: name.to_owned(), help }
    }

    /// The commit where `base` and `head` parted.
    pub fn merge_base(&self, base: &Commit, head: &Commit) -> Result<Commit, GitError> {
        let found = self.run(&["merge-base", &base.id, &head.id]).unwrap_or_default();
        if let Some(id) = found.lines().next().filter(|id| !id.is_empty()) {
            return Ok(Commit { name: format!("{}...{}", base.name, head.name), id: id.to_owned() });
        }
        let help =
            if self.is_shallow() { DEEPEN } else { "compare them directly: `connbudget diff BASE HEAD`" };
        let (base, head) = (base.name.clone(), head.name.clone());
        Err(GitError::NoMergeBase { base, head, help: help.to_owned() })
    }

    /// Whether git leaves the file at `path` of the folder alone: it is ignored, and no commit holds it.
    pub fn ignores(&self, path: &TreePath) -> Result<bool, GitError> {
        // 0: ignored, 1: not, 128: an error (git-check-ignore(1)).
        match self.run(&["check-ignore", "--quiet", "--", path.as_str()]) {
            Ok(_) => Ok(true),
            Err(GitError::Failed { message, .. }) if message.is_empty() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn is_shallow(&self) -> bool {
        self.run(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer.trim() == "true")
    }

    /// Runs `git` and gives what it prints.
    fn run(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = self.command(arguments).output().map_err(GitError::Program)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr);
        let message = message.trim().trim_start_matches("fatal: ").to_owned();
        Err(GitError::Failed { command: arguments.first().copied().unwrap_or_default().to_owned(), message })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            .args(["-c", "protocol.allow=never", "-c", "core.fsmonitor=false", "--no-optional-locks"])
            .args(arguments)
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            // Its messages are looked into.
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }
}
