//! Running the functions of the tree: their parameters, what they return and remember, and how far they are followed.

use crate::source::Span;
use crate::syntax::python::ast;
use crate::trace::Trail;

use super::call::Arguments;
use super::heap::{Kind, ObjectId, REST};
use super::machine::{Binding, Code, Flow, Frame, Function, Machine};
use super::value::{FunctionId, Value};

/// The same function this often inside itself is a recursion that is not followed.
const MAX_RECURSION: usize = 6;
/// Functions that make no pool are followed this deep in one another.
const MAX_IDLE: usize = 12;
/// How the reason begins why an argument is not known that nobody gave.
const OF_THE_CALL: &str = "the argument `";
/// What a call of such a function may spend.
const IDLE_STEPS: u64 = 20_000;

impl<'a> Machine<'a> {
    /// Runs a function of the tree.
    pub(super) fn call_function(
        &mut self,
        id: FunctionId,
        receiver: Option<Value>,
        arguments: Arguments,
        span: Span,
    ) -> Value {
        let is_running = self.frames.iter().filter(|frame| frame.function == Some(id)).count();
        let Some(function) = self.functions.get(id.0).cloned().filter(|_| is_running < MAX_RECURSION) else {
            return Value::unknown("it calls itself", span);
        };
        // What differs from call to call is remembered for each of its values: that keeps no engine from being made.
        let remembers = function.is_cached && !arguments.values().any(is_of_the_call);
        let remembered = remembers.then(|| (id, render(receiver.as_ref(), &arguments)));
        if let Some(known) = remembered.as_ref().and_then(|key| self.remembered.get(key)) {
            return known.clone();
        }
        let offset = match function.code {
            Code::Def(def) => def.range.start().to_u32(),
            Code::Lambda(lambda) => lambda.range.start().to_u32(),
        };
        let before = self.ledger.mark();
        let is_idle = !self.makers.may_make_at(self.program, function.module, offset);
        let seen = self.is_serving.then(|| (id, self.outline_of(receiver.as_ref(), &arguments)));
        if let Some(known) = seen.as_ref().and_then(|key| self.fruitless.get(key)) {
            return known.clone();
        }
        let value = if is_idle {
            self.run_idle(&function, id, receiver, arguments, span)
        } else {
            self.run_function(&function, id, receiver, arguments, span)
        };
        if let Some(key) = remembered {
            self.remembered.insert(key, value.clone());
        }
        if let Some(key) = seen.filter(|_| self.ledger.mark() == before) {
            self.fruitless.insert(key, value.clone());
        }
        value
    }

    /// A function that makes no pool matters for what it returns alone, so it is followed as long as that is cheap.
    fn run_idle(
        &mut self,
        function: &Function<'a>,
        id: FunctionId,
        receiver: Option<Value>,
        arguments: Arguments,
        span: Span,
    ) -> Value {
        if self.idle >= MAX_IDLE {
            return Value::unknown("it is not followed that deep", span);
        }
        let steps = if self.idle == 0 { IDLE_STEPS } else { u64::MAX };
        self.idle += 1;
        let (value, is_cut) = self.within(steps, |machine| {
            let value = machine.run_function(function, id, receiver, arguments, span);
            (value, machine.is_exhausted())
        });
        self.idle -= 1;
        if is_cut { Value::unknown("it does too much to be followed to its end", span) } else { value }
    }

    fn run_function(
        &mut self,
        function: &Function<'a>,
        id: FunctionId,
        receiver: Option<Value>,
        arguments: Arguments,
        span: Span,
    ) -> Value {
        let scope = self.heap.create(Kind::Scope { parent: function.scope });
        let frame = Frame {
            scope,
            parent: Some(function.scope),
            module: function.module,
            function: Some(id),
            globals: Vec::new(),
            returned: Vec::new(),
            yielded: Vec::new(),
        };
        let receiver = if function.binding == Binding::Static { None } else { receiver };
        match function.code {
            Code::Lambda(lambda) => {
                self.bind_parameters(scope, lambda.parameters.as_deref(), id, receiver, arguments, span);
                self.in_frame(frame, |machine| machine.evaluate(&lambda.body)).0
            }
            Code::Def(def) => {
                self.ran.insert((function.module, def.range.start().to_u32()));
                self.bind_parameters(scope, Some(&def.parameters), id, receiver, arguments, span);
                let program = self.program;
                let unit = program.units.get(function.module).and_then(|unit| unit.module.as_ref());
                let body = unit.map_or(&[] as &[_], |module| module.body_of(def));
                let (flow, frame) = self.in_frame(frame, |machine| machine.block(body));
                result(flow, frame, span)
            }
        }
    }

    /// The arguments as far as they can make a difference to which pools are made: of objects, only their class.
    fn outline_of(&self, receiver: Option<&Value>, arguments: &Arguments) -> String {
        let plain = |value: &Value| match value {
            Value::Object(object) => match self.heap.kind(*object) {
                Kind::Instance { class } => Value::Object(*class),
                _ => value.clone(),
            },
            Value::Unknown(_) => Value::Absent,
            other => other.clone(),
        };
        let keywords = arguments.keywords.iter().map(|(key, value)| (key.clone(), plain(value))).collect();
        let positional = arguments.positional.iter().map(plain).collect();
        let rest = arguments.rest.clone();
        render(receiver.map(plain).as_ref(), &Arguments { positional, keywords, rest })
    }

    fn bind_parameters(
        &mut self,
        scope: ObjectId,
        parameters: Option<&'a ast::Parameters>,
        id: FunctionId,
        receiver: Option<Value>,
        arguments: Arguments,
        span: Span,
    ) {
        let Some(parameters) = parameters else { return };
        let Arguments { positional, mut keywords, rest } = arguments;
        let mut positional = receiver.into_iter().chain(positional);
        let by_place =
            parameters.posonlyargs.iter().chain(&parameters.args).map(|parameter| (parameter, true));
        let all = by_place.chain(parameters.kwonlyargs.iter().map(|parameter| (parameter, false)));
        for (parameter, takes_place) in all {
            let name = &parameter.parameter.name.id;
            let placed = if takes_place { positional.next() } else { None };
            let keyword =
                keywords.iter().position(|(key, _)| key == name).map(|index| keywords.remove(index).1);
            let default = || {
                let function = self.functions.get(id.0)?;
                function.defaults.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            };
            let value = match placed.or(keyword) {
                Some(value) if value.may_be_absent() => match (value.present(), default()) {
                    (Some(value), Some(default)) => value.join(default),
                    (value, default) => value.or(default).unwrap_or(Value::Absent),
                },
                Some(value) => value,
                None => match &rest {
                    Some(gap) => Value::Unknown(gap.clone()),
                    None => default().unwrap_or_else(|| {
                        Value::unknown(format!("{OF_THE_CALL}{name}` is not known"), span)
                    }),
                },
            };
            self.heap.set(scope, name.clone(), value);
        }
        if let Some(variadic) = &parameters.vararg {
            let list = self.heap.list(positional);
            self.heap.set(scope, variadic.name.id.clone(), Value::Object(list));
        }
        if let Some(variadic) = &parameters.kwarg {
            let dict = self.heap.create(Kind::Dict);
            for (key, value) in keywords {
                self.heap.set(dict, key, value);
            }
            if let Some(gap) = rest {
                self.heap.set(dict, REST, Value::Unknown(gap));
            }
            self.heap.set(scope, variadic.name.id.clone(), Value::Object(dict));
        }
    }
}

/// Whether the value is what a caller that is not of the tree gave, another one at every call.
fn is_of_the_call(value: &Value) -> bool {
    match value {
        Value::Unknown(gap) => gap.why.starts_with(OF_THE_CALL),
        Value::Either(all) => all.iter().any(is_of_the_call),
        _ => false,
    }
}

/// What a function returns after its body ended with `flow`.
fn result(flow: Flow, frame: Option<Frame>, span: Span) -> Value {
    let Some(Frame { returned, yielded, .. }) = frame else { return Value::Absent };
    if !yielded.is_empty() {
        return yielded.into_iter().reduce(Value::join).unwrap_or(Value::Absent);
    }
    let outcome = returned.into_iter().reduce(Value::join);
    match (flow, outcome) {
        (Flow::Raised | Flow::Returned, Some(value)) => value,
        (Flow::Raised, None) => Value::unknown("it raises an exception", span),
        (_, Some(value)) => value.join(Value::None(Trail::written(span))),
        (_, None) => Value::None(Trail::written(span)),
    }
}

/// The arguments as a key under which a function remembers what it returned.
fn render(receiver: Option<&Value>, arguments: &Arguments) -> String {
    let one = |value: &Value| match value {
        Value::None(_) => "None".to_owned(),
        Value::Bool(traced) => format!("b{}", traced.value),
        Value::Int(traced) => format!("i{}", traced.value),
        Value::Float(traced) => format!("f{}", traced.value),
        Value::Text(text) => format!("t{:?}", text.as_str()),
        Value::Unknown(gap) => format!("?{}@{:?}", gap.why, gap.trail.first()),
        other => format!("{other:?}"),
    };
    let keywords = arguments.keywords.iter().map(|(key, value)| format!("{key}={}", one(value)));
    let all: Vec<String> =
        receiver.into_iter().chain(&arguments.positional).map(one).chain(keywords).collect();
    all.join(",")
}
