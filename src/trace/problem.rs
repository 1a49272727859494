//! Something wrong in what was read. A problem never stops a run: what is around it is read all the same.

use crate::source::{LoadError, Sources, Span, TreePath, without_passwords};

use super::{Text, Traced};

/// What is wrong. Each kind has a rule of the same name, which gives it its severity and its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A file that the budget needs cannot be opened, is too large, or is not text.
    UnreadableFile,
    /// A file does not follow its format, so what it says is not known.
    MalformedFile,
    /// What files say is read and does not fit together: their program refuses them, and the numbers are known all the same.
    RefusedProject,
    /// A file that another file names is not there.
    MissingFile,
    /// An `env_file` is not there, as is usual on a fresh checkout: git ignores it, or an example stands beside it.
    MissingEnvFile,
    /// A value that has to be a count is none.
    NotANumber,
    /// A program would refuse this argument and not start.
    RefusedArgument,
    /// A variable without value and default is replaced by nothing.
    UnsetVariable,
    /// A database URL that no program can take.
    MalformedUrl,
    /// A command that compose cuts at a word of the shell's.
    CommandCut,
    /// A word of a command that looks like a comment and is none.
    CommentInCommand,
    /// A number that YAML takes for another one than is written.
    YamlTypedNumber,
    /// A number of threads for a worker that starts none.
    ThreadsIgnored,
    /// A number of workers that its program does not take.
    WorkersIgnored,
    /// A name in gunicorn's configuration file that is none of its settings, and nearly one.
    IgnoredGunicornKey,
    /// A configuration file of gunicorn's that it does not read.
    IgnoredGunicornConfig,
    /// A connection that is opened before the processes are forked, which then share it.
    PreloadSharesConnections,
    /// PgBouncer does not start with this.
    PgbouncerRefuses,
    /// A line of which the programs that read the file make different values.
    DotenvDialect,
    /// A key that is set twice, to different values.
    DuplicateKey,
    /// A setting of a pool or of processes that nothing reads.
    KnobNobodyReads,
    /// A value that another place overrides.
    Shadowed,
    /// An example that says something else than the file that it is for.
    ExampleDrift,
    /// The size of a pool is a string, which its library does not take for a number.
    PoolSizeNotInt,
    /// `WEB_CONCURRENCY` is set but empty, and its program does not start.
    EmptyWebConcurrency,
    /// A comment that wants to suppress a finding and cannot.
    InvalidSuppression,
    /// A comment that suppresses nothing, or no longer.
    UnusedSuppression,
    /// An entry of the baseline that matches no finding any more.
    StaleBaseline,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 28] = [
        Self::UnreadableFile,
        Self::MalformedFile,
        Self::RefusedProject,
        Self::MissingFile,
        Self::MissingEnvFile,
        Self::NotANumber,
        Self::RefusedArgument,
        Self::UnsetVariable,
        Self::MalformedUrl,
        Self::CommandCut,
        Self::CommentInCommand,
        Self::YamlTypedNumber,
        Self::ThreadsIgnored,
        Self::WorkersIgnored,
        Self::IgnoredGunicornKey,
        Self::IgnoredGunicornConfig,
        Self::PreloadSharesConnections,
        Self::PgbouncerRefuses,
        Self::DotenvDialect,
        Self::DuplicateKey,
        Self::KnobNobodyReads,
        Self::Shadowed,
        Self::ExampleDrift,
        Self::PoolSizeNotInt,
        Self::EmptyWebConcurrency,
        Self::InvalidSuppression,
        Self::UnusedSuppression,
        Self::StaleBaseline,
    ];

    /// Whether its program starts all the same, and does nothing with what is there.
    pub fn is_ignored(self) -> bool {
        matches!(
            self,
            Self::ThreadsIgnored
                | Self::WorkersIgnored
                | Self::IgnoredGunicornKey
                | Self::IgnoredGunicornConfig
                | Self::DuplicateKey
                | Self::Shadowed
        )
    }

    /// The name of its rule.
    pub fn rule(self) -> &'static str {
        match self {
            Self::UnreadableFile => "unreadable-file",
            Self::MalformedFile => "malformed-file",
            Self::RefusedProject => "refused-project",
            Self::MissingFile => "missing-file",
            Self::MissingEnvFile => "missing-env-file",
            Self::NotANumber => "not-a-number",
            Self::RefusedArgument => "refused-argument",
            Self::UnsetVariable => "unset-variable",
            Self::MalformedUrl => "malformed-url",
            Self::CommandCut => "command-cut",
            Self::CommentInCommand => "comment-in-command",
            Self::YamlTypedNumber => "yaml-typed-number",
            Self::ThreadsIgnored => "threads-ignored",
            Self::WorkersIgnored => "workers-ignored",
            Self::IgnoredGunicornKey => "ignored-gunicorn-key",
            Self::IgnoredGunicornConfig => "ignored-gunicorn-config",
            Self::PreloadSharesConnections => "preload-shares-connections",
            Self::PgbouncerRefuses => "pgbouncer-refuses",
            Self::DotenvDialect => "dotenv-dialect",
            Self::DuplicateKey => "duplicate-key",
            Self::KnobNobodyReads => "knob-nobody-reads",
            Self::Shadowed => "shadowed",
            Self::ExampleDrift => "example-drift",
            Self::PoolSizeNotInt => "pool-size-not-int",
            Self::EmptyWebConcurrency => "empty-web-concurrency",
            Self::InvalidSuppression => "invalid-suppression",
            Self::UnusedSuppression => "unused-suppression",
            Self::StaleBaseline => "stale-baseline",
        }
    }
}

/// One thing that is wrong, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// What is wrong, in one sentence without a full stop. Never holds a value that may be secret.
    pub message: String,
    /// The file it is in; also known where there is no span, as for a file that cannot be opened.
    pub file: TreePath,
    /// The place, where there is one.
    pub span: Option<Span>,
    /// Other places that explain it: where a value was written that is wrong here.
    pub notes: Vec<Note>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A place and what is there.
pub type Note = Traced<String>;

impl Problem {
    /// A problem at `span` of `file`.
    pub fn at(kind: ProblemKind, file: &TreePath, span: Span, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            file: file.clone(),
            span: Some(span),
            notes: Vec::new(),
            help: None,
        }
    }

    /// `name` is set twice in one file, to different values, of which `later` counts.
    pub fn twice(sources: &Sources, name: &str, earlier: &Text, later: &Text) -> Option<Self> {
        let (at, instead) = (earlier.span()?, later.span()?);
        if earlier.as_str().trim() == later.as_str().trim() || at.file != instead.file {
            return None;
        }
        let shown = |text: &Text| without_passwords(text.as_str().trim());
        let message = format!("{name} is set twice here, and `{}` does not count", shown(earlier));
        let problem = Self::at(ProblemKind::DuplicateKey, &sources.file(at.file).path, at, message);
        Some(problem.note(instead, format!("`{}` does", shown(later))))
    }

    /// A file that could not be loaded, without a place that names it.
    pub fn unloadable(path: &TreePath, error: &LoadError) -> Self {
        let (kind, span) = match error {
            LoadError::Missing(_) => (ProblemKind::MissingFile, None),
            LoadError::NotUtf8 { at, .. } => (ProblemKind::UnreadableFile, Some(*at)),
            LoadError::NotAFile(_) | LoadError::TooLarge(_) | LoadError::Unreadable(..) => {
                (ProblemKind::UnreadableFile, None)
            }
        };
        Self { kind, message: error.to_string(), file: path.clone(), span, notes: Vec::new(), help: None }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem with a further place that explains it.
    #[must_use]
    pub fn note(mut self, span: Span, text: impl Into<String>) -> Self {
        self.notes.push(Traced::written(text.into(), span));
        self
    }
}
