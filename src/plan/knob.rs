//! Knobs: the numbers that a budget came from and that a person may change, each at its place.
//!
//! A knob is a place, not a factor: where one place feeds several factors (an anchor, a variable that two services read) it
//! is one knob. What a knob does is not concluded from the way its value came but tried: the files are read once more with
//! the number one larger, and every number of every deployment that moved is moved by the knob. So what lies between the
//! digits and the budget (interpolation, Python's arithmetic, a template) need not be understood here.

use super::added;
use super::case::{Case, has_new_problems};
use super::limits::Limits;
use super::slot::{self, Role, Slot};
use super::spot::Spot;
use crate::deployment::Deployment;
use crate::parallel;
use crate::source::Sources;
use crate::trace::{Bound, How, Origin, Trail};

/// A number that may be changed.
#[derive(Clone, Debug)]
pub struct Knob {
    /// Where it is written, or would be.
    pub spot: Spot,
    /// What its file calls it: `WORKERS`, `--workers`, `pool_size`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The number that stands there; the default, where none does.
    pub value: u64,
    /// The smallest that makes sense.
    pub low: u64,
    /// The largest that is allowed.
    pub high: u64,
    /// What moves with it.
    pub effects: Vec<Effect>,
    /// Why it is not to be changed, where somebody said so.
    pub kept: Option<String>,
    /// The file for which its own stands in: `.env` for `.env.example`.
    pub stands_in: bool,
}

/// A number of a deployment that moves with a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Which.
    pub slot: Slot,
    /// What it is now.
    pub base: u64,
    /// How much it grows when the knob grows by one.
    pub step: u64,
}

/// A number that is no knob, though it counts, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Which number it is.
    pub slot: Slot,
    /// Where it comes from.
    pub trail: Trail,
    /// Why it cannot be changed here.
    pub why: String,
}

/// What there is to turn, and what cannot be turned.
#[derive(Clone, Debug, Default)]
pub struct Knobs {
    /// The knobs, in the order of their places.
    pub all: Vec<Knob>,
    /// The numbers that are none.
    pub fixed: Vec<Fixed>,
}

impl Knob {
    /// The names of the services and servers that it moves, each once.
    pub fn touches(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for effect in &self.effects {
            let name = effect.slot.owner.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether a smaller number opens fewer connections.
    pub fn is_demand(&self) -> bool {
        !matches!(self.role, Role::MaxConnections | Role::Other)
    }

    /// Whether it may be turned at all.
    pub fn is_free(&self) -> bool {
        self.kept.is_none()
    }
}

/// The knobs of all deployments of a case.
pub(super) fn knobs(case: &Case<'_>, limits: &Limits) -> Knobs {
    knobs_of(case, limits, &|_| true)
}

/// The knobs whose numbers count in the deployments that `is_asked` names.
pub(super) fn knobs_of(case: &Case<'_>, limits: &Limits, is_asked: &dyn Fn(&Deployment) -> bool) -> Knobs {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut fixed = Vec::new();
    for (index, deployment) in case.deployments().iter().enumerate().filter(|(_, asked)| is_asked(asked)) {
        slot::each(index, &mut deployment.clone(), &mut |slot, bound, trail| {
            let Some(trail) = trail.filter(|_| slot.role != Role::Other) else { return };
            match candidate(case.sources(), &slot, bound, trail) {
                Ok(found) => {
                    for candidate in found {
                        match candidates.iter_mut().find(|known| known.spot == candidate.spot) {
                            // The number is of what it serves first: a worker's before a thread's.
                            Some(known) => known.role = known.role.min(candidate.role),
                            None => candidates.push(candidate),
                        }
                    }
                }
                // Of one there is none to be spared.
                Err(why) if bound.number().is_some_and(|number| number > 1) => {
                    fixed.push(Fixed { slot, trail: trail.clone(), why });
                }
                Err(_) => {}
            }
        });
    }
    let base = numbers(case.deployments());
    let tried = parallel::each(&candidates, 1, |candidate| effects(case, candidate, &base));
    let mut all = Vec::new();
    for (candidate, tried) in candidates.into_iter().zip(tried) {
        match tried {
            Ok(effects) if effects.is_empty() => {}
            Ok(effects) => all.push(candidate.knob(case.sources(), limits, effects)),
            Err(why) => {
                fixed.push(Fixed { slot: candidate.slot, trail: candidate.trail, why: why.to_owned() });
            }
        }
    }
    all.sort_by(|a: &Knob, b: &Knob| {
        let place = |knob: &Knob| (knob.spot.path.clone(), knob.spot.range.start, knob.role);
        place(a).cmp(&place(b))
    });
    Knobs { all, fixed }
}

/// A place that may be a knob.
struct Candidate {
    spot: Spot,
    value: u64,
    role: Role,
    name: Option<String>,
    slot: Slot,
    trail: Trail,
    stands_in: bool,
}

impl Candidate {
    fn knob(self, sources: &Sources, limits: &Limits, effects: Vec<Effect>) -> Knob {
        let name =
            self.name.or_else(|| named(sources, &self.spot)).unwrap_or_else(|| self.slot.owner.clone());
        let (low, high) = limits.of(self.role);
        let mut kept = limits.kept(&name, self.role, self.value);
        if self.spot.path.is_outside() {
            kept = Some(format!("{} lies outside the folder that is read", self.spot.path));
        }
        let Self { spot, value, role, stands_in, .. } = self;
        Knob { spot, name, role, value, low, high, effects, kept, stands_in }
    }
}

/// The places whose digits the number of `slot` may come from, or why there are none.
fn candidate(sources: &Sources, slot: &Slot, bound: &Bound, trail: &Trail) -> Result<Vec<Candidate>, String> {
    if let Some(of) = trail.default() {
        let number = bound.number().ok_or_else(|| format!("it is {of}, of which the number is not known"))?;
        let added = added::spot(sources, slot.role, of, trail.place());
        let (place, name) =
            added.ok_or_else(|| format!("nobody wrote it down: it is the default of {of}"))?;
        return Ok(vec![Candidate {
            spot: place,
            value: number,
            role: slot.role,
            name: Some(name),
            slot: slot.clone(),
            trail: trail.clone(),
            stands_in: false,
        }]);
    }
    let stands_in = trail.steps().any(|step| matches!(step, Origin::Place { how: How::Example, .. }));
    let of_span = |span| {
        let (place, value) = Spot::written(sources, span)?;
        let (name, slot, trail) = (None, slot.clone(), trail.clone());
        Ok(Candidate { spot: place, value, role: slot.role, name, slot, trail, stands_in })
    };
    let first = match trail.first() {
        Origin::Place { how: How::Declared, .. } => Err("connbudget.toml declares it".to_owned()),
        Origin::Place { how: How::Implied, .. } => Err("nobody wrote it down".to_owned()),
        Origin::Place { span, .. } => of_span(*span),
        Origin::CommandLine { argument } => Err(format!("{argument} of the command line says it")),
        Origin::Default { of } => Err(format!("it is the default of {of}")),
    };
    let repeated = trail.steps().skip(1).filter_map(|step| match step {
        Origin::Place { how: How::Repeated, span } => of_span(*span).ok(),
        _ => None,
    });
    let repeated: Vec<Candidate> = repeated.collect();
    match first {
        Ok(first) => Ok([first].into_iter().chain(repeated).collect()),
        Err(_) if !repeated.is_empty() => Ok(repeated),
        Err(why) => Err(why),
    }
}

/// Every number of `deployments`, with its place in their order.
fn numbers(deployments: &[Deployment]) -> Vec<(Slot, Bound)> {
    let mut all = Vec::new();
    for (index, deployment) in deployments.iter().enumerate() {
        slot::each(index, &mut deployment.clone(), &mut |slot, bound, _| all.push((slot, bound.clone())));
    }
    all
}

/// What moves when the number of `candidate` is one larger.
fn effects(
    case: &Case<'_>,
    candidate: &Candidate,
    base: &[(Slot, Bound)],
) -> Result<Vec<Effect>, &'static str> {
    let larger = candidate.value.checked_add(1).ok_or("it is too large to be changed")?;
    let changed = case.with(&[candidate.spot.edit(larger)]).ok_or("its file cannot be changed")?;
    if has_new_problems(case.deployments(), &changed) {
        return Err("something would be wrong with another number there");
    }
    let changed = numbers(&changed);
    let is_alike = changed.len() == base.len() && changed.iter().zip(base).all(|(new, old)| new.0 == old.0);
    if !is_alike {
        return Err("more than numbers would change with it");
    }
    let mut effects = Vec::new();
    for ((slot, old), (_, new)) in base.iter().zip(changed).filter(|(old, new)| old.1 != new.1) {
        let (Some(before), Some(after)) = (old.number(), new.number()) else {
            return Err("what it comes to is not known");
        };
        let step = after.checked_sub(before).ok_or("other numbers become smaller where it is larger")?;
        effects.push(Effect { slot: slot.clone(), base: before, step });
    }
    Ok(effects)
}

/// What the file calls the number at `spot`: the word before it.
fn named(sources: &Sources, spot: &Spot) -> Option<String> {
    let file = sources.load(&spot.path).ok()?;
    let before = file.text.get(..spot.range.start)?;
    if spot.path.has_ending(&["py"])
        && let Some(name) = annotated(&before[before.rfind('\n').map_or(0, |at| at + 1)..])
    {
        return Some(name.to_owned());
    }
    let between = |c: char| c.is_whitespace() || "\"'=:,([{+?\\".contains(c);
    let mut before = before.trim_end_matches(between);
    // `- "10"` of a list, and the dash of `${NAME:-10}` or `${NAME-10}`.
    while let Some(rest) = before.strip_suffix('-') {
        before = rest.trim_end_matches(between);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let start = before
        .rfind(|c: char| !is_part(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = before.get(start..)?;
    let is_name = word.chars().any(|c| c.is_ascii_alphabetic());
    is_name.then(|| word.to_owned())
}

/// The name of Python's `name: type = …`, of which the number is the value.
fn annotated(line: &str) -> Option<&str> {
    let (name, rest) = line.trim_start().split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && rest.contains('=')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, TreePath};

    #[test]
    fn a_number_is_called_by_the_word_before_it() {
        for (text, name) in [
            ("WORKERS=10", "WORKERS"),
            ("ENV WORKERS 10", "WORKERS"),
            ("  WORKERS: \"10\"", "WORKERS"),
            ("gunicorn --workers ${WORKERS:-10}", "WORKERS"),
            ("[\"--workers\", \"10\"]", "--workers"),
            ("- --workers\n- '10'", "--workers"),
            ("int(os.getenv(\"DB_POOL_SIZE\", \"10\"))", "DB_POOL_SIZE"),
            ("pool_size = 10", "pool_size"),
            ("-c max_connections=10", "max_connections"),
            ("gunicorn -w 10", "-w"),
            ("class Settings:\n    pool_size: int = 10", "pool_size"),
            ("    pool_size: int = Field(default=10)", "pool_size"),
            ("POOL = {\"size\": 10}", "size"),
        ] {
            // In Python a dash is an operator, in a shell's default it is none.
            let name_of_file = if text.contains('$') { "run.sh" } else { "x.py" };
            let sources = Sources::new(Memory::new([(name_of_file, text)]));
            let path = TreePath::new(name_of_file);
            let start = text.rfind("10").unwrap();
            let file = sources.load(&path).unwrap();
            let (spot, _) = Spot::written(&sources, file.at(start..start + 2)).unwrap();
            assert_eq!(named(&sources, &spot).as_deref(), Some(name), "{text}");
        }
    }
}
