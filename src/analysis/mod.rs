//! From files to budgets: finds the deployments of a tree, looks into their services, and adds up.
//!
//! This is the one place that knows every row above it; the command line, and whatever else asks for a budget, calls
//! [`projects`] and then [`budget`].

mod catalogued;
mod clients;
mod declared;
mod deployments;
mod dials;
mod member;
mod pooler;
mod published;
mod settings;

use crate::budget::Budget;
use crate::config::Config;
use crate::deployment::{Declaration, Deployment, Target};
use crate::platform::Project;
use crate::source::Sources;
use crate::trace::{Text, Traced};

pub use deployments::{Selection, projects};

/// What is asked of an analysis.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Which deployments.
    pub selection: Selection,
    /// Variables of the shell that deploys, as far as the command line gives them.
    pub shell: Vec<(String, Text)>,
    /// Read nothing outside the root.
    pub root_only: bool,
}

/// The budget of `project` under `config`.
pub fn budget(sources: &Sources, config: &Config, project: &Project) -> Budget {
    Budget::of(&deployment(sources, config, project), &config.policy)
}

/// The deployment that `project` is: its services are looked into, down to the pools that they make.
pub fn deployment(sources: &Sources, config: &Config, project: &Project) -> Deployment {
    let read = member::read(sources, config, project);
    let mut files = project.files.clone();
    for file in read.files {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let problems = project.problems.iter().cloned().chain(read.problems).collect();
    let mut deployment =
        Deployment::join(project.name.clone(), files, read.members, problems, &config.servers);
    settings::tell(sources, &read.seen, &mut deployment);
    // Those outside are only known now.
    let servers: Vec<String> = deployment.servers.iter().map(|server| server.name.clone()).collect();
    for pooler in &mut deployment.poolers {
        let Some(declared) = config.clients.get(&pooler.name) else { continue };
        let named = |name: &Traced<String>| servers.iter().position(|server| *server == name.value);
        let server = declared.server.as_ref().and_then(named).map(Target::Server);
        pooler.declared = Some(Declaration { connections: declared.connections.clone(), server });
    }
    deployment
}
