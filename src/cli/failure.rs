//! Why the work could not be done.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::check::CheckError;
use crate::config::ConfigError;
use crate::plan::WishError;
use crate::rule::{BaselineError, Catalogue, ExtraError, RuleError};
use crate::source::GitError;

/// Why the work could not be done, with what to do about it. Each ends the run with exit code 2.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum Failure {
    /// A path of the command line cannot be opened.
    #[error("{} cannot be opened: {error}", path.display())]
    #[diagnostic(help("name a folder with a compose file, or the compose file itself"))]
    Path {
        /// The path as given.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// `-` without a name.
    #[error("standard input has no name")]
    #[diagnostic(help("name the file that it stands in for: `connbudget lint - --stdin-filename .env`"))]
    NamelessInput,
    /// `-` twice.
    #[error("standard input stands in for one file, and `-` is given twice")]
    InputTwice,
    /// `--stdin-filename` names no file.
    #[error("`--stdin-filename {}` names no file", .0.display())]
    #[diagnostic(help("name the file that standard input stands in for; it need not be there"))]
    InputName(PathBuf),
    /// Standard input stands in for a file that no deployment can have read.
    #[error("{} lies outside of {}, and nothing there reads it", name.display(), root.display())]
    #[diagnostic(help(
        "name the folder of the deployment: `connbudget lint FOLDER - --stdin-filename FILE`"
    ))]
    InputOutside {
        /// The name as given.
        name: PathBuf,
        /// The linted root.
        root: PathBuf,
    },
    /// Standard input cannot be read.
    #[error("standard input cannot be read: {0}")]
    Input(io::Error),
    /// Standard input is no text.
    #[error("standard input is not UTF-8 text: line {line} is the first that is not")]
    InputNotText {
        /// The line, from 1.
        line: usize,
    },
    /// `--env` with an empty name.
    #[error("`--env {0}` names no variable")]
    #[diagnostic(help("write `--env NAME=value`, or `--env NAME` to take the value from this shell"))]
    Variable(String),
    /// The run could not be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Check(#[from] CheckError),
    /// The configuration is not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// A revision cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    /// A rule file is not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rules(#[from] Box<RuleError>),
    /// The project's rules are not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Extra(#[from] ExtraError),
    /// The examples of a rule cannot be run.
    #[error("{0}")]
    Examples(String),
    /// `explain` of a rule that is not there.
    #[error("no rule is called `{name}`")]
    #[diagnostic(help("{help}"))]
    UnknownRule {
        /// The name as given.
        name: String,
        /// Names that are alike, or where to find them.
        help: String,
    },
    /// `init` where a configuration is already.
    #[error("{} is there already", .0.display())]
    #[diagnostic(help("`connbudget init --dry-run` prints what would be written"))]
    Initialised(PathBuf),
    /// `man` of a command that is not there.
    #[error("no command is called `{0}`")]
    #[diagnostic(help("`connbudget --help` lists them"))]
    UnknownCommand(String),
    /// The baseline is not usable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Baseline(#[from] Box<BaselineError>),
    /// A file cannot be written.
    #[error("{} cannot be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Output(io::Error),
    /// A report cannot be written to its file.
    #[error("{} cannot be written: {error}", path.display())]
    #[diagnostic(help("what it holds now is not the report of this run"))]
    File {
        /// The file as given.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// What is asked of a plan cannot be.
    #[error("{error}")]
    #[diagnostic(help("{help}"))]
    Wish {
        /// Why.
        error: WishError,
        /// What to do.
        help: String,
    },
    /// `lint --fix -`.
    #[error("what is read from standard input cannot be fixed")]
    #[diagnostic(help("`--fix` writes files: save it, and name its folder"))]
    FixStdin,
    /// A plan cannot be written.
    #[error("{message}")]
    #[diagnostic(help("{help}"))]
    Fix {
        /// Why.
        message: String,
        /// What to do.
        help: String,
    },
    /// Two reports in one file.
    #[error("two outputs are written to {}", .0.display())]
    #[diagnostic(help("give each format a file of its own"))]
    SameFile(PathBuf),
}

impl Failure {
    pub(super) fn unknown_rule(name: &str, rules: &Catalogue) -> Self {
        let shares_a_word =
            |rule: &&str| name.split('-').any(|word| rule.split('-').any(|other| word == other));
        let alike: Vec<&str> =
            rules.rules().iter().map(|rule| rule.name.as_str()).filter(shares_a_word).collect();
        let help = match alike.as_slice() {
            [] => "`connbudget rules` lists them".to_owned(),
            alike => format!("did you mean {}? `connbudget rules` lists them all", alike.join(" or ")),
        };
        Self::UnknownRule { name: name.to_owned(), help }
    }
}
