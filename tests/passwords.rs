//! A password is never on the screen, however strange the URL that holds it.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::path::Path;

use support::{connbudget, repository};

/// URLs whose passwords hold what should have been escaped, or that do not parse; the secret is `hunter2` in each.
const URLS: [&str; 10] = [
    "postgresql://shop:hunter2@db:54x2/shop",
    "postgresql://shop:hunter2@db:99999/shop",
    "postgresql://shop:hunter2@[::1/shop",
    "postgresql://shop:hunter2@::1/shop",
    "postgresql://shop:a@hunter2@db/shop",
    "postgresql://shop:a/hunter2@db/shop",
    "postgresql://shop:a?hunter2@db/shop",
    "postgresql://shop:a@b/hunter2@db:x/shop",
    "postgresql://shop:hunter2%zz@elsewhere.example.com/shop?sslmode=require",
    "host=elsewhere.example.com port=5432 dbname=shop user=shop password=hunter2",
];

#[test]
fn no_report_shows_a_password() {
    let example = repository().join("fixtures/rules/near-limit/fires");
    for url in URLS {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&example, folder.path());
        let compose = std::fs::read_to_string(example.join("docker-compose.yml")).expect("it is there");
        let compose = compose.replace("postgresql://app:app@db:5432/app", &format!("'{url}'"));
        assert!(compose.contains(url), "the URL stands in the file");
        std::fs::write(folder.path().join("docker-compose.yml"), compose).expect("it is written");
        let path = folder.path().to_str().expect("a path");
        for arguments in [
            &["lint"][..],
            &["lint", "--format", "json"],
            &["budget"],
            &["budget", "--format", "json"],
            &["inputs"],
            &["inputs", "--format", "json"],
        ] {
            let run = connbudget(path, arguments);
            let shown = format!("{}{}", run.stdout, run.stderr);
            assert!(!shown.contains("hunter2"), "{arguments:?} of {url}:\n{shown}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let target = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            std::fs::create_dir(&target).expect("a folder");
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).expect("a file");
        }
    }
}
