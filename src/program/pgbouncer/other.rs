//! Poolers beside PgBouncer: how each is known, and which reads its own file. Of one that has none here nothing is known but
//! that it is a pooler, which is said.

use super::image::{is_called, parts};
use super::start::mentions;
use super::{Pooler, pgcat, pgpool};
use crate::platform::Container;
use crate::program::launch::{Reach, calls, reached};
use crate::program::shell::Call;
use crate::source::Sources;
use crate::trace::{Bound, Count, Text};

/// A pooler that is known.
struct Known {
    program: &'static str,
    /// Words of an image's name.
    words: &'static [&'static str],
    /// Whether such a word is all there is of the name: it means other things as well.
    alone: bool,
    read: fn(&Found<'_>) -> Pooler,
}

const KNOWN: [Known; 6] = [
    Known { program: "pgcat", words: &["pgcat"], alone: false, read: pgcat::read },
    Known { program: "pgpool", words: &["pgpool", "pgpool2"], alone: false, read: pgpool::read },
    Known { program: "odyssey", words: &["odyssey", "odyssey-docker"], alone: true, read: not_read },
    Known { program: "pgdog", words: &["pgdog"], alone: false, read: not_read },
    Known { program: "pgagroal", words: &["pgagroal"], alone: false, read: not_read },
    Known { program: "supavisor", words: &["supavisor"], alone: false, read: not_read },
];

/// A pooler that was found, before its file is read.
pub(super) struct Found<'a> {
    pub(super) program: &'static str,
    pub(super) sources: &'a Sources,
    pub(super) container: &'a Container,
    /// The image, where it tells.
    pub(super) image: Option<&'a Text>,
    /// The command, where there is one that is followed to it.
    pub(super) call: Option<Call>,
    pub(super) processes: Count,
}

/// The other pooler that `container` is.
pub(super) fn pooler(sources: &Sources, container: &Container) -> Option<Pooler> {
    KNOWN.iter().find_map(|known| {
        let is_one = |reference: &&Text| {
            let repository = parts(reference.as_str()).0;
            let last = repository.rsplit('/').next().unwrap_or_default();
            known
                .words
                .iter()
                .any(|word| if known.alone { last == *word } else { is_called(repository, word) })
        };
        let image = container.image.as_ref().filter(is_one);
        let call = match container.words.first() {
            None => None,
            Some(_) if image.is_none() && !mentions(sources, container, known.program) => return None,
            Some(_) => {
                let names = [known.program, "entrypoint.sh", "docker-entrypoint.sh", "run.sh"];
                let names = if image.is_some() { &names[..] } else { &names[..1] };
                let call = calls(sources, container, names).into_iter().flatten().next();
                let never = call.is_none() && matches!(reached(sources, container, names), Reach::Never);
                if never || call.is_none() && image.is_none() {
                    return None;
                }
                call
            }
        };
        if image.is_none() && call.is_none() {
            return None;
        }
        let at = container.words.first().filter(|_| call.is_some()).or(image)?;
        let processes = Count::new(Bound::ONE, at.trail());
        Some((known.read)(&Found { program: known.program, sources, container, image, call, processes }))
    })
}

impl Found<'_> {
    /// Nothing is known of its numbers, because of `why`.
    pub(super) fn unread(&self, why: &str) -> Pooler {
        let lost = Count::new(Bound::unknown("connections", why), self.processes.trail.clone());
        Pooler::unread(self.program, self.processes.clone(), &lost)
    }
}

fn not_read(found: &Found<'_>) -> Pooler {
    found.unread(&format!("the configuration of {} is not read", found.program))
}
