//! `connbudget fix`: writes a plan into the files that its numbers came from.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::check::Read;
use crate::plan::{self, Case, Plan, Planned, Rewrite, Standing, WriteError, Written, unified};
use crate::source::{Sources, TreePath};

use super::arguments::ReadingArguments;
use super::failure::Failure;
use super::output::print;
use super::plan::{Ignored, planned};
use super::wish::FixArguments;
use super::{FOUND, PASSED, complain, nothing, read};

pub(super) fn fix(arguments: &FixArguments) -> Result<u8, Box<Failure>> {
    let paths = std::slice::from_ref(&arguments.path);
    let read = read::of(paths, &arguments.reading, None)?;
    if read.found_nothing() {
        return Ok(nothing());
    }
    let case = Case::read(&read.sources, &read.config, &read.request);
    let planned = planned(&case, arguments.wish.wish().as_ref())?;
    let Some(chosen) = chosen(arguments.plan, &planned)?.filter(|plan| !plan.steps.is_empty()) else {
        complain("connbudget: the files fit as they are: there is nothing to change");
        return Ok(PASSED);
    };
    let files = rewrites(&case, &planned, chosen)?;
    if !arguments.include_ignored {
        refuse_ignored(&read.sources, &files)?;
    }
    if arguments.dry_run {
        print(&unified(&files))?;
        return Ok(PASSED);
    }
    written(paths, &arguments.reading, &read, chosen, &files)?;
    print(&told(&read, &planned, chosen))?;
    Ok(if chosen.servers.iter().any(Standing::is_over) { FOUND } else { PASSED })
}

/// `lint --fix`: the first plan that files alone make true, where something is over. Where there is none, the findings of
/// the run that follows say so.
pub(super) fn first(paths: &[PathBuf], reading: &ReadingArguments) -> Result<(), Box<Failure>> {
    let read = read::of(paths, reading, None)?;
    let case = Case::read(&read.sources, &read.config, &read.request);
    let planned = planned(&case, None)?;
    let Some(chosen) = planned.plans.iter().find(|plan| plan.is_written()) else { return Ok(()) };
    let files = rewrites(&case, &planned, chosen)?;
    refuse_ignored(&read.sources, &files)?;
    written(paths, reading, &read, chosen, &files)?;
    complain(told(&read, &planned, chosen).trim_end());
    Ok(())
}

/// Writes `files`, reads everything anew, and puts the old texts back where it is not what was promised.
fn written(
    paths: &[PathBuf],
    reading: &ReadingArguments,
    read: &Read,
    chosen: &Plan,
    files: &[Rewrite],
) -> Result<(), Box<Failure>> {
    let root = Path::new(read.sources.tree().root());
    let written: Written = plan::write(root, files).map_err(|error| unwritten(&error))?;
    let again = read::of(paths, reading, None);
    let is_kept = again.as_ref().is_ok_and(|again| {
        plan::outcome_now(&Case::read(&again.sources, &again.config, &again.request)) == chosen.outcome
    });
    if is_kept {
        return Ok(());
    }
    written.put_back().map_err(|error| unwritten(&error))?;
    again?;
    Err(failed(
        "the files do not come to what was planned, so they were put back".to_owned(),
        "`connbudget plan` shows the plans; another is chosen with `--plan`",
    )
    .into())
}

/// The plan to write; `None` where nothing has to be.
fn chosen(number: Option<usize>, planned: &Planned) -> Result<Option<&Plan>, Box<Failure>> {
    let plans = &planned.plans;
    if plans.is_empty() {
        if !planned.servers.iter().any(Standing::is_over) {
            return Ok(None);
        }
        let message = "there is no plan that makes everything fit".to_owned();
        return Err(failed(message, "`connbudget plan` says why not").into());
    }
    let found = match number {
        Some(number) => number.checked_sub(1).and_then(|index| plans.get(index)),
        None => plans.iter().find(|plan| plan.is_written()).or(plans.first()),
    };
    match found {
        Some(plan) if !plan.by_hand.is_empty() => {
            let message = format!("the plan cannot be written: {}", plan.by_hand.join("; "));
            Err(failed(message, "no file here says that number, so that there is none to write it into")
                .into())
        }
        Some(plan) => Ok(Some(plan)),
        None => {
            let message = format!("there is no plan {}", number.unwrap_or_default());
            Err(failed(message, &format!("there are {}: `connbudget plan` shows them", plans.len())).into())
        }
    }
}

fn rewrites(case: &Case<'_>, planned: &Planned, chosen: &Plan) -> Result<Vec<Rewrite>, Box<Failure>> {
    let files = case.rewrites(&chosen.edits(&planned.knobs.all));
    files.ok_or_else(|| {
        failed("two of its changes are at one place".to_owned(), "choose another with `--plan`").into()
    })
}

fn refuse_ignored(sources: &Sources, files: &[Rewrite]) -> Result<(), Box<Failure>> {
    let ignored = Ignored::of(sources);
    let first: Option<&TreePath> = files.iter().map(|file| &file.path).find(|path| ignored.path(path));
    match first {
        None => Ok(()),
        Some(first) => Err(failed(
            format!("git ignores {first}, so that the change would be in no commit"),
            "`connbudget fix --include-ignored` writes it all the same; `connbudget plan` shows other plans",
        )
        .into()),
    }
}

fn unwritten(error: &WriteError) -> Failure {
    let help = match error {
        WriteError::Changed(_) => "nothing was written; run it again",
        WriteError::ReadOnly(_) => {
            "nothing was written; make it writable, or choose another plan with `--plan`"
        }
        WriteError::SameFile(..) => "nothing was written; choose another plan with `--plan`",
        WriteError::Refused { .. } => "nothing was changed",
        WriteError::Left { .. } => "look at it before anything is deployed: `git diff` shows what differs",
    };
    failed(error.to_string(), help)
}

fn failed(message: String, help: &str) -> Failure {
    Failure::Fix { message, help: help.to_owned() }
}

/// What was written, a line for each place, and what everything comes to now.
fn told(read: &Read, planned: &Planned, plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let Some(knob) = planned.knobs.all.get(step.knob) else { continue };
        let at = read.sources.load(&knob.spot.path).map(|file| file.line_column(knob.spot.range.start).line);
        let line = at.map(|line| format!(":{line}")).unwrap_or_default();
        let name = knob.name.trim_start_matches('-');
        // A string takes what is written into it.
        let _ = writeln!(text, "{}{line}: {name} {} → {}", knob.spot.path, step.from, step.to);
    }
    for (then, now) in plan.servers.iter().zip(&planned.servers).filter(|(then, now)| then != now) {
        let took = now.capacity.map(|capacity| format!(", it was {} of {capacity}", now.load.counted));
        if let Some(capacity) = then.capacity {
            let opened = then.load.counted;
            let _ = writeln!(text, "{}: {opened} of {capacity}{}", then.server, took.unwrap_or_default());
        }
    }
    text
}
