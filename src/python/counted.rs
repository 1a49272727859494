//! Arithmetic with numbers of which only a bound is known: `cpu_count() * 2 + 1`, `min(cpu_count(), 8)`.

use crate::source::Span;
use crate::syntax::python::ast::Operator;
use crate::trace::{Bound, Count, Traced, Unknown};

use super::value::{Gap, Value};

/// Whether the function `name` counts the CPUs of the host. `psutil.cpu_count(logical=False)` counts cores, of which there
/// are no more.
pub(super) fn counts_cpus(name: &str) -> bool {
    matches!(
        name,
        "os.cpu_count"
            | "os.process_cpu_count"
            | "multiprocessing.cpu_count"
            | "psutil.cpu_count"
            | "joblib.cpu_count"
            | "loky.cpu_count"
    )
}

/// `left operator right`, where one of them is counted.
pub(super) fn binary(operator: Operator, left: &Value, right: &Value, span: Span) -> Value {
    let (Some(a), Some(b)) = (count_of(left), count_of(right)) else {
        return Value::Unknown(Gap::of(if count_of(left).is_some() { right } else { left }, span));
    };
    let value = match operator {
        Operator::Add => a.value.clone() + b.value.clone(),
        Operator::Mult => a.value.clone() * b.value.clone(),
        // What is divided by a number of one or more gets no larger; what is taken away from may.
        Operator::FloorDiv | Operator::Div => match b.value.number() {
            Some(by) if by > 0 => a.value.divided_by(by),
            _ => return Value::Unknown(Gap::of(left, span)),
        },
        Operator::Sub => match b.value.number() {
            Some(less) => a.value.less(less),
            None => return Value::Unknown(Gap::of(right, span)),
        },
        _ => return Value::Unknown(Gap::of(left, span)),
    };
    let trail = if matches!(left, Value::Counted(_)) { a.trail } else { b.trail };
    Value::of_count(&Traced::new(value, trail))
}

/// The smaller of two values, or the larger, where one of them is counted.
pub(super) fn extreme(smaller: bool, left: &Value, right: &Value, span: Span) -> Value {
    let (Some(a), Some(b)) = (count_of(left), count_of(right)) else {
        return Value::Unknown(Gap::of(if count_of(left).is_some() { right } else { left }, span));
    };
    // A limit that is certain is the number that a person would change.
    let (certain, other) =
        if b.value.number().is_some() { (&b.trail, &a.trail) } else { (&a.trail, &b.trail) };
    let (certain, other) = (certain.clone(), other.clone());
    let value = if smaller {
        match (a.value.number(), b.value.number()) {
            (_, Some(_)) => a.value.limited_by(&b.value),
            _ => b.value.limited_by(&a.value),
        }
    } else {
        a.value.at_least(&b.value)
    };
    let trail = if value.number().is_some() { certain } else { other };
    Value::of_count(&Traced::new(value, trail))
}

/// The value as a count: a number that is not below zero.
fn count_of(value: &Value) -> Option<Count> {
    match value {
        Value::Counted(count) => Some(count.clone()),
        Value::Int(number) => {
            let count = u64::try_from(number.value).ok()?;
            Some(Traced::new(Bound::Exactly(count), number.trail.clone()))
        }
        // `cpu_count() * 1.5`: as many as the next whole number, or fewer.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // Not below zero, and no count is near the end.
        Value::Float(number) if number.value >= 0.0 => {
            let up = number.value.ceil() as u64;
            let bound = if number.value.fract() == 0.0 { Bound::Exactly(up) } else { Bound::AtMost(up) };
            Some(Traced::new(bound, number.trail.clone()))
        }
        Value::Unknown(gap) => {
            let bound = Bound::Unknown(Unknown { floor: 0, term: None, why: gap.why.clone() });
            Some(Traced::new(bound, gap.trail.clone()))
        }
        _ => None,
    }
}
