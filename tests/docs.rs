//! The pages and schemas that are made of the rule files and the types: each is current, and `CONNBUDGET_UPDATE=1 cargo test
//! --test docs` writes them anew.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use connbudget::rule::vocabulary::{FieldShape, Kind, Shape, names};
use connbudget::rule::{Catalogue, Of};
use support::{connbudget, repository};

/// Holds `text` against the file at `path` of the repository, or writes it there.
fn is_current(path: &str, text: &str) {
    let file = repository().join(path);
    if std::env::var_os("CONNBUDGET_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
        std::fs::write(&file, text).expect("it is written");
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = there.lines().zip(text.lines()).position(|(there, made)| there != made);
    assert!(
        there == text,
        "{path} is not current (from line {}): CONNBUDGET_UPDATE=1 cargo test --test docs",
        differs.map_or(there.lines().count().min(text.lines().count()), |line| line + 1)
    );
}

#[test]
fn the_reference_of_rules_is_current() {
    let run = connbudget(".", &["rules", "--format", "markdown"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let catalogue = Catalogue::built_in().expect("they load");
    for rule in catalogue.rules() {
        assert!(run.stdout.contains(&format!("\n## {}\n", rule.name)), "{}", rule.name);
        let page = rule.page().expect("a built-in rule has a page");
        assert!(page.ends_with(&format!("/docs/rules.md#{}", rule.name)), "{page}");
    }
    let outputs = run.stdout.matches("### What it says").count();
    assert_eq!(outputs, catalogue.rules().len(), "each rule shows what it says");
    is_current("docs/rules.md", &run.stdout);
}

#[test]
fn the_vocabulary_is_current() {
    is_current("docs/vocabulary.md", &vocabulary());
}

const SUBJECTS: [Of; 6] = [Of::Deployment, Of::Server, Of::Group, Of::Pool, Of::Pooler, Of::Problem];

fn vocabulary() -> String {
    let mut text = String::from(
        "<!-- Written by `CONNBUDGET_UPDATE=1 cargo test --test docs` from src/rule/vocabulary: change that, not this. -->\n\n\
         # What a rule can ask\n\n\
         A rule is asked once for each of the things that its `of` names, which it sees by that name. Every rule sees\n\
         `deployment`, `policy` and its own `options` too. Conditions are Jinja expressions, texts are Jinja templates. A name\n\
         that is not here is refused when the rule is loaded. What may be missing is `none`. A place is for a label's `at`.\n",
    );
    let _ = writeln!(text, "\n| of | |\n|---|---|");
    let mut queue: Vec<Shape> = Vec::new();
    for of in SUBJECTS {
        let (name, shape) = names(of).into_iter().next().expect("a subject has a name");
        let _ = writeln!(text, "| [`{name}`](#{name}) | {} |", shape.about);
        queue.push(shape);
    }
    queue.extend(names(Of::Deployment).into_iter().map(|(_, shape)| shape));
    let mut told: BTreeSet<&'static str> = BTreeSet::new();
    while !queue.is_empty() {
        let shape = queue.remove(0);
        if !told.insert(shape.name) {
            continue;
        }
        let _ = writeln!(text, "\n## {}\n\n{}\n\n| field | is | |\n|---|---|---|", shape.name, shape.about);
        for field in &shape.fields {
            let _ = writeln!(text, "| `{}` | {} | {} |", field.name, kind(field), field.about);
            if let Kind::Thing(of) | Kind::Things(of) = field.kind {
                queue.push(of());
            }
        }
    }
    text
}

fn kind(field: &FieldShape) -> String {
    let link = |of: fn() -> Shape| format!("[{0}](#{0})", of().name);
    let kind = match field.kind {
        Kind::Text => "text".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Place => "place".to_owned(),
        Kind::Thing(of) => link(of),
        Kind::Texts => "list of texts".to_owned(),
        Kind::Things(of) => format!("list of {}", link(of)),
    };
    if field.optional { format!("{kind}, or none") } else { kind }
}

fn validator(name: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(repository().join("schemas").join(name)).expect("it is there");
    let schema = serde_json::from_str(&text).expect("it is JSON");
    jsonschema::validator_for(&schema).expect("it is a schema")
}

/// Every file under `folder` whose name ends in `end`.
fn files(folder: &str, end: &str) -> Vec<std::path::PathBuf> {
    let entries = walkdir::WalkDir::new(repository().join(folder)).sort_by_file_name().into_iter();
    let paths = entries.filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.to_string_lossy().ends_with(end)).collect()
}

#[test]
fn rule_files_are_what_their_schema_says() {
    let schema = validator("rule.json");
    let mut rules = 0;
    for path in files("rules", ".yaml") {
        if path.to_string_lossy().contains("/clients/") || path.to_string_lossy().contains("/plans/") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let mut rule: serde_json::Value = serde_yaml::from_str(&text).expect("it is YAML");
        assert!(schema.is_valid(&rule), "{}: {:?}", path.display(), schema.validate(&rule));
        rule["if"] = "x".into();
        assert!(!schema.is_valid(&rule), "{} with an unknown field", path.display());
        rules += 1;
    }
    assert_eq!(rules, Catalogue::built_in().expect("they load").rules().len());
}

#[test]
fn configurations_are_what_their_schema_says() {
    let schema = validator("config.json");
    let examples = files("fixtures", "/connbudget.toml");
    assert!(examples.len() > 3, "{examples:?}");
    let mut texts: Vec<String> =
        examples.iter().map(|path| std::fs::read_to_string(path).expect("it can be read")).collect();
    texts.push(
        "[rules]\nextra = [\"ops/rules\"]\nnear-limit = \"off\"\n[rules.x]\nseverity = \"error\"\nthreshold = 0.7\n\
         [[rules.override]]\npaths = [\"legacy/**\"]\nover-budget = \"warning\"\n[lint]\nbaseline = \"known.json\"\n"
            .to_owned(),
    );
    for text in &texts {
        let value: serde_json::Value = toml::from_str(text).expect("it is TOML");
        assert!(schema.is_valid(&value), "{text}: {:?}", schema.validate(&value));
    }
    for text in [
        "[polcy]\n",
        "[policy]\nreserv = 1\n",
        "[rules]\nx = \"info\"\n",
        "[rules]\nextra = \"x\"\n",
        "[lint]\nx = 1\n",
    ] {
        let value: serde_json::Value = toml::from_str(text).expect("it is TOML");
        assert!(!schema.is_valid(&value), "{text}");
    }
}

#[test]
fn reports_are_what_their_schema_says() {
    let schema = validator("report.json");
    let mut cases = vec!["fixtures/forge/before".to_owned(), "fixtures/shared-server".to_owned()];
    for folder in ["fixtures/rules", "fixtures/poolers"] {
        for path in files(folder, "compose.yml").iter().filter_map(|path| path.parent()) {
            let path = path.strip_prefix(repository()).expect("it is in the repository");
            cases.push(path.to_string_lossy().into_owned());
        }
    }
    for case in &cases {
        let (_, report) = support::lint(case, &[]);
        assert!(schema.is_valid(&report), "{case}: {:?}", schema.validate(&report));
    }
    let (_, mut report) = support::lint("fixtures/forge/before", &[]);
    report["findings"][0]["severity"] = "info".into();
    assert!(!schema.is_valid(&report));
}
