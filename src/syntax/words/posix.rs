//! Python's `shlex.split` (CPython 3.11, `Lib/shlex.py`, POSIX mode): gunicorn's `GUNICORN_CMD_ARGS`, honcho's Procfile.

use super::{SplitError, Words};
use crate::trace::Text;

/// Whether `#` begins a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comments {
    /// It is a character as any other: `shlex.split(text)`.
    Kept,
    /// It does, in the middle of a word as well: `shlex.split(text, comments=True)`.
    Dropped,
}

/// Cuts `text` as `shlex.split` does. In double quotes a backslash escapes the quote and itself alone, and elsewhere the
/// line break after one is kept: both unlike a shell.
pub fn split_posix(text: &Text, comments: Comments) -> Result<Vec<Text>, SplitError> {
    let source = text.as_str();
    let bytes = source.as_bytes();
    let (mut words, mut is_word, mut at) = (Words::new(text), false, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                if std::mem::take(&mut is_word) {
                    words.end(at);
                }
                at += 1;
                continue;
            }
            b'#' if comments == Comments::Dropped => {
                if std::mem::take(&mut is_word) {
                    words.end(at);
                }
                at = source[at..].find('\n').map_or(source.len(), |end| at + end);
                continue;
            }
            b'\'' | b'"' => at = quoted(text, at, &mut words)?,
            b'\\' => {
                let Some(escaped) = source[at + 1..].chars().next() else {
                    return Err(SplitError::Dangling(text.slice(at..at + 1)));
                };
                words.keep(at + 1..at + 1 + escaped.len_utf8());
                at += 1 + escaped.len_utf8();
            }
            _ => {
                words.keep(at..at + 1);
                at += 1;
            }
        }
        is_word = true;
    }
    if is_word {
        words.end(at);
    }
    Ok(words.done)
}

/// Keeps what stands in the quote at `at`; gives the byte after it.
fn quoted(text: &Text, at: usize, words: &mut Words<'_>) -> Result<usize, SplitError> {
    let bytes = text.as_str().as_bytes();
    let (quote, mut end) = (bytes.get(at), at + 1);
    let mut from = end;
    loop {
        match (bytes.get(end), bytes.get(end + 1)) {
            (None, _) => return Err(SplitError::Unclosed(text.slice(at..text.len()))),
            (Some(b'\\'), Some(b'\\' | b'"')) if quote == Some(&b'"') => {
                words.keep(from..end);
                from = end + 1;
                end += 2;
            }
            (byte, _) if byte == quote => {
                words.keep(from..end);
                return Ok(end + 1);
            }
            _ => end += 1,
        }
    }
}
