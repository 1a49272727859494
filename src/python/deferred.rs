//! What runs after the entry was imported: functions that the framework calls at the start, then those that it may
//! call at any time, any number of times.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::source::Span;

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::hooks::When;
use super::machine::{Code, Machine};
use super::names::Place;
use super::outline::{Function, Import, Mention};
use super::reach::Reach;
use super::value::{FunctionId, Value};

/// What one function that is served may spend.
const ROOT_STEPS: u64 = 100_000;

impl<'a> Machine<'a> {
    /// Runs what is called once when the process starts.
    pub(super) fn start(&mut self) {
        self.early.end();
        self.start_objects();
        let mut started: Vec<Value> = Vec::new();
        while let Some(function) = self.at_start.pop() {
            if started.iter().any(|known| known.is_same(&function)) || started.len() > 256 {
                continue;
            }
            if let Value::Function(id) = function
                && (self.has_run_command(id) || self.is_passed_over(id))
            {
                self.leave_out(&function);
                continue;
            }
            started.push(function.clone());
            let id = match &function {
                Value::Function(id) | Value::Method(_, id) => Some(*id),
                _ => None,
            };
            if let Some(span) = id.and_then(|id| self.function_place(id)) {
                self.call(function, Arguments::default(), span);
            }
        }
    }

    /// Runs every function that something served may call and that may make a pool, each twice: a pool that is made
    /// the second time as well is made at every call.
    pub(super) fn serve(&mut self) {
        let mut reach = Reach::new(self.program, self.role);
        let mut waiting = Waiting::default();
        let mut called: FxHashSet<FunctionId> = FxHashSet::default();
        let mut entered = 0;
        loop {
            loop {
                while let Some(&module) = self.imported.get(entered) {
                    entered += 1;
                    if let Some(unit) = self.program.units.get(module) {
                        self.watch_spawns(module, &unit.outline.top);
                    }
                    reach.enter(module);
                }
                let Some(place) = reach.next() else { break };
                let Some(function) = reach.function(place) else { continue };
                self.watch_spawns(place.0, &function.body);
                // What may make a pool is run, and imports what it imports then.
                if self.makers.may_make(place.0, function) {
                    waiting.push(place, function);
                } else {
                    self.import_all(place.0, &function.body.imports);
                }
            }
            self.start();
            self.call_escaped(&mut called);
            match waiting.take() {
                Some(next) => self.call_place(next, &reach, &mut called),
                None if self.imported.len() == entered => return,
                None => {}
            }
            if self.is_exhausted() {
                return;
            }
        }
    }

    /// Functions that were handed to something outside the tree.
    fn call_escaped(&mut self, called: &mut FxHashSet<FunctionId>) {
        while let Some(function) = self.escaped.pop() {
            let (Value::Function(id) | Value::Method(_, id)) = function else { continue };
            let may_make = self
                .function_key(id)
                .is_none_or(|(module, at)| self.makers.may_make_at(self.program, module, at));
            if called.insert(id) && may_make {
                self.call_any_number_of_times(&function, id);
            }
        }
    }

    /// A function of the outline that was not run yet.
    fn call_place(&mut self, place: Place, reach: &Reach<'a>, called: &mut FxHashSet<FunctionId>) {
        let Some(function) = reach.function(place) else { return };
        let Some(namespace) = self.modules.get(place.0).copied().flatten() else { return };
        let value = match &function.class {
            None => self.heap.get(namespace, &function.name).cloned(),
            Some(class) => self.bound_method(namespace, class, &function.name),
        };
        if value.is_none() {
            self.import_all(place.0, &function.body.imports);
        }
        for value in value.into_iter().flat_map(Value::into_alternatives) {
            let (Value::Function(id) | Value::Method(_, id)) = value else { continue };
            let has_run = self.function_key(id).is_some_and(|key| self.ran.contains(&key));
            if !has_run && reach.when(place) == When::AtStart {
                self.at_start.push(value);
            } else if !has_run && called.insert(id) {
                self.call_any_number_of_times(&value, id);
            }
        }
    }

    /// The method of an instance of a class: of the first one that is known, of a new one where there is none.
    fn bound_method(&mut self, namespace: ObjectId, class: &Key, name: &Key) -> Option<Value> {
        let Some(Value::Object(class)) = self.heap.get(namespace, class).cloned() else { return None };
        let Some(Value::Function(id)) = self.heap.get(class, name).cloned() else { return None };
        let known = self.heap.first_instance(class);
        let instance = known.unwrap_or_else(|| self.heap.create(Kind::Instance { class }));
        Some(Value::Method(instance, id))
    }

    fn call_any_number_of_times(&mut self, function: &Value, id: FunctionId) {
        let Some(place) = self.function_place(id) else { return };
        self.is_serving = true;
        self.within(ROOT_STEPS, |machine| {
            machine.repeatedly(place, |machine| {
                machine.call(function.clone(), Arguments::default(), place);
            });
            if machine.is_exhausted() {
                machine.unknown_pools("it does too much to be followed to its end", place);
            }
        });
        self.is_serving = false;
    }

    fn import_all(&mut self, module: usize, imports: &[Import]) {
        let program = self.program;
        let Some(unit) = program.units.get(module) else { return };
        for import in imports {
            let Some(name) = unit.absolute(import) else { continue };
            let Some(span) = unit.module.as_ref().map(|module| module.file.at(0..0)) else { continue };
            self.import(&name, span);
            for (taken, _) in import.names.iter().flatten() {
                let submodule = format!("{name}.{taken}");
                if program.index(&submodule).is_some() {
                    self.import(&submodule, span);
                }
            }
        }
    }

    /// Nothing outside the tree calls this function in this process; where the program calls it itself, it runs.
    pub(super) fn leave_out(&mut self, function: &Value) {
        if let Value::Function(id) | Value::Method(_, id) = function
            && let Some(key) = self.function_key(*id)
        {
            self.ran.insert(key);
        }
    }

    /// The name of a function, where it is defined.
    fn function_place(&self, id: FunctionId) -> Option<Span> {
        let function = self.functions.get(id.0)?;
        let module = self.program.units.get(function.module)?.module.as_ref()?;
        Some(match function.code {
            Code::Def(def) => module.span(&def.name),
            Code::Lambda(lambda) => module.span(lambda),
        })
    }

    pub(super) fn function_key(&self, id: FunctionId) -> Option<(usize, u32)> {
        let function = self.functions.get(id.0)?;
        match function.code {
            Code::Def(def) => Some((function.module, def.range.start().to_u32())),
            Code::Lambda(lambda) => Some((function.module, lambda.range.start().to_u32())),
        }
    }
}

/// Functions that are reached, may make a pool and were not run yet.
#[derive(Default)]
struct Waiting<'a> {
    /// All of them in the order in which they came, each with whether it mentions its own name; `None` once it was taken.
    places: Vec<Option<(Place, &'a Function, bool)>>,
    /// How many of them mention a name.
    mentions: FxHashMap<&'a Key, usize>,
    /// Those of each name.
    by_name: FxHashMap<&'a Key, Vec<usize>>,
    /// Those that no other mentions.
    free: BTreeSet<usize>,
    /// All before this one were taken.
    first: usize,
}

impl<'a> Waiting<'a> {
    fn push(&mut self, place: Place, function: &'a Function) {
        let names = names_in(function);
        self.by_name.entry(&function.name).or_default().push(self.places.len());
        self.places.push(Some((place, function, names.contains(&function.name))));
        for name in names {
            *self.mentions.entry(name).or_default() += 1;
            self.look_again(name);
        }
        self.look_again(&function.name);
    }

    /// The one that no other mentions: run first, it calls the others with the arguments they have in life.
    fn take(&mut self) -> Option<Place> {
        while self.places.get(self.first).is_some_and(Option::is_none) {
            self.first += 1;
        }
        let index = self.free.first().copied().unwrap_or(self.first);
        let (place, function, _) = self.places.get_mut(index)?.take()?;
        self.free.remove(&index);
        for name in names_in(function) {
            if let Some(count) = self.mentions.get_mut(name) {
                *count -= 1;
            }
            self.look_again(name);
        }
        Some(place)
    }

    /// Says again which of the functions called `name` no other mentions.
    fn look_again(&mut self, name: &Key) {
        let count = self.mentions.get(name).copied().unwrap_or(0);
        // One mention may be the function's own; with more it is not free, and was not before.
        if count > 2 {
            return;
        }
        for &index in self.by_name.get(name).into_iter().flatten() {
            let Some((_, _, mentions_itself)) = self.places[index] else { continue };
            if count <= usize::from(mentions_itself) {
                self.free.insert(index)
            } else {
                self.free.remove(&index)
            };
        }
    }
}

fn names_in(function: &Function) -> BTreeSet<&Key> {
    function.body.mentions.iter().map(Mention::last).collect()
}
