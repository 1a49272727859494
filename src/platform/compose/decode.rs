//! Strings that compose wants something else of: sizes, durations, numbers, `true` and `false`. It reads them in every
//! service, those that are not started among them.
//!
//! Source: compose-go v2.4.8, `loader/mapstructure.go`, `types/bytes.go`, `types/duration.go`, `types/cpus.go`, and
//! docker/go-units, `size.go`.

use super::interpolate::boolean;
use super::path::{ITEM, Path, Pattern};
use super::refusals::Refusals;
use super::value::{Data, Kind, Map, Scalar, Value};
use crate::syntax::words::split_command;

/// What a string has to be.
#[derive(Clone, Copy)]
enum Wanted {
    Size,
    Duration,
    Number,
    Whole,
    Flag,
    Command,
}

const WANTED: &[(Pattern, Wanted)] = &[
    (&["mem_limit"], Wanted::Size),
    (&["mem_reservation"], Wanted::Size),
    (&["memswap_limit"], Wanted::Size),
    (&["mem_swappiness"], Wanted::Size),
    (&["shm_size"], Wanted::Size),
    (&["build", "shm_size"], Wanted::Size),
    (&["deploy", "resources", "*", "memory"], Wanted::Size),
    (&["volumes", ITEM, "tmpfs", "size"], Wanted::Size),
    (&["stop_grace_period"], Wanted::Duration),
    (&["healthcheck", "interval"], Wanted::Duration),
    (&["healthcheck", "timeout"], Wanted::Duration),
    (&["healthcheck", "start_period"], Wanted::Duration),
    (&["healthcheck", "start_interval"], Wanted::Duration),
    (&["deploy", "update_config", "delay"], Wanted::Duration),
    (&["deploy", "update_config", "monitor"], Wanted::Duration),
    (&["deploy", "rollback_config", "delay"], Wanted::Duration),
    (&["deploy", "rollback_config", "monitor"], Wanted::Duration),
    (&["deploy", "restart_policy", "delay"], Wanted::Duration),
    (&["deploy", "restart_policy", "window"], Wanted::Duration),
    (&["deploy", "resources", "*", "cpus"], Wanted::Number),
    (&["deploy", "resources", "*", "pids"], Wanted::Whole),
    (&["attach"], Wanted::Flag),
    (&["build", "no_cache"], Wanted::Flag),
    (&["build", "pull"], Wanted::Flag),
    (&["build", "privileged"], Wanted::Flag),
    (&["depends_on", "*", "restart"], Wanted::Flag),
    (&["env_file", ITEM, "required"], Wanted::Flag),
    (&["volumes", ITEM, "bind", "create_host_path"], Wanted::Flag),
    (&["command"], Wanted::Command),
    (&["entrypoint"], Wanted::Command),
];

/// Refuses the strings of `services` that are not what compose wants of them.
pub(super) fn check(services: &Map, refusals: &mut Refusals<'_>) {
    for entry in services.values() {
        if let Some(service) = entry.value.as_map() {
            check_fields(service, &Path::TOP, refusals);
        }
    }
}

fn check_fields(map: &Map, path: &Path<'_>, refusals: &mut Refusals<'_>) {
    for (key, entry) in map {
        check_value(&entry.value, &path.child(key), refusals);
    }
}

fn check_value(value: &Value, path: &Path<'_>, refusals: &mut Refusals<'_>) {
    match &value.data {
        Data::Map(map) => check_fields(map, path, refusals),
        Data::List(items) => {
            let path = path.child(ITEM);
            for item in items {
                check_value(item, &path, refusals);
            }
        }
        Data::Scalar(scalar) if scalar.kind == Kind::String => {
            if let Some((_, wanted)) = WANTED.iter().find(|(pattern, _)| path.matches(pattern)) {
                check_scalar(scalar, *wanted, path, refusals);
            }
        }
        Data::Scalar(_) => {}
    }
}

fn check_scalar(scalar: &Scalar, wanted: Wanted, path: &Path<'_>, refusals: &mut Refusals<'_>) {
    let text = scalar.text.as_str();
    let (right, words) = match wanted {
        Wanted::Size => (size(text).is_some(), "a size, like 512M"),
        Wanted::Duration => (is_duration(text), "a duration, like 1m30s"),
        Wanted::Number => (text.parse::<f64>().is_ok(), "a number"),
        Wanted::Whole => (text.parse::<i64>().is_ok(), "a whole number"),
        Wanted::Flag => (boolean(text).is_some(), "true or false"),
        Wanted::Command => {
            if let Err(error) = split_command(&scalar.text) {
                refusals.malformed(scalar.place, error.to_string());
            }
            return;
        }
    };
    if !right {
        refusals.malformed(scalar.place, format!("{path} has to be {words}"));
    }
}

/// The bytes that `RAMInBytes` reads out of `text`.
pub(super) fn size(text: &str) -> Option<f64> {
    let last = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))?;
    let (number, suffix) = text.split_at(last + 1);
    let number: f64 = number.strip_suffix(' ').unwrap_or(number).parse().ok()?;
    let suffix = suffix.to_ascii_lowercase();
    let mut letters = suffix.chars();
    let power = match letters.next() {
        None => 0,
        Some('b') if suffix.len() == 1 => 0,
        Some(unit) => match letters.as_str() {
            "" | "b" | "ib" => "kmgtp".find(unit)? + 1,
            _ => return None,
        },
    };
    let power = i32::try_from(power).ok()?;
    (number >= 0.0).then(|| number * 1024_f64.powi(power))
}

/// Whether Go's `time.ParseDuration` takes `text`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (digits, after) = rest.split_at(number);
        if digits.matches('.').count() > 1 || !digits.bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
        let word = after.len() - after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.').len();
        let (unit, after) = after.split_at(word);
        if !units.contains(&unit) {
            return false;
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_docker_sizes() {
        for (text, bytes) in
            [("1k", 1024.0), ("1 KiB", 1024.0), ("1.5mb", 1_572_864.0), ("7", 7.0), ("2b", 2.0)]
        {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "5x", "k", "1kx", "1kibi", "-1"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_go_durations() {
        for good in ["1m30s", "0", "1.5h", "-3s", "90s", "100ms"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "5", "s", "1d", "1 s", "1..5s"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
