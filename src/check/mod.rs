//! One run: what a tree's deployments come to, and what the rules find in them, less what comments and the baseline say
//! does not count. The command line and the server for editors ask here for the same.

mod baseline;
mod error;

use crate::analysis::{self, Request};
use crate::budget::Budget;
use crate::config::Config;
use crate::plan;
use crate::platform::Project;
use crate::rule::{Catalogue, Date, Finding, Ignores, Sorted};
use crate::source::{Sources, TreePath};

pub use baseline::Based;
pub use error::CheckError;

/// What was read.
pub struct Read {
    /// The files.
    pub sources: Sources,
    /// The configuration.
    pub config: Config,
    /// The deployments.
    pub projects: Vec<Project>,
    /// What was asked for.
    pub request: Request,
    /// Whether a part of what there is was asked for.
    pub partial: bool,
}

impl Read {
    /// Reads what `request` asks for of `sources`, under the configuration at `config` or that of the root.
    pub fn of(sources: Sources, config: Option<&str>, request: &Request) -> Result<Self, CheckError> {
        let config = configuration(&sources, config)?;
        let projects = analysis::projects(&sources, &config, request);
        Ok(Self {
            sources,
            config,
            projects,
            request: request.clone(),
            partial: request.selection.is_partial(),
        })
    }

    /// Reads all that `sources` have, as `connbudget lint` does without arguments.
    pub fn whole(sources: Sources) -> Result<Self, CheckError> {
        Self::of(sources, None, &Request::default())
    }

    /// Whether no deployment was found at all.
    pub fn found_nothing(&self) -> bool {
        self.projects.is_empty()
    }

    /// What is found, sorted by the comments.
    pub fn commented(&self, rules: &Catalogue, budgets: &[Budget], ignores: Ignores) -> Sorted {
        let policy = &self.config.policy;
        let findings = rules.findings(budgets, policy, &self.sources);
        rules.ignore(findings, budgets, policy, &self.sources, ignores)
    }

    /// Gives findings what to do about them, where that takes a plan; where none does, this costs nothing.
    pub fn answer(&self, findings: &mut [Finding]) {
        plan::answer(&self.sources, &self.config, &self.request, findings);
    }

    /// The budget of each deployment.
    pub fn budgets(&self) -> Vec<Budget> {
        self.projects.iter().map(|project| analysis::budget(&self.sources, &self.config, project)).collect()
    }
}

/// The configuration at `path`, else that of the root.
pub fn configuration(sources: &Sources, path: Option<&str>) -> Result<Config, CheckError> {
    Ok(Config::load(sources, path.map(TreePath::new).as_ref())?)
}

/// A run that is over.
pub struct Checked {
    /// What was read.
    pub read: Read,
    /// The rules that were asked.
    pub rules: Catalogue,
    /// What each deployment comes to.
    pub budgets: Vec<Budget>,
    /// What was found.
    pub sorted: Sorted,
}

impl Checked {
    /// Judges `read` as `connbudget lint` does.
    pub fn of(read: Read) -> Result<Self, CheckError> {
        let rules = Catalogue::of_project(&read.config.rules, &read.sources)?;
        Self::with(rules, read)
    }

    /// Judges `read` by `rules`.
    pub fn with(rules: Catalogue, read: Read) -> Result<Self, CheckError> {
        let budgets = read.budgets();
        let ignores = Ignores { today: Date::today(), forbidden: false, partial: read.partial };
        let sorted = read.commented(&rules, &budgets, ignores);
        let mut based = read.based(sorted)?;
        based.say_what_is_stale(&read, &rules, &budgets);
        Ok(Self { read, rules, budgets, sorted: based.sorted })
    }
}
