//! supervisord: the programs of its configuration, side by side (supervisor 4.3.0, `options.py`, `datatypes.py`).

use super::alternatives::{Path, Step, What};
use super::beside::Child;
use super::percent::{self, Argument, Refusal};
use super::supervisord_config::{Config, pairs};
use super::{Guest, Launcher, with_variable};
use crate::platform::{Environment, Unread};
use crate::program::Value;
use crate::program::command::{named, variable};
use crate::program::shell::{Call, Mode};
use crate::source::TreePath;
use crate::syntax::ini::Section;
use crate::syntax::words::{Comments, split_posix};
use crate::trace::{Bound, Count, Problem, ProblemKind, Text, Trail, count_from, python_int};

/// Sections whose programs run. A group only names programs that have a section of their own.
const KINDS: [&str; 3] = ["program:", "fcgi-program:", "eventlistener:"];
/// Copies that are looked at one by one where their commands differ.
const MAX_COPIES: u64 = 64;

/// What `supervisord` runs; `None` where `call` is another program.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    (base == "supervisord").then(|| {
        let call = &call.as_caller();
        let config = match Config::of(launcher.world, call) {
            Ok(config) => config,
            Err(unread) => return vec![vec![Step { what: What::Unknown(unread), ..plain(call) }]],
        };
        let mut reader = Reader::new(launcher, call, &config);
        let programs = reader.programs();
        let children = programs.into_iter().flat_map(|program| reader.folded(program)).collect();
        let mut paths = launcher.beside(children, depth);
        for path in &mut paths {
            path.splice(0..0, reader.steps.iter().cloned());
        }
        paths
    })
}

fn plain(call: &Call) -> Step {
    let nothing = Unread::new(String::new(), call.words[0].trail());
    Step { mode: Mode::Background, ..Step::of(call, What::Unknown(nothing)) }
}

struct Reader<'r, 'w, 'a> {
    launcher: &'r Launcher<'w, 'a>,
    call: &'r Call,
    config: &'r Config,
    /// The variables of every program: those of the call, and those that `[supervisord]` adds.
    environment: Environment,
    /// What is met beside the programs.
    steps: Vec<Step>,
}

/// What one section runs.
struct Program {
    name: String,
    /// One command where all copies are alike, else that of each.
    calls: Vec<Call>,
    /// How many copies, where `numprocs` says so.
    copies: Option<Count>,
}

impl<'r, 'w, 'a> Reader<'r, 'w, 'a> {
    fn new(launcher: &'r Launcher<'w, 'a>, call: &'r Call, config: &'r Config) -> Self {
        let mut environment = call.environment.clone();
        environment.set("SUPERVISOR_ENABLED", Text::traced("1", call.words[0].trail()));
        let mut reader = Self { launcher, call, config, environment, steps: Vec::new() };
        if let Some(written) = config.ini.get("supervisord", "environment") {
            let scope =
                Scope { reader: &reader, program: "supervisord", copy: None, environment: &call.environment };
            match pairs(written, &|text| scope.expanded(text)) {
                Ok(pairs) => {
                    for (name, value) in pairs {
                        with_variable(&mut reader.environment, &name, &value);
                    }
                }
                Err(refusal) => reader.refuse(&refusal),
            }
        }
        reader
    }

    fn programs(&mut self) -> Vec<Program> {
        for error in &self.config.ini.errors {
            let path = self.launcher.world.sources.file(error.span.file).path.clone();
            let message = format!("supervisord does not start: {}", error.message);
            self.problem(Problem::at(ProblemKind::MalformedFile, &path, error.span, message));
        }
        let mut programs = Vec::new();
        for section in self.config.ini.sections.values() {
            let name = section.name.as_str();
            let Some(program) = KINDS.iter().find_map(|kind| name.strip_prefix(kind)) else { continue };
            match self.program(section, program.trim()) {
                Ok(found) => programs.extend(found),
                Err(refusal) => self.refuse(&refusal),
            }
        }
        for refusal in self.config.refusals(self.call.words[0].beginning()) {
            self.refuse(&refusal);
        }
        programs
    }

    /// Says that supervisord does not start: what it would run is not known then.
    fn refuse(&mut self, refusal: &Refusal) {
        let why = format!("supervisord does not start: it {}", refusal.why);
        if let Some(span) = refusal.at.span() {
            let path = self.launcher.world.sources.file(span.file).path.clone();
            self.problem(Problem::at(ProblemKind::RefusedArgument, &path, span, why.clone()));
        }
        self.step(What::Unknown(Unread::new(why, refusal.at.trail())));
    }

    /// What `section` runs; nothing where it waits to be started by hand.
    fn program(&mut self, section: &Section, name: &str) -> Result<Option<Program>, Refusal> {
        let get = |key: &str| section.options.get(key).map(|setting| &setting.value);
        if name.contains([' ', ':', '/']) {
            return Err(Refusal { at: section.name.clone(), why: "refuses this name".to_owned() });
        }
        let scope = Scope { reader: self, program: name, copy: None, environment: &self.environment };
        let Some(command) = get("command") else {
            let why = "takes no program without a command".to_owned();
            return Err(Refusal { at: section.name.clone(), why });
        };
        if let Some(autostart) = get("autostart")
            && let Some(value) = scope.expanded(autostart)?.known()
        {
            match value.as_str().to_lowercase().as_str() {
                "yes" | "true" | "on" | "1" => {}
                "no" | "false" | "off" | "0" => {
                    // It waits for somebody to start it by hand.
                    let guest = Guest { command: command.to_string(), trail: value.trail() };
                    self.step(What::Guest(guest));
                    return Ok(None);
                }
                _ => {
                    let why = format!("takes `{value}` for no boolean");
                    return Err(Refusal { at: value.clone(), why });
                }
            }
        }
        let copies = get("numprocs").map(|numprocs| scope.expanded(numprocs)).transpose()?;
        let first = match get("numprocs_start") {
            Some(start) => {
                scope.expanded(start)?.as_str().and_then(|text| python_int(text).ok()).unwrap_or(0)
            }
            None => 0,
        };
        let copies = copies.map(|copies| self.copies(&copies));
        if copies.as_ref().and_then(|copies| copies.value.number()).is_some_and(|number| number > 1)
            && !get("process_name").is_some_and(|name| name.as_str().contains("%(process_num)"))
        {
            let at = get("process_name").unwrap_or(&section.name).clone();
            let why = "wants `%(process_num)` in the `process_name` of several processes".to_owned();
            return Err(Refusal { at, why });
        }
        self.copied(section, name, command, copies, first)
    }

    /// How many copies `numprocs` asks for.
    fn copies(&mut self, numprocs: &Value) -> Count {
        let why = match numprocs {
            Value::Known(text) => match count_from(text) {
                Ok(number) => return Count::new(Bound::Exactly(number), text.trail()),
                Err(flaw) => {
                    let message = format!("numprocs {}", flaw.words());
                    if let Some(span) = text.span() {
                        let path = self.launcher.world.sources.file(span.file).path.clone();
                        self.problem(Problem::at(ProblemKind::NotANumber, &path, span, message.clone()));
                    }
                    message
                }
            },
            Value::Partly { prefix, rest } if prefix.is_empty() => {
                return Count::new(named(&rest.value, "processes"), rest.trail.clone());
            }
            Value::Partly { .. } => numprocs.why(),
        };
        Count::new(Bound::unknown("processes", why), numprocs.trail())
    }

    /// The commands of all copies.
    fn copied(
        &self,
        section: &Section,
        name: &str,
        command: &Text,
        copies: Option<Count>,
        first: i64,
    ) -> Result<Option<Program>, Refusal> {
        let number = copies.as_ref().map_or(Some(1), |copies| copies.value.number());
        let trail = copies.as_ref().map_or_else(|| section.name.trail(), |copies| copies.trail.clone());
        let all = i64::try_from(number.unwrap_or(1)).unwrap_or(i64::MAX);
        let call = |at: i64| {
            let copy = Copy { number: first.saturating_add(at), of: all, trail: trail.clone() };
            self.call_of(section, name, command, copy)
        };
        let numbered = section.options.iter().any(|(key, setting)| {
            matches!(key.as_str(), "command" | "environment")
                && setting.value.as_str().contains("%(process_num)")
        });
        let calls = match number {
            Some(0) => return Ok(None),
            Some(2..=MAX_COPIES) if numbered => (0..all).map(call).collect::<Result<_, _>>()?,
            // Of more than are looked at one by one the last stands for all: its number is the largest.
            Some(_) if numbered => vec![call(all - 1)?],
            _ => vec![call(0)?],
        };
        Ok(Some(Program { name: name.to_owned(), calls, copies }))
    }

    /// Copies of which only names and ports differ are one group: those that start the same are counted together.
    fn folded(&self, program: Program) -> Vec<Child> {
        let Program { name, calls, copies } = program;
        if let [_] = calls.as_slice() {
            return calls
                .into_iter()
                .map(|call| Child { call, name: name.clone(), copies: copies.clone() })
                .collect();
        }
        let mut kinds: Vec<(Vec<String>, Call, u64)> = Vec::new();
        for call in calls {
            let starts = self.starts(&call);
            match kinds.iter_mut().find(|(other, ..)| *other == starts) {
                Some((.., number)) => *number += 1,
                None => kinds.push((starts, call, 1)),
            }
        }
        let child = |(_, call, number): (Vec<String>, Call, u64)| {
            let trail = copies.as_ref().map_or_else(|| call.words[0].trail(), |copies| copies.trail.clone());
            Child { call, name: name.clone(), copies: Some(Count::new(Bound::Exactly(number), trail)) }
        };
        kinds.into_iter().map(child).collect()
    }

    /// What `call` starts, in words that tell different counts apart.
    fn starts(&self, call: &Call) -> Vec<String> {
        let running = super::alternatives::join(&self.launcher.resolve(call, 1));
        let started = running.started.iter().map(|started| {
            let (processes, threads) = (&started.processes.value, &started.threads.value);
            format!("{} {} {processes} {threads}", started.program, started.target())
        });
        started.chain(running.unknown.iter().map(|unread| unread.value.clone())).collect()
    }

    /// The command of one copy.
    fn call_of(&self, section: &Section, name: &str, command: &Text, copy: Copy) -> Result<Call, Refusal> {
        let mut environment = self.environment.clone();
        let outer = Scope { reader: self, program: name, copy: Some(copy), environment: &self.environment };
        if let Some(written) = section.options.get("environment") {
            for (name, value) in pairs(&written.value, &|text| outer.expanded(text))? {
                with_variable(&mut environment, &name, &value);
            }
        }
        let inner = Scope { environment: &environment, ..outer };
        let words = inner.words(command)?;
        let mut working_dir = self.call.working_dir.clone();
        if let Some(directory) = section.options.get("directory") {
            match inner.expanded(&directory.value)? {
                Value::Known(folder) => {
                    working_dir = TreePath::new(&working_dir).join(folder.as_str()).to_string();
                }
                Value::Partly { .. } => {}
            }
        }
        let input = None;
        Ok(Call { words, environment, working_dir, mode: Mode::Foreground, input, ..self.call.clone() })
    }

    fn step(&mut self, what: What) {
        self.steps.push(Step { what, ..plain(self.call) });
    }

    fn problem(&mut self, problem: Problem) {
        self.step(What::Problem(problem));
    }
}

/// One of several processes of a program.
struct Copy {
    number: i64,
    of: i64,
    trail: Trail,
}

/// What the names in a value stand for.
struct Scope<'s, 'r, 'w, 'a> {
    reader: &'s Reader<'r, 'w, 'a>,
    program: &'s str,
    /// Which copy of it.
    copy: Option<Copy>,
    environment: &'s Environment,
}

impl Scope<'_, '_, '_, '_> {
    fn expanded(&self, text: &Text) -> Result<Value, Refusal> {
        percent::format(text, &|name, at| self.argument(name, at))
    }

    fn argument(&self, name: &str, at: &Text) -> Option<Argument> {
        let word = |word: &str| Some(Argument::Word(Text::traced(word, at.trail()).into()));
        if let Some(variable_name) = name.strip_prefix("ENV_") {
            let why = || {
                let message = format!(
                    "supervisord does not start unless {variable_name} is set, and nothing here sets it"
                );
                Value::unknown(at, message)
            };
            return Some(Argument::Word(variable(self.environment, variable_name).unwrap_or_else(why)));
        }
        let number = |number: i64, trail: &Trail| Some(Argument::Number(number, trail.clone()));
        match (name, &self.copy) {
            ("process_num", Some(copy)) => number(copy.number, &copy.trail),
            ("numprocs", Some(copy)) => number(copy.of, &copy.trail),
            ("program_name", _) => word(self.program),
            ("group_name", _) => word(self.reader.config.group_of(self.program)),
            ("here", _) => word(&self.reader.config.folder),
            ("host_node_name", _) => {
                Some(Argument::Word(Value::unknown(at, "the name of the host is known only when it runs")))
            }
            _ => None,
        }
    }

    /// The words of a command: expanded, then cut as Python's shlex does. Where a part is not known it is cut first, so
    /// that the words around that part stay known.
    fn words(&self, command: &Text) -> Result<Vec<Value>, Refusal> {
        let cut = |text: &Text| {
            split_posix(text, Comments::Kept).map_err(|error| Refusal {
                at: error.part().clone(),
                why: format!("cannot cut this into words: {error}"),
            })
        };
        let words: Vec<Value> = match self.expanded(command)? {
            Value::Known(whole) => cut(&whole)?.into_iter().map(Value::Known).collect(),
            Value::Partly { .. } => {
                cut(command)?.iter().map(|word| self.expanded(word)).collect::<Result<_, _>>()?
            }
        };
        if words.is_empty() {
            return Err(Refusal { at: command.clone(), why: "takes no empty command".to_owned() });
        }
        Ok(words)
    }
}

#[cfg(test)]
mod tests;
