//! What to change so that everything fits, and the change itself.
//!
//! [`Case`] reads the files as they are and as they would be; knobs are the numbers of them that a person may
//! change; the search finds the smallest changes that fit, on a model; each is then read from the changed files, and only
//! what they confirm is a [`Plan`].

mod added;
mod case;
mod knob;
mod limits;
mod model;
mod price;
mod proposal;
mod remedy;
mod search;
mod slot;
mod spot;
mod table;
mod unified;
mod wish;
mod write;

pub use case::Case;
pub use knob::{Effect, Fixed, Knob, Knobs};
pub use model::{Load, Outcome};
pub use price::Price;
pub use proposal::{Kind, Plan, Planned, Standing, Step, outcome_now, plan};
pub use remedy::{answer, words};
pub use slot::{Role, Slot};
pub use spot::{Edit, Spot};
pub use table::{Row, Table, table};
pub use unified::unified;
pub use wish::{Strategy, Wish, WishError, wished};
pub use write::{Rewrite, WriteError, Written, write};
