//! From a container's words to the programs that run in it: through shells, scripts and wrappers.

mod alternatives;
mod beside;
mod circus;
mod file;
mod installed;
mod interpreter;
mod make;
mod node;
mod percent;
mod procfile;
mod running;
mod services;
mod stringly;
mod supervisord;
mod supervisord_config;
mod wrapper;

use std::rc::Rc;

use super::bystander::is_bystander;
use super::command::{Command, Outcome};
use super::shell::{Call, Content, Event, Mode, World, Written, starts_nothing, text_of, with_copies};
use super::{PROGRAMS, Value};
use crate::platform::{Container, Environment, Unread};
use crate::source::{Sources, TreePath};
use crate::trace::{Origin, Text, Trail};
use alternatives::{Path, Step, What};
pub use running::{Guest, Running, Stranger};

/// How many wrappers and scripts may call one another.
const MAX_DEPTH: usize = 24;

/// Reads a command that starts others by a file of its own; `None` where the command is no such program.
type Manager = fn(&Launcher<'_, '_>, &Call, &str, usize) -> Option<Vec<Path>>;

/// Programs that start others.
const MANAGERS: &[Manager] =
    &[supervisord::read, procfile::read, services::read, node::read, make::read, circus::read];

/// What `container` runs.
pub fn run(sources: &Sources, container: &Container) -> Running {
    let world = World::of(sources, container);
    let call = Call::of(container);
    let launcher = Launcher { world: &world, wanted: &[], copied: 0 };
    let paths =
        if call.words.is_empty() { vec![vec![nothing(container)]] } else { launcher.resolve(&call, 0) };
    let mut running = alternatives::join(&paths);
    running.read = world.read.take();
    running
}

/// Whether `container` comes to a command of one of `names`.
pub(super) fn reached(sources: &Sources, container: &Container, names: &[&str]) -> Reach {
    let world = World::of(sources, container);
    let call = Call::of(container);
    let paths = Launcher { world: &world, wanted: names, copied: 0 }.resolve(&call, 0);
    let calls = |path: &Path| {
        path.iter().find_map(|step| match &step.what {
            What::Reached(call) => Some((**call).clone()),
            _ => None,
        })
    };
    let found: Vec<Call> = paths.iter().filter_map(calls).collect();
    let surely_ends =
        |path: &Path| path.iter().all(|step| !matches!(step.what, What::Unknown(_) | What::Stranger(..)));
    match found.as_slice() {
        [] if paths.iter().all(surely_ends) => Reach::Never,
        [first, rest @ ..]
            if found.len() == paths.len() && rest.iter().all(|call| call.words == first.words) =>
        {
            Reach::Always(Box::new(first.clone()))
        }
        _ => Reach::Perhaps,
    }
}

/// The commands of one of `names` that `container` comes to, on each way that it may go.
pub(super) fn calls(sources: &Sources, container: &Container, names: &[&str]) -> Vec<Vec<Call>> {
    let world = World::of(sources, container);
    let paths = Launcher { world: &world, wanted: names, copied: 0 }.resolve(&Call::of(container), 0);
    let reached = |step: Step| match step.what {
        What::Reached(call) => Some(*call),
        _ => None,
    };
    paths.into_iter().map(|path| path.into_iter().filter_map(reached).collect()).collect()
}

/// Whether a container comes to a command.
pub(super) enum Reach {
    /// It does, with these words, whichever way it takes.
    Always(Box<Call>),
    /// It runs something else.
    Never,
    /// It may, or with other words on another way.
    Perhaps,
}

impl Call {
    fn of(container: &Container) -> Self {
        Self {
            words: container.words.iter().cloned().map(Value::Known).collect(),
            environment: container.environment.clone(),
            working_dir: container.working_dir.clone(),
            mode: Mode::Foreground,
            repeated: false,
            endless: false,
            development: None,
            written: Written::default(),
            input: None,
            callers: Vec::new(),
        }
    }
}

/// A container of which nobody says what it runs.
fn nothing(container: &Container) -> Step {
    let place = container.unread.first().map(|unread| unread.trail.clone());
    let image = container.image.as_ref().map(Text::trail);
    let trail = place.or(image).unwrap_or_else(|| Trail::new(Origin::default_of("the image's command")));
    Step::unknown("nothing says what it runs", trail)
}

/// Resolves commands into the programs behind them.
struct Launcher<'w, 'a> {
    world: &'w World<'a>,
    /// Names at which to stop: somebody else reads those commands.
    wanted: &'w [&'w str],
    /// How many of the files that scripts have made this world has.
    copied: usize,
}

impl Launcher<'_, '_> {
    /// The ways in which `call` may go.
    fn resolve(&self, call: &Call, depth: usize) -> Vec<Path> {
        let copies = |file: &super::shell::File| matches!(file.content, Content::Tree(_));
        if call.written.len() == self.copied || !call.written.iter().any(copies) {
            return self.ways(call, depth);
        }
        // Files that the script has copied are there for everything that it starts.
        let files = with_copies(self.world.files, &call.written);
        let world = self.world.with(&files);
        let launcher = Launcher { world: &world, wanted: self.wanted, copied: call.written.len() };
        self.world.inside(&world, || launcher.ways(call, depth))
    }

    fn ways(&self, call: &Call, depth: usize) -> Vec<Path> {
        let Some(first) = call.words.first() else { return vec![Path::new()] };
        let Some(name) = first.known() else {
            let why = format!("the command itself is not known: {}", first.why());
            return vec![vec![Step::unknown(why, first.trail())]];
        };
        if depth > MAX_DEPTH {
            return vec![vec![Step::unknown(
                "commands call one another deeper than is followed",
                first.trail(),
            )]];
        }
        let base = name.as_str().rsplit('/').next().unwrap_or_default();
        if let Some(paths) = stringly::read(self, call, base, depth) {
            return paths;
        }
        if let Some(paths) = wrapper::unwrap(self, call, base, depth) {
            return paths;
        }
        if let Some(paths) = interpreter::interpret(self, call, base, depth) {
            return paths;
        }
        if let Some(paths) = MANAGERS.iter().find_map(|manager| manager(self, call, base, depth)) {
            return paths;
        }
        if !name.as_str().contains('/')
            && let Some(program) = PROGRAMS.iter().find(|program| program.name == base)
        {
            return self.program(call, name, program.read, depth);
        }
        if let Some(paths) = self.file(call, name, depth) {
            return paths;
        }
        if self.wanted.contains(&base) {
            let what = What::Reached(Box::new(call.clone()));
            return vec![vec![Step::of(call, what)]];
        }
        if let Some(program) = PROGRAMS.iter().find(|program| program.name == base) {
            return self.program(call, name, program.read, depth);
        }
        if let Some(script) = installed::find(self, base) {
            return self.program(call, name, |command| script.run(command), depth);
        }
        if base == "docker-entrypoint.sh" && call.words.len() > 1 {
            // Those of the official images end in `exec "$@"` for every command that is not their own.
            let inner = Call { words: call.words[1..].to_vec(), ..call.clone() };
            return self.resolve(&inner, depth + 1);
        }
        if is_bystander(base) || starts_nothing(&call.words) {
            return vec![Self::steps(call, name, Outcome::passing())];
        }
        vec![vec![stranger(call, name)]]
    }

    /// What a known program makes of `call`.
    fn program(
        &self,
        call: &Call,
        name: &Text,
        read: impl Fn(&Command<'_>) -> Outcome,
        depth: usize,
    ) -> Vec<Path> {
        let mut environment = call.environment.clone();
        if let Some(unread) = written_configuration(call) {
            environment.leave_open(unread);
        }
        let command = Command {
            world: self.world,
            name,
            words: call.words.get(1..).unwrap_or_default(),
            environment: &environment,
            working_dir: &call.working_dir,
        };
        let mut outcome = read(&command);
        let beside = std::mem::take(&mut outcome.beside);
        // In front of what keeps running: what is in the background is there with all that follows.
        let mut paths = vec![Path::new()];
        for line in beside {
            let shell = |word: &str| Value::Known(Text::traced(word, line.trail()));
            let words = vec![shell("sh"), shell("-c"), line.clone()];
            let inner = Call { words, mode: Mode::Background, ..call.clone() };
            paths = alternatives::product(&paths, &self.resolve(&inner, depth + 1));
        }
        alternatives::product(&paths, &[Self::steps(call, name, outcome)])
    }

    fn steps(call: &Call, name: &Text, outcome: Outcome) -> Path {
        let step = |what| Step::of(call, what);
        let mut path: Path =
            outcome.problems.into_iter().map(|problem| step(What::Problem(problem))).collect();
        path.extend(outcome.unknown.into_iter().map(|unread| step(What::Unknown(unread))));
        let last = outcome.started.len().saturating_sub(1);
        for (index, mut started) in outcome.started.into_iter().enumerate() {
            started.callers.clone_from(&call.callers);
            started.callers.extend(name.used_at());
            started.callers.dedup();
            if call.repeated {
                let why = "it is started in a loop that goes round an unknown number of times";
                started.processes.value = crate::trace::Bound::unknown(started.process_word, why);
            }
            started.development = started.development.or_else(|| call.development.clone());
            let mut step = step(What::Started(Box::new(started)));
            if index < last || outcome.detached {
                // Several groups of one program run side by side.
                step.mode = Mode::Background;
            }
            path.push(step);
        }
        if outcome.passes {
            path.push(step(What::Guest(Guest { command: shown(&call.words), trail: name.trail() })));
        }
        path
    }

    fn events(&self, call: &Call, events: &[Rc<Event>], depth: usize) -> Vec<Path> {
        let mut paths = vec![Path::new()];
        for event in events {
            let ways = match &**event {
                Event::Unknown(unread) => vec![vec![Step {
                    command: String::new(),
                    ..Step::of(call, What::Unknown(unread.clone()))
                }]],
                Event::Call(inner) => {
                    let mut inner = (**inner).clone();
                    inner.repeated |= call.repeated;
                    inner.endless |= call.endless;
                    inner.development.clone_from(&call.development);
                    inner.callers.clone_from(&call.callers);
                    inner.callers.extend(call.words.first().and_then(Value::span));
                    if call.mode == Mode::Background {
                        inner.mode = Mode::Background;
                    }
                    self.resolve(&inner, depth + 1)
                }
            };
            paths = alternatives::product(&paths, &ways);
        }
        paths
    }
}

/// A file made by the script before `call` that configures the program: its name stands in a word of the call, or it
/// is the one that gunicorn finds by itself. What it sets is not looked into.
fn written_configuration(call: &Call) -> Option<Unread> {
    let made = |path: &str| text_of(&call.written, TreePath::new(&call.working_dir).join(path).as_str());
    let word = |word: &Value| {
        let text = word.known()?;
        let path = text.as_str().rsplit(['=', ':']).next().unwrap_or_default();
        made(path).or_else(|| made(path.strip_prefix("-c")?))
    };
    let found = call.words.iter().skip(1).find_map(word).or_else(|| made("gunicorn.conf.py"))?;
    Some(Unread::new("the script makes its configuration".to_owned(), found.trail()))
}

/// A program that nobody knows, and what is known about why.
fn stranger(call: &Call, name: &Text) -> Step {
    let why = match name.as_str() {
        options if options.starts_with('-') => {
            "these are options for the image's own entrypoint, which is not known".to_owned()
        }
        "pm2" | "pm2-runtime" => "what pm2 starts is written in JavaScript, which is not read".to_owned(),
        path if path.contains('/') => format!("{path} is not among these files"),
        program => format!("{program} is no program that is known"),
    };
    let what = What::Stranger(Unread::new(why, name.trail()), Box::new(call.clone()));
    Step::of(call, what)
}

/// Words as a person would read them; what is not known as `…`.
fn shown(words: &[Value]) -> String {
    let word = |word: &Value| match word.known() {
        Some(text) => text.to_string(),
        None => format!("{}…", word.beginning()),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The environment of `call` with `name` set to `value`.
fn with_variable(environment: &mut Environment, name: &str, value: &Value) {
    match value {
        Value::Known(text) => environment.set(name, text.clone()),
        Value::Partly { rest, .. } => environment.set_unknown(name, rest.clone()),
    }
}

#[cfg(test)]
mod tests;
