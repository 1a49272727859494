//! gunicorn's configuration file: Python that is run for its names, each of which gunicorn validates when it loads the
//! file, whether or not the command line says otherwise (config.py and app/base.py of 27.0.1).

use crate::program::Value;
use crate::program::arguments::{Action, Kind, OptionTable};
use crate::program::command::{Command, larger, named, not_known};
use crate::python::{Names, Plain};
use crate::source::Span;
use crate::trace::{Bound, Count, FlawKind, Problem, ProblemKind, Text, Traced, python_int_by_prefix};

/// A configuration file that was run.
pub(super) struct ConfigFile {
    names: Names,
    /// Its first line.
    start: Text,
}

/// Settings whose value gunicorn takes only as a string, or None (`validate_string`, `validate_class`).
const STRINGS: [&str; 6] = ["config", "worker_class", "wsgi_app", "pythonpath", "proc_name", "chdir"];

impl ConfigFile {
    /// The file whose names are `names`.
    pub(super) fn new(names: Names, command: &Command<'_>) -> Self {
        let file = command.world.sources.file(names.place.file);
        Self { start: Text::verbatim(&file, names.place.range()), names }
    }

    /// Why gunicorn does not start with this file: the first thing that its validators refuse.
    pub(super) fn refused(&self, table: &OptionTable, command: &Command<'_>) -> Option<Problem> {
        let whole_file = |message: &str| {
            let message = format!("{} does not start: {message}", command.name);
            command.problem(ProblemKind::RefusedArgument, &self.start, message)
        };
        if let Some(broken) = &self.names.broken {
            let at = broken.span.unwrap_or(self.names.place);
            let message =
                format!("{} does not start: its configuration file has {}", command.name, broken.message);
            return Some(Problem::at(ProblemKind::RefusedArgument, &broken.file, at, message));
        }
        if self.names.raises {
            return whole_file("its configuration file ends in an exception");
        }
        let refused = |(name, all): (&String, &Vec<Plain>)| {
            let [only] = all.as_slice() else { return None };
            let switch = table.options.iter().find(|switch| switch.setting == *name)?;
            let why = match (only, switch.kind, switch.action) {
                (Plain::Module, ..) => Some("Not a string: a module".to_owned()),
                (_, Kind::Int, _) => whole(only).err().flatten(),
                (_, _, Action::Flag) => flag(only).err(),
                _ if STRINGS.contains(&name.as_str()) => string(only).err(),
                _ if name == "raw_env" => strings(only).err(),
                _ => None,
            }?;
            let message = format!("{} does not start: {name} in its configuration file: {why}", command.name);
            let at = only.place().map_or_else(|| self.start.clone(), |span| Text::decoded("", span));
            command.problem(ProblemKind::RefusedArgument, &at, message)
        };
        self.names.values.iter().find_map(refused)
    }

    /// Names that are no settings and were meant for one: gunicorn's are in lower case, and `preload_app` is one of them.
    /// Where the setting is there as well, such a name is a constant of the file's own.
    pub(super) fn ignored(&self, table: &OptionTable, command: &Command<'_>) -> Vec<Problem> {
        let is_setting = |name: &str| table.options.iter().any(|switch| switch.setting == name);
        let ignored = |(name, all): (&String, &Vec<Plain>)| {
            let meant = match name.to_ascii_lowercase().as_str() {
                "preload" => "preload_app".to_owned(),
                "worker" => "workers".to_owned(),
                lower => lower.to_owned(),
            };
            if is_setting(name) || !is_setting(&meant) || self.names.values.contains_key(&meant) {
                return None;
            }
            let at = Text::decoded("", all.first()?.place()?);
            let message = format!("gunicorn has no setting {name}: this does nothing");
            let problem = command.problem(ProblemKind::IgnoredGunicornKey, &at, message)?;
            Some(problem.help(format!("the setting is {meant}")))
        };
        self.names.values.iter().filter_map(ignored).collect()
    }

    /// Whether `post_fork` or `post_worker_init` is there and something of the file closes what is open: a pool's
    /// `dispose`, `close`, `closeall`.
    pub(super) fn disposes(&self, command: &Command<'_>) -> bool {
        let has_hook =
            ["post_fork", "post_worker_init"].iter().any(|hook| self.names.values.contains_key(*hook));
        let text = &command.world.sources.file(self.names.place.file).text;
        has_hook && ["dispose", "close"].iter().any(|word| text.contains(word))
    }

    /// Its first line.
    pub(super) fn place(&self) -> Span {
        self.names.place
    }

    /// What was met on the way.
    pub(super) fn problems(&self) -> &[Problem] {
        &self.names.problems
    }

    /// Every value that `setting` may have; none where the file does not set it.
    fn all(&self, setting: &str) -> &[Plain] {
        self.names.values.get(setting).map_or(&[], Vec::as_slice)
    }

    /// The number that it gives `setting`, counted in `symbol`; `default` stands where a branch sets none.
    pub(super) fn count(&self, setting: &str, symbol: &str, default: impl Fn() -> Count) -> Option<Count> {
        let one = |value: &Plain| match whole(value) {
            Ok(Some(count)) => Count::new(named(&count.value, symbol), count.trail),
            Ok(None) => default(),
            Err(why) => {
                let why = why.unwrap_or_else(|| "it is not a number".to_owned());
                let place = value.place().map(|span| Text::decoded("", span));
                let unknown = not_known(place.as_ref().unwrap_or(&self.start), why);
                Count::new(named(&unknown.value, symbol), unknown.trail)
            }
        };
        self.all(setting).iter().map(one).reduce(|all, other| larger(all, &other))
    }

    /// The string that it gives `setting`.
    pub(super) fn text(&self, setting: &str) -> Option<Value> {
        let unsure = |why: &str| Some(Value::unknown(&self.start, why));
        match self.all(setting) {
            [] => None,
            [only] => match only {
                Plain::Text(text) => Some(Value::Known(text.trim())),
                Plain::Class(names, at) => {
                    let name = names.first()?;
                    let text = at.map_or_else(
                        || Text::traced(name.as_str(), self.start.trail()),
                        |span| Text::decoded(name.as_str(), span),
                    );
                    Some(Value::Known(text))
                }
                Plain::Unknown(gap) => {
                    let rest = Traced::new(
                        Bound::Unknown(crate::trace::Unknown { floor: 0, term: None, why: gap.why.clone() }),
                        gap.trail.clone(),
                    );
                    Some(Value::Partly { prefix: self.start.slice(0..0), rest })
                }
                Plain::Nothing(_) | Plain::Absent => None,
                _ => unsure("it is no string"),
            },
            _ => unsure("it may be one of several"),
        }
    }

    /// Where it turns `setting` on, in a branch at least.
    pub(super) fn flag(&self, setting: &str) -> Option<crate::trace::Trail> {
        self.all(setting).iter().find_map(|value| match (flag(value), value) {
            (Ok(true), Plain::Flag(on)) => Some(on.trail.clone()),
            (Ok(true), other) => Some(Text::decoded("", other.place()?).trail()),
            _ => None,
        })
    }

    /// The strings of the list that it gives `setting`.
    pub(super) fn texts(&self, setting: &str) -> Vec<Text> {
        let text = |value: &Plain| match value {
            Plain::Text(text) => vec![text.clone()],
            Plain::List(items) => items
                .iter()
                .filter_map(|item| match item {
                    Plain::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        self.all(setting).iter().flat_map(text).collect()
    }
}

/// `validate_pos_int`: the count, nothing where the name is not bound, or why not. A value that is not known may be good.
fn whole(value: &Plain) -> Result<Option<Count>, Option<String>> {
    let not_a_string = || Err(Some("int() can't convert non-string with explicit base".to_owned()));
    let positive = |number: i64, trail: &crate::trace::Trail| match u64::try_from(number) {
        Ok(count) => Ok(Some(Traced::new(Bound::Exactly(count), trail.clone()))),
        Err(_) => Err(Some(format!("Value must be positive: {number}"))),
    };
    match value {
        Plain::Absent => Ok(None),
        Plain::Whole(number) => positive(number.value, &number.trail),
        Plain::Flag(flag) => positive(i64::from(flag.value), &flag.trail),
        Plain::Counted(count) => Ok(Some(count.clone())),
        Plain::Text(text) => match python_int_by_prefix(text.as_str()) {
            Ok(number) => positive(number, &text.trail()),
            Err(FlawKind::TooLarge) => Err(Some("it is too large for a count".to_owned())),
            Err(_) => Err(Some(format!("invalid literal for int() with base 0: '{text}'"))),
        },
        Plain::Unknown(gap) => {
            let why = gap.why.clone();
            let bound = Bound::Unknown(crate::trace::Unknown { floor: 0, term: None, why });
            Ok(Some(Traced::new(bound, gap.trail.clone())))
        }
        Plain::Nothing(_)
        | Plain::Fraction(_)
        | Plain::List(_)
        | Plain::Class(..)
        | Plain::Module
        | Plain::Other => not_a_string(),
    }
}

/// `validate_bool`.
fn flag(value: &Plain) -> Result<bool, String> {
    match value {
        Plain::Flag(flag) => Ok(flag.value),
        Plain::Text(text) => match text.as_str().trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!("Invalid boolean: {text}")),
        },
        Plain::Nothing(_) | Plain::Absent | Plain::Unknown(_) => Ok(false),
        Plain::Whole(number) => Err(format!("Invalid type for casting: {}", number.value)),
        Plain::List(items) if items.is_empty() => Err("Invalid type for casting: []".to_owned()),
        _ => Err("Invalid type for casting".to_owned()),
    }
}

/// `validate_string`, and `validate_class` for what is no class.
fn string(value: &Plain) -> Result<(), String> {
    match value {
        Plain::Whole(number) => Err(format!("Not a string: {}", number.value)),
        Plain::Flag(flag) => Err(format!("Not a string: {}", if flag.value { "True" } else { "False" })),
        Plain::Fraction(_) | Plain::List(_) => Err("Not a string".to_owned()),
        _ => Ok(()),
    }
}

/// `validate_list_string`.
fn strings(value: &Plain) -> Result<(), String> {
    match value {
        Plain::List(items) => items.iter().try_for_each(string),
        _ => Ok(()),
    }
}
