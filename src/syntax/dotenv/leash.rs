//! The `dotenvy` crate, kept from the environment of this process.
//!
//! dotenvy 0.15 asks `std::env` for every `$NAME`, before the lines of the file. So every name behind a `$` is replaced,
//! in what the crate gets to read, by one that exists nowhere, and these are given their values by lines in between that
//! are ours: dotenvy sees the environment that the caller wants and no other. Names come out of it as they were.
//!
//! The crate reads through a buffer that asks for more only when it is empty. It is handed one line at a time, so where
//! the hand stands tells which lines an item came from.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::env;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use super::MAX_VALUES;
use crate::syntax::template::Lookup;

/// What one step of the crate's iterator gave.
pub(super) enum Item {
    /// A variable.
    Set(String, String),
    /// An error.
    Refused,
    /// A variable, and no room for it.
    TooLong,
}

/// dotenvy over one text.
pub(super) struct Leash<'a> {
    iter: dotenvy::Iter<Hand<'a>>,
    feed: Rc<RefCell<Feed<'a>>>,
    lookup: &'a Lookup<'a>,
    /// Whether a name keeps its first value, as in the environment that loading fills while it reads.
    loads: bool,
}

/// What is still to be read.
struct Feed<'a> {
    text: &'a str,
    /// How much of `text` was handed out.
    at: usize,
    /// What is handed out before that: lines of ours, or the line that is under way.
    pending: String,
    /// How much of `pending` was handed out.
    handed: usize,
    names: Names,
    /// How many bytes values may still have.
    room: usize,
}

/// The names behind a `$` and their stand-ins.
struct Names {
    /// What every stand-in begins with and nothing else contains.
    stem: String,
    by_name: HashMap<String, StandIn>,
    by_number: Vec<String>,
}

struct StandIn {
    name: String,
    /// How long its value is now, if it has one.
    length: Option<usize>,
}

struct Hand<'a>(Rc<RefCell<Feed<'a>>>);

impl<'a> Leash<'a> {
    pub(super) fn new(text: &'a str, lookup: &'a Lookup<'a>, loads: bool) -> Self {
        let mut names = Names::absent_from(text);
        let (mut pending, mut lines) = (String::new(), 0);
        for name in references(text).map(|range| &text[range]) {
            if names.add(name)
                && let Some(value) = lookup(name)
            {
                pending.push_str(&names.definition(name, value.as_str()).unwrap_or_default());
                lines += 1;
            }
        }
        let feed = Feed { text, at: 0, pending, handed: 0, names, room: MAX_VALUES };
        let feed = Rc::new(RefCell::new(feed));
        let mut iter = dotenvy::from_read_iter(Hand(Rc::clone(&feed)));
        iter.by_ref().take(lines).for_each(drop);
        Self { iter, feed, lookup, loads }
    }

    /// The next item and the bytes of the lines that it came from, blank lines and comments before them included.
    pub(super) fn next(&mut self) -> Option<(Item, Range<usize>)> {
        let start = self.feed.borrow().at;
        let item = self.iter.next();
        let mut feed = self.feed.borrow_mut();
        let range = start..feed.at;
        if feed.room == 0 {
            feed.at = feed.text.len();
            return (start < feed.text.len()).then_some((Item::TooLong, start..feed.text.len()));
        }
        let Ok((name, value)) = item? else { return Some((Item::Refused, range)) };
        let value = feed.names.restored(&value);
        feed.room = feed.room.saturating_sub(value.len());
        let keeps = self.loads && feed.names.has_value(&name);
        if !keeps
            && (self.lookup)(&name).is_none()
            && let Some(line) = feed.names.definition(&name, &value)
        {
            (feed.pending, feed.handed) = (line, 0);
            drop(feed);
            self.iter.next();
        }
        Some((Item::Set(name, value), range))
    }
}

impl Feed<'_> {
    /// Takes up the next line of the text, unless its value could outgrow the room that is left.
    fn advance(&mut self) {
        let line = self.text[self.at..].split_inclusive('\n').next().unwrap_or_default();
        let (replaced, growth) = self.names.replaced(line);
        if growth >= self.room {
            self.room = 0;
            return;
        }
        self.at += line.len();
        (self.pending, self.handed) = (replaced, 0);
    }
}

impl Read for Hand<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut feed = self.0.borrow_mut();
        if feed.handed == feed.pending.len() {
            feed.advance();
        }
        let rest = &feed.pending.as_bytes()[feed.handed..];
        let rest = &rest[..rest.len().min(buffer.len())];
        let len = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
        buffer[..len].copy_from_slice(&rest[..len]);
        feed.handed += len;
        Ok(len)
    }
}

impl Names {
    fn absent_from(text: &str) -> Self {
        const STEM: &str = "leashed";
        let mut taken: HashSet<usize> = HashSet::new();
        let mut look = |text: &str| {
            for (at, _) in text.match_indices(STEM) {
                let number = &text[at + STEM.len()..];
                let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
                taken.extend(number[..digits].parse::<usize>());
            }
        };
        look(text);
        env::vars_os().for_each(|(name, _)| look(&name.to_string_lossy()));
        // One of so many numbers is free.
        let number = (0..=taken.len()).find(|number| !taken.contains(number)).unwrap_or_default();
        // The letters after the numbers keep digits that stand behind them apart.
        Self { stem: format!("{STEM}{number}n"), by_name: HashMap::new(), by_number: Vec::new() }
    }

    /// Gives `name` a stand-in; whether it had none yet.
    fn add(&mut self, name: &str) -> bool {
        if self.by_name.contains_key(name) {
            return false;
        }
        let stand_in = StandIn { name: format!("{}{}z", self.stem, self.by_number.len()), length: None };
        self.by_number.push(name.to_owned());
        self.by_name.insert(name.to_owned(), stand_in);
        true
    }

    fn has_value(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|stand_in| stand_in.length.is_some())
    }

    /// A line that gives the stand-in of `name`, if it has one, a value of any characters.
    fn definition(&mut self, name: &str, value: &str) -> Option<String> {
        let stand_in = self.by_name.get_mut(name)?;
        stand_in.length = Some(value.len());
        let mut line = format!("{}=\"", stand_in.name);
        for c in value.chars() {
            match c {
                '\n' => line.push_str("\\n"),
                '"' | '\\' | '$' => line.extend(['\\', c]),
                c => line.push(c),
            }
        }
        line.push_str("\"\n");
        Some(line)
    }

    /// `line` with stand-ins, and how long their values are together.
    fn replaced(&self, line: &str) -> (String, usize) {
        let (mut replaced, mut from, mut growth) = (String::with_capacity(line.len()), 0, 0_usize);
        for range in references(line) {
            if let Some(stand_in) = self.by_name.get(&line[range.clone()]) {
                replaced.push_str(&line[from..range.start]);
                replaced.push_str(&stand_in.name);
                growth = growth.saturating_add(stand_in.length.unwrap_or_default());
                from = range.end;
            }
        }
        replaced.push_str(&line[from..]);
        (replaced, growth)
    }

    /// `value` with the names again that it had before, where they were no variables: `'$A'`, `\$A`.
    fn restored(&self, value: &str) -> String {
        let (mut restored, mut from) = (String::with_capacity(value.len()), 0);
        for (at, _) in value.match_indices(&self.stem) {
            let number = &value[at + self.stem.len()..];
            let digits = number.find('z').unwrap_or_default();
            if let Some(name) =
                number[..digits].parse().ok().and_then(|index: usize| self.by_number.get(index))
            {
                restored.push_str(&value[from..at]);
                restored.push_str(name);
                from = at + self.stem.len() + digits + 1;
            }
        }
        restored.push_str(&value[from..]);
        restored
    }
}

/// The names that dotenvy may look up in `text`: letters and digits behind `$`, and what stands in `${…}` as far as it is
/// a name that an environment can have. Both end within their line.
fn references(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices('$').filter_map(|(at, _)| {
        let start = at + 1;
        let run = |from: usize, wanted: fn(char) -> bool| {
            let rest = &text[from..];
            from..from + rest.find(|c| !wanted(c)).unwrap_or(rest.len())
        };
        let name = if text[start..].starts_with('{') {
            let name = run(start + 1, |c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
            text[name.end..].starts_with('}').then_some(name)?
        } else {
            run(start, char::is_alphanumeric)
        };
        (!name.is_empty()).then_some(name)
    })
}
