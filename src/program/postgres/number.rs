//! Whole numbers as PostgreSQL's settings take them (guc.c `parse_int`): C's notations, fractions rounded half to even.

/// Why a text is no value of a whole-number setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not a number, or a number with a unit.
    Invalid,
    /// Past what fits 32 bits.
    OutOfRange,
}

/// The number that `text` is to PostgreSQL.
pub fn number(text: &str) -> Result<i64, NumberError> {
    let start = text.trim_start_matches(is_space);
    let (whole, used) = integer(start);
    let (value, rest) = match start.as_bytes().get(used) {
        Some(b'.' | b'e' | b'E') => decimal(start).ok_or(NumberError::Invalid)?,
        _ if used == 0 => return Err(NumberError::Invalid),
        _ => match whole {
            Some(whole) => (whole, &start[used..]),
            None => return Err(NumberError::OutOfRange),
        },
    };
    if !rest.trim_start_matches(is_space).is_empty() {
        return Err(NumberError::Invalid);
    }
    if i32::try_from(value).is_err() { Err(NumberError::OutOfRange) } else { Ok(value) }
}

/// C's `isspace`.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// `strtol` with base 0: the value (`None` past its range) and how many bytes it took.
fn integer(text: &str) -> (Option<i64>, usize) {
    let sign = usize::from(text.starts_with(['+', '-']));
    let body = &text[sign..];
    let hexadecimal = (body.starts_with("0x") || body.starts_with("0X"))
        && body.as_bytes().get(2).is_some_and(u8::is_ascii_hexdigit);
    let (radix, skip) = match body {
        _ if hexadecimal => (16, 2),
        _ if body.starts_with('0') => (8, 0),
        _ => (10, 0),
    };
    let digits = body[skip..].bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    if digits == 0 {
        return (Some(0), 0);
    }
    let value = i64::from_str_radix(&body[skip..skip + digits], radix).ok();
    let value = value.map(|n| if text.starts_with('-') { -n } else { n });
    (value, sign + skip + digits)
}

/// `strtod` of a decimal number, rounded half to even as `rint` does; and what is left of the text.
fn decimal(text: &str) -> Option<(i64, &str)> {
    let bytes = text.as_bytes();
    let mut end = usize::from(text.starts_with(['+', '-']));
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(end);
    end += whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let value: f64 = text[..end].trim_end_matches('.').parse().ok()?;
    let rounded = value.round_ties_even();
    // Past 2^31 it is out of range whatever it is exactly.
    #[allow(clippy::cast_possible_truncation, reason = "clamped to what an i64 holds exactly")]
    let clamped = rounded.clamp(-1e15, 1e15) as i64;
    Some((clamped, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::{NumberError, number};

    #[test]
    fn numbers_are_read_as_the_server_reads_them() {
        for (text, value) in [
            ("201", 201),
            (" 208", 208),
            ("208 ", 208),
            ("208\r", 208),
            ("0x64", 100),
            ("0144", 100),
            ("1e2", 100),
            ("222.4", 222),
            ("222.6", 223),
            ("+100", 100),
            ("98.5", 98),
            ("99.5", 100),
            ("-1", -1),
            ("0", 0),
            ("100.", 100),
            (".5e1", 5),
        ] {
            assert_eq!(number(text), Ok(value), "{text}");
        }
        for text in ["", "'220'", "100kB", "on", "1_000", "0b11", "0o144", "abc", "-", "1e", "0x", "１"] {
            assert_eq!(number(text), Err(NumberError::Invalid), "{text}");
        }
        for text in ["2147483648", "1e400", "99999999999999999999"] {
            assert!(number(text).is_err(), "{text}");
        }
    }
}
