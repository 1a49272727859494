//! Files and places: every file is loaded once, and a place in it is a byte range that any step can point at.
//!
//! Nothing here knows a format. A [`Tree`] is where files come from (a folder on disk, a map in memory, either with some files covered),
//! [`Sources`] keeps what was loaded, and a [`Span`] names some bytes of one loaded file.

mod git;
mod overlay;
mod path;
mod secret;
mod sources;
mod span;
mod tree;

pub use git::{Commit, Git, GitError, Revision, Worktree};
pub use overlay::Overlay;
pub use path::TreePath;
pub use secret::{secrets, without_passwords};
pub use sources::{FileId, LineColumn, LoadError, MAX_FILE_BYTES, SourceFile, Sources};
pub use span::Span;
pub use tree::{Disk, Kind, Memory, Tree};
