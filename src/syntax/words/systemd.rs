//! Words as systemd cuts them (systemd 252, `src/basic/extract-word.c`, `src/basic/escape.c`; `man systemd.service`,
//! "Command lines"): quotes of both kinds, C escapes everywhere but no expansion.

use super::{SplitError, Words};
use crate::trace::Text;

/// Cuts `text` as systemd does with `ExecStart=` and `Environment=`. A backslash before any other letter is kept.
pub fn split_systemd(text: &Text) -> Result<Vec<Text>, SplitError> {
    let source = text.as_str();
    let bytes = source.as_bytes();
    let mut words = Words::new(text);
    let (mut at, mut is_word) = (0, false);
    let mut quote: Option<(u8, usize)> = None;
    while let Some(&byte) = bytes.get(at) {
        match (byte, quote) {
            (b' ' | b'\t' | b'\r' | b'\n', None) => {
                if std::mem::take(&mut is_word) {
                    words.end(at);
                }
                at += 1;
                continue;
            }
            (b'\'' | b'"', None) => {
                quote = Some((byte, at));
                at += 1;
            }
            (byte, Some((open, _))) if byte == open => {
                quote = None;
                at += 1;
            }
            (b'\\', _) => at = escape(text, at, &mut words)?,
            _ => {
                words.keep(at..at + 1);
                at += 1;
            }
        }
        is_word = true;
    }
    if let Some((_, start)) = quote {
        return Err(SplitError::Unclosed(text.slice(start..text.len())));
    }
    if is_word {
        words.end(at);
    }
    Ok(words.done)
}

/// Keeps what the escape at `at` means; gives the byte after it.
fn escape(text: &Text, at: usize, words: &mut Words<'_>) -> Result<usize, SplitError> {
    let rest = &text.as_str()[at + 1..];
    let Some(letter) = rest.chars().next() else { return Err(SplitError::Dangling(text.slice(at..at + 1))) };
    let end = at + 1 + letter.len_utf8();
    let digits = |from: usize, count: usize, radix: u32| {
        let digits = rest.get(from..from + count)?;
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)
    };
    let (value, end) = match letter {
        '\\' | '"' | '\'' => {
            words.keep(at + 1..end);
            return Ok(end);
        }
        'n' => (Some('\n'), end),
        't' => (Some('\t'), end),
        'r' => (Some('\r'), end),
        'a' => (Some('\u{7}'), end),
        'b' => (Some('\u{8}'), end),
        'f' => (Some('\u{c}'), end),
        'v' => (Some('\u{b}'), end),
        's' => (Some(' '), end),
        'x' => (digits(1, 2, 16), end + 2),
        'u' => (digits(1, 4, 16), end + 4),
        '0'..='3' => (digits(0, 3, 8), end + 2),
        _ => (None, end),
    };
    if let Some(value) = value {
        words.replace(at..end, value);
        return Ok(end);
    }
    words.keep(at..at + 1);
    Ok(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn quotes_and_escapes() {
        let text = r#"/a "b c" 'd"e'f \x41\n\q "${X} y" \"z"#;
        let sources = Sources::new(Memory::new([("x", text)]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let words = split_systemd(&Text::verbatim(&file, 0..text.len())).unwrap();
        let words: Vec<&str> = words.iter().map(Text::as_str).collect();
        assert_eq!(words, ["/a", "b c", "d\"ef", "A\n\\q", "${X} y", "\"z"]);
        assert!(split_systemd(&Text::verbatim(&file, 3..5)).is_err());
    }
}
