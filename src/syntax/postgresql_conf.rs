//! `postgresql.conf`: one `name = value` a line, as the server's own scanner cuts it.
//!
//! Source: PostgreSQL `src/backend/utils/misc/guc-file.l` (the same from 12 to 18; `fixtures/postgres` holds the answers
//! of the real servers). The scanner takes the longest token that matches, and of equally long ones the first of its list.

use super::SyntaxError;
use crate::trace::{Origin, Text, Trail};

/// After so many syntax errors the server gives a file up.
const MOST_ERRORS: usize = 100;

/// One line that sets something, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name as written; names do not differ by case.
    pub name: Text,
    /// The value, taken out of its quotes.
    pub value: Text,
}

impl Entry {
    /// Whether this entry is of the setting `name`, which is given in small letters.
    pub fn is(&self, name: &str) -> bool {
        self.name.as_str().eq_ignore_ascii_case(name)
    }
}

/// The entries of `text`, and what of it is none. Any error keeps the server from starting; the rest is read all the same.
pub fn parse(text: &Text) -> (Vec<Entry>, Vec<SyntaxError>) {
    let mut reader = Reader { text, at: 0 };
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    loop {
        match reader.line() {
            Ok(Line::Entry(entry)) => entries.push(entry),
            Ok(Line::Blank) => {}
            Ok(Line::End) => break,
            Err(error) => {
                errors.extend(error);
                if errors.len() >= MOST_ERRORS {
                    break;
                }
                reader.skip_line();
            }
        }
    }
    (entries, errors)
}

enum Line {
    Entry(Entry),
    Blank,
    End,
}

/// What a token is to the parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// `max_connections`.
    Name,
    /// `pg_stat_statements.max`: the name of an extension's setting, and no value.
    Qualified,
    /// `'it''s'`.
    Quoted,
    /// `/tmp` is none, `UTC` is one: a word, a number, a number with a unit.
    Bare,
    Equals,
    EndOfLine,
    EndOfFile,
    /// A character that begins no token.
    Stray,
}

struct Reader<'t> {
    text: &'t Text,
    at: usize,
}

impl Reader<'_> {
    fn line(&mut self) -> Result<Line, Option<SyntaxError>> {
        let (token, name) = self.next();
        match token {
            Token::EndOfFile => return Ok(Line::End),
            Token::EndOfLine => return Ok(Line::Blank),
            Token::Name | Token::Qualified => {}
            _ => return Err(self.error(token, &name)),
        }
        let (mut token, mut value) = self.next();
        if token == Token::Equals {
            (token, value) = self.next();
        }
        let value = match token {
            Token::Quoted => self.unquoted(&value),
            Token::Name | Token::Bare => self.text.slice(value),
            _ => return Err(self.error(token, &value)),
        };
        match self.next() {
            (Token::EndOfLine | Token::EndOfFile, _) => {
                Ok(Line::Entry(Entry { name: self.text.slice(name), value }))
            }
            (token, range) => Err(self.error(token, &range)),
        }
    }

    /// The next token and where it stands; white space and comments are passed over.
    fn next(&mut self) -> (Token, std::ops::Range<usize>) {
        let rest = &self.text.as_str()[self.at..];
        let mut skipped = 0;
        loop {
            let blank = rest[skipped..].len() - rest[skipped..].trim_start_matches([' ', '\t', '\r']).len();
            skipped += blank;
            if !rest[skipped..].starts_with('#') {
                break;
            }
            skipped += rest[skipped..].find('\n').unwrap_or(rest.len() - skipped);
        }
        let rest = &rest[skipped..];
        let start = self.at + skipped;
        let (token, length) = longest(rest);
        self.at = start + length;
        (token, start..start + length)
    }

    /// Goes behind the next line break, unless the last token was one.
    fn skip_line(&mut self) {
        if self.at > 0 && self.text.as_str().as_bytes().get(self.at - 1) == Some(&b'\n') {
            return;
        }
        let rest = &self.text.as_str()[self.at..];
        self.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
    }

    /// What is wrong at a token that should not stand there; never its own letters, which may be secret. `None` where
    /// the text has no place.
    fn error(&self, token: Token, range: &std::ops::Range<usize>) -> Option<SyntaxError> {
        let text = self.text.as_str();
        let message = match (token, text.get(range.clone()).unwrap_or_default()) {
            (Token::EndOfLine | Token::EndOfFile, _) => "a value is missing before the end of the line",
            (Token::Stray, "\"") => "double quotes are not PostgreSQL's: it takes single ones",
            (Token::Stray, "'") => "the quote is not closed on this line",
            (Token::Stray, ";") => "a line ends without a semicolon",
            (Token::Stray, ":") => "a name and its value are parted by `=` or a blank, not by a colon",
            _ => "a line is `name = value` and no more; other values stand in single quotes",
        };
        let place = if token == Token::EndOfLine || range.is_empty() {
            range.start.saturating_sub(1)..range.start
        } else {
            range.clone()
        };
        let span = self.text.slice(place).span().or_else(|| self.text.span())?;
        Some(SyntaxError::new(span, message))
    }

    /// The text inside the quotes at `range` (`DeescapeQuotedString`).
    fn unquoted(&self, range: &std::ops::Range<usize>) -> Text {
        let inside = self.text.slice(range.start + 1..range.end - 1);
        let written = inside.as_str();
        if !written.contains(['\\', '\'']) {
            return inside;
        }
        let mut value = inside.slice(0..0);
        let (mut rest, mut at) = (written, 0);
        while let Some(plain) = rest.find(['\\', '\'']) {
            value.push(&inside.slice(at..at + plain));
            let (decoded, used) = escape(&rest[plain..]);
            let escaped = inside.slice(at + plain..at + plain + used);
            let trail =
                escaped.span().map_or_else(|| escaped.trail(), |span| Trail::new(Origin::written(span)));
            value.push(&Text::traced(decoded, trail));
            at += plain + used;
            rest = &written[at..];
        }
        value.push(&inside.slice(at..written.len()));
        value
    }
}

/// What the escape at the start of `text` means, and how many bytes it takes. An octal one past ASCII is a byte of some
/// encoding: no setting that is read here takes it.
fn escape(text: &str) -> (String, usize) {
    let mut letters = text.chars();
    let first = letters.next().unwrap_or_default();
    let Some(second) = letters.next() else { return (String::new(), text.len()) };
    if first == '\'' {
        return (second.to_string(), 1 + second.len_utf8());
    }
    let octal = text[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if octal > 0 {
        let code = u32::from_str_radix(&text[1..=octal], 8).unwrap_or_default() & 0xff;
        return (char::from_u32(code).map(String::from).unwrap_or_default(), 1 + octal);
    }
    let decoded = match second {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    };
    (decoded.to_string(), 1 + second.len_utf8())
}

/// The longest token at the start of `rest`, of equally long ones the first.
fn longest(rest: &str) -> (Token, usize) {
    let Some(first) = rest.chars().next() else { return (Token::EndOfFile, 0) };
    match first {
        '\n' => return (Token::EndOfLine, 1),
        '=' => return (Token::Equals, 1),
        _ => {}
    }
    let name = name_length(rest);
    let qualified = qualified_length(rest);
    let candidates = [
        (Token::Name, name),
        (Token::Qualified, qualified),
        (Token::Quoted, quoted_length(rest)),
        (Token::Bare, word_length(rest)),
        (Token::Bare, integer_length(rest)),
        (Token::Bare, real_length(rest)),
    ];
    let mut best = (Token::Stray, 0);
    for (token, length) in candidates {
        if length > best.1 {
            best = (token, length);
        }
    }
    if best.1 == 0 { (Token::Stray, first.len_utf8()) } else { best }
}

/// A letter to the scanner: every byte past ASCII is one.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn run(text: &str, accepted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accepted(c)).unwrap_or(text.len())
}

fn name_length(text: &str) -> usize {
    if text.starts_with(is_letter) { run(text, |c| is_letter(c) || c.is_ascii_digit()) } else { 0 }
}

fn qualified_length(text: &str) -> usize {
    let first = name_length(text);
    if first == 0 || !text[first..].starts_with('.') {
        return 0;
    }
    match name_length(&text[first + 1..]) {
        0 => 0,
        second => first + 1 + second,
    }
}

fn word_length(text: &str) -> usize {
    if !text.starts_with(is_letter) {
        return 0;
    }
    run(text, |c| is_letter(c) || c.is_ascii_digit() || matches!(c, '-' | '.' | ':' | '/'))
}

/// `'…'` on one line, in which `\x` and `''` do not end it.
fn quoted_length(text: &str) -> usize {
    if !text.starts_with('\'') {
        return 0;
    }
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\n' => return 0,
            '\\' => match letters.next() {
                None | Some((_, '\n')) => return 0,
                Some(_) => {}
            },
            '\'' => match letters.peek() {
                Some((_, '\'')) => drop(letters.next()),
                _ => return at + 1,
            },
            _ => {}
        }
    }
    0
}

fn sign_length(text: &str) -> usize {
    usize::from(text.starts_with(['-', '+']))
}

fn digits_length(text: &str) -> usize {
    run(text, |c| c.is_ascii_digit())
}

fn integer_length(text: &str) -> usize {
    let sign = sign_length(text);
    let body = &text[sign..];
    let hexadecimal = body.strip_prefix("0x").map_or(0, |digits| run(digits, |c| c.is_ascii_hexdigit()));
    let number = if hexadecimal > 0 { 2 + hexadecimal } else { digits_length(body) };
    if number == 0 {
        return 0;
    }
    sign + number + run(&body[number..], |c| c.is_ascii_alphabetic())
}

fn real_length(text: &str) -> usize {
    let mut end = sign_length(text);
    end += digits_length(&text[end..]);
    if !text[end..].starts_with('.') {
        return 0;
    }
    end += 1;
    end += digits_length(&text[end..]);
    if text[end..].starts_with(['e', 'E']) {
        let sign = sign_length(&text[end + 1..]);
        let exponent = digits_length(&text[end + 1 + sign..]);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::source::{Memory, Sources, TreePath};
    use crate::trace::Text;

    /// Each entry as name, value and the bytes under the value; and the bytes under each error.
    fn read(text: &str) -> (Vec<(String, String, String)>, Vec<String>) {
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let (entries, errors) = parse(&Text::verbatim(&file, 0..text.len()));
        let entries = entries.iter().map(|entry| {
            let under = entry.value.span().map(|span| sources.text(span)).unwrap_or_default();
            (entry.name.to_string(), entry.value.to_string(), under)
        });
        (entries.collect(), errors.iter().map(|error| sources.text(error.span)).collect())
    }

    #[test]
    fn a_value_has_the_place_of_its_own_letters() {
        for (text, value, under) in [
            ("max_connections = 200\n", "200", "200"),
            ("  Max_Connections\t'200' # note", "200", "200"),
            ("max_connections=210# c\r\n", "210", "210"),
            ("application_name = 'it''s'", "it's", "it''s"),
            (r"max_connections = '2\0626'", "226", r"2\0626"),
            ("include inc.d/a.conf", "inc.d/a.conf", "inc.d/a.conf"),
            ("shared_buffers = 128MB", "128MB", "128MB"),
            ("x.y = -.5e3", "-.5e3", "-.5e3"),
            ("a = ''", "", ""),
        ] {
            let (entries, errors) = read(text);
            assert_eq!(errors, Vec::<String>::new(), "{text}");
            assert_eq!(entries.len(), 1, "{text}");
            assert_eq!((entries[0].1.as_str(), entries[0].2.as_str()), (value, under), "{text}");
        }
    }

    #[test]
    fn what_the_server_refuses_is_an_error_at_its_place_and_the_next_line_counts() {
        for (text, under) in [
            ("a = \"206\"\nb = 1", "\""),
            ("max-connections = 1\nb = 1", "max-connections"),
            ("a = 219;\nb = 1", ";"),
            ("a: 1\nb = 1", "a:"),
            ("a == 1\nb = 1", "="),
            ("a =\nb = 1", "="),
            ("a = 1e2\nb = 1", "2"),
            ("a = 1 2\nb = 1", "2"),
            ("a = 'x\nb = 1", "'"),
            ("a = b.c\nb = 1", "b.c"),
            ("[x]\nb = 1", "["),
            ("\u{feff} 1 2\nb = 1", "2"),
        ] {
            let (entries, errors) = read(text);
            assert_eq!(errors, [under], "{text}");
            assert_eq!(entries.last().map(|entry| entry.0.as_str()), Some("b"), "{text}");
        }
        assert_eq!(read("a").1.len(), 1);
    }

    #[test]
    fn a_file_of_nothing_but_errors_is_given_up() {
        assert_eq!(read(&"?\n".repeat(500)).1.len(), 100);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "[a-z_=' \\t\\\\0-9.#\\n\"é\u{feff}-]{0,60}") {
            let (entries, errors) = read(&text);
            proptest::prop_assert!(entries.len() + errors.len() <= text.lines().count());
        }
    }
}
