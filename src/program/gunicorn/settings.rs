//! Where gunicorn takes its settings from: command line > `GUNICORN_CMD_ARGS` > configuration file >
//! `WEB_CONCURRENCY` > default (app/base.py and config.py of 27.0.1).

use std::sync::OnceLock;

use super::file::ConfigFile;
use super::traps;
use crate::program::arguments::{Given, GivenOption, Kind, Lookup, OptionTable};
use crate::program::command::{Command, named, read_at, variable};
use crate::program::{Entry, Value, argparse};
use crate::syntax::words::{Comments, split_posix};
use crate::trace::{Count, FlawKind, Problem, ProblemKind, Text, Trail, python_int};

/// The settings of one command.
pub(super) struct Settings<'c> {
    pub(super) command: &'c Command<'c>,
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
    /// One is read.
    Read(Box<ConfigFile>),
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
        if let File::Read(file) = &file {
            problems.extend(file.problems().iter().cloned());
            problems.extend(file.ignored(table(), command));
            problems.extend(traps::twice(file.place(), command));
            if let Some(problem) = file.refused(table(), command) {
                let at = problem.span.map_or_else(|| command.name.clone(), |span| Text::decoded("", span));
                refused.get_or_insert(command.unknown("workers", &problem.message, &at));
                problems.push(problem);
            }
        }
        if matches!(file, File::Absent) {
            problems.extend(traps::unread_file(command, &line));
        }
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
        // It is read when gunicorn is imported: a bad one ends it whatever else is said (facts, G).
        if let Some(bad) = &concurrency
            && is_flawed(bad, self.command)
        {
            return bad.clone();
        }
        let default = || self.command.default(1, "gunicorn workers");
        let workers = self.count("workers", "workers", || concurrency.clone().unwrap_or_else(default));
        self.problems.extend(concurrency.and_then(|lost| traps::shadowed(&lost, &workers, self.command)));
        workers
    }

    pub(super) fn threads(&self) -> Count {
        self.count("threads", "threads", || self.command.default(1, "gunicorn threads"))
    }

    pub(super) fn timeout(&self) -> Count {
        self.count("timeout", "seconds", || self.command.default(30, "gunicorn timeout"))
    }

    pub(super) fn worker_connections(&self) -> Count {
        let default = || self.command.default(1000, "gunicorn worker_connections");
        self.count("worker_connections", "connections", default)
    }

    pub(super) fn worker_class(&self) -> Value {
        let default =
            || Text::traced("sync", Trail::default_of("gunicorn worker_class", self.command.name.used_at()));
        self.last("worker_class").unwrap_or_else(|| Value::Known(default()))
    }

    /// The number that decides `setting`, counted in `symbol`; `default` where nobody sets it.
    fn count(&self, setting: &str, symbol: &str, default: impl Fn() -> Count) -> Count {
        // What is wrong with the numbers of the command lines is said by `check_all`.
        let mut said = Vec::new();
        let mut on_line = |given| self.command.given(given, setting, symbol, &mut said);
        let given = on_line(&self.line).or_else(|| on_line(&self.variable));
        let in_file = || match &self.file {
            File::Absent => None,
            File::Unread(value) => {
                let rest = value.missing()?;
                Some(Count::new(named(&rest.value, symbol), rest.trail.clone()))
            }
            File::Read(file) => file.count(setting, symbol, &default),
        };
        given.or_else(in_file).unwrap_or_else(&default)
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
            File::Read(file) => file.text(setting),
        }
    }

    /// Where the flag `setting` is set.
    pub(super) fn flag(&self, setting: &str) -> Option<Trail> {
        let on_line = self.line.flag(setting).or_else(|| self.variable.flag(setting));
        on_line.map(|option| option.name.trail()).or_else(|| match &self.file {
            File::Read(file) => file.flag(setting),
            File::Absent | File::Unread(_) => None,
        })
    }

    /// Whether its configuration file closes in each worker what was opened before.
    pub(super) fn disposes(&self) -> bool {
        matches!(&self.file, File::Read(file) if file.disposes(self.command))
    }

    /// `-e`: those of the command line in place of those of the variable, those in place of the file's.
    pub(super) fn raw_environment(&self) -> Vec<Text> {
        let given = |given: &Given| given.all("raw_env").filter_map(Value::known).cloned().collect();
        let in_file = match &self.file {
            File::Read(file) => file.texts("raw_env"),
            File::Absent | File::Unread(_) => Vec::new(),
        };
        let all: [Vec<Text>; 3] = [given(&self.line), given(&self.variable), in_file];
        all.into_iter().find(|texts| !texts.is_empty()).unwrap_or_default()
    }

    /// The application: the first positional, else `wsgi_app` of the configuration file.
    pub(super) fn application(&self) -> Option<Value> {
        self.line.positionals.first().cloned().or_else(|| self.last("wsgi_app"))
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

/// The configuration file at `location`: a path, `file:path` or `python:module`.
fn configured(command: &Command<'_>, location: &Text) -> File {
    let entry = match location.strip_prefix("python:") {
        Some(module) => Entry::Module { module, attribute: None },
        None => Entry::Script { path: location.strip_prefix("file:").unwrap_or_else(|| location.clone()) },
    };
    let Some(names) = command.names(&entry) else {
        let why = format!("gunicorn's configuration file {} is not there", entry.target());
        return File::Unread(Value::unknown(location, why));
    };
    File::Read(Box::new(ConfigFile::new(names, command)))
}

impl Settings<'_> {
    /// What stands in `setting` as `--print-config` would print it, `None` where it is not known.
    #[cfg(test)]
    pub(super) fn printed(&mut self, setting: &str, default: &str) -> Option<String> {
        let default_count = || self.command.default(default.parse().unwrap(), "gunicorn");
        let count = |count: Count| count.value.number().map(|n| n.to_string());
        match setting {
            "workers" => count(self.workers()),
            "preload_app" => Some(if self.flag(setting).is_some() { "True" } else { "False" }.to_owned()),
            "worker_class" => match self.last(setting) {
                None => Some(default.to_owned()),
                Some(value) => value.as_str().map(str::to_owned),
            },
            _ => count(self.count(setting, setting, default_count)),
        }
    }

    /// Why gunicorn would not start, as the first problem says it.
    #[cfg(test)]
    pub(super) fn refusal(&self) -> Option<String> {
        let spoken =
            self.line.refusals.iter().chain(&self.variable.refusals).map(|refusal| refusal.message.clone());
        let refusing = self.problems.iter().filter(|problem| !problem.kind.is_ignored());
        spoken.chain(refusing.map(|problem| problem.message.clone())).next()
    }
}
