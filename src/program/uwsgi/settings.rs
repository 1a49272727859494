//! What uWSGI is told, in the order in which it is told: variables, the command line, and files where they are named.

use std::sync::OnceLock;

use super::count_of;
use super::expand::{self, Magic};
use crate::platform::Unread;
use crate::program::Value;
use crate::program::arguments::{OptionTable, Refusal};
use crate::program::command::{Command, read_at, variable};
use crate::program::getopt::{self, Dialect};
use crate::syntax::uwsgi_ini;
use crate::trace::{Bound, Count, Problem, ProblemKind, Text};

/// Files that name one another, and how many of them are read.
const MAX_FILES: usize = 32;

/// Variables of uWSGI's own that are no options (core/utils.c, `parse_sys_envs`).
const NO_OPTIONS: [&str; 8] = [
    "RELOADS",
    "VASSALS_DIR",
    "EMPEROR_FD",
    "BROODLORD_NUM",
    "EMPEROR_FD_CONFIG",
    "EMPEROR_PROXY",
    "JAIL_PID",
    "ORIGINAL_PROC_NAME",
];

/// Options that load a file of another format.
const FORMATS: [&str; 11] =
    ["yaml", "yml", "json", "js", "xml", "xmlconfig", "config", "sqlite3", "sqlite", "ldap", "zeus"];

/// One option that is set.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// What it sets, the same for all spellings of it.
    pub(super) key: String,
    /// As written.
    pub(super) name: Text,
    /// To what; `None` where a flag or an option stands without a value.
    pub(super) value: Option<Value>,
    /// Whether it may be left out, by a condition that is not known.
    maybe: bool,
}

/// A condition that the following options are under.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logic {
    Holds,
    Fails,
    Unknown,
}

/// Everything that is set, in order.
pub(super) struct Settings<'c> {
    pub(super) command: &'c Command<'c>,
    given: Vec<Setting>,
    /// What uWSGI does not take.
    pub(super) refusals: Vec<Refusal>,
    /// Something that may set anything, and how many settings stand before it.
    open: Option<(Unread, usize)>,
    logic: Option<Logic>,
    /// Files that are read behind everything else.
    inherited: Vec<Value>,
    file: Option<Text>,
    files: usize,
}

fn table() -> &'static OptionTable {
    static TABLE: OnceLock<OptionTable> = OnceLock::new();
    TABLE.get_or_init(|| OptionTable::from_json(include_str!("../options/uwsgi.json")))
}

impl<'c> Settings<'c> {
    /// What `command` sets.
    pub(super) fn read(command: &'c Command<'c>) -> Self {
        let mut settings = Self {
            command,
            given: Vec::new(),
            refusals: Vec::new(),
            open: None,
            logic: None,
            inherited: Vec::new(),
            file: None,
            files: 0,
        };
        settings.environment();
        let given = getopt::parse(table(), command.words, Dialect::Gnu);
        settings.refusals.extend(given.refusals);
        if let Some((word, _)) = &given.unsure {
            let why = format!("options may stand in a word that is not known: {}", word.why());
            settings.leave_open(why, word);
        }
        for option in given.options {
            let switch = table().options.iter().find(|switch| switch.setting == option.setting);
            let long = switch.and_then(|switch| switch.names.first()).map_or("", |name| &name[2..]);
            settings.add(long, &option.name, option.value);
        }
        for word in given.positionals {
            settings.load(&word);
        }
        for file in std::mem::take(&mut settings.inherited) {
            settings.load(&file);
        }
        settings
    }

    /// `UWSGI_PROCESSES` is `processes`. In which order variables stand is not known: where one names a file, either
    /// it or the other variables may be the last to speak.
    fn environment(&mut self) {
        let option = |name: &str| {
            let name = name.strip_prefix("UWSGI_").filter(|name| !NO_OPTIONS.contains(name))?;
            Some(name.to_ascii_lowercase().replace('_', "-"))
        };
        let mut options: Vec<(String, Value)> = Vec::new();
        for (name, value) in self.command.environment.iter() {
            let value = read_at(Value::Known(value.clone()), self.command.name);
            options.extend(option(name).map(|name| (name, value)));
        }
        options.sort_by_key(|(name, _)| name != "ini");
        let files = options.iter().take_while(|(name, _)| name == "ini").count();
        let mut loaded = 0;
        for (index, (name, value)) in options.into_iter().enumerate() {
            if index == files {
                loaded = self.given.len();
            }
            let at = Text::traced(name.as_str(), value.trail());
            self.add(&name, &at, Some(value));
        }
        let again: Vec<Setting> = self.given[..loaded]
            .iter()
            .filter(|early| self.given[loaded..].iter().any(|late| late.key == early.key))
            .map(|early| Setting { maybe: true, ..early.clone() })
            .collect();
        self.given.extend(again);
    }

    fn leave_open(&mut self, why: String, at: &Value) {
        self.open = Some((Unread::new(why, at.trail()), self.given.len()));
    }

    /// One option, as core/config.c takes it (`add_exported_option`).
    fn add(&mut self, option: &str, name: &Text, value: Option<Value>) {
        if matches!(option, "end" | "endif" | "end-if" | "endfor" | "end-for") {
            self.logic = None;
            return;
        }
        if self.logic == Some(Logic::Fails) {
            return;
        }
        let file = value.clone().unwrap_or_else(|| Value::Known(name.slice(0..0)));
        match option {
            "if-env" | "ifenv" => self.logic = Some(self.variable_is(&file, true)),
            "if-not-env" => self.logic = Some(self.variable_is(&file, false)),
            _ if option.starts_with("if") || option == "for" || option.starts_with("for-") => {
                self.logic = Some(Logic::Unknown);
            }
            "ini" | "include" => self.load(&file),
            "inherit" => self.inherited.push(file),
            "set" | "set-placeholder" | "set-ph" => {
                if let Some((name, value)) = file.known().and_then(|text| text.split_once('=')) {
                    self.add(&name.to_string(), &name, Some(Value::Known(value)));
                }
            }
            _ if FORMATS.contains(&option) => {
                self.leave_open(format!("{} may set anything, and it is not read", file.beginning()), &file);
            }
            _ => {
                let switch = table().find(&format!("--{option}"));
                let key = switch.map_or(option, |switch| &switch.setting);
                // Shortcuts that set the number of asynchronous cores (plugins/gevent/gevent.c).
                let key = if matches!(key, "gevent" | "asyncio") { "async" } else { key };
                let maybe = self.logic == Some(Logic::Unknown);
                self.given.push(Setting { key: key.to_owned(), name: name.clone(), value, maybe });
            }
        }
    }

    /// Whether the variable in `NAME` or `NAME=value` is set, or set to that.
    fn variable_is(&self, condition: &Value, wanted: bool) -> Logic {
        let Some(text) = condition.known() else { return Logic::Unknown };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text.clone(), None),
        };
        let holds = match variable(self.command.environment, name.as_str()) {
            None => false,
            Some(Value::Known(found)) => value.is_none_or(|value| value.as_str() == found.as_str()),
            Some(_) => return Logic::Unknown,
        };
        if holds == wanted { Logic::Holds } else { Logic::Fails }
    }

    /// The file that `word` names, with the section behind its colon.
    fn load(&mut self, word: &Value) {
        self.files += 1;
        let Some(text) = word.known().filter(|_| self.files <= MAX_FILES).cloned() else {
            return self.leave_open(format!("which file it reads is not known: {}", word.why()), word);
        };
        let (path, section) = match text.as_str().rfind(':') {
            Some(at) => (text.slice(0..at), text.slice(at + 1..text.len())),
            None => (text.clone(), text.slice(0..0)),
        };
        // `:section` is one of the file that is being read.
        let path = if path.is_empty() { self.file.clone().unwrap_or(path) } else { path };
        let section = if section.is_empty() { "uwsgi" } else { section.as_str() };
        let ending = path.as_str().rsplit('.').next().unwrap_or_default();
        if ending != "ini" {
            if FORMATS.contains(&ending) {
                return self.leave_open(format!("{path} may set anything, and it is not read"), word);
            }
            let message = format!("unable to load configuration from {path}");
            return self.refusals.push(Refusal { message, at: Some(path), number: None });
        }
        let files = self.command.world;
        let Some(found) = files.locate(self.command.working_dir, path.as_str()) else {
            return self.leave_open(format!("{path} is not among these files"), word);
        };
        files.note(&found);
        let file = match files.sources.load(&found) {
            Ok(file) => file,
            Err(error) => return self.leave_open(error.to_string(), word),
        };
        let inside = self.command.folder(path.as_str());
        let magic = Magic::of(&inside);
        let outer = self.file.replace(path);
        for entry in uwsgi_ini::parse(&file).iter().filter(|entry| entry.section == section) {
            let value = read_at(magic.apply(&entry.value), self.command.name);
            self.add(entry.key.as_str(), &entry.key, Some(value));
        }
        self.file = outer;
    }

    /// The settings of `key` in order.
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &Setting> {
        let key = key.to_owned();
        self.given.iter().filter(move |setting| setting.key == key)
    }

    /// The last setting of `key`.
    pub(super) fn last(&self, key: &str) -> Option<&Setting> {
        self.all(key).last()
    }

    /// Whether `key` is set at all.
    pub(super) fn has(&self, key: &str) -> bool {
        self.last(key).is_some()
    }

    /// The string that `setting` gives, where it is known.
    pub(super) fn known(&self, setting: &Setting) -> Option<Text> {
        self.expanded(setting)?.known().cloned()
    }

    /// The last known string of `key`.
    pub(super) fn text(&self, key: &str) -> Option<Text> {
        self.known(self.last(key)?).filter(|text| !text.is_empty())
    }

    pub(super) fn expanded(&self, setting: &Setting) -> Option<Value> {
        let by_name = |name: &str| {
            let found = self.given.iter().find(|setting| setting.name.as_str() == name)?;
            Some(found.value.clone().unwrap_or_else(|| Value::Known(found.name.slice(0..0))))
        };
        Some(expand::value(setting.value.as_ref()?, self.command.environment, &by_name))
    }

    /// How many `key` says, counted in `symbol`; `None` where nothing says it.
    pub(super) fn count(&self, key: &str, symbol: &str, problems: &mut Vec<Problem>) -> Option<Count> {
        let last = self.given.iter().rposition(|setting| setting.key == key && !setting.maybe);
        if let Some((why, before)) = &self.open
            && last.is_none_or(|last| last < *before)
        {
            return Some(Count::new(Bound::unknown(symbol, why.value.clone()), why.trail.clone()));
        }
        let names = table().options.iter().filter(|switch| switch.setting == key);
        let variables = names
            .map(|switch| format!("UWSGI_{}", switch.names[0][2..].to_ascii_uppercase().replace('-', "_")));
        let hidden =
            last.is_none().then(|| variables.filter_map(|name| self.command.environment.unknown(&name)));
        if let Some(count) = hidden.and_then(|mut hidden| hidden.next()) {
            return Some(Count::new(crate::program::command::named(&count.value, symbol), count.trail));
        }
        let mut count: Option<Count> = None;
        for setting in self.given.iter().skip(last.unwrap_or(0)).filter(|setting| setting.key == key) {
            let next = self.number(setting, symbol, problems);
            count = Some(match count.take() {
                Some(before) if setting.maybe => {
                    let trail =
                        if next.value.floor() > before.value.floor() { next.trail } else { before.trail };
                    Count::new(before.value.or(next.value), trail)
                }
                None if setting.maybe => Count::new(Bound::ONE.or(next.value), next.trail),
                _ => next,
            });
        }
        count
    }

    fn number(&self, setting: &Setting, symbol: &str, problems: &mut Vec<Problem>) -> Count {
        // An option that stands without a value is one (`uwsgi_opt_set_int`).
        let Some(value) = self.expanded(setting) else { return Count::new(Bound::ONE, setting.name.trail()) };
        match count_of(&value, symbol) {
            Ok(count) => count,
            Err(text) => {
                let option = setting.name.as_str().trim_start_matches('-');
                let why = format!("invalid value for option \"{option}\": must be > 0");
                let message = format!("{} does not start: {why}", self.command.name);
                problems.extend(self.command.problem(ProblemKind::RefusedArgument, &text, message.clone()));
                Count::new(Bound::unknown(symbol, message), text.trail())
            }
        }
    }

    /// `mule` is one more each time, `mules` several.
    pub(super) fn mules(&self, problems: &mut Vec<Problem>) -> Option<Count> {
        let one = |setting: &Setting| Count::new(Bound::ONE, setting.name.trail());
        let single = self.all("mule").map(one);
        let several: Vec<Count> = self.all("mules").map(|s| self.number(s, "mules", problems)).collect();
        sum(single.chain(several))
    }

    /// Each `spooler` has `spooler-processes` (1).
    pub(super) fn spoolers(&self, problems: &mut Vec<Problem>) -> Option<Count> {
        let folders = sum(self.all("spooler").map(|s| Count::new(Bound::ONE, s.name.trail())))?;
        match self.count("spooler_numproc", "spoolers", problems) {
            Some(each) => Some(Count::new(folders.value * each.value, each.trail)),
            None => Some(folders),
        }
    }
}

/// All of `counts` together, with the way of the first.
fn sum(counts: impl Iterator<Item = Count>) -> Option<Count> {
    counts.reduce(|all, more| Count::new(all.value + more.value, all.trail))
}
