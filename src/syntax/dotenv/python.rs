//! python-dotenv 1.2: `parser.py` and `variables.py`. A line that it cannot read is passed over with a warning.

use std::ops::Range;

use super::{Dialect, End, Entry, Known, Reading, Value, after_mark};
use crate::source::SourceFile;
use crate::syntax::SyntaxError;
use crate::syntax::template::Lookup;
use crate::trace::{How, Origin, Text, Trail};

pub(super) fn read(file: &SourceFile, lookup: &Lookup<'_>, reading: &mut Reading) {
    let mut parser = Parser { file, at: after_mark(&file.text) };
    let mut scope =
        Scope { lookup, file_first: reading.dialect == Dialect::PythonOverride, known: Known::default() };
    while parser.at < file.text.len() {
        parser.skip(is_space);
        let start = parser.at;
        match parser.binding() {
            Some(Some((name, value))) => {
                let value = value.map_or(Value::Missing, |value| Value::Known(scope.expand(&value)));
                if !scope.known.set(name.as_str(), &value) {
                    let message = "the values of this file grow without measure";
                    reading.fail(file.at(start..start + 1), message, End::Refused);
                    return;
                }
                reading.entries.push(Entry { name, value });
            }
            Some(None) => {}
            None => {
                parser.skip(|c| !is_break(c));
                let message = "python-dotenv cannot read this line and passes over it";
                reading.errors.push(SyntaxError::new(file.at(start..parser.at), message));
                parser.line_break();
            }
        }
    }
}

struct Parser<'a> {
    file: &'a SourceFile,
    at: usize,
}

/// `key=value`, `key`, or a line without any; the outer `None` is a line that cannot be read.
type Binding = Option<Option<(Text, Option<Text>)>>;

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.file.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Passes over the characters that `wanted` takes, and says which.
    fn skip(&mut self, wanted: impl Fn(char) -> bool) -> Range<usize> {
        let start = self.at;
        self.at += self.rest().find(|c| !wanted(c)).unwrap_or(self.rest().len());
        start..self.at
    }

    fn line_break(&mut self) -> bool {
        let len = match self.rest().as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            [] => 0,
            _ => return false,
        };
        self.at += len;
        true
    }

    fn binding(&mut self) -> Binding {
        if self.rest().is_empty() {
            return Some(None);
        }
        if self.rest().strip_prefix("export").is_some_and(|rest| rest.starts_with(is_blank)) {
            self.at += "export".len();
            self.skip(is_blank);
        }
        let name = match self.peek() {
            Some('#') => None,
            Some('\'') => Some(self.quoted_name()?),
            _ => Some(self.plain_name()?),
        };
        self.skip(is_blank);
        let value = if self.peek() == Some('=') { Some(self.value()?) } else { None };
        self.skip(is_blank);
        if self.peek() == Some('#') {
            self.skip(|c| !is_break(c));
        }
        self.line_break().then(|| name.map(|name| (name, value)))
    }

    fn quoted_name(&mut self) -> Option<Text> {
        let len = self.rest()[1..].find('\'').filter(|&len| len > 0)?;
        let start = self.at + 1;
        self.at = start + len + 1;
        Some(self.text(start..start + len))
    }

    fn plain_name(&mut self) -> Option<Text> {
        let name = self.skip(|c| !(c == '=' || c == '#' || is_space(c)));
        (!name.is_empty()).then(|| self.text(name))
    }

    fn value(&mut self) -> Option<Text> {
        self.at += 1;
        let blank = self.skip(is_blank);
        match self.peek() {
            Some('#') if !blank.is_empty() => Some(self.text(self.at..self.at)),
            Some(quote @ ('\'' | '"')) => self.quoted_value(quote),
            _ => Some(self.plain_value()),
        }
    }

    /// Up to the end of the line or a `#` behind white space.
    fn plain_value(&mut self) -> Text {
        let line = self.skip(|c| !is_break(c));
        let text = self.file.text.get(line.clone()).unwrap_or_default();
        let comments = text.match_indices('#').map(|(at, _)| at);
        let end = comments.into_iter().find(|&at| text[..at].ends_with(is_space)).unwrap_or(text.len());
        let value = text[..end].trim_end_matches(is_space);
        Text::verbatim(self.file, line.start..line.start + value.len())
    }

    fn quoted_value(&mut self, quote: char) -> Option<Text> {
        let start = self.at + 1;
        let mut at = start;
        let bytes = self.file.text.as_bytes();
        loop {
            match *bytes.get(at)? {
                b'\\' => at += 2,
                byte if char::from(byte) == quote => break,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        Some(unescape(&self.text(start..at), quote))
    }

    /// The bytes `range` as Python reads them from a text file: every line break is `\n`.
    fn text(&self, range: Range<usize>) -> Text {
        let source = self.file.text.get(range.clone()).unwrap_or_default();
        let mut text = Text::verbatim(self.file, range.start..range.start);
        let mut from = 0;
        for (at, _) in source.match_indices('\r') {
            text.push(&Text::verbatim(self.file, range.start + from..range.start + at));
            from = at + 1;
            if !source[from..].starts_with('\n') {
                text.push(&Text::decoded("\n", self.file.at(range.start + at..range.start + from)));
            }
        }
        text.push(&Text::verbatim(self.file, range.start + from..range.end));
        text
    }
}

/// The escapes that python-dotenv decodes; any other backslash stays.
fn unescape(text: &Text, quote: char) -> Text {
    let source = text.as_str();
    let (mut value, mut from, mut at) = (text.slice(0..0), 0, 0);
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let decoded = match (source.as_bytes().get(at + 1), quote) {
            (Some(b'\\'), _) => "\\",
            (Some(b'\''), _) => "'",
            (Some(b'"'), '"') => "\"",
            (Some(b'a'), '"') => "\x07",
            (Some(b'b'), '"') => "\x08",
            (Some(b'f'), '"') => "\x0c",
            (Some(b'n'), '"') => "\n",
            (Some(b'r'), '"') => "\r",
            (Some(b't'), '"') => "\t",
            (Some(b'v'), '"') => "\x0b",
            _ => {
                at += 1;
                continue;
            }
        };
        value.push(&text.slice(from..at));
        value.push(&Text::traced(decoded, text.slice(at..at + 2).trail()));
        at += 2;
        from = at;
    }
    value.push(&text.slice(from..source.len()));
    value
}

/// Where `${NAME}` gets its value.
struct Scope<'a> {
    lookup: &'a Lookup<'a>,
    /// `override=True`: the lines above beat the environment.
    file_first: bool,
    known: Known,
}

impl Scope<'_> {
    /// What stands for `name`; `None` where the default is taken. A name without value in the file is not unset.
    fn get(&self, name: &str) -> Option<Value> {
        let inner = || self.known.get(name).cloned();
        let outer = || (self.lookup)(name).map(Value::Known);
        if self.file_first { inner().or_else(outer) } else { outer().or_else(inner) }
    }

    /// `resolve_variables`: `${NAME}` and `${NAME:-default}`, wherever they stand and however they are quoted.
    fn expand(&self, value: &Text) -> Text {
        let source = value.as_str();
        let mut parts: Vec<Text> = Vec::new();
        let (mut from, mut at, mut length) = (0, 0, 0);
        let mut stops = Stops::default();
        while let Some(found) = source.get(at..).and_then(|rest| rest.find("${")) {
            let start = at + found;
            let Some(variable) = Variable::at(source, start, &mut stops) else {
                at = start + 1;
                continue;
            };
            if from < start {
                parts.push(value.slice(from..start));
            }
            parts.push(self.resolve(value, start, &variable));
            length += parts.last().map_or(0, Text::len);
            (at, from) = (variable.end, variable.end);
            if length > super::MAX_VALUES {
                break;
            }
        }
        if from < source.len() {
            parts.push(value.slice(from..source.len()));
        }
        join(&parts, value)
    }

    fn resolve(&self, value: &Text, start: usize, variable: &Variable) -> Text {
        let whole = value.slice(start..variable.end);
        let name = value.as_str().get(variable.name.clone()).unwrap_or_default();
        let step = whole.span().map(|span| Origin::at(How::Interpolated, span));
        let nothing = || Text::traced("", step.clone().map_or_else(|| whole.trail(), Trail::new));
        match (self.get(name), &variable.default) {
            (Some(Value::Known(found)), _) => match &step {
                Some(step) => found.then(step),
                None => found,
            },
            (None, Some(default)) => value.slice(default.clone()),
            (Some(Value::Missing | Value::Unknown { .. }), _) | (None, None) => nothing(),
        }
    }
}

/// One text out of several; where all are empty, the first says where nothing came from.
fn join(parts: &[Text], otherwise: &Text) -> Text {
    let mut filled = parts.iter().filter(|part| !part.is_empty());
    let Some(first) = filled.next() else { return parts.first().unwrap_or(otherwise).clone() };
    let mut joined = first.clone();
    filled.for_each(|part| joined.push(part));
    joined
}

/// `${NAME}` or `${NAME:-default}`.
struct Variable {
    name: Range<usize>,
    default: Option<Range<usize>>,
    end: usize,
}

/// Where the next `:` or `}` and the next `}` stand, so that no text is searched twice.
#[derive(Default)]
struct Stops {
    name: Option<usize>,
    brace: Option<usize>,
}

impl Variable {
    /// `\$\{(?P<name>[^\}:]*)(?::-(?P<default>[^\}]*))?\}` at `start`.
    fn at(source: &str, start: usize, stops: &mut Stops) -> Option<Self> {
        let name = start + 2;
        let stop = next(&mut stops.name, source, name, &[':', '}'])?;
        if source[stop..].starts_with('}') {
            return Some(Self { name: name..stop, default: None, end: stop + 1 });
        }
        if !source[stop..].starts_with(":-") {
            return None;
        }
        let brace = next(&mut stops.brace, source, stop + 2, &['}'])?;
        Some(Self { name: name..stop, default: Some(stop + 2..brace), end: brace + 1 })
    }
}

/// The first of `wanted` from `at`, remembered in `last`.
fn next(last: &mut Option<usize>, source: &str, at: usize, wanted: &[char]) -> Option<usize> {
    if last.is_none_or(|last| last < at) {
        let found = source.get(at..).and_then(|rest| rest.find(wanted)).map(|found| at + found);
        *last = Some(found.unwrap_or(usize::MAX));
    }
    last.filter(|&last| last != usize::MAX)
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

/// Python's `\s`: Unicode's white space and the four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn is_blank(c: char) -> bool {
    is_space(c) && !is_break(c)
}
