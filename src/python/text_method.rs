//! Strings: their methods and their formatting.

use crate::source::Span;
use crate::trace::{Text, Traced};

use super::call::Arguments;
use super::expression::MAX_TEXT;
use super::machine::Machine;
use super::value::{Gap, HOLE, Value};

impl Machine<'_> {
    /// `text.name(…)`.
    pub(super) fn text_method(
        &mut self,
        text: &Text,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        let argument = |index: usize| arguments.positional.get(index).and_then(Value::as_text).cloned();
        let truth = |truth: bool| Value::Bool(Traced::written(truth, span));
        let string = text.as_str();
        match (name, argument(0), argument(1)) {
            ("lower" | "casefold", ..) => Value::text(changed(text, string.to_lowercase())),
            ("upper", ..) => Value::text(changed(text, string.to_uppercase())),
            ("title" | "capitalize", ..) => Value::text(changed(text, capitalized(string))),
            ("strip", None, _) if arguments.positional.is_empty() => Value::text(text.trim()),
            ("lstrip", None, _) if arguments.positional.is_empty() => {
                Value::text(text.slice_of(string.trim_start()))
            }
            ("rstrip", None, _) if arguments.positional.is_empty() => {
                Value::text(text.slice_of(string.trim_end()))
            }
            ("strip", Some(set), _) => {
                Value::text(text.slice_of(string.trim_matches(|c| set.as_str().contains(c))))
            }
            ("lstrip", Some(set), _) => {
                Value::text(text.slice_of(string.trim_start_matches(|c| set.as_str().contains(c))))
            }
            ("rstrip", Some(set), _) => {
                Value::text(text.slice_of(string.trim_end_matches(|c| set.as_str().contains(c))))
            }
            ("joinpath", Some(_), _) => {
                let mut parts = vec![Value::text(text.clone())];
                parts.extend(arguments.positional.iter().cloned());
                super::paths::join_all(&parts, span)
                    .unwrap_or_else(|| Value::unknown("this is no path", span))
            }
            ("startswith", Some(prefix), _) => truth(string.starts_with(prefix.as_str())),
            ("endswith", Some(suffix), _) => truth(string.ends_with(suffix.as_str())),
            ("startswith" | "endswith", None, _) => self.starts_with_any(text, name, arguments, span),
            ("removeprefix", Some(prefix), _) => {
                Value::text(text.strip_prefix(prefix.as_str()).unwrap_or_else(|| text.clone()))
            }
            ("removesuffix", Some(suffix), _) => {
                Value::text(text.slice_of(string.strip_suffix(suffix.as_str()).unwrap_or(string)))
            }
            ("replace", Some(from), Some(to)) => Value::text(replaced(text, from.as_str(), &to)),
            ("isdigit" | "isnumeric" | "isdecimal", ..) => {
                truth(!string.is_empty() && string.chars().all(|c| c.is_ascii_digit()))
            }
            ("split" | "rsplit", separator, _) => self.split(text, name, separator.as_ref(), arguments),
            ("join", ..) => match arguments.positional.first().and_then(|list| self.items(list)) {
                Some(items) => {
                    let mut parts = Vec::new();
                    for (index, item) in items.into_iter().enumerate() {
                        if index > 0 {
                            parts.push(Value::text(text.clone()));
                        }
                        parts.push(item);
                    }
                    self.concatenate(parts, span)
                }
                None => Value::unknown("it is joined from what is not known", span),
            },
            ("format", ..) => self.format(text, arguments, span),
            ("encode" | "decode" | "expandtabs" | "resolve" | "absolute" | "expanduser" | "as_posix", ..) => {
                Value::text(text.clone())
            }
            _ => Value::unknown(format!("`{name}` of a string is not followed"), span),
        }
    }

    /// A method of a string of which only a part is known.
    pub(super) fn partial_text_method(
        &mut self,
        gap: &Gap,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        let unknown = || Value::Unknown(Gap { shape: None, ..gap.clone() });
        let Some(shape) = &gap.shape else { return unknown() };
        let known = shape.as_str().split(HOLE).next().unwrap_or_default();
        match (name, arguments.positional.first().and_then(Value::as_text)) {
            ("startswith", Some(prefix)) => {
                let prefix = prefix.as_str();
                if known.starts_with(prefix) {
                    return Value::Bool(Traced::written(true, span));
                }
                let decides = prefix.len() <= known.len() || !prefix.starts_with(known);
                if decides && !known.is_empty() {
                    return Value::Bool(Traced::written(false, span));
                }
                unknown()
            }
            ("replace" | "strip" | "lower" | "removeprefix" | "rstrip" | "lstrip", _) => {
                match self.text_method(&shape.clone(), name, arguments, span) {
                    Value::Text(shape) => Value::Unknown(Gap { shape: Some(shape), ..gap.clone() }),
                    _ => unknown(),
                }
            }
            _ => unknown(),
        }
    }

    fn starts_with_any(&mut self, text: &Text, name: &str, arguments: &Arguments, span: Span) -> Value {
        let items = arguments.positional.first().and_then(|list| self.items(list));
        let all: Option<Vec<Text>> =
            items.and_then(|items| items.iter().map(|item| item.as_text().cloned()).collect());
        let Some(all) = all else { return Value::unknown("it is compared with what is not known", span) };
        let fits = |part: &Text| match name {
            "startswith" => text.as_str().starts_with(part.as_str()),
            _ => text.as_str().ends_with(part.as_str()),
        };
        Value::Bool(Traced::written(all.iter().any(fits), span))
    }

    fn split(&mut self, text: &Text, name: &str, separator: Option<&Text>, arguments: &Arguments) -> Value {
        let string = text.as_str();
        let limit = match arguments.get(Some(1), "maxsplit") {
            Some(Value::Int(limit)) => usize::try_from(limit.value).ok(),
            _ => None,
        };
        let parts: Vec<&str> = match (separator.map(Text::as_str).filter(|s| !s.is_empty()), limit) {
            (None, _) => string.split_whitespace().collect(),
            (Some(separator), None) => string.split(separator).collect(),
            (Some(separator), Some(limit)) if name == "split" => {
                string.splitn(limit + 1, separator).collect()
            }
            (Some(separator), Some(limit)) => {
                let mut parts: Vec<&str> = string.rsplitn(limit + 1, separator).collect();
                parts.reverse();
                parts
            }
        };
        let parts: Vec<Value> = parts.into_iter().map(|part| Value::text(text.slice_of(part))).collect();
        Value::Object(self.heap.list(parts))
    }

    /// `"{} {name}".format(…)`, without format specifications.
    fn format(&mut self, text: &Text, arguments: &Arguments, span: Span) -> Value {
        let mut parts = Vec::new();
        let mut rest = text.clone();
        let mut next = 0;
        while let Some((before, behind)) = rest.split_once('{') {
            parts.push(Value::text(before));
            let Some((field, after)) = behind.split_once('}') else {
                return Value::unknown("it is no format", span);
            };
            rest = after;
            let name = field.as_str();
            let value = if let Ok(index) = name.parse::<usize>() {
                arguments.positional.get(index).cloned()
            } else if name.is_empty() {
                next += 1;
                arguments.positional.get(next - 1).cloned()
            } else {
                arguments.get(None, name)
            };
            match value {
                Some(value) => parts.push(value.into_text(span)),
                None => return Value::unknown(format!("nothing is given for `{{{name}}}`"), span),
            }
        }
        parts.push(Value::text(rest));
        self.concatenate(parts, span)
    }

    /// `"%s %d" % values`.
    pub(super) fn percent(&mut self, text: &Text, values: &Value, span: Span) -> Value {
        let items = self.items(values);
        let mut items = match (values, items) {
            (Value::Object(_), Some(items)) => items,
            _ => vec![values.clone()],
        }
        .into_iter();
        let mut parts = Vec::new();
        let mut rest = text.clone();
        while let Some((before, behind)) = rest.split_once('%') {
            parts.push(Value::text(before));
            if let Some(after) = behind.strip_prefix("%") {
                parts.push(Value::text(behind.slice(0..1)));
                rest = after;
            } else if let Some((name, after)) =
                behind.strip_prefix("(").and_then(|named| named.split_once(')'))
            {
                let value = self.item(values, &Value::text(name), None, span);
                parts.push(value.into_text(span));
                rest = after.slice(1..after.len());
            } else if behind.as_str().starts_with(['s', 'd', 'i', 'r']) {
                let value = items.next().unwrap_or_else(|| Value::unknown("nothing is given for it", span));
                parts.push(value.into_text(span));
                rest = behind.slice(1..behind.len());
            } else {
                return Value::unknown("its format is not followed", span);
            }
        }
        parts.push(Value::text(rest));
        self.concatenate(parts, span)
    }
}

/// A text of which each letter may have become another one: in place where none did.
fn changed(text: &Text, now: String) -> Text {
    if now == text.as_str() { text.clone() } else { Text::traced(now, text.trail()) }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect(),
        None => String::new(),
    }
}

/// `text.replace(from, to)`, what stays in its place.
fn replaced(text: &Text, from: &str, to: &Text) -> Text {
    let times = text.as_str().matches(from).count();
    if from.is_empty() || times.saturating_mul(to.len()) > MAX_TEXT {
        return text.clone();
    }
    let mut parts = text.as_str().split(from).map(|part| text.slice_of(part));
    let Some(mut outcome) = parts.next() else { return text.clone() };
    for part in parts {
        outcome.push(to);
        outcome.push(&part);
    }
    outcome
}
