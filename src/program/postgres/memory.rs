//! Amounts of memory as docker and the tools in images write them.

/// The bytes that `text` means to docker (go-units, `RAMInBytes`): `512m`, `1.5gb`, `1GiB`, `1073741824`.
pub fn bytes(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let number: f64 = lower[..end].parse().ok()?;
    let unit = lower[end..].trim_start();
    let letter = unit.get(..1).unwrap_or(unit);
    let rest = &unit[letter.len()..];
    let power = match letter {
        "" | "b" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    if !(rest.is_empty() || letter != "b" && matches!(rest, "b" | "ib")) {
        return None;
    }
    let scaled = number * 1024_f64.powi(power);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and below 2^63"
    )]
    (scaled < 9e18).then_some(scaled as u64)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn docker_writes_memory_in_many_ways() {
        for (text, expected) in [
            ("512m", Some(536_870_912)),
            ("1.5gb", Some(1_610_612_736)),
            ("1GiB", Some(1 << 30)),
            ("4 GB", Some(4 << 30)),
            ("1073741824", Some(1 << 30)),
            ("100b", Some(100)),
            ("50M", Some(50 << 20)),
            ("1x", None),
            ("bb", None),
            ("", None),
            ("1é", None),
            ("1 ü", None),
            ("-1", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
