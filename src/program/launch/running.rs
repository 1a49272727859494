//! What was found to run in a container.

use crate::platform::{Environment, Unread};
use crate::program::shell::{Call, Mode};
use crate::program::{Started, Value};
use crate::source::TreePath;
use crate::trace::{Problem, Trail};

/// What runs in a container.
#[derive(Debug, Default)]
pub struct Running {
    /// What keeps running, all of it at the same time.
    pub started: Vec<Started>,
    /// What could run in place of something in `started` and is smaller.
    pub alternatives: Vec<Started>,
    /// What ends by itself: migrations, one-off commands.
    pub guests: Vec<Guest>,
    /// Programs that are not known here: what they open may be in the catalogue.
    pub strangers: Vec<Stranger>,
    /// What cannot be known, each at the place where the trail ends.
    pub unknown: Vec<Unread>,
    /// Those of `unknown` that run beside what was started, whichever way is taken.
    pub unknown_beside: Vec<Unread>,
    /// What is wrong in what was read.
    pub problems: Vec<Problem>,
    /// The files that were read.
    pub read: Vec<TreePath>,
}

/// A program that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Its words, as far as they are known.
    pub command: String,
    /// Where it is called.
    pub trail: Trail,
}

/// A program that is not known here.
#[derive(Clone, Debug, PartialEq)]
pub struct Stranger {
    /// Why no more is known of it.
    pub why: Unread,
    /// Its words.
    pub words: Vec<Value>,
    /// Its variables.
    pub environment: Environment,
    /// The folder it starts in.
    pub working_dir: String,
    /// Whether it is started an unknown number of times.
    pub repeated: bool,
    /// Whether something else runs beside it.
    pub beside: bool,
}

impl Stranger {
    pub(super) fn of(why: &Unread, call: &Call, mode: Mode) -> Self {
        Self {
            why: why.clone(),
            words: call.words.clone(),
            environment: call.environment.clone(),
            working_dir: call.working_dir.clone(),
            repeated: call.repeated,
            beside: mode == Mode::Background,
        }
    }
}

impl Running {
    /// Whether all that runs ends by itself.
    pub fn only_guests(&self) -> bool {
        self.started.is_empty()
            && self.unknown.is_empty()
            && self.strangers.is_empty()
            && !self.guests.is_empty()
    }
}
