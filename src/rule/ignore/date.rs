//! Days, for suppressions that end.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Today, in UTC.
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::of_day(since.as_secs() / 86_400)
    }

    /// The day that comes `days` after 1970-01-01.
    fn of_day(days: u64) -> Self {
        let (mut year, mut rest) = (1970_u16, days);
        while rest >= year_length(year) && year < u16::MAX {
            rest -= year_length(year);
            year += 1;
        }
        let mut month = 1_u8;
        while rest >= u64::from(month_length(year, month)) && month < 12 {
            rest -= u64::from(month_length(year, month));
            month += 1;
        }
        Self { year, month, day: u8::try_from(rest + 1).unwrap_or(31) }
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn year_length(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn month_length(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// That a text is no day, as `2027-01-31` is.
#[derive(Debug)]
pub struct NoDate;

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Self, NoDate> {
        let parts: Vec<&str> = text.split('-').collect();
        let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let [year, month, day] = parts.as_slice() else { return Err(NoDate) };
        if (year.len(), month.len(), day.len()) != (4, 2, 2) || !parts.iter().all(is_number) {
            return Err(NoDate);
        }
        let (year, month) = (year.parse().map_err(|_| NoDate)?, month.parse().map_err(|_| NoDate)?);
        let day = day.parse().map_err(|_| NoDate)?;
        if !(1..=12).contains(&month) || !(1..=month_length(year, month)).contains(&day) {
            return Err(NoDate);
        }
        Ok(Self { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_781, "2026-11-24"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::of_day(days).to_string(), date);
            assert_eq!(date.parse::<Date>().unwrap(), Date::of_day(days));
        }
        for text in
            ["2027-02-29", "2027-13-01", "2027-1-1", "27-01-01", "2027-00-10", "tomorrow", "2027-01-+1"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
