//! The documentation of a rule in a terminal, and the list of rules.

use super::Style;
use super::canvas::{Canvas, Line, Paint, width};
use crate::rule::{Catalogue, Rule, Severity};

/// Prose is not wider than this: longer lines are hard to read.
const WIDEST_PROSE: usize = 100;

/// Writes what `rule` is about, with `output`, what it says of its first example.
pub fn explain(rule: &Rule, output: Option<&str>, style: &Style) -> String {
    let mut canvas = Canvas::default();
    let columns = style.width.min(WIDEST_PROSE);
    let mut line = Line::of(Paint::Strong, &rule.name);
    line.push(Paint::Plain, &format!(" · {} · ", rule.family)).push(paint_of(rule), rule.severity.word());
    if rule.error_when.is_some() {
        line.push(Paint::Plain, " or ").push(Paint::Error, Severity::Error.word());
    }
    if !rule.is_on() {
        line.push(Paint::Plain, " · off");
    }
    canvas.push(line);
    for (name, value) in &rule.options {
        let value = serde_json::to_string(value).unwrap_or_default();
        canvas.push(Line::of(Paint::Plain, &format!("option {name} = {value}")));
    }
    let (until, from) = rule.docs.split_at(rule.docs.find("## How to fix").unwrap_or(rule.docs.len()));
    markdown(&mut canvas, until, columns);
    let mut text = canvas.print(style.color);
    if let Some(output) = output {
        let mut heading = Canvas::default();
        heading.blank();
        heading.push(Line::of(Paint::Strong, "What it says"));
        text.push_str(&heading.print(style.color));
        let lines = output
            .lines()
            .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") });
        text.extend(lines);
    }
    let mut rest = Canvas::default();
    markdown(&mut rest, from, columns);
    rest.blank();
    if let Some(page) = rule.page() {
        rest.push(Line::of(Paint::Dim, &format!("  {page}")));
    }
    text + &rest.print(style.color)
}

/// Writes every rule with what it does.
pub fn rules(catalogue: &Catalogue, style: &Style) -> String {
    let mut canvas = Canvas::default();
    let columns = style.width.min(WIDEST_PROSE);
    let names = catalogue.rules().iter().map(|rule| width(&rule.name)).max().unwrap_or(0);
    let summary_column = names + 2 + Severity::Warning.word().len() + 2;
    let narrow = summary_column + 30 > columns;
    let mut indent = Line::default();
    indent.pad(if narrow { 4 } else { summary_column });
    for rule in catalogue.rules() {
        let mut line = Line::of(Paint::Strong, &rule.name);
        line.pad(names + 2).push(paint_of(rule), rule.severity.word()).pad(summary_column);
        if narrow {
            canvas.push(std::mem::replace(&mut line, indent.clone()));
        }
        let summary = rule.summary();
        let sentence = summary.split_inclusive(". ").next().unwrap_or_default();
        canvas.flow(line, &indent, Paint::Plain, &sentence.trim_end().replace('`', ""), columns);
    }
    canvas.print(style.color)
}

fn paint_of(rule: &Rule) -> Paint {
    match rule.severity {
        Severity::Error => Paint::Error,
        Severity::Warning => Paint::Warning,
    }
}

/// Renders the Markdown that rule files use: headings, paragraphs, lists, fenced code, links.
fn markdown(canvas: &mut Canvas, text: &str, columns: usize) {
    let (mut paragraph, mut in_code) = (String::new(), false);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if in_code && !is_fence {
            let mut code = Line::of(Paint::Dim, "    ");
            code.push(Paint::Plain, line);
            canvas.push(code);
            continue;
        }
        let item = line.starts_with("- ");
        if is_fence || item || line.is_empty() || line.starts_with('#') {
            prose(canvas, &std::mem::take(&mut paragraph), columns);
        }
        match line {
            _ if is_fence => in_code = !in_code,
            "" => canvas.blank(),
            line if line.starts_with('#') => {
                canvas.blank();
                canvas.push(Line::of(Paint::Strong, line.trim_start_matches('#').trim()));
            }
            line => {
                let space = if paragraph.is_empty() { "" } else { " " };
                paragraph.push_str(space);
                paragraph.push_str(line.trim());
            }
        }
    }
    prose(canvas, &paragraph, columns);
    collapse(canvas);
}

/// A paragraph, or an item of a list.
fn prose(canvas: &mut Canvas, text: &str, columns: usize) {
    if text.is_empty() {
        return;
    }
    let (start, text) = match text.strip_prefix("- ") {
        Some(item) => ("  - ", item),
        None => ("  ", text),
    };
    let mut indent = Line::default();
    indent.pad(start.len());
    canvas.flow(Line::of(Paint::Plain, start), &indent, Paint::Plain, &without_links(text), columns);
}

/// `[words](address)` as `words (address)`: a terminal that can, makes a link of the address by itself.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        match link.split_once("](").and_then(|(words, after)| Some((words, after.split_once(')')?))) {
            Some((words, (address, after))) if !words.contains('[') => {
                plain.extend([words, " (", address, ")"]);
                rest = after;
            }
            _ => {
                plain.push('[');
                rest = link;
            }
        }
    }
    plain + rest
}

/// Takes away blank lines that follow each other.
fn collapse(canvas: &mut Canvas) {
    canvas.lines.dedup_by(|next, line| next.runs.is_empty() && line.runs.is_empty());
    while canvas.lines.last().is_some_and(|line| line.runs.is_empty()) {
        canvas.lines.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { color: false, width: 80, links: false };

    #[test]
    fn a_rule_is_explained() {
        let catalogue = Catalogue::built_in().unwrap();
        insta::assert_snapshot!(explain(
            catalogue.get("over-budget").unwrap(),
            Some("error[over-budget]: …\n"),
            &PLAIN
        ));
    }

    #[test]
    fn rules_are_listed() {
        insta::assert_snapshot!(rules(&Catalogue::built_in().unwrap(), &PLAIN));
    }

    #[test]
    fn links_become_addresses() {
        assert_eq!(
            without_links("see [a b](https://x/y) and [policy] too"),
            "see a b (https://x/y) and [policy] too"
        );
    }
}
