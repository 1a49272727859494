//! Statements: what each may make of a state.

use std::rc::Rc;

use super::pattern::Glob;
use super::state::{Binding, Flow, Function, State, Status, inside, set_in};
use super::{Event, MAX_CALLS, MAX_EVENTS, Shell, Value};
use crate::platform::Unread;
use crate::syntax::shell::ast::{Assigned, Assignment, Block, Command, Join, Redirect, Statement, Word};
use crate::trace::Text;

impl Shell<'_, '_> {
    /// The states that `block` may leave.
    pub(super) fn block(&self, block: &[Statement], state: State) -> Vec<State> {
        let mut states = vec![state];
        for statement in block {
            let mut next = Vec::new();
            for state in states {
                match state.flow {
                    Flow::Next => next.extend(self.statement(statement, state)),
                    _ => next.push(state),
                }
            }
            states = self.distinct(next, &statement.text);
            if states.iter().all(|state| state.flow != Flow::Next) {
                break;
            }
        }
        states
    }

    fn statement(&self, statement: &Statement, mut state: State) -> Vec<State> {
        if !self.world.spend(1 + state.events.len() / 8) {
            if state.flow == Flow::Next && state.events.len() <= MAX_EVENTS {
                Self::lose(&mut state, &statement.text, "the script has more statements than are followed");
            }
            state.flow = Flow::Exit;
            return vec![state];
        }
        if !statement.background {
            return self.command(&statement.command, &statement.text, state);
        }
        let mut inner = state.clone();
        inner.background = true;
        let run = self.command(&statement.command, &statement.text, inner);
        inside(&state, run).into_iter().map(|state| state.ending(Status::Success)).collect()
    }

    /// Records that something happens at `place` that cannot be known.
    pub(super) fn lose(state: &mut State, place: &Text, why: &str) {
        state.events.push(Rc::new(Event::Unknown(Unread::new(why.to_owned(), place.trail()))));
    }

    fn command(&self, command: &Command, text: &Text, mut state: State) -> Vec<State> {
        match command {
            Command::Simple { assignments, words, input, output } => {
                let outer = state.input.clone();
                if let Some(word) = input {
                    state.input = Some(self.single(word, &mut state));
                    state.own_input.clone_from(&state.input);
                }
                let mut states = match output {
                    Some(redirect) => self.run_into(redirect, assignments, words, text, state),
                    None => self.simple(assignments, words, text, state),
                };
                for state in &mut states {
                    state.own_input = None;
                    state.input.clone_from(&outer);
                }
                states
            }
            Command::Redirections => vec![state.ending(Status::Unknown)],
            Command::Test(words) => {
                state.status = self.brackets(words, &mut state);
                vec![state]
            }
            Command::Arithmetic(expression) => {
                state.status = status_of(self.holds(expression, &mut state));
                vec![state]
            }
            Command::List(first, rest) => self.list(first, rest, state),
            Command::Pipeline(stages) => self.pipeline(stages, &state),
            Command::Not(inner) => {
                let mut states = self.statement(inner, state);
                for state in &mut states {
                    state.status = state.status.inverted();
                }
                states
            }
            Command::Group(block) => self.block(block, state),
            Command::Subshell(block) => inside(&state, self.block(block, state.clone())),
            Command::If(branches, otherwise) => self.branches(branches, otherwise, state),
            Command::Case(value, items) => self.case(value, items, state),
            Command::For(name, words, body) => self.for_each(name, words.as_deref(), body, text, state),
            Command::Count(head, body) => self.count(head, body, text, state),
            Command::While(condition, body, until) => self.rounds(condition, body, *until, text, state),
            Command::Function(name, body) => {
                Rc::make_mut(&mut state.functions).insert(name.clone(), Function(body.clone()));
                state.status = Status::Success;
                vec![state]
            }
            Command::Unreadable => {
                Self::lose(&mut state, text, "this part of the script cannot be parsed");
                state.status = Status::Unknown;
                vec![state]
            }
        }
    }

    /// A command whose output becomes a file.
    fn run_into(
        &self,
        redirect: &Redirect,
        assignments: &[Assignment],
        words: &[Word],
        text: &Text,
        mut state: State,
    ) -> Vec<State> {
        let heard = state.output.replace(Value::Known(text.slice(0..0)));
        let before = state.events.len();
        let mut states = self.simple(assignments, words, text, state);
        for state in &mut states {
            let printed = std::mem::replace(&mut state.output, heard.clone());
            // What a program that keeps running prints is a log, which nobody reads.
            if state.events.len() == before && !words.is_empty() {
                let nothing = || Value::unknown(text, "what stands in this file is not known");
                self.note_output(redirect, printed.unwrap_or_else(nothing), state);
            }
        }
        states
    }

    fn simple(
        &self,
        assignments: &[Assignment],
        words: &[Word],
        text: &Text,
        mut state: State,
    ) -> Vec<State> {
        let values = self.fields(words, &mut state);
        if state.flow != Flow::Next {
            return vec![state];
        }
        let Some(first) = values.first() else {
            state.status = Status::Success;
            for assignment in assignments {
                self.assign(assignment, &mut state);
            }
            return vec![state];
        };
        let Some(name) = first.as_str() else {
            let why = format!("the command itself is not known: {}", first.why());
            Self::lose(&mut state, first.beginning(), &why);
            state.status = Status::Unknown;
            return vec![state];
        };
        if let Some(function) = state.functions.get(name).cloned() {
            return self.invoke(&function, &values, text, state);
        }
        let mut environment = state.environment();
        for assignment in assignments {
            match &assignment.value {
                Assigned::Word(word) => {
                    let value = self.single(word, &mut state);
                    set_in(&mut environment, &assignment.name, &value);
                }
                // Only a declaration has both words and arrays.
                Assigned::Array(_) => self.assign(assignment, &mut state),
            }
        }
        self.run(values, environment, text, state)
    }

    fn assign(&self, assignment: &Assignment, state: &mut State) {
        let before = || state.get(&assignment.name, &Text::traced("", state.name.trail()));
        let binding = match &assignment.value {
            Assigned::Word(word) => {
                let mut value = match (assignment.append, before()) {
                    (true, Binding::Value(value)) => Some(value),
                    _ => None,
                };
                let added = self.single(word, state);
                if added.missing().is_some() {
                    state.status = Status::Unknown;
                }
                match &mut value {
                    Some(value) => value.push(&added),
                    None => value = Some(added.clone()),
                }
                Binding::Value(value.unwrap_or(added))
            }
            Assigned::Array(words) => {
                let mut values = match (assignment.append, before()) {
                    (true, Binding::Array(values)) => values,
                    (true, Binding::Value(value)) => vec![value],
                    _ => Vec::new(),
                };
                values.extend(self.fields(words, state));
                Binding::Array(values)
            }
        };
        state.set(&assignment.name, binding);
    }

    fn invoke(&self, function: &Function, values: &[Value], text: &Text, mut state: State) -> Vec<State> {
        if state.calls >= MAX_CALLS {
            Self::lose(&mut state, text, "functions call one another deeper than is followed");
            state.flow = Flow::Exit;
            return vec![state];
        }
        let outer = (state.arguments.clone(), state.calls);
        state.arguments = Rc::new(values.get(1..).unwrap_or_default().to_vec());
        state.calls += 1;
        let back = |mut state: State| {
            (state.arguments, state.calls) = outer.clone();
            if state.flow == Flow::Return {
                state.flow = Flow::Next;
            }
            state
        };
        self.statement(&function.0, state).into_iter().map(back).collect()
    }

    fn list(&self, first: &Statement, rest: &[(Join, Statement)], state: State) -> Vec<State> {
        let mut states = self.statement(first, state);
        for (join, statement) in rest {
            let mut next = Vec::new();
            for mut state in states {
                let goes_on = match (join, state.status) {
                    _ if state.flow != Flow::Next => Some(false),
                    (_, Status::Unknown) => None,
                    (Join::And, ended) => Some(ended == Status::Success),
                    (Join::Or, ended) => Some(ended == Status::Failure),
                };
                if goes_on != Some(true) {
                    let mut stays = state.clone();
                    if goes_on.is_none() {
                        stays.status = if *join == Join::And { Status::Failure } else { Status::Success };
                    }
                    next.push(stays);
                }
                if goes_on != Some(false) {
                    state.status = Status::Unknown;
                    next.extend(self.statement(statement, state));
                }
            }
            states = if next.len() > super::MAX_PATHS { self.distinct(next, &statement.text) } else { next };
        }
        states
    }

    /// Each stage is a subshell; what one prints the next reads.
    fn pipeline(&self, stages: &[Statement], state: &State) -> Vec<State> {
        let mut going = vec![state.clone()];
        let Some((last, before)) = stages.split_last() else { return going };
        for stage in before {
            let mut next = Vec::new();
            for state in going {
                let mut inner = state.clone();
                inner.background = true;
                inner.output = Some(Value::Known(stage.text.slice(0..0)));
                for after in self.statement(stage, inner) {
                    let mut piped = state.clone();
                    (piped.events, piped.input) = (after.events, after.output);
                    next.push(piped);
                }
            }
            going = self.distinct(next, &stage.text);
        }
        let ended = going.into_iter().flat_map(|state| self.statement(last, state)).collect();
        inside(state, ended)
    }

    fn branches(&self, branches: &[(Block, Block)], otherwise: &[Statement], state: State) -> Vec<State> {
        let (mut done, mut undecided) = (Vec::new(), vec![state]);
        for (condition, body) in branches {
            let mut next = Vec::new();
            for state in undecided.into_iter().flat_map(|state| self.block(condition, state)) {
                match state.status {
                    _ if state.flow != Flow::Next => done.push(state),
                    Status::Success => done.extend(self.block(body, state)),
                    Status::Failure => next.push(state),
                    Status::Unknown => {
                        let mut otherwise = state.clone();
                        Self::limit(condition, false, &mut otherwise);
                        next.push(otherwise);
                        let mut state = state;
                        Self::limit(condition, true, &mut state);
                        done.extend(self.block(body, state));
                    }
                }
            }
            undecided = next;
        }
        for mut state in undecided {
            state.status = Status::Success;
            done.extend(self.block(otherwise, state));
        }
        done
    }

    fn case(&self, value: &Word, items: &[(Vec<Word>, Block)], mut state: State) -> Vec<State> {
        let value = self.single(value, &mut state);
        let (mut done, mut open) = (Vec::new(), Some(state));
        for (patterns, body) in items {
            let Some(state) = &mut open else { break };
            let matches = |pattern: &Word| {
                let pattern = self.single(pattern, state);
                match (pattern.as_str(), value.as_str()) {
                    (Some("*"), _) => Some(true),
                    (Some(pattern), Some(value)) => Some(Glob::new(pattern).matches(value)),
                    _ => None,
                }
            };
            let outcomes: Vec<Option<bool>> = patterns.iter().map(matches).collect();
            if outcomes.contains(&Some(true)) {
                done.extend(open.take().into_iter().flat_map(|state| self.block(body, state)));
            } else if outcomes.contains(&None) {
                done.extend(self.block(body, state.clone()));
            }
        }
        done.extend(open);
        done
    }
}

fn status_of(truth: Option<bool>) -> Status {
    match truth {
        Some(true) => Status::Success,
        Some(false) => Status::Failure,
        None => Status::Unknown,
    }
}

impl Status {
    pub(super) fn inverted(self) -> Self {
        match self {
            Self::Success => Self::Failure,
            Self::Failure => Self::Success,
            Self::Unknown => Self::Unknown,
        }
    }
}
