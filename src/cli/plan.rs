//! `connbudget plan`: what to change so that everything fits.

use std::path::Path;

use crate::plan::{self, Case, Knob, Planned, Standing, Wish, WishError};
use crate::platform;
use crate::report::{self, Style, json};
use crate::source::{Git, GitError, Sources, TreePath};

use super::arguments::Format;
use super::failure::Failure;
use super::output::print;
use super::wish::PlanArguments;
use super::{FOUND, PASSED, nothing_in, read};

pub(super) fn plan(arguments: &PlanArguments, style: &Style) -> Result<u8, Box<Failure>> {
    let read = read::of(std::slice::from_ref(&arguments.path), &arguments.reading, None)?;
    let case = Case::read(&read.sources, &read.config, &read.request);
    if read.found_nothing() {
        let empty = json::plan(&read.sources, &plan::plan(&case), &|_| false);
        return nothing_in(arguments.format, &empty);
    }
    if arguments.table {
        return table(&case, arguments.format, style);
    }
    let planned = planned(&case, arguments.wish.wish().as_ref())?;
    let ignored = Ignored::of(&read.sources);
    print(&match arguments.format {
        Format::Human => report::plan(&read.sources, &planned, style, &|knob| {
            ignored
                .knob(knob)
                .then(|| format!("git ignores {}: `fix` wants --include-ignored", knob.spot.path))
        }),
        Format::Json => json::plan(&read.sources, &planned, &|knob| ignored.knob(knob)),
    })?;
    let is_over = |servers: &[Standing]| servers.iter().any(Standing::is_over);
    let fits = |plan: &plan::Plan| !is_over(&plan.servers);
    let is_well =
        if planned.plans.is_empty() { !is_over(&planned.servers) } else { planned.plans.iter().any(fits) };
    Ok(if is_well { PASSED } else { FOUND })
}

/// `--table`: usual numbers side by side.
fn table(case: &Case<'_>, format: Format, style: &Style) -> Result<u8, Box<Failure>> {
    let table = plan::table(case).ok_or_else(|| {
        let message = "no file here says a number of workers or the size of a pool".to_owned();
        Box::new(Failure::Fix {
            message,
            help: "`connbudget budget` shows where each number comes from".to_owned(),
        })
    })?;
    print(&match format {
        Format::Human => report::table(&table, style),
        Format::Json => json::table(&table),
    })?;
    Ok(PASSED)
}

/// What is asked for, or the smallest changes that fit.
pub(super) fn planned(case: &Case<'_>, wish: Option<&Wish>) -> Result<Planned, Box<Failure>> {
    let Some(wish) = wish else { return Ok(plan::plan(case)) };
    plan::wished(case, wish).map_err(|error| {
        let help = match &error {
            WishError::Unknown { help, .. } | WishError::Several { help, .. } => help.clone(),
            WishError::Nothing(_) | WishError::Unreadable(_) => {
                "`connbudget budget` shows where each number comes from".to_owned()
            }
        };
        Box::new(Failure::Wish { error, help })
    })
}

/// Which files git ignores: a change of such a file is in no commit.
pub(super) struct Ignored<'a> {
    sources: &'a Sources,
    git: Result<Git, GitError>,
}

impl<'a> Ignored<'a> {
    pub(super) fn of(sources: &'a Sources) -> Self {
        Self { sources, git: Git::open(Path::new(sources.tree().root())) }
    }

    pub(super) fn path(&self, path: &TreePath) -> bool {
        match &self.git {
            Ok(git) => git.ignores(path).unwrap_or(false),
            // Without git its rules are read, where there is a repository.
            Err(GitError::Program(_)) => {
                let root = Path::new(self.sources.tree().root());
                let has_repository = root.ancestors().any(|folder| folder.join(".git").exists());
                has_repository && platform::is_ignored(self.sources, path)
            }
            Err(_) => false,
        }
    }

    fn knob(&self, knob: &Knob) -> bool {
        self.path(&knob.spot.path)
    }
}
