//! The contents of files, asked one by one of a single `git cat-file --batch`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::Git;

/// The first line of a pointer of Git LFS (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// A pointer is shorter than this, by the same specification.
const LFS_POINTER: usize = 1024;

/// The objects of a repository.
pub(super) struct Blobs {
    git: Git,
    running: Option<Running>,
}

struct Running {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    pub(super) fn new(git: Git) -> Self {
        Self { git, running: None }
    }

    /// At most `limit` bytes of `id` and one more.
    pub(super) fn read(&mut self, id: &str, limit: u64) -> io::Result<Vec<u8>> {
        let answer = self.ask(id, limit);
        if answer.is_err() {
            // Where the conversation broke off the next question would get the rest of this answer.
            self.running = None;
        }
        let bytes = answer?;
        if bytes.len() < LFS_POINTER && bytes.starts_with(LFS) {
            self.large(&bytes, limit)
        } else {
            Ok(bytes)
        }
    }

    fn ask(&mut self, id: &str, limit: u64) -> io::Result<Vec<u8>> {
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(start(&self.git)?),
        };
        writeln!(running.questions, "{id}")?;
        running.questions.flush()?;
        let mut header = String::new();
        running.answers.read_line(&mut header)?;
        let size = header.split_whitespace().nth(2).and_then(|size| size.parse::<u64>().ok());
        let Some(size) = size else {
            return Err(io::Error::other(
                "its content is not in this clone (a partial one): `git fetch` brings it",
            ));
        };
        let kept = size.min(limit.saturating_add(1));
        let mut bytes = Vec::new();
        running.answers.by_ref().take(kept).read_to_end(&mut bytes)?;
        // A line break follows.
        io::copy(&mut running.answers.by_ref().take(size - kept + 1), &mut io::sink())?;
        if bytes.len() as u64 == kept { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The file that a pointer of Git LFS stands for, where this clone has it.
    fn large(&self, pointer: &[u8], limit: u64) -> io::Result<Vec<u8>> {
        let text = String::from_utf8_lossy(pointer);
        let id = text.lines().find_map(|line| line.strip_prefix("oid sha256:"));
        let is_id = |id: &&str| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let path = id.filter(is_id).map(|id| {
            let parts = [&id[..2], &id[2..4], id];
            self.git.common.join("lfs/objects").join(parts.iter().collect::<PathBuf>())
        });
        let file = path.and_then(|path| std::fs::File::open(path).ok()).ok_or_else(|| {
            io::Error::other(
                "it is in Git LFS, and its content is not in this clone: `git lfs fetch --all` brings it",
            )
        })?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn start(git: &Git) -> io::Result<Running> {
    let mut command = git.command(&["cat-file", "--batch"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    Ok(Running { child, questions, answers: BufReader::new(answers) })
}

impl Drop for Running {
    fn drop(&mut self) {
        // It would end by itself when its input does, but an answer that nobody reads may keep it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
