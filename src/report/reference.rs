//! The reference page of rules, in Markdown: `docs/rules.md` is that of the built-in ones.

use std::fmt::Write as _;

use crate::rule::{Catalogue, FAMILIES, Rule};

/// A rule and what it says of its first example.
pub struct Page<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it says, without colours.
    pub output: Option<String>,
}

/// Writes the page of `pages`, which come from `catalogue`.
pub fn reference(catalogue: &Catalogue, pages: &[Page<'_>]) -> String {
    let mut text = String::from(
        "<!-- Written by `connbudget rules --format markdown`: change the rule files, not this one. -->\n\n# Rules\n\n\
         `connbudget explain RULE` shows the same in a terminal. Severities, options and paths are set in the `[rules]` of \
         `connbudget.toml`.\n",
    );
    for family in FAMILIES {
        let rules: Vec<&Rule> = catalogue.rules().iter().filter(|rule| rule.family == family).collect();
        if rules.is_empty() {
            continue;
        }
        // A String takes whatever is written to it, here and below.
        let _ = writeln!(text, "\n| {family} | severity | |\n|---|---|---|");
        for rule in rules {
            let summary = rule.summary();
            let sentence =
                summary.split_inclusive(". ").next().unwrap_or_default().trim_end().replace('|', "\\|");
            let _ = writeln!(text, "| [{0}](#{0}) | {1} | {sentence} |", rule.name, severity(rule));
        }
    }
    for page in pages {
        let _ = write!(text, "\n{}", chapter(page));
    }
    text
}

fn severity(rule: &Rule) -> String {
    let or_error = if rule.error_when.is_some() { " or error" } else { "" };
    let off = if rule.enabled { "" } else { ", off by default" };
    format!("{}{or_error}{off}", rule.severity)
}

fn chapter(page: &Page<'_>) -> String {
    let rule = page.rule;
    let mut text = format!("## {}\n\n{} · {}\n", rule.name, rule.family, severity(rule));
    for (name, value) in &rule.options {
        let value = serde_json::to_string(value).unwrap_or_default();
        let _ = writeln!(text, "\nOption `{name} = {value}`");
    }
    let mut in_code = false;
    text.push('\n');
    for line in rule.docs.trim_end().lines() {
        in_code ^= line.trim_start().starts_with("```");
        if line == "## How to fix"
            && let Some(output) = &page.output
        {
            let _ = writeln!(text, "### What it says\n\n```text\n{}\n```\n", output.trim_end());
        }
        match line.strip_prefix("## ") {
            Some(heading) if !in_code => drop(writeln!(text, "### {heading}")),
            _ => drop(writeln!(text, "{line}")),
        }
    }
    text
}
