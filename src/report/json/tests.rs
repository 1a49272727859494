//! The contract that scripts rely on.

use serde_json::Value;

use super::*;
use crate::budget::{Policy, sample};

fn linted(sample: &sample::Sample) -> Value {
    let budget = sample.budget();
    let findings = Catalogue::built_in().unwrap().judge(std::slice::from_ref(&budget), &Policy::default());
    let report = Report {
        sources: &sample.sources,
        budgets: &[budget],
        findings: &findings,
        suppressed: &[],
        elapsed: None,
    };
    serde_json::from_str(&lint(&report)).unwrap()
}

#[test]
fn before_is_the_contracts_object() {
    let budget = sample::before();
    let report = linted(&budget);
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}

#[test]
fn after_passes() {
    let report = linted(&sample::after());
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    let server = &report["deployments"][0]["servers"][0];
    assert_eq!((server["ceiling"].as_u64(), server["capacity"].as_u64()), (Some(50), Some(87)));
    let size = &server["clients"][0]["pools"][0]["origins"]["size"];
    assert_eq!(size[0]["file"], "Dockerfile");
    assert_eq!((size[0]["line"].as_u64(), size[0]["column"].as_u64()), (Some(3), Some(18)));
    assert_eq!(size[1]["how"], "read");
}

#[test]
fn what_is_unknown_is_null_and_has_a_floor() {
    let report = linted(&sample::mixed());
    let server = &report["deployments"][0]["servers"][0];
    assert_eq!(
        (&server["ceiling"], &server["reachable"], &server["floor"]),
        (&Value::Null, &Value::Null, &8.into())
    );
    assert_eq!(server["clients"][1]["processes"], Value::Null);
    assert_eq!(server["clients"][0].get("floor"), None);
}

#[test]
fn counts_are_a_number_a_word_or_null() {
    let json = |bound: Bound| serde_json::to_string(&CountJson::of(&bound)).unwrap();
    assert_eq!(json(Bound::AtMost(u64::MAX)), "18446744073709551615");
    assert_eq!(json(Bound::Unbounded), "\"unbounded\"");
    assert_eq!(json(Bound::unknown("CPUs", "")), "null");
}
