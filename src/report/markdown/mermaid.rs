//! Who dials whom, as a Mermaid flowchart.

use std::fmt::Write;

use indexmap::IndexSet;

use super::escape::label;
use crate::budget::{Budget, GroupDemand, Measure, group_expression};
use crate::trace::Bound;

/// A picture with more arrows than these is no picture.
const MOST_ARROWS: usize = 60;

/// Draws `budget`; nothing where nothing is dialled, or where too much is.
pub(super) fn chart(budget: &Budget) -> Option<String> {
    let clients = budget.servers.iter().map(|server| server.clients.len());
    let arrows: usize = clients.chain(budget.poolers.iter().map(|pooler| pooler.clients.len())).sum();
    if !(1..=MOST_ARROWS).contains(&(arrows + budget.unplaced.len())) {
        return None;
    }
    let mut chart = Chart { budget, groups: IndexSet::new(), text: "flowchart LR\n".to_owned() };
    for (index, server) in budget.servers.iter().enumerate() {
        let takes = server.capacity.slots.map_or("?".to_owned(), |slots| slots.to_string());
        let name = label(&server.server.name);
        let _ = writeln!(chart.text, "  s{index}[(\"{name}<br/>takes {takes}\")]");
        for client in &server.clients {
            chart.arrow(client, &format!("s{index}"));
        }
        let is_over = server.capacity.slots.is_some_and(|slots| server.reachable.exceeds(slots));
        if is_over || server.reachable == Bound::Unbounded {
            let _ = writeln!(chart.text, "  style s{index} stroke:#d1242f,stroke-width:3px");
        }
    }
    for (index, pooler) in budget.poolers.iter().enumerate() {
        let mode = pooler.mode().map(|mode| format!("<br/>{} mode", label(mode))).unwrap_or_default();
        let name = label(&pooler.pooler.name);
        let _ = writeln!(
            chart.text,
            "  p{index}{{{{\"{name}{mode}<br/>accepts {}\"}}}}",
            label(&pooler.max_clients.to_string())
        );
        for client in &pooler.clients {
            chart.arrow(client, &format!("p{index}"));
        }
    }
    if !budget.unplaced.is_empty() {
        chart.text.push_str("  u([\"which server is not known\"])\n");
        for client in &budget.unplaced {
            chart.arrow(client, "u");
        }
    }
    Some(chart.text)
}

struct Chart<'a> {
    budget: &'a Budget,
    /// The names of the groups that have a node.
    groups: IndexSet<String>,
    text: String,
}

impl Chart<'_> {
    fn arrow(&mut self, client: &GroupDemand, to: &str) {
        let from = self.node(client);
        let number = label(&client.reachable.to_string());
        let _ = writeln!(self.text, "  {from} -->|\"{number}\"| {to}");
    }

    /// The name of the node for `client`: a pooler's own, or that of a group.
    fn node(&mut self, client: &GroupDemand) -> String {
        let name = &client.group.name;
        let pooler = self.budget.poolers.iter().position(|pooler| pooler.pooler.name == *name);
        if let Some(index) = pooler.filter(|_| client.is_pooler()) {
            return format!("p{index}");
        }
        let (index, is_new) = self.groups.insert_full(name.clone());
        if is_new {
            let figures = label(&group_expression(client, Measure::Reachable).figures());
            let _ = writeln!(self.text, "  g{index}[\"{}<br/>{figures}\"]", label(name));
        }
        format!("g{index}")
    }
}
