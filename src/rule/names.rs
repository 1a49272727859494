//! The names that a rule's texts ask for, held against the vocabulary.

use std::ops::Range;

use indexmap::IndexMap;
use minijinja::{Environment, ErrorKind};

use super::definition::OptionValue;
use super::vocabulary::{Kind, Shape};

/// What `it` is in a text.
#[derive(Clone, Copy)]
pub(super) enum Item {
    /// There is none: the text is there once.
    None,
    /// An item of a list that is not named plainly.
    Any,
    /// An item of this kind.
    Of(Kind),
}

/// The names that a text may use.
pub(super) struct Names<'a> {
    pub(super) known: &'a [(&'static str, Shape)],
    pub(super) options: &'a IndexMap<String, OptionValue>,
    pub(super) item: Item,
}

impl Names<'_> {
    /// Follows a dotted name. The error says what there is instead.
    pub(super) fn follow(&self, dotted: &str) -> Result<(), String> {
        let mut parts = dotted.split('.');
        let first = parts.next().unwrap_or_default();
        match (first, self.item) {
            ("it", Item::Of(kind)) => return follow(kind, parts),
            ("it", Item::Any) | ("index", Item::Any | Item::Of(_)) => return Ok(()),
            ("options", _) => return self.follow_option(parts.next()),
            _ => {}
        }
        let Some((_, shape)) = self.known.iter().find(|(name, _)| *name == first) else {
            let mut there: Vec<&str> = self.known.iter().map(|(name, _)| *name).collect();
            there.push("options");
            if !matches!(self.item, Item::None) {
                there.extend(["it", "index"]);
            }
            return Err(format!("there is {}", there.join(", ")));
        };
        follow_fields(shape, parts)
    }

    fn follow_option(&self, option: Option<&str>) -> Result<(), String> {
        let there: Vec<&str> = self.options.keys().map(String::as_str).collect();
        match option {
            Some(option) if !there.contains(&option) && there.is_empty() => {
                Err("it has no options".to_owned())
            }
            Some(option) if !there.contains(&option) => Err(format!("options has {}", there.join(", "))),
            _ => Ok(()),
        }
    }
}

fn follow<'a>(kind: Kind, mut parts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    match kind {
        Kind::Thing(shape) => follow_fields(&shape(), parts),
        Kind::Text | Kind::Number | Kind::Flag | Kind::Place | Kind::Texts | Kind::Things(_) => {
            parts.next().map_or(Ok(()), |_| Err("what stands before the last dot has no fields".to_owned()))
        }
    }
}

fn follow_fields<'a>(shape: &Shape, mut parts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let Some(name) = parts.next() else { return Ok(()) };
    if let Some(field) = shape.fields.iter().find(|field| field.name == name) {
        return follow(field.kind, parts);
    }
    let there: Vec<&str> = shape.fields.iter().map(|field| field.name).collect();
    Err(format!("{} has {}", shape.name, there.join(", ")))
}

/// The kind of the items of a list that is named plainly, as in `server.pools`.
pub(super) fn item_kind(known: &[(&'static str, Shape)], each: &str) -> Option<Kind> {
    let mut parts = each.split('.').map(str::trim);
    let first = parts.next()?;
    let (_, shape) = known.iter().find(|(name, _)| *name == first)?;
    let field =
        |shape: &Shape, name: &str| shape.fields.iter().find(|field| field.name == name).map(|f| f.kind);
    let mut kind = field(shape, parts.next()?)?;
    for part in parts {
        let Kind::Thing(shape) = kind else { return None };
        kind = field(&shape(), part)?;
    }
    match kind {
        Kind::Things(shape) => Some(Kind::Thing(shape)),
        Kind::Texts => Some(Kind::Text),
        _ => None,
    }
}

/// The first filter or test in `text` that the engine does not have: where its name is, and what to say. The engine itself
/// notices when it gets there, which may be never.
pub(super) fn unknown_call(
    engine: &Environment<'_>,
    text: &str,
    as_template: bool,
) -> Option<(Range<usize>, String)> {
    let mut last = "";
    let mut inside = !as_template;
    let mut quote = None;
    let mut rest = 0..0;
    while let Some(c) = text[rest.end..].chars().next() {
        let start = rest.end;
        let length = if c.is_alphanumeric() || c == '_' {
            text[start..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len() - start)
        } else {
            c.len_utf8()
        };
        rest = start..start + length;
        let token = &text[rest.clone()];
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => continue,
            None if as_template && text[start..].starts_with(['{', '}', '%']) => {
                let pair = text.get(start..start + 2).unwrap_or_default();
                inside = (inside || pair == "{{" || pair == "{%") && pair != "}}" && pair != "%}";
            }
            None if inside && (c == '"' || c == '\'') => quote = Some(c),
            None => {}
        }
        if c.is_whitespace() || !inside {
            continue;
        }
        if c.is_alphabetic() && token != "not" {
            let (kind, expected) = match last {
                "|" => ("filter", ErrorKind::UnknownFilter),
                "is" => ("test", ErrorKind::UnknownTest),
                _ => {
                    last = token;
                    continue;
                }
            };
            let probe = engine
                .compile_expression(&format!("none {last} {token}"))
                .and_then(|probe| probe.eval(()).map(drop));
            if probe.is_err_and(|error| error.kind() == expected) {
                return Some((rest, format!("there is no {kind} `{token}`")));
            }
        }
        if token != "not" {
            last = token;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::judge::engine;

    #[test]
    fn a_filter_that_is_not_there_is_found_where_it_is_called() {
        let engine = engine();
        let find = |text: &str, as_template| {
            unknown_call(&engine, text, as_template).map(|(range, _)| text[range].to_owned())
        };
        for (text, found) in [
            ("server.name | nosuch", Some("nosuch")),
            ("a|length > 1 and b | map(attribute='x') | lst", Some("lst")),
            ("a is not sequense", Some("sequense")),
            ("a is not none and b is defined or c is divisibleby(3)", None),
            ("a == '| nosuch' and b == \"is nosuch\"", None),
        ] {
            assert_eq!(find(text, false).as_deref(), found, "{text}");
        }
        for (text, found) in [
            ("this | that is text {{ a | join('; or ') }} | more", None),
            ("{% if a %}it is such{% endif -%} {{ a | nosuch }}", Some("nosuch")),
            ("it's {{ 'a' | upper }} isn't | nothing", None),
        ] {
            assert_eq!(find(text, true).as_deref(), found, "{text}");
        }
    }
}
