//! What of a text must never be shown: passwords in URLs, and the values of variables whose names say that they are
//! secret. Where in doubt, more is hidden.

use std::ops::Range;

/// Parts of names whose values are secret.
const SECRET_NAMES: [&str; 6] = ["password", "passwd", "secret", "token", "key", "credential"];

/// The bytes of `line` that must not be shown when it is quoted: secrets in URLs and the values of secret names.
pub fn secrets(line: &str) -> Vec<Range<usize>> {
    let mut found = url_secrets(line);
    found.extend(named_secrets(line));
    found.sort_by_key(|range| range.start);
    found
}

/// `text` with the passwords of its URLs replaced by `***`.
pub fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for secret in url_secrets(text) {
        // Secrets are found from left to right and do not overlap.
        shown.push_str(text.get(end..secret.start).unwrap_or_default());
        shown.push_str("***");
        end = secret.end;
    }
    shown.push_str(text.get(end..).unwrap_or_default());
    shown
}

/// The password of each URL: from the first `:` behind `://` to the last `@` of the word. A password may hold any
/// character that is not percent-encoded by mistake, `@` and `/` among them, so the last `@` ends it.
fn url_secrets(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = &text[start..];
        let bare = rest.split(char::is_whitespace).next().unwrap_or_default();
        let quoted = bare.split(['"', '\'', '`', '<', '>']).next().unwrap_or_default();
        // A quote inside the password leaves no `@` in front of it.
        let word = if quoted.contains('@') { quoted } else { bare };
        let Some(userinfo) = word.rfind('@') else { continue };
        let scheme = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let scheme_is_http = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
        let secret = match word[..userinfo].find(':') {
            Some(colon) => start + colon + 1..start + userinfo,
            // `https://TOKEN@host`: what stands for a user is the secret; a database's user is not.
            None if scheme_is_http => start..start + userinfo,
            None => continue,
        };
        if found.last().is_none_or(|last| last.end <= secret.start) && !secret.is_empty() {
            found.push(secret);
        }
    }
    found
}

/// The values behind names that say they are secret: `NAME=value`, `NAME: value`, `"name", "value"`, `NAME value`.
fn named_secrets(line: &str) -> Vec<Range<usize>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = line[at..].find(is_name).map(|offset| at + offset) {
        let end = line[start..].find(|c| !is_name(c)).map_or(line.len(), |offset| start + offset);
        at = end;
        let lower = line[start..end].to_ascii_lowercase();
        if SECRET_NAMES.iter().any(|name| lower.contains(name))
            && let Some(value) = value_behind(line, start, end)
        {
            at = value.end.max(end);
            found.push(value);
        }
    }
    found
}

/// Where the value of the name at `start..end` stands.
fn value_behind(line: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let rest = &line[end..];
    let bytes = |text: &str, of: &[char]| text.len() - text.trim_start_matches(of).len();
    let closed = bytes(rest, &['"', '\'', ']', ')']);
    let separators = bytes(&rest[closed..], &[' ', '\t', ':', '=', ',', '-', '?', '+']);
    if separators == 0 {
        return None;
    }
    let value = end + closed + separators;
    let quotes = bytes(&line[value..], &['"', '\'']);
    let (from, text) = (value + quotes, &line[value + quotes..]);
    let stop = if quotes > 0 { text.find(['"', '\'']) } else { unquoted_end(line, start, text) };
    let to = stop.map_or(line.len(), |offset| from + offset);
    (from < to).then_some(from..to)
}

/// Where an unquoted value ends: at what encloses its name, or at the end of the line where the name begins the line
/// (a `.env` value may hold spaces), else with the word.
fn unquoted_end(line: &str, start: usize, text: &str) -> Option<usize> {
    let before = &line[..start];
    if before.ends_with("${") {
        return text.find('}');
    }
    if let Some(quote) = ['"', '\''].into_iter().find(|&quote| before.matches(quote).count() % 2 == 1) {
        return text.find(quote);
    }
    let begins = before.split_whitespace().all(|word| matches!(word, "-" | "export" | "ENV" | "ARG"));
    if begins { None } else { text.find([' ', '\t', ',']) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(line: &str) -> Vec<&str> {
        secrets(line).into_iter().map(|range| &line[range]).collect()
    }

    #[test]
    fn a_password_in_a_url_is_hidden_whatever_it_holds() {
        for (line, secret) in [
            ("DATABASE_URL=postgresql://forge:s3cret@db:5432/forge", "s3cret"),
            ("url = \"postgres://u:p@ss/w:rd@db/x\"", "p@ss/w:rd"),
            ("git+https://ghp_abc@github.com/x", "ghp_abc"),
            ("DATABASE_URL: redis://:pass@cache/0", "pass"),
        ] {
            assert_eq!(hidden(line), [secret], "{line}");
        }
        for line in ["postgresql://forge@db/forge", "http://localhost:8000/?a=b", "see https://example.org"] {
            assert_eq!(hidden(line), [""; 0], "{line}");
        }
        assert_eq!(without_passwords("a://u:p@h and b://v:q@i"), "a://u:***@h and b://v:***@i");
    }

    #[test]
    fn a_secret_name_hides_its_value_and_no_more() {
        for (line, secret) in [
            ("POSTGRES_PASSWORD=two words # note", "two words # note"),
            ("      - SECRET_KEY=abc", "abc"),
            ("      POSTGRES_PASSWORD: 'a b'", "a b"),
            ("ENV API_TOKEN abc", "abc"),
            ("os.getenv(\"SECRET_KEY\", \"dev\")", "dev"),
            ("  x: ${DB_PASSWORD:-forge} --workers 4", "forge"),
            ("CMD [\"app\", \"--token=abc\", \"--workers\", \"10\"]", "abc"),
            ("CMD app --token abc --workers 10", "abc"),
        ] {
            assert_eq!(hidden(line), [secret], "{line}");
        }
        for line in ["DB_POOL_SIZE=3", "PASSWORD", "PASSWORD=", "workers = 10"] {
            assert_eq!(hidden(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn any_line_is_taken() {
        for line in ["", "://", "://@", "é://ü:ß@é", "KEY=é", "key: \"", "${KEY:-", "token\u{202e}=x"] {
            for range in secrets(line) {
                assert!(line.get(range).is_some(), "{line}");
            }
        }
    }
}
