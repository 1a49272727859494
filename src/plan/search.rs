//! The smallest changes that fit.
//!
//! Fewer of anything never opens more connections, so that a change fits or does not along each knob with one step between.
//! A *smallest* change is one of which no part can be taken back, not even by one, without going over. Every set of one,
//! two or three knobs is gone through exactly, by halving along the last of them and step by step along the others; where
//! no three places are enough, knobs of one kind, then all, are turned together and then back one by one as far as fits.
//!
//! What is found is ranked by what is lost: the share of the requests that could be served at once, the share of the
//! processes (a processor works in one of them, however many connections it has), and a hundredth for each place touched. Of
//! two changes where one is at least as good in all three, the other is left out.

use std::cmp::Reverse;

use super::knob::Knob;
use super::model::{Model, Outcome};
use super::slot::Role;

/// How many settings are tried at most. More than a hundred knobs with hundreds of values each would take minutes; what
/// was found until then is told.
const MOST_TRIED: usize = 400_000;

/// How many places a change touches before knobs are turned together.
const MOST_PLACES: usize = 3;

/// A setting of the knobs that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The value of each knob.
    pub(super) values: Vec<u64>,
    /// What it comes to.
    pub(super) outcome: Outcome,
    /// How many knobs have another value than now.
    pub(super) places: usize,
    /// What is left of each changed number, in thousandths, the least first: of two changes that lose the same, the more
    /// even one is better.
    left: Vec<u64>,
    /// Connections that the pools keep open: of two that are as even, the one with less to open anew.
    kept: u64,
}

/// What is to fit, and by which knobs.
pub(super) struct Search<'m, 'a> {
    model: &'m Model<'a>,
    /// The servers that have to fit, by their place in [`Outcome::loads`], and what each takes.
    limits: Vec<(usize, u64)>,
    /// The knobs that may be turned, by index.
    free: Vec<usize>,
    now: Vec<u64>,
    tried: std::cell::Cell<usize>,
}

impl<'m, 'a> Search<'m, 'a> {
    /// Knobs that move none of `limits` are left alone, as are those that are kept.
    pub(super) fn new(
        model: &'m Model<'a>,
        limits: Vec<(usize, u64)>,
        may_turn: impl Fn(&Knob) -> bool,
    ) -> Self {
        let now = model.now();
        let mut search = Self { model, limits, free: Vec::new(), now, tried: std::cell::Cell::new(0) };
        let knobs = model.knobs().iter().enumerate();
        let turnable = knobs.filter(|(_, knob)| may_turn(knob) && knob.low < knob.value);
        let turnable: Vec<usize> = turnable.map(|(index, _)| index).collect();
        let least = search.at_least(&turnable);
        // A pool that concurrency bounds is smaller only where its other number is small too: so a knob is tried from both ends.
        let moves = |knob: &usize| {
            let (mut down, mut up) = (search.now.clone(), least.clone());
            (down[*knob], up[*knob]) = (least[*knob], search.now[*knob]);
            search.loads(&down) != search.loads(&search.now) || search.loads(&up) != search.loads(&least)
        };
        search.free = turnable.iter().copied().filter(moves).collect();
        search
    }

    /// Which of the servers cannot be made to fit, even with every knob at its least.
    pub(super) fn impossible(&self) -> Vec<usize> {
        let least = self.at_least(&self.free);
        let outcome = self.model.at(&least);
        let is_over = |(server, limit): &&(usize, u64)| outcome.loads[*server].counted > *limit;
        self.limits.iter().filter(is_over).map(|(server, _)| *server).collect()
    }

    /// Whether every setting was gone through.
    pub(super) fn is_exhaustive(&self) -> bool {
        self.tried.get() < MOST_TRIED
    }

    /// The changes that fit, the best first. The servers of `impossible` have to be left out before.
    pub(super) fn run(&self) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for places in 1..=MOST_PLACES.min(self.free.len()) {
            for knobs in combinations(&self.free, places) {
                if self.is_exhaustive() && self.fits(&self.at_least(&knobs)) {
                    self.smallest(knobs, &mut found);
                }
            }
        }
        if found.is_empty() {
            found = self.together();
        }
        best(found, self.model.at(&self.now).processes)
    }

    fn loads(&self, values: &[u64]) -> Vec<u64> {
        let outcome = self.model.at(values);
        self.limits.iter().map(|(server, _)| outcome.loads[*server].counted).collect()
    }

    fn fits(&self, values: &[u64]) -> bool {
        self.tried.set(self.tried.get() + 1);
        let outcome = self.model.at(values);
        self.limits.iter().all(|(server, limit)| outcome.loads[*server].counted <= *limit)
    }

    fn at_least(&self, knobs: &[usize]) -> Vec<u64> {
        let mut values = self.now.clone();
        for &knob in knobs {
            values[knob] = self.model.knobs()[knob].low;
        }
        values
    }

    /// The largest value that the knob may be turned to: below what it is now.
    fn most(&self, knob: usize) -> u64 {
        let Knob { value, high, .. } = self.model.knobs()[knob];
        (value - 1).min(high)
    }

    /// The smallest changes of just `knobs`, each of them turned.
    fn smallest(&self, mut knobs: Vec<usize>, found: &mut Vec<Found>) {
        let least = |knob: &usize| self.model.knobs()[*knob].low;
        // Halving is along the last: the longest way.
        knobs.sort_by_key(|knob| self.most(*knob).saturating_sub(least(knob)));
        if knobs.iter().any(|knob| self.most(*knob) < least(knob)) {
            return;
        }
        let Some((halved, steps)) = knobs.split_last() else { return };
        let mut values = self.at_least(&knobs);
        loop {
            if !self.is_exhaustive() {
                return;
            }
            values[*halved] = least(halved);
            if self.fits(&values) {
                values[*halved] = self.largest(&values, *halved);
                if self.is_smallest(&values, &knobs) {
                    found.push(self.found(values.clone()));
                }
            }
            // The next setting of all knobs but the last.
            let Some(next) = steps.iter().rfind(|knob| values[**knob] < self.most(**knob)) else { return };
            for knob in steps.iter().rev().take_while(|knob| *knob != next) {
                values[*knob] = least(knob);
            }
            values[*next] += 1;
        }
    }

    /// The largest value of `knob` with which `values` fit; they fit with its least.
    fn largest(&self, values: &[u64], knob: usize) -> u64 {
        let mut values = values.to_vec();
        let (mut fits, mut over) = (values[knob], self.most(knob) + 1);
        while over - fits > 1 {
            values[knob] = fits + (over - fits) / 2;
            if self.fits(&values) { fits = values[knob] } else { over = values[knob] }
        }
        fits
    }

    /// Whether no part of the change can be taken back.
    fn is_smallest(&self, values: &[u64], knobs: &[usize]) -> bool {
        knobs.iter().all(|&knob| {
            let mut larger = values.to_vec();
            larger[knob] += 1;
            // Past its bound a knob may only go back to where it is.
            if larger[knob] > self.most(knob) {
                larger[knob] = self.now[knob];
            }
            !self.fits(&larger)
        })
    }

    fn found(&self, values: Vec<u64>) -> Found {
        let changed = values.iter().zip(&self.now).filter(|(new, old)| new != old);
        let mut left: Vec<u64> =
            changed.map(|(new, old)| new.saturating_mul(1000).checked_div(*old).unwrap_or(1000)).collect();
        left.sort_unstable();
        let sizes = values.iter().zip(self.model.knobs()).filter(|(_, knob)| knob.role == Role::Size);
        let kept = sizes.map(|(value, _)| *value).fold(0, u64::saturating_add);
        Found { outcome: self.model.at(&values), places: left.len(), left, kept, values }
    }

    /// Where three places are not enough: all pools, all processes, or everything, as far as is needed.
    fn together(&self) -> Vec<Found> {
        let kinds: [&dyn Fn(Role) -> bool; 3] = [
            &|role| !matches!(role, Role::Processes | Role::Replicas | Role::Threads),
            &|role| matches!(role, Role::Processes | Role::Replicas | Role::Threads),
            &|_| true,
        ];
        let mut found = Vec::new();
        for kind in kinds {
            let is_kind = |knob: &&usize| kind(self.model.knobs()[**knob].role);
            let knobs: Vec<usize> = self.free.iter().filter(is_kind).copied().collect();
            if !knobs.is_empty() && self.fits(&self.at_least(&knobs)) {
                found.push(self.found(self.back(self.shrunk(&knobs), &knobs)));
            }
        }
        found
    }

    /// Every one of `knobs` at the same share of what it is now, the largest that fits.
    fn shrunk(&self, knobs: &[usize]) -> Vec<u64> {
        let at = |share: u64| {
            let mut values = self.now.clone();
            for &knob in knobs {
                let Knob { low, high, value, .. } = self.model.knobs()[knob];
                let part = u128::from(value) * u128::from(share) / 1000;
                values[knob] = u64::try_from(part).unwrap_or(value).clamp(low, high.max(low));
            }
            values
        };
        let (mut fits, mut over) = (0, 1000);
        while over - fits > 1 {
            let middle = u64::midpoint(fits, over);
            if self.fits(&at(middle)) { fits = middle } else { over = middle }
        }
        at(fits)
    }

    /// `values` with every knob as far back as fits: first those of which least is left.
    fn back(&self, mut values: Vec<u64>, knobs: &[usize]) -> Vec<u64> {
        let mut open: Vec<usize> =
            knobs.iter().copied().filter(|knob| values[*knob] < self.now[*knob]).collect();
        let share = |values: &[u64], knob: usize| values[knob].saturating_mul(1000) / self.now[knob].max(1);
        while let Some(knob) = open.iter().copied().min_by_key(|knob| (share(&values, *knob), *knob)) {
            let before = values[knob];
            values[knob] = if before >= self.most(knob) { self.now[knob] } else { before + 1 };
            let fits = self.fits(&values);
            if !fits {
                values[knob] = before;
            }
            if !fits || values[knob] == self.now[knob] {
                open.retain(|other| *other != knob);
            }
        }
        values
    }
}

impl Found {
    /// What is lost, in thousandths, where at `best` so many are served at once as any change leaves, and now there are so
    /// many processes.
    pub(super) fn loss(&self, best: u64, processes: u64) -> u64 {
        let share = |left: u64, of: u64| match of {
            0 => 0,
            of => u64::try_from(u128::from(of.saturating_sub(left)) * 1000 / u128::from(of)).unwrap_or(1000),
        };
        share(self.outcome.served, best) + share(self.outcome.processes, processes) + 10 * self.places as u64
    }

    /// Whether it is at least as good as `other` in everything that is ranked.
    fn covers(&self, other: &Self) -> bool {
        let Outcome { served, processes, .. } = self.outcome;
        served >= other.outcome.served && processes >= other.outcome.processes && self.places <= other.places
    }
}

/// Those that no other covers, the best first.
fn best(mut found: Vec<Found>, processes: u64) -> Vec<Found> {
    let served = found.iter().map(|found| found.outcome.served).max().unwrap_or(0);
    found.sort_by_cached_key(|found| {
        let now = found.outcome.served;
        (found.loss(served, processes), Reverse(now), Reverse(found.left.clone()), Reverse(found.kept))
    });
    let mut best: Vec<Found> = Vec::new();
    for next in found {
        if !best.iter().any(|better| better.covers(&next)) {
            best.push(next);
        }
    }
    best
}

/// Every choice of `size` of `from`, in order.
fn combinations(from: &[usize], size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, first) in from.iter().enumerate() {
        for rest in combinations(&from[index + 1..], size - 1) {
            all.push([vec![*first], rest].concat());
        }
    }
    all
}

#[cfg(test)]
mod tests;
