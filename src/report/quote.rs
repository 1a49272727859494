//! A line of a file as a report quotes it: secrets hidden, control characters made visible, and cut to the window so
//! that what is underlined stays in sight.

use std::ops::Range;

use super::canvas::{char_width, visible};
use crate::source::secrets;

/// A quoted line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    /// What is shown.
    pub(super) text: String,
    /// Where the labels' bytes are in it.
    pub(super) labels: Vec<Range<usize>>,
}

/// A longer line is not looked at as a whole: only what is underlined is shown of it.
const LONGEST_LINE: usize = 16 << 10;

/// Columns of context that are tried to keep in front of and behind what is underlined.
const BEFORE: usize = 24;
const AFTER: usize = 8;

/// A character of the line and what is shown for it.
struct Cell {
    byte: usize,
    shown: String,
    width: usize,
    kept: bool,
}

/// Quotes `line`, of which the bytes `labels` are underlined, in at most `room` columns where that is possible. Of a line
/// that is cut, the last label stands so far left that a message of `message` columns has room beside it.
pub(super) fn quote(line: &str, labels: &[Range<usize>], room: usize, message: usize) -> Quoted {
    if line.len() > LONGEST_LINE {
        return quote_labels(line, labels, room);
    }
    let mut cells = cells(line);
    if cells.iter().map(|cell| cell.width).sum::<usize>() > room {
        cut(&mut cells, labels, room, message.min(room / 2));
    }
    let mut quoted = Quoted { text: String::new(), labels: labels.iter().map(|_| 0..0).collect() };
    let mut starts: Vec<Option<usize>> = vec![None; labels.len()];
    let mut gap = false;
    for cell in &cells {
        if !cell.kept {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            quoted.text.push('…');
        }
        let start = quoted.text.len();
        quoted.text.push_str(&cell.shown);
        for (index, _) in labels.iter().enumerate().filter(|(_, label)| label.contains(&cell.byte)) {
            let from = *starts[index].get_or_insert(start);
            quoted.labels[index] = from..quoted.text.len();
        }
    }
    if gap {
        quoted.text.push('…');
    }
    for (index, label) in labels.iter().enumerate().filter(|(index, _)| starts[*index].is_none()) {
        // An empty label, or one that found no room: it points at what stands there instead.
        let at = position(&cells, label.start).min(quoted.text.len());
        quoted.labels[index] = at..at;
    }
    quoted
}

/// What is underlined of a line that is too long to be looked at as a whole.
fn quote_labels(line: &str, labels: &[Range<usize>], room: usize) -> Quoted {
    let mut quoted = Quoted { text: "…".to_owned(), labels: labels.iter().map(|_| 0..0).collect() };
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&index| labels[index].start);
    for index in order {
        let label = line.get(labels[index].clone()).unwrap_or_default();
        let limit =
            label.char_indices().nth(room / labels.len().max(1)).map_or(label.len(), |(byte, _)| byte);
        let start = quoted.text.len();
        quoted.text.extend(cells(&label[..limit.min(LONGEST_LINE)]).into_iter().map(|cell| cell.shown));
        quoted.labels[index] = start..quoted.text.len();
        quoted.text.push('…');
    }
    quoted
}

fn cells(line: &str) -> Vec<Cell> {
    let mut hidden = secrets(line).into_iter().peekable();
    let (mut cells, mut column) = (Vec::new(), 0);
    for (byte, c) in line.char_indices() {
        while hidden.next_if(|range| range.end <= byte).is_some() {}
        let shown = match c {
            _ if hidden.peek().is_some_and(|range| range.contains(&byte)) => "*".to_owned(),
            '\t' => " ".repeat(4 - column % 4),
            c => visible(c).to_string(),
        };
        let width = shown.chars().map(char_width).sum();
        column += width;
        cells.push(Cell { byte, shown, width, kept: true });
    }
    cells
}

/// Where in the shown text the byte `byte` of the line stands, or would stand.
fn position(cells: &[Cell], byte: usize) -> usize {
    let (mut at, mut gap) = (0, false);
    for cell in cells.iter().take_while(|cell| cell.byte < byte) {
        if cell.kept {
            at += cell.shown.len() + if gap { '…'.len_utf8() } else { 0 };
        }
        gap = !cell.kept;
    }
    at
}

/// Keeps of `cells` what is underlined, and around it as much as there is room for.
fn cut(cells: &mut [Cell], labels: &[Range<usize>], room: usize, message: usize) {
    for cell in cells.iter_mut() {
        cell.kept = false;
    }
    let last = labels.iter().map(|label| label.end).max().unwrap_or(0);
    let mut room = Room { cells, columns: room, last, message };
    for label in labels {
        room.keep(label.start, label.end);
    }
    if room.keep_all_before(last) {
        room.grow_right(usize::MAX);
        return;
    }
    room.grow_left(BEFORE);
    room.grow_right(AFTER);
    room.grow_head();
    room.grow_right(usize::MAX);
}

/// Cells of which as many are kept as have room.
struct Room<'a> {
    cells: &'a mut [Cell],
    columns: usize,
    /// Where the last label ends in the line.
    last: usize,
    /// The columns that its message needs behind it.
    message: usize,
}

impl Room<'_> {
    /// Whether what is kept, with a `…` for each gap, has room.
    fn fits(&self) -> bool {
        let (mut width, mut gap, mut labelled) = (0, false, 0);
        for cell in self.cells.iter() {
            if cell.kept {
                width += cell.width + usize::from(gap);
            }
            if cell.byte < self.last {
                labelled = width;
            }
            gap = !cell.kept;
        }
        width + usize::from(gap) <= self.columns && labelled + self.message <= self.columns
    }

    /// Keeps the cell `index` if it has room.
    fn try_keep(&mut self, index: usize) -> bool {
        let Some(cell) = self.cells.get_mut(index) else { return false };
        if cell.kept {
            return true;
        }
        cell.kept = true;
        let fits = self.fits();
        if !fits {
            self.cells[index].kept = false;
        }
        fits
    }

    fn keep(&mut self, start: usize, end: usize) {
        let from = self.cells.partition_point(|cell| cell.byte < start);
        let to = self.cells.partition_point(|cell| cell.byte < end.max(start + 1));
        for index in from..to {
            if !self.try_keep(index) {
                break;
            }
        }
    }

    /// Keeps everything up to the byte `end` if all of it has room.
    fn keep_all_before(&mut self, end: usize) -> bool {
        let to = self.cells.partition_point(|cell| cell.byte < end);
        let before: Vec<bool> = self.cells.iter().map(|cell| cell.kept).collect();
        for cell in &mut self.cells[..to] {
            cell.kept = true;
        }
        let fits = self.fits();
        if !fits {
            self.cells.iter_mut().zip(before).for_each(|(cell, kept)| cell.kept = kept);
        }
        fits
    }

    /// Grows each kept part to the left, all of them evenly.
    fn grow_left(&mut self, columns: usize) {
        for _ in 0..columns {
            let edges: Vec<usize> =
                (1..self.cells.len()).filter(|&at| self.cells[at].kept && !self.cells[at - 1].kept).collect();
            if edges.is_empty() || !edges.into_iter().all(|at| self.try_keep(at - 1)) {
                return;
            }
        }
    }

    /// Grows the last kept part to the right.
    fn grow_right(&mut self, columns: usize) {
        let from = self.cells.iter().rposition(|cell| cell.kept).map_or(0, |last| last + 1);
        let to = from.saturating_add(columns).min(self.cells.len());
        for index in from..to {
            if !self.try_keep(index) {
                return;
            }
        }
    }

    /// Keeps the beginning of the line, as far as there is room.
    fn grow_head(&mut self) {
        for index in 0..self.cells.len() {
            if !self.try_keep(index) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text, and what is underlined in it.
    fn quoted(line: &str, under: &[&str], room: usize) -> (String, Vec<String>) {
        let labels: Vec<Range<usize>> =
            under.iter().map(|text| line.find(text).map(|at| at..at + text.len()).unwrap()).collect();
        let quoted = quote(line, &labels, room, 0);
        let under = quoted.labels.iter().map(|range| quoted.text[range.clone()].to_owned()).collect();
        (quoted.text, under)
    }

    #[test]
    fn a_line_is_cut_around_what_is_underlined() {
        let line =
            "CMD [\"gunicorn\", \"app.main:app\", \"--workers\", \"10\", \"--bind\", \"0.0.0.0:8000\"]";
        let (text, under) = quoted(line, &["10"], 60);
        assert_eq!(text, "CMD [\"gunicorn\", \"app.main:app\", \"--workers\", \"10\", \"--bind…");
        assert_eq!(under, ["10"]);
        let (text, under) = quoted(line, &["10"], 40);
        assert_eq!(text, "CMD …ain:app\", \"--workers\", \"10\", \"--bi…");
        assert_eq!((under[0].as_str(), text.chars().count()), ("10", 40));
    }

    #[test]
    fn a_message_has_room_beside_the_last_label() {
        let line = format!("CMD {} --workers 10 {}", "x".repeat(60), "y".repeat(60));
        let at = line.find("10").unwrap();
        let quoted = quote(&line, std::slice::from_ref(&(at..at + 2)), 80, 11);
        assert!(quoted.labels[0].end <= 80 - 11 + '…'.len_utf8(), "{quoted:?}");
        assert_eq!(&quoted.text[quoted.labels[0].clone()], "10");
    }

    #[test]
    fn labels_far_apart_stay_both_in_sight() {
        let line = format!("one {} two {}", "x".repeat(200), "y".repeat(200));
        let (text, under) = quoted(&line, &["one", "two"], 30);
        assert_eq!(under, ["one", "two"]);
        assert!(text.chars().count() <= 30 && text.contains('…'), "{text}");
    }

    #[test]
    fn secrets_are_hidden_column_by_column() {
        let (text, under) = quoted("URL=postgres://u:geheim@db/x", &["postgres://u:geheim@db/x"], 80);
        assert_eq!(text, "URL=postgres://u:******@db/x");
        assert_eq!(under, ["postgres://u:******@db/x"]);
    }

    #[test]
    fn tabs_and_controls_keep_the_columns() {
        let (text, under) = quoted("\ta\u{1b}[1mb\u{202e}", &["b"], 80);
        assert_eq!((text.as_str(), under[0].as_str()), ("    a␛[1mb\u{fffd}", "b"));
    }

    #[test]
    fn an_empty_place_keeps_its_place() {
        let end = 13..13;
        let quoted = quote("DB_POOL_SIZE=", std::slice::from_ref(&end), 80, 0);
        assert_eq!((quoted.text.len(), &quoted.labels[0]), (13, &end));
    }

    proptest! {
        #[test]
        fn any_line_is_quoted_within_its_room(
            line in "[ -~\u{0}-\u{1f}é日\u{202e}\"':=@/$]{0,300}", from in 0..300usize, length in 0..40usize,
            room in 20..120usize, message in 0..60usize
        ) {
            let edge = |at: usize| (0..=at.min(line.len())).rev().find(|&at| line.is_char_boundary(at)).unwrap();
            let label = edge(from)..edge(from + length);
            let quoted = quote(&line, &[label.clone(), 0..0], room, message);
            prop_assert!(super::super::canvas::width(&quoted.text) <= room);
            for range in &quoted.labels {
                prop_assert!(quoted.text.get(range.clone()).is_some(), "{:?}", quoted);
            }
        }
    }

    #[test]
    fn a_line_of_a_megabyte_shows_what_is_underlined() {
        let line = format!("{}needle{}", "x".repeat(500_000), "y".repeat(500_000));
        let (text, under) = quoted(&line, &["needle"], 80);
        assert_eq!((text.as_str(), under[0].as_str()), ("…needle…", "needle"));
    }
}
