//! The ways of the numbers, and whom each feeds.

use crate::budget::{
    Budget, Factor, GroupDemand, Measure, PoolerBudget, ServerBudget, capacity_words, factors, group_words,
};
use crate::source::Span;
use crate::trace::{Bound, How, Origin, Trail};

/// A number with those that it is a factor of.
pub(super) struct Link<'a> {
    pub(super) factor: Factor<'a>,
    /// The sum that it is in: `app: 10 workers × (5 pool + 10 overflow) = 150 of 87 on db`.
    pub(super) feeds: String,
}

/// Every number of `budget` that came through a place for which `is_meant`.
pub(super) fn links<'a>(budget: &'a Budget, is_meant: &dyn Fn(Span) -> bool) -> Vec<Link<'a>> {
    let passes = |factor: &Factor<'_>| spans(factor.trail).any(is_meant);
    let link = |factor: Factor<'a>| Link { feeds: feeds(budget, &factor), factor };
    factors(budget).into_iter().filter(passes).map(link).collect()
}

/// The places that `trail` goes through.
pub(super) fn spans(trail: &Trail) -> impl Iterator<Item = Span> {
    trail.steps().filter_map(Origin::span)
}

/// What happened at a step, in words that follow its place.
pub(super) fn words(trail: &Trail, step: &Origin) -> String {
    match step {
        Origin::Place { how: How::Implied, .. } => match trail.default() {
            Some(of) => format!("nothing sets it here: default of {of}"),
            None => "nothing sets it here".to_owned(),
        },
        Origin::Place { how, .. } => how.word().to_owned(),
        Origin::Default { of } => format!("default of {of}"),
        Origin::CommandLine { argument } => argument.clone(),
    }
}

fn feeds(budget: &Budget, factor: &Factor<'_>) -> String {
    let (receiver, group) = (factor.of.first(), factor.of.get(1));
    let is_meant = |client: &&GroupDemand| group.is_none_or(|name| *name == client.group.name);
    for server in budget.servers.iter().filter(|server| Some(&server.server.name) == receiver) {
        if group.is_none() {
            return of_server(server);
        }
        if let Some(client) = server.clients.iter().find(is_meant) {
            return format!("{}: {}", client.group.name, at_server(client, server));
        }
    }
    for pooler in budget.poolers.iter().filter(|pooler| Some(&pooler.pooler.name) == receiver) {
        if group.is_none() {
            return of_pooler(pooler);
        }
        if let Some(client) = pooler.clients.iter().find(is_meant) {
            return format!("{}: {}", client.group.name, at_pooler(client, pooler));
        }
    }
    let lost = budget.unplaced.iter().find(is_meant);
    lost.map(|client| format!("{}: {}", client.group.name, nowhere(client))).unwrap_or_default()
}

/// What `client` opens on `server`.
pub(super) fn at_server(client: &GroupDemand, server: &ServerBudget) -> String {
    let of = server.capacity.slots.map(|slots| format!(" of {slots}")).unwrap_or_default();
    format!("{}{of} on {}", group_words(client, Measure::Reachable), server.server.name)
}

/// What `client` opens to `pooler`.
pub(super) fn at_pooler(client: &GroupDemand, pooler: &PoolerBudget) -> String {
    let of = pooler.max_clients.number().map(|most| format!(" of {most}")).unwrap_or_default();
    format!("{}{of} clients of {}", group_words(client, Measure::Reachable), pooler.pooler.name)
}

/// What `client` opens of which nobody knows where.
pub(super) fn nowhere(client: &GroupDemand) -> String {
    format!("{}, on a server that is not known", group_words(client, Measure::Reachable))
}

/// What is opened on `server`, and what that takes.
pub(super) fn of_server(server: &ServerBudget) -> String {
    let opened = counted(&server.reachable);
    let percent = server.percent().map(|percent| format!(", {percent} %")).unwrap_or_default();
    let of = server.capacity.slots.map(|slots| format!(" of {slots}{percent}")).unwrap_or_default();
    format!("{opened}{of}: {}", capacity_words(server).0)
}

/// What dials `pooler`, and what that opens.
pub(super) fn of_pooler(pooler: &PoolerBudget) -> String {
    let of = pooler.max_clients.number().map(|most| format!(" of {most}")).unwrap_or_default();
    let on = match pooler.servers.as_slice() {
        [] => " on a server that is not known".to_owned(),
        servers => format!(" on {}", servers.join(", ")),
    };
    format!("{} clients{of}, opens {}{on}", pooler.client_reachable, pooler.server_reachable)
}

fn counted(number: &Bound) -> String {
    let word = if *number == Bound::ONE { "connection" } else { "connections" };
    format!("{number} {word}")
}
