//! Our reading of a server's command line and configuration files, against what seven majors of the real server answered
//! (`fixtures/postgres/record`).

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "support/postgres.rs"]
mod answer;

use std::collections::BTreeMap;

use serde_json::Value;

use answer::{EXCEPTIONS, answer, load};

#[test]
fn it_agrees_with_the_servers() {
    let (cases, answers) = (load("cases.json"), load("answers.json"));
    let (mut compared, mut wrong, mut exceptions) = (0, Vec::new(), BTreeMap::new());
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        for group in answers["answers"][name].as_array().unwrap() {
            for major in group["majors"].as_array().unwrap().iter().filter_map(Value::as_u64) {
                for (setting, said) in group["answer"].as_object().unwrap() {
                    let expected = said.as_str().map(|number| number.parse::<u64>().unwrap());
                    let ours = answer(case, setting, major);
                    compared += 1;
                    if ours == expected {
                        continue;
                    }
                    if EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
                        exceptions.insert(name.to_owned(), ours);
                    } else {
                        wrong.push(format!("{name} ({major}): {ours:?}, the server says {said}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 2000, "{compared}");
    assert_eq!(exceptions.len(), EXCEPTIONS.len(), "an exception that is none any more: {exceptions:?}");
}
