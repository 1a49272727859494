//! The command line: arguments in, a report out, an exit code.
//!
//! Standard output holds the report and nothing else; whatever else there is to say goes to standard error. A gate must
//! not fail open: what could not be done ends with 2, and nothing to lint with 3.

mod arguments;
mod diff;
mod examples;
mod failure;
mod fix;
mod generated;
mod init;
mod judged;
mod output;
mod plan;
mod read;
mod stdin;
mod wish;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use crate::check;
use crate::lsp;
use crate::report::{self, Color, Report, Setting, Style, Values, json};
use crate::rule::{Catalogue, Finding, Sorted};

use arguments::{
    Arguments, ColorChoice, Command, FailOn, Format, InputsArguments, LintArguments, ListFormat,
    LspArguments, ReadArguments, RulesArguments,
};
use failure::Failure;
use output::print;

/// Nothing at or above the failing severity.
const PASSED: u8 = 0;
/// Findings at or above it.
const FOUND: u8 = 1;
/// The work could not be done.
const FAILED: u8 = 2;
/// Nothing was found to lint.
const NOTHING: u8 = 3;

/// Runs the command line that this process was started with.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refused(&error),
    };
    let style = style(arguments.color);
    let outcome = match &arguments.command {
        Command::Lint(lint) => self::lint(lint, &style),
        Command::Diff(arguments) => diff::diff(arguments, &style),
        Command::Budget(budget) => self::budget(budget, &style),
        Command::Inputs(inputs) => self::inputs(inputs, &style),
        Command::Plan(arguments) => plan::plan(arguments, &style),
        Command::Fix(arguments) => fix::fix(arguments),
        Command::Explain { rule, config } => explain(rule, config.as_deref(), &style),
        Command::Rules(rules) => self::rules(rules, &style),
        Command::Init(arguments) => init::init(arguments),
        Command::Lsp(arguments) => lsp(arguments),
        Command::Completions { shell } => generated::completions(*shell).map(|()| PASSED),
        Command::Man(man) => generated::man(man).map(|()| PASSED),
    };
    ExitCode::from(outcome.unwrap_or_else(|failure| {
        complain(&format!("{:?}", miette::Report::new(*failure)));
        FAILED
    }))
}

/// What clap has to say: help and version are answers, anything else is a mistake.
fn refused(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { FAILED } else { PASSED };
    match error.print() {
        Err(why) if code == PASSED && why.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("{:?}", miette::Report::new(Failure::Output(why))));
            ExitCode::from(FAILED)
        }
        // Where a mistake cannot be told there is nobody left to tell.
        _ => ExitCode::from(code),
    }
}

fn lint(arguments: &LintArguments, style: &Style) -> Result<u8, Box<Failure>> {
    let start = Instant::now();
    output::check(&arguments.reports.outputs)?;
    let (paths, mut buffer) = stdin::apart(arguments)?;
    if arguments.fix {
        if buffer.is_some() {
            return Err(Box::new(Failure::FixStdin));
        }
        fix::first(&paths, &arguments.reading)?;
    }
    let read = read::of(&paths, &arguments.reading, buffer.as_mut())?;
    let rules = Catalogue::of_project(&read.config.rules, &read.sources).map_err(Failure::from)?;
    let budgets = read.budgets();
    let sorted = judged::sorted(arguments, &read, &rules, &budgets)?;
    let Sorted { findings, suppressed } = &sorted;
    if let Some(buffer) = &buffer {
        buffer.was_read(&read.sources)?;
    }
    let elapsed = io::stdout().is_terminal().then(|| start.elapsed());
    let report = Report { sources: &read.sources, budgets: &budgets, findings, suppressed, elapsed };
    let setting = Setting {
        style: *style,
        rules: &rules,
        repository: output::repository(&read.sources, arguments.reports.link_base.clone()),
        fails_from: arguments.fail_on.least(),
    };
    let format = arguments.reports.format;
    // People are told on standard error that there was nothing; programs get a report in any case.
    let first = Some(format).filter(|format| !read.found_nothing() || format.is_for_programs());
    output::write(first, &arguments.reports.outputs, |format| format.write(&report, &setting))?;
    let code = if read.found_nothing() { nothing() } else { exit_code(findings, arguments.fail_on) };
    // The program ends here: the system takes the syntax trees back faster than they are taken apart.
    std::mem::forget(read);
    Ok(code)
}

fn exit_code(findings: &[Finding], fail_on: FailOn) -> u8 {
    if findings.iter().any(|finding| finding.incomplete) {
        FAILED
    } else if fail_on.least().is_some_and(|least| findings.iter().any(|finding| finding.severity >= least)) {
        FOUND
    } else {
        PASSED
    }
}

fn budget(arguments: &ReadArguments, style: &Style) -> Result<u8, Box<Failure>> {
    let read = read::of(std::slice::from_ref(&arguments.path), &arguments.reading, None)?;
    let budgets = read.budgets();
    let in_json = || json::budget(&read.sources, &budgets);
    if read.found_nothing() {
        return nothing_in(arguments.format, &in_json());
    }
    print(&match arguments.format {
        Format::Human => report::budget(&read.sources, &budgets, style),
        Format::Json => in_json(),
    })?;
    Ok(PASSED)
}

fn inputs(arguments: &InputsArguments, style: &Style) -> Result<u8, Box<Failure>> {
    let read = read::of(std::slice::from_ref(&arguments.path), &arguments.reading, None)?;
    let values = if arguments.show_values { Values::Shown } else { Values::Hidden };
    let in_json = || json::inputs(&read.sources, &read.projects, values);
    if read.found_nothing() {
        return nothing_in(arguments.format, &in_json());
    }
    print(&match arguments.format {
        Format::Human => report::inputs(&read.sources, &read.projects, values, style),
        Format::Json => in_json(),
    })?;
    Ok(PASSED)
}

fn explain(name: &str, config: Option<&str>, style: &Style) -> Result<u8, Box<Failure>> {
    let sources = read::open(Path::new("."))?;
    let config = check::configuration(&sources, config).map_err(Failure::from)?;
    let rules = Catalogue::of_project(&config.rules, &sources).map_err(Failure::from)?;
    let rule = rules.get(name).ok_or_else(|| Failure::unknown_rule(name, &rules))?;
    let narrow = Style { width: style.width.saturating_sub(4), ..*style };
    let output = examples::output(&config.rules, &sources, Path::new("."), rule, &narrow)?;
    print(&report::explain(rule, output.as_deref(), style))?;
    Ok(PASSED)
}

fn rules(arguments: &RulesArguments, style: &Style) -> Result<u8, Box<Failure>> {
    let sources = read::open(&arguments.path)?;
    let config = check::configuration(&sources, arguments.config.as_deref()).map_err(Failure::from)?;
    let rules = Catalogue::of_project(&config.rules, &sources).map_err(Failure::from)?;
    if arguments.check {
        print(&examples::check(&sources, &config.rules, &arguments.path)?)?;
        return Ok(PASSED);
    }
    print(&match arguments.format {
        ListFormat::Human => report::rules(&rules, style),
        ListFormat::Json => json::rules(&rules),
        ListFormat::Markdown => {
            let plain = Style { color: false, width: 100, links: false };
            let page = |rule| {
                let output = examples::output(&config.rules, &sources, &arguments.path, rule, &plain)?;
                Ok(report::Page { rule, output })
            };
            let pages = rules.rules().iter().map(page).collect::<Result<Vec<_>, Box<Failure>>>()?;
            report::reference(&rules, &pages)
        }
    })?;
    Ok(PASSED)
}

/// Whether the client ended the server in order decides the code, as the protocol has it.
fn lsp(arguments: &LspArguments) -> Result<u8, Box<Failure>> {
    let request = read::request(&arguments.reading)?;
    let options = lsp::Options { request, config: arguments.reading.config.clone() };
    let is_in_order = lsp::serve(options).map_err(Failure::Output)?;
    Ok(if is_in_order { PASSED } else { FOUND })
}

/// Programs get an object in any case; people are told.
fn nothing_in(format: Format, empty: &str) -> Result<u8, Box<Failure>> {
    if format == Format::Json {
        print(empty)?;
    }
    Ok(nothing())
}

fn nothing() -> u8 {
    complain(
        "connbudget: nothing to lint: no compose file, Procfile, Dockerfile or script that starts a server",
    );
    NOTHING
}

fn complain(message: &str) {
    // Standard error is the last resort: where it is closed the exit code still tells.
    let _ = writeln!(io::stderr().lock(), "{message}");
}

fn style(color: ColorChoice) -> Style {
    let columns = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let color = match color {
        ColorChoice::Auto => Color::Auto,
        ColorChoice::Always => Color::Always,
        ColorChoice::Never => Color::Never,
    };
    let style = Style::new(color, columns, std::env::var("NO_COLOR").ok().as_deref());
    // A link is an escape sequence as a colour is: where those are not wanted it is none.
    Style { links: style.color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout), ..style }
}
