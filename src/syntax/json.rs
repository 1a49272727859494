//! JSON (RFC 8259) with the place of everything: in a file, or in a variable that somebody set.

use crate::trace::Text;

/// Arrays and objects inside one another, at most.
const MAX_DEPTH: usize = 200;

/// A value.
#[derive(Clone, Debug)]
pub enum Json {
    /// `null`.
    Null(Text),
    /// `true` or `false`.
    Bool(bool, Text),
    /// A number, as it is written.
    Number(Text),
    /// A string without its quotes; at its place where nothing in it is escaped.
    String(Text),
    /// `[…]`.
    Array(Vec<Json>),
    /// `{…}`; of a key that stands twice the last counts.
    Object(Vec<(Text, Json)>),
}

/// Reads `text`; `None` where it is no JSON.
pub fn parse(text: &Text) -> Option<Json> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let value = reader.value()?;
    reader.skip();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'t> {
    text: &'t Text,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.as_str().get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self) {
        let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.at += blanks;
    }

    fn take(&mut self, token: char) -> Option<()> {
        self.skip();
        self.rest().starts_with(token).then(|| self.at += token.len_utf8())
    }

    fn value(&mut self) -> Option<Json> {
        self.skip();
        let start = self.at;
        match self.rest().chars().next()? {
            '{' => self.nested(Self::object),
            '[' => self.nested(Self::array),
            '"' => self.string().map(Json::String),
            _ => {
                let end =
                    self.rest().find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(self.rest().len());
                self.at += end;
                let word = self.text.slice(start..self.at);
                match word.as_str() {
                    "null" => Some(Json::Null(word)),
                    "true" => Some(Json::Bool(true, word)),
                    "false" => Some(Json::Bool(false, word)),
                    number if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                        number.parse::<f64>().is_ok().then_some(Json::Number(word))
                    }
                    _ => None,
                }
            }
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Option<Json>) -> Option<Json> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        self.at += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Option<Json> {
        let mut items = Vec::new();
        if self.take(']').is_some() {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.take(']').is_some() {
                return Some(Json::Array(items));
            }
            self.take(',')?;
        }
    }

    fn object(&mut self) -> Option<Json> {
        let mut entries: Vec<(Text, Json)> = Vec::new();
        if self.take('}').is_some() {
            return Some(Json::Object(entries));
        }
        loop {
            self.skip();
            let key = self.string()?;
            self.take(':')?;
            let value = self.value()?;
            entries.retain(|(known, _)| known.as_str() != key.as_str());
            entries.push((key, value));
            if self.take('}').is_some() {
                return Some(Json::Object(entries));
            }
            self.take(',')?;
        }
    }

    fn string(&mut self) -> Option<Text> {
        self.take('"')?;
        let start = self.at;
        let mut is_escaped = false;
        let mut end = None;
        for (index, c) in self.rest().char_indices() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => {
                    end = Some(start + index);
                    break;
                }
                _ => {}
            }
        }
        let end = end?;
        self.at = end + 1;
        let inside = self.text.slice(start..end);
        if !inside.as_str().contains('\\') {
            return Some(inside);
        }
        let decoded: String = serde_json::from_str(&format!("\"{inside}\"")).ok()?;
        Some(Text::traced(decoded, inside.trail()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn values_stand_at_their_places() {
        let source = "{\"a\": [1, -2.5, true, null], \"b\": {\"c\\u0041\": \"x\\\"y\", \"d\": \"z\"}}";
        let sources = Sources::new(Memory::new([("x.json", source)]));
        let file = sources.load(&TreePath::new("x.json")).unwrap();
        let Some(Json::Object(entries)) = parse(&Text::verbatim(&file, 0..source.len())) else { panic!() };
        let Json::Array(items) = &entries[0].1 else { panic!() };
        let Json::Number(number) = &items[1] else { panic!() };
        assert_eq!(sources.text(number.span().unwrap()), "-2.5");
        let Json::Object(inner) = &entries[1].1 else { panic!() };
        let Json::String(string) = &inner[0].1 else { panic!() };
        assert_eq!((inner[0].0.as_str(), string.as_str()), ("cA", "x\"y"));
    }

    proptest::proptest! {
        /// What serde takes, this takes, and nothing else.
        #[test]
        fn agrees_with_serde(source in r#"([\[\]{},:0-9. \t-]|"a"|"\\n"|true|null|[1-9]|-1|0\.5){0,12}"#) {
            let text = Text::traced(source.as_str(), crate::trace::Trail::default_of("a test", None));
            let real = serde_json::from_str::<serde_json::Value>(&source);
            // Numbers are taken more generously: `01`, `1.`.
            if real.is_ok() {
                proptest::prop_assert!(parse(&text).is_some());
            }
        }
    }
}
