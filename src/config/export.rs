//! Another deployment's budget, as `connbudget budget --format json` exports it: what it opens on a server that is shared.

use serde::Deserialize;

use crate::deployment::Declared;
use crate::source::{Sources, TreePath};
use crate::trace::{Bound, Unknown};

/// What another deployment opens.
pub(super) struct Exported {
    pub(super) ceiling: Bound,
    pub(super) reachable: Bound,
}

#[derive(Deserialize)]
struct Document {
    version: u32,
    deployments: Vec<DeploymentJson>,
}

#[derive(Deserialize)]
struct DeploymentJson {
    #[serde(default)]
    servers: Vec<ServerJson>,
    /// Groups of which nobody knows which server they dial.
    #[serde(default)]
    unplaced: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct ServerJson {
    name: String,
    ceiling: CountJson,
    reachable: CountJson,
    floor: Option<u64>,
}

/// A number, `"unbounded"`, or nothing for unknown.
#[derive(Deserialize)]
#[serde(untagged)]
enum CountJson {
    Number(u64),
    Word(Word),
    Unknown(()),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Unbounded,
}

impl CountJson {
    fn bound(&self, floor: u64, path: &TreePath) -> Bound {
        match self {
            Self::Number(number) => Bound::Exactly(*number),
            Self::Word(Word::Unbounded) => Bound::Unbounded,
            Self::Unknown(()) => {
                let why = format!("{path} does not know it either").into();
                Bound::Unknown(Unknown { floor, term: None, why })
            }
        }
    }
}

/// What the deployments of the export at `path` open on `server`, all of them together; or what is wrong with it.
pub(super) fn read(sources: &Sources, path: &TreePath, server: &Declared) -> Result<Exported, String> {
    let file = sources.load(path).map_err(|error| error.to_string())?;
    let document: Document = serde_json::from_str(&file.text).map_err(|error| {
        format!("{path} is no budget as `connbudget budget --format json` exports it: {error}")
    })?;
    if document.version != 1 {
        return Err(format!(
            "{path} is of version {}, and this connbudget reads version 1",
            document.version
        ));
    }
    let servers = document.deployments.iter().flat_map(|deployment| &deployment.servers);
    let alike: Vec<&ServerJson> = servers.filter(|other| server.is(&other.name)).collect();
    if alike.is_empty() {
        return Err(format!(
            "{path} has no server that is called {} or matches {}",
            server.name, server.pattern
        ));
    }
    let sum = |of: fn(&ServerJson) -> &CountJson| -> Bound {
        alike.iter().map(|other| of(other).bound(other.floor.unwrap_or(0), path)).sum()
    };
    let (mut ceiling, mut reachable) = (sum(|other| &other.ceiling), sum(|other| &other.reachable));
    if document.deployments.iter().any(|deployment| !deployment.unplaced.is_empty()) {
        let why = format!("{path} has clients of which it does not know the server");
        let perhaps = Bound::Unknown(Unknown { floor: 0, term: None, why: why.into() });
        ceiling = ceiling + perhaps.clone();
        reachable = reachable + perhaps;
    }
    Ok(Exported { ceiling, reachable })
}
