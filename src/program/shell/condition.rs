//! `test`, `[ … ]` and `[[ … ]]`.

use super::expand::as_number;
use super::pattern::Glob;
use super::state::{Binding, State, Status};
use super::{Shell, Value};
use crate::source::Kind;
use crate::syntax::shell::ast::{Command, Operation, Part, Statement, Word};
use crate::trace::{Bound, Text, Traced};

/// How deep parentheses and negations may nest.
const MAX_NESTING: usize = 32;

/// Operators between two words.
const COMPARISONS: [&str; 15] =
    ["=", "==", "!=", "-eq", "-ne", "-gt", "-ge", "-lt", "-le", "=~", "<", ">", "-nt", "-ot", "-ef"];

impl Shell<'_, '_> {
    /// `[ … ]` or `[[ … ]]`, brackets included.
    pub(super) fn brackets(&self, words: &[Word], state: &mut State) -> Status {
        let double = words.first().is_some_and(|word| word.text.as_str() == "[[");
        let inner = words.get(1..words.len().saturating_sub(1)).unwrap_or_default();
        let values = if double {
            inner.iter().map(|word| self.single(word, state)).collect()
        } else {
            self.fields(inner, state)
        };
        self.test(&values, double, &state.working_dir)
    }

    /// How `test` ends when it is given `values`.
    pub(super) fn test(&self, values: &[Value], double: bool, folder: &str) -> Status {
        let mut test = Test { shell: self, rest: values, double, folder };
        let truth = test.either(0);
        match truth {
            _ if !test.rest.is_empty() => Status::Unknown,
            Some(true) => Status::Success,
            Some(false) => Status::Failure,
            None => Status::Unknown,
        }
    }
}

impl Shell<'_, '_> {
    /// What `[ $N -gt 8 ]` says of a number that is not known: where it does not hold, there are 8 or fewer.
    pub(super) fn limit(condition: &[Statement], holds: bool, state: &mut State) {
        let [Statement { command: Command::Test(words), .. }] = condition else { return };
        let [_, left, operator, right, _] = words.as_slice() else { return };
        let ([Part::Parameter { parameter, .. }], Some(limit)) =
            (left.parts.as_slice(), right.text.as_str().trim_matches('"').parse::<u64>().ok())
        else {
            return;
        };
        let most = match (operator.text.as_str(), holds) {
            ("-gt", false) | ("-le", true) => limit,
            ("-ge", false) | ("-lt", true) => limit.saturating_sub(1),
            _ => return,
        };
        let name = parameter.name.as_str();
        if let Binding::Value(Value::Partly { prefix, rest }) = state.get(name, &parameter.text)
            && prefix.is_empty()
            && matches!(parameter.operation, Operation::Plain)
        {
            let value = rest.value.limited_by(&Bound::Exactly(most));
            state.set(name, Binding::Value(Value::Partly { prefix, rest: Traced::new(value, rest.trail) }));
        }
    }
}

struct Test<'t, 'w, 'a> {
    shell: &'t Shell<'w, 'a>,
    rest: &'t [Value],
    double: bool,
    folder: &'t str,
}

impl Test<'_, '_, '_> {
    fn peek(&self, at: usize) -> Option<&str> {
        self.rest.get(at).and_then(Value::as_str)
    }

    fn take(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn either(&mut self, depth: usize) -> Option<bool> {
        let mut truth = self.both(depth);
        while matches!(self.peek(0), Some("-o" | "||")) {
            self.take(1);
            let next = self.both(depth);
            truth = match (truth, next) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), next) => next,
                (None, _) => None,
            };
        }
        truth
    }

    fn both(&mut self, depth: usize) -> Option<bool> {
        let mut truth = self.one(depth);
        while matches!(self.peek(0), Some("-a" | "&&")) {
            self.take(1);
            let next = self.one(depth);
            truth = match (truth, next) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), next) => next,
                (None, _) => None,
            };
        }
        truth
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        if depth > MAX_NESTING {
            self.rest = &[];
            return None;
        }
        if let [left, operator, right, ..] = self.rest
            && let Some(operator) = operator.as_str().filter(|word| COMPARISONS.contains(word))
        {
            let truth = self.binary(left, operator, right);
            self.take(3);
            return truth;
        }
        match (self.peek(0), self.rest) {
            (Some("!"), [_, _, ..]) => {
                self.take(1);
                self.one(depth + 1).map(|truth| !truth)
            }
            (Some("("), [_, _, ..]) => {
                self.take(1);
                let truth = self.either(depth + 1);
                if self.peek(0) == Some(")") {
                    self.take(1);
                }
                truth
            }
            (Some(operator), [_, operand, ..]) if operator.len() == 2 && operator.starts_with('-') => {
                let truth = self.unary(operator, operand);
                self.take(2);
                truth
            }
            (_, [word, ..]) => {
                let truth = word.is_empty().map(|empty| !empty);
                self.take(1);
                truth
            }
            (_, []) => Some(false),
        }
    }

    fn unary(&self, operator: &str, operand: &Value) -> Option<bool> {
        match operator {
            "-n" => operand.is_empty().map(|empty| !empty),
            "-z" => operand.is_empty(),
            "-e" | "-f" | "-s" | "-r" | "-d" | "-x" | "-L" | "-h" => self.stands(operator, operand.known()?),
            // No terminal in a container.
            "-t" => Some(false),
            _ => None,
        }
    }

    /// What the tree holds is there. What it does not hold may come from the image or from a run before.
    fn stands(&self, operator: &str, path: &Text) -> Option<bool> {
        if path.is_empty() {
            return Some(false);
        }
        let world = self.shell.world;
        let found = world.locate(self.folder, path.as_str())?;
        let kind = world.sources.tree().kind(&found)?;
        match operator {
            "-f" => Some(kind == Kind::File),
            "-d" => Some(kind == Kind::Folder),
            "-e" | "-r" => Some(true),
            _ => None,
        }
    }

    /// How a comparison comes out; `None` where it is not known.
    fn binary(&self, left: &Value, operator: &str, right: &Value) -> Option<bool> {
        let numbers = || Some((as_number(left).ok()?, as_number(right).ok()?));
        match operator {
            "=" | "==" => self.equal(left, right),
            "!=" => self.equal(left, right).map(|equal| !equal),
            "-eq" => numbers().map(|(a, b)| a == b),
            "-ne" => numbers().map(|(a, b)| a != b),
            "-gt" => numbers().map(|(a, b)| a > b),
            "-ge" => numbers().map(|(a, b)| a >= b),
            "-lt" => numbers().map(|(a, b)| a < b),
            "-le" => numbers().map(|(a, b)| a <= b),
            "=~" if matches!(right.as_str(), Some("^[0-9]+$" | "^[[:digit:]]+$")) => {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                left.as_str().map(digits)
            }
            _ => None,
        }
    }

    fn equal(&self, left: &Value, right: &Value) -> Option<bool> {
        match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) if self.double => Some(Glob::new(right).matches(left)),
            (Some(left), Some(right)) => Some(left == right),
            // What is certainly not empty does not equal the empty string.
            (Some(""), None) => (right.is_empty() == Some(false)).then_some(false),
            (None, Some("")) => (left.is_empty() == Some(false)).then_some(false),
            _ => None,
        }
    }
}
