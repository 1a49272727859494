//! Problems, as a rule sees them.

use minijinja::Value;

use super::{Field, Kind, Subject, list, place};
use crate::trace::{Note, Problem};

/// Something wrong in what was read.
#[derive(Debug)]
pub(crate) struct ProblemView(pub(crate) Problem);

impl Subject for ProblemView {
    const NAME: &'static str = "problem";
    const ABOUT: &'static str = "Something wrong in what was read.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("kind", Kind::Text, "What kind of thing, by the name of its rule.", |p| {
            p.0.kind.rule().into()
        }),
        Field::new("message", Kind::Text, "What is wrong, in one sentence.", |p| p.0.message.as_str().into()),
        Field::new("file", Kind::Text, "The file it is in.", |p| p.0.file.as_str().into()),
        Field::optional("at", Kind::Place, "Where it is.", |p| place(p.0.span)),
        Field::new("notes", Kind::Things(NoteView::shape), "Other places that explain it.", |p| {
            list(p.0.notes.iter().map(|note| NoteView(note.clone()).into_value()))
        }),
        Field::optional("help", Kind::Text, "What to do about it.", |p| p.0.help.as_deref().into()),
    ];

    fn text(&self) -> String {
        self.0.message.clone()
    }
}

/// A place that explains a problem.
#[derive(Debug)]
pub(crate) struct NoteView(pub(super) Note);

impl Subject for NoteView {
    const NAME: &'static str = "note";
    const ABOUT: &'static str = "A place that explains a problem.";
    const FIELDS: &'static [Field<Self>] = &[
        Field::new("text", Kind::Text, "What is there.", |n| Value::from(n.0.value.as_str())),
        Field::optional("at", Kind::Place, "The place.", |n| place(n.0.trail.place())),
    ];

    fn text(&self) -> String {
        self.0.value.clone()
    }
}
