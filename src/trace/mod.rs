//! Values and where they came from. No number exists in this crate without an [`Origin`].
//!
//! [`Text`] is a string of which every byte knows its place; [`Traced`] is any value with the [`Trail`] it travelled;
//! [`Bound`] is a count that may be unbounded or unknown; a [`Problem`] is something wrong in what was read.

mod bound;
mod number;
mod origin;
mod problem;
mod text;

pub use bound::{Bound, Term, Unknown};
pub use number::{Flaw, FlawKind, count_from, python_int, python_int_by_prefix};
pub use origin::{How, Origin, Traced, Trail};
pub use problem::{Note, Problem, ProblemKind};
pub use text::Text;

/// A count of something (processes, connections, slots) with where it came from.
pub type Count = Traced<Bound>;
