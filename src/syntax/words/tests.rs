//! Words against those of the real programs: `fixtures/words/*.json`, made by `record` beside them.

use std::sync::Arc;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::source::{Memory, SourceFile, Sources, TreePath};

fn file(text: &str) -> Arc<SourceFile> {
    Sources::new(Memory::new([("x", text)])).load(&TreePath::new("x")).unwrap()
}

fn whole(text: &str) -> Text {
    let file = file(text);
    Text::verbatim(&file, 0..text.len())
}

/// A string and its words; `None` where the program refuses it.
#[derive(Deserialize)]
struct Row {
    text: String,
    words: Option<Vec<String>>,
    #[serde(default)]
    words_without_comments: Option<Vec<String>>,
}

fn rows(table: &str) -> Vec<Row> {
    serde_json::from_str(table).unwrap()
}

fn strings(words: &[Text]) -> Vec<String> {
    words.iter().map(|word| word.as_str().to_owned()).collect()
}

#[test]
fn compose_agrees() {
    for row in rows(include_str!("../../../fixtures/words/compose.json")) {
        let ours = split_command(&whole(&row.text)).ok().map(|command| strings(&command.words));
        assert_eq!(ours, row.words, "{:?}", row.text);
    }
}

#[test]
fn python_agrees() {
    for row in rows(include_str!("../../../fixtures/words/python.json")) {
        let text = whole(&row.text);
        let ours = |comments| split_posix(&text, comments).ok().map(|words| strings(&words));
        assert_eq!(ours(Comments::Kept), row.words, "{:?}", row.text);
        assert_eq!(ours(Comments::Dropped), row.words_without_comments, "{:?}", row.text);
    }
}

#[test]
fn a_word_stands_where_it_is_written() {
    let text = whole("gunicorn -w '4' --bind=\"0:80\" a\\ b && next");
    let command = split_command(&text).unwrap();
    let places: Vec<_> = command.words.iter().map(|word| word.span().unwrap().range()).collect();
    assert_eq!(places, [0..8, 9..11, 13..14, 16..28, 30..34]);
    assert_eq!(strings(&command.words), ["gunicorn", "-w", "4", "--bind=0:80", "a b"]);
    let dropped = command.dropped.unwrap();
    assert_eq!((dropped.as_str(), dropped.span().unwrap().range()), ("&& next", 35..42));
    assert_eq!(split_posix(&text, Comments::Kept).unwrap()[2].span().unwrap().range(), 13..14);
}

#[test]
fn an_empty_word_has_a_place() {
    let command = split_command(&whole("a '' b")).unwrap();
    assert_eq!(strings(&command.words), ["a", "", "b"]);
    assert_eq!(command.words[1].span().unwrap().range(), 4..4);
}

#[test]
fn what_is_refused_and_where() {
    for (text, part) in [("a (b)", "("), ("a 'b", "'b"), ("a \\", "\\"), ("a )b", ")b"), ("a `b", "`b")] {
        assert_eq!(split_command(&whole(text)).unwrap_err().part().as_str(), part, "{text}");
    }
    assert_eq!(split_posix(&whole("a \"b"), Comments::Kept).unwrap_err().part().as_str(), "\"b");
}

/// The text under the pieces of a word, in order, is the word: quotes and backslashes lie between the pieces.
fn stands_in(source: &str, word: &Text) -> bool {
    word.as_str().char_indices().all(|(at, c)| {
        let place = word.slice(at..at + c.len_utf8()).span().unwrap().range();
        source[place].starts_with(c)
    })
}

proptest! {
    /// The `shlex` crate follows the shell and not Python: it drops a line break behind a backslash, unescapes `\$` and
    /// `` \` `` in quotes, takes `\r` for a letter and always drops comments. Where none of these stands, both agree.
    #[test]
    fn the_crate_agrees(text in "([ab é\t\n]|'|\"|\\\\|;|\\$){0,30}") {
        prop_assume!(!text.contains("\\\n") && !text.contains("\\$"));
        let ours = split_posix(&whole(&text), Comments::Kept).ok().map(|words| strings(&words));
        prop_assert_eq!(ours, shlex::split(&text));
    }

    #[test]
    fn every_letter_has_its_place(text in "([ab1 é\t\n]|'|\"|\\\\|;|>|\\$|\\(|\\)|`|#){0,30}") {
        let words = split_command(&whole(&text)).map(|command| command.words).unwrap_or_default();
        let posix = split_posix(&whole(&text), Comments::Dropped).unwrap_or_default();
        for word in words.iter().chain(&posix) {
            prop_assert!(stands_in(&text, word), "{:?} in {:?}", word, text);
        }
    }
}
