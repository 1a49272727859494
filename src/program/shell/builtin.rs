//! Commands that the shell carries out itself.

use std::rc::Rc;

use super::state::{Binding, Flow, State, Status};
use super::{Event, MAX_CALLS, Mode, Shell, Value};
use crate::platform::{Environment, Unread};
use crate::source::TreePath;
use crate::syntax::dotenv::{self, Dialect};
use crate::trace::Text;

/// Sourced files that set up a Python or Node installation, never an application's settings.
const SET_UP: [&str; 6] = ["bin/activate", "/etc/profile", ".bashrc", ".profile", ".bash_profile", "nvm.sh"];

impl Shell<'_, '_> {
    /// Runs a command of `values` that is no function.
    pub(super) fn run(
        &self,
        values: Vec<Value>,
        environment: Environment,
        text: &Text,
        mut state: State,
    ) -> Vec<State> {
        let name = values.first().and_then(Value::as_str).unwrap_or_default().to_owned();
        let arguments = values.get(1..).unwrap_or_default();
        state.status = Status::Success;
        match name.as_str() {
            ":" | "true" | "wait" | "trap" | "umask" | "ulimit" | "hash" | "alias" | "shopt" | "type" => {}
            "getopts" => {
                let named = arguments.get(1).and_then(Value::as_str).unwrap_or("OPTION").to_owned();
                for name in [named.as_str(), "OPTARG", "OPTIND"] {
                    state.set(
                        name,
                        Binding::Value(Value::unknown(text, format!("{name} is an option of this script"))),
                    );
                }
                state.status = Status::Unknown;
            }
            "let" => return self.evaluate(arguments, text, state),
            "read" if state.own_input.is_some() => Self::read_words(arguments, text, &mut state),
            "false" => state.status = Status::Failure,
            "export" | "declare" | "typeset" | "local" | "readonly" => declare(&name, arguments, &mut state),
            "unset" => {
                for name in arguments.iter().filter_map(Value::as_str).filter(|name| !name.starts_with('-')) {
                    state.set(name, Binding::Unset);
                }
            }
            "set" => set(arguments, &mut state),
            "shift" => {
                let count =
                    arguments.first().and_then(Value::as_str).and_then(|n| n.parse().ok()).unwrap_or(1);
                let rest = state.arguments.get(count..).unwrap_or_default().to_vec();
                state.arguments = Rc::new(rest);
            }
            "cd" | "pushd" => Self::change_folder(arguments, text, &mut state),
            "source" | "." => return self.source(arguments, text, state),
            "eval" => return self.eval(arguments, text, state),
            "exec" => Self::exec(arguments, environment, &mut state),
            "command" | "builtin" if arguments.first().and_then(Value::as_str) == Some("-v") => {
                // Where it is found, it prints the path of a program of that name.
                if let Some(program) = arguments.get(1) {
                    state.print(program);
                }
                state.status = Status::Unknown;
            }
            "command" | "builtin" if !arguments.is_empty() => {
                return self.run(arguments.to_vec(), environment, text, state);
            }
            "exit" => state.flow = Flow::Exit,
            "return" => {
                state.flow = Flow::Return;
                state.status = match arguments.first().map(Value::as_str) {
                    None | Some(None) => Status::Unknown,
                    Some(Some("0")) => Status::Success,
                    Some(Some(_)) => Status::Failure,
                };
            }
            "break" => state.flow = Flow::Break(levels(arguments)),
            "continue" => state.flow = Flow::Continue(levels(arguments)),
            "test" => state.status = self.test(arguments, false, &state.working_dir),
            "read" => {
                for name in arguments.iter().filter_map(Value::as_str).filter(|name| !name.starts_with('-')) {
                    state.set(
                        name,
                        Binding::Value(Value::unknown(text, format!("{name} is read when it runs"))),
                    );
                }
                state.status = Status::Unknown;
            }
            _ => {
                self.note_copies(&name, arguments, &mut state);
                if let Some(known) = self.print_as(&name, arguments, text, &mut state) {
                    state.status = known;
                } else {
                    state.status = Status::Unknown;
                    Self::call(&mut state, values, environment);
                }
            }
        }
        vec![state]
    }

    fn change_folder(arguments: &[Value], text: &Text, state: &mut State) {
        match arguments.iter().find(|a| !a.beginning().as_str().starts_with('-')) {
            Some(Value::Known(folder)) if !folder.is_empty() => {
                state.working_dir = TreePath::new(&state.working_dir).join(folder.as_str()).to_string();
            }
            Some(Value::Partly { .. }) => {
                Self::lose(state, text, "the folder that the script goes to is not known");
            }
            // The home folder, or the one before: neither holds the application.
            _ => {}
        }
    }

    fn source(&self, arguments: &[Value], text: &Text, mut state: State) -> Vec<State> {
        let Some(Value::Known(path)) = arguments.first() else {
            state.leave_open(Unread::new("which file is sourced is not known".to_owned(), text.trail()));
            return vec![state];
        };
        if SET_UP.iter().any(|end| path.as_str().ends_with(end)) {
            if let Some(folder) = path.as_str().strip_suffix("/bin/activate") {
                activate(path, folder, &mut state);
            }
            return vec![state];
        }
        if state.calls >= MAX_CALLS {
            Self::lose(&mut state, text, "scripts source one another deeper than is followed");
            state.flow = Flow::Exit;
            return vec![state];
        }
        let script = match self.load(&state, path) {
            Some(Ok(Value::Known(script))) => script,
            Some(Ok(unknown)) => {
                state.leave_open(Unread::new(unknown.why(), path.trail()));
                return vec![state];
            }
            Some(Err(error)) => {
                state.leave_open(Unread::new(error.to_string(), path.trail()));
                return vec![state];
            }
            None => {
                state
                    .leave_open(Unread::new(format!("{path}, which is sourced, is not there"), path.trail()));
                state.status = Status::Unknown;
                return vec![state];
            }
        };
        if let Some(span) = script.span() {
            let path = &self.world.sources.file(span.file).path;
            if path.file_name().contains("env") {
                dotenv::note_reader(self.world.sources, path, Dialect::Shell);
            }
        }
        let (outer, calls) = (state.arguments.clone(), state.calls);
        if arguments.len() > 1 {
            state.arguments = Rc::new(arguments.get(1..).unwrap_or_default().to_vec());
        }
        state.calls += 1;
        let back = |mut state: State| {
            (state.arguments, state.calls) = (outer.clone(), calls);
            if state.flow == Flow::Return {
                state.flow = Flow::Next;
            }
            state
        };
        self.script(&script, state).into_iter().map(back).collect()
    }

    /// `let N=1+2`: each word is arithmetic.
    fn evaluate(&self, arguments: &[Value], text: &Text, state: State) -> Vec<State> {
        let mut states = vec![state];
        for argument in arguments {
            let mut script = Text::traced("((", text.trail());
            match argument {
                Value::Known(expression) => script.push(expression),
                Value::Partly { .. } => {
                    for state in &mut states {
                        Self::lose(state, text, "what is computed here is not known");
                    }
                    return states;
                }
            }
            script.push(&Text::traced("))", text.trail()));
            states = states.into_iter().flat_map(|state| self.script(&script, state)).collect();
        }
        states
    }

    /// `read A B <<< "1 2"`: the first line, cut into words; the last name takes the rest.
    fn read_words(arguments: &[Value], text: &Text, state: &mut State) {
        let names: Vec<&str> =
            arguments.iter().filter_map(Value::as_str).filter(|name| !name.starts_with('-')).collect();
        let mut rest = match &state.input {
            Some(Value::Known(input)) => {
                Ok(input.slice_of(input.as_str().lines().next().unwrap_or_default()).trim())
            }
            unknown => Err(unknown.clone()),
        };
        for (index, name) in names.iter().enumerate() {
            let value = match &mut rest {
                Ok(line) if index + 1 < names.len() => {
                    let end = line.as_str().find(char::is_whitespace).unwrap_or(line.len());
                    let word = line.slice(0..end);
                    *line = line.slice(end..line.len()).trim();
                    Value::Known(word)
                }
                Ok(line) => Value::Known(line.clone()),
                Err(unknown) => unknown
                    .clone()
                    .unwrap_or_else(|| Value::unknown(text, format!("{name} is read when it runs"))),
            };
            state.set(name, Binding::Value(value));
        }
    }

    fn eval(&self, arguments: &[Value], text: &Text, mut state: State) -> Vec<State> {
        let mut script = text.slice(0..0);
        for argument in arguments {
            let Some(known) = argument.known() else {
                Self::lose(&mut state, text, "what is evaluated here is not known");
                return vec![state];
            };
            if !script.is_empty() {
                script.push(&Text::traced(" ", known.trail()));
            }
            script.push(known);
        }
        if state.calls >= MAX_CALLS {
            Self::lose(&mut state, text, "scripts evaluate one another deeper than is followed");
            return vec![state];
        }
        state.calls += 1;
        let back = |mut state: State| {
            state.calls -= 1;
            state
        };
        self.script(&script, state).into_iter().map(back).collect()
    }

    /// `exec` without a command only redirects.
    fn exec(arguments: &[Value], environment: Environment, state: &mut State) {
        let mut words = arguments;
        while let Some(option) = words.first().and_then(Value::as_str) {
            words = match option {
                "-a" => words.get(2..).unwrap_or_default(),
                "-c" | "-l" | "-cl" | "--" => words.get(1..).unwrap_or_default(),
                _ => break,
            };
        }
        let Some(first) = words.first() else { return };
        if first.known().is_none() {
            let why = format!("the command itself is not known: {}", first.why());
            Self::lose(state, first.beginning(), &why);
        } else {
            let before = state.events.len();
            Self::call(state, words.to_vec(), environment);
            if let Some(Event::Call(call)) = state.events.get_mut(before).map(Rc::make_mut)
                && call.mode == Mode::Foreground
            {
                call.mode = Mode::Replaces;
            }
        }
        state.flow = Flow::Exit;
    }
}

/// What `bin/activate` of a virtual environment in `folder` exports (Lib/venv/scripts/common/activate of CPython 3.13).
fn activate(path: &Text, folder: &str, state: &mut State) {
    let value = if folder.is_empty() {
        Value::unknown(path, "which virtual environment is activated is not known")
    } else {
        Value::Known(path.slice_of(folder))
    };
    state.set("VIRTUAL_ENV", Binding::Value(value));
    state.export("VIRTUAL_ENV");
}

fn levels(arguments: &[Value]) -> usize {
    arguments.first().and_then(Value::as_str).and_then(|n| n.parse().ok()).unwrap_or(1)
}

fn declare(name: &str, arguments: &[Value], state: &mut State) {
    let mut exports = name == "export";
    for argument in arguments {
        let beginning = argument.beginning();
        match beginning.as_str().split_once('=') {
            _ if beginning.as_str().starts_with('-') => exports |= beginning.as_str().contains('x'),
            Some((variable, _)) => {
                let value = argument.behind(variable.len() + 1);
                state.set(variable.trim_end_matches('+'), Binding::Value(value));
                if exports {
                    state.export(variable);
                }
            }
            None if argument.missing().is_some() => {
                state.leave_open(Unread::new(argument.why(), argument.trail()));
            }
            None if exports => state.export(beginning.as_str()),
            None => {}
        }
    }
}

fn set(arguments: &[Value], state: &mut State) {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let word = argument.beginning().as_str();
        match word.strip_prefix(['-', '+']) {
            Some("-") if word == "--" => {
                state.arguments = Rc::new(rest.cloned().collect());
                return;
            }
            Some(flags) if argument.known().is_some() => {
                let mut all = flags.contains('a');
                if flags.ends_with('o') {
                    all |= rest.next().and_then(Value::as_str) == Some("allexport");
                }
                if all {
                    state.exports_all = word.starts_with('-');
                }
            }
            _ => {
                state.arguments = Rc::new(std::iter::once(argument).chain(rest).cloned().collect());
                return;
            }
        }
    }
}
