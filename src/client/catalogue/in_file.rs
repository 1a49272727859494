//! Numbers that stand in a project's own configuration, in a language that is not followed: one line is read, and only if
//! it is a number, or a variable with a default as the usual idioms of Ruby, Elixir, Spring and JavaScript spell it.

use std::cell::RefCell;
use std::sync::Arc;

use super::evaluate::Misread;
use super::opened::Circumstances;
use crate::source::SourceFile;
use crate::trace::{Bound, Count, How, Origin, Text, Trail, count_from};

/// What the first of `files` that says `key` makes of it; the largest where it says so several times. `None` where no
/// file says it.
pub(super) fn number(
    circumstances: &Circumstances<'_>,
    files: &[String],
    key: &str,
    symbol: &str,
    misread: &RefCell<Vec<Misread>>,
) -> Option<Count> {
    let counts = files.iter().filter_map(|file| load(circumstances, file)).find_map(|file| {
        let counts: Vec<Count> = said(&file, key)
            .into_iter()
            .map(|text| value(circumstances, &text, symbol, key, misread))
            .collect();
        (!counts.is_empty()).then_some(counts)
    })?;
    let decides = |count: &Count| (count.value.is_unknown(), count.value.floor());
    counts.into_iter().max_by_key(decides)
}

/// Whether a file says something.
pub(super) enum Says {
    /// It does, there.
    So(Trail),
    /// It does not.
    NotSo,
    /// It is not there.
    NoFile,
}

/// Whether the first of `files` that is there says one of `words` at the beginning of a line.
pub(super) fn says(circumstances: &Circumstances<'_>, files: &[String], words: &[String]) -> Says {
    let Some(file) = files.iter().find_map(|file| load(circumstances, file)) else { return Says::NoFile };
    let place = words.iter().find_map(|word| said(&file, word).first().map(Text::trail));
    place.map_or(Says::NotSo, Says::So)
}

fn load(circumstances: &Circumstances<'_>, file: &str) -> Option<Arc<SourceFile>> {
    let paths = circumstances.folders.iter().map(|folder| circumstances.sources.resolve(folder, file));
    let found = paths.into_iter().find(|path| circumstances.sources.is_file(path))?;
    circumstances.sources.load(&found).ok()
}

/// What stands behind `key` at the beginning of a line of `file`, once for each line that is no comment.
fn said(file: &Arc<SourceFile>, key: &str) -> Vec<Text> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if let Some(rest) = trimmed.strip_prefix(key)
            && (key.ends_with([':', '=']) || rest.starts_with([' ', '(']))
        {
            let at = start + line.len() - rest.len();
            found.push(Text::verbatim(file, at..start + line.len()).trim());
        }
        start += line.len();
    }
    found
}

/// What a written value comes to: a number, or a variable with the number that stands for it.
fn value(
    circumstances: &Circumstances<'_>,
    text: &Text,
    symbol: &str,
    key: &str,
    misread: &RefCell<Vec<Misread>>,
) -> Count {
    if count_from(text).is_ok() {
        return counted(text, key, symbol, misread);
    }
    let why = || format!("what `{key}` is given could not be read");
    let Some(name) = variable(text.as_str()) else {
        return Count::new(Bound::unknown(symbol, why()), text.trail());
    };
    if let Some(set) = circumstances.environment.get(name).filter(|value| !value.is_empty()) {
        let read = text.span().map(|span| Origin::at(How::Read, span));
        return counted(&read.iter().fold(set.clone(), Text::then), name, symbol, misread);
    }
    if let Some(count) = circumstances.environment.unknown(name) {
        return Count::new(Bound::unknown(symbol, format!("{name} is not known")), count.trail);
    }
    let behind = &text.as_str()[text.as_str().find(name).map_or(0, |at| at + name.len())..];
    match numbers(behind).as_slice() {
        [number] => counted(&text.slice_of(number), key, symbol, misread),
        _ => Count::new(Bound::unknown(symbol, why()), text.trail()),
    }
}

fn counted(text: &Text, setting: &str, symbol: &str, misread: &RefCell<Vec<Misread>>) -> Count {
    let bound = match count_from(text) {
        Ok(number) => Bound::Exactly(number),
        Err(flaw) => {
            let why = format!("{setting} {}", flaw.words());
            misread.borrow_mut().push(Misread { setting: setting.to_owned(), flaw });
            Bound::unknown(symbol, why)
        }
    };
    Count::new(bound, text.trail())
}

/// The one variable that `text` reads: `ENV.fetch("X") { 5 }`, `ENV["X"] || 5`, `System.get_env("X", "5")`,
/// `process.env.X ?? 5`, `${X:5}`. `None` where it reads none or several.
fn variable(text: &str) -> Option<&str> {
    const MARKS: [&str; 6] =
        ["ENV.fetch(", "ENV[", "System.get_env(", "process.env.", "${", "parse_integer_env_var("];
    let mut reads = MARKS.iter().flat_map(|mark| text.match_indices(mark).map(|(at, _)| at + mark.len()));
    let (Some(at), None) = (reads.next(), reads.next()) else { return None };
    let rest = text[at..].trim_start_matches(['"', '\'', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

/// The numbers that stand in `text`, none where one is part of a calculation.
fn numbers(text: &str) -> Vec<&str> {
    if text.contains(['*', '+', '/']) {
        return Vec::new();
    }
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
        .filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{numbers, variable};

    #[test]
    fn one_variable_and_its_default() {
        for (text, name, number) in [
            ("<%= ENV.fetch(\"RAILS_MAX_THREADS\") { 5 } %>", "RAILS_MAX_THREADS", "5"),
            ("<%= ENV['DB_POOL'] || 7 %>", "DB_POOL", "7"),
            ("String.to_integer(System.get_env(\"POOL_SIZE\") || \"10\"),", "POOL_SIZE", "10"),
            ("${HIKARI_MAX:12}", "HIKARI_MAX", "12"),
            ("Number(process.env.POOL ?? 4)", "POOL", "4"),
        ] {
            assert_eq!(variable(text), Some(name), "{text}");
            let behind = &text[text.find(name).unwrap() + name.len()..];
            assert_eq!(numbers(behind), [number], "{text}");
        }
        for text in ["compute()", "ENV['A'] || ENV['B'] || 5"] {
            assert_eq!(variable(text), None, "{text}");
        }
        assert!(numbers(") { 5 }.to_i * 2").is_empty());
    }
}
