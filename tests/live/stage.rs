//! Real programs for a test: servers and poolers that `tests/live/up` starts, and what their clients are.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// A script beside this file.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live").join(name)
}

/// `words` as a command that is run as somebody who is not root.
pub(crate) fn program(words: &[&str]) -> Command {
    static HOW: OnceLock<(String, Vec<String>)> = OnceLock::new();
    let (path, before) = HOW.get_or_init(|| {
        let how = Command::new(script("run")).arg("how").output().expect("the script can be started");
        let how = String::from_utf8(how.stdout).expect("it prints text");
        let mut lines = how.lines();
        let path = lines.next().expect("it prints PATH").to_owned();
        (path, lines.next().unwrap_or("").split_whitespace().map(str::to_owned).collect())
    });
    let words: Vec<&str> = before.iter().map(String::as_str).chain(words.iter().copied()).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    command.env_clear().envs([("PATH", path.as_str()), ("LC_ALL", "C"), ("TZ", "UTC")]);
    command
}

/// What one of the programs answers: its output, else what it complains of.
pub(crate) fn ask(words: &[&str], folder: &Path) -> Result<String, String> {
    answer(program(words).current_dir(folder))
}

/// What `run` says of the programs.
pub(crate) fn told(word: &str) -> String {
    answer(Command::new(script("run")).arg(word)).expect("the script works")
}

fn answer(command: &mut Command) -> Result<String, String> {
    let output = command.output().expect("it can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Whether the programs are here. Where `CONNBUDGET_LIVE` is set they have to be; elsewhere a test that needs them is
/// skipped, and says so.
pub(crate) fn is_set(test: &str) -> bool {
    let missing = told("missing");
    if missing.is_empty() {
        return true;
    }
    let asked_for = std::env::var_os("CONNBUDGET_LIVE").is_some_and(|value| !value.is_empty());
    assert!(!asked_for, "CONNBUDGET_LIVE is set, and these programs are not here: {missing}");
    // Past the harness, which shows what a passing test prints to nobody.
    let word = format!("test {test} ... skipped: not here: {missing}\n");
    std::io::stderr().write_all(word.as_bytes()).expect("standard error can be written to");
    false
}

/// A folder that everybody may look into: the servers run as somebody else.
pub(crate) fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    // Not where TMPDIR leads: that may be a folder of this user's own.
    let folder = tempfile::Builder::new().prefix("connbudget-live-").tempdir_in("/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

/// Servers and poolers that run until this is dropped.
pub(crate) struct Stage {
    script: Child,
    input: Option<ChildStdin>,
    ports: HashMap<String, u16>,
}

impl Stage {
    /// Starts what the folders `names` of `folder` say, in that order.
    pub(crate) fn set(folder: &Path, names: &[String], template: &Path) -> Result<Self, String> {
        let mut script = Command::new(script("up"))
            .arg(folder)
            .args(names)
            .env("CONNBUDGET_TEMPLATE", template)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the script can be started");
        let input = script.stdin.take();
        let output = BufReader::new(script.stdout.take().expect("it was piped"));
        let mut stage = Self { script, input, ports: HashMap::new() };
        for line in output.lines() {
            let line = line.expect("it prints text");
            if line == "ready" {
                return Ok(stage);
            }
            let words: Vec<&str> = line.split(' ').collect();
            let port = words.last().and_then(|port| port.parse().ok()).expect("a port is a number");
            stage.ports.insert(words[0].to_owned(), port);
        }
        let mut complaint = String::new();
        let errors = stage.script.stderr.as_mut().expect("it was piped");
        std::io::Read::read_to_string(errors, &mut complaint).expect("it prints text");
        Err(complaint)
    }

    /// The port of what is called `name`.
    pub(crate) fn port(&self, name: &str) -> u16 {
        self.ports[name]
    }

    /// `text` with the addresses of this stage in place of those of a deployment: `@db:5432`.
    pub(crate) fn addressed(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, port) in &self.ports {
            for usual in [5432, 6432] {
                text = text.replace(&format!("@{name}:{usual}/"), &format!("@127.0.0.1:{port}/"));
            }
        }
        text
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.input.take());
        let ended = self.script.wait();
        debug_assert!(ended.is_ok(), "{ended:?}");
    }
}

/// Counts the connections of a server, over one of its superuser's own.
pub(crate) struct Counter {
    psql: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Counter {
    pub(crate) fn of(stage: &Stage, server: &str) -> Self {
        let port = stage.port(server).to_string();
        let words = ["psql", "-XAtq", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", "postgres"];
        let mut psql = program(&words)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql can be started");
        let input = psql.stdin.take().expect("it was piped");
        let output = BufReader::new(psql.stdout.take().expect("it was piped"));
        Self { psql, input, output }
    }

    /// How many connections of clients there are now, not counting this one. The server itself waits a moment first, so that
    /// counting leaves the machine to those who are counted.
    pub(crate) fn count(&mut self) -> u64 {
        let query = "SELECT pg_sleep(0.05);\n\
            SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> 'postgres';\n";
        self.input.write_all(query.as_bytes()).expect("psql reads");
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("psql answers");
            assert!(read > 0, "psql has ended");
            if let Ok(count) = line.trim().parse() {
                return count;
            }
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        end(&mut self.psql);
    }
}

/// A client program of a deployment.
pub(crate) struct Client(pub(crate) Child);

impl Drop for Client {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}
