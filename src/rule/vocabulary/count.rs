//! Counts, as a rule sees them.

use minijinja::Value;

use super::{Field, Kind, Subject, none, place};
use crate::trace::{Bound, Count, How, Origin, Trail};

/// Whether somebody wrote the value down in the deployment's own files.
pub(super) fn is_written(trail: &Trail) -> bool {
    matches!(trail.first(), Origin::Place { how, .. } if !matches!(how, How::Declared | How::Implied))
}

/// A count, with where it came from when it is one that somebody could have written.
#[derive(Debug)]
pub(crate) struct CountView {
    bound: Bound,
    trail: Option<Trail>,
}

impl CountView {
    pub(crate) fn of(bound: &Bound) -> Value {
        Self { bound: bound.clone(), trail: None }.into_value()
    }

    pub(crate) fn traced(count: &Count) -> Value {
        Self { bound: count.value.clone(), trail: Some(count.trail.clone()) }.into_value()
    }

    fn place(&self) -> Value {
        place(self.trail.as_ref().and_then(Trail::place))
    }

    /// Whose default it is: "SQLAlchemy" of "SQLAlchemy pool_size".
    fn owner(&self) -> Option<&str> {
        let setting = self.trail.as_ref()?.default()?;
        Some(setting.rsplit_once(' ').map_or(setting, |(owner, _)| owner))
    }
}

impl Subject for CountView {
    const NAME: &'static str = "count";
    const ABOUT: &'static str =
        "How many there can be. Written in a text, it is the number, `unbounded` or what is missing.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::optional("number", Kind::Number, "The number, where there is one.", |c| {
            c.bound.number().into()
        }),
        Field::new(
            "floor",
            Kind::Number,
            "What is certainly reached; larger than any limit when unbounded.",
            |c| c.bound.floor().into(),
        ),
        Field::new("unbounded", Kind::Flag, "Whether nothing limits it.", |c| {
            (c.bound == Bound::Unbounded).into()
        }),
        Field::new("unknown", Kind::Flag, "Whether the files do not say.", |c| c.bound.is_unknown().into()),
        Field::optional("why", Kind::Text, "Why it is not known.", |c| match &c.bound {
            Bound::Unknown(unknown) => Value::from(&*unknown.why),
            _ => none(),
        }),
        Field::optional(
            "at",
            Kind::Place,
            "Where it is written, else the place that could have said it.",
            Self::place,
        ),
        Field::new("written", Kind::Flag, "Whether it is written down in the deployment's files.", |c| {
            c.trail.as_ref().is_some_and(is_written).into()
        }),
        Field::optional(
            "default",
            Kind::Text,
            "The program whose default it is, when nobody wrote it down.",
            |c| c.owner().into(),
        ),
    ];

    fn text(&self) -> String {
        match &self.bound {
            Bound::AtMost(most) => most.to_string(),
            Bound::Unknown(_) => "unknown".to_owned(),
            bound => bound.to_string(),
        }
    }
}
