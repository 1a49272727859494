//! `celery multi start a b -c 10 -c:a 3` (apps/multi.py): a worker for each name, put into the background.

use super::{table, worker};
use crate::program::arguments::Given;
use crate::program::command::{Command, Outcome};
use crate::program::{Value, click};
use crate::trace::{Bound, Text};

/// Workers that are counted one by one; of more, the number is taken.
const MAX_NODES: usize = 64;

/// Options that stand in front of `worker`, wherever they are given.
const GENERAL: [&str; 10] = [
    "-A",
    "--app",
    "-b",
    "--broker",
    "--result-backend",
    "--loader",
    "--config",
    "--workdir",
    "-q",
    "--quiet",
];

/// Options of `multi` itself, which no worker sees.
const OWN: [&str; 7] =
    ["--cmd", "--append", "--prefix", "--suffix", "--range-prefix", "--nosplash", "--verbose"];

/// What follows `multi`.
pub(super) fn read(command: &Command<'_>, general: &Given, what: &Text, rest: &[Value]) -> Outcome {
    let starts = matches!(rest.first().and_then(Value::as_str), Some("start" | "restart"));
    if !starts {
        return Outcome::passing();
    }
    let line = Line::of(&rest[1..]);
    if let Some(word) = line.unsure {
        let why = format!("which workers `celery multi` starts is not known: {}", word.why());
        return Outcome::unknown(what, why);
    }
    // One number alone is how many: `start 3`.
    let number = match line.names.as_slice() {
        [Value::Known(name)] => name.as_str().parse::<u64>().ok(),
        _ => None,
    };
    // What celery takes in front of `worker` goes there (`Node.prepare_argv`).
    let (mut before, _) = click::parse(table(""), &line.general, false);
    before.options.extend(general.options.iter().cloned());
    let general = &before;
    let mut outcome = Outcome { detached: true, ..Outcome::default() };
    if line.own.is_empty() {
        let times = number.unwrap_or_else(|| u64::try_from(line.names.len()).unwrap_or(u64::MAX));
        let mut node = worker(command, general, &line.words(|_| false));
        for started in &mut node.started {
            started.processes.value = started.processes.value.clone() * Bound::Exactly(times);
        }
        node.detached = true;
        return node;
    }
    let count = number.map_or(line.names.len(), |number| usize::try_from(number).unwrap_or(usize::MAX));
    if count > MAX_NODES {
        return Outcome::unknown(
            what,
            "`celery multi` starts more workers with options of their own than are read",
        );
    }
    for index in 1..=count {
        let name = match number {
            Some(_) => None,
            None => line.names.get(index - 1).and_then(Value::as_str),
        };
        let names_it = |part: &str| match (part.parse::<usize>(), part.split_once('-')) {
            (Ok(wanted), _) => wanted == index,
            (_, Some((first, last))) if number.is_some() => {
                let (first, last) = (first.parse::<usize>(), last.parse::<usize>());
                first.is_ok_and(|first| first <= index) && last.is_ok_and(|last| index <= last)
            }
            _ => name == Some(part),
        };
        let node = worker(command, general, &line.words(|scope| scope.split(',').any(names_it)));
        outcome.started.extend(node.started);
        outcome.problems.extend(node.problems);
    }
    outcome
}

/// The words behind `start`.
#[derive(Default)]
struct Line {
    names: Vec<Value>,
    common: Vec<Value>,
    /// Options of celery itself.
    general: Vec<Value>,
    /// Options of some workers, behind the names of those.
    own: Vec<(String, Vec<Value>)>,
    unsure: Option<Value>,
}

impl Line {
    /// `-c 10`, `--concurrency=10`, `-c:a 10`: a long option has its value behind `=` or none.
    fn of(words: &[Value]) -> Self {
        let mut line = Self::default();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            let beginning = word.beginning().as_str();
            if word.is_anything() {
                line.unsure.get_or_insert_with(|| word.clone());
            } else if !beginning.starts_with('-') {
                line.names.push(word.clone());
            } else if beginning.starts_with("--") {
                line.option(word, None);
            } else {
                let value = words.get(at).filter(|next| !next.beginning().as_str().starts_with('-'));
                at += usize::from(value.is_some());
                line.option(word, value);
            }
        }
        line
    }

    fn option(&mut self, word: &Value, value: Option<&Value>) {
        let text = word.beginning();
        let name = text.as_str().split('=').next().unwrap_or_default();
        let Some((option, scope)) = name.split_once(':') else {
            if OWN.contains(&name) {
                return;
            }
            if GENERAL.contains(&name) {
                return self.general.extend([Some(word), value].into_iter().flatten().cloned());
            }
            return self.common.extend([Some(word), value].into_iter().flatten().cloned());
        };
        let mut words = vec![Value::Known(text.slice(0..option.len()))];
        // What stands behind `=` is a word of its own then.
        words.extend((name.len() < text.len()).then(|| word.behind(name.len() + 1)));
        words.extend(value.cloned());
        self.own.push((scope.to_owned(), words));
    }

    /// The words of a worker: the common ones, and behind them those whose scope names it.
    fn words(&self, named: impl Fn(&str) -> bool) -> Vec<Value> {
        let own = self.own.iter().filter(|(scope, _)| named(scope)).flat_map(|(_, words)| words.clone());
        self.common.iter().cloned().chain(own).collect()
    }
}
