//! The settings of a pool, as a rule sees them.

use minijinja::Value;

use super::count::is_written;
use super::{Field, Kind, Subject, none, place};
use crate::client::{Meaning, Pool, Purpose, Setting};

/// A setting of a pool that is neither its size nor its overflow.
#[derive(Debug)]
pub(crate) struct SettingView(Setting);

impl SettingView {
    /// What `pool` has for `purpose`; `none` where its library has no such setting.
    pub(super) fn of(pool: &Pool, purpose: Purpose) -> Value {
        pool.setting(purpose).map_or_else(none, |setting| Self(setting.clone()).into_value())
    }

    fn number(&self) -> Option<i64> {
        match self.0.meaning {
            Meaning::Number(number) => Some(number),
            _ => None,
        }
    }

    fn flag(&self) -> Option<bool> {
        match self.0.meaning {
            Meaning::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// Whose default it is: "SQLAlchemy" of "SQLAlchemy pool_recycle".
    fn owner(&self) -> Option<&str> {
        self.0.trail.default()?.split(' ').next()
    }
}

impl Subject for SettingView {
    const NAME: &'static str = "setting";
    const ABOUT: &'static str =
        "A setting of a pool beside its sizes. Written in a text, it is its value as it is written.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("name", Kind::Text, "Its name, as its library has it: `pool_recycle`.", |s| {
            s.0.name.into()
        }),
        Field::optional("number", Kind::Number, "What it comes to, where that is a number: seconds.", |s| {
            s.number().into()
        }),
        Field::new(
            "on",
            Kind::Flag,
            "Whether it certainly is on; for what is a number or a text, false.",
            |s| (s.flag() == Some(true)).into(),
        ),
        Field::new("off", Kind::Flag, "Whether it certainly is off.", |s| (s.flag() == Some(false)).into()),
        Field::new("never", Kind::Flag, "Whether it is a time that never comes.", |s| {
            (s.0.meaning == Meaning::Never).into()
        }),
        Field::new("unknown", Kind::Flag, "Whether the files do not say what it comes to.", |s| {
            matches!(s.0.meaning, Meaning::Unknown(_)).into()
        }),
        Field::optional(
            "at",
            Kind::Place,
            "Where it is written, else the place that could have said it.",
            |s| place(s.0.trail.place()),
        ),
        Field::new("written", Kind::Flag, "Whether it is written down in the deployment's files.", |s| {
            is_written(&s.0.trail).into()
        }),
        Field::optional(
            "default",
            Kind::Text,
            "The program whose default it is, when nobody wrote it down.",
            |s| s.owner().into(),
        ),
    ];

    fn text(&self) -> String {
        self.0.words.clone()
    }
}
