//! `make target`: the recipes of the target and of what it needs, line by line, each run by a shell (GNU make 4.3).

mod expand;

use std::cell::Cell;
use std::collections::HashMap;

use super::Launcher;
use super::alternatives::{Path, Step, product};
use crate::program::Value;
use crate::program::command::variable;
use crate::program::shell::{Call, Mode, starts_nothing};
use crate::source::TreePath;
use crate::syntax::makefile::{self, Assignment, Item, What};
use crate::trace::Text;
use expand::escaped;

/// Options that take a word.
const VALUED: [&str; 8] = ["-C", "--directory", "-f", "--file", "--makefile", "-I", "-o", "-W"];
/// How deep variables and prerequisites may refer to one another.
const MAX_DEPTH: usize = 24;
/// Lines that one call may run.
const MAX_LINES: usize = 256;

/// What `make` runs; `None` where `call` is another program.
pub(super) fn read(launcher: &Launcher<'_, '_>, call: &Call, base: &str, depth: usize) -> Option<Vec<Path>> {
    if !matches!(base, "make" | "gmake") {
        return None;
    }
    let call = &call.as_caller();
    let mut maker = Maker::new(launcher, call);
    let goals = match maker.arguments() {
        Ok(goals) => goals,
        Err(step) => return Some(vec![vec![*step]]),
    };
    for goal in goals {
        maker.make(&goal, 0);
    }
    let environment = maker.environment();
    let mut paths = vec![Path::new()];
    for (line, at) in &maker.lines {
        let quiet = line.missing().is_some() && maker.passes(line);
        if quiet {
            continue;
        }
        let implied = |word: &str| Value::Known(Text::traced(word, at.trail()));
        let inner = Call {
            words: vec![implied("sh"), implied("-c"), line.clone()],
            environment: environment.clone(),
            working_dir: maker.folder.clone(),
            mode: if call.mode == Mode::Replaces { Mode::Foreground } else { call.mode },
            repeated: call.repeated,
            endless: call.endless,
            written: call.written.clone(),
            input: None,
            development: call.development.clone(),
            callers: call.callers.clone(),
        };
        paths = product(&paths, &launcher.resolve(&inner, depth + 1));
    }
    for step in maker.unknown {
        for path in &mut paths {
            path.push(step.clone());
        }
    }
    Some(paths)
}

/// A variable of make.
#[derive(Clone)]
struct Variable {
    value: Text,
    /// Why the value is not known: a conditional decides.
    unsure: bool,
}

struct Maker<'m, 'w, 'a> {
    launcher: &'m Launcher<'w, 'a>,
    call: &'m Call,
    folder: String,
    items: Vec<Item>,
    variables: HashMap<String, Variable>,
    /// Those of the command line, which no makefile changes.
    fixed: Vec<String>,
    exported: Vec<String>,
    exports_all: bool,
    made: Vec<String>,
    /// Lines to run, each with its place.
    lines: Vec<(Value, Text)>,
    unknown: Vec<Step>,
    replaced: Cell<usize>,
}

impl<'m, 'w, 'a> Maker<'m, 'w, 'a> {
    fn new(launcher: &'m Launcher<'w, 'a>, call: &'m Call) -> Self {
        let make = Variable { value: Text::traced("make", call.words[0].trail()), unsure: false };
        Self {
            launcher,
            call,
            folder: call.working_dir.clone(),
            items: Vec::new(),
            variables: HashMap::from([("MAKE".to_owned(), make)]),
            fixed: Vec::new(),
            exported: Vec::new(),
            exports_all: false,
            made: Vec::new(),
            lines: Vec::new(),
            unknown: Vec::new(),
            replaced: Cell::new(0),
        }
    }

    /// Reads the words of the call and the makefile; gives the goals.
    fn arguments(&mut self) -> Result<Vec<Text>, Box<Step>> {
        let (mut goals, mut file) = (Vec::new(), None);
        let mut words = self.call.words.iter().skip(1);
        while let Some(word) = words.next() {
            let Value::Known(text) = word else {
                return Err(Box::new(Step::unknown(
                    format!("what make is asked for is not known: {}", word.why()),
                    word.trail(),
                )));
            };
            let string = text.as_str();
            if VALUED.contains(&string) {
                let Some(Value::Known(value)) = words.next() else { continue };
                match string {
                    "-C" | "--directory" => {
                        self.folder = TreePath::new(&self.folder).join(value.as_str()).to_string();
                    }
                    "-f" | "--file" | "--makefile" => file = Some(value.clone()),
                    _ => {}
                }
            } else if string.starts_with('-') {
                // `-j4`, `-s`, `--silent`.
            } else if let Some((name, value)) = text.split_once('=') {
                self.fixed.push(name.as_str().to_owned());
                self.exported.push(name.as_str().to_owned());
                self.variables.insert(name.as_str().to_owned(), Variable { value, unsure: false });
            } else {
                goals.push(text.clone());
            }
        }
        self.load(file.as_ref())?;
        if goals.is_empty() {
            goals.extend(self.first_target());
        }
        Ok(goals)
    }

    fn load(&mut self, named: Option<&Text>) -> Result<(), Box<Step>> {
        let at = self.call.words[0].beginning();
        let files =
            named.map_or_else(|| vec!["GNUmakefile", "makefile", "Makefile"], |file| vec![file.as_str()]);
        let found = files.iter().find_map(|name| self.launcher.world.locate(&self.folder, name));
        let Some(found) = found else {
            let why = "the makefile that this is made by is not among these files";
            return Err(Box::new(Step::unknown(why, named.unwrap_or(at).trail())));
        };
        self.include(&found, 0).map_err(|why| Box::new(Step::unknown(why, at.trail())))
    }

    fn include(&mut self, path: &TreePath, depth: usize) -> Result<(), String> {
        self.launcher.world.note(path);
        let file = self.launcher.world.sources.load(path).map_err(|error| error.to_string())?;
        for item in makefile::read(&file) {
            match &item.what {
                What::Include(files) if depth < MAX_DEPTH => {
                    let files = self.expand(files, None, 0);
                    for name in files.beginning().as_str().split_whitespace() {
                        if let Some(found) = self.launcher.world.locate(&self.folder, name) {
                            self.include(&found, depth + 1)?;
                        }
                    }
                }
                What::Assignment(assignment) => self.assign(assignment, item.conditional),
                What::Export(names) if names.is_empty() => self.exports_all = true,
                What::Export(names) => {
                    self.exported.extend(names.as_str().split_whitespace().map(str::to_owned));
                }
                What::Include(_) | What::Rule { .. } => {}
            }
            self.items.push(item);
        }
        Ok(())
    }

    fn assign(&mut self, assignment: &Assignment, conditional: bool) {
        let name = assignment.name.as_str().to_owned();
        if assignment.exported {
            self.exported.push(name.clone());
        }
        if self.fixed.contains(&name) {
            return;
        }
        let there = self.variables.get(&name).cloned();
        let set_outside = there.is_some() || variable(&self.call.environment, &name).is_some();
        let mut value = assignment.value.clone();
        match assignment.sign.as_str() {
            "?=" if set_outside => return,
            "+=" => {
                if let Some(before) = &there {
                    let mut whole = before.value.clone();
                    whole.push(&Text::traced(" ", value.trail()));
                    whole.push(&value);
                    value = whole;
                }
            }
            // What follows `!=` is run now: as `$(…)` a shell will run it where it is used.
            "!=" => {
                let mut whole = Text::traced("$$(", value.trail());
                whole.push(&value);
                whole.push(&Text::traced(")", value.trail()));
                value = whole;
            }
            sign if sign.starts_with(':') => {
                if let Value::Known(now) = self.expand(&value, None, 0) {
                    value = escaped(&now);
                }
            }
            _ => {}
        }
        // Inside a conditional it may or may not happen.
        let unsure = conditional || there.is_some_and(|there| there.unsure && assignment.sign == "+=");
        self.variables.insert(name, Variable { value, unsure });
    }

    fn first_target(&self) -> Option<Text> {
        self.items.iter().find_map(|item| match &item.what {
            What::Rule { targets, variable: None, .. } => {
                let first = targets.as_str().split_whitespace().next()?;
                (!first.starts_with('.') && !first.contains('%')).then(|| targets.slice_of(first))
            }
            _ => None,
        })
    }

    /// Makes `goal`: what it needs first, then its own lines.
    fn make(&mut self, goal: &Text, depth: usize) {
        if self.made.iter().any(|made| made == goal.as_str()) || depth > MAX_DEPTH {
            return;
        }
        self.made.push(goal.as_str().to_owned());
        let items = self.items.clone();
        let mut found = false;
        let mut own = None;
        for item in &items {
            let What::Rule { targets, prerequisites, recipe, variable } = &item.what else { continue };
            let targets = self.expand(targets, None, 0);
            if !targets.beginning().as_str().split_whitespace().any(|target| target == goal.as_str()) {
                continue;
            }
            found = true;
            if item.conditional && !recipe.is_empty() {
                self.unknown.push(Step::unknown(
                    "a conditional of the makefile decides what this runs",
                    goal.trail(),
                ));
            }
            if let Some(variable) = variable {
                self.assign(variable, item.conditional);
            }
            let needed = self.expand(prerequisites, Some(goal), 0);
            let needed = needed.beginning().clone();
            for name in needed.as_str().split_whitespace().filter(|name| *name != "|") {
                let name = needed.slice_of(name);
                if self.has_rule(&name) {
                    self.make(&name, depth + 1);
                }
            }
            if !recipe.is_empty() {
                own = Some(recipe.clone());
            }
        }
        if !found {
            self.unknown.push(Step::unknown(format!("no rule of the makefile makes {goal}"), goal.trail()));
        }
        if let Some(recipe) = own {
            self.run(&recipe, goal);
        }
    }

    fn has_rule(&self, name: &Text) -> bool {
        let names = |item: &Item| match &item.what {
            What::Rule { targets, .. } => {
                targets.as_str().split_whitespace().any(|target| target == name.as_str())
            }
            _ => false,
        };
        self.items.iter().any(names)
    }

    fn run(&mut self, recipe: &[Text], goal: &Text) {
        let one_shell = self
            .items
            .iter()
            .any(|item| matches!(&item.what, What::Rule { targets, .. } if targets.as_str() == ".ONESHELL"));
        let mut whole: Option<Value> = None;
        for line in recipe {
            if self.lines.len() >= MAX_LINES {
                self.unknown.push(Step::unknown("make runs more lines than are followed", line.trail()));
                return;
            }
            let mut line = line.slice_of(line.as_str().trim_start());
            line = line.slice_of(line.as_str().trim_start_matches(['@', '-', '+', ' ']));
            let expanded = self.expand(&line, Some(goal), 0);
            if !one_shell {
                self.lines.push((expanded, line));
                continue;
            }
            match &mut whole {
                Some(whole) => {
                    whole.push(&Value::Known(Text::traced("\n", line.trail())));
                    whole.push(&expanded);
                }
                None => whole = Some(expanded),
            }
        }
        self.lines.extend(whole.map(|whole| (whole, goal.clone())));
    }

    /// Whether a line of which only the beginning is known starts a program that ends.
    fn passes(&self, line: &Value) -> bool {
        let first = line.beginning().as_str().split_whitespace().next().unwrap_or_default();
        let name = Text::traced(first, line.trail());
        self.launcher.wanted.is_empty()
            && (matches!(first, "echo" | "printf") || starts_nothing(&[Value::Known(name)]))
    }
}
