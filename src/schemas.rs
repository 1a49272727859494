//! The JSON Schemas in `schemas/`, made of the types. They are made in tests alone, so that the program does not carry what
//! makes them. `CONNBUDGET_UPDATE=1 cargo test --lib schemas` writes them anew.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};

use crate::report::json::{LintJson, PlanJson};
use crate::rule::Rule;

/// What programs read.
fn read() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_deserialize().into_generator()
}

fn is_current(name: &str, title: &str, mut schema: Schema) {
    schema.insert("title".to_owned(), title.into());
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    if std::env::var_os("CONNBUDGET_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "schemas/{name} is not current: CONNBUDGET_UPDATE=1 cargo test --lib schemas");
}

#[test]
fn of_rule_files() {
    is_current("rule.json", "A rule of connbudget", read().into_root_schema_for::<Rule>());
}

#[test]
fn of_the_configuration() {
    is_current("config.json", "connbudget.toml", crate::config::schema(read()));
}

#[test]
fn of_the_report() {
    let written = SchemaSettings::draft2020_12().for_serialize().into_generator();
    is_current("report.json", "connbudget lint --format json", written.into_root_schema_for::<LintJson>());
}

#[test]
fn of_plans() {
    let written = SchemaSettings::draft2020_12().for_serialize().into_generator();
    is_current("plan.json", "connbudget plan --format json", written.into_root_schema_for::<PlanJson>());
}
