//! Telling: findings and budgets for people and for programs. Every report is a pure function from data to a text;
//! none of them judges, and none reads a file that was not read already.

mod budget;
mod canvas;
mod diff;
mod explain;
mod format;
mod github;
mod gitlab;
mod glance;
mod human;
mod inputs;
pub mod json;
mod junit;
mod markdown;
mod place;
mod plan;
mod quote;
mod reference;
mod sarif;
mod snippet;
mod starter;
mod trade_off;
mod way;

use std::time::Duration;

pub use budget::budget;
pub use diff::{Diff, DiffFormat, Version};
pub use explain::{explain, rules};
pub use format::{Format, Setting};
pub use human::{findings, human};
pub use inputs::{Values, inputs};
pub use place::Repository;
pub(crate) use place::percent_encoded;
pub use plan::plan;
pub use reference::{Page, reference};
pub use starter::starter;
pub use trade_off::table;

use crate::budget::Budget;
use crate::rule::Finding;
use crate::source::Sources;

/// What there is to tell of a run.
pub struct Report<'a> {
    /// The files that places are in.
    pub sources: &'a Sources,
    /// Every deployment's budget.
    pub budgets: &'a [Budget],
    /// What the rules found and nobody suppressed.
    pub findings: &'a [Finding],
    /// What they found and a comment or the baseline suppresses: it counts for nothing.
    pub suppressed: &'a [Finding],
    /// How long it took; `None` leaves it unsaid, so that the same input gives the same text.
    pub elapsed: Option<Duration>,
}

/// How a text for people looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether it is coloured.
    pub color: bool,
    /// Whether the name of a rule is a link to its page.
    pub links: bool,
    /// How many columns a line may have; 100 is a good number where there is no terminal.
    pub width: usize,
}

/// When a text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The columns of a text that goes to no terminal: wide enough for most lines, narrow enough for a log in a browser.
const WIDTH_WITHOUT_TERMINAL: usize = 100;

/// Narrower than this nothing reads well, so a window that says it is narrower is not believed.
const NARROWEST: usize = 40;

impl Style {
    /// The look of a text for a terminal of `columns`, or for something else where there are none. `no_color` is the
    /// value of the variable `NO_COLOR`, which counts when it is not empty (<https://no-color.org>).
    pub fn new(color: Color, columns: Option<usize>, no_color: Option<&str>) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => columns.is_some() && no_color.is_none_or(str::is_empty),
        };
        Self { color, links: false, width: columns.unwrap_or(WIDTH_WITHOUT_TERMINAL).max(NARROWEST) }
    }
}

/// "1 file", "2 files".
fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_and_for_who_asks() {
        for (choice, columns, no_color, color) in [
            (Color::Auto, Some(80), None, true),
            (Color::Auto, Some(80), Some(""), true),
            (Color::Auto, Some(80), Some("1"), false),
            (Color::Auto, None, None, false),
            (Color::Always, None, Some("1"), true),
            (Color::Never, Some(80), None, false),
        ] {
            assert_eq!(
                Style::new(choice, columns, no_color).color,
                color,
                "{choice:?} {columns:?} {no_color:?}"
            );
        }
        assert_eq!(Style::new(Color::Auto, Some(3), None).width, NARROWEST);
    }
}
