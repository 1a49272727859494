//! Every dotenv dialect against what its real reader gave: `fixtures/dotenv/dialects.json`, made by `record` beside it.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its table has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use connbudget::source::{Memory, SourceFile, Sources, TreePath};
use connbudget::syntax::dotenv::{Dialect, End, Reading, Value, read};
use connbudget::trace::Text;
use proptest::prelude::*;
use serde::Deserialize;

const TABLE: &str = include_str!("../fixtures/dotenv/dialects.json");
const NEEDS_RUNNING: &str = include_str!("../fixtures/dotenv/needs_running.json");

#[derive(Deserialize)]
struct Row {
    text: String,
    compose: Answer,
    python_override: Answer,
    python: Answer,
    shell: Answer,
    dotenvy: Answer,
    dotenvy_iter: Answer,
}

#[derive(Deserialize, PartialEq, Debug)]
struct Answer {
    /// `null` where the program did not start.
    set: Option<BTreeMap<String, Option<String>>>,
    error: bool,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(TABLE).unwrap()
}

fn file(text: &str) -> Arc<SourceFile> {
    Sources::new(Memory::new([("f.env", text)])).load(&TreePath::new("f.env")).unwrap()
}

/// What every reader found around it.
fn environment(name: &str) -> Option<Text> {
    let value = match name {
        "A" => "enva",
        "E" => "",
        "HOME" => "/home/u",
        _ => return None,
    };
    let file = file(value);
    Some(Text::verbatim(&file, 0..value.len()))
}

/// What a reading comes to, as `record` writes it down, with the names whose value is unknown.
fn answer(reading: &Reading) -> (Answer, BTreeSet<String>) {
    let is_environment = matches!(reading.dialect, Dialect::Python | Dialect::Dotenvy | Dialect::Shell);
    let (mut set, mut unknown) = (BTreeMap::new(), BTreeSet::new());
    for (name, entry) in reading.variables() {
        let outside = environment(name).map(|text| text.as_str().to_owned());
        let value = match &entry.value {
            Value::Unknown { .. } => {
                unknown.insert(name.to_owned());
                continue;
            }
            Value::Missing if is_environment => continue,
            Value::Missing => None,
            Value::Known(text) => Some(text.as_str().to_owned()),
        };
        let stays = reading.dialect.yields_to_environment() && outside.is_some();
        if !(stays || is_environment && outside == value) {
            set.insert(name.to_owned(), value);
        }
    }
    let set = (reading.end != End::Refused).then_some(set);
    (Answer { set, error: !reading.errors.is_empty() }, unknown)
}

fn agrees(dialect: Dialect, recorded: impl Fn(&Row) -> &Answer) {
    let mut differences = Vec::new();
    for row in rows() {
        let reading = read(&file(&row.text), dialect, &environment);
        let (answer, unknown) = answer(&reading);
        let recorded = recorded(&row);
        if answer != *recorded || !unknown.is_empty() {
            differences
                .push(format!("{:?}\n  real {recorded:?}\n  ours {answer:?} {:?}", row.text, reading.errors));
        }
    }
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn compose_agrees() {
    agrees(Dialect::Compose, |row| &row.compose);
}

#[test]
fn python_agrees() {
    agrees(Dialect::PythonOverride, |row| &row.python_override);
    agrees(Dialect::Python, |row| &row.python);
}

#[test]
fn dotenvy_agrees() {
    agrees(Dialect::Dotenvy, |row| &row.dotenvy);
    agrees(Dialect::DotenvyIter, |row| &row.dotenvy_iter);
}

/// Whether what is said of a file agrees with what a shell made of it, as far as anything is said.
fn no_contradiction(reading: &Reading, ours: &Answer, unknown: &BTreeSet<String>, real: &Answer) -> bool {
    let (Some(ours), Some(real)) = (&ours.set, &real.set) else {
        return reading.end == End::Lost || ours.set == real.set;
    };
    let said = ours.iter().all(|(name, value)| real.get(name) == Some(value));
    let unsaid = real.keys().all(|name| ours.contains_key(name) || unknown.contains(name));
    said && (unsaid || reading.end == End::Lost)
}

/// A shell runs things, and we do not: the texts in `needs_running.json` may have a part that stays unknown, and nothing
/// that is said of them may be wrong. All others agree to the letter.
#[test]
fn shell_agrees() {
    let needs_running: BTreeSet<String> = serde_json::from_str(NEEDS_RUNNING).unwrap();
    let mut differences = Vec::new();
    for row in rows() {
        let reading = read(&file(&row.text), Dialect::Shell, &environment);
        let (answer, unknown) = answer(&reading);
        let agrees = if needs_running.contains(&row.text) {
            no_contradiction(&reading, &answer, &unknown, &row.shell)
        } else {
            answer == row.shell && unknown.is_empty()
        };
        if !agrees {
            let real = &row.shell;
            differences
                .push(format!("{:?}\n  real {real:?}\n  ours {answer:?} {:?}", row.text, reading.errors));
        }
    }
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

const DIALECTS: [Dialect; 7] = [
    Dialect::Compose,
    Dialect::PythonOverride,
    Dialect::Python,
    Dialect::Shell,
    Dialect::Dotenvy,
    Dialect::DotenvyIter,
    Dialect::Raw,
];

/// Every name and every value that nothing was decoded or filled in for stands in the file where it says it stands.
fn places_hold(text: &str) {
    let file = file(text);
    let nowhere = |_: &str| None;
    for dialect in DIALECTS {
        let reading = read(&file, dialect, &nowhere);
        for entry in &reading.entries {
            let span = entry.name.span().unwrap();
            if !(dialect == Dialect::Python || dialect == Dialect::PythonOverride) || !text.contains('\r') {
                assert_eq!(&text[span.range()], entry.name.as_str(), "{dialect:?} {text:?}");
            }
            if let Value::Known(value) = &entry.value {
                let span = value.span().unwrap();
                let part = text.get(span.range()).unwrap();
                if span.len() == value.len() && !text.contains(['\\', '$', '\r']) {
                    assert_eq!(part, value.as_str(), "{dialect:?} {text:?}");
                }
            }
        }
        for error in &reading.errors {
            assert!(text.get(error.span.range()).is_some(), "{dialect:?} {text:?} {error:?}");
        }
    }
}

#[test]
fn places_of_the_table_hold() {
    for row in rows() {
        places_hold(&row.text);
    }
}

proptest! {
    #[test]
    fn places_of_any_text_hold(text in "(V|W|é|5|export |=|=|\n|\r|\"|'|\\\\|\\$|\\{|\\}|:-| |#|;|&|\\(|\\)|`|~|\u{feff}){0,30}") {
        places_hold(&text);
    }
}

/// The places of values that no reader disputes.
#[test]
fn places_are_the_values_own() {
    let text = "# c\nexport V='12' # d\nW=34\n";
    let file = file(text);
    for dialect in DIALECTS.into_iter().filter(|&dialect| dialect != Dialect::Raw) {
        let reading = read(&file, dialect, &|_| None);
        let spans: Vec<_> =
            reading.entries.iter().map(|entry| entry.value.known().unwrap().span().unwrap()).collect();
        assert_eq!(
            spans.iter().map(|span| &text[span.range()]).collect::<Vec<_>>(),
            ["12", "34"],
            "{dialect:?}"
        );
    }
}

/// A value that came out empty stands where its emptiness was decided.
#[test]
fn nothing_has_a_place_too() {
    let text = "W=\nV=${W}${U}\n";
    let file = file(text);
    for dialect in [Dialect::Compose, Dialect::Python, Dialect::Shell] {
        let reading = read(&file, dialect, &|_| None);
        let value = reading.variables()["V"].value.known().unwrap().clone();
        assert_eq!(value.span().unwrap().range(), 2..2, "{dialect:?}");
        assert_eq!(&text[value.used_at().unwrap().range()], "${W}", "{dialect:?}");
    }
}

/// dotenvy reads the environment of the process that it runs in; here it must not.
#[test]
fn the_environment_of_this_process_is_not_read() {
    assert!(std::env::var_os("PATH").is_some());
    let file = file("V=${PATH}x\nPATH=file\nW=$PATH\n");
    for dialect in DIALECTS.into_iter().filter(|&dialect| dialect != Dialect::Raw) {
        let reading = read(&file, dialect, &|_| None);
        assert_eq!(reading.variables()["V"].value.known().unwrap().as_str(), "x", "{dialect:?}");
    }
    let reading = read(&file, Dialect::Dotenvy, &|_| None);
    assert_eq!(reading.variables()["W"].value.known().unwrap().as_str(), "file");
}

/// docker/cli `pkg/kvfile/kvfile.go`; no docker runs here that could be asked.
#[test]
fn raw_takes_lines_as_they_are() {
    let reading = read(&file("\u{feff}# c\n  V=\"5\" # x \r\nA\nU\nW=$A=1\n"), Dialect::Raw, &environment);
    let set = answer(&reading).0.set.unwrap();
    let set: Vec<_> = set.iter().map(|(name, value)| (name.as_str(), value.as_deref().unwrap())).collect();
    assert_eq!(set, [("A", "enva"), ("V", "\"5\" # x "), ("W", "$A=1")]);
    assert_eq!(read(&file("V W=5\n"), Dialect::Raw, &environment).end, End::Refused);
    assert_eq!(read(&file("=5\n"), Dialect::Raw, &environment).end, End::Refused);
}

#[test]
fn growth_and_depth_have_limits() {
    let doubling = |form: &str| {
        let lines =
            (1..60).map(|n| form.replace("OLD", &format!("V{}", n - 1)).replace("NEW", &format!("V{n}")));
        format!("V0={}\n{}", "x".repeat(1000), lines.collect::<String>())
    };
    for dialect in DIALECTS {
        read(&file(&doubling("NEW=${OLD}${OLD}\n")), dialect, &|_| None);
        read(&file(&doubling("V0=${V0}${V0}\n")), dialect, &|_| None);
        read(&file(&format!("V={}", "${U:-\"".repeat(20_000))), dialect, &|_| None);
        read(&file(&format!("V={}{}", "${U:-".repeat(20_000), "}".repeat(20_000))), dialect, &|_| None);
    }
}
