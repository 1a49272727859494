//! The pools that a program made, and how often.

use crate::pool::{Made, Pool, Url};
use crate::source::Span;
use crate::trace::Bound;

/// A pool and the circumstances under which it was made.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The pool.
    pub(super) pool: Pool,
    /// Where its constructor is named.
    pub(super) place: Span,
    /// The function it is made in: its name where no variable takes it.
    made_in: String,
    /// Whether it counts; not when another entry stands for it, in a branch that excludes this one's.
    counts: bool,
    /// How deep in imports it was made: a module that a branch imports may be imported by others as well.
    imports: usize,
}

/// All of them, in the order in which they were made.
#[derive(Default, Debug)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// How many modules are being imported.
    pub(super) imports: usize,
    /// Set while code runs of which nobody knows how often it does; the place says why.
    pub(super) repeated: Option<Span>,
}

impl Ledger {
    /// Where the pools are made that count.
    pub(super) fn places(&self) -> impl Iterator<Item = Span> {
        self.entries.iter().filter(|entry| entry.counts).map(|entry| entry.place)
    }

    /// A pool that counts.
    pub(super) fn pool(&self, index: usize) -> Option<&Pool> {
        self.entries.get(index).filter(|entry| entry.counts).map(|entry| &entry.pool)
    }

    /// The number of pools so far.
    pub(super) fn mark(&self) -> usize {
        self.entries.len()
    }

    /// Notes a pool; the number names it.
    pub(super) fn add(&mut self, mut pool: Pool, place: Span, made_in: &str) -> usize {
        if let Some(because) = self.repeated {
            make_repeated(&mut pool, because);
            let known = self.entries.iter().position(|entry| {
                entry.counts && entry.place == place && matches!(entry.pool.made, Made::Repeatedly(_))
            });
            if let Some(known) = known {
                return known;
            }
        }
        self.entries.push(Entry {
            pool,
            place,
            made_in: made_in.to_owned(),
            counts: true,
            imports: self.imports,
        });
        self.entries.len() - 1
    }

    /// Another pool takes the place of this one.
    pub(super) fn drop_pool(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.counts = false;
        }
    }

    /// Gives a pool the name of the variable that takes it, unless it has one.
    pub(super) fn name(&mut self, index: usize, name: &str) {
        if let Some(entry) = self.entries.get_mut(index)
            && entry.pool.name.is_empty()
        {
            name.clone_into(&mut entry.pool.name);
        }
    }

    /// Of the pools from `start` to `middle` and those from `middle` on only one group is made in life: each pool
    /// keeps the worse of itself and its counterpart.
    pub(super) fn pair(&mut self, start: usize, middle: usize) {
        let here = self.imports;
        let own = |range: std::ops::Range<usize>, entries: &[Entry]| -> Vec<usize> {
            range.filter(|&index| entries.get(index).is_some_and(|e| e.counts && e.imports == here)).collect()
        };
        let first = own(start..middle, &self.entries);
        let second = own(middle..self.entries.len(), &self.entries);
        for (a, b) in first.into_iter().zip(second) {
            let other = self.entries[b].clone();
            absorb(&mut self.entries[a], other);
            self.entries[b].counts = false;
        }
    }

    /// Code was run twice, from `first` and from `second` on: a pool that it made both times is made at every call,
    /// one that it made at first only is kept.
    pub(super) fn repeat(&mut self, first: usize, second: usize, because: Span) {
        let again: Vec<Span> = self.entries[second..].iter().map(|entry| entry.place).collect();
        let mut seen: Vec<Span> = Vec::new();
        for entry in &mut self.entries[first..] {
            if again.contains(&entry.place) {
                entry.counts &= !seen.contains(&entry.place);
                make_repeated(&mut entry.pool, because);
                seen.push(entry.place);
            }
        }
    }

    /// The pools that count.
    pub(super) fn into_pools(self) -> Vec<Pool> {
        let mut kept: Vec<Entry> = Vec::new();
        for entry in self.entries.into_iter().filter(|entry| entry.counts) {
            // What has no bound has none twice, however it is reached.
            let is_known = kept.iter().any(|known| known.is_again(&entry));
            if !is_known {
                kept.push(entry);
            }
        }
        kept.into_iter().map(Entry::into_pool).collect()
    }
}

impl Entry {
    /// Whether both are made again and again at one place, for one database.
    fn is_again(&self, other: &Self) -> bool {
        let is_repeated = |entry: &Self| matches!(entry.pool.made, Made::Repeatedly(_));
        let url = |entry: &Self| match &entry.pool.url {
            Url::Known(text) | Url::Host(text) => Some(text.to_string()),
            Url::Unknown(_) => None,
        };
        self.place == other.place && is_repeated(self) && is_repeated(other) && url(self) == url(other)
    }

    fn into_pool(self) -> Pool {
        let mut pool = self.pool;
        if pool.name.is_empty() {
            pool.name = self.made_in;
        }
        pool
    }
}

fn make_repeated(pool: &mut Pool, because: Span) {
    pool.made = Made::Repeatedly(because);
    if pool.ceiling != Bound::ZERO {
        pool.ceiling = Bound::Unbounded;
    }
}

/// `entry` or `other` is made: what counts is the larger of both.
fn absorb(entry: &mut Entry, other: Entry) {
    let ceiling = entry.pool.ceiling.clone().or(other.pool.ceiling.clone());
    if weight(&other.pool.ceiling) > weight(&entry.pool.ceiling) {
        let name = std::mem::take(&mut entry.pool.name);
        *entry = Entry { imports: entry.imports, ..other };
        if entry.pool.name.is_empty() {
            entry.pool.name = name;
        }
    }
    entry.pool.ceiling = ceiling;
}

fn weight(bound: &Bound) -> (u8, u64) {
    match bound {
        Bound::Exactly(n) | Bound::AtMost(n) => (0, *n),
        Bound::Unknown(unknown) => (1, unknown.floor),
        Bound::Unbounded => (2, 0),
    }
}
