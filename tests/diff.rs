//! `connbudget diff` on real repositories, made by the real git.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::Run;
use tempfile::TempDir;

/// A repository with a deployment: four workers with a pool of 5 + 10, and PostgreSQL's defaults.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.write("Dockerfile", &dockerfile(4));
        repository.write("compose.yaml", COMPOSE);
        repository.write("main.py", MAIN);
        repository.commit("first");
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("it is written");
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run(self.path(), arguments)
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let run = self.run(&[&["--format", "json"], arguments].concat());
        let report = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}{}", run.stdout, run.stderr));
        (run.code, report)
    }
}

/// git without the configuration of this machine.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("it is set"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git is there");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .arg("diff")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("it is set"))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("the binary that cargo built can be started");
    Run {
        code: output.status.code().expect("the run was not ended by a signal"),
        stdout: String::from_utf8(output.stdout).expect("a report is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

const COMPOSE: &str = "services:
  web:
    build: .
    environment:
      DATABASE_URL: postgresql://app:geheim@db/app
  db:
    image: postgres:16
";

const MAIN: &str = "import os
from sqlalchemy import create_engine
engine = create_engine(os.environ['DATABASE_URL'], pool_size=5, max_overflow=10)
app = 1
";

fn dockerfile(workers: u64) -> String {
    format!(
        "FROM python:3.12\nCOPY main.py .\nCMD [\"gunicorn\", \"-k\", \"uvicorn.workers.UvicornWorker\", \"--workers\", \"{workers}\", \"main:app\"]\n"
    )
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The factors that moved: whose, what, before, after.
fn factors(report: &Value) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    list(&report["deployments"])
        .iter()
        .flat_map(|deployment| list(&deployment["factors"]))
        .map(|factor| {
            let of: Vec<String> = list(&factor["of"]).iter().map(text).collect();
            [
                of.join("/"),
                text(&factor["name"]),
                text(&factor["base"]["value"]),
                text(&factor["head"]["value"]),
            ]
        })
        .collect()
}

/// What the first server can be asked for before and after.
fn sums(report: &Value) -> (Option<u64>, Option<u64>) {
    let server = &report["deployments"][0]["servers"][0];
    (server["base"]["reachable"].as_u64(), server["head"]["reachable"].as_u64())
}

fn statuses(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    list(&report["findings"]).iter().map(|found| (text(&found["rule"]), text(&found["status"]))).collect()
}

fn pair(rule: &str, status: &str) -> (String, String) {
    (rule.to_owned(), status.to_owned())
}

#[test]
fn a_factor_that_moved_is_told_with_both_places() {
    let repository = Repository::new();
    let base = repository.git(&["rev-parse", "HEAD"]);
    repository.write("Dockerfile", &format!("# more\n{}", dockerfile(10)));
    let head = repository.commit("more workers");
    for (arguments, commit) in [
        (&["HEAD~1", "HEAD"][..], Some(head.as_str())),
        (&["HEAD~1..HEAD"], Some(&head)),
        (&["HEAD~1.."], Some(&head)),
        (&["HEAD~1...HEAD"], Some(&head)),
        (&["HEAD~1"], None),
    ] {
        let (code, report) = repository.json(arguments);
        assert_eq!((code, sums(&report)), (1, (Some(60), Some(150))), "{arguments:?}");
        assert_eq!(report["base"]["commit"], base.trim(), "{arguments:?}");
        assert_eq!(report["head"]["commit"].as_str(), commit, "{arguments:?}");
        assert_eq!(factors(&report), [["db/web", "workers", "4", "10"].map(str::to_owned)], "{arguments:?}");
        let factor = &report["deployments"][0]["factors"][0];
        let line = |side: &str| factor[side]["origins"][0]["line"].as_u64();
        assert_eq!((line("base"), line("head")), (Some(3), Some(4)), "{arguments:?}");
        assert_eq!(statuses(&report), [pair("over-budget", "new")], "{arguments:?}");
    }
    let run = repository.run(&["HEAD~1", "HEAD"]);
    for words in
        ["60 → 150", "+90", "4 → 10", "− Dockerfile:3:", "+ Dockerfile:4:", "error[over-budget]", "1 new"]
    {
        assert!(run.stdout.contains(words), "{words} in {}", run.stdout);
    }
    let run = repository.run(&[
        "HEAD~1",
        "HEAD",
        "--format",
        "markdown",
        "--link-base",
        "https://example.com/b/main",
    ]);
    for words in [
        "60 → 150 | +90",
        "**4** `Dockerfile:3`",
        "**10** [`Dockerfile:4`](<https://example.com/b/main/Dockerfile#L4>)",
    ] {
        assert!(run.stdout.contains(words), "{words} in {}", run.stdout);
    }
}

#[test]
fn the_work_tree_is_not_touched() {
    let repository = Repository::new();
    repository.write("Dockerfile", &dockerfile(5));
    repository.commit("five");
    repository.write("Dockerfile", &dockerfile(10));
    repository.write("new.txt", "");
    let before = repository.git(&["status", "--porcelain"]);
    let (code, report) = repository.json(&["HEAD~1", "HEAD"]);
    assert_eq!((code, sums(&report)), (0, (Some(60), Some(75))));
    let (code, report) = repository.json(&["HEAD"]);
    assert_eq!((code, sums(&report)), (1, (Some(75), Some(150))));
    assert_eq!(repository.git(&["status", "--porcelain"]), before);
}

#[test]
fn new_only_fails_for_what_is_worse() {
    let repository = Repository::new();
    let state = |workers: u64| {
        repository.write("Dockerfile", &dockerfile(workers));
        repository.commit(&format!("{workers} workers"));
    };
    for (before, after, code, new_only, status) in
        [(10, 12, 1, 1, "worse"), (12, 11, 1, 0, "known"), (11, 11, 1, 0, "known"), (4, 10, 1, 1, "new")]
    {
        state(before);
        state(after);
        let (actual, report) = repository.json(&["HEAD~1", "HEAD"]);
        assert_eq!(
            (actual, statuses(&report)),
            (code, vec![pair("over-budget", status)]),
            "{before} {after}"
        );
        let (actual, _) = repository.json(&["HEAD~1", "HEAD", "--new-only"]);
        assert_eq!(actual, new_only, "{before} → {after}");
    }
    // The line to blame is the same, and the pool is what grew.
    repository.write("main.py", &MAIN.replace("pool_size=5", "pool_size=6"));
    repository.commit("a larger pool");
    let (code, report) = repository.json(&["HEAD~1", "HEAD", "--new-only"]);
    assert_eq!((code, statuses(&report)), (1, vec![pair("over-budget", "worse")]));
    state(2);
    let (code, report) = repository.json(&["HEAD~1", "HEAD"]);
    assert_eq!((code, list(&report["gone"]).len()), (0, 1), "{report:#}");
}

#[test]
fn renamed_and_deleted_files_are_followed() {
    let repository = Repository::new();
    repository.write("Dockerfile", &dockerfile(10));
    repository.commit("too many");
    repository.git(&["mv", "compose.yaml", "docker-compose.yml"]);
    repository.git(&["mv", "Dockerfile", "web.Dockerfile"]);
    repository.write(
        "docker-compose.yml",
        &COMPOSE.replace("build: .", "build: {context: ., dockerfile: web.Dockerfile}"),
    );
    repository.commit("renamed");
    let (code, report) = repository.json(&["HEAD~1", "HEAD", "--new-only"]);
    assert_eq!((code, statuses(&report)), (0, vec![pair("over-budget", "known")]), "{report:#}");
    let deployment = &report["deployments"][0];
    assert_eq!(
        (&deployment["base_name"], &deployment["name"]),
        (&"compose.yaml".into(), &"docker-compose.yml".into())
    );
    assert_eq!(factors(&report), Vec::<[String; 4]>::new());
    repository.git(&["rm", "--quiet", "docker-compose.yml"]);
    repository.write("other/compose.yaml", "services:\n  cache:\n    image: redis\n");
    repository.commit("gone");
    let (code, report) = repository.json(&["HEAD~1", "HEAD"]);
    assert_eq!(code, 0, "{report:#}");
    let gone: Vec<(&Value, &Value)> =
        list(&report["deployments"]).iter().map(|d| (&d["name"], &d["gone"])).collect();
    assert!(gone.contains(&(&"docker-compose.yml".into(), &true.into())), "{report:#}");
    assert_eq!(list(&report["gone"]).len(), 1, "{report:#}");
}

#[test]
fn a_branch_is_compared_with_where_it_parted() {
    let repository = Repository::new();
    repository.git(&["checkout", "--quiet", "-b", "feature"]);
    repository.write("Dockerfile", &dockerfile(5));
    repository.commit("five");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("main.py", &MAIN.replace("pool_size=5", "pool_size=1"));
    repository.commit("main goes on");
    repository.git(&["checkout", "--quiet", "feature"]);
    for (arguments, expected) in [
        (&["main", "feature"][..], (44, 75)),
        (&["main...feature"], (60, 75)),
        (&["main", "--merge-base"], (60, 75)),
        (&["main", "feature", "--merge-base"], (60, 75)),
    ] {
        let (code, report) = repository.json(arguments);
        assert_eq!((code, sums(&report)), (0, (Some(expected.0), Some(expected.1))), "{arguments:?}");
    }
    repository.git(&["checkout", "--quiet", "--orphan", "alone"]);
    repository.commit("alone");
    let run = repository.run(&["main...alone"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("no commit in common"), "{}", run.stderr);
}

#[test]
fn a_shallow_clone_says_how_to_get_the_base() {
    let repository = Repository::new();
    repository.git(&["tag", "v1"]);
    repository.write("Dockerfile", &dockerfile(5));
    repository.commit("five");
    let clones = tempfile::tempdir().expect("a folder");
    let source = format!("file://{}", repository.path().display());
    git(clones.path(), &["clone", "--quiet", "--depth=1", "--no-tags", &source, "clone"]);
    let clone = clones.path().join("clone");
    for base in ["HEAD~1", "v1"] {
        let run = run(&clone, &[base]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{base}");
        let message = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [base, "git fetch --deepen", "fetch-depth: 0"] {
            assert!(message.contains(words), "{words} in {message}");
        }
    }
    assert_eq!(run(&clone, &["HEAD"]).code, 0);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let repository = Repository::new();
    for (arguments, words) in [
        (&["nowhere"][..], "no revision `nowhere`"),
        (&["HEAD", "nowhere"], "no revision `nowhere`"),
        (&["--", "-x"], "no revision `-x`"),
        (&[""], "no revision ``"),
        (&["HEAD:main.py"], "no revision `HEAD:main.py`"),
        (&["HEAD", "--path", "nowhere"], "nowhere"),
        (&["HEAD", "--path", "main.py"], "main.py"),
        (&["HEAD", "--output", "markdown=/dev/full"], "cannot be written"),
    ] {
        let run = repository.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.stderr.contains(words), "{words} in {}", run.stderr);
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let outcome = run(elsewhere.path(), &["HEAD"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(outcome.stderr.contains("no git repository"), "{}", outcome.stderr);
    git(elsewhere.path(), &["init", "--quiet", "--bare", "bare"]);
    let outcome = run(&elsewhere.path().join("bare"), &["HEAD"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("bare repository"), "{}", outcome.stderr);
    git(elsewhere.path(), &["init", "--quiet", "--initial-branch", "main", "empty"]);
    let outcome = run(&elsewhere.path().join("empty"), &["HEAD"]);
    assert_eq!(outcome.code, 2, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("no revision `HEAD`"), "{}", outcome.stderr);
}

#[test]
fn without_git_it_is_said() {
    let repository = Repository::new();
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(["diff", "HEAD"])
        .current_dir(repository.path())
        .env_clear()
        .env("PATH", "/nowhere")
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("git cannot be started"));
}

#[test]
fn a_folder_below_the_root_is_read_by_itself() {
    let repository = Repository::new();
    repository.git(&["mv", "Dockerfile", "Dockerfile.old"]);
    for name in ["compose.yaml", "main.py"] {
        repository.git(&["rm", "--quiet", name]);
    }
    repository.write("shop/Dockerfile", &dockerfile(4));
    repository.write("shop/compose.yaml", COMPOSE);
    repository.write("shop/main.py", MAIN);
    repository.write("blog/compose.yaml", "services:\n  db:\n    image: postgres:16\n");
    repository.commit("moved");
    repository.write("shop/Dockerfile", &dockerfile(10));
    let (code, report) = repository.json(&["HEAD", "--path", "shop"]);
    assert_eq!((code, sums(&report)), (1, (Some(60), Some(150))));
    assert_eq!(list(&report["deployments"]).len(), 1);
    assert_eq!(report["findings"][0]["file"], "Dockerfile");
    let (_, below) = {
        let run = run(&repository.path().join("shop"), &["HEAD", "--format", "json"]);
        (run.code, serde_json::from_str::<Value>(&run.stdout).expect("JSON"))
    };
    assert_eq!(below, report);
    // Before the change the folder was not there.
    let (_, report) = repository.json(&["HEAD~1", "HEAD", "--path", "shop"]);
    assert_eq!((sums(&report), &report["deployments"][0]["base_name"]), ((None, Some(60)), &Value::Null));
}

#[test]
fn what_git_ignores_belongs_to_both_sides() {
    let repository = Repository::new();
    repository.write(".gitignore", ".env\n/secrets/\n");
    repository.write("compose.yaml", &COMPOSE.replace("build: .", "build: .\n    env_file: secrets/web.env"));
    repository.write("Dockerfile", &dockerfile(4).replace("\"--workers\", \"4\", ", ""));
    repository.commit("workers are in a file");
    repository.write("secrets/web.env", "WEB_CONCURRENCY=3\n");
    repository.write("main.py", &MAIN.replace("pool_size=5", "pool_size=6"));
    let (code, report) = repository.json(&["HEAD"]);
    assert_eq!((code, sums(&report)), (0, (Some(45), Some(48))), "{report:#}");
    assert_eq!(factors(&report), [["db/web/engine", "pool", "5", "6"].map(str::to_owned)]);
}

#[test]
fn submodules_are_left_alone() {
    let module = Repository::new();
    let repository = Repository::new();
    let address = module.path().to_str().expect("a path");
    repository.git(&["submodule", "--quiet", "add", address, "vendored"]);
    repository.commit("a submodule");
    repository.write("Dockerfile", &dockerfile(5));
    let (code, report) = repository.json(&["HEAD"]);
    assert_eq!((code, sums(&report)), (0, (Some(60), Some(75))));
    let names: Vec<&Value> = list(&report["deployments"]).iter().map(|d| &d["name"]).collect();
    assert_eq!(names, ["compose.yaml"]);
}

#[test]
#[cfg(unix)]
fn links_lead_where_they_lead_on_a_disk() {
    use std::os::unix::fs::symlink;
    let repository = Repository::new();
    repository.write("shared/app/main.py", MAIN);
    fs::remove_file(repository.path().join("main.py")).expect("it was there");
    symlink("shared/app", repository.path().join("code")).expect("a link");
    symlink("code/main.py", repository.path().join("main.py")).expect("a link");
    symlink("loop", repository.path().join("loop")).expect("a link");
    repository.commit("links");
    let (code, report) = repository.json(&["HEAD~1", "HEAD"]);
    assert_eq!((code, sums(&report)), (0, (Some(60), Some(60))), "{report:#}");
    assert_eq!(factors(&report), Vec::<[String; 4]>::new());
    let (_, report) = repository.json(&["HEAD"]);
    assert_eq!(sums(&report), (Some(60), Some(60)), "{report:#}");
}

#[test]
fn line_ends_are_no_change() {
    let repository = Repository::new();
    repository.git(&["config", "core.autocrlf", "true"]);
    for (name, text) in [("compose.yaml", COMPOSE), ("main.py", MAIN), ("Dockerfile", &dockerfile(10))] {
        repository.write(name, &text.replace('\n', "\r\n"));
    }
    repository.commit("too many");
    assert_eq!(repository.git(&["cat-file", "blob", "HEAD:main.py"]), MAIN);
    let (code, report) = repository.json(&["HEAD", "--new-only"]);
    assert_eq!((code, statuses(&report)), (0, vec![pair("over-budget", "known")]), "{report:#}");
    assert_eq!(factors(&report), Vec::<[String; 4]>::new());
}

#[test]
fn a_pointer_to_a_large_file_is_no_file() {
    let repository = Repository::new();
    let id = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize {}\n", COMPOSE.len());
    repository.write("compose.yaml", &pointer);
    repository.commit("in LFS");
    let run = repository.run(&["HEAD~1", "HEAD"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stdout.contains("Git LFS") && run.stdout.contains("git lfs fetch"), "{}", run.stdout);
    repository.write(&format!(".git/lfs/objects/4d/7a/{id}"), COMPOSE);
    let (code, report) = repository.json(&["HEAD~1", "HEAD"]);
    assert_eq!((code, sums(&report)), (0, (Some(60), Some(60))));
}

#[test]
fn no_comparison_shows_a_password() {
    let repository = Repository::new();
    repository.write("compose.yaml", &COMPOSE.replace("geheim", "hunter2"));
    repository.write("Dockerfile", &dockerfile(10));
    repository.commit("another password");
    for format in ["human", "json", "markdown"] {
        for arguments in [&["HEAD~1", "HEAD"][..], &["HEAD", "HEAD~1"]] {
            let run = repository.run(&[arguments, &["--format", format]].concat());
            let shown = format!("{}{}", run.stdout, run.stderr);
            assert!(
                shown.contains("150") && !shown.contains("geheim") && !shown.contains("hunter2"),
                "{shown}"
            );
        }
    }
}

#[test]
fn a_broken_base_does_not_hide_the_head() {
    let repository = Repository::new();
    repository.write("compose.yaml", "services:\n  web: [\n");
    repository.commit("broken");
    let (code, report) = repository.json(&["HEAD~1", "HEAD", "--new-only"]);
    assert_eq!(code, 2, "{report:#}");
    repository.write("compose.yaml", COMPOSE);
    repository.write("Dockerfile", &dockerfile(10));
    repository.commit("whole");
    let (code, report) = repository.json(&["HEAD~1", "HEAD", "--new-only"]);
    assert_eq!((code, statuses(&report)), (1, vec![pair("over-budget", "new")]), "{report:#}");
    fs::remove_file(repository.path().join("compose.yaml")).expect("it was there");
    fs::remove_file(repository.path().join("Dockerfile")).expect("it was there");
    let run = repository.run(&["HEAD"]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert!(run.stderr.contains("nothing to lint"), "{}", run.stderr);
}
