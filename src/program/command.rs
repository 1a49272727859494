//! What a program is started with, and what it makes of that.

use super::arguments::{Given, GivenOption, Lookup, Refusal};
use super::shell::World;
use super::value::nothing_known;
use super::{Entry, Reload, Started, Value};
use crate::platform::{Environment, Unread};
use crate::python::{self, Names, Process, Role};
use crate::source::{Span, TreePath};
use crate::trace::{
    Bound, Count, Flaw, FlawKind, How, Origin, Problem, ProblemKind, Term, Text, Trail, Unknown, count_from,
    python_int,
};

/// A program that is known.
pub struct Program {
    /// Its name on a command line.
    pub name: &'static str,
    /// Modules that `python -m` starts it by.
    pub modules: &'static [&'static str],
    /// What it makes of a command.
    pub read: fn(&Command<'_>) -> Outcome,
}

/// A program's name and what it is given.
pub struct Command<'a> {
    /// The files around it.
    pub world: &'a World<'a>,
    /// The word that names the program.
    pub name: &'a Text,
    /// The words behind it.
    pub words: &'a [Value],
    /// Its variables.
    pub environment: &'a Environment,
    /// The folder it starts in.
    pub working_dir: &'a str,
}

/// What comes of a command.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What keeps running.
    pub started: Vec<Started>,
    /// Whether it ends by itself: a migration, a `--help`.
    pub passes: bool,
    /// Whether what keeps running is put into the background: `--daemon`, `celery multi`.
    pub detached: bool,
    /// Command lines of shells that it starts beside itself: uWSGI's `attach-daemon`.
    pub beside: Vec<Value>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What cannot be known of it.
    pub unknown: Vec<Unread>,
}

impl Outcome {
    /// A program that ends by itself.
    pub fn passing() -> Self {
        Self { passes: true, ..Self::default() }
    }

    /// A program of which nothing is known.
    pub fn unknown(at: &Text, why: impl Into<String>) -> Self {
        Self { unknown: vec![Unread::new(why.into(), at.trail())], ..Self::default() }
    }
}

impl Command<'_> {
    /// One process of `program` that runs `entry`, with one thread; everything else is to be filled in.
    pub fn started(
        &self,
        program: &'static str,
        process_word: &'static str,
        entry: Option<Entry>,
    ) -> Started {
        let one = || Count::new(Bound::ONE, self.name.trail());
        Started {
            program,
            label: None,
            callers: Vec::new(),
            process_word,
            processes: one(),
            threads: one(),
            concurrency: Count::new(Bound::Unbounded, self.name.trail()),
            request_timeout: None,
            entry,
            imports: Vec::new(),
            arguments: None,
            is_celery_child: Some(false),
            counts_tasks: false,
            environment: self.environment.clone(),
            working_dir: self.working_dir.to_owned(),
            python_path: self.python_path(),
            development: None,
            counted_by: None,
            preload: None,
            reload: Reload::default(),
        }
    }

    /// The modules that `words` name, loaded beside the entry; a word that is not known may name any.
    pub(super) fn modules<'v>(
        &self,
        words: impl Iterator<Item = &'v Value>,
        outcome: &mut Outcome,
    ) -> Vec<Entry> {
        let mut modules = Vec::new();
        for word in words {
            match word {
                Value::Known(module) => modules.push(Entry::module(module, None)),
                Value::Partly { .. } => {
                    let why = format!("which modules {} loads is not known: {}", self.name, word.why());
                    outcome.unknown.push(Unread::new(why, word.trail()));
                }
            }
        }
        modules
    }

    /// The modules behind the first word that is no option; a word that is not known may be several.
    pub(super) fn further_modules(&self, given: &Given, outcome: &mut Outcome) -> Vec<Entry> {
        let unsure = given.unsure.iter().map(|(word, _)| word);
        self.modules(given.positionals.iter().skip(1).chain(unsure), outcome)
    }

    /// The folders of `PYTHONPATH`.
    pub fn python_path(&self) -> Vec<String> {
        let folders = self.environment.get("PYTHONPATH").map(Text::as_str).unwrap_or_default();
        folders.split(':').filter(|folder| !folder.is_empty()).map(|folder| self.folder(folder)).collect()
    }

    /// The command as a Python process that runs `entry`.
    fn process<'p>(&'p self, entry: &'p Entry, python_path: &'p [String]) -> Process<'p> {
        Process {
            entry: Some(entry),
            imports: &[],
            arguments: None,
            is_celery_child: Some(false),
            role: Role::Unsaid,
            environment: self.environment,
            working_dir: self.working_dir,
            python_path,
            cpus: &self.world.cpus,
        }
    }

    /// What the names of the module `entry` come to, run by this command; `None` where its source is not here.
    pub(super) fn names(&self, entry: &Entry) -> Option<Names> {
        let python_path = self.with_own_folder();
        let process = self.process(entry, &python_path);
        let names = python::names(self.world.sources, self.world.files, &process)?;
        names.read.iter().for_each(|path| self.world.note(path));
        Some(names)
    }

    /// The dotted names that the class `name` of the project's own inherits from elsewhere; none where it is no such class.
    pub(super) fn ancestry(&self, name: &Text) -> Vec<String> {
        let Some(dot) = name.as_str().rfind('.') else { return Vec::new() };
        let (module, attribute) = (name.slice(0..dot), name.slice(dot + 1..name.len()));
        let entry = Entry::Module { module, attribute: Some(attribute) };
        let python_path = self.with_own_folder();
        let process = self.process(&entry, &python_path);
        python::ancestry(self.world.sources, self.world.files, &process).unwrap_or_default()
    }

    /// The folder it starts in, then those of `PYTHONPATH`.
    fn with_own_folder(&self) -> Vec<String> {
        let mut folders = vec![self.working_dir.to_owned()];
        folders.extend(self.python_path());
        folders
    }

    /// `path` as an absolute path inside.
    pub fn folder(&self, path: &str) -> String {
        TreePath::new(self.working_dir).join(path).to_string()
    }

    /// Nobody said otherwise: the default of `setting`, implied by the command.
    pub fn default(&self, value: u64, setting: &str) -> Count {
        Count::new(Bound::Exactly(value), Trail::default_of(setting.to_owned(), self.name.used_at()))
    }

    /// As many as there are CPUs, since nobody said otherwise.
    pub fn one_per_cpu(&self, setting: &str) -> Count {
        let default = Trail::default_of(setting.to_owned(), self.name.used_at());
        if let Some(host) = &self.world.cpus.host {
            return default.steps().fold(host.clone(), |count, step| count.then(step.clone()));
        }
        let why = format!("{setting} is the number of CPUs, and nothing says how many there are");
        Count::new(Bound::unknown("CPUs", why), default)
    }

    /// Not known, counted in `symbol`.
    pub fn unknown(&self, symbol: &str, why: &str, at: &Text) -> Count {
        Count::new(Bound::unknown(symbol, why), at.trail())
    }

    /// The count that `value` is to the program, counted in `symbol`; a text that is none becomes a problem, named
    /// `setting`.
    pub fn count(&self, value: &Value, symbol: &str, setting: &str, problems: &mut Vec<Problem>) -> Count {
        match value {
            Value::Known(text) => match count_from(text) {
                Ok(number) => Count::new(Bound::Exactly(number), text.trail()),
                Err(flaw) => {
                    let why = format!("{setting} {}", flaw.words());
                    problems.extend(self.flawed(&flaw, setting));
                    Count::new(Bound::unknown(symbol, why), text.trail())
                }
            },
            Value::Partly { prefix, rest } if prefix.is_empty() => {
                Count::new(named(&rest.value, symbol), rest.trail.clone())
            }
            Value::Partly { rest, .. } => Count::new(Bound::unknown(symbol, value.why()), rest.trail.clone()),
        }
    }

    /// The same for a program that takes any number below one for one.
    pub fn at_least_one(
        &self,
        value: &Value,
        symbol: &str,
        setting: &str,
        problems: &mut Vec<Problem>,
    ) -> Count {
        match value.known().filter(|text| python_int(text.as_str()).is_ok_and(|number| number < 1)) {
            Some(text) => Count::new(Bound::ONE, text.trail()),
            None => self.count(value, symbol, setting, problems),
        }
    }

    /// What `given` gives `setting`, for a program that takes any number below one for one.
    pub fn given_at_least_one(
        &self,
        given: &Given,
        setting: &str,
        symbol: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Count> {
        match given.lookup(setting) {
            Lookup::Given(GivenOption { value: Some(value @ Value::Known(_)), name, .. }) => {
                Some(self.at_least_one(&value, symbol, name.as_str(), problems))
            }
            _ => self.given(given, setting, symbol, problems),
        }
    }

    /// What `given` gives `setting`, counted in `symbol`; `None` where it gives nothing.
    pub fn given(
        &self,
        given: &Given,
        setting: &str,
        symbol: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Count> {
        match given.lookup(setting) {
            Lookup::Not => None,
            Lookup::Unsure(word) => {
                let why = format!("options may stand in a word that is not known: {}", word.why());
                Some(Count::new(Bound::unknown(symbol, why), word.trail()))
            }
            Lookup::Given(option) => {
                let title = option.name.to_string();
                option.value.map(|value| self.count(&value, symbol, &title, problems))
            }
        }
    }

    /// A value that is no count, where it is written; where the program takes it, as a note.
    fn flawed(&self, flaw: &Flaw, setting: &str) -> Option<Problem> {
        let message = format!("{setting} {}", flaw.words());
        let kind = match flaw.kind {
            FlawKind::Empty if setting == "WEB_CONCURRENCY" => ProblemKind::EmptyWebConcurrency,
            _ => ProblemKind::NotANumber,
        };
        self.problem(kind, &flaw.text, message)
    }

    /// A problem at the place of `at`, with a note where it is used when that is another place.
    pub fn problem(&self, kind: ProblemKind, at: &Text, message: String) -> Option<Problem> {
        let span = at.span().or_else(|| self.name.span())?;
        let problem = Problem::at(kind, &self.path(span), span, message);
        Some(match at.used_at() {
            Some(used) if used != span => problem.note(used, format!("{} takes it here", self.name)),
            _ => problem,
        })
    }

    /// A number of workers, said at `at`, that does nothing because of `why`.
    pub(super) fn ignored_workers(&self, at: &Text, why: &str) -> Option<Problem> {
        let other_than_one = python_int(at.as_str()).is_ok_and(|number| number > 1);
        other_than_one.then(|| self.problem(ProblemKind::WorkersIgnored, at, why.to_owned())).flatten()
    }

    /// `WEB_CONCURRENCY`, for a program that does not ask for it.
    pub(super) fn ignored_web_concurrency(&self) -> Option<Problem> {
        let value = self.environment.get("WEB_CONCURRENCY")?;
        self.ignored_workers(value, &format!("{} does not read WEB_CONCURRENCY", self.name))
    }

    fn path(&self, span: Span) -> TreePath {
        self.world.sources.file(span.file).path.clone()
    }

    /// What the program says to arguments that it does not take.
    pub fn refused(&self, refusals: &[Refusal]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for refusal in refusals {
            let at = refusal.at.as_ref().unwrap_or(self.name);
            if let Some(option) = &refusal.number {
                self.count(&Value::Known(at.clone()), "", option.as_str(), &mut problems);
            } else {
                let message = format!("{} does not start: {}", self.name, refusal.message);
                problems.extend(self.problem(ProblemKind::RefusedArgument, at, message));
            }
        }
        problems
    }

    /// A program that does not start opens nothing, and nobody deploys it so: how many there would be is not known.
    pub fn count_when_refused(&self, refusals: &[Refusal], symbol: &str) -> Option<Count> {
        let first = refusals.first()?;
        let why = format!("{} does not start: {}", self.name, first.message);
        Some(Count::new(Bound::unknown(symbol, why), first.at.as_ref().unwrap_or(self.name).trail()))
    }
}

/// The same bound; one that counts nothing in particular counts `symbol` from here on.
pub(super) fn named(bound: &Bound, symbol: &str) -> Bound {
    match bound {
        Bound::Unknown(Unknown { floor, term: None, why }) => Bound::Unknown(Unknown {
            floor: *floor,
            term: (*floor == 0).then(|| Term { symbol: symbol.into(), times: 1 }),
            why: why.clone(),
        }),
        other => other.clone(),
    }
}

/// The variable `name`: set, not known, or not there.
pub(super) fn variable(environment: &Environment, name: &str) -> Option<Value> {
    match environment.unknown(name) {
        Some(rest) => Some(Value::Partly { prefix: Text::traced("", rest.trail.clone()), rest }),
        None => environment.get(name).cloned().map(Value::Known),
    }
}

/// `value`, read by the program at `name`.
pub(super) fn read_at(value: Value, name: &Text) -> Value {
    match name.used_at() {
        Some(span) => value.then(&Origin::at(How::Read, span)),
        None => value,
    }
}

/// Nothing is known, at the place of `at`.
pub(super) fn not_known(at: &Text, why: impl Into<String>) -> Count {
    Count::new(nothing_known(why), at.trail())
}

/// Of two counts of which either may come true the larger, with its way.
pub(super) fn larger(one: Count, other: &Count) -> Count {
    let decides = |a: &Bound, b: &Bound| a.is_unknown() || !b.is_unknown() && a.floor() >= b.floor();
    let trail = if decides(&one.value, &other.value) { one.trail } else { other.trail.clone() };
    Count::new(one.value.or(other.value.clone()), trail)
}
