//! The comparison for people: the sums side by side, the factors that moved with their places, what is new.

use super::{Diff, arrow, difference, whose};
use crate::budget::{PoolerBudget, ServerBudget};
use crate::diff::{DeploymentChange, FactorChange, Pair, Status};
use crate::report::canvas::{Canvas, Line, Paint, width};
use crate::report::{Style, glance, snippet, way};
use crate::trace::Bound;

/// A line is not wider than this.
const WIDEST: usize = 84;

/// Writes the report.
pub(super) fn human(diff: &Diff<'_>, style: &Style) -> String {
    let mut canvas = Canvas::default();
    let comparison = diff.comparison;
    for (finding, status) in &comparison.findings {
        if *status != Status::Known {
            canvas.lines.append(&mut snippet::draw(finding, comparison.head.sources, style.width).lines);
        }
    }
    canvas.push(Line::of(Paint::Strong, &format!("{} → {}", diff.base.words(), diff.head.words())));
    canvas.blank();
    for change in &comparison.deployments {
        deployment(&mut canvas, diff, change, style.width.min(WIDEST));
        canvas.blank();
    }
    if comparison.deployments.is_empty() {
        canvas.push(Line::of(Paint::Plain, "nothing to compare in either"));
        canvas.blank();
    }
    for finding in &comparison.gone {
        let mut line = Line::of(Paint::Good, &format!("gone: {}", finding.rule));
        line.push(Paint::Plain, &format!(": {}", finding.message));
        canvas.push(line);
    }
    canvas.push(summary(diff));
    canvas.print(style.color)
}

fn deployment(canvas: &mut Canvas, diff: &Diff<'_>, change: &DeploymentChange<'_>, columns: usize) {
    let names = change.budget.map(|budget| budget.name.clone());
    let name = arrow(&names);
    for pair in &change.servers {
        let Some(server) = pair.either() else { continue };
        let share = arrow(&pair.map(|server| glance::share(server)));
        let paint = pair.head.map_or(Paint::Good, glance::paint_of);
        glance::title(canvas, &name, &glance::name_of(server), Some((share, paint)), columns);
        self::server(canvas, pair);
    }
    for pair in &change.poolers {
        let Some(pooler) = pair.either() else { continue };
        let share = arrow(&pair.map(|pooler| glance::pooler_share(pooler).0));
        let paint = pair.head.map_or(Paint::Good, |pooler| glance::pooler_share(pooler).1);
        glance::title(canvas, &name, &glance::pooler_name(pooler), Some((share, paint)), columns);
        self::pooler(canvas, pair);
    }
    if change.servers.is_empty() && change.poolers.is_empty() {
        glance::title(canvas, &name, "no server in either", None, columns);
    }
    if change.factors.is_empty() {
        canvas.push(Line::of(Paint::Dim, "  no factor has moved"));
        return;
    }
    canvas.push(Line::of(Paint::Dim, "  what moved"));
    let servers = change.servers.len() + change.poolers.len();
    let widest = change.factors.iter().map(|factor| width(&whose(&factor.of, servers))).max().unwrap_or(0);
    for factor in &change.factors {
        self::factor(canvas, diff, factor, servers, [widest.min(columns / 3), columns]);
    }
}

fn server(canvas: &mut Canvas, pair: &Pair<&ServerBudget>) {
    sum(canvas, "can be opened", &pair.map(|server| server.reachable.clone()));
    if pair.map(|server| server.ceiling.clone()) != pair.map(|server| server.reachable.clone()) {
        sum(canvas, "at worst", &pair.map(|server| server.ceiling.clone()));
    }
    let slots = pair.map(|server| server.capacity.slots.map_or("?".to_owned(), |slots| slots.to_string()));
    row(canvas, "fit", &arrow(&slots), None);
}

fn pooler(canvas: &mut Canvas, pair: &Pair<&PoolerBudget>) {
    sum(canvas, "clients", &pair.map(|pooler| pooler.client_reachable.clone()));
    sum(canvas, "accepted", &pair.map(|pooler| pooler.max_clients.clone()));
    sum(canvas, "it opens", &pair.map(|pooler| pooler.server_reachable.clone()));
}

fn sum(canvas: &mut Canvas, name: &str, pair: &Pair<Bound>) {
    row(canvas, name, &arrow(&pair.map(ToString::to_string)), difference(pair).as_deref());
}

fn row(canvas: &mut Canvas, name: &str, words: &str, more: Option<&str>) {
    let mut line = Line::of(Paint::Plain, &format!("  {name}"));
    line.pad(18).push(Paint::Strong, words);
    if let Some(more) = more {
        line.push(Paint::Dim, &format!("   {more}"));
    }
    canvas.push(line);
}

fn factor(
    canvas: &mut Canvas,
    diff: &Diff<'_>,
    change: &FactorChange<'_>,
    servers: usize,
    [column, columns]: [usize; 2],
) {
    let mut line = Line::of(Paint::Plain, &format!("  {}", whose(&change.of, servers)));
    line.push(Paint::Plain, " ").pad(column + 4).push(Paint::Plain, &change.name).push(Paint::Plain, "  ");
    line.push(Paint::Strong, &arrow(&change.factor.map(|factor| factor.value.clone())));
    canvas.push(line);
    let comparison = diff.comparison;
    let base = change.factor.base.as_ref().map(|factor| way::of(comparison.base.sources, factor.trail));
    let head = change.factor.head.as_ref().map(|factor| way::of(comparison.head.sources, factor.trail));
    if base == head {
        return place(canvas, columns, column, " ", (Paint::Dim, &head.unwrap_or_default()));
    }
    if let Some(base) = base {
        place(canvas, columns, column, "−", (Paint::Dim, &base));
    }
    if let Some(head) = head {
        place(canvas, columns, column, "+", (Paint::Border, &head));
    }
}

fn place(canvas: &mut Canvas, columns: usize, column: usize, sign: &str, (paint, words): (Paint, &str)) {
    let (mut line, mut indent) = (Line::default(), Line::default());
    line.pad(column + 4).push(paint, &format!("{sign} "));
    indent.pad(column + 6);
    canvas.flow(line, &indent, paint, words, columns);
}

fn summary(diff: &Diff<'_>) -> Line {
    let mut line = Line::default();
    let parts = [(Status::New, Paint::Error), (Status::Worse, Paint::Error), (Status::Known, Paint::Warning)];
    for (status, paint) in parts {
        let count = diff.count(status);
        if count > 0 {
            let separator = if line.runs.is_empty() { "" } else { ", " };
            let words = match status {
                Status::New => format!("{count} new"),
                Status::Worse => format!("{count} worse"),
                Status::Known => format!("{count} as before"),
            };
            line.push(Paint::Plain, separator).push(paint, &words);
        }
    }
    if line.runs.is_empty() {
        line.push(Paint::Good, "no findings");
    }
    match diff.comparison.gone.len() {
        0 => {}
        gone => {
            line.push(Paint::Plain, &format!(", {gone} gone"));
        }
    }
    line
}
