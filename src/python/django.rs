//! Django's settings, as a process finds them: by `DJANGO_SETTINGS_MODULE`, by `settings.configure(…)`, or as a class
//! of django-configurations. What they mean for connections is not known here.

use crate::source::Span;
use crate::trace::{Bound, Count, Problem, ProblemKind, Text, Traced, Trail};

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId, REST};
use super::machine::{Frame, Machine};
use super::search::{join, parent};
use super::value::{Gap, Outside, Value};

/// The variable that names the settings module.
const MODULE: &str = "DJANGO_SETTINGS_MODULE";
/// The variable that names the class in it (django-configurations).
const CLASS: &str = "DJANGO_CONFIGURATION";

/// The keys of a dictionary with their values, and why there may be more of them.
pub(crate) type Entries = (Vec<(Key, Value)>, Option<Gap>);

/// The settings of a process.
pub(crate) enum Settings {
    /// Nothing names them.
    Unset,
    /// What names them is not known.
    Unknown(Gap),
    /// The module is not among the files.
    Missing(Text),
    /// Each that they may be.
    Found(Vec<Value>),
}

impl Machine<'_> {
    /// Where one of `names`, or something inside it, was first imported from outside the tree.
    pub(crate) fn imported_from(&self, names: &[&str]) -> Option<Span> {
        let is_meant = |(name, _): &&(String, Span)| {
            names.iter().any(|wanted| {
                name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        self.outside_imports.iter().find(is_meant).map(|(_, span)| *span)
    }

    /// Django's settings. A module that was not loaded with the program is asked for, to be there the next time.
    pub(crate) fn django_settings(&mut self, span: Span) -> Settings {
        if let Some(configured) = &self.configured {
            return Settings::Found(vec![configured.clone()]);
        }
        let key = Value::text(Text::decoded(MODULE, span));
        let named = self.variable(&key, Some(Value::Absent), span);
        let mut found = Vec::new();
        let mut missing = None;
        for one in named.into_alternatives() {
            match one {
                Value::Absent | Value::None(_) => {}
                Value::Text(name) if name.is_empty() => {}
                Value::Text(name) => match self.settings_module(&name, span) {
                    Some(settings) => found.push(settings),
                    None => missing = Some(name),
                },
                other => return Settings::Unknown(Gap::of(&other, span)),
            }
        }
        match (found.is_empty(), missing) {
            (false, _) => Settings::Found(found),
            (true, Some(name)) => Settings::Missing(name),
            (true, None) => Settings::Unset,
        }
    }

    fn settings_module(&mut self, name: &Text, span: Span) -> Option<Value> {
        let module = name.as_str();
        if self.program.index(module).is_none() {
            self.wanted.push(module.to_owned());
            return None;
        }
        let module = self.import(module, name.span().unwrap_or(span));
        let key = Value::text(Text::decoded(CLASS, span));
        match self.variable(&key, Some(Value::Absent), span) {
            Value::Text(class) if self.imported_from(&["configurations"]).is_some() => {
                let class = self.attribute(module, &Key::new(class.as_str()), span);
                match class {
                    Value::Object(class) if self.heap.class(class).is_some() => {
                        Some(self.instantiate(class, Arguments::default(), span))
                    }
                    _ => None,
                }
            }
            _ => Some(module),
        }
    }

    /// The setting `name`; `None` where it is not set.
    pub(crate) fn setting_of(&mut self, settings: &Value, name: &str, span: Span) -> Option<Value> {
        let Value::Object(object) = settings else { return None };
        match self.heap.kind(*object) {
            Kind::Instance { class } => {
                self.class_value(*class, name)?;
                self.attribute(settings.clone(), &Key::new(name), span).present()
            }
            _ => self.heap.get(*object, name).cloned().and_then(Value::present),
        }
    }

    /// `django.conf.settings.NAME`, where the settings are known.
    pub(super) fn django_setting(&mut self, outside: &Outside, name: &str, span: Span) -> Option<Value> {
        let is_settings = matches!(&*outside.name, "django.conf.settings");
        if !is_settings || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let Settings::Found(all) = self.django_settings(span) else { return None };
        let values = all.iter().filter_map(|settings| self.setting_of(settings, name, span));
        let values: Vec<Value> = values.collect();
        values.into_iter().reduce(Value::join)
    }

    /// Whether the process was started with its settings module, for want of a module of its own: `django-admin`.
    pub(crate) fn runs_settings(&self) -> bool {
        let named = self.heap.get(self.environment, MODULE).and_then(Value::as_text);
        let entry = self.program.units.first();
        named.zip(entry).is_some_and(|(named, entry)| named.as_str() == entry.name)
    }

    /// A variable of the process.
    pub(crate) fn process_variable(&self, name: &str) -> Option<Value> {
        self.heap.get(self.environment, name).cloned().and_then(Value::present)
    }

    /// Notes that something is refused by what reads it.
    pub(crate) fn refuse(&mut self, kind: ProblemKind, at: Span, message: &str) {
        let path = self.search.path_of(at);
        let problem = Problem::at(kind, &path, at, message.to_owned());
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The keys of a dictionary, and what else may be among them; `None` where it is no dictionary.
    pub(crate) fn entries(&self, value: &Value) -> Option<Entries> {
        let Value::Object(object) = value else { return None };
        if !matches!(self.heap.kind(*object), Kind::Dict) {
            return None;
        }
        let slots = self.heap.slots(*object);
        let known = slots.iter().filter(|(key, _)| **key != REST);
        let known = known.map(|(key, value)| (key.clone(), value.clone())).collect();
        let rest = match slots.get(&REST) {
            Some(Value::Unknown(gap)) => Some(gap.clone()),
            _ => None,
        };
        Some((known, rest))
    }

    /// The values of a list that are strings.
    pub(crate) fn texts(&self, value: &Value) -> Vec<Text> {
        let Value::Object(object) = value else { return Vec::new() };
        let all = self.heap.slots(*object).values().cloned().flat_map(Value::into_alternatives);
        all.filter_map(|one| one.as_text().cloned()).collect()
    }

    /// A pool that something outside the tree makes for the process.
    pub(crate) fn keep_pool(&mut self, pool: crate::pool::Pool, place: Span) {
        self.ledger.add(pool, place, "");
    }

    /// Whether any file of the tree imports a library that makes pools and names what makes them. Where none does, it
    /// makes no difference which modules are imported.
    pub(crate) fn may_make_pools(&self) -> bool {
        *self.program.mentions_libraries.get_or_init(|| {
            let files = self.search.python_files();
            files
                .iter()
                .any(|path| self.search.load(path).is_ok_and(|file| self.libraries.are_in(&file.text)))
        })
    }

    /// Imports the module `name` if the tree has it; it is asked for where it was not loaded with the program.
    pub(crate) fn import_named(&mut self, name: &str, span: Span) {
        if self.program.index(name).is_some() {
            self.import(name, span);
        } else if self.program.was_sought(name) {
            // Not part of the tree.
        } else {
            self.wanted.push(name.to_owned());
        }
    }

    /// What a module of the tree imports, by the statements in it.
    pub(crate) fn imports_of(&self, name: &str) -> Option<Vec<String>> {
        let unit = self.program.units.get(self.program.index(name)?)?;
        Some(unit.outline.imports().filter_map(|import| unit.absolute(import)).collect())
    }

    /// How many worker processes the setting `by` says there are.
    pub(crate) fn set_workers(&mut self, by: &'static str, workers: Count) {
        self.workers.retain(|(known, _)| *known != by);
        self.workers.push((by, workers));
    }

    /// As many as there are CPUs, at `span`.
    pub(crate) fn one_per_cpu(&self, span: Span) -> Count {
        self.cpus.counted(Some(span))
    }

    /// Calls a function of Django's or of its settings helpers; `None` where it is none of theirs.
    pub(super) fn django_function(&mut self, name: &str, arguments: &Arguments, span: Span) -> Option<Value> {
        match name {
            "django.conf.settings.configure" => {
                let settings = self.heap.create(Kind::Dict);
                let default = arguments.get(Some(0), "default_settings");
                let mut all = arguments.keywords.clone();
                if let Some(Value::Object(module)) = default {
                    let given =
                        self.heap.slots(module).iter().map(|(key, value)| (key.clone(), value.clone()));
                    all = given.chain(all).collect();
                }
                for (key, value) in all {
                    self.heap.set(settings, key, value);
                }
                if let Some(gap) = &arguments.rest {
                    self.heap.set(settings, Key::new_static("DATABASES"), Value::Unknown(gap.clone()));
                }
                self.configured = Some(Value::Object(settings));
                Some(Value::None(Trail::written(span)))
            }
            "django.urls.include" | "django.conf.urls.include" => {
                if let Some(Value::Text(module)) = arguments.positional.first() {
                    self.import_named(module.as_str(), span);
                }
                None
            }
            "split_settings.tools.optional" => arguments.positional.first().cloned(),
            "split_settings.tools.include" => {
                self.include(arguments, span);
                Some(Value::None(Trail::written(span)))
            }
            _ => None,
        }
    }

    /// `include("components/*.py", optional("local.py"))`: runs files as if they stood in the calling module.
    fn include(&mut self, arguments: &Arguments, span: Span) {
        let scopes = self.frames.iter().rev().map(|frame| frame.scope);
        let scope = scopes.into_iter().find(|scope| matches!(self.heap.kind(*scope), Kind::Module(_)));
        let unit = self.program.units.get(self.unit());
        let (Some(scope), Some(unit)) = (scope, unit) else { return };
        let folder = parent(&unit.found.inside);
        let package = unit.name.rsplit_once('.').map_or("", |(package, _)| package).to_owned();
        for pattern in &arguments.positional {
            let Value::Text(pattern) = pattern else {
                self.unknown_pools("which settings are included is not known", span);
                continue;
            };
            for inside in self.search.matching(&join(&folder, pattern.as_str())) {
                // A name that no import statement can spell; its package is the one that relative imports start at.
                let name = format!("{package}.{}", inside.replace('.', ":"));
                match self.program.index(&name) {
                    Some(index) => self.run_in(index, scope),
                    None => self.wanted_files.push((name, inside)),
                }
            }
        }
    }

    /// Runs the statements of a file with the names of another module.
    fn run_in(&mut self, index: usize, scope: ObjectId) {
        if self.modules.get(index).copied().flatten().is_some() {
            return;
        }
        if let Some(slot) = self.modules.get_mut(index) {
            *slot = Some(scope);
            self.imported.push(index);
        }
        let program = self.program;
        let Some(module) = program.units.get(index).and_then(|unit| unit.module.as_ref()) else { return };
        let frame = Frame {
            scope,
            parent: None,
            module: index,
            function: None,
            globals: Vec::new(),
            returned: Vec::new(),
            yielded: Vec::new(),
        };
        // `exec` leaves `__file__` as it is: that of the including module.
        self.as_module(|machine| machine.in_frame(frame, |machine| machine.block(&module.body)));
    }
}

/// A number of the settings as a count of `symbol`.
pub(crate) fn count_of(value: &Value, symbol: &str, span: Span) -> Count {
    match value {
        Value::Int(number) => match u64::try_from(number.value) {
            Ok(count) => Traced::new(Bound::Exactly(count), number.trail.clone()),
            Err(_) => Traced::new(Bound::unknown(symbol, "it is negative"), number.trail.clone()),
        },
        Value::Counted(count) => count.clone(),
        other => {
            let gap = Gap::of(other, span);
            Traced::new(Bound::unknown(symbol, gap.why), gap.trail)
        }
    }
}
