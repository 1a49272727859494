//! Where a value came from, and whom it feeds.

use serde_json::{Value, json};

use crate::source::{Span, TreePath};
use crate::trace::Trail;

use super::folder::Run;
use super::position::{Encoding, Position};
use super::{chain, lens};

/// Not more numbers are told of one place.
const MOST: usize = 6;

/// What is said of the place `position` of the file `uri`.
pub(super) fn of(
    run: &Run,
    uri: &str,
    position: Position,
    encoding: Encoding,
    markdown: bool,
) -> Option<Value> {
    let files = run.files(uri);
    let offset = encoding.offset(&files.first()?.text, position);
    let holds = |span: Span| {
        Run::is_one(&files, span.file) && (span.start as usize..=span.end as usize).contains(&offset)
    };
    let page = Page { run, markdown };
    let (span, parts) =
        page.numbers(&holds).or_else(|| page.service(&holds)).or_else(|| page.variable(&holds))?;
    let separator = if markdown { "\n\n---\n\n" } else { "\n\n" };
    Some(json!({
        "contents": {
            "kind": if markdown { "markdown" } else { "plaintext" },
            "value": parts.join(separator),
        },
        "range": encoding.range(run.sources(), span),
    }))
}

/// What a hover is written with.
struct Page<'a> {
    run: &'a Run,
    markdown: bool,
}

type Told = Option<(Span, Vec<String>)>;

impl Page<'_> {
    /// The numbers that came through the narrowest of the places that `holds`.
    fn numbers(&self, holds: &dyn Fn(Span) -> bool) -> Told {
        let budgets = &self.run.checked.budgets;
        let links: Vec<_> = budgets.iter().flat_map(|budget| chain::links(budget, holds)).collect();
        let places =
            links.iter().flat_map(|link| chain::spans(link.factor.trail)).filter(|span| holds(*span));
        let narrowest = places.min_by_key(|span| span.len())?;
        let mut parts: Vec<(&Trail, String, Vec<String>)> = Vec::new();
        for link in &links {
            let factor = &link.factor;
            if !chain::spans(factor.trail).any(|span| holds(span) && span.len() == narrowest.len()) {
                continue;
            }
            let head = self.head(&factor.value, &factor.name);
            match parts.iter_mut().find(|(trail, known, _)| *trail == factor.trail && *known == head) {
                Some((.., feeds)) if feeds.contains(&link.feeds) => {}
                Some((.., feeds)) => feeds.push(link.feeds.clone()),
                None => parts.push((factor.trail, head, vec![link.feeds.clone()])),
            }
        }
        parts.truncate(MOST);
        let told = parts.into_iter().map(|(trail, head, feeds)| {
            let feeds: Vec<String> = feeds.iter().map(|sum| self.code(sum)).collect();
            format!("{head}\n\n{}\n\n{}", self.way(trail), feeds.join("\n"))
        });
        Some((narrowest, told.collect()))
    }

    /// The service whose name stands there.
    fn service(&self, holds: &dyn Fn(Span) -> bool) -> Told {
        let checked = &self.run.checked;
        for (budget, project) in checked.budgets.iter().zip(&checked.read.projects) {
            for service in &project.services {
                let Some(span) = service.name.span().filter(|span| holds(*span)) else { continue };
                let said = lens::of_service(budget, service.name.as_str());
                if !said.is_empty() {
                    let sums: Vec<String> = said.iter().map(|sum| self.code(sum)).collect();
                    return Some((span, vec![sums.join("\n\n")]));
                }
            }
        }
        None
    }

    /// The variable of a service that came through there; its value is not shown, since it may be a secret.
    fn variable(&self, holds: &dyn Fn(Span) -> bool) -> Told {
        let mut told: Vec<String> = Vec::new();
        let mut place = None;
        for service in self.run.checked.read.projects.iter().flat_map(|project| &project.services) {
            for (name, variable) in &service.environment {
                let trail = variable.value.as_ref().unwrap_or(&variable.name).trail();
                let named = variable.name.span().filter(|span| holds(*span));
                let Some(span) = chain::spans(&trail).find(|span| holds(*span)).or(named) else { continue };
                let part =
                    format!("{}\n\n{}", self.head(name, &format!("of {}", service.name)), self.way(&trail));
                if told.len() < MOST && !told.contains(&part) {
                    told.push(part);
                }
                place.get_or_insert(span);
            }
        }
        Some((place?, told))
    }

    fn head(&self, strong: &str, then: &str) -> String {
        if self.markdown {
            format!("**{}** {}", escaped(strong), escaped(then))
        } else {
            format!("{strong} {then}")
        }
    }

    fn code(&self, text: &str) -> String {
        if self.markdown { format!("`{}`\n", text.replace('`', "'")) } else { text.to_owned() }
    }

    /// The steps of `trail`, a line each.
    fn way(&self, trail: &Trail) -> String {
        let step = |(index, step)| {
            let words = chain::words(trail, step);
            match step.span() {
                Some(span) => format!("{}. {}: {}", index + 1, self.place(span), self.plain(&words)),
                None => format!("{}. {}", index + 1, self.plain(&words)),
            }
        };
        trail.steps().enumerate().map(step).collect::<Vec<_>>().join("\n")
    }

    fn plain(&self, text: &str) -> String {
        if self.markdown { escaped(text) } else { text.to_owned() }
    }

    fn place(&self, span: Span) -> String {
        let file = self.run.sources().file(span.file);
        let at = file.line_column(span.start as usize);
        let words = format!("{}:{}:{}", file.path, at.line, at.column);
        if !self.markdown {
            return words;
        }
        let path: &TreePath = &file.path;
        format!("[{}]({}#L{})", escaped(&words), self.run.uri(path), at.line)
    }
}

/// `text` with what Markdown would take for more than text.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&') {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}
