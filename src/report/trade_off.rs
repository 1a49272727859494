//! The trade-off table of `connbudget plan --table`.

use super::Style;
use super::canvas::{Canvas, Line, Paint, width};
use crate::budget::percent;
use crate::plan::{Row, Strategy, Table};
use crate::trace::Bound;

/// Writes the table: more workers below, larger pools after smaller ones.
pub fn table(table: &Table, style: &Style) -> String {
    let mut canvas = Canvas::default();
    let mut title = Line::of(Paint::Strong, &table.group);
    title.push(Paint::Plain, &format!(" on {}", table.server));
    if let Some(capacity) = table.capacity {
        title.push(Paint::Plain, &format!(", which takes {capacity}"));
    }
    canvas.push(title);
    canvas.blank();
    // A narrow terminal has no room for the words.
    let headers = if style.width < 60 {
        ["workers", "pool", "opens", "share", "serves", ""]
    } else {
        ["workers", "pool", "connections", "share", "served at once", ""]
    };
    let rows: Vec<[String; 6]> = table.rows.iter().map(|row| cells(table, row)).collect();
    let widths: Vec<usize> = (0..headers.len())
        .map(|column| {
            let cells = rows.iter().map(|row| width(&row[column]));
            cells.chain([width(headers[column])]).max().unwrap_or(0)
        })
        .collect();
    canvas.push(line(&headers.map(str::to_owned), &widths, Paint::Dim));
    let mut before = None;
    for (row, cells) in table.rows.iter().zip(&rows) {
        if before.is_some_and(|workers| workers != row.workers) {
            canvas.blank();
        }
        before = Some(row.workers);
        canvas.push(line(cells, &widths, paint(table, row)));
    }
    canvas.print(style.color)
}

fn paint(table: &Table, row: &Row) -> Paint {
    match table.capacity {
        Some(capacity) if row.opened > capacity => Paint::Error,
        Some(capacity) if u128::from(row.opened) * 100 > u128::from(capacity) * 80 => Paint::Warning,
        Some(_) => Paint::Good,
        None => Paint::Plain,
    }
}

fn cells(table: &Table, row: &Row) -> [String; 6] {
    let pool = match (row.size, row.overflow) {
        (Some(size), Some(overflow)) => format!("{size} + {overflow}"),
        (Some(size), None) => size.to_string(),
        _ => "as it is".to_owned(),
    };
    let share = percent(&Bound::Exactly(row.opened), table.capacity)
        .map_or_else(|| "?".to_owned(), |share| format!("{share} %"));
    let now = row.is_now.then_some("now");
    let names: Vec<&str> = row.strategy.map(Strategy::name).into_iter().chain(now).collect();
    [row.workers.to_string(), pool, row.opened.to_string(), share, row.served.to_string(), names.join(", ")]
}

/// Numbers end under one another; what a row is called stands last.
fn line(cells: &[String; 6], widths: &[usize], paint: Paint) -> Line {
    let mut line = Line::default();
    for (index, (cell, columns)) in cells.iter().zip(widths).enumerate() {
        let is_last = index + 1 == cells.len();
        let gap = if index == 0 { 0 } else { 3 };
        let fill = if is_last { gap } else { gap + columns.saturating_sub(width(cell)) };
        line.push(Paint::Plain, &" ".repeat(fill));
        line.push(if matches!(index, 2 | 3) || paint == Paint::Dim { paint } else { Paint::Plain }, cell);
    }
    line
}
