//! Where a value came from, step by step.

use std::borrow::Cow;
use std::sync::Arc;

use crate::source::Span;

/// What happened at a place on a value's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// The value stands there.
    Written,
    /// `${NAME}` was replaced by it there.
    Interpolated,
    /// It came through this line of an `env_file` or of the container's environment.
    Environment,
    /// It stands in `.env.example`, which stands in for a file that is not there.
    Example,
    /// A program's code reads it there: `os.getenv("NAME")`.
    Read,
    /// A name takes the value there: an assignment, a keyword argument.
    Assigned,
    /// A YAML alias or merge key brings it there.
    Alias,
    /// `extends`, `include` or an override file brings it there.
    Merged,
    /// `connbudget.toml` says so there.
    Declared,
    /// A name that everybody uses alike, taken for what it usually means.
    Convention,
    /// It is started several times: this place says how often (`numprocs=4`).
    Repeated,
    /// There is no value, and this place decides that: an image, a command line, a call without the argument.
    Implied,
}

impl How {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Interpolated => "interpolated",
            Self::Environment => "environment",
            Self::Example => "example",
            Self::Read => "read",
            Self::Assigned => "assigned",
            Self::Alias => "alias",
            Self::Merged => "merged",
            Self::Declared => "declared",
            Self::Convention => "convention",
            Self::Repeated => "repeated",
            Self::Implied => "implied",
        }
    }
}

/// One step of a value's way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// At a place in a file.
    Place {
        /// What happened there.
        how: How,
        /// The bytes.
        span: Span,
    },
    /// Nobody wrote the value down: it is the default of a program.
    Default {
        /// The program and its setting, as its documentation names them: "SQLAlchemy pool_size".
        of: Cow<'static, str>,
    },
    /// An argument of connbudget's own command line.
    CommandLine {
        /// The argument as given, without a value: "--env WORKERS".
        argument: String,
    },
}

impl Origin {
    /// The value stands at `span`.
    pub fn written(span: Span) -> Self {
        Self::at(How::Written, span)
    }

    /// `how` happened at `span`.
    pub fn at(how: How, span: Span) -> Self {
        Self::Place { how, span }
    }

    /// The default of a program's setting.
    pub fn default_of(setting: impl Into<Cow<'static, str>>) -> Self {
        Self::Default { of: setting.into() }
    }

    /// The place, where there is one.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Place { span, .. } => Some(*span),
            Self::Default { .. } | Self::CommandLine { .. } => None,
        }
    }
}

/// The way of a value, from where it was defined to where it is used. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trail {
    first: Origin,
    /// Shared by all copies; `None` where nothing follows, as of most values.
    then: Option<Arc<Vec<Origin>>>,
}

impl Trail {
    /// A way of one step.
    pub fn new(first: Origin) -> Self {
        Self { first, then: None }
    }

    /// A value that stands at `span`.
    pub fn written(span: Span) -> Self {
        Self::new(Origin::written(span))
    }

    /// Nobody wrote the value: it is a program's default, and `implied_at` is the place that could have said otherwise.
    pub fn default_of(setting: impl Into<Cow<'static, str>>, implied_at: Option<Span>) -> Self {
        let trail = Self::new(Origin::default_of(setting));
        match implied_at {
            Some(span) => trail.then(Origin::at(How::Implied, span)),
            None => trail,
        }
    }

    /// The same way and one step more; a step that is the last one already is not repeated.
    #[must_use]
    pub fn then(mut self, step: Origin) -> Self {
        self.push(step);
        self
    }

    /// Adds a step, unless it is the last one already.
    pub(super) fn push(&mut self, step: Origin) {
        if self.last() != &step {
            Arc::make_mut(self.then.get_or_insert_default()).push(step);
        }
    }

    /// How many steps it has.
    pub(crate) fn len(&self) -> usize {
        1 + self.rest().len()
    }

    /// Where the value was defined.
    pub fn first(&self) -> &Origin {
        &self.first
    }

    /// Where it was used last.
    pub fn last(&self) -> &Origin {
        self.rest().last().unwrap_or(&self.first)
    }

    /// The steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &Origin> {
        std::iter::once(&self.first).chain(self.rest())
    }

    /// The best place to point at: where the value is written, else the nearest place that could have said otherwise.
    pub fn place(&self) -> Option<Span> {
        self.steps().find_map(Origin::span)
    }

    /// The setting whose default this is, when nobody wrote the value down.
    pub fn default(&self) -> Option<&str> {
        match &self.first {
            Origin::Default { of } => Some(of),
            Origin::Place { .. } | Origin::CommandLine { .. } => None,
        }
    }

    /// Replaces the definition, keeps the steps after it.
    #[must_use]
    pub(super) fn with_first(&self, first: Origin) -> Self {
        Self { first, then: self.then.clone() }
    }

    /// The steps after the definition.
    pub(super) fn rest(&self) -> &[Origin] {
        self.then.as_ref().map_or(&[], |then| then.as_slice())
    }
}

/// A value with the way it travelled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Traced<T> {
    /// The value.
    pub value: T,
    /// Its way.
    pub trail: Trail,
}

impl<T> Traced<T> {
    /// `value`, come by `trail`.
    pub fn new(value: T, trail: Trail) -> Self {
        Self { value, trail }
    }

    /// `value`, which stands at `span`.
    pub fn written(value: T, span: Span) -> Self {
        Self::new(value, Trail::written(span))
    }

    /// Another value that came the same way.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Traced<U> {
        Traced { value: change(self.value), trail: self.trail }
    }

    /// The same value, one step further.
    #[must_use]
    pub fn then(self, step: Origin) -> Self {
        Self { value: self.value, trail: self.trail.then(step) }
    }
}
