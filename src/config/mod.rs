//! `connbudget.toml`: what the people who run a deployment declare.

mod error;

use std::num::NonZeroU64;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::budget::Policy;
use crate::source::{SourceFile, Sources, TreePath};
use crate::trace::{Bound, Count, How, Origin, Traced, Trail};

pub use error::ConfigError;

/// The file's name, at the linted root.
pub const FILE_NAME: &str = "connbudget.toml";

/// What `connbudget.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The `[policy]`.
    pub policy: Policy,
    /// How many CPUs the hosts have: `[policy] cpus`.
    pub cpus: Option<Count>,
    /// Whether `.env.example` and its like stand in for an `env_file` that is not there.
    pub example_env: ExampleEnv,
    /// The `[[deployment]]`s; none leaves them to be found.
    pub deployments: Vec<DeclaredDeployment>,
}

/// Whether an example stands in for an `env_file` that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExampleEnv {
    /// It does, and a finding says so.
    #[default]
    StandsIn,
    /// It does not.
    Ignored,
}

/// A deployment that is declared rather than found. Paths are relative to the linted root.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeclaredDeployment {
    /// Its name in reports.
    pub name: String,
    /// Its compose files, in the order in which compose lays them over each other.
    pub compose_files: Vec<String>,
    /// The profiles that are on.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// What `--env-file` gives compose.
    #[serde(default)]
    pub env_files: Vec<String>,
    /// The folder that relative paths are seen from; that of the first compose file by default.
    pub project_directory: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    policy: PolicyTable,
    #[serde(default)]
    deployment: Vec<DeclaredDeployment>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PolicyTable {
    reserve: Option<Spanned<u64>>,
    cpus: Option<Spanned<NonZeroU64>>,
    gate_on: Option<GateOn>,
    example_env: Option<bool>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum GateOn {
    Ceiling,
    Reachable,
}

impl Config {
    /// The configuration at `path`, or the defaults when `path` is `None` and the root has no `connbudget.toml`.
    pub fn load(sources: &Sources, path: Option<&TreePath>) -> Result<Self, ConfigError> {
        let default = TreePath::new(FILE_NAME);
        if path.is_none() && !sources.is_file(&default) {
            return Ok(Self::default());
        }
        let file = sources.load(path.unwrap_or(&default)).map_err(ConfigError::Unreadable)?;
        let document = toml::from_str(&file.text).map_err(|error| ConfigError::malformed(&file, &error))?;
        Ok(Self::of(&file, document))
    }

    fn of(file: &SourceFile, document: Document) -> Self {
        let mut policy = Policy::default();
        let declared = |number: u64, at: Range<usize>| {
            let declared = Origin::at(How::Declared, file.at(at));
            Traced::new(Bound::Exactly(number), Trail::new(declared))
        };
        if let Some(reserve) = &document.policy.reserve {
            policy.reserve = declared(*reserve.get_ref(), reserve.span());
        }
        let cpus = document.policy.cpus.as_ref().map(|cpus| declared(cpus.get_ref().get(), cpus.span()));
        policy.gate_on_ceiling = document.policy.gate_on == Some(GateOn::Ceiling);
        let example_env = match document.policy.example_env {
            Some(false) => ExampleEnv::Ignored,
            Some(true) | None => ExampleEnv::StandsIn,
        };
        Self { policy, cpus, example_env, deployments: document.deployment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn load(text: &str) -> Result<Config, ConfigError> {
        Config::load(&Sources::new(Memory::new([(FILE_NAME, text)])), None)
    }

    #[test]
    fn a_reserve_has_its_place() {
        let config = load("[policy]\nreserve = 25\ngate-on = \"ceiling\"\n").unwrap();
        assert_eq!(config.policy.reserve.value, Bound::Exactly(25));
        assert_eq!(config.policy.reserve.trail.place().unwrap().range(), 19..21);
        assert!(config.policy.gate_on_ceiling);
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for text in
            ["[policy]\nreserv = 1\n", "[policy]\nreserve = -1\n", "[policy\n", "[policy]\ngate-on = \"x\"\n"]
        {
            assert!(load(text).is_err(), "{text}");
        }
    }
}
