//! Files in the dialect of Python's `configparser` (CPython 3.11, `Lib/configparser.py`, `RawConfigParser._read`), as
//! supervisor reads them: later sections and options of a name go over earlier ones, names are compared in small letters,
//! an indented line goes on with the value before it. Values are not interpolated here: each program does that itself.

use indexmap::IndexMap;

use super::SyntaxError;
use crate::source::SourceFile;
use crate::trace::Text;

/// What differs between programs that use `configparser`.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// What begins a comment behind a value, where white space stands before it; nothing for most programs.
    pub inline_comments: &'static [char],
    /// The section whose options every other one has as well.
    pub default_section: &'static str,
}

/// As supervisor's `UnhosedConfigParser` has it (supervisor 4.3.0, `options.py`).
pub const SUPERVISOR: Style = Style { inline_comments: &[';', '#'], default_section: "DEFAULT" };

/// An ini file: its sections in the order in which each was first named.
#[derive(Clone, Debug, Default)]
pub struct Ini {
    /// The sections by name.
    pub sections: IndexMap<String, Section>,
    /// What is wrong with it; its program refuses a file of which anything is.
    pub errors: Vec<SyntaxError>,
}

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name, at the place where it is first named.
    pub name: Text,
    /// Its options by name in small letters.
    pub options: IndexMap<String, Setting>,
}

/// An option with its value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The name as written.
    pub name: Text,
    /// The value, of several lines where it goes on.
    pub value: Text,
}

/// Reads `file`.
pub fn read(file: &SourceFile, style: Style) -> Ini {
    let mut reader = Reader {
        ini: Ini::default(),
        style,
        section: None,
        option: None,
        indent: 0,
        defaults: IndexMap::new(),
    };
    for index in 0..file.lines() {
        if let Some(range) = file.line_range(index) {
            reader.line(&Text::verbatim(file, range));
        }
    }
    reader.finish()
}

struct Reader {
    ini: Ini,
    style: Style,
    /// The section under way; `None` before the first.
    section: Option<String>,
    /// The option under way, which an indented line goes on with.
    option: Option<String>,
    indent: usize,
    /// The options of the default section.
    defaults: IndexMap<String, Setting>,
}

impl Reader {
    fn line(&mut self, line: &Text) {
        let string = line.as_str();
        let comment = self.comment(string);
        let value = line.slice(0..comment.unwrap_or(string.len())).trim();
        if value.is_empty() {
            // An empty line belongs to the value around it; one with a comment does not.
            if comment.is_none() {
                self.go_on(&value);
            }
            return;
        }
        let indent = string.find(|c: char| !c.is_whitespace()).unwrap_or(0);
        if self.option.is_some() && indent > self.indent {
            return self.go_on(&value);
        }
        self.indent = indent;
        let header = value
            .as_str()
            .starts_with('[')
            .then(|| value.as_str().rfind(']'))
            .flatten()
            .filter(|end| *end > 1);
        if let Some(end) = header {
            self.header(&value.slice(1..end));
        } else if self.section.is_none() {
            self.fail(&value, "no [section] stands before this line");
        } else {
            self.assignment(&value);
        }
    }

    /// Where a comment begins. As in the original every prefix moves on by one occurrence a round, and the first round
    /// with a comment in it decides.
    fn comment(&self, line: &str) -> Option<usize> {
        if line.trim_start().starts_with(['#', ';']) {
            return Some(0);
        }
        let mut places: Vec<(char, Option<usize>)> =
            self.style.inline_comments.iter().map(|prefix| (*prefix, None)).collect();
        while !places.is_empty() {
            let mut found: Option<usize> = None;
            let step = |(prefix, before): (char, Option<usize>)| {
                let from = before.map_or(0, |at| at + 1);
                line.get(from..)?.find(prefix).map(|at| (prefix, Some(from + at)))
            };
            places = places.into_iter().filter_map(step).collect();
            for at in places.iter().filter_map(|(_, at)| *at) {
                let behind_blank = line[..at].chars().next_back().is_none_or(char::is_whitespace);
                if behind_blank {
                    found = Some(found.map_or(at, |other| other.min(at)));
                }
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn header(&mut self, name: &Text) {
        self.option = None;
        self.section = Some(name.as_str().to_owned());
        if name.as_str() != self.style.default_section {
            let new = || Section { name: name.clone(), options: IndexMap::new() };
            self.ini.sections.entry(name.as_str().to_owned()).or_insert_with(new);
        }
    }

    fn assignment(&mut self, line: &Text) {
        let Some(at) = line.as_str().find(['=', ':']) else {
            return self.fail(line, "this line is neither a [section] nor an option with a value");
        };
        let name = line.slice(0..at).trim();
        let value = line.slice(at + 1..line.len()).trim();
        if name.is_empty() {
            self.fail(line, "this option has no name");
        }
        let key = name.as_str().to_lowercase();
        self.option = Some(key.clone());
        if let Some(options) = self.options() {
            options.insert(key, Setting { name, value });
        }
    }

    /// One more line of the value under way.
    fn go_on(&mut self, line: &Text) {
        let Some(key) = self.option.clone() else { return };
        if let Some(setting) = self.options().and_then(|options| options.get_mut(&key)) {
            setting.value.push(&Text::traced("\n", setting.value.trail()));
            setting.value.push(line);
        }
    }

    fn options(&mut self) -> Option<&mut IndexMap<String, Setting>> {
        let name = self.section.as_ref()?;
        match self.ini.sections.get_mut(name) {
            Some(section) => Some(&mut section.options),
            None => Some(&mut self.defaults),
        }
    }

    fn fail(&mut self, at: &Text, message: &str) {
        if let Some(span) = at.span() {
            self.ini.errors.push(SyntaxError::new(span, message));
        }
    }

    fn finish(mut self) -> Ini {
        for section in self.ini.sections.values_mut() {
            for (key, setting) in &self.defaults {
                section.options.entry(key.clone()).or_insert_with(|| setting.clone());
            }
            for setting in section.options.values_mut() {
                setting.value = setting.value.slice(0..setting.value.as_str().trim_end().len());
            }
        }
        self.ini
    }
}

impl Ini {
    /// The option `key` (in small letters) of the section `section`.
    pub fn get(&self, section: &str, key: &str) -> Option<&Text> {
        self.sections.get(section)?.options.get(key).map(|setting| &setting.value)
    }

    /// Lays `other`, read after this one, over it.
    pub fn merge(&mut self, other: Self) {
        for (name, section) in other.sections {
            match self.sections.get_mut(&name) {
                Some(there) => there.options.extend(section.options),
                None => {
                    self.sections.insert(name, section);
                }
            }
        }
        self.errors.extend(other.errors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    fn ini(text: &'static str) -> (Sources, Ini) {
        let sources = Sources::new(Memory::new([("x.ini", text)]));
        let ini = read(&sources.load(&TreePath::new("x.ini")).unwrap(), SUPERVISOR);
        (sources, ini)
    }

    #[test]
    fn values_go_on_and_comments_end_them() {
        let (sources, ini) =
            ini("[a]\nCommand = x ; no\n   -c 16 # no\n ; no\n\n   last;yes\nb: 1=2\n[a]\nb=3\n");
        let command = ini.get("a", "command").unwrap();
        assert_eq!(command.as_str(), "x\n-c 16\n\nlast;yes");
        let at = command.as_str().find("16").unwrap();
        let place = command.slice(at..at + 2).span().unwrap();
        assert_eq!((sources.text(place).as_str(), ini.get("a", "b").unwrap().as_str()), ("16", "3"));
        assert!(ini.errors.is_empty());
    }

    #[test]
    fn what_python_refuses_is_an_error() {
        for text in ["x=1\n", "[a]\nnothing\n", "[a]\n=1\n"] {
            let (_, ini) = ini(text);
            assert_eq!(ini.errors.len(), 1, "{text}");
        }
    }

    #[test]
    fn the_default_section_is_in_every_other() {
        let (_, ini) = ini("[DEFAULT]\nuser=root\nx=1\n[program:a]\nx=2\n");
        let sections: Vec<&str> = ini.sections.keys().map(String::as_str).collect();
        assert_eq!(sections, ["program:a"]);
        assert_eq!(ini.get("program:a", "user").unwrap().as_str(), "root");
        assert_eq!(ini.get("program:a", "x").unwrap().as_str(), "2");
    }
}
