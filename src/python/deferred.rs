//! What runs after the entry was imported: functions that the framework calls at the start, then those that it may
//! call at any time, any number of times.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::source::Span;

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::{Code, Machine};
use super::names::Place;
use super::outline::{Function, Import};
use super::reach::Reach;
use super::value::{FunctionId, Value};

/// What one function that is served may spend.
const ROOT_STEPS: u64 = 100_000;

impl<'a> Machine<'a> {
    /// Runs what is called once when the process starts.
    pub(super) fn start(&mut self) {
        self.start_objects();
        let mut started: Vec<Value> = Vec::new();
        while let Some(function) = self.at_start.pop() {
            if started.iter().any(|known| known.is_same(&function)) || started.len() > 256 {
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
        let mut reach = Reach::new(self.program);
        let mut waiting = Waiting::default();
        let mut called: HashSet<FunctionId> = HashSet::new();
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
            match waiting.take(&reach) {
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
    fn call_escaped(&mut self, called: &mut HashSet<FunctionId>) {
        while let Some(function) = self.escaped.pop() {
            let (Value::Function(id) | Value::Method(_, id)) = function else { continue };
            let may_make =
                self.function_key(id).is_none_or(|(module, at)| self.makers.may_make_at(module, at));
            if called.insert(id) && may_make {
                self.call_any_number_of_times(&function, id);
            }
        }
    }

    /// A function of the outline that was not run yet.
    fn call_place(&mut self, place: Place, reach: &Reach<'a>, called: &mut HashSet<FunctionId>) {
        let Some(function) = reach.function(place) else { return };
        let Some(namespace) = self.modules.get(place.0).copied().flatten() else { return };
        let values: Vec<Value> = match &function.class {
            None => self.heap.get(namespace, &function.name).cloned().into_iter().collect(),
            Some(class) => self.methods(namespace, class, &function.name),
        };
        if values.is_empty() {
            self.import_all(place.0, &function.body.imports);
        }
        for value in values.into_iter().flat_map(Value::into_alternatives) {
            let (Value::Function(id) | Value::Method(_, id)) = value else { continue };
            let has_run = self.function_key(id).is_some_and(|key| self.ran.contains(&key));
            if !has_run && called.insert(id) {
                self.call_any_number_of_times(&value, id);
            }
        }
    }

    /// The method of every known instance of a class, of a new one where there is none.
    fn methods(&mut self, namespace: ObjectId, class: &Key, name: &Key) -> Vec<Value> {
        let Some(Value::Object(class)) = self.heap.get(namespace, class).cloned() else { return Vec::new() };
        let Some(Value::Function(id)) = self.heap.get(class, name).cloned() else { return Vec::new() };
        let known = {
            let heap = &self.heap;
            heap.instances(|of| of == class || self.line(of).contains(&class))
        };
        if known.is_empty() {
            return vec![Value::Method(self.heap.create(Kind::Instance { class }), id)];
        }
        known.into_iter().map(|instance| Value::Method(instance, id)).collect()
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
struct Waiting {
    /// Each with whether it mentions its own name.
    places: VecDeque<(Place, bool)>,
    /// How many of them mention a name.
    mentions: HashMap<Key, usize>,
}

impl Waiting {
    fn push(&mut self, place: Place, function: &Function) {
        let names = names_in(function);
        self.places.push_back((place, names.contains(&function.name)));
        for name in names {
            *self.mentions.entry(name).or_default() += 1;
        }
    }

    /// The one that no other mentions: run first, it calls the others with the arguments they have in life.
    fn take(&mut self, reach: &Reach<'_>) -> Option<Place> {
        let is_free = |(place, mentions_itself): &(Place, bool)| {
            reach.function(*place).is_none_or(|function| {
                let own = usize::from(*mentions_itself);
                self.mentions.get(&function.name).is_none_or(|count| *count <= own)
            })
        };
        let index = self.places.iter().position(is_free).unwrap_or(0);
        let (place, _) = self.places.remove(index)?;
        for name in reach.function(place).into_iter().flat_map(names_in) {
            if let Some(count) = self.mentions.get_mut(&name) {
                *count -= 1;
            }
        }
        Some(place)
    }
}

fn names_in(function: &Function) -> HashSet<Key> {
    function.body.mentions.iter().map(|mention| mention.last().clone()).collect()
}
