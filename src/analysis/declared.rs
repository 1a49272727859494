//! What `connbudget.toml` declares of a service.

use crate::client::{Demand, Made, Pool, Url};
use crate::config::DeclaredClient;
use crate::deployment::{Group, Overlap};
use crate::platform::Service;
use crate::trace::{Text, Unknown};

/// The group that `declared` makes of `service`: one process that opens so many connections in each replica, on the
/// server that is declared or else the one that it seems to dial.
pub(super) fn group(
    service: &Service,
    declared: &DeclaredClient,
    database: Option<Url>,
) -> (Group, Vec<Pool>) {
    let trail = declared.connections.trail.clone();
    let url = match &declared.server {
        Some(server) => Url::Host(Text::traced(server.value.clone(), server.trail.clone())),
        None => database.unwrap_or_else(|| {
            let why = "nothing says which server it dials; `server` in connbudget.toml does".into();
            Url::Unknown(Unknown { floor: 0, term: None, why })
        }),
    };
    let group = Group {
        replicas: service.replicas.clone(),
        overlap: Overlap { rollout: service.rollout.clone(), ..Overlap::default() },
        ..Group::of_one(service.name.to_string(), &trail)
    };
    let pool = Pool {
        name: "connections".to_owned(),
        kind: "declared",
        size: Some(declared.connections.clone()),
        overflow: None,
        ceiling: declared.connections.value.clone(),
        demand: Demand::Ahead,
        url,
        place: trail.place(),
        made: Made::Once,
        settings: Vec::new(),
    };
    (group, vec![pool])
}
