//! A server's, a pooler's table: a line for each group, one for all, one for what there is.

use std::fmt::Write;

use super::escape::{code, prose};
use crate::budget::{
    Budget, GroupDemand, PoolerBudget, ServerBudget, capacity_words, percent, plural, settings_words,
};
use crate::report::glance;
use crate::trace::Bound;

/// How many squares a bar has.
const SQUARES: u64 = 20;

/// So many pools of a group are named, the others counted.
const POOLS: usize = 6;

const HEAD: &str = "\n| Group | Replicas | Processes | Pools of each | Connections | Share |\n\
    |---|--:|--:|---|--:|--:|\n";

/// The tables of `budget`.
pub(super) fn tables(budget: &Budget) -> String {
    let mut text = String::new();
    for server in &budget.servers {
        self::server(&mut text, server);
    }
    for pooler in &budget.poolers {
        self::pooler(&mut text, pooler);
    }
    if !budget.unplaced.is_empty() {
        text.push_str("\n**Which server is not known**\n");
        groups(&mut text, &budget.unplaced, None);
    }
    if budget.servers.is_empty() && budget.poolers.is_empty() && budget.unplaced.is_empty() {
        text.push_str("\nNothing here dials a PostgreSQL.\n");
    }
    text
}

fn server(text: &mut String, budget: &ServerBudget) {
    let slots = budget.capacity.slots;
    let takes = slots.map_or("?".to_owned(), |slots| slots.to_string());
    let share = glance::share(budget);
    let _ = writeln!(
        text,
        "\n**{}** · {} of {takes} connections · **{share}**\n\n{}",
        prose(&glance::name_of(budget)),
        prose(&budget.reachable.to_string()),
        bar(&budget.reachable, slots),
    );
    groups(text, &budget.clients, slots);
    if budget.clients.len() > 1 {
        let (sum, share) =
            (connections(&budget.reachable, &budget.ceiling), share_of(&budget.reachable, slots));
        let _ = writeln!(text, "| **together** | | | | **{sum}** | **{share}** |");
    }
    let _ = writeln!(
        text,
        "| {} takes | | | {} | {takes} | |",
        code(&budget.server.name),
        prose(&capacity_words(budget).1)
    );
    for phase in &budget.phases {
        let names: Vec<String> = phase.more.iter().map(|(name, _)| code(name)).collect();
        let (event, sum) = (phase.event.name(), connections(&phase.reachable, &phase.ceiling));
        let _ = writeln!(text, "\nDuring a {event} of {}: {sum} connections.", names.join(", "));
    }
}

fn pooler(text: &mut String, budget: &PoolerBudget) {
    let most = budget.max_clients.number();
    let _ = writeln!(
        text,
        "\n**{}** · {} of {} connections · **{}**\n\n{}",
        prose(&glance::pooler_name(budget)),
        prose(&budget.client_reachable.to_string()),
        prose(&budget.max_clients.to_string()),
        glance::pooler_share(budget).0,
        bar(&budget.client_reachable, most),
    );
    groups(text, &budget.clients, most);
    if budget.clients.len() > 1 {
        let sum = connections(&budget.client_reachable, &budget.client_ceiling);
        let share = share_of(&budget.client_reachable, most);
        let _ = writeln!(text, "| **together** | | | | **{sum}** | **{share}** |");
    }
}

fn groups(text: &mut String, groups: &[GroupDemand], slots: Option<u64>) {
    text.push_str(HEAD);
    for demand in groups {
        let group = &demand.group;
        let processes = &group.processes.value;
        let _ = writeln!(
            text,
            "| {} | {} | {} {} | {} | {} | {} |",
            code(&group.name),
            prose(&group.replicas.value.to_string()),
            prose(&processes.to_string()),
            plural(group.process_word, processes),
            pools(demand),
            connections(&demand.reachable, &demand.ceiling),
            share_of(&demand.reachable, slots),
        );
    }
    if groups.is_empty() {
        text.push_str("| nobody dials it | | | | 0 | |\n");
    }
}

/// The pools of one process.
fn pools(demand: &GroupDemand) -> String {
    let named = demand.pools.iter().take(POOLS);
    let mut words: Vec<String> =
        named.map(|pool| format!("{} {}", code(&pool.pool.name), prose(&settings_words(pool)))).collect();
    if let Some(more) = demand.pools.len().checked_sub(POOLS).filter(|more| *more > 0) {
        words.push(format!("and {more} more"));
    }
    let engines = &demand.group.engines.value;
    if *engines != Bound::ONE {
        words.insert(0, format!("{} times:", prose(&engines.to_string())));
    }
    words.join("<br>")
}

fn connections(reachable: &Bound, ceiling: &Bound) -> String {
    let words = prose(&reachable.to_string());
    if reachable == ceiling { words } else { format!("{words}, at worst {}", prose(&ceiling.to_string())) }
}

fn share_of(bound: &Bound, slots: Option<u64>) -> String {
    percent(bound, slots).map(|percent| format!("{percent} %")).unwrap_or_default()
}

/// A bar of squares: what fits is green or yellow, what does not is red, what is left is white. Where it does not fit the
/// whole bar is what can be opened.
fn bar(bound: &Bound, slots: Option<u64>) -> String {
    let Some(slots) = slots else { return "🟨❔".to_owned() };
    let draw = |square: &str, count: u64| square.repeat(usize::try_from(count.min(SQUARES)).unwrap_or(0));
    // A part that is there has a square, however small it is beside the whole.
    let part = |of: u64, whole: u64| {
        let squares = (u128::from(of) * u128::from(SQUARES)).div_ceil(u128::from(whole.max(1)));
        u64::try_from(squares).unwrap_or(SQUARES).min(SQUARES)
    };
    let floor = bound.floor();
    if *bound == Bound::Unbounded {
        return format!("{}{} ∞", draw("🟩", SQUARES / 4), draw("🟥", SQUARES - SQUARES / 4));
    }
    let unknown = if bound.is_unknown() { "❔" } else { "" };
    if floor > slots {
        let fits = part(slots, floor).min(SQUARES - 1);
        return format!("{}{}{unknown}", draw("🟩", fits), draw("🟥", SQUARES - fits));
    }
    let filled = part(floor, slots);
    let is_near = bound.is_unknown() || u128::from(floor) * 100 > u128::from(slots) * 80;
    let square = if is_near { "🟨" } else { "🟩" };
    format!("{}{unknown}{}", draw(square, filled), draw("⬜", SQUARES - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_what_fits() {
        let bar = |bound, slots| super::bar(&bound, slots);
        assert_eq!(bar(Bound::Exactly(300), Some(87)), "🟩🟩🟩🟩🟩🟩🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥🟥");
        assert_eq!(bar(Bound::Exactly(88), Some(87)), format!("{}🟥", "🟩".repeat(19)));
        assert_eq!(bar(Bound::Exactly(87), Some(87)), "🟨".repeat(20));
        assert_eq!(bar(Bound::Exactly(1), Some(87)), format!("🟩{}", "⬜".repeat(19)));
        assert_eq!(bar(Bound::ZERO, Some(87)), "⬜".repeat(20));
        assert_eq!(bar(Bound::unknown("CPUs", ""), Some(87)), format!("❔{}", "⬜".repeat(20)));
        assert_eq!(bar(Bound::Unbounded, Some(87)), format!("{}{} ∞", "🟩".repeat(5), "🟥".repeat(15)));
        assert_eq!(bar(Bound::Exactly(1), Some(0)), "🟥".repeat(20));
        assert_eq!(bar(Bound::Exactly(1), None), "🟨❔");
    }
}
