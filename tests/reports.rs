//! Every report is what its readers expect: validated against their schemas, or read by a parser of theirs.
//!
//! `fixtures/reports` holds the schemas with their sources, and `fixtures/reports/check` asks consumers that are not
//! written in Rust (JUnit's schema, `junitparser`, Mermaid).

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{connbudget, repository};

fn schema(name: &str) -> jsonschema::Validator {
    let text =
        std::fs::read_to_string(repository().join("fixtures/reports").join(name)).expect("it is there");
    let schema: Value = serde_json::from_str(&text).expect("a schema is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema is one")
}

fn valid(schema: &jsonschema::Validator, value: &Value, what: &str) {
    let errors: Vec<String> =
        schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// The reports of one folder, all of one run.
struct Reports {
    code: i32,
    json: Value,
    sarif: Value,
    gitlab: Value,
    junit: String,
    markdown: String,
}

fn reports(folder: &Path) -> Reports {
    let files = tempfile::tempdir().expect("a folder");
    let at = |name: &str| files.path().join(name);
    let output = |name: &str| format!("{name}={}", at(name).display());
    let outputs = ["sarif", "gitlab", "junit", "markdown"].map(output);
    let mut arguments = vec!["lint", "--format", "json"];
    arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
    let run = connbudget(folder.to_str().expect("a path"), &arguments);
    let text = |name: &str| std::fs::read_to_string(at(name)).expect("a report was written");
    let json = |text: &str| serde_json::from_str(text).expect("a report is JSON");
    Reports {
        code: run.code,
        json: json(&run.stdout),
        sarif: json(&text("sarif")),
        gitlab: json(&text("gitlab")),
        junit: text("junit"),
        markdown: text("markdown"),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("it is a text")
}

/// The folders that reports are tried on.
fn folders() -> Vec<PathBuf> {
    let mut folders = vec!["fixtures/forge/before".into(), "fixtures/forge/after".into()];
    for parent in ["fixtures/bad-input", "fixtures/poolers", "fixtures/servers", "fixtures/declared"] {
        let entries = std::fs::read_dir(repository().join(parent)).expect("a folder");
        folders.extend(entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()));
    }
    folders
}

#[test]
fn every_report_is_valid_and_complete() {
    let (sarif, gitlab) = (schema("sarif-schema-2.1.0.json"), schema("gitlab-code-quality.json"));
    let mut found = 0;
    for folder in folders() {
        let what = folder.display().to_string();
        let reports = reports(&folder);
        if reports.code == 3 {
            // A folder of folders.
            continue;
        }
        valid(&sarif, &reports.sarif, &what);
        for entry in list(&reports.gitlab) {
            valid(&gitlab, entry, &what);
        }
        let findings = list(&reports.json["findings"]);
        found += findings.len();
        sarif_tells(&reports.sarif["runs"][0], findings, &what);
        gitlab_tells(list(&reports.gitlab), findings, &what);
        junit_tells(&reports.junit, findings, &what);
        markdown_tells(&reports.markdown, &reports.json, &what);
        let failed = reports.sarif["runs"][0]["invocations"][0]["executionSuccessful"] == false;
        assert_eq!(failed, reports.code == 2, "{what}");
    }
    assert!(found > 30, "{found} findings are enough to try reports on");
}

fn sarif_tells(run: &Value, findings: &[Value], what: &str) {
    let results = list(&run["results"]);
    assert!(run["results"].is_array() && run["tool"]["driver"]["rules"].is_array(), "{what}");
    assert_eq!(results.len(), findings.len(), "{what}");
    let mut fingerprints = BTreeSet::new();
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!((&result["ruleId"], &result["level"]), (&finding["rule"], &finding["severity"]), "{what}");
        let rule = &run["tool"]["driver"]["rules"]
            [usize::try_from(result["ruleIndex"].as_u64().expect("a rule")).expect("few")];
        assert_eq!(rule["id"], result["ruleId"], "{what}");
        let place = &result["locations"][0]["physicalLocation"];
        assert!(text(&place["artifactLocation"]["uri"]).ends_with(text(&finding["file"])), "{what}");
        assert_eq!(place["region"]["startLine"], finding["line"], "{what}");
        assert_eq!(list(&result["relatedLocations"]).len() + 1, list(&finding["labels"]).len(), "{what}");
        assert!(
            fingerprints.insert(text(&result["partialFingerprints"]["connbudget/v1"])),
            "{what}: {result:#}"
        );
    }
    let hit: BTreeSet<&str> = findings.iter().map(|finding| text(&finding["rule"])).collect();
    let told: Vec<&str> =
        list(&run["tool"]["driver"]["rules"]).iter().map(|rule| text(&rule["id"])).collect();
    assert_eq!(
        (told.iter().copied().collect::<BTreeSet<_>>(), told.len()),
        (hit.clone(), hit.len()),
        "{what}"
    );
    for rule in list(&run["tool"]["driver"]["rules"]) {
        assert!(text(&rule["help"]["markdown"]).starts_with("## What it does"), "{what}");
        assert!(!text(&rule["shortDescription"]["text"]).is_empty(), "{what}");
    }
}

fn gitlab_tells(entries: &[Value], findings: &[Value], what: &str) {
    assert_eq!(entries.len(), findings.len(), "{what}");
    let mut fingerprints = BTreeSet::new();
    for (entry, finding) in entries.iter().zip(findings) {
        assert!(
            ["info", "minor", "major", "critical", "blocker"].contains(&text(&entry["severity"])),
            "{what}"
        );
        assert!(text(&entry["location"]["path"]).ends_with(text(&finding["file"])), "{what}");
        let line = finding["line"].as_u64().unwrap_or(1);
        assert_eq!(entry["location"]["lines"]["begin"], line, "{what}");
        assert!(fingerprints.insert(text(&entry["fingerprint"])), "{what}: {entry:#}");
    }
}

fn junit_tells(document: &str, findings: &[Value], what: &str) {
    let document = roxmltree::Document::parse(document).unwrap_or_else(|error| panic!("{what}: {error}"));
    let all = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
    let number =
        |name: &str| document.root_element().attribute(name).expect(name).parse::<usize>().expect(name);
    assert_eq!(number("tests"), all("testcase").len(), "{what}");
    assert_eq!((number("failures"), number("errors")), (all("failure").len(), all("error").len()), "{what}");
    assert!(number("tests") > 0, "{what}");
    let is_error = |finding: &&Value| finding["severity"] == "error";
    assert_eq!(number("failures") + number("errors") > 0, findings.iter().any(|f| is_error(&f)), "{what}");
    let told: String = document.descendants().filter_map(|node| node.text()).collect();
    for finding in findings {
        assert!(told.contains(text(&finding["message"])), "{what}: {finding:#}");
    }
}

fn html(markdown: &str) -> String {
    let mut html = String::new();
    let options = pulldown_cmark::Options::ENABLE_GFM | pulldown_cmark::Options::ENABLE_TABLES;
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(markdown, options));
    html
}

fn markdown_tells(markdown: &str, json: &Value, what: &str) {
    let html = html(markdown);
    let mark = match text(&json["verdict"]) {
        "pass" => "✅",
        "warn" => "⚠️",
        _ => "❌",
    };
    assert!(html.starts_with(&format!("<h2>connbudget: {mark}")), "{what}: {html}");
    let tables: usize = list(&json["deployments"])
        .iter()
        .map(|deployment| {
            let unplaced = usize::from(!list(&deployment["unplaced"]).is_empty());
            list(&deployment["servers"]).len() + list(&deployment["poolers"]).len() + unplaced
        })
        .sum();
    assert_eq!(html.matches("<th>Group</th>").count(), tables, "{what}: {html}");
    // Every row has as many cells as its head: no text of a file has broken out of its cell.
    for row in html.split("<tr>").skip(1) {
        let cells = row.split("</tr>").next().unwrap_or_default().matches("<td").count();
        assert!([0, 2, 6].contains(&cells), "{what}: {row}");
    }
    for finding in list(&json["findings"]) {
        assert!(html.contains(&format!("<strong>{}</strong>", text(&finding["rule"]))), "{what}");
    }
}

#[test]
fn a_deployment_that_fits_has_no_results() {
    let reports = reports(Path::new("fixtures/forge/after"));
    let run = &reports.sarif["runs"][0];
    assert_eq!((list(&run["results"]).len(), list(&run["tool"]["driver"]["rules"]).len()), (0, 0));
    assert_eq!(reports.gitlab, Value::Array(Vec::new()));
    assert_eq!(reports.code, 0);
}

#[test]
fn the_way_of_a_value_is_a_code_flow() {
    let reports = reports(Path::new("fixtures/bad-input/workers-not-a-number"));
    assert!(!list(&reports.sarif["runs"][0]["results"]).is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it is written");
    write(".env", "WEB_WORKERS=40\n");
    write(
        "compose.yaml",
        "services:\n  web:\n    build: .\n    command: gunicorn --workers ${WEB_WORKERS} main:app\n  db:\n    image: postgres:16\n",
    );
    write("Dockerfile", "FROM python:3.12\nCOPY main.py .\n");
    write(
        "main.py",
        "from sqlalchemy import create_engine\nengine = create_engine('postgresql://a@db/a', pool_size=5)\napp = 1\n",
    );
    let reports = self::reports(folder.path());
    let result = list(&reports.sarif["runs"][0]["results"])
        .iter()
        .find(|result| !list(&result["codeFlows"]).is_empty())
        .unwrap_or_else(|| panic!("a result has a code flow: {:#}", reports.sarif["runs"][0]["results"]));
    let steps: Vec<(&str, &str, u64)> = list(&result["codeFlows"][0]["threadFlows"][0]["locations"])
        .iter()
        .map(|step| {
            let place = &step["location"]["physicalLocation"];
            let line = place["region"]["startLine"].as_u64().expect("a line");
            (text(&place["artifactLocation"]["uri"]), text(&step["location"]["message"]["text"]), line)
        })
        .collect();
    assert_eq!(steps, [(".env", "written", 1), ("compose.yaml", "interpolated", 4)], "{result:#}");
}

#[test]
fn a_fingerprint_survives_moved_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    support::copy(&repository().join("fixtures/forge/before"), folder.path());
    let fingerprints = || {
        let reports = reports(folder.path());
        let results = list(&reports.sarif["runs"][0]["results"]).to_vec();
        let of = |result: &Value| result["partialFingerprints"].to_string();
        let line =
            |result: &Value| result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64();
        (
            results.iter().map(of).collect::<Vec<_>>(),
            results.first().and_then(line),
            reports.gitlab[0]["fingerprint"].clone(),
        )
    };
    let (before, line, gitlab) = fingerprints();
    let dockerfile = folder.path().join("Dockerfile");
    let text = std::fs::read_to_string(&dockerfile).expect("it is there");
    std::fs::write(&dockerfile, format!("# a comment\n\n{text}")).expect("it is written");
    let (after, moved, gitlab_after) = fingerprints();
    assert_eq!((before.len(), &before, &gitlab), (1, &after, &gitlab_after));
    assert_eq!(moved, line.map(|line| line + 2));
}

#[test]
fn files_are_seen_from_the_root_of_the_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("my app/über");
    std::fs::create_dir_all(&inside).expect("a folder");
    std::fs::create_dir(folder.path().join(".git")).expect("a folder");
    support::copy(&repository().join("fixtures/forge/before"), &inside);
    let reports = reports(&inside);
    let place = &reports.sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20app/%C3%BCber/Dockerfile");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!(reports.gitlab[0]["location"]["path"], "my app/über/Dockerfile");
    assert_eq!(reports.json["findings"][0]["file"], "Dockerfile");
    let path = inside.to_str().expect("a path");
    let run = connbudget(path, &["lint", "--format", "github"]);
    assert!(
        run.stdout.starts_with("::error file=my app/über/Dockerfile,line=17,endLine=17,col="),
        "{}",
        run.stdout
    );
    let run = connbudget(
        path,
        &["lint", "--format", "markdown", "--link-base", "https://example.com/o/r/blob/1a2b"],
    );
    let link = "(<https://example.com/o/r/blob/1a2b/my%20app/%C3%BCber/Dockerfile#L17>)";
    assert!(run.stdout.contains(link), "{}", run.stdout);
}

#[test]
fn what_is_suppressed_is_marked_in_sarif_and_left_out_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    support::copy(&repository().join("fixtures/forge/before"), folder.path());
    let dockerfile = folder.path().join("Dockerfile");
    let before = std::fs::read_to_string(&dockerfile).expect("it is there");
    let after = before.replace("CMD [", "# connbudget: ignore[over-budget]: moved <soon> & done\nCMD [");
    std::fs::write(&dockerfile, after).expect("it is written");
    let reports = reports(folder.path());
    assert_eq!((reports.code, text(&reports.json["verdict"])), (0, "pass"));
    valid(&schema("sarif-schema-2.1.0.json"), &reports.sarif, "suppressed");
    let results = list(&reports.sarif["runs"][0]["results"]);
    assert_eq!((results.len(), text(&results[0]["ruleId"])), (1, "over-budget"));
    let suppression = &results[0]["suppressions"][0];
    assert_eq!(
        (text(&suppression["kind"]), text(&suppression["justification"])),
        ("inSource", "moved <soon> & done")
    );
    assert_eq!(suppression["location"]["physicalLocation"]["region"]["startLine"], 17);
    assert_eq!(reports.gitlab, Value::Array(Vec::new()));
    assert!(!reports.junit.contains("over-budget") && !reports.markdown.contains("over-budget"));
    let run = connbudget(folder.path().to_str().expect("a path"), &["lint", "--format", "github"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
}
