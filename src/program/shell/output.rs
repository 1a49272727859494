//! What commands print, for the few that scripts compute counts and paths with.

use super::expand::as_number;
use super::state::{State, Status};
use super::{MAX_CALLS, Shell, Value};
use crate::source::TreePath;
use crate::syntax::shell::ast::Statement;
use crate::trace::{Bound, Text, Traced};

impl Shell<'_, '_> {
    /// What `body` prints, without the line breaks at its end.
    pub(super) fn printed_by(&self, body: &[Statement], at: &Text, state: &State) -> Value {
        if state.calls >= MAX_CALLS {
            return Value::unknown(at, "substitutions nest deeper than is followed");
        }
        let mut inner = state.clone();
        inner.output = Some(Value::Known(at.slice(0..0)));
        inner.events.clear();
        inner.calls += 1;
        let states = self.block(body, inner);
        let mut printed = states.into_iter().filter_map(|state| state.output).map(trimmed);
        let Some(first) = printed.next() else { return Value::unknown(at, "what this prints is not known") };
        printed.fold(first, |all, other| either(all, &other, at))
    }

    /// Lets a command that only prints do so; `None` for any other.
    pub(super) fn print_as(
        &self,
        name: &str,
        arguments: &[Value],
        text: &Text,
        state: &mut State,
    ) -> Option<Status> {
        let line = |value: Value| {
            let mut line = value;
            if line.missing().is_some() {
                // A line break behind a number that is not known would take away that it is one.
                return line;
            }
            line.push(&Value::Known(Text::traced("\n", text.trail())));
            line
        };
        let program = name.rsplit('/').next().unwrap_or(name);
        let (printed, status) = match program {
            "echo" => (line(echoed(arguments, text)), Status::Success),
            "printf" => (formatted(arguments, text), Status::Success),
            _ if state.output.is_none() => return None,
            "nproc" => (line(Value::counted(text, self.world.cpus.counted(text.span()))), Status::Success),
            "getconf" if says(arguments, "_NPROCESSORS") => {
                (line(Value::counted(text, self.world.cpus.counted(text.span()))), Status::Success)
            }
            "grep" if says(arguments, "processor") && says(arguments, "/proc/cpuinfo") => {
                (line(Value::counted(text, self.world.cpus.counted(text.span()))), Status::Success)
            }
            "pwd" => (line(Text::traced(state.working_dir.clone(), text.trail()).into()), Status::Success),
            "cat" => (self.contents(arguments, text, state), Status::Unknown),
            "grep" => (self.uncommented(arguments, text, state), Status::Unknown),
            "xargs" => (line(unquoted(state.input.as_ref(), arguments, text)), Status::Unknown),
            "dirname" | "basename" | "realpath" | "readlink" => {
                (line(path_part(program, arguments, text, state)), Status::Success)
            }
            "which" if let [program] = arguments => (line(program.clone()), Status::Unknown),
            "seq" => (line(sequence(arguments, text)), Status::Success),
            "expr" => (line(computed(arguments, text)), Status::Unknown),
            "mkdir" | "sleep" | "touch" | "chmod" | "chown" | "rm" | "cp" | "mv" => return None,
            _ => {
                state.print(&Value::unknown(text, format!("what `{program}` prints is not known")));
                return None;
            }
        };
        state.print(&printed);
        Some(status)
    }

    /// `cat file`; without a file, what it reads.
    fn contents(&self, arguments: &[Value], text: &Text, state: &State) -> Value {
        let files: Vec<&Value> =
            arguments.iter().filter(|a| !a.beginning().as_str().starts_with('-')).collect();
        match files.as_slice() {
            [] => {
                state.input.clone().unwrap_or_else(|| Value::unknown(text, "what `cat` reads is not known"))
            }
            [Value::Known(path)] => match self.load(state, path) {
                Some(Ok(contents)) => contents,
                Some(Err(error)) => Value::unknown(path, error.to_string()),
                None => Value::unknown(path, format!("{path} is not there")),
            },
            _ => Value::unknown(text, "what `cat` prints is not known"),
        }
    }

    /// `grep -v '^#' file`, the usual first half of `export $(grep -v '^#' .env | xargs)`.
    fn uncommented(&self, arguments: &[Value], text: &Text, state: &State) -> Value {
        let words: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
        let unknown = || Value::unknown(text, "what `grep` prints is not known");
        let (flags, rest) = words.split_at(words.iter().take_while(|word| word.starts_with('-')).count());
        let inverted = flags.iter().any(|flag| !flag.starts_with("--") && flag.contains('v'));
        let comments = rest.first().is_some_and(|pattern| {
            matches!(
                pattern.trim_start_matches('^').trim_start_matches("\\s*").trim_start_matches("[[:space:]]*"),
                "#" | "#.*"
            )
        });
        if words.len() != arguments.len() || !inverted || !comments {
            return unknown();
        }
        let files = arguments.get(flags.len() + 1..).unwrap_or_default();
        match self.contents(files, text, state) {
            Value::Known(contents) => {
                let mut kept = contents.slice(0..0);
                let lines = contents
                    .as_str()
                    .split_inclusive('\n')
                    .filter(|line| !line.trim_start().starts_with('#'));
                lines.for_each(|line| kept.push(&contents.slice_of(line)));
                Value::Known(kept)
            }
            unknown @ Value::Partly { .. } => unknown,
        }
    }
}

fn says(arguments: &[Value], needle: &str) -> bool {
    arguments.iter().filter_map(Value::as_str).any(|argument| argument.contains(needle))
}

fn trimmed(value: Value) -> Value {
    match value {
        Value::Known(text) => {
            let kept = text.as_str().trim_end_matches('\n').len();
            Value::Known(text.slice(0..kept))
        }
        partly @ Value::Partly { .. } => partly,
    }
}

/// One of two outcomes: of numbers the larger counts, of others nothing is known.
fn either(one: Value, other: &Value, at: &Text) -> Value {
    if one.as_str().is_some() && one.as_str() == other.as_str() {
        return one;
    }
    let number = |value: &Value| match as_number(value) {
        Ok(n) if value.is_empty() != Some(true) => u64::try_from(n).ok().map(Bound::Exactly),
        Err(bound) if !value.is_anything() => Some(bound),
        _ => None,
    };
    match (number(&one), number(other)) {
        (Some(a), Some(b)) => Value::counted(at, Traced::new(a.or(b), at.trail())),
        _ => Value::unknown(at, "what this prints depends on what is not known"),
    }
}

fn echoed(arguments: &[Value], text: &Text) -> Value {
    let flags = arguments
        .iter()
        .take_while(|a| matches!(a.as_str(), Some("-n" | "-e" | "-E" | "-ne" | "-en")))
        .count();
    let mut whole = Value::Known(text.slice(0..0));
    for (index, argument) in arguments.iter().skip(flags).enumerate() {
        if index > 0 {
            whole.push(&Value::Known(Text::traced(" ", text.trail())));
        }
        whole.push(argument);
    }
    whole
}

/// `printf '%s\n' word`, `printf word`.
fn formatted(arguments: &[Value], text: &Text) -> Value {
    match arguments {
        [Value::Known(format), value] if matches!(format.as_str(), "%s" | "%d" | "%s\\n" | "%d\\n") => {
            value.clone()
        }
        [Value::Known(word)] if !word.as_str().contains(['%', '\\']) => Value::Known(word.clone()),
        _ => Value::unknown(text, "what `printf` prints is not computed"),
    }
}

fn path_part(program: &str, arguments: &[Value], text: &Text, state: &State) -> Value {
    let Some(Value::Known(path)) = arguments.iter().find(|a| !a.beginning().as_str().starts_with('-')) else {
        return Value::unknown(text, "this path is not known");
    };
    let string = path.as_str();
    match (program, string.trim_end_matches('/').rsplit_once('/')) {
        ("dirname", Some(("", _))) => Value::Known(Text::traced("/", path.trail())),
        ("dirname", Some((folder, _))) => Value::Known(path.slice_of(folder)),
        ("dirname", None) => Value::Known(Text::traced(".", path.trail())),
        ("basename", Some((_, name))) => Value::Known(path.slice_of(name)),
        ("basename", None) => Value::Known(path.clone()),
        _ => {
            let whole = TreePath::new(&state.working_dir).join(string).to_string();
            Value::Known(Text::traced(whole, path.trail()))
        }
    }
}

/// `xargs` without a command: the words of what it reads, quotes taken away, on one line.
fn unquoted(input: Option<&Value>, arguments: &[Value], text: &Text) -> Value {
    let plain =
        arguments.iter().all(|a| a.as_str().is_some_and(|a| a.starts_with('-') || a == "\\n" || a == "\n"));
    match input {
        Some(Value::Known(input)) if plain => {
            let mut whole = input.slice(0..0);
            let mut from = 0;
            for (at, character) in input.as_str().char_indices() {
                if matches!(character, '"' | '\'') {
                    whole.push(&input.slice(from..at));
                    from = at + 1;
                }
            }
            whole.push(&input.slice(from..input.len()));
            Value::Known(whole)
        }
        Some(unknown @ Value::Partly { .. }) => unknown.clone(),
        _ => Value::unknown(text, "what `xargs` prints is not known"),
    }
}

fn sequence(arguments: &[Value], text: &Text) -> Value {
    let numbers: Option<Vec<i64>> = arguments.iter().map(|a| a.as_str()?.trim().parse().ok()).collect();
    let (from, step, to) = match numbers.as_deref() {
        Some([to]) => (1, 1, *to),
        Some([from, to]) => (*from, 1, *to),
        Some([from, step, to]) if *step > 0 => (*from, *step, *to),
        _ => return Value::unknown(text, "how far `seq` counts is not known"),
    };
    let trail = arguments.last().map_or_else(|| text.trail(), Value::trail);
    let step = usize::try_from(step).unwrap_or(1);
    let all: Vec<String> =
        (from..=to).step_by(step).take(super::MAX_ROUNDS + 1).map(|n| n.to_string()).collect();
    Value::Known(Text::traced(all.join("\n"), trail))
}

/// `expr a + b`.
fn computed(arguments: &[Value], text: &Text) -> Value {
    let [left, operator, right] = arguments else {
        return Value::unknown(text, "this `expr` is not computed");
    };
    let trail = if left.missing().is_some() { left.trail() } else { right.trail() };
    let value = match (as_number(left), operator.as_str(), as_number(right)) {
        (Ok(a), Some("+"), Ok(b)) => a.checked_add(b),
        (Ok(a), Some("-"), Ok(b)) => a.checked_sub(b),
        (Ok(a), Some("*"), Ok(b)) => a.checked_mul(b),
        (Ok(a), Some("/"), Ok(b)) => a.checked_div(b),
        (a, Some(sign @ ("+" | "*")), b) => {
            let bound = |side: Result<i64, Bound>| {
                side.map_or_else(Some, |n| u64::try_from(n).ok().map(Bound::Exactly))
            };
            let (Some(a), Some(b)) = (bound(a), bound(b)) else {
                return Value::unknown(text, "this `expr` is not computed");
            };
            return Value::counted(text, Traced::new(if sign == "+" { a + b } else { a * b }, trail));
        }
        _ => None,
    };
    match value {
        Some(n) => Value::Known(Text::traced(n.to_string(), trail)),
        None => Value::unknown(text, "this `expr` is not computed"),
    }
}
