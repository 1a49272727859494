//! `connbudget.toml`: what the people who run a deployment declare.

mod client;
mod error;
mod export;
mod knobs;
mod plan;
mod rules;
mod server;

use std::num::NonZeroU64;
use std::ops::Range;

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

use crate::budget::{Policy, Share};
use crate::deployment::Declared;
use crate::source::{SourceFile, Sources, TreePath};
use crate::trace::{Bound, Count, How, Origin, Traced, Trail};

use client::ClientTable;
pub use client::DeclaredClient;
pub use error::ConfigError;
pub use knobs::PlanSettings;
use knobs::PlanTable;
use rules::RulesTable;
pub use rules::{Level, RuleOverride, RuleSetting, RuleSettings};
use server::ServerTable;

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
    /// The `[server.NAME]`s.
    pub servers: Vec<Declared>,
    /// The `[[deployment]]`s; none leaves them to be found.
    pub deployments: Vec<DeclaredDeployment>,
    /// The `[clients]`, by the names of their services.
    pub clients: IndexMap<String, DeclaredClient>,
    /// The `[rules]`.
    pub rules: RuleSettings,
    /// `[lint] baseline`: the file with findings that do not count.
    pub baseline: Option<Traced<String>>,
    /// The `[plan]`.
    pub plan: PlanSettings,
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    policy: PolicyTable,
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "IndexMap<String, ServerTable>"))]
    server: IndexMap<Spanned<String>, ServerTable>,
    #[serde(default)]
    deployment: Vec<DeclaredDeployment>,
    #[serde(default)]
    clients: IndexMap<String, ClientTable>,
    #[serde(default)]
    rules: RulesTable,
    #[serde(default)]
    lint: LintTable,
    #[serde(default)]
    plan: PlanTable,
}

/// What the file may hold, for the schema.
#[cfg(test)]
pub(crate) fn schema(generator: schemars::SchemaGenerator) -> schemars::Schema {
    generator.into_root_schema_for::<Document>()
}

/// `[lint]`.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LintTable {
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    baseline: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PolicyTable {
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    reserve: Option<Spanned<toml::Value>>,
    #[cfg_attr(test, schemars(with = "Option<NonZeroU64>"))]
    cpus: Option<Spanned<NonZeroU64>>,
    gate_on: Option<GateOn>,
    example_env: Option<bool>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
        Self::of(sources, &file, document)
    }

    fn of(sources: &Sources, file: &SourceFile, document: Document) -> Result<Self, ConfigError> {
        let mut policy = Policy::default();
        let declared = |number: u64, at: Range<usize>| {
            let declared = Origin::at(How::Declared, file.at(at));
            Traced::new(Bound::Exactly(number), Trail::new(declared))
        };
        if let Some(reserve) = &document.policy.reserve {
            match reserve_of(reserve.get_ref()) {
                Some(Reserve::Slots(slots)) => policy.reserve = declared(slots, reserve.span()),
                Some(Reserve::Percent(percent)) => {
                    policy.share = Some(Share { percent, trail: declared(0, reserve.span()).trail });
                }
                None => {
                    let message = "reserve is a number of slots, or a share of them from \"0%\" to \"99%\"";
                    return Err(ConfigError::at(file, reserve.span(), message));
                }
            }
        }
        let cpus = document.policy.cpus.as_ref().map(|cpus| declared(cpus.get_ref().get(), cpus.span()));
        policy.gate_on_ceiling = document.policy.gate_on == Some(GateOn::Ceiling);
        let example_env = match document.policy.example_env {
            Some(false) => ExampleEnv::Ignored,
            Some(true) | None => ExampleEnv::StandsIn,
        };
        let servers = document.server.iter();
        let servers: Result<Vec<Declared>, ConfigError> =
            servers.map(|(name, table)| server::declared(sources, file, name, table)).collect();
        // Of two patterns that match, the one that stands first in the file counts.
        let mut servers = servers?;
        servers.sort_by_key(|server| server.place);
        let clients = document.clients.iter();
        let clients = clients.map(|(service, table)| (service.clone(), table.declared(file))).collect();
        let rules = document.rules.settings(file)?;
        let baseline = document.lint.baseline.map(|path| {
            let at = Origin::at(How::Declared, file.at(path.span()));
            Traced::new(path.into_inner(), Trail::new(at))
        });
        let plan = document.plan.settings(file)?;
        Ok(Self {
            policy,
            cpus,
            example_env,
            servers,
            deployments: document.deployment,
            clients,
            rules,
            baseline,
            plan,
        })
    }
}

/// What `reserve` says.
enum Reserve {
    Slots(u64),
    Percent(u64),
}

fn reserve_of(value: &toml::Value) -> Option<Reserve> {
    match value {
        toml::Value::Integer(slots) => u64::try_from(*slots).ok().map(Reserve::Slots),
        toml::Value::String(share) => {
            let percent: u64 = share.trim().strip_suffix('%')?.trim_end().parse().ok()?;
            (percent < 100).then_some(Reserve::Percent(percent))
        }
        _ => None,
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
    fn a_server_is_declared_by_its_numbers_or_by_a_plan() {
        let config = load(
            "[server.main]\nurl-pattern = \"*.rds.example.com\"\nmax-connections = 200\nother-connections = 40\n\
             [server.\"ep-1.neon.tech\"]\nplan = \"neon/0.25\"\nreserved = 2\n",
        )
        .unwrap();
        let [main, neon] = config.servers.as_slice() else { panic!("two servers") };
        assert!(main.is("DB.rds.example.com") && main.is("main") && !main.is("rds.example.com"));
        let number = |count: &Option<Count>| count.as_ref().and_then(|count| count.value.number());
        assert_eq!((number(&main.max_connections), number(&main.superuser_reserved)), (Some(200), None));
        assert_eq!(main.others[0].ceiling, Bound::Exactly(40));
        assert!(neon.is("ep-1.neon.tech"));
        assert_eq!((number(&neon.max_connections), number(&neon.superuser_reserved)), (Some(104), Some(7)));
        assert_eq!(neon.version.as_ref().map(ToString::to_string).as_deref(), Some("Neon 0.25"));
    }

    #[test]
    fn a_server_that_cannot_be_used_is_refused() {
        for text in [
            "[server.x]\nplan = \"nobody/small\"\n",
            "[server.x]\nplan = \"neon/small\"\n",
            "[server.x]\nmax-connections = 0\n",
            "[server.x]\nurl-pattern = \"postgres://x/y\"\n",
            "[server.x]\nalso = [\"not-there.json\"]\n",
            "[server.x]\nmax_connections = 5\n",
        ] {
            assert!(load(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_client_has_its_place() {
        let config = load("[clients.worker]\nconnections = 20\nserver = \"db\"\n").unwrap();
        let client = &config.clients["worker"];
        assert_eq!(client.connections.value, Bound::Exactly(20));
        assert_eq!(client.connections.trail.place().unwrap().range(), 31..33);
        assert_eq!(client.server.as_ref().map(|server| server.value.as_str()), Some("db"));
        assert!(load("[clients.worker]\nserver = \"db\"\n").is_err());
        assert!(load("[clients.worker]\nconnections = \"20\"\n").is_err());
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for text in [
            "[policy]\nreserv = 1\n",
            "[policy]\nreserve = -1\n",
            "[policy]\nreserve = \"100%\"\n",
            "[policy\n",
            "[policy]\ngate-on = \"x\"\n",
        ] {
            assert!(load(text).is_err(), "{text}");
        }
    }
}
