//! Reading a count out of a text, as Python's `int()` does: gunicorn, uvicorn, celery and application code all use it.

use super::Text;

/// Why a text is no count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// Set, but empty.
    Empty,
    /// Not a whole number.
    NotANumber,
    /// Below zero.
    Negative,
    /// Past 2^63: no program takes it.
    TooLarge,
}

/// A text that should have been a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong with it.
    pub kind: FlawKind,
    /// The text.
    pub text: Text,
}

impl Flaw {
    /// The flaw in words that follow the name of a setting: "is empty", "is not a whole number: `five`".
    pub fn words(&self) -> String {
        match self.kind {
            FlawKind::Empty => "is set but empty".to_owned(),
            FlawKind::NotANumber => format!("is not a whole number: `{}`", self.text),
            FlawKind::Negative => format!("is negative: {}", self.text.as_str().trim()),
            FlawKind::TooLarge => format!("is too large: {}", self.text.as_str().trim()),
        }
    }
}

/// The integer that Python's `int(text)` makes of a string: white space around it, a sign, digits with single
/// underscores between them (<https://docs.python.org/3/library/functions.html#int>).
pub fn python_int(text: &str) -> Result<i64, FlawKind> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(FlawKind::Empty);
    }
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let whole = digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !whole {
        return Err(FlawKind::NotANumber);
    }
    let number: i64 = digits.replace('_', "").parse().map_err(|_| FlawKind::TooLarge)?;
    Ok(if negative { -number } else { number })
}

/// The count that `text` means to a Python program.
pub fn count_from(text: &Text) -> Result<u64, Flaw> {
    let flaw = |kind| Flaw { kind, text: text.clone() };
    let number = python_int(text.as_str()).map_err(flaw)?;
    u64::try_from(number).map_err(|_| flaw(FlawKind::Negative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_python_reads() {
        for (text, number) in [("010", 10), (" 4 ", 4), ("+4", 4), ("1_0", 10), ("-1", -1)] {
            assert_eq!(python_int(text), Ok(number), "{text}");
        }
        for text in ["0x10", "4.0", "five", "_1", "1_", "1__0", "- 1", "--1"] {
            assert_eq!(python_int(text), Err(FlawKind::NotANumber), "{text}");
        }
        assert_eq!(python_int("\t"), Err(FlawKind::Empty));
        assert_eq!(python_int("9223372036854775808"), Err(FlawKind::TooLarge));
    }
}
