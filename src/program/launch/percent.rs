//! Python's `%` on a string with a dictionary (CPython 3.11, `Objects/unicodeobject.c`, `PyUnicode_Format`), as far as
//! configuration files use it: `%(name)s`, `%(number)02d`, `%%`.

use crate::program::Value;
use crate::trace::{How, Origin, Text, Trail};

/// What a name stands for.
pub(super) enum Argument {
    /// A whole number with its origin.
    Number(i64, Trail),
    /// A string.
    Word(Value),
}

/// Why a string cannot be formatted: its program refuses it.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The part that is at fault.
    pub(super) at: Text,
    /// Why, to be read behind the program's name.
    pub(super) why: String,
}

/// `text % arguments`, piece by piece: behind a piece that is not known the next goes on.
pub(super) fn format(
    text: &Text,
    arguments: &dyn Fn(&str, &Text) -> Option<Argument>,
) -> Result<Value, Refusal> {
    let string = text.as_str();
    let mut whole: Option<Value> = None;
    let mut push = |piece: Value| match &mut whole {
        Some(whole) => whole.push(&piece),
        None => whole = Some(piece),
    };
    let mut at = 0;
    while let Some(found) = string.get(at..).and_then(|rest| rest.find('%')) {
        if found > 0 {
            push(Value::Known(text.slice(at..at + found)));
        }
        let rest = &string[at + found..];
        let start = at + found;
        if rest.starts_with("%%") {
            push(Value::Known(text.slice(start..start + 1)));
            at = start + 2;
            continue;
        }
        let Some((name, flags, kind, length)) = conversion(rest) else {
            let at = text.slice(start..(start + 2).min(string.len()));
            return Err(Refusal { at, why: "refuses this `%`: a single one is written `%%`".to_owned() });
        };
        let place = text.slice(start..start + length);
        let Some(argument) = arguments(name, &place) else {
            return Err(Refusal { at: place, why: format!("knows no name `{name}` to put here") });
        };
        let value = match (argument, kind) {
            (Argument::Number(number, trail), _) => {
                Value::Known(Text::traced(padded(number, flags), trail)).then(&step(&place))
            }
            (Argument::Word(value), 's') => value.then(&step(&place)),
            (Argument::Word(_), _) => {
                return Err(Refusal { at: place, why: format!("takes no text for `%{kind}`") });
            }
        };
        push(value);
        at = start + length;
    }
    if at < string.len() || whole.is_none() {
        let rest = Value::Known(text.slice(at..string.len()));
        match &mut whole {
            Some(whole) => whole.push(&rest),
            None => whole = Some(rest),
        }
    }
    Ok(whole.unwrap_or_else(|| Value::Known(text.clone())))
}

fn step(place: &Text) -> Origin {
    match place.span() {
        Some(span) => Origin::at(How::Interpolated, span),
        None => Origin::default_of("a format string"),
    }
}

/// `%(name)02d` at the beginning of `rest`: the name, what stands before the letter, the letter, the whole length.
fn conversion(rest: &str) -> Option<(&str, &str, char, usize)> {
    let inner = rest.strip_prefix("%(")?;
    let (name, behind) = inner.split_once(')')?;
    let flags = behind.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | ' ' | '#' | '.'))?;
    let kind = behind[flags..].chars().next().filter(|kind| matches!(kind, 's' | 'd' | 'i'))?;
    Some((name, &behind[..flags], kind, "%()".len() + name.len() + flags + 1))
}

fn padded(number: i64, flags: &str) -> String {
    let width: usize = flags.trim_start_matches(['0', '-', '+', ' ']).parse().unwrap_or(0).min(64);
    if flags.starts_with('0') { format!("{number:0width$}") } else { format!("{number:width$}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn names_numbers_and_percent_signs() {
        let sources = Sources::new(Memory::new([("x", "80%(n)02d %(w)s 5%% %(none)s")]));
        let file = sources.load(&TreePath::new("x")).unwrap();
        let whole = Text::verbatim(&file, 0..file.text.len());
        let arguments = |name: &str, at: &Text| match name {
            "n" => Some(Argument::Number(7, at.trail())),
            "w" => Some(Argument::Word(Value::Known(at.slice(0..1)))),
            _ => None,
        };
        let known = format(&whole.slice(0..19), &arguments).unwrap();
        assert_eq!(known.as_str(), Some("8007 % 5%"));
        let refusal = format(&whole, &arguments).unwrap_err();
        assert_eq!(refusal.at.as_str(), "%(none)s");
        assert!(format(&whole.slice(0..3), &arguments).is_err(), "80%");
    }
}
