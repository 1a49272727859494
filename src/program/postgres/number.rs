//! Numbers as PostgreSQL's settings take them (guc.c, `parse_int` and `parse_real`): C's notations, a unit, fractions
//! rounded half to even.

/// Why a text is no value of a whole-number setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not a number, or a number with a unit.
    Invalid,
    /// Past what fits 32 bits.
    OutOfRange,
}

/// The number that `text` is to a setting without unit.
pub fn number(text: &str) -> Result<i64, NumberError> {
    quantity(text, None)
}

/// The number that `text` is to a setting that counts in `unit`: `128MB` is 16384 to one that counts in `8kB`.
pub fn quantity(text: &str, unit: Option<&str>) -> Result<i64, NumberError> {
    let start = text.trim_start_matches(is_space);
    let (whole, used) = integer(start);
    let (value, rest) = match start.as_bytes().get(used) {
        Some(b'.' | b'e' | b'E') => decimal(start).ok_or(NumberError::Invalid)?,
        _ if used == 0 => return Err(NumberError::Invalid),
        _ => match whole {
            Some(whole) => (exact(whole), &start[used..]),
            None => return Err(NumberError::OutOfRange),
        },
    };
    let value = in_unit(value, rest, unit).ok_or(NumberError::Invalid)?.round_ties_even();
    // Past 2^31 it is out of range whatever it is exactly.
    #[allow(clippy::cast_possible_truncation, reason = "clamped to what an i64 holds exactly")]
    let value = value.clamp(-1e15, 1e15) as i64;
    if i32::try_from(value).is_err() { Err(NumberError::OutOfRange) } else { Ok(value) }
}

/// The number that `text` is to a setting that takes fractions; `None` where it is none.
pub(super) fn real(text: &str, unit: Option<&str>) -> Option<f64> {
    let start = text.trim_start_matches(is_space);
    let (value, rest) = match integer(start) {
        // `strtod` reads hexadecimal numbers, and not octal ones.
        (Some(whole), used) if start.contains(['x', 'X']) && used > 0 => (exact(whole), &start[used..]),
        _ => decimal(start)?,
    };
    in_unit(value, rest, unit).filter(|value| value.is_finite())
}

/// Numbers of settings stay far below 2^53.
#[allow(clippy::cast_precision_loss, reason = "a number past 2^53 is out of every range, exactly or not")]
fn exact(number: i64) -> f64 {
    number as f64
}

/// Units and how many of each make one of the next larger (guc.c, `memory_unit_conversion_table`). Largest first.
const MEMORY: [(&str, f64); 5] =
    [("TB", 1_099_511_627_776.0), ("GB", 1_073_741_824.0), ("MB", 1_048_576.0), ("kB", 1024.0), ("B", 1.0)];
/// Units of time in microseconds.
const TIME: [(&str, f64); 6] = [
    ("d", 86_400_000_000.0),
    ("h", 3_600_000_000.0),
    ("min", 60_000_000.0),
    ("s", 1_000_000.0),
    ("ms", 1000.0),
    ("us", 1.0),
];

/// `value` with what stands behind it, in `base`; `None` where that is no unit of the setting's
/// (`convert_to_base_unit`).
fn in_unit(value: f64, behind: &str, base: Option<&str>) -> Option<f64> {
    let unit = behind.trim_matches(is_space);
    if unit.is_empty() {
        return Some(value);
    }
    let base = base?;
    let blocks = base.strip_suffix("kB").filter(|count| !count.is_empty());
    let (table, size): (&[_], f64) = match blocks {
        Some(count) => (&MEMORY, count.parse::<f64>().ok()? * 1024.0),
        None => [&MEMORY[..], &TIME[..]]
            .into_iter()
            .find_map(|table| Some((table, table.iter().find(|(name, _)| *name == base)?.1)))?,
    };
    let at = table.iter().position(|(name, _)| *name == unit)?;
    let converted = value * (table[at].1 / size);
    // A fraction is rounded to the next smaller unit.
    Some(match table.get(at + 1) {
        Some((_, smaller)) => (converted / (smaller / size)).round_ties_even() * (smaller / size),
        None => converted,
    })
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

/// `strtod` of a decimal number, and what is left of the text.
fn decimal(text: &str) -> Option<(f64, &str)> {
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
    Some((value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::{NumberError, number, quantity};

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

    #[test]
    fn units_are_the_settings_own() {
        for (text, unit, value) in [
            ("128MB", "8kB", 16384),
            (" 128 MB ", "8kB", 16384),
            ("16384", "8kB", 16384),
            ("0.1 GB", "8kB", 13056),
            ("30.1GB", "8kB", 3_945_216),
            ("66000B", "kB", 64),
            ("0.5h", "s", 1800),
            ("1e3", "kB", 1000),
        ] {
            assert_eq!(quantity(text, Some(unit)), Ok(value), "{text}");
        }
        for (text, unit) in [("128mb", "8kB"), ("128M", "8kB"), ("4min", "kB"), ("5m", "s"), ("1 MB B", "kB")]
        {
            assert_eq!(quantity(text, Some(unit)), Err(NumberError::Invalid), "{text}");
        }
    }
}
