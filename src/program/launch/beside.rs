//! Programs that keep others running side by side: supervisord, honcho, s6. What each of theirs comes to is settled by
//! itself, then all of it runs at the same time.

use super::Launcher;
use super::alternatives::{self, Path, Step, What};
use crate::program::shell::{Call, Mode};
use crate::trace::{Bound, Count, How, Origin};

/// A command that is kept running.
pub(super) struct Child {
    /// The command.
    pub(super) call: Call,
    /// What the file that starts it calls it.
    pub(super) name: String,
    /// How many of it run, where that is not one.
    pub(super) copies: Option<Count>,
}

impl Child {
    /// One process of `call`, called `name`.
    pub(super) fn one(name: &str, call: Call) -> Self {
        Self { call, name: name.to_owned(), copies: None }
    }
}

impl Launcher<'_, '_> {
    /// `children`, all at the same time.
    pub(super) fn beside(&self, children: Vec<Child>, depth: usize) -> Vec<Path> {
        let mut paths = vec![Path::new()];
        for child in children {
            let mut call = child.call;
            call.mode = Mode::Foreground;
            let mut ways = settled(self.resolve(&call, depth + 1));
            if let Some(copies) = &child.copies {
                for way in &mut ways {
                    multiply(way, copies);
                }
            }
            for step in ways.iter_mut().flatten() {
                if let What::Started(started) | What::Alternative(started) = &mut step.what {
                    started.label.get_or_insert_with(|| child.name.clone());
                }
            }
            paths = alternatives::product(&paths, &ways);
        }
        paths
    }
}

/// The ways of one command that runs beside others, as one way on which everything runs beside: its own phases and
/// branches are done with, so that they do not count together.
pub(super) fn settled(paths: Vec<Path>) -> Vec<Path> {
    let reached = |step: &Step| matches!(step.what, What::Reached(_));
    if paths.iter().flatten().any(reached) {
        // Somebody waits for one command of these ways: which of them come to it has to stay apart.
        return paths.into_iter().map(|path| path.into_iter().map(behind).collect()).collect();
    }
    let running = alternatives::join(&paths);
    let command = || paths.iter().flatten().map(|step| step.command.clone()).next().unwrap_or_default();
    let step = |what| Step { what, mode: Mode::Background, endless: false, command: command() };
    let mut path: Path = running.problems.into_iter().map(|problem| step(What::Problem(problem))).collect();
    path.extend(running.guests.into_iter().map(|guest| step(What::Guest(guest))));
    path.extend(running.unknown.into_iter().map(|unread| step(What::Unknown(unread))));
    path.extend(running.alternatives.into_iter().map(|other| step(What::Alternative(Box::new(other)))));
    path.extend(running.started.into_iter().map(|started| step(What::Started(Box::new(started)))));
    vec![path]
}

fn behind(mut step: Step) -> Step {
    step.mode = Mode::Background;
    step
}

/// Starts everything on `path` as often as `copies` says.
fn multiply(path: &mut Path, copies: &Count) {
    for step in path {
        if let What::Started(started) | What::Alternative(started) = &mut step.what
            && (copies.value != Bound::ONE || started.processes.value == Bound::ONE)
        {
            let own = &started.processes;
            let trail = match (&own.value, copies.trail.place()) {
                // One process that nobody counted: the copies are the number.
                (Bound::Exactly(1), _) | (_, None) => copies.trail.clone(),
                (_, Some(place)) => own.trail.clone().then(Origin::at(How::Repeated, place)),
            };
            started.processes = Count::new(own.value.clone() * copies.value.clone(), trail);
        }
    }
}
