//! What we say to the cases of `fixtures/postgres`.

use std::path::Path;

use connbudget::platform::{Container, Environment, FileView};
use connbudget::program::postgres;
use connbudget::source::{Memory, Sources, TreePath};
use connbudget::trace::{Count, Text};
use serde_json::Value;

/// Where our answer is another one, and why.
pub(crate) const EXCEPTIONS: [(&str, &str); 4] = [
    ("facts: sup+reserved >= max", "`-C` does not notice that the server would not start (facts, A1)"),
    (
        "largest",
        "up to 17 the servers subtract their workers from 262143, which the limit alone does not tell",
    ),
    ("words: -c max_connections=262143", "the same"),
    ("no file at all", "the image's entrypoint makes the file"),
];

/// A file of `fixtures/postgres`.
pub(crate) fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/postgres").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Our answer to one setting of a case: `None` where the server would not start.
pub(crate) fn answer(case: &Value, setting: &str, major: u64) -> Option<u64> {
    let fill = |text: &str| text.replace("{dir}", "/data");
    let mut words = vec!["postgres".to_owned(), "-D".to_owned(), "/data".to_owned()];
    words.extend(case["words"].as_array().into_iter().flatten().map(|word| fill(word.as_str().unwrap())));
    let mut tree = Memory::default();
    tree.insert("words", words.concat().as_bytes());
    tree.insert("image", format!("postgres:{major}").as_bytes());
    tree.insert("data/.there", b"");
    for (name, text) in case["files"].as_object().unwrap() {
        tree.insert(&format!("data/{name}"), fill(text.as_str().unwrap()).as_bytes());
    }
    let sources = Sources::new(tree);
    let line = sources.load(&TreePath::new("words")).unwrap();
    let mut start = 0;
    let words = words.iter().map(|word| {
        start += word.len();
        Text::verbatim(&line, start - word.len()..start)
    });
    let mut files = FileView::new();
    files.add("/data", TreePath::new("data"));
    let container = Container {
        words: words.collect(),
        environment: Environment::new(),
        working_dir: "/".to_owned(),
        files,
        ..Container::default()
    };
    let image = sources.load(&TreePath::new("image")).unwrap();
    let image = Text::verbatim(&image, 0..image.text.len());
    let server = postgres::server(&sources, &image, &container).unwrap();
    if server.problems.iter().any(|problem| !problem.kind.is_ignored()) {
        return None;
    }
    // Unknown is no answer of any server.
    let number = |count: &Count| count.value.number().unwrap_or(u64::MAX);
    Some(match setting {
        "max_connections" => number(&server.max_connections),
        "superuser_reserved_connections" => number(&server.superuser_reserved),
        "shared_buffers" => number(&server.shared_buffers) / 8192,
        "work_mem" => number(&server.work_mem) / 1024,
        other => panic!("nobody asks for {other}"),
    })
}
