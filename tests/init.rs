//! `connbudget init`: a configuration to begin with, which changes nothing until somebody has read it.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{Run, connbudget, copy, repository};

/// Deployments of all kinds: known, of which nothing is known, with a Procfile, with a server elsewhere, with a pooler.
const DEPLOYMENTS: [&str; 7] = [
    "fixtures/forge/before",
    "fixtures/bad-input/two-deployments",
    "fixtures/rules/unknown-demand/fires",
    "fixtures/rules/pool-behind-pooler/fires",
    "fixtures/procfile",
    "fixtures/bad-input/url-ipv6",
    "fixtures/bad-input/workers-not-a-number",
];

/// The deployment in a folder of its own, without its configuration.
fn fresh(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&repository().join(name), folder.path());
    let _ = fs::remove_file(folder.path().join("connbudget.toml"));
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    connbudget(&folder.to_string_lossy(), arguments)
}

fn linted(folder: &Path) -> (i32, Value) {
    let run = run(folder, &["lint", "--format", "json"]);
    (run.code, serde_json::from_str(&run.stdout).expect("a report"))
}

/// `text` with every setting in force, and a number for each that only a person knows.
fn in_force(text: &str) -> String {
    let setting = |line: &str| {
        let bare = line.strip_prefix("# ")?;
        let key = bare.split(" = ").next().unwrap_or_default();
        let is_key = bare.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        (is_key || bare.starts_with('[')).then(|| bare.replace(" = N ", " = 5 "))
    };
    let lines = text.lines().filter(|line| !line.contains("extra = "));
    lines.map(|line| setting(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[test]
fn what_is_written_loads_and_changes_nothing() {
    for name in DEPLOYMENTS {
        let folder = fresh(name);
        let before = linted(folder.path());
        let init = run(folder.path(), &["init"]);
        assert_eq!((init.code, init.stdout.as_str()), (0, ""), "{name}: {}", init.stderr);
        assert_eq!(init.stderr, "connbudget: wrote ./connbudget.toml; nothing in it counts yet\n");
        assert_eq!(linted(folder.path()), before, "{name}");
        let text = fs::read_to_string(folder.path().join("connbudget.toml")).expect("it was written");
        let printed = run(folder.path(), &["init", "--dry-run"]);
        assert_eq!((printed.code, printed.stdout.as_str()), (0, text.as_str()), "{name}");
        // Each of its lines is a setting that there is.
        fs::write(folder.path().join("connbudget.toml"), in_force(&text)).expect("it is written");
        let forced = run(folder.path(), &["lint", "--format", "json"]);
        assert!(!forced.stdout.is_empty(), "{name}: {}\n{}", forced.stderr, in_force(&text));
        // A number that nobody has filled in is refused.
        fs::write(folder.path().join("connbudget.toml"), in_force(&text).replacen("= 5", "= N", 1))
            .expect("it is");
        assert_eq!(run(folder.path(), &["lint"]).code, 2, "{name}");
    }
}

#[test]
fn it_says_what_was_found() {
    let folder = fresh("fixtures/forge/before");
    let text = run(folder.path(), &["init", "-"]).stdout;
    for line in [
        "# docker-compose.yml: docker compose finds it by its name",
        "# compose-files = [\"docker-compose.yml\"]",
        "# db (postgres:14), docker-compose.yml:15:3: 100 max_connections − 3 superuser − 10 reserve = 87",
        "# 10 workers × 2 engines × (5 pool + 10 overflow) = 300",
        "# [server.db]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(!text.contains("[clients."), "all of them are known: {text}");
    let folder = fresh("fixtures/rules/unknown-demand/fires");
    let text = run(folder.path(), &["init", "-"]).stdout;
    assert!(text.contains("# [clients.") && text.contains("# connections = N"), "{text}");
    assert!(!folder.path().join("connbudget.toml").exists());
}

#[test]
fn nothing_is_overwritten() {
    let folder = fresh("fixtures/forge/before");
    let path = folder.path().join("connbudget.toml");
    fs::write(&path, "[policy]\nreserve = 7\n").expect("it is written");
    let run = run(folder.path(), &["init"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.said().contains("./connbudget.toml is there already"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "[policy]\nreserve = 7\n");
    fs::remove_file(&path).expect("it is there");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere.toml", &path).expect("a link");
        assert_eq!(connbudget(&folder.path().to_string_lossy(), &["init"]).code, 2);
        assert!(!folder.path().join("nowhere.toml").exists());
    }
}

#[test]
fn a_folder_without_a_deployment_gets_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let init = run(folder.path(), &["init"]);
    assert_eq!((init.code, init.stdout.as_str()), (3, ""));
    assert!(!folder.path().join("connbudget.toml").exists());
    assert_eq!(run(folder.path(), &["init", "nowhere"]).code, 2);
}
