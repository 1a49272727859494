//! Places and shapes of what is parsed.

use super::ast::{Command, Operation, Part, Statement};
use super::parse;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::Text;

fn script(text: &'static str) -> (Text, Vec<Statement>) {
    let file = Sources::new(Memory::new([("x", text)])).load(&TreePath::new("x")).unwrap();
    let text = Text::verbatim(&file, 0..file.text.len());
    let body = parse(&text).blocks().flatten().collect::<Vec<_>>();
    (text, body)
}

#[test]
fn a_default_points_at_its_own_byte() {
    let written = r#"CMD ["sh", "-c", "gunicorn --workers \"${WORKERS:-5}\" app:app"]"#;
    let file = Sources::new(Memory::new([("x", written)])).load(&TreePath::new("x")).unwrap();
    let from = written.find("gunicorn").unwrap();
    let mut text = Text::verbatim(&file, from..written.find("\\\"$").unwrap());
    let quote = written.find("\\\"$").unwrap();
    text.push(&Text::decoded("\"", file.at(quote..quote + 2)));
    text.push(&Text::verbatim(&file, quote + 2..written.find("\\\" app").unwrap()));
    text.push(&Text::decoded("\"", file.at(quote..quote + 2)));
    let body = parse(&text).blocks().flatten().collect::<Vec<_>>();
    let Command::Simple { words, .. } = &body[0].command else { panic!("{body:?}") };
    let Part::Parameter { parameter, quoted: true } = &words[2].parts[0] else { panic!("{words:?}") };
    let Operation::Default(word, true) = &parameter.operation else { panic!("{parameter:?}") };
    let digit = written.find(":-5").unwrap() + 2;
    assert_eq!(word.parts[0].text().span().unwrap().range(), digit..digit + 1);
}

#[test]
fn blanks_beside_an_expansion_are_kept() {
    let (_, body) = script("echo \"a $B c\"\n");
    let Command::Simple { words, .. } = &body[0].command else { panic!("{body:?}") };
    let texts: Vec<&str> = words[1].parts.iter().map(|part| part.text().as_str()).collect();
    assert_eq!(texts, ["a ", "$B", " c"]);
}

#[test]
fn escapes_are_taken_away_as_the_quotes_say() {
    let (_, body) = script(
        r#"x a\ b "\$c\d" '\e' $'f\tg' h\
i"#,
    );
    let Command::Simple { words, .. } = &body[0].command else { panic!("{body:?}") };
    let texts: Vec<String> = words[1..].iter().map(|word| word.as_literal().unwrap().to_string()).collect();
    assert_eq!(texts, ["a b", r"$c\d", r"\e", "f\tg", "hi"]);
}

#[test]
fn what_is_behind_an_error_is_still_read() {
    let (_, body) = script("if ; )\ngunicorn app:app\n");
    assert!(body.iter().any(|s| matches!(s.command, Command::Unreadable)), "{body:?}");
}

#[test]
fn deep_nesting_ends() {
    let deep: &'static str =
        Box::leak(format!("{}x{}", "$(".repeat(3000), ")".repeat(3000)).into_boxed_str());
    let (_, body) = script(deep);
    assert!(!body.is_empty());
}

#[test]
fn a_binary_is_unreadable() {
    let (_, body) = script("\u{7f}ELF\0\0\u{1}");
    assert!(matches!(body.as_slice(), [Statement { command: Command::Unreadable, .. }]));
}
