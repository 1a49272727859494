//! PgBouncer's configuration files: sections and settings (libusual, `usual/cfparser.c`) and the connection strings that are
//! the values of its entries (PgBouncer, `src/loader.c`). Held against PgBouncer 1.18 in `fixtures/pgbouncer`.

use crate::trace::Text;

/// One statement of a file.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `[name]`, whatever stands behind it on its line being the next statement.
    Section(Text),
    /// `%include file`: what that file says stands here.
    Include(Text),
    /// `key = value`.
    Setting {
        /// The key.
        key: Text,
        /// Whether it stands in quotes, as PgBouncer 1.25 allows.
        quoted: bool,
        /// The value up to the end of the line: nothing in it is a comment or a quote.
        value: Text,
    },
}

/// What is no statement, and why.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The rest of its line.
    pub at: Text,
    /// Why, in words without a full stop.
    pub why: &'static str,
}

/// The statements of a file's `text` up to the first that is none, and that one.
pub fn parse(text: &Text) -> (Vec<Statement>, Option<Refused>) {
    let mut reader = Reader { text, at: 0, statements: Vec::new() };
    let error = reader.all().err();
    (reader.statements, error)
}

struct Reader<'t> {
    text: &'t Text,
    at: usize,
    statements: Vec<Statement>,
}

impl Reader<'_> {
    fn all(&mut self) -> Result<(), Refused> {
        loop {
            self.skip(is_space);
            let rest = &self.text.as_str().as_bytes()[self.at..];
            match rest.first() {
                None => return Ok(()),
                _ if rest.starts_with(b"%include") && rest.get(8).is_some_and(|&byte| is_blank(byte)) => {
                    self.at += 8;
                    let name = self.value();
                    self.statements.push(Statement::Include(name));
                }
                Some(b'#' | b';') => self.skip(|byte| byte != b'\n'),
                Some(b'[') => self.section()?,
                Some(_) => self.setting()?,
            }
        }
    }

    fn section(&mut self) -> Result<(), Refused> {
        let start = self.at + 1;
        self.skip(|byte| byte != b']' && byte != b'\n');
        if self.byte() != Some(b']') {
            return Err(self.error(start - 1, "a section's name ends with `]` on the same line"));
        }
        self.statements.push(Statement::Section(self.text.slice(start..self.at)));
        self.at += 1;
        Ok(())
    }

    fn setting(&mut self) -> Result<(), Refused> {
        let start = self.at;
        let quoted = self.byte() == Some(b'\'');
        let key = if quoted {
            self.at += 1;
            self.skip(|byte| byte != b'\'');
            let key = start + 1..self.at;
            if key.is_empty() || self.byte().is_none() {
                return Err(self.error(start, "a key's quote does not end, or nothing stands in it"));
            }
            self.at += 1;
            key
        } else {
            self.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'*'));
            start..self.at
        };
        self.skip(is_blank);
        if self.byte() != Some(b'=') {
            let why = "this is no `key = value`: a key is made of letters, digits, `_`, `.`, `-` and `*`";
            return Err(self.error(start, why));
        }
        self.at += 1;
        let key = self.text.slice(key);
        let value = self.value();
        self.statements.push(Statement::Setting { key, quoted, value });
        Ok(())
    }

    /// The rest of the line without blanks around it.
    fn value(&mut self) -> Text {
        self.skip(is_blank);
        let start = self.at;
        self.skip(|byte| byte != b'\n');
        let ends = |c: char| u8::try_from(c).is_ok_and(is_space);
        let line = self.text.as_str().get(start..self.at).unwrap_or_default();
        self.text.slice(start..start + line.trim_end_matches(ends).len())
    }

    fn skip(&mut self, while_it: impl Fn(u8) -> bool) {
        let rest = &self.text.as_str().as_bytes()[self.at..];
        self.at += rest.iter().take_while(|&&byte| while_it(byte)).count();
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_str().as_bytes().get(self.at).copied()
    }

    /// What is left of the line from `start` on is no statement.
    fn error(&self, start: usize, why: &'static str) -> Refused {
        let rest = &self.text.as_str()[start..];
        let line = rest.lines().next().unwrap_or_default();
        Refused { at: self.text.slice(start..start + line.len()), why }
    }
}

/// C's `isspace`.
fn is_space(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'\n' | b'\r' | 0xb | 0xc)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The pairs of a connection string: `host=db port = 5432 dbname='it''s'`. An error is the part that is no pair.
pub fn pairs(text: &Text) -> Result<Vec<(Text, Text)>, Text> {
    let mut pairs = Vec::new();
    let (whole, mut at) = (text.as_str(), 0);
    // Only the blank parts words: a tab belongs to its value.
    let word = |at: usize| at + whole[at..].len() - whole[at..].trim_start_matches(' ').len();
    loop {
        at = word(at);
        if at == whole.len() {
            return Ok(pairs);
        }
        let failed = || text.slice(at..whole.len());
        let end = at + whole[at..].find(['=', ' ']).unwrap_or(whole.len() - at);
        let equals = word(end);
        if end == at || !whole[equals..].starts_with('=') {
            return Err(failed());
        }
        let (value, next) = value(text, word(equals + 1)).ok_or_else(failed)?;
        if value.is_empty() {
            return Err(failed());
        }
        pairs.push((text.slice(at..end), value));
        at = next;
    }
}

/// The value at `start`, and where the next word may begin; `None` where a quote does not end.
fn value(text: &Text, start: usize) -> Option<(Text, usize)> {
    let whole = text.as_str();
    // One character behind a value is passed over, whatever it is.
    let behind = |end: usize| end + whole[end..].chars().next().map_or(0, char::len_utf8);
    if !whole[start..].starts_with('\'') {
        let end = start + whole[start..].find(' ').unwrap_or(whole.len() - start);
        return Some((text.slice(start..end), behind(end)));
    }
    let (mut value, mut from) = (text.slice(start + 1..start + 1), start + 1);
    loop {
        let quote = from + whole[from..].find('\'')?;
        value.push(&text.slice(from..quote));
        if !whole[quote + 1..].starts_with('\'') {
            return Some((value, behind(quote + 1)));
        }
        // A doubled quote stands for one.
        value.push(&text.slice(quote..quote + 1));
        from = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    fn read(text: &'static str) -> (Vec<String>, Option<String>) {
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let (statements, error) = parse(&Text::verbatim(&file, 0..text.len()));
        let shown = statements.iter().map(|statement| match statement {
            Statement::Section(name) => format!("[{name}]"),
            Statement::Include(name) => format!("%{name}"),
            Statement::Setting { key, value, .. } => format!("{key}|{value}"),
        });
        (shown.collect(), error.map(|error| error.at.to_string()))
    }

    #[test]
    fn statements_stand_where_the_line_parser_sees_them() {
        for (text, statements, error) in [
            (" [a] b=c\r\n;x\n  # y\nd = 5 ; e\n", vec!["[a]", "b|c", "d|5 ; e"], None),
            ("a=\nb=1", vec!["a|", "b|1"], None),
            ("%include  x y.ini \n%included=1\n", vec!["%x y.ini"], Some("%included=1")),
            ("%include", vec![], Some("%include")),
            ("[a\nb=1", vec![], Some("[a")),
            ("a*.b-c=1\na b=1", vec!["a*.b-c|1"], Some("a b=1")),
            ("'a b' = 1\n'' = 1", vec!["a b|1"], Some("'' = 1")),
            ("größe=1", vec![], Some("größe=1")),
        ] {
            let (read, at) = read(text);
            assert_eq!(
                (read, at.as_deref()),
                (statements.into_iter().map(str::to_owned).collect(), error),
                "{text}"
            );
        }
    }

    #[test]
    fn connection_strings_are_cut_into_pairs() {
        let cut = |text: &'static str| {
            let sources = Sources::new(Memory::new([("x", text)]));
            let file = sources.load(&TreePath::new("x")).unwrap();
            let pairs = pairs(&Text::verbatim(&file, 0..text.len())).map_err(|at| at.to_string());
            pairs.map(|pairs| pairs.iter().map(|(key, value)| format!("{key}|{value}")).collect::<Vec<_>>())
        };
        for (text, pairs) in [
            ("host=h  port = 1", vec!["host|h", "port|1"]),
            ("a='x y' b='it''s'c d=1\t", vec!["a|x y", "b|it's", " d|1\t"]),
            ("a='h'xb=1", vec!["a|h", "b|1"]),
            ("", vec![]),
        ] {
            let expected: Vec<String> = pairs.iter().map(|pair| pair.trim_start().to_owned()).collect();
            assert_eq!(cut(text), Ok(expected), "{text}");
        }
        for (text, at) in
            [("a=1 b", "b"), ("a= ", "a= "), ("a=''", "a=''"), ("a='x", "a='x"), ("=1", "=1"), ("a=1 é", "é")]
        {
            assert_eq!(cut(text), Err(at.to_owned()), "{text}");
        }
    }
}
