//! Where commands stand: each folder of `fixtures/commands` is a deployment as a user would have it, and its
//! `expected.json` what the budget has to say of its groups.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::{connbudget, lint, repository};

const FOLDER: &str = "fixtures/commands";

/// The groups of a budget, each as `expected.json` has it, sorted by name.
fn groups(report: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for deployment in report["deployments"].as_array().expect("deployments is a list") {
        let servers = deployment["servers"].as_array().expect("servers is a list");
        let clients = servers.iter().map(|server| &server["clients"]).chain([&deployment["unplaced"]]);
        for group in clients.flat_map(|clients| clients.as_array().expect("clients is a list")) {
            let origins = group["origins"]["processes"].as_array().expect("origins is a list");
            let place = origins.iter().find(|origin| origin["file"].is_string()).expect("a place");
            found.push(json!({
                "name": group["name"],
                "program": group["program"],
                "replicas": group["replicas"],
                "processes": group["processes"],
                "threads": group["threads"],
                "at": format!("{}:{}", place["file"].as_str().expect("a file"), place["line"]),
            }));
        }
    }
    found.sort_by_key(|group| group["name"].to_string());
    found
}

#[test]
fn every_shape_comes_to_what_it_starts() {
    let mut names: Vec<String> = std::fs::read_dir(repository().join(FOLDER))
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    let mut wrong = Vec::new();
    for name in &names {
        let folder = format!("{FOLDER}/{name}");
        let text = std::fs::read_to_string(repository().join(&folder).join("expected.json"))
            .expect("expected.json is there");
        let expected: Vec<Value> = serde_json::from_str(&text).expect("expected.json is a list");
        let run = connbudget(&folder, &["budget", "--format", "json"]);
        match serde_json::from_str(&run.stdout) {
            Ok(report) if groups(&report) == expected => {}
            Ok(report) => wrong.push(format!("{name}: {}", json!(groups(&report)))),
            Err(_) => wrong.push(format!("{name}: {}", run.stderr)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(names.len() >= 40, "{} shapes", names.len());
}

/// compose builds the image, whose ENTRYPOINT runs a script, which reads a `.env`, where a default stands.
#[test]
fn five_hops_are_named() {
    let run = connbudget(&format!("{FOLDER}/five-hops"), &["budget"]);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for way in [
        "gunicorn docker-compose.yml:4:3 → Dockerfile:4:14 → start.sh:3:6",
        "workers 13 settings/.env:1:24 → settings/.env:1:9 (interpolated) → start.sh:3:34 (interpolated)",
    ] {
        assert!(text.contains(way), "{way}: {}", run.stdout);
    }
}

/// Where two branches start different numbers, the larger counts and both are shown.
#[test]
fn both_branches_are_shown() {
    let run = connbudget(&format!("{FOLDER}/branches"), &["budget"]);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("workers ≤ 8 start.sh:3:5"), "{}", run.stdout);
    assert!(text.contains("or else 2 start.sh:5:5"), "{}", run.stdout);
}

/// What cannot be followed is unknown, and says where the trail ends.
#[test]
fn a_lost_trail_has_a_place() {
    for (name, why) in [
        ("script-calls-itself", "commands call one another deeper than is followed"),
        ("binary-script", "is not UTF-8 text"),
        ("cannot-be-parsed", "cannot be parsed"),
        ("pm2-is-unknown", "what pm2 starts is written in JavaScript"),
    ] {
        let run = connbudget(&format!("{FOLDER}/{name}"), &["lint"]);
        let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(why), "{name}: {}", run.stdout);
    }
}

/// A script of a megabyte, in a build without optimisation.
#[test]
fn a_script_of_a_megabyte_takes_seconds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    let mut script = String::from("#!/bin/bash\n");
    let line = "if [ \"$MODE\" = fast ]; then\n  export LIMIT=\"${LIMIT:-5}\"\nfi\necho 'a line of usual length, as scripts have'\n";
    (0..10_000).for_each(|_| script.push_str(line));
    script.push_str("exec gunicorn app:app -w 3\n");
    assert!(script.len() > 1 << 20, "{}", script.len());
    write("start.sh", &script);
    // What only a platform may set would make every condition one of two ways.
    write("Procfile", "web: MODE=slow ./start.sh\n");
    write("app.py", "from sqlalchemy import create_engine\nengine = create_engine(\"postgresql://db/x\")\n");
    let started = std::time::Instant::now();
    let run = connbudget(folder.path().to_str().expect("a plain path"), &["budget", "--format", "json"]);
    let seconds = started.elapsed().as_secs_f32();
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    assert_eq!(groups(&report).first().map(|group| group["processes"].clone()), Some(json!(3)));
    assert!(seconds < 10.0, "{seconds} s");
}

#[test]
fn a_folder_beside_a_compose_file_is_linted_too() {
    let deployments = |paths: &[&str]| {
        let (code, report) = lint("fixtures/forge", paths);
        let names = report["deployments"].as_array().expect("a list").iter();
        (code, names.map(|one| one["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>())
    };
    let (before, after) = ("before/docker-compose.yml", "after/docker-compose.yml");
    let both = vec![after.to_owned(), before.to_owned()];
    // The file alone fits, and the folder is over budget.
    assert_eq!(deployments(&[after, "before"]), (1, both.clone()));
    assert_eq!(deployments(&["before", after]), (1, both.clone()));
    assert_eq!(deployments(&[after, "before", "after"]), (1, both));
    assert_eq!(deployments(&[after]), (0, vec![after.to_owned()]));
}
