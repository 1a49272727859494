//! The hooks of pre-commit: which names start them, and that they are what their languages need. And the names that several
//! files have to agree on: versions, archives.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fs;

use serde_yaml::Value;
use support::repository;

fn hooks() -> Vec<Value> {
    let text = fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).expect("it is there");
    serde_yaml::from_str(&text).expect("a list")
}

fn text<'a>(hook: &'a Value, key: &str) -> &'a str {
    hook[key].as_str().unwrap_or_else(|| panic!("{key} is a text in {hook:?}"))
}

#[test]
fn the_hooks_look_at_the_whole_tree_once() {
    let hooks = hooks();
    let ids: Vec<[&str; 2]> = hooks.iter().map(|hook| [text(hook, "id"), text(hook, "language")]).collect();
    let expected = [["connbudget", "rust"], ["connbudget-system", "system"], ["connbudget-bin", "python"]];
    assert_eq!(ids, expected);
    for hook in &hooks {
        assert_eq!(text(hook, "entry"), "connbudget lint");
        assert_eq!(
            (hook["pass_filenames"].as_bool(), hook["require_serial"].as_bool()),
            (Some(false), Some(true))
        );
    }
}

#[test]
fn a_tag_of_this_repository_installs_the_wheel_of_that_version() {
    let text = fs::read_to_string(repository().join("pyproject.toml")).expect("it is there");
    let project = text.parse::<toml::Table>().expect("TOML")["project"].clone();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(project["version"].as_str(), Some(version));
    assert_eq!(project["dependencies"][0].as_str(), Some(format!("connbudget=={version}").as_str()));
}

#[test]
fn what_can_count_starts_them() {
    let names = fs::read_to_string(repository().join("fixtures/hooks/names.txt")).expect("it is there");
    for hook in hooks() {
        // pre-commit searches with Python's `re`, of whose syntax this is a part that both have.
        let files = fancy_regex::Regex::new(text(&hook, "files")).expect("an expression");
        let mut seen = [0, 0];
        for line in names.lines().filter(|line| !line.starts_with('#')) {
            let (sign, name) = line.split_once(' ').expect("a sign and a name");
            let starts = files.is_match(name).expect("it ends");
            assert_eq!(starts, sign == "+", "{}: {name}", text(&hook, "id"));
            seen[usize::from(starts)] += 1;
        }
        assert!(seen[0] > 10 && seen[1] > 50, "{seen:?}");
    }
}

#[test]
fn an_archive_has_one_name_everywhere() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("it is there");
    let manifest = manifest.parse::<toml::Table>().expect("TOML");
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let filled = |table: &toml::Value, target: &str| {
        ["pkg-url", "bin-dir"].map(|key| {
            let value = table[key].as_str().expect("a text");
            let values = [
                ("{ repo }", env!("CARGO_PKG_REPOSITORY")),
                ("{ version }", "9.9.9"),
                ("{ target }", target),
                ("{ bin }", "connbudget"),
                ("{ binary-ext }", ""),
            ];
            values.iter().fold(value.to_owned(), |text, (name, value)| text.replace(name, value))
        })
    };
    let expected = |target: &str| {
        let name = format!("connbudget-9.9.9-{target}");
        let releases = "https://github.com/connbudget/connbudget/releases/download";
        [format!("{releases}/v9.9.9/{name}.tar.gz"), format!("{name}/connbudget")]
    };
    let release =
        fs::read_to_string(repository().join(".github/workflows/release.yml")).expect("it is there");
    let install = fs::read_to_string(repository().join("action/install")).expect("it is there");
    for target in [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ] {
        assert_eq!(filled(binstall, target), expected(target));
        assert!(release.contains(&format!("target: {target} }}")), "{target} is built");
        assert!(install.contains(&format!("echo {target} ;;")), "{target} is downloaded");
        let of_glibc = target.replace("-musl", "-gnu");
        if of_glibc != target {
            assert_eq!(filled(&binstall["overrides"][&of_glibc], &of_glibc), expected(target));
        }
    }
    // `tests/action.rs` downloads by this address and unpacks that folder.
    assert!(
        install.contains("$releases/v$version/$name.tar.gz") && install.contains("$folder/$name/connbudget")
    );
}
