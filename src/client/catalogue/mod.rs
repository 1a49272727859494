//! What programs open whose source is not at hand: a catalogue in data, `rules/clients/*.yaml`, one file a program.
//!
//! 1. An entry is found by the image's repository, whatever the registry and tag, or by a command's first word.
//! 2. `groups` are its process groups; `when` names the words of the command that choose them (`celery worker`). An image
//!    whose command is none of them is unknown: nothing is guessed from its other groups.
//! 3. Every number is a [`Formula`]: a plain number is the program's default; `{variable: …, default: …}` is taken from
//!    the environment, `option` from the command line; `sum`, `product`, `largest`, `cpus` and `parameter` (of the database
//!    URL) put them together; `{unknown: why}` is said where no source tells.
//! 4. A written number keeps its place; any other is the default of "Program setting" at the place of the image.
//! 5. `database` names the variables that hold the URL or host, and so the server that is dialled; `elsewhere` the
//!    conditions under which it is no PostgreSQL at all.
//! 6. `files` are configuration that is not read: where the deployment mounts one, no default can be relied on.
//! 7. What the program's command line tells (`program/`) wins over the entry's number of processes and threads.
//! 8. `source` and `version` say where the numbers were read; `examples` are run as tests.
//!    A library (`manifests`, `variables`) is an entry as well: what a project is built on whose program is nobody's, with the
//!    number of its pools unknown where only its source would tell.
//! 9. A mistake in an entry is an error at its place, so that entries of a project's own can be read later.

mod entry;
mod evaluate;
mod formula;
mod in_file;
mod load;
mod opened;
mod recognise;
#[cfg(test)]
mod tests;

pub use entry::{Entry, Example, Expected};
pub use evaluate::Misread;
pub use formula::Formula;
pub use load::{Catalogue, EntryError};
pub use opened::{Answer, Circumstances, OpenedGroup, Ran};
