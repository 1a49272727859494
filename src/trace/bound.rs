//! Counts that may be unbounded or unknown, and the arithmetic that never makes one smaller than it is.

use std::fmt;
use std::ops::{Add, Mul};
use std::sync::Arc;

/// How many there can be.
///
/// Sums and products keep the worst of their terms: what is unbounded stays unbounded, what is unknown stays unknown
/// (with its known part as a floor), and only a factor of zero takes either away. A result past `u64` is unbounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This many.
    Exactly(u64),
    /// This many or fewer: the larger of several possibilities.
    AtMost(u64),
    /// Nothing limits it.
    Unbounded,
    /// The files do not say.
    Unknown(Unknown),
}

/// A count that the files do not say, as far as they say it: `floor + times × symbol`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What is known of it: there are at least this many.
    pub floor: u64,
    /// What is missing; `None` when several different things are.
    pub term: Option<Term>,
    /// Why it is not known, to be read after "unknown: ".
    pub why: Arc<str>,
}

/// One missing factor and how often it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it counts, in words that follow a number: "CPUs", "workers", "engines".
    pub symbol: Arc<str>,
    /// How much each one of it adds.
    pub times: u64,
}

impl Bound {
    /// None at all.
    pub const ZERO: Self = Self::Exactly(0);

    /// Just one.
    pub const ONE: Self = Self::Exactly(1);

    /// Unknown, counted in `symbol` ("workers"), because of `why`.
    pub fn unknown(symbol: &str, why: impl Into<Arc<str>>) -> Self {
        let term = Some(Term { symbol: Arc::from(symbol), times: 1 });
        Self::Unknown(Unknown { floor: 0, term, why: why.into() })
    }

    /// The number, where there is one.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Exactly(n) | Self::AtMost(n) => Some(*n),
            Self::Unbounded | Self::Unknown(_) => None,
        }
    }

    /// What is certainly reached: the number itself, or the known part of what is unknown.
    pub fn floor(&self) -> u64 {
        match self {
            Self::Exactly(n) | Self::AtMost(n) => *n,
            Self::Unbounded => u64::MAX,
            Self::Unknown(unknown) => unknown.floor,
        }
    }

    /// Whether it is certainly larger than `limit`.
    pub fn exceeds(&self, limit: u64) -> bool {
        self.floor() > limit
    }

    /// Whether there is at least one for certain; of whatever counts a missing factor ("CPUs") there is.
    pub fn is_positive(&self) -> bool {
        match self {
            Self::Unknown(unknown) => unknown.floor > 0 || unknown.term.as_ref().is_some_and(|t| t.times > 0),
            Self::Exactly(n) => *n > 0,
            Self::AtMost(_) => false,
            Self::Unbounded => true,
        }
    }

    /// Whether it is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// The larger of two possibilities of which either may come true: what two branches of a script start.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            (Self::Unknown(mut a), b) | (b, Self::Unknown(mut a)) => {
                a.floor = a.floor.min(b.floor());
                a.term = None;
                Self::Unknown(a)
            }
            (a, b) => Self::AtMost(a.floor().max(b.floor())),
        }
    }

    /// The smaller of two limits that both hold. A limit that is unknown limits nothing that can be relied on.
    #[must_use]
    pub fn limited_by(self, limit: &Self) -> Self {
        let Some(most) = limit.number() else { return self };
        match self {
            Self::Exactly(n) if n <= most => Self::Exactly(n),
            Self::AtMost(n) => Self::AtMost(n.min(most)),
            Self::Exactly(_) | Self::Unbounded if matches!(limit, Self::Exactly(_)) => Self::Exactly(most),
            Self::Exactly(_) | Self::Unbounded | Self::Unknown(_) => Self::AtMost(most),
        }
    }

    /// The larger of two values that are both taken into account: `max(a, b)`.
    #[must_use]
    pub fn at_least(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            (Self::Unknown(mut a), b) => {
                // There is one at least of whatever is missing.
                let least = a.floor.saturating_add(a.term.as_ref().map_or(0, |term| term.times));
                if b.is_unknown() || b.floor() > least {
                    a.term = None;
                    a.floor = if b.is_exact() { a.floor.max(b.floor()) } else { a.floor };
                }
                Self::Unknown(a)
            }
            (a, Self::Unknown(b)) => Self::Unknown(b.clone()).at_least(&a),
            (a, b) => {
                let decides = if a.floor() > b.floor() { &a } else { b };
                Self::of(Some(decides.floor()), decides.is_exact())
            }
        }
    }

    /// A share of it, rounded down.
    #[must_use]
    pub fn divided_by(self, by: u64) -> Self {
        let share = |n: u64| n.checked_div(by).unwrap_or(n);
        match self {
            Self::Exactly(n) => Self::Exactly(share(n)),
            Self::AtMost(n) => Self::AtMost(share(n)),
            Self::Unbounded => Self::Unbounded,
            Self::Unknown(Unknown { floor, term, why }) => {
                let whole = |n: u64| n.checked_rem(by) == Some(0);
                let term = term.filter(|term| whole(floor) && whole(term.times));
                let term = term.map(|term| Term { times: share(term.times), ..term });
                Self::Unknown(Unknown { floor: share(floor), term, why })
            }
        }
    }

    /// So many less of it, and not below zero.
    #[must_use]
    pub fn less(self, n: u64) -> Self {
        match self {
            Self::Exactly(all) => Self::Exactly(all.saturating_sub(n)),
            Self::AtMost(all) => Self::AtMost(all.saturating_sub(n)),
            Self::Unbounded => Self::Unbounded,
            Self::Unknown(Unknown { floor, term, why }) => {
                let term = term.filter(|_| floor >= n);
                Self::Unknown(Unknown { floor: floor.saturating_sub(n), term, why })
            }
        }
    }

    fn of(number: Option<u64>, exact: bool) -> Self {
        match number {
            Some(n) if exact => Self::Exactly(n),
            Some(n) => Self::AtMost(n),
            None => Self::Unbounded,
        }
    }

    fn is_exact(&self) -> bool {
        matches!(self, Self::Exactly(_))
    }

    fn is_zero(&self) -> bool {
        matches!(self, Self::Exactly(0) | Self::AtMost(0))
    }
}

impl Unknown {
    /// The value of the missing factor from which the whole is over `capacity`: 83 for "4 + CPUs" and 86.
    /// `None` when more than one thing is missing; 0 when the known part alone is over.
    pub fn breaks_at(&self, capacity: u64) -> Option<u64> {
        let Some(left) = capacity.checked_sub(self.floor) else { return Some(0) };
        let times = self.term.as_ref()?.times;
        left.checked_div(times)?.checked_add(1)
    }

    fn plus(mut self, other: &Self) -> Option<Self> {
        self.floor = self.floor.checked_add(other.floor)?;
        self.term = match (self.term, &other.term) {
            (Some(a), Some(b)) if a.symbol == b.symbol => {
                Some(Term { times: a.times.checked_add(b.times)?, symbol: a.symbol })
            }
            _ => None,
        };
        Some(self)
    }

    fn scaled(mut self, by: u64) -> Option<Self> {
        self.floor = self.floor.checked_mul(by)?;
        if let Some(term) = &mut self.term {
            term.times = term.times.checked_mul(by)?;
        }
        Some(self)
    }
}

impl Add for Bound {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            (Self::Unknown(a), Self::Unknown(b)) => a.plus(&b).map_or(Self::Unbounded, Self::Unknown),
            (Self::Unknown(mut a), b) | (b, Self::Unknown(mut a)) => match a.floor.checked_add(b.floor()) {
                Some(floor) => {
                    a.floor = floor;
                    Self::Unknown(a)
                }
                None => Self::Unbounded,
            },
            (a, b) => Self::of(a.floor().checked_add(b.floor()), a.is_exact() && b.is_exact()),
        }
    }
}

impl Mul for Bound {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a.is_zero() || b.is_zero() => Self::ZERO,
            (Self::Unbounded, _) | (_, Self::Unbounded) => Self::Unbounded,
            (Self::Unknown(a), Self::Unknown(b)) => match a.floor.checked_mul(b.floor) {
                Some(floor) => Self::Unknown(Unknown { floor, term: None, why: a.why }),
                None => Self::Unbounded,
            },
            (Self::Unknown(a), b) | (b, Self::Unknown(a)) => {
                a.scaled(b.floor()).map_or(Self::Unbounded, Self::Unknown)
            }
            (a, b) => Self::of(a.floor().checked_mul(b.floor()), a.is_exact() && b.is_exact()),
        }
    }
}

impl std::iter::Sum for Bound {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Bound {
    /// As the reports write it: `300`, `≤ 300`, `unbounded`, `?`, `4 + CPUs`, `25 × engines`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(n) => write!(f, "{n}"),
            Self::AtMost(n) => write!(f, "≤ {n}"),
            Self::Unbounded => f.write_str("unbounded"),
            Self::Unknown(Unknown { floor: 0, term: None, .. }) => f.write_str("?"),
            Self::Unknown(Unknown { floor, term: None, .. }) => write!(f, "{floor} + ?"),
            Self::Unknown(Unknown { floor, term: Some(term), .. }) => {
                if *floor > 0 {
                    write!(f, "{floor} + ")?;
                }
                if term.times != 1 {
                    write!(f, "{} × ", term.times)?;
                }
                f.write_str(&term.symbol)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cpus() -> Bound {
        Bound::unknown("CPUs", "nothing says how many")
    }

    #[test]
    fn one_missing_factor_says_up_to_where_it_fits() {
        let total = Bound::Exactly(4) + cpus();
        assert_eq!(total.to_string(), "4 + CPUs");
        let Bound::Unknown(unknown) = total else { panic!("is known") };
        assert_eq!(unknown.breaks_at(86), Some(83));
        assert_eq!(unknown.breaks_at(3), Some(0));
        let Bound::Unknown(scaled) = (cpus() * Bound::Exactly(2) + Bound::ONE) * Bound::Exactly(15) else {
            panic!()
        };
        assert_eq!((scaled.floor, scaled.breaks_at(87)), (15, Some(3)));
    }

    #[test]
    fn different_missing_factors_leave_a_floor() {
        let total = cpus() + Bound::unknown("workers", "") + Bound::Exactly(20);
        assert_eq!((total.floor(), total.to_string().as_str()), (20, "20 + ?"));
    }

    #[test]
    fn nothing_times_anything_is_nothing() {
        assert_eq!(Bound::ZERO * Bound::Unbounded, Bound::ZERO);
        assert_eq!(cpus() * Bound::ZERO, Bound::ZERO);
    }

    #[test]
    fn what_does_not_fit_a_number_is_unbounded() {
        assert_eq!(Bound::Exactly(u64::MAX) + Bound::ONE, Bound::Unbounded);
        assert_eq!(Bound::Exactly(u64::MAX) * Bound::AtMost(2), Bound::Unbounded);
    }

    #[test]
    fn an_unknown_limit_limits_nothing() {
        assert_eq!(Bound::Unbounded.limited_by(&cpus()), Bound::Unbounded);
        assert_eq!(Bound::Exactly(15).limited_by(&Bound::ONE), Bound::ONE);
        assert_eq!(Bound::Unbounded.limited_by(&Bound::Exactly(4)), Bound::Exactly(4));
        assert_eq!(cpus().limited_by(&Bound::Exactly(4)), Bound::AtMost(4));
    }

    #[test]
    fn what_is_computed_from_cpus_keeps_its_shape_where_it_can() {
        let workers = cpus() * Bound::Exactly(2) + Bound::ONE;
        for (bound, expected) in [
            (workers.clone().at_least(&Bound::Exactly(3)), "1 + 2 × CPUs"),
            (workers.clone().at_least(&Bound::Exactly(4)), "4 + ?"),
            (Bound::Exactly(4).at_least(&workers), "4 + ?"),
            (Bound::AtMost(9).at_least(&Bound::Exactly(4)), "≤ 9"),
            (Bound::AtMost(3).at_least(&Bound::Exactly(4)), "4"),
            (workers.clone().less(1), "2 × CPUs"),
            (workers.clone().less(2), "?"),
            (workers.clone().less(1).divided_by(2), "CPUs"),
            (workers.divided_by(2), "?"),
            (Bound::Exactly(7).divided_by(2), "3"),
        ] {
            assert_eq!(bound.to_string(), expected);
        }
    }

    fn any_bound() -> impl Strategy<Value = Bound> {
        prop_oneof![
            (0..2000u64).prop_map(Bound::Exactly),
            (0..2000u64).prop_map(Bound::AtMost),
            any::<u64>().prop_map(Bound::Exactly),
            Just(Bound::Unbounded),
            Just(cpus()),
            Just(Bound::unknown("workers", "")),
        ]
    }

    proptest! {
        #[test]
        fn a_sum_is_never_below_its_parts(a in any_bound(), b in any_bound()) {
            let sum = a.clone() + b.clone();
            prop_assert!(sum.floor() >= a.floor().max(b.floor()));
            prop_assert_eq!(sum.is_unknown(), sum != Bound::Unbounded && (a.is_unknown() || b.is_unknown()));
        }

        #[test]
        fn a_product_grows_with_each_factor(a in any_bound(), b in any_bound(), more in 1..50u64) {
            let product = a.clone() * b.clone();
            prop_assert!(((a + Bound::Exactly(more)) * b).floor() >= product.floor());
        }

        #[test]
        fn the_order_of_terms_does_not_matter(a in any_bound(), b in any_bound()) {
            prop_assert_eq!((a.clone() + b.clone()).floor(), (b.clone() + a.clone()).floor());
            prop_assert_eq!((a.clone() * b.clone()).floor(), (b * a).floor());
        }
    }
}
