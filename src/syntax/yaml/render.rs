//! Typed scalars as strings: what compose makes of a number where it wants a string.

use super::{Scalar, Type};
use crate::trace::Text;

/// `scalar` as Go's `fmt.Sprint` prints its value: `1.10` is `1.1`, `010` is `8`, `1e6` is `1e+06`. Its own text where
/// that is the same, else a new one at the same place. `None` for null.
pub fn as_string(scalar: &Scalar) -> Option<Text> {
    let printed = match &scalar.typed {
        Type::Null => return None,
        Type::String => return Some(scalar.text.clone()),
        Type::Bool(value) => value.to_string(),
        Type::Int(value) => value.to_string(),
        Type::Float(value) => go_float(*value),
        Type::Timestamp(printed) => printed.clone(),
    };
    let same = printed == scalar.text.as_str();
    Some(if same { scalar.text.clone() } else { Text::traced(printed, scalar.text.trail()) })
}

/// Go's `%v` of a float64: the shortest digits that mean it, with an exponent below −4 and from 6 on.
fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(power) if !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.abs())
        }
        _ => value.to_string(),
    }
}
