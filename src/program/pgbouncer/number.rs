//! Numbers as PgBouncer takes them: C's `strtol` in `[pgbouncer]`, `atoi` in connection strings, `strtod` for times
//! (libusual `cfparser.c`, PgBouncer `loader.c`). Held against PgBouncer in `fixtures/pgbouncer`.

use std::time::Duration;

/// A whole number of `[pgbouncer]`: in C's notations, so `010` is 8. Past 32 bits it wraps, as the cast to an `int` does.
pub(super) fn whole(text: &str) -> Option<i32> {
    let (number, used) = strtol(text, None);
    (used > 0 && used == text.len()).then_some(number)
}

/// A number of a connection string: the digits in front, 0 where there are none.
pub(super) fn leading(text: &str) -> i32 {
    strtol(text, Some(10)).0
}

/// A time in seconds; a fraction is one, a unit is none.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => Duration::from_secs(u64::from_str_radix(digits, 16).ok()?),
        None if text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')) =>
        {
            Duration::try_from_secs_f64(text.parse().ok()?).ok()?
        }
        None => return None,
    };
    Some(number)
}

/// `strtol`, cut to an `int` as its callers do, and how many bytes it took.
fn strtol(text: &str, radix: Option<u32>) -> (i32, usize) {
    let blanks = text.bytes().take_while(|byte| byte.is_ascii_whitespace() || *byte == 0xb).count();
    let sign = usize::from(text[blanks..].starts_with(['+', '-']));
    let body = &text[blanks + sign..];
    let hexadecimal = body.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("0x"))
        && body[2..].starts_with(|c: char| c.is_ascii_hexdigit());
    let (radix, skip) = match radix {
        Some(radix) => (radix, 0),
        None if hexadecimal => (16, 2),
        None if body.starts_with('0') => (8, 0),
        None => (10, 0),
    };
    let digits: Vec<u32> = body[skip..].chars().map_while(|c| c.to_digit(radix)).collect();
    if digits.is_empty() {
        return (0, 0);
    }
    let value = digits
        .iter()
        .try_fold(0_i64, |value, &digit| value.checked_mul(i64::from(radix))?.checked_add(i64::from(digit)));
    let negative = text[blanks..].starts_with('-');
    let value = match value {
        Some(value) if negative => -value,
        Some(value) => value,
        None if negative => i64::MIN,
        None => i64::MAX,
    };
    #[allow(clippy::cast_possible_truncation, reason = "PgBouncer assigns the long to an int")]
    let cut = value as i32;
    (cut, blanks + sign + skip + digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_c() {
        for (text, number) in [
            ("12", Some(12)),
            ("010", Some(8)),
            ("0X1f", Some(31)),
            ("-3", Some(-3)),
            ("+7", Some(7)),
            ("4294967306", Some(10)),
            ("99999999999999999999", Some(-1)),
            ("", None),
            ("08", None),
            ("0x", None),
            ("5s", None),
            ("1 0", None),
            ("é", None),
        ] {
            assert_eq!(whole(text), number, "{text}");
        }
        for (text, number) in
            [("010", 10), ("0x10", 0), ("8;", 8), (" 5.5", 5), ("abc", 0), ("", 0), ("-2x", -2)]
        {
            assert_eq!(leading(text), number, "{text}");
        }
    }

    #[test]
    fn times_are_seconds() {
        for (text, millis) in [
            ("0.5", Some(500)),
            ("1e2", Some(100_000)),
            ("0x10", Some(16_000)),
            ("60s", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
