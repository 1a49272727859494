//! Ways that a command may go, and what is left running on the worst of them.
//!
//! On one way, what stands in the foreground runs one after the other: it is never there at the same time, while what
//! was put beside it is. Of several ways, one is taken: of the same program with the same code the larger counts; other
//! programs may each run, so each counts.

use super::{Guest, Running, Stranger, shown};
use crate::platform::Unread;
use crate::program::Started;
use crate::program::shell::{Call, Mode};
use crate::trace::{How, Origin, Problem, Trail};

/// Ways that are followed at once.
const MAX_PATHS: usize = 64;

/// What happens on one way, in order.
pub(super) type Path = Vec<Step>;

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) mode: Mode,
    /// Whether it comes again, in a loop without an end or of which the end is not known.
    pub(super) endless: bool,
    /// The command, for people.
    pub(super) command: String,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Started(Box<Started>),
    /// What could run in place of something that was started and is smaller.
    Alternative(Box<Started>),
    Guest(Guest),
    Unknown(Unread),
    /// A program that nobody knows. It is taken to pass where another program follows it on the same way: the last
    /// one decides what is known.
    Stranger(Unread, Box<Call>),
    Problem(Problem),
    /// A command that somebody else reads.
    Reached(Box<Call>),
}

impl Step {
    /// What becomes of `call`.
    pub(super) fn of(call: &Call, what: What) -> Self {
        let endless = call.endless || call.repeated;
        Self { what, mode: call.mode, endless, command: shown(&call.words) }
    }

    pub(super) fn unknown(why: impl Into<String>, trail: Trail) -> Self {
        let what = What::Unknown(Unread::new(why.into(), trail));
        Self { what, mode: Mode::Foreground, endless: false, command: String::new() }
    }
}

/// Each of `paths` followed by each of `ways`. Where that is too many, `ways` are taken one after the other: more is
/// then counted, never less.
pub(super) fn product(paths: &[Path], ways: &[Path]) -> Vec<Path> {
    let append = |path: &Path, way: &Path| path.iter().chain(way).cloned().collect();
    if paths.len().saturating_mul(ways.len()) > MAX_PATHS {
        let all: Path = ways.iter().flatten().cloned().collect();
        return paths.iter().map(|path| append(path, &all)).collect();
    }
    paths.iter().flat_map(|path| ways.iter().map(|way| append(path, way)).collect::<Vec<_>>()).collect()
}

/// What runs on the worst of `paths`.
pub(super) fn join(paths: &[Path]) -> Running {
    let mut running = Running::default();
    let (passing, ended) = (passing(paths), ended(paths));
    for path in paths {
        for phase in phases(path, &ended) {
            merge(&mut running, phase);
        }
        for step in path {
            match &step.what {
                What::Started(started) if has_ended(step, &ended) => {
                    add(
                        &mut running.guests,
                        &Guest { command: step.command.clone(), trail: started.trail() },
                    );
                }
                What::Started(_) | What::Reached(_) => {}
                What::Alternative(other) => running.alternatives.push((**other).clone()),
                What::Guest(guest) => add(&mut running.guests, guest),
                What::Problem(problem) => add(&mut running.problems, problem),
                What::Stranger(unread, _) if passing.contains(&unread) => {
                    let guest = Guest { command: step.command.clone(), trail: unread.trail.clone() };
                    add(&mut running.guests, &guest);
                }
                What::Unknown(unread) => {
                    add(&mut running.unknown, unread);
                    if step.mode == Mode::Background {
                        add(&mut running.unknown_beside, unread);
                    }
                }
                What::Stranger(unread, call) => {
                    add(&mut running.strangers, &Stranger::of(unread, call, step.mode));
                }
            }
        }
    }
    fold(&mut running.started);
    running
}

/// What one place starts several times, with the same code and variables, is one group of that many: a loop's rounds.
fn fold(started: &mut Vec<Started>) {
    let (mut folded, mut repeated) = (Vec::<Started>::new(), Vec::new());
    for one in started.drain(..) {
        let same = |other: &&mut Started| {
            other.is_alike(&one)
                && other.label == one.label
                && other.processes.trail == one.processes.trail
                && other.threads == one.threads
                && other.concurrency == one.concurrency
                && other.working_dir == one.working_dir
                && other.environment.iter().eq(one.environment.iter())
        };
        match folded.iter_mut().find(same) {
            Some(there) => {
                there.processes.value = there.processes.value.clone() + one.processes.value;
                repeated.push(there.processes.trail.clone());
            }
            None => folded.push(one),
        }
    }
    for there in folded.iter_mut().filter(|there| repeated.contains(&there.processes.trail)) {
        if let Some(span) = there.callers.last() {
            // The number that is written is not the whole: no advice may set it to that.
            let trail = there.processes.trail.clone();
            there.processes.trail = trail.then(Origin::at(How::Repeated, *span));
        }
    }
    *started = folded;
}

/// The strangers that another program follows on some path: they end, or nobody would have written what follows.
fn passing(paths: &[Path]) -> Vec<&Unread> {
    let goes_on = |next: &Step| matches!(next.what, What::Started(_) | What::Stranger(..));
    let mut passing = Vec::new();
    for path in paths {
        for (index, step) in path.iter().enumerate() {
            if let What::Stranger(unread, _) = &step.what
                && step.mode == Mode::Foreground
                && path.iter().skip(index + 1).any(goes_on)
            {
                passing.push(unread);
            }
        }
    }
    passing
}

/// Scripts of Python's that a server follows on some path: nobody would have written that one if the script did not end.
/// Of two scripts or of two servers one after the other neither is passed over, nor is a script that takes turns with a
/// server on some path.
fn ended(paths: &[Path]) -> Vec<Trail> {
    let (mut ended, mut returning) = (Vec::new(), Vec::new());
    for path in paths {
        for (index, step) in path.iter().enumerate() {
            let What::Started(started) = &step.what else { continue };
            let behind = path.get(index + 1..).unwrap_or_default();
            let Some(next) = behind.iter().position(is_server) else { continue };
            let trail = started.trail();
            let is_there = |later: &Step| matches!(&later.what, What::Started(one) if one.trail() == trail);
            let in_one_loop = step.endless && behind.iter().any(|later| later.endless && is_server(later));
            if in_one_loop || behind.iter().skip(next + 1).any(is_there) {
                returning.push(trail);
            } else {
                ended.push(trail);
            }
        }
    }
    ended.retain(|trail| !returning.contains(trail));
    ended
}

fn is_server(step: &Step) -> bool {
    matches!(&step.what, What::Started(started) if started.program != "python")
}

fn has_ended(step: &Step, ended: &[Trail]) -> bool {
    let What::Started(started) = &step.what else { return false };
    started.program == "python" && step.mode == Mode::Foreground && ended.contains(&started.trail())
}

fn add<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T) {
    if !all.contains(one) {
        all.push(one.clone());
    }
}

/// What runs at the same time: what is beside, with each of what is in front; or alone.
fn phases<'p>(path: &'p [Step], ended: &[Trail]) -> Vec<Vec<&'p Started>> {
    let (mut beside, mut phases) = (Vec::new(), Vec::new());
    for step in path {
        if let What::Started(started) = &step.what
            && !has_ended(step, ended)
        {
            match step.mode {
                Mode::Background => beside.push(&**started),
                Mode::Foreground | Mode::Replaces => {
                    let mut phase: Vec<&Started> = beside.clone();
                    phase.push(started);
                    phases.push(phase);
                }
            }
        }
    }
    phases.push(beside);
    phases
}

/// The n-th of a kind is held against the n-th that is there already.
fn merge(running: &mut Running, phase: Vec<&Started>) {
    let mut taken = vec![false; running.started.len()];
    for started in phase {
        let there =
            running.started.iter().zip(&taken).position(|(other, taken)| !taken && other.is_alike(started));
        let Some(index) = there else {
            running.started.push(started.clone());
            taken.push(true);
            continue;
        };
        taken[index] = true;
        let kept = &running.started[index];
        if kept.processes == started.processes
            && kept.threads == started.threads
            && kept.concurrency == started.concurrency
        {
            continue;
        }
        let joined = kept.clone().or(started);
        let lesser =
            if joined.processes.trail == kept.processes.trail { started.clone() } else { kept.clone() };
        running.alternatives.push(lesser);
        running.started[index] = joined;
    }
}
