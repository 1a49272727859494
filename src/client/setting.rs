//! The settings of a pool that its library takes beside the sizes: read alike for all, each with its library's name and
//! default.

use crate::pool::{Meaning, Purpose, Setting};
use crate::python::Value;
use crate::source::Span;
use crate::trace::{Traced, Trail};

/// A setting that a library has.
pub(super) struct Known {
    /// What it is for.
    pub(super) purpose: Purpose,
    /// Its name.
    pub(super) name: &'static str,
    /// Whose default there is, where nobody says anything: "SQLAlchemy pool_recycle".
    pub(super) of: &'static str,
    /// That default, as one would write it.
    pub(super) default: Default,
    /// What a value comes to.
    pub(super) meaning: fn(Meaning) -> Meaning,
}

/// A default.
#[derive(Clone, Copy)]
pub(super) enum Default {
    /// A number.
    Number(i64),
    /// `True` or `False`.
    Flag(bool),
    /// `None`.
    None,
}

impl Known {
    /// The setting as `value` gives it to what is made at `place`.
    pub(super) fn read(&self, value: Option<Value>, place: Span) -> Setting {
        let all = value.unwrap_or(Value::Absent).into_alternatives();
        let mut readings = all.iter().map(|one| match one {
            Value::Absent => self.unset(place),
            one => self.given(one, place),
        });
        let first = readings.next().unwrap_or_else(|| self.unset(place));
        readings.fold(first, |known, other| {
            let words = if known.words == other.words {
                known.words
            } else {
                format!("{} or {}", known.words, other.words)
            };
            let meaning = match known.meaning {
                meaning if meaning == other.meaning => meaning,
                _ => Meaning::Unknown("it may be one of several".into()),
            };
            // What somebody wrote tells more than a default.
            let trail = if known.trail.default().is_some() { other.trail } else { known.trail };
            Setting { words, meaning, trail, ..known }
        })
    }

    fn unset(&self, place: Span) -> Setting {
        let (words, meaning) = match self.default {
            Default::Number(number) => (number.to_string(), Meaning::Number(number)),
            Default::Flag(flag) => (flag_words(flag).to_owned(), Meaning::Flag(flag)),
            Default::None => ("None".to_owned(), Meaning::Never),
        };
        self.setting(words, (self.meaning)(meaning), Trail::default_of(self.of, Some(place)))
    }

    fn given(&self, value: &Value, place: Span) -> Setting {
        let trail = value.trail().unwrap_or_else(|| Trail::written(place));
        let meaning = match plain(value) {
            unknown @ Meaning::Unknown(_) => unknown,
            known => (self.meaning)(known),
        };
        self.setting(words(value), meaning, trail)
    }

    fn setting(&self, words: String, meaning: Meaning, trail: Trail) -> Setting {
        Setting { purpose: self.purpose, name: self.name, words, meaning, trail }
    }
}

/// A value as it stands.
fn plain(value: &Value) -> Meaning {
    match value {
        Value::Int(number) => Meaning::Number(number.value),
        #[allow(clippy::cast_possible_truncation)]
        // Rounded up, and no time is near the ends.
        Value::Float(number) => Meaning::Number(number.value.ceil() as i64),
        Value::Bool(Traced { value, .. }) => Meaning::Flag(*value),
        Value::None(_) => Meaning::Never,
        Value::Text(text) => Meaning::Text(text.to_string()),
        Value::Function(_) | Value::Method(..) => Meaning::Text("a function".to_owned()),
        Value::Outside(outside) => Meaning::Text(outside.name.to_string()),
        Value::Unknown(gap) => Meaning::Unknown(gap.why.clone()),
        _ => Meaning::Unknown("what it comes to is not known".into()),
    }
}

/// A value in words.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.value.to_string(),
        Value::Float(number) => number.value.to_string(),
        Value::Bool(truth) => flag_words(truth.value).to_owned(),
        Value::None(_) => "None".to_owned(),
        Value::Either(all) => all.iter().map(words).collect::<Vec<_>>().join(" or "),
        Value::Outside(outside) => outside.name.to_string(),
        Value::Absent => "nothing".to_owned(),
        _ => "?".to_owned(),
    }
}

fn flag_words(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}

/// Seconds of which a negative number, as `None`, is never.
pub(super) fn seconds(meaning: Meaning) -> Meaning {
    match meaning {
        Meaning::Number(number) if number < 0 => Meaning::Never,
        Meaning::Flag(flag) => Meaning::Number(i64::from(flag)),
        other => other,
    }
}

/// Seconds of which 0 is never as well.
pub(super) fn seconds_or_never(meaning: Meaning) -> Meaning {
    match seconds(meaning) {
        Meaning::Number(0) => Meaning::Never,
        other => other,
    }
}

/// On or off, as Python takes a value for true.
pub(super) fn truth(meaning: Meaning) -> Meaning {
    match meaning {
        Meaning::Number(number) => Meaning::Flag(number != 0),
        Meaning::Never => Meaning::Flag(false),
        Meaning::Text(text) => Meaning::Flag(!text.is_empty()),
        other => other,
    }
}

/// Off where the value is true: `DISABLE_SERVER_SIDE_CURSORS`.
pub(super) fn disabled(meaning: Meaning) -> Meaning {
    match truth(meaning) {
        Meaning::Flag(flag) => Meaning::Flag(!flag),
        other => other,
    }
}

/// psycopg 3 prepares after so many executions, 0 at the first, `None` never.
pub(super) fn threshold(meaning: Meaning) -> Meaning {
    match meaning {
        Meaning::Number(_) | Meaning::Flag(_) => Meaning::Flag(true),
        Meaning::Never => Meaning::Flag(false),
        other => other,
    }
}
