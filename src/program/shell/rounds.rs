//! Loops: followed round by round where it is known how they go on, else as if they went round some number of times.

use std::rc::Rc;

use super::state::{Binding, Flow, State, Status};
use super::{Event, MAX_ROUNDS, Mode, Shell, Value};
use crate::syntax::shell::ast::{Arithmetic, Statement, Word};
use crate::trace::Text;

impl Shell<'_, '_> {
    pub(super) fn for_each(
        &self,
        name: &str,
        words: Option<&[Word]>,
        body: &[Statement],
        text: &Text,
        mut state: State,
    ) -> Vec<State> {
        let values = match words {
            Some(words) => self.fields(words, &mut state),
            None => state.arguments.to_vec(),
        };
        if values.len() > MAX_ROUNDS || values.iter().any(Value::is_anything) {
            let unknown = Value::unknown(text, "the loop goes round an unknown number of times");
            let before = state.clone();
            state.set(name, Binding::Value(unknown));
            return self.some_rounds(body, text, &before, state);
        }
        let mut states = vec![state];
        for value in values {
            let mut next = Vec::new();
            for mut state in states {
                if state.flow != Flow::Next {
                    next.push(state);
                    continue;
                }
                state.set(name, Binding::Value(value.clone()));
                next.extend(self.block(body, state).into_iter().map(continued));
            }
            states = self.distinct(next, text);
        }
        states.into_iter().map(left).collect()
    }

    /// A loop of which it is not known how often it goes round: not at all, or with what it changes unknown.
    fn some_rounds(&self, body: &[Statement], text: &Text, before: &State, mut inner: State) -> Vec<State> {
        let mut states = vec![before.clone()];
        inner.repeated = true;
        for mut after in self.block(body, inner) {
            after.forget_changes(before, text, "changes in a loop");
            after.repeated = before.repeated;
            states.push(left(continued(after)));
        }
        states
    }

    pub(super) fn count(
        &self,
        head: &[Option<Arithmetic>; 3],
        body: &[Statement],
        text: &Text,
        mut state: State,
    ) -> Vec<State> {
        let [first, condition, step] = head;
        if let Some(first) = first {
            self.holds(first, &mut state);
        }
        let mut states = vec![state];
        let mut done = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let mut next = Vec::new();
            for mut state in states {
                match condition.as_ref().map_or(Some(true), |condition| self.holds(condition, &mut state)) {
                    _ if state.flow != Flow::Next => done.push(left(state)),
                    Some(false) => done.push(state),
                    None => done.extend(self.some_rounds(body, text, &state.clone(), state)),
                    Some(true) => next.extend(self.block(body, state).into_iter().map(continued)),
                }
            }
            for state in &mut next {
                if let (Flow::Next, Some(step)) = (state.flow, step) {
                    self.holds(step, state);
                }
            }
            states = self.distinct(next, text);
            if states.is_empty() {
                return done;
            }
        }
        for mut state in states {
            Self::lose(&mut state, text, "the loop goes round more often than is followed");
            done.push(state);
        }
        done
    }

    pub(super) fn rounds(
        &self,
        condition: &[Statement],
        body: &[Statement],
        until: bool,
        text: &Text,
        state: State,
    ) -> Vec<State> {
        let (mut done, mut states) = (Vec::new(), vec![state]);
        for _ in 0..MAX_ROUNDS {
            let mut next = Vec::new();
            for state in states.into_iter().flat_map(|state| self.block(condition, state)) {
                let ended = if until { state.status.inverted() } else { state.status };
                match ended {
                    _ if state.flow != Flow::Next => done.push(left(state)),
                    Status::Failure => done.push(state.ending(Status::Success)),
                    Status::Unknown => done.extend(self.some_rounds(body, text, &state.clone(), state)),
                    Status::Success => {
                        for after in self.block(body, state.clone()).into_iter().map(continued) {
                            match after.flow {
                                Flow::Next if after.has_values_of(&state) => {
                                    done.push(endless(after, &state));
                                }
                                Flow::Next => next.push(after),
                                _ => done.push(left(after)),
                            }
                        }
                    }
                }
            }
            states = self.distinct(next, text);
            if states.is_empty() {
                return self.distinct(done, text);
            }
        }
        for mut state in states {
            Self::lose(&mut state, text, "the loop goes round more often than is followed");
            done.push(state);
        }
        self.distinct(done, text)
    }
}

/// At the end of a round: `continue` has done its work.
fn continued(mut state: State) -> State {
    state.flow = match state.flow {
        Flow::Continue(0 | 1) => Flow::Next,
        Flow::Continue(n) => Flow::Continue(n - 1),
        other => other,
    };
    state
}

/// Behind a loop: `break` has done its work.
fn left(mut state: State) -> State {
    state.flow = match state.flow {
        Flow::Break(0 | 1) => Flow::Next,
        Flow::Break(n) => Flow::Break(n - 1),
        other => other,
    };
    state
}

/// A round that changes nothing goes on for ever: what it starts beside itself, it starts without end, and what it
/// waits for comes again.
fn endless(mut after: State, before: &State) -> State {
    for event in after.events.iter_mut().skip(before.events.len()) {
        if let Event::Call(call) = Rc::make_mut(event) {
            call.repeated |= call.mode == Mode::Background;
            call.endless = true;
        }
    }
    after
}
