//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report;
use crate::rule::{Date, Severity};

use super::output::Output;
use super::wish::{FixArguments, PlanArguments};

/// Proves before a deploy that the PostgreSQL connections a deployment can open fit into those the server accepts.
#[derive(Debug, Parser)]
#[command(name = "connbudget", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// Colours in the output.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, global = true, value_name = "WHEN")]
    pub(super) color: ColorChoice,
}

const EXIT_CODES: &str = "Exit codes: 0 nothing at or above --fail-on · 1 findings · 2 the work could not be done · \
    3 nothing was found to lint";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check that the connections fit, and say where they come from
    Lint(LintArguments),
    /// Show what a change does to the budget: two revisions side by side
    Diff(DiffArguments),
    /// Show the budget, each factor with its place, without judging it
    Budget(ReadArguments),
    /// Say what to change so that everything fits, and what that costs
    Plan(PlanArguments),
    /// Write a plan into the files that its numbers came from
    Fix(FixArguments),
    /// Show what was read: services, images, commands, variables
    Inputs(InputsArguments),
    /// Explain a rule
    Explain {
        /// The rule's name, as findings show it: over-budget
        rule: String,
        /// The configuration that names rules of your own, in place of `connbudget.toml` in this folder
        #[arg(long, value_name = "FILE")]
        config: Option<String>,
    },
    /// List the rules, those of your own among them
    Rules(RulesArguments),
    /// Write a connbudget.toml to begin with: what was found, and what only you can know
    Init(InitArguments),
    /// Serve an editor: the Language Server Protocol over standard input and output
    Lsp(LspArguments),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        #[arg(value_enum, value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Print the man page
    #[command(hide = true)]
    Man(ManArguments),
}

/// Arguments of `lsp`.
#[derive(Debug, Args)]
pub(super) struct LspArguments {
    /// What some clients say of every server; there is no other way
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// The folder to read and write it in; `-` prints what this folder would get
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Print it, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// The command whose page it is, as `lint`; the whole program by default
    #[arg(value_name = "COMMAND")]
    pub(super) command: Option<String>,
    /// Write every page into this folder: `connbudget.1`, `connbudget-lint.1`, …
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(super) dir: Option<PathBuf>,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArguments {
    /// The folder whose `connbudget.toml` names rules of your own
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Lint the examples of your own rules, and say which do not behave as they are named
    #[arg(long)]
    pub(super) check: bool,
    /// How to print the list
    #[arg(long, value_enum, default_value_t = ListFormat::Human, value_name = "FORMAT")]
    pub(super) format: ListFormat,
    /// The configuration, in place of `connbudget.toml` at PATH
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<String>,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(super) struct LintArguments {
    /// Folders or compose files to lint; `-` for standard input, which `--stdin-filename` names
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The file that standard input stands in for, as an editor has it unsaved. All else is read from the disk, and what is
    /// told is what the whole deployment comes to with it, not what stands in that file alone
    #[arg(long, value_name = "FILE", conflicts_with_all = ["write_baseline", "prune"])]
    pub(super) stdin_filename: Option<PathBuf>,
    /// The severity from which findings fail the run
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub(super) fail_on: FailOn,
    /// Write a baseline of what is found, so that it does not count until it gets worse
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "prune"
    )]
    pub(super) write_baseline: Option<String>,
    /// Take out of the baseline what is not found any more
    #[arg(long)]
    pub(super) prune: bool,
    /// Write the first plan that makes everything fit, as `connbudget fix` does, then lint what is there
    #[arg(long, conflicts_with = "write_baseline")]
    pub(super) fix: bool,
    /// Let no comment suppress a finding, and report those that would
    #[arg(long)]
    pub(super) no_ignores: bool,
    /// The day on which suppressions are held against their end
    #[arg(long, value_name = "DATE", hide = true, value_parser = day)]
    pub(super) today: Option<Date>,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

/// How and where a run is told.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = report::Format::Human, value_name = "FORMAT")]
    pub(super) format: report::Format,
    /// Write a report to a file as well; repeat it for several. The file is replaced, but the one that
    /// GITHUB_STEP_SUMMARY names is added to
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = Output::<report::Format>::parse)]
    pub(super) outputs: Vec<Output<report::Format>>,
    /// The address under which the repository's files are shown, for links: `https://…/blob/main`
    #[arg(long, value_name = "URL")]
    pub(super) link_base: Option<String>,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The revision before the change; `BASE...HEAD` for where HEAD parted from BASE
    #[arg(value_name = "BASE")]
    pub(super) base: String,
    /// The revision after the change; without it, the work tree
    #[arg(value_name = "HEAD")]
    pub(super) head: Option<String>,
    /// The folder to read, in a repository
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(super) path: PathBuf,
    /// Compare with the commit where HEAD, or what is checked out, parted from BASE
    #[arg(long)]
    pub(super) merge_base: bool,
    /// Fail only for what the change makes worse
    #[arg(long)]
    pub(super) new_only: bool,
    /// The severity from which findings fail the run
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    pub(super) fail_on: FailOn,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = report::DiffFormat::Human, value_name = "FORMAT")]
    pub(super) format: report::DiffFormat,
    /// Write a report to a file as well, as `lint` does
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = Output::<report::DiffFormat>::parse)]
    pub(super) outputs: Vec<Output<report::DiffFormat>>,
    /// The address under which the repository's files are shown, for links: `https://…/blob/main`
    #[arg(long, value_name = "URL")]
    pub(super) link_base: Option<String>,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

fn day(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "a day is written as 2027-01-31")
}

/// Arguments of `budget`.
#[derive(Debug, Args)]
pub(super) struct ReadArguments {
    /// The folder or compose file to read
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

/// Arguments of `inputs`.
#[derive(Debug, Args)]
pub(super) struct InputsArguments {
    /// The folder or compose file to read
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Show the values of variables, passwords among them
    #[arg(long)]
    pub(super) show_values: bool,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

/// How a deployment is read; the names are docker compose's.
#[derive(Debug, Args)]
pub(super) struct ReadingArguments {
    /// A compose file, seen from PATH; repeat it to lay files over each other
    #[arg(long = "compose-file", value_name = "FILE")]
    pub(super) compose_files: Vec<String>,
    /// A profile that is on; `*` for all
    #[arg(long = "profile", value_name = "NAME")]
    pub(super) profiles: Vec<String>,
    /// A file of variables for interpolation in place of `.env`
    #[arg(long = "env-file", value_name = "FILE")]
    pub(super) env_files: Vec<String>,
    /// The folder that relative paths in compose files are seen from
    #[arg(long, value_name = "DIR")]
    pub(super) project_directory: Option<String>,
    /// A variable of the shell that deploys; without a value, taken from this shell
    #[arg(long = "env", value_name = "KEY[=VALUE]")]
    pub(super) variables: Vec<String>,
    /// The configuration, in place of `connbudget.toml` at PATH
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<String>,
    /// Read no file outside PATH
    #[arg(long)]
    pub(super) root_only: bool,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// For scripts
    Json,
}

/// How the list of rules is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    Human,
    /// For scripts
    Json,
    /// A reference page with every rule's documentation
    Markdown,
}

/// The severity from which findings fail the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Errors fail it
    Error,
    /// Warnings fail it as well
    Warning,
    /// Findings never fail it
    Never,
}

impl FailOn {
    /// The least severity that fails the run.
    pub(super) fn least(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Never => None,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
