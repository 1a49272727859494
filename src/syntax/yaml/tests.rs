//! Places, limits and errors. What values are read is held against the real docker compose in `tests/yaml.rs`.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Data, Node, parse};
use crate::source::{LineColumn, Memory, SourceFile, Sources, TreePath};
use crate::trace::{How, Text};

fn file(text: &str) -> Arc<SourceFile> {
    Sources::new(Memory::new([("x.yml", text)])).load(&TreePath::new("x.yml")).unwrap()
}

fn document(file: &SourceFile) -> Node {
    parse(file)
        .unwrap_or_else(|error| panic!("{} at {:?}: {:?}", error.message, error.span, file.text))
        .remove(0)
}

fn lines(numbers: std::ops::Range<usize>, line: impl FnMut(usize) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().concat()
}

/// Line and message of the error in `text`.
fn error(text: &str) -> (usize, String) {
    let file = file(text);
    let error = parse(&file).expect_err(text);
    (file.line_column(error.span.range().start).line, error.message)
}

/// Each word of `text` with the place it is written at.
fn places(file: &SourceFile, text: &Text) -> Vec<(String, LineColumn)> {
    let words = text.as_str().split_ascii_whitespace();
    words
        .map(|word| (word.to_owned(), file.line_column(text.slice_of(word).span().unwrap().range().start)))
        .collect()
}

/// Each byte of `text` points at the same byte in the file, or at a break that was folded, or at an escape.
fn assert_places(file: &SourceFile, text: &Text) {
    for (at, c) in text.as_str().char_indices() {
        let span = text.slice(at..at + c.len_utf8()).span().unwrap();
        let written = &file.text[span.range()];
        let same = written == c.encode_utf8(&mut [0; 4]);
        let folded = matches!((c, written), (' ', "\n" | "\r\n" | "\r") | ('\n', "\r\n" | "\r"));
        let escape = written == "''" || written.starts_with('\\');
        assert!(same || folded || escape, "{c:?} is not {written:?} in {:?}", file.text);
    }
}

fn every_scalar<'a>(node: &'a Node, found: &mut Vec<&'a Text>) {
    match &node.data {
        Data::Scalar(scalar) => found.push(&scalar.text),
        Data::Sequence(items) => items.iter().for_each(|item| every_scalar(item, found)),
        Data::Mapping(entries) => entries.iter().for_each(|(key, value)| {
            every_scalar(key, found);
            every_scalar(value, found);
        }),
    }
}

#[test]
fn a_word_of_any_scalar_has_its_own_place() {
    let at = |line, column| LineColumn { line, column };
    for (written, places_of_b) in [
        ("a b\n", at(1, 6)),
        ("a\n   b\n", at(2, 4)),
        ("'it''s b'\n", at(1, 11)),
        ("\"\\u00e9 \\\n  b\"\n", at(2, 3)),
        ("|\n   a\n   b\n", at(3, 4)),
        (">-\n  a\n  # no comment\n\n  b\n", at(5, 3)),
        (">2+\n    a\n  é b\n\n", at(3, 5)),
    ] {
        let file = file(&format!("k: {written}"));
        let document = document(&file);
        let text = document.get("k").unwrap().text().unwrap();
        assert_eq!(places(&file, text).last().unwrap(), &("b".to_owned(), places_of_b), "{written}");
        assert_places(&file, text);
    }
}

#[test]
fn what_an_alias_brings_is_used_there_and_written_elsewhere() {
    let file = file("x: &env\n  POOL: &n 5\n  MAX: *n\nweb:\n  <<: *env\n");
    let document = document(&file);
    let value = document.get("web").unwrap().get("MAX").unwrap();
    assert_eq!(file.line_of(value.span.range().start), 4);
    let trail = value.text().unwrap().trail();
    let steps: Vec<_> =
        trail.steps().filter_map(|step| Some(file.line_of(step.span()?.range().start))).collect();
    assert_eq!(steps, [1, 2, 4]);
    assert!(matches!(trail.last(), crate::trace::Origin::Place { how: How::Alias, .. }));
}

#[test]
fn errors_have_the_place_at_fault() {
    for (text, line) in [
        ("a: 1\nb: \"x\nc: 2\n", 2),
        ("a:\n  b: 1\n  c\n  d: 2\n", 3),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\na: 2\n", 2),
        ("a: *none\n", 1),
        ("a: [1\nb: 2\n", 2),
        ("a: &x [*x]\n", 1),
        ("a: {<<: 5}\n", 1),
        ("%YAML 1.2\n---\na: 1\n", 1),
        ("a: @b\n", 1),
        ("a: b\u{7}\n", 1),
    ] {
        assert_eq!(error(text).0, line, "{text}");
    }
}

#[test]
fn the_second_of_two_equal_keys_names_the_first() {
    assert_eq!(
        error("a: 1\nb: 2\n\"a\": 3\n"),
        (3, "the mapping has this key already, on line 1".to_owned())
    );
}

#[test]
fn depth_is_bounded_in_every_form() {
    let maps = lines(0..2000, |depth| format!("{}k:\n", " ".repeat(depth)));
    let aliases = lines(1..2000, |n| format!("k{n}: &a{n} [*a{}]\n", n - 1));
    for text in ["[".repeat(100_000), "{a: ".repeat(50_000), "- ".repeat(100_000), "? ".repeat(50_000), maps]
    {
        assert!(error(&text).1.contains("deeper"), "{}", error(&text).1);
    }
    assert!(error(&format!("k: &a0 x\n{aliases}")).1.contains("deeper"));
}

#[test]
fn an_alias_bomb_is_refused_at_the_alias() {
    let lists = lines(1..10, |n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(",")));
    let (line, message) = error(&format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{lists}"));
    assert!(line > 4 && message.contains("aliases"), "{line} {message}");
    let merges = lines(1..40, |n| format!("m{n}: &m{n} {{<<: [*m{0}, *m{0}]}}\n", n - 1));
    assert!(error(&format!("m0: &m0 {{a: b}}\n{merges}")).1.contains("aliases"));
}

/// What may stand in a scalar, chosen to meet the rules of folding, escaping and indentation.
const PART: &str = "[a-c]|é|😀| |  |\n|\n\n|\n   |'|\"|\\\\\\\\|#|: |,|-|\t|\r\n";

fn scalar_of(style: u8, parts: &str) -> String {
    let indented = |head: &str| format!("k:\n  v: {head}\n    {}\n  w: 1\n", parts.replace('\n', "\n    "));
    match style {
        0 => format!("k:\n  v: a{}\n  w: 1\n", parts.replace('\n', "\n   ")),
        1 => format!("k:\n  v: '{}'\n  w: 1\n", parts.replace('\'', "''")),
        2 => {
            format!("k:\n  v: \"{}\\x41\\\n  b\"\n  w: 1\n", parts.replace('\\', "\\\\").replace('"', "\\\""))
        }
        3 => indented("|"),
        4 => indented(">"),
        5 => indented(">2-"),
        6 => indented("|+"),
        _ => format!("[{parts}, {{a: {parts}}}]\n"),
    }
}

proptest! {
    #[test]
    fn each_byte_points_at_where_it_is_written(
        style in 0u8..8,
        parts in proptest::collection::vec(PART, 0..12),
    ) {
        let file = file(&scalar_of(style, &parts.concat()));
        if let Ok(documents) = parse(&file) {
            let mut texts = Vec::new();
            for document in &documents {
                every_scalar(document, &mut texts);
            }
            for text in texts {
                assert_places(&file, text);
            }
        }
    }

    #[test]
    fn any_text_ends_in_documents_or_an_error_inside_it(text in "[-?:,\\[\\]{}#&*!|>'\"%@ \n\tab1.<é]{0,60}") {
        let file = file(&text);
        if let Err(error) = parse(&file) {
            prop_assert!(error.span.range().end <= text.len());
            prop_assert!(text.get(error.span.range()).is_some());
        }
    }
}
