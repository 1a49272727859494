//! What a scalar is taken for (yaml.v3 v3.0.1, resolve.go).

use super::timestamp::go_timestamp;
use super::{Style, Type};

/// The type of a scalar, or why its tag does not fit it.
pub(super) fn resolve(tag: Option<&str>, style: Style, text: &str) -> Result<Type, &'static str> {
    match (tag, untagged(text)) {
        (None | Some("!"), typed) if style == Style::Plain => Ok(date(text).unwrap_or(typed)),
        (Some("!!null"), typed @ Type::Null)
        | (Some("!!bool"), typed @ Type::Bool(_))
        | (Some("!!int"), typed @ Type::Int(_))
        | (Some("!!float"), typed @ Type::Float(_)) => Ok(typed),
        (Some("!!float"), Type::Int(whole)) => {
            whole_as_float(whole).map(Type::Float).ok_or("the tag !!float does not fit the value")
        }
        (Some("!!timestamp"), _) => date(text).ok_or("the tag !!timestamp does not fit the value"),
        (Some("!!null"), _) => Err("the tag !!null does not fit the value"),
        (Some("!!bool"), _) => Err("the tag !!bool does not fit the value"),
        (Some("!!int"), _) => Err("the tag !!int does not fit the value"),
        (Some("!!float"), _) => Err("the tag !!float does not fit the value"),
        _ => Ok(Type::String),
    }
}

/// The type that the content alone suggests, dates left aside. `yes`, `no`, `on`, `off` are strings.
fn untagged(text: &str) -> Type {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Type::Null,
        "true" | "True" | "TRUE" => Type::Bool(true),
        "false" | "False" | "FALSE" => Type::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Type::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Type::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Type::Float(f64::NEG_INFINITY),
        _ => number(text).unwrap_or(Type::String),
    }
}

fn date(text: &str) -> Option<Type> {
    go_timestamp(text).map(Type::Timestamp)
}

fn number(text: &str) -> Option<Type> {
    match text.as_bytes().first()? {
        b'.' => decimal(text).map(Type::Float),
        b'+' | b'-' | b'0'..=b'9' => {
            let plain = text.replace('_', "");
            integer(&plain).map(Type::Int).or_else(|| decimal(&plain).map(Type::Float))
        }
        _ => None,
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`: a base by prefix, `010` being octal.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let size = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -size } else { size };
    let largest = if text.starts_with('+') { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN)..=largest).contains(&value).then_some(value)
}

/// A decimal number with fraction or exponent. Go refuses one that is too large, where Rust makes it infinite.
fn decimal(text: &str) -> Option<f64> {
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    let known = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E'));
    let value: f64 = (digits && known).then(|| text.parse().ok()).flatten()?;
    value.is_finite().then_some(value)
}

/// Go converts what fits a signed 64-bit number, rounding as the processor does.
#[allow(clippy::cast_precision_loss, reason = "the conversion that Go makes")]
fn whole_as_float(whole: i128) -> Option<f64> {
    i64::try_from(whole).ok().map(|whole| whole as f64)
}
