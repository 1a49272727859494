//! Where gunicorn takes its settings from: command line > `GUNICORN_CMD_ARGS` > configuration file >
//! `WEB_CONCURRENCY` > default (app/base.py and config.py of 27.0.1).

use std::sync::OnceLock;

use crate::program::arguments::{Given, GivenOption, Kind, Lookup, OptionTable};
use crate::program::command::{Command, named, read_at, variable};
use crate::program::{Value, argparse};
use crate::syntax::words::{Comments, split_posix};
use crate::trace::{Count, FlawKind, Problem, ProblemKind, Text, Trail, python_int};

/// The settings of one command.
pub(super) struct Settings<'c> {
    command: &'c Command<'c>,
    line: Given,
    variable: Given,
    file: File,
    /// Why gunicorn does not start, when it does not.
    refused: Option<Count>,
    pub(super) problems: Vec<Problem>,
}

/// The configuration file.
enum File {
    /// None is read.
    Absent,
    /// One is read whose content is not known; what it sets is not either.
    Unread(Value),
}

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("options.json")))
}

impl<'c> Settings<'c> {
    pub(super) fn read(command: &'c Command<'c>) -> Self {
        let line = argparse::parse(table(), command.words);
        let mut problems = command.refused(&line.refusals);
        let mut refused = command.count_when_refused(&line.refusals, "workers");
        let variable = from_variable(command, &mut problems, &mut refused);
        let file = file(command, &line, &variable);
        let mut settings = Self { command, line, variable, file, refused, problems };
        settings.check_all();
        settings
    }

    /// Whether it only prints its help or version.
    pub(super) fn exits(&self) -> bool {
        self.line.exits
    }

    pub(super) fn workers(&mut self) -> Count {
        let concurrency = variable(self.command.environment, "WEB_CONCURRENCY").map(|value| {
            let value = read_at(value, self.command.name);
            self.command.count(&value, "workers", "WEB_CONCURRENCY", &mut self.problems)
        });
        if let Some(refused) = self.refused.take() {
            return refused;
        }
        let given = self.count("workers", "workers");
        match (given, concurrency) {
            // It is read when gunicorn is imported: a bad one ends it whatever else is said (facts, G).
            (_, Some(bad)) if is_flawed(&bad, self.command) => bad,
            (Some(given), _) => given,
            (None, Some(concurrency)) => concurrency,
            (None, None) => self.command.default(1, "gunicorn workers"),
        }
    }

    pub(super) fn threads(&mut self) -> Count {
        self.count("threads", "threads").unwrap_or_else(|| self.command.default(1, "gunicorn threads"))
    }

    pub(super) fn worker_connections(&mut self) -> Count {
        let default = || self.command.default(1000, "gunicorn worker_connections");
        self.count("worker_connections", "connections").unwrap_or_else(default)
    }

    pub(super) fn worker_class(&self) -> Value {
        let default =
            || Text::traced("sync", Trail::default_of("gunicorn worker_class", self.command.name.used_at()));
        self.last("worker_class").unwrap_or_else(|| Value::Known(default()))
    }

    /// The number that decides `setting`, counted in `symbol`; `None` where nobody sets it.
    fn count(&mut self, setting: &str, symbol: &str) -> Option<Count> {
        let mut ignored = Vec::new();
        let from_line = self.command.given(&self.line, setting, symbol, &mut ignored);
        from_line.or_else(|| self.command.given(&self.variable, setting, symbol, &mut ignored)).or_else(
            || match &self.file {
                File::Absent => None,
                File::Unread(value) => {
                    let rest = value.missing()?;
                    Some(Count::new(named(&rest.value, symbol), rest.trail.clone()))
                }
            },
        )
    }

    /// The value that decides `setting`; `None` where nobody sets it.
    pub(super) fn last(&self, setting: &str) -> Option<Value> {
        for given in [&self.line, &self.variable] {
            match given.lookup(setting) {
                Lookup::Not => {}
                Lookup::Unsure(word) => return Some(word),
                Lookup::Given(option) => return option.value,
            }
        }
        match &self.file {
            File::Absent => None,
            File::Unread(value) => Some(value.clone()),
        }
    }

    /// The flag `setting`, where a command line sets it.
    pub(super) fn flag(&self, setting: &str) -> Option<&GivenOption> {
        self.line.flag(setting).or_else(|| self.variable.flag(setting))
    }

    /// `-e`: those of the command line in place of those of the variable.
    pub(super) fn raw_environment(&self) -> Vec<&Text> {
        let line: Vec<&Text> = self.line.all("raw_env").filter_map(Value::known).collect();
        if line.is_empty() { self.variable.all("raw_env").filter_map(Value::known).collect() } else { line }
    }

    /// The application as the command line names it.
    pub(super) fn application(&self) -> Option<&Text> {
        self.line.positionals.first().and_then(Value::known)
    }

    /// What argparse lets pass and gunicorn does not: a negative number that is the last of its option, and one past
    /// 2^63, which no gunicorn starts with.
    fn check_all(&mut self) {
        let numbers = table().options.iter().filter(|switch| switch.kind == Kind::Int);
        for (switch, given) in numbers.flat_map(|switch| [(switch, &self.line), (switch, &self.variable)]) {
            let mut of_setting = given.options.iter().filter(|option| option.setting == switch.setting).rev();
            let last = of_setting.next();
            let refused = |option: &GivenOption, is_last: bool| {
                let text = option.value.as_ref().and_then(Value::as_str).unwrap_or("0");
                match python_int(text) {
                    Ok(number) => number < 0 && is_last,
                    Err(flaw) => flaw == FlawKind::TooLarge,
                }
            };
            let bad = last
                .filter(|option| refused(option, true))
                .or_else(|| of_setting.find(|o| refused(o, false)));
            let Some(GivenOption { value: Some(value), name, .. }) = bad else { continue };
            let count = self.command.count(value, "workers", name.as_str(), &mut self.problems);
            self.refused.get_or_insert(count);
        }
    }
}

fn is_flawed(count: &Count, command: &Command<'_>) -> bool {
    count.value.is_unknown() && command.environment.get("WEB_CONCURRENCY").is_some()
}

/// `GUNICORN_CMD_ARGS`, cut by Python's shlex without comments.
fn from_variable(command: &Command<'_>, problems: &mut Vec<Problem>, refused: &mut Option<Count>) -> Given {
    let Some(value) = variable(command.environment, "GUNICORN_CMD_ARGS") else { return Given::default() };
    let value = read_at(value, command.name);
    let Value::Known(text) = &value else {
        return argparse::parse(table(), &[value]);
    };
    let words: Vec<Value> = match split_posix(text, Comments::Kept) {
        Ok(words) => words.into_iter().map(Value::Known).collect(),
        Err(error) => {
            let message = format!(
                "{} does not start: GUNICORN_CMD_ARGS cannot be cut into words, {error}",
                command.name
            );
            problems.extend(command.problem(ProblemKind::RefusedArgument, error.part(), message));
            let why = "GUNICORN_CMD_ARGS cannot be cut into words";
            refused.get_or_insert_with(|| command.unknown("workers", why, text));
            return Given::default();
        }
    };
    let given = argparse::parse(table(), &words);
    problems.extend(command.refused(&given.refusals));
    if refused.is_none() {
        *refused = command.count_when_refused(&given.refusals, "workers");
    }
    given
}

/// The one configuration file that is read: `-c`, else that of the variable, else `gunicorn.conf.py` in the folder
/// that gunicorn starts in, whatever `--chdir` says.
fn file(command: &Command<'_>, line: &Given, variable: &Given) -> File {
    let named = [line, variable].into_iter().find_map(|given| match given.lookup("config") {
        Lookup::Not => None,
        Lookup::Unsure(word) => Some(word),
        Lookup::Given(option) => option.value.filter(|value| value.is_empty() != Some(true)),
    });
    match named {
        Some(Value::Known(path)) => configured(command, &path),
        Some(unknown) => File::Unread(unknown),
        None => {
            let default = Text::traced("gunicorn.conf.py", command.name.trail());
            match command.world.locate(command.working_dir, default.as_str()) {
                Some(_) => configured(command, &default),
                None => File::Absent,
            }
        }
    }
}

/// What the configuration file at `location` sets.
///
/// Python is not read here: whatever the command lines leave open is not known, at the first line of the file. The
/// evaluator of Python goes in here.
fn configured(command: &Command<'_>, location: &Text) -> File {
    let path = match location.as_str().strip_prefix("python:") {
        Some(module) => format!("{}.py", module.replace('.', "/")),
        None => location.as_str().trim_start_matches("file:").to_owned(),
    };
    let unread = |at: &Text, why: String| File::Unread(Value::unknown(at, why));
    let Some(found) = command.world.locate(command.working_dir, &path) else {
        return unread(location, format!("gunicorn's configuration file {path} is not there"));
    };
    command.world.note(&found);
    match command.world.sources.load(&found) {
        Ok(file) => {
            let first = Text::verbatim(&file, file.line_range(0).unwrap_or(0..0));
            unread(&first, format!("{found} may set it, and it is a program"))
        }
        Err(error) => unread(location, error.to_string()),
    }
}

impl Settings<'_> {
    /// What stands in `setting` as `--print-config` would print it, `None` where it is not known.
    #[cfg(test)]
    pub(super) fn printed(&mut self, setting: &str, default: &str) -> Option<String> {
        match self.last(setting) {
            None if setting == "workers" => self.workers().value.number().map(|n| n.to_string()),
            None => Some(default.to_owned()),
            Some(value) => value.as_str().map(|text| text.trim().to_owned()),
        }
    }

    /// Why gunicorn would not start, as the first problem says it.
    #[cfg(test)]
    pub(super) fn refusal(&self) -> Option<String> {
        let spoken =
            self.line.refusals.iter().chain(&self.variable.refusals).map(|refusal| refusal.message.clone());
        spoken.chain(self.problems.iter().map(|problem| problem.message.clone())).next()
    }
}
