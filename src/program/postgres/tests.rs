//! The table of facts, A2, and servers in containers.

use super::arguments::{Line, read as read_line};
use super::server;
use super::steps::{Step, Steps};
use crate::platform::{Container, Environment, FileView};
use crate::program::Value;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::Text;

/// The words of `line`, cut at `|`, of a file that holds just that.
fn sources(line: &str) -> (Sources, Vec<Text>) {
    let sources = Sources::new(Memory::new([("words", line)]));
    let file = sources.load(&TreePath::new("words")).unwrap();
    let (mut words, mut from) = (Vec::new(), 0);
    for word in line.split('|').filter(|_| !line.is_empty()) {
        words.push(Text::verbatim(&file, from..from + word.len()));
        from += word.len() + 1;
    }
    (sources, words)
}

fn read(line: &str) -> (Sources, Line) {
    let (sources, words) = sources(line);
    let words: Vec<Value> = words.into_iter().map(Value::Known).collect();
    let line = read_line(&sources, &words);
    (sources, line)
}

fn steps(sources: &Sources, steps: Vec<Step>) -> Steps<'_> {
    Steps { sources, major: Some(16), all: steps }
}

/// `max_connections`, with the text under its place.
fn limit(line: &str) -> Option<(u64, String)> {
    let (sources, read) = read(line);
    let steps = steps(&sources, read.steps);
    assert!(read.problems.is_empty() && steps.problems().is_empty(), "{line}");
    let count = steps.count("max_connections")?;
    Some((count.value.number().unwrap(), sources.text(count.trail.place().unwrap())))
}

#[test]
fn every_spelling_sets_it_and_its_digits_are_its_place() {
    for (line, number, digits) in [
        ("postgres|-c|max_connections=201", 201, "201"),
        ("-cmax_connections=202", 202, "202"),
        ("--max_connections=203", 203, "203"),
        ("--max-connections=204", 204, "204"),
        ("-c|max-connections=205", 205, "205"),
        ("-N|206", 206, "206"),
        ("-N206", 206, "206"),
        ("-c|MAX_CONNECTIONS=210", 210, "210"),
        ("--MAX-CONNECTIONS=211", 211, "211"),
        ("-c|max_connections=214|-c|max_connections=215", 215, "215"),
        ("-N|216|-c|max_connections=217", 217, "217"),
        ("-c|max_connections=218|-N|219", 219, "219"),
        ("-c|max_connections= 208", 208, "208"),
        ("-c|max_connections=208 ", 208, "208"),
        ("-c|max_connections=0x64", 100, "0x64"),
        ("-c|max_connections=99.5", 100, "99.5"),
        ("-c|shared_buffers=1GB|-iN|220|-D|/data", 220, "220"),
        ("/usr/lib/postgresql/15/bin/postgres|-N|5", 5, "5"),
        ("-c|config_file=/etc/x.conf|-c|max_connections=262143", 262_143, "262143"),
    ] {
        assert_eq!(limit(line), Some((number, digits.to_owned())), "{line}");
    }
    assert_eq!(limit("-c|shared_buffers=1GB"), None);
    assert_eq!(limit("-c|app.max_connections=98"), None);
    assert_eq!(limit(""), None);
}

#[test]
fn what_the_server_refuses_is_a_problem_and_the_limit_is_unknown() {
    for line in [
        "-c|max_connections =208",
        "-c|max_connections|=|207",
        "--max_connections|213",
        "-c|max_connections",
        "-c|max_connections=",
        "-c|max_connections='220'",
        "-c|max_connections=0",
        "-c|max_connections=-1",
        "-c|max_connections=100kB",
        "-c|max_connections=on",
        "-c|max_connections=1_000",
        "-c|max_connections=262144",
        "-c|max_connections=99999999999999999999",
        "-c|max_connections=x|-c|max_connections=100",
        "-N",
        "-Z",
        "postgres|postgres|-c|max_connections=5",
    ] {
        let (sources, read) = read(line);
        let steps = steps(&sources, read.steps);
        assert!(!read.problems.is_empty() || !steps.problems().is_empty(), "{line}");
        assert!(steps.count("max_connections").is_some_and(|count| count.value.is_unknown()), "{line}");
    }
}

fn container(line: &str, environment: &[(&str, &str)]) -> (Sources, Container) {
    let (sources, words) = sources(line);
    let mut variables = Environment::new();
    let at = sources.load(&TreePath::new("words")).unwrap().at(0..0);
    for (name, value) in environment {
        variables.set(name, Text::decoded(*value, at));
    }
    let container = Container {
        words,
        environment: variables,
        working_dir: "/".to_owned(),
        files: FileView::new(),
        image: None,
        ..Container::default()
    };
    (sources, container)
}

fn limits(image: &str, line: &str, environment: &[(&str, &str)]) -> (String, String, String, usize) {
    let (sources, container) = container(line, environment);
    let at = sources.load(&TreePath::new("words")).unwrap().at(0..0);
    let server = server(&sources, &Text::decoded(image, at), &container).unwrap();
    let shown = |count: &crate::trace::Count| count.value.to_string();
    let problems = server.problems.len();
    (shown(&server.max_connections), shown(&server.superuser_reserved), shown(&server.reserved), problems)
}

#[test]
fn a_server_has_limits_whoever_sets_them() {
    let is = |max: &str, superuser: &str, reserved: &str, problems| {
        (max.to_owned(), superuser.to_owned(), reserved.to_owned(), problems)
    };
    assert_eq!(limits("postgres:14", "", &[]), is("100", "3", "0", 0));
    assert_eq!(limits("postgres:14", "-c|max_connections=200", &[]), is("200", "3", "0", 0));
    assert_eq!(limits("postgres:14", "docker-entrypoint.sh|postgres|-N|50", &[]), is("50", "3", "0", 0));
    assert_eq!(limits("postgres:16", "postgres|-c|reserved_connections=5", &[]), is("100", "3", "5", 0));
    assert_eq!(
        limits("postgres:14", "sh|-c|exec postgres -c max_connections=${M:-77}", &[]),
        is("77", "3", "0", 0)
    );
    assert_eq!(limits("postgres:14", "postgres|-N|3", &[]), is("3", "3", "0", 1));
    let bitnami = [("POSTGRESQL_MAX_CONNECTIONS", "60")];
    assert_eq!(limits("bitnami/postgresql:16", "", &bitnami), is("60", "3", "0", 0));
    assert_eq!(limits("postgres:16", "", &bitnami), is("100", "3", "0", 0));
    assert_eq!(limits("timescale/timescaledb:latest-pg14", "", &[]).0, "connections");
    assert_eq!(limits("timescale/timescaledb:latest-pg14", "", &[("NO_TS_TUNE", "true")]).0, "100");
    assert_eq!(limits("timescale/timescaledb:latest-pg14", "", &[("TS_TUNE_MAX_CONNS", "90")]).0, "90");
    assert_eq!(limits("postgres:14", "/opt/start-it", &[]).0, "connections");
    assert_eq!(
        limits("citusdata/pg_auto_failover:v2", "pg_autoctl|create|postgres|--ssl-self-signed", &[]).0,
        "100"
    );
    assert_eq!(limits("postgres:14", "-c|config_file=/etc/x.conf", &[]).0, "connections");
    assert_eq!(limits("postgres:14", "-c|config_file=/etc/x.conf|-N|60", &[]).0, "60");
}
