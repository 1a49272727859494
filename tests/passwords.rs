//! A password is never on the screen, however strange the URL that holds it.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use support::{connbudget, copy, repository};

/// URLs whose passwords hold what should have been escaped, or that do not parse; the secret is `hunter2` in each.
const URLS: [&str; 12] = [
    "postgresql://shop:hunter2@db:54x2/shop",
    "postgresql://shop:hunter2@db:99999/shop",
    "postgresql://shop:hunter2@[::1/shop",
    "postgresql://shop:hunter2@::1/shop",
    "postgresql://shop:a@hunter2@db/shop",
    "postgresql://shop:a/hunter2@db/shop",
    "postgresql://shop:a?hunter2@db/shop",
    "postgresql://shop:a@b/hunter2@db:x/shop",
    "postgresql://shop:a:b/c#d?hunter2@db:x/shop",
    "postgresql://shop:a\"b<hunter2@db:x/shop",
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
            &["lint", "--format", "sarif"],
            &["lint", "--format", "github"],
            &["lint", "--format", "gitlab"],
            &["lint", "--format", "junit"],
            &["lint", "--format", "markdown"],
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
