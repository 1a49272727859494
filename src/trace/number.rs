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

/// The integer that Python's `int(text, 0)` makes of a string: as in Python's source, so `0x10` and `0o17` are numbers and
/// `010` is none (<https://docs.python.org/3/library/functions.html#int>).
pub fn python_int_by_prefix(text: &str) -> Result<i64, FlawKind> {
    let trimmed = text.trim();
    let (sign, digits) = match trimmed.strip_prefix(['-', '+']) {
        Some(rest) => (if trimmed.starts_with('-') { -1 } else { 1 }, rest),
        None => (1, trimmed),
    };
    let radix = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        [b'0', ..] if digits.bytes().any(|digit| !matches!(digit, b'0' | b'_')) => {
            return Err(FlawKind::NotANumber);
        }
        _ => return python_int(text),
    };
    let digits = digits[2..].strip_prefix('_').unwrap_or(&digits[2..]);
    let is_whole = digits.split('_').all(|part| !part.is_empty() && part.chars().all(|c| c.is_digit(radix)));
    if !is_whole {
        return Err(FlawKind::NotANumber);
    }
    let number = i64::from_str_radix(&digits.replace('_', ""), radix).map_err(|_| FlawKind::TooLarge)?;
    Ok(sign * number)
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
        for (text, number) in
            [("0x10", 16), (" -0o17 ", -15), ("0b1_0", 2), ("00", 0), ("1_0", 10), ("0x_f", 15)]
        {
            assert_eq!(python_int_by_prefix(text), Ok(number), "{text}");
        }
        for text in ["010", "0x", "0b2", "0x1__0", "4.0"] {
            assert_eq!(python_int_by_prefix(text), Err(FlawKind::NotANumber), "{text}");
        }
        assert_eq!(python_int("\t"), Err(FlawKind::Empty));
        assert_eq!(python_int("9223372036854775808"), Err(FlawKind::TooLarge));
    }
}
