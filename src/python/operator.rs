//! Truth, comparison and arithmetic.

use crate::source::Span;
use crate::syntax::python::ast::{self, CmpOp, Operator};
use crate::trace::{Traced, Trail};

use super::heap::{Kind, REST};
use super::machine::Machine;
use super::paths::{joined, up};
use super::value::{Gap, HOLE, Value};

impl<'a> Machine<'a> {
    /// Whether a value counts as true; `None` where that is not known.
    pub(super) fn truth(&self, value: &Value) -> Option<bool> {
        match value {
            Value::None(_) => Some(false),
            Value::Bool(truth) => Some(truth.value),
            Value::Int(number) => Some(number.value != 0),
            Value::Float(number) => Some(number.value != 0.0),
            Value::Counted(count) => count.value.is_positive().then_some(true),
            Value::Text(text) => Some(!text.is_empty()),
            Value::Object(object) => match self.heap.kind(*object) {
                Kind::Dict | Kind::List => {
                    let slots = self.heap.slots(*object);
                    let is_certain = slots.iter().any(|(key, value)| *key != REST && !value.may_be_absent());
                    if is_certain { Some(true) } else { slots.is_empty().then_some(false) }
                }
                _ => Some(true),
            },
            Value::Function(_) | Value::Method(..) | Value::Pool(_) => Some(true),
            Value::Outside(outside) => outside.is_class().then_some(true),
            Value::Either(all) => {
                let mut truths = all.iter().map(|one| self.truth(one));
                let first = truths.next()??;
                truths.all(|truth| truth == Some(first)).then_some(first)
            }
            Value::Unknown(gap) => {
                let is_text = gap.shape.as_ref().is_some_and(|shape| shape.as_str().contains(|c| c != HOLE));
                is_text.then_some(true)
            }
            Value::Absent => None,
        }
    }

    pub(super) fn comparison(&mut self, comparison: &'a ast::ExprCompare) -> Value {
        let span = self.span(comparison);
        let mut left = self.evaluate(&comparison.left);
        let mut all = Some(true);
        for (operator, right) in comparison.ops.iter().zip(&comparison.comparators) {
            let right = self.evaluate(right);
            match self.compare(*operator, &left, &right) {
                Some(true) => {}
                Some(false) => all = Some(false),
                None => all = all.filter(|&truth| !truth),
            }
            left = right;
        }
        match all {
            Some(truth) => Value::Bool(Traced::written(truth, span)),
            None => Value::unknown("it depends on what is not known", span),
        }
    }

    pub(super) fn compare(&self, operator: CmpOp, left: &Value, right: &Value) -> Option<bool> {
        if let Value::Either(all) = left {
            return agreed(all.iter().map(|left| self.compare(operator, left, right)));
        }
        if let Value::Either(all) = right {
            return agreed(all.iter().map(|right| self.compare(operator, left, right)));
        }
        match operator {
            CmpOp::Eq => self.equal(left, right),
            CmpOp::NotEq => self.equal(left, right).map(|equal| !equal),
            CmpOp::Is => self.identical(left, right),
            CmpOp::IsNot => self.identical(left, right).map(|same| !same),
            CmpOp::In => self.contains(right, left),
            CmpOp::NotIn => self.contains(right, left).map(|contains| !contains),
            CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {
                let order = match (left, right) {
                    (Value::Text(a), Value::Text(b)) => a.as_str().partial_cmp(b.as_str()),
                    _ => number(left)?.partial_cmp(&number(right)?),
                }?;
                Some(match operator {
                    CmpOp::Lt => order.is_lt(),
                    CmpOp::LtE => order.is_le(),
                    CmpOp::Gt => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
        }
    }

    #[allow(clippy::float_cmp)] // Python's own `==` on numbers.
    fn equal(&self, left: &Value, right: &Value) -> Option<bool> {
        if let (Value::Outside(outside), Value::Text(word)) | (Value::Text(word), Value::Outside(outside)) =
            (left, right)
            && is_command_line(&outside.name)
            && is_test(word.as_str())
        {
            return Some(false);
        }
        if is_open(left) || is_open(right) {
            return None;
        }
        if let (Some(a), Some(b)) = (number(left), number(right)) {
            return Some(a == b);
        }
        match (left, right) {
            (Value::Object(a), Value::Object(b)) if a != b => {
                match (self.heap.kind(*a), self.heap.kind(*b)) {
                    (Kind::Dict, Kind::Dict) | (Kind::List, Kind::List) | (Kind::Instance { .. }, _) => None,
                    _ => Some(false),
                }
            }
            _ => Some(left.is_same(right)),
        }
    }

    fn identical(&self, left: &Value, right: &Value) -> Option<bool> {
        match (left, right) {
            // A class of another module is not `None`; its constants and what its functions return may be.
            (Value::Outside(outside), Value::None(_)) | (Value::None(_), Value::Outside(outside)) => {
                outside.is_class().then_some(false)
            }
            (Value::Unknown(gap), Value::None(_)) | (Value::None(_), Value::Unknown(gap)) => {
                gap.shape.as_ref().map(|_| false)
            }
            _ => self.equal(left, right),
        }
    }

    /// Whether `container` holds `item`.
    fn contains(&self, container: &Value, item: &Value) -> Option<bool> {
        match (container, item) {
            (Value::Text(text), Value::Text(part)) => Some(text.as_str().contains(part.as_str())),
            // What runs the tests is no service that is deployed.
            (Value::Outside(outside), Value::Text(part)) if is_command_line(&outside.name) => {
                is_test(part.as_str()).then_some(false)
            }
            (Value::Unknown(gap), Value::Text(part)) => {
                let shape = gap.shape.as_ref()?;
                (shape.as_str().contains(part.as_str()) && !part.is_empty()).then_some(true)
            }
            (Value::Object(object), _) => match self.heap.kind(*object) {
                Kind::Dict => {
                    let key = item.key()?;
                    if *object == self.environment && self.given.unsaid(&key).is_some() {
                        return None;
                    }
                    match self.heap.get(*object, &key) {
                        Some(value) => (!value.may_be_absent()).then_some(true),
                        None => self.heap.get(*object, &REST).is_none().then_some(false),
                    }
                }
                Kind::List => {
                    let slots = self.heap.slots(*object);
                    let found: Vec<Option<bool>> =
                        slots.values().map(|value| self.compare(CmpOp::Eq, value, item)).collect();
                    match (found.contains(&Some(true)), found.contains(&None)) {
                        (true, _) => Some(true),
                        (false, true) => None,
                        (false, false) => Some(false),
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// `left operator right`.
    pub(super) fn binary(&mut self, operator: Operator, left: Value, right: Value, span: Span) -> Value {
        if operator == Operator::Mod
            && let Some(text) = left.as_text()
        {
            let text = text.clone();
            return self.percent(&text, &right, span);
        }
        if operator == Operator::Add && is_text(&left) && is_text(&right) {
            return self.concatenate(vec![left, right], span);
        }
        left.each(|left| right.clone().each(|right| self.binary_one(operator, &left, &right, span)))
    }

    fn binary_one(&mut self, operator: Operator, left: &Value, right: &Value, span: Span) -> Value {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => {
                let trail = longer(&a.trail, &b.trail);
                arithmetic(operator, a.value, b.value, &trail)
                    .unwrap_or_else(|| Value::unknown("the arithmetic has no result", span))
            }
            (Value::Text(_), Value::Text(_)) if operator == Operator::Div => {
                super::paths::join_all(&[left.clone(), right.clone()], span)
                    .unwrap_or_else(|| Value::unknown("this is no path", span))
            }
            (Value::Unknown(_), Value::Text(_)) | (Value::Text(_), Value::Unknown(_))
                if operator == Operator::Add =>
            {
                self.concatenate(vec![left.clone(), right.clone()], span)
            }
            (Value::Counted(_), _) | (_, Value::Counted(_)) => {
                super::counted::binary(operator, left, right, span)
            }
            (Value::Text(path), Value::Text(rest)) if operator == Operator::Div => {
                Value::text(joined(path, rest))
            }
            (Value::Text(path), Value::Int(levels)) if operator == Operator::Sub => {
                Value::text(up(path, levels.value))
            }
            (Value::Unknown(gap), _) | (_, Value::Unknown(gap)) => {
                Value::Unknown(Gap { shape: None, ..gap.clone() })
            }
            (Value::Outside(outside), right) => match (operator, right.as_text()) {
                // `BASE_DIR / "x"`, of pathlib.
                (Operator::Div, Some(_)) => Value::Outside(outside.clone()),
                _ => Value::unknown(outside.why(), outside.at.unwrap_or(span)),
            },
            (_, Value::Outside(outside)) => Value::unknown(outside.why(), outside.at.unwrap_or(span)),
            (Value::Object(a), Value::Object(b)) => self.merge_objects(operator, *a, *b, span),
            _ => match (number(left), number(right), left.trail(), right.trail()) {
                (Some(a), Some(b), Some(first), Some(second)) => {
                    float(operator, a, b, &longer(&first, &second), span)
                }
                _ => Value::unknown("these cannot be calculated with", span),
            },
        }
    }
}

/// `sys.argv`, a word of it, or `sys.modules`.
fn is_command_line(name: &str) -> bool {
    matches!(name, "sys.argv" | "sys.argv[]" | "sys.modules")
}

/// Commands that run tests, and what they import.
fn is_test(word: &str) -> bool {
    matches!(word, "test" | "pytest" | "py.test" | "jenkins" | "harvest" | "behave")
}

/// What all of them agree on.
fn agreed(mut truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = truths.next()??;
    truths.all(|truth| truth == Some(first)).then_some(first)
}

fn is_open(value: &Value) -> bool {
    match value {
        Value::Unknown(_) | Value::Counted(_) | Value::Absent => true,
        Value::Outside(outside) => !outside.is_class(),
        _ => false,
    }
}

/// The value as a number, as Python's arithmetic takes it.
#[allow(clippy::cast_precision_loss)] // Python's `int` and `float` compare so, for every count that fits a server.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(number.value as f64),
        Value::Float(number) => Some(number.value),
        Value::Bool(truth) => Some(f64::from(u8::from(truth.value))),
        _ => None,
    }
}

/// The way of a result: that of the operand that came from further away, which is the one that a person would change.
fn longer(left: &Trail, right: &Trail) -> Trail {
    let steps = |trail: &Trail| trail.steps().count();
    if steps(right) > steps(left) { right.clone() } else { left.clone() }
}

fn arithmetic(operator: Operator, a: i64, b: i64, trail: &Trail) -> Option<Value> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        Operator::FloorDiv => floor_div(a, b),
        Operator::Mod => floor_div(a, b).and_then(|quotient| a.checked_sub(quotient.checked_mul(b)?)),
        Operator::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        Operator::LShift => u32::try_from(b).ok().filter(|&b| b < 62).and_then(|b| a.checked_mul(1 << b)),
        Operator::RShift => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
        Operator::BitOr => Some(a | b),
        Operator::BitAnd => Some(a & b),
        Operator::BitXor => Some(a ^ b),
        #[allow(clippy::cast_precision_loss)] // Python's `/` makes a float of both as well.
        Operator::Div if b != 0 => {
            return Some(Value::Float(Traced::new(a as f64 / b as f64, trail.clone())));
        }
        Operator::Div | Operator::MatMult => None,
    };
    result.map(|result| Value::Int(Traced::new(result, trail.clone())))
}

fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    if a % b != 0 && (a < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
}

fn float(operator: Operator, a: f64, b: f64, trail: &Trail, span: Span) -> Value {
    let result = match operator {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        Operator::FloorDiv if b != 0.0 => (a / b).floor(),
        _ => return Value::unknown("the arithmetic has no result", span),
    };
    Value::Float(Traced::new(result, trail.clone()))
}

fn is_text(value: &Value) -> bool {
    match value {
        Value::Text(_) => true,
        Value::Unknown(gap) => gap.shape.is_some(),
        Value::Either(all) => all.iter().all(is_text),
        _ => false,
    }
}
