//! The budget of a deployment at a glance: for each server a bar for each group and one for what the server takes.

use super::canvas::{Canvas, Line, Paint, width, wrap};
use crate::budget::{
    Budget, GroupDemand, Measure, PoolerBudget, ServerBudget, capacity_words, group_expression, plural,
};
use crate::trace::{Bound, Text};

/// A table is not wider than this: a bar that is longer says no more.
const WIDEST: usize = 84;

/// A bar is at least this long, however long the sum before it.
const SHORTEST_BAR: usize = 10;

/// A line of the table.
struct Row {
    name: String,
    figures: String,
    value: Value,
    bar: Paint,
}

/// What a row's bar shows.
enum Value {
    Known(u64),
    AtLeast(u64),
    Unbounded,
}

impl Value {
    fn of(bound: &Bound) -> Self {
        match bound {
            Bound::Exactly(n) | Bound::AtMost(n) => Self::Known(*n),
            Bound::Unbounded => Self::Unbounded,
            Bound::Unknown(unknown) => Self::AtLeast(unknown.floor),
        }
    }

    fn floor(&self) -> u64 {
        match self {
            Self::Known(n) | Self::AtLeast(n) => *n,
            Self::Unbounded => 0,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Known(n) => n.to_string(),
            Self::AtLeast(0) => "?".to_owned(),
            Self::AtLeast(n) => format!("≥ {n}"),
            Self::Unbounded => "∞".to_owned(),
        }
    }
}

/// Draws the budget of one deployment.
pub(super) fn draw(canvas: &mut Canvas, budget: &Budget, columns: usize) {
    let columns = columns.min(WIDEST);
    for (index, server) in budget.servers.iter().enumerate() {
        if index > 0 {
            canvas.blank();
        }
        let share = (share(server), paint_of(server));
        title(canvas, &budget.name, &name_of(server), Some(share), columns);
        table(canvas, &rows(server), columns);
    }
    for pooler in &budget.poolers {
        canvas.blank();
        title(canvas, &budget.name, &pooler_name(pooler), Some(pooler_share(pooler)), columns);
        table(canvas, &pooler_rows(pooler), columns);
    }
    if !budget.unplaced.is_empty() {
        if !budget.servers.is_empty() {
            canvas.blank();
        }
        title(canvas, &budget.name, "which server is not known", None, columns);
        let rows: Vec<Row> =
            budget.unplaced.iter().flat_map(|group| group_rows(group, Paint::Warning)).collect();
        table(canvas, &rows, columns);
    }
    if budget.servers.is_empty() && budget.unplaced.is_empty() {
        title(canvas, &budget.name, "nothing here dials a PostgreSQL", None, columns);
    }
}

pub(super) fn name_of(server: &ServerBudget) -> String {
    let name = &server.server.name;
    match server.server.version.as_ref().map(Text::as_str) {
        Some(version) if version != name => format!("{name} ({version})"),
        _ => name.clone(),
    }
}

/// The colour of how full a server is.
pub(super) fn paint_of(server: &ServerBudget) -> Paint {
    let Some(slots) = server.capacity.slots else { return Paint::Warning };
    let floor = server.reachable.floor();
    match () {
        () if floor > slots => Paint::Error,
        () if server.reachable.is_unknown() || u128::from(floor) * 100 > u128::from(slots) * 80 => {
            Paint::Warning
        }
        () => Paint::Good,
    }
}

/// A pooler, in what way it works, and what it dials.
pub(super) fn pooler_name(pooler: &PoolerBudget) -> String {
    let name = &pooler.pooler.name;
    let program = Some(pooler.pooler.program).filter(|program| program != name);
    let servers = match pooler.servers.as_slice() {
        [] => "which server it dials is not known".to_owned(),
        servers => format!("→ {}", servers.join(", ")),
    };
    let way: Vec<&str> = program.into_iter().chain([servers.as_str()]).collect();
    let mode = pooler.mode().map(|mode| format!(", {mode} mode")).unwrap_or_default();
    let between = if pooler.servers.is_empty() { ", " } else { " " };
    format!("clients of {name} ({}{mode})", way.join(between))
}

/// How many of the clients that a pooler accepts there can be.
pub(super) fn pooler_share(pooler: &PoolerBudget) -> (String, Paint) {
    let is_over = pooler.max_clients.number().is_some_and(|most| pooler.client_reachable.floor() > most);
    match pooler.percent() {
        Some(percent) => (format!("{percent} %"), if is_over { Paint::Error } else { Paint::Good }),
        None if pooler.client_reachable == Bound::Unbounded => ("unbounded".to_owned(), Paint::Error),
        None => ("?".to_owned(), if is_over { Paint::Error } else { Paint::Warning }),
    }
}

/// How many clients it accepts, and how that comes about.
pub(super) fn accepts(budget: &PoolerBudget) -> String {
    let pooler = &budget.pooler;
    if budget.max_clients.is_unknown() {
        return "nothing says how many clients it accepts".to_owned();
    }
    let factors = [(&pooler.replicas.value, "replica"), (&pooler.processes.value, "process")];
    let times = factors.into_iter().filter(|(value, _)| **value != Bound::ONE);
    let mut words: Vec<String> =
        times.map(|(value, word)| format!("{value} {}", plural(word, value))).collect();
    if words.is_empty() {
        return format!("accepts {} clients", budget.max_clients);
    }
    words.push(format!("{} max_client_conn", pooler.max_client_conn.value));
    format!("accepts {} = {} clients", words.join(" × "), budget.max_clients)
}

fn pooler_rows(pooler: &PoolerBudget) -> Vec<Row> {
    let paint = pooler_share(pooler).1;
    let mut rows: Vec<Row> = pooler.clients.iter().flat_map(|group| group_rows(group, paint)).collect();
    if pooler.clients.len() > 1 {
        let (name, figures) = ("together".to_owned(), String::new());
        rows.push(Row { name, figures, value: Value::of(&pooler.client_reachable), bar: paint });
    }
    if pooler.clients.is_empty() {
        let (name, figures) = ("nobody".to_owned(), "dials it".to_owned());
        rows.push(Row { name, figures, value: Value::Known(0), bar: paint });
    }
    let factors = [&pooler.pooler.replicas.value, &pooler.pooler.processes.value];
    let times = factors.into_iter().filter(|value| **value != Bound::ONE);
    let names = times.map(ToString::to_string).chain(["max_client_conn".to_owned()]);
    let figures = names.collect::<Vec<_>>().join(" × ");
    let value = Value::of(&pooler.max_clients);
    rows.push(Row { name: pooler.pooler.name.clone(), figures, value, bar: Paint::Border });
    rows
}

pub(super) fn share(server: &ServerBudget) -> String {
    match server.percent() {
        Some(percent) => format!("{percent} %"),
        None if server.reachable == Bound::Unbounded => "unbounded".to_owned(),
        None if server.capacity.slots == Some(0) => "no room".to_owned(),
        None => "?".to_owned(),
    }
}

pub(super) fn title(
    canvas: &mut Canvas,
    deployment: &str,
    what: &str,
    share: Option<(String, Paint)>,
    columns: usize,
) {
    let mut line = Line::of(Paint::Strong, deployment);
    line.push(Paint::Plain, " · ");
    let rooms = [line.width(), 2].map(|taken| columns.saturating_sub(taken).max(SHORTEST_BAR));
    let mut parts = wrap(what, rooms[0], rooms[1]).into_iter();
    line.push(Paint::Plain, &parts.next().unwrap_or_default());
    for part in parts {
        canvas.push(std::mem::take(&mut line));
        line.pad(2).push(Paint::Plain, &part);
    }
    if let Some((share, paint)) = share {
        let end = columns.saturating_sub(width(&share));
        if line.width() + 2 > end {
            canvas.push(std::mem::take(&mut line));
        }
        line.pad(end).push(paint, &share);
    }
    canvas.push(line);
}

fn rows(server: &ServerBudget) -> Vec<Row> {
    let paint = paint_of(server);
    let mut rows: Vec<Row> = server.clients.iter().flat_map(|group| group_rows(group, paint)).collect();
    if server.clients.len() > 1 {
        let (name, figures) = ("together".to_owned(), String::new());
        rows.push(Row { name, figures, value: Value::of(&server.reachable), bar: paint });
    }
    if server.clients.is_empty() {
        let (name, figures) = ("nobody".to_owned(), "dials it".to_owned());
        rows.push(Row { name, figures, value: Value::Known(0), bar: paint });
    }
    let value = server.capacity.slots.map_or(Value::AtLeast(0), Value::Known);
    let figures = capacity_words(server).1;
    rows.push(Row { name: server.server.name.clone(), figures, value, bar: Paint::Border });
    rows
}

/// A group's line, and one for its ceiling where that is another number.
fn group_rows(group: &GroupDemand, bar: Paint) -> Vec<Row> {
    let row = |name: &str, measure: Measure, bar| Row {
        name: name.to_owned(),
        figures: group_expression(group, measure).figures(),
        value: Value::of(measure.of_group(group)),
        bar,
    };
    let mut rows = vec![row(&group.group.name, Measure::Reachable, bar)];
    let nothing_known = group.ceiling.is_unknown() && group.ceiling.floor() == group.reachable.floor();
    if group.ceiling != group.reachable && !nothing_known {
        rows.push(row("  at worst", Measure::Ceiling, Paint::Dim));
    }
    rows
}

fn table(canvas: &mut Canvas, rows: &[Row], columns: usize) {
    let widest = |text: fn(&Row) -> usize| rows.iter().map(text).max().unwrap_or(0);
    let names = widest(|row| width(&row.name)).min(columns / 3);
    let values = widest(|row| width(&row.value.text()));
    // Two columns stand before each of the four parts.
    let taken = 2 + names + 2 + 2 + values + 2;
    let figures = widest(|row| width(&row.figures)).min(columns.saturating_sub(taken + SHORTEST_BAR).max(12));
    let bar = columns.saturating_sub(taken + figures).max(SHORTEST_BAR);
    // What could be at worst may be many times as much; it must not make what is look like nothing.
    let most =
        rows.iter().filter(|row| row.bar != Paint::Dim).map(|row| row.value.floor()).max().unwrap_or(0);
    for row in rows {
        let mut parts = wrap(&row.figures, figures, figures).into_iter();
        let mut line = Line::default();
        line.pad(2).push(
            if row.bar == Paint::Dim { Paint::Dim } else { Paint::Plain },
            &shortened(&row.name, names),
        );
        line.pad(names + 4).push(Paint::Dim, &parts.next().unwrap_or_default());
        for part in parts {
            canvas.push(std::mem::take(&mut line));
            line.pad(names + 4).push(Paint::Dim, &part);
        }
        let text = row.value.text();
        line.pad(names + 4 + figures + 2 + values - width(&text)).push(Paint::Strong, &text);
        let draw = if row.bar == Paint::Dim { light_bar } else { bar_of };
        line.pad(names + 4 + figures + 2 + values + 2).push(row.bar, &draw(&row.value, most, bar));
        canvas.push(line);
    }
}

/// `text` in at most `limit` columns.
fn shortened(text: &str, limit: usize) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if width(&short) + super::canvas::char_width(c) + 1 > limit {
            break;
        }
        short.push(c);
    }
    format!("{short}…")
}

/// A light bar: what could be, not what is.
fn light_bar(value: &Value, most: u64, length: usize) -> String {
    bar_of(value, most, length).chars().map(|c| if c == '?' || c == '▶' { c } else { '░' }).collect()
}

/// A bar of `length` columns for the largest number, in steps of an eighth of a column.
fn bar_of(value: &Value, most: u64, length: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = |number: u64| {
        let full = u128::from(number) * (length as u128) * 8;
        usize::try_from(full.div_ceil(u128::from(most.max(1)))).unwrap_or(0)
    };
    let draw = |eighths: usize| format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    match value {
        Value::Known(number) if *number <= most => draw(eighths(*number)),
        Value::AtLeast(number) => format!("{}?", draw(eighths(*number).min((length - 1) * 8))),
        Value::Known(_) | Value::Unbounded => format!("{}▶", "█".repeat(length - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion() {
        let bar = |number| bar_of(&Value::Known(number), 300, 30);
        assert_eq!(bar(300).chars().count(), 30);
        assert_eq!(bar(0), "");
        assert_eq!(bar(1), "▏");
        assert_eq!(bar(87), "████████▊");
        assert_eq!(bar_of(&Value::Unbounded, 300, 5), "████▶");
        assert_eq!(bar_of(&Value::AtLeast(300), 300, 5), "████?");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(shortened("a-very-long-name", 8), "a-very-…");
        assert_eq!(shortened("short", 8), "short");
    }
}
