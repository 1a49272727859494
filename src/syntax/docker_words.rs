//! The words of `ENV`, `ARG`, `FROM`, `WORKDIR`, `COPY`: quotes, escapes and `${NAME:-default}`, as BuildKit's shell
//! lexer takes them (moby/buildkit `frontend/dockerfile/shell/lex.go`).

use std::ops::Range;

use crate::trace::{How, Origin, Text};

/// How deep `${A:-${B:-…}}` may nest; deeper text stays as it is written.
const MOST_NESTED: usize = 20;

/// The words of `text`, unquoted, with variables replaced by what `lookup` says; an unset one by nothing.
pub fn words(text: &Text, lookup: &dyn Fn(&str) -> Option<Text>) -> Vec<Text> {
    split(text).into_iter().map(|word| expand(&word, lookup)).collect()
}

/// `text` as a single word, unquoted and with variables replaced.
pub fn expand(text: &Text, lookup: &dyn Fn(&str) -> Option<Text>) -> Text {
    Expansion { text, lookup, at: 0, out: text.slice(0..0) }.run(0)
}

/// The words of `text` at its unquoted white space, quotes and escapes still in them.
pub fn split(text: &Text) -> Vec<Text> {
    let (mut words, mut start, mut quote, mut escaped) = (Vec::new(), None, None, false);
    for (at, c) in text.as_str().char_indices() {
        let inside = start.is_some();
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => {
                if let Some(start) = start.take() {
                    words.push(text.slice(start..at));
                }
                continue;
            }
            _ => {}
        }
        if !inside {
            start = Some(at);
        }
    }
    if let Some(start) = start {
        words.push(text.slice(start..text.len()));
    }
    words
}

struct Expansion<'a> {
    text: &'a Text,
    lookup: &'a dyn Fn(&str) -> Option<Text>,
    at: usize,
    out: Text,
}

impl Expansion<'_> {
    fn run(mut self, depth: usize) -> Text {
        let mut double_quoted = false;
        while let Some(c) = self.peek() {
            match c {
                '\'' if !double_quoted => self.single_quoted(),
                '"' => {
                    double_quoted = !double_quoted;
                    self.at += 1;
                }
                '\\' => self.escaped(double_quoted),
                '$' => self.variable(depth),
                c => self.keep(self.at..self.at + c.len_utf8()),
            }
        }
        self.out
    }

    fn peek(&self) -> Option<char> {
        self.text.as_str().get(self.at..)?.chars().next()
    }

    fn keep(&mut self, range: Range<usize>) {
        self.at = range.end;
        self.out.push(&self.text.slice(range));
    }

    fn single_quoted(&mut self) {
        let start = self.at + 1;
        let end = self.text.as_str()[start..].find('\'').map_or(self.text.len(), |length| start + length);
        self.keep(start..end);
        self.at = (end + 1).min(self.text.len());
    }

    /// A backslash keeps the next character as it is; in double quotes only `"`, `$` and the backslash itself.
    fn escaped(&mut self, double_quoted: bool) {
        let next = self.text.as_str()[self.at + 1..].chars().next();
        match next {
            Some(c) if !double_quoted || matches!(c, '"' | '$' | '\\') => {
                self.keep(self.at + 1..self.at + 1 + c.len_utf8());
            }
            _ => self.keep(self.at..self.at + 1),
        }
    }

    fn variable(&mut self, depth: usize) {
        let rest = &self.text.as_str()[self.at + 1..];
        if let Some(inside) = rest.strip_prefix('{') {
            match closing_brace(inside) {
                Some(length) if depth < MOST_NESTED => {
                    let body = self.at + 2..self.at + 2 + length;
                    let value = self.braced(body.clone(), depth);
                    self.take(value, self.at..body.end + 1);
                }
                _ => self.keep(self.at..self.text.len()),
            }
            return;
        }
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 {
            self.keep(self.at..self.at + 1);
        } else {
            let value = (self.lookup)(&rest[..length]);
            self.take(value, self.at..self.at + 1 + length);
        }
    }

    fn take(&mut self, value: Option<Text>, reference: Range<usize>) {
        if let (Some(value), Some(span)) = (value, self.text.slice(reference.clone()).span()) {
            self.out.push(&value.then(&Origin::at(How::Interpolated, span)));
        }
        self.at = reference.end;
    }

    /// What `NAME`, `NAME:-default`, `NAME-default`, `NAME:+other`, `NAME+other` come to. Patterns (`#`, `%`, `/`)
    /// leave the value whole: what they cut off is never a number.
    fn braced(&self, body: Range<usize>, depth: usize) -> Option<Text> {
        let inside = self.text.slice(body);
        let name_length =
            inside.as_str().find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
        let value = (self.lookup)(&inside.as_str()[..name_length]);
        let operator = &inside.as_str()[name_length..];
        let colon = operator.starts_with(':');
        let has_value = value.as_ref().is_some_and(|value| !(colon && value.is_empty()));
        let word = |skip: usize| {
            let word = inside.slice((name_length + skip).min(inside.len())..inside.len());
            Expansion { text: &word, lookup: self.lookup, at: 0, out: word.slice(0..0) }.run(depth + 1)
        };
        match operator.trim_start_matches(':').chars().next() {
            Some('-') if !has_value => Some(word(usize::from(colon) + 1)),
            Some('+') => has_value.then(|| word(usize::from(colon) + 1)),
            _ => value,
        }
    }
}

/// The length of what stands before the brace that closes an open one.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    fn lookup(name: &str) -> Option<Text> {
        let sources = Sources::new(Memory::new([("env", "7")]));
        let file = sources.load(&TreePath::new("env")).ok()?;
        match name {
            "A" => Some(Text::verbatim(&file, 0..1)),
            "E" => Some(Text::verbatim(&file, 0..0)),
            _ => None,
        }
    }

    fn read(text: &'static str) -> Vec<String> {
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        words(&Text::verbatim(&file, 0..text.len()), &lookup).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_are_unquoted_and_expanded() {
        for (text, expected) in [
            ("a=1 b='x y' c=\"p q\"", vec!["a=1", "b=x y", "c=p q"]),
            (
                "a=$A b=${A}0 c=${U:-5} d=${U-6} e=${E:-8} f=${E-9}",
                vec!["a=7", "b=70", "c=5", "d=6", "e=8", "f="],
            ),
            ("${A:+x}${U:+y} '$A' \"$A\" \\$A", vec!["x", "$A", "7", "$A"]),
            ("${U:-${A}} a\\ b", vec!["7", "a b"]),
            ("5$ ${A", vec!["5$", "${A"]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
