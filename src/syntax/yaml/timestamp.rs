//! Dates as Go reads and prints them (yaml.v3's `parseTimestamp`, over `time.Parse`).

/// `text` as Go prints the time that yaml.v3 takes it for: `2001-01-01` becomes `2001-01-01 00:00:00 +0000 UTC`.
/// `None` when it is no date. The machine's own zone is taken to be UTC.
pub(super) fn go_timestamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if !bytes.iter().take(4).all(u8::is_ascii_digit) || bytes.get(4) != Some(&b'-') {
        return None;
    }
    let (year, rest) = (&text[..4], &text[5..]);
    let (month, rest) = small_number(rest, 1..=12)?;
    let (day, rest) = small_number(rest.strip_prefix('-')?, 1..=days_in(year.parse().ok()?, month))?;
    let (clock, zone) = match rest.as_bytes().first() {
        None => ("00:00:00".to_owned(), ""),
        Some(b'T' | b't') => clock(&rest[1..])?,
        Some(b' ') => clock(rest.trim_start_matches(' ')).filter(|(_, zone)| zone.is_empty())?,
        Some(_) => return None,
    };
    let zone = if rest.starts_with(['T', 't']) { go_zone(zone)? } else { "+0000 UTC".to_owned() };
    Some(format!("{year}-{month:02}-{day:02} {clock} {zone}"))
}

/// `1:2:3.50` as `01:02:03.5`, and what follows.
fn clock(text: &str) -> Option<(String, &str)> {
    let (hour, rest) = small_number(text, 0..=23)?;
    let (minute, rest) = small_number(rest.strip_prefix(':')?, 0..=59)?;
    let (second, rest) = small_number(rest.strip_prefix(':')?, 0..=59)?;
    let fraction = rest.strip_prefix(['.', ',']).unwrap_or("");
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let mut clock = format!("{hour:02}:{minute:02}:{second:02}");
    if digits == 0 {
        return Some((clock, rest));
    }
    let shown = fraction[..digits.min(9)].trim_end_matches('0');
    if !shown.is_empty() {
        clock = format!("{clock}.{shown}");
    }
    Some((clock, &fraction[digits..]))
}

/// `Z` and `+02:00` as Go prints them.
fn go_zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("+0000 UTC".to_owned());
    }
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = digits.split_once(':')?;
    let two = |part: &str, most: u32| part.len() == 2 && part.parse::<u32>().is_ok_and(|value| value <= most);
    if !two(hours, 24) || !two(minutes, 60) {
        return None;
    }
    Some(match (hours, minutes) {
        ("00", "00") => "+0000 UTC".to_owned(),
        _ => format!("{sign}{hours}{minutes} {sign}{hours}{minutes}", sign = &text[..1]),
    })
}

/// One or two digits, and what follows.
fn small_number(text: &str, range: std::ops::RangeInclusive<u32>) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let value = text[..digits].parse().ok()?;
    range.contains(&value).then_some((value, &text[digits..]))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
