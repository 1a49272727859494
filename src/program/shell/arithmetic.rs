//! `$((…))`: exact where its operands are known, else as much as a bound can say (`2 × CPUs + 1`).

use super::expand::as_number;
use super::state::{Binding, State, interpolated};
use super::{Shell, Value};
use crate::program::value::nothing_known;
use crate::syntax::shell::ast::Arithmetic;
use crate::trace::{Bound, Text, Traced, Trail};

/// A number, or what is known of it; and where it came from, when a single operand decides it.
struct Number {
    value: Result<i64, Bound>,
    trail: Option<Trail>,
}

impl Shell<'_, '_> {
    /// What the expression at `place` comes to.
    pub(super) fn arithmetic(&self, expression: &Arithmetic, place: &Text, state: &mut State) -> Value {
        let number = self.compute(expression, state);
        let trail = number.trail.unwrap_or_else(|| place.trail());
        let value = match number.value {
            Ok(n) => Value::Known(Text::traced(n.to_string(), trail)),
            Err(bound) => Value::counted(place, Traced::new(bound, trail)),
        };
        interpolated(value, place)
    }

    /// Whether the expression is other than zero; `None` where that is not known.
    pub(super) fn holds(&self, expression: &Arithmetic, state: &mut State) -> Option<bool> {
        self.compute(expression, state).value.ok().map(|n| n != 0)
    }

    fn compute(&self, expression: &Arithmetic, state: &mut State) -> Number {
        match expression {
            Arithmetic::Number(n) => Number { value: Ok(*n), trail: None },
            Arithmetic::Word(word) => number_of(&self.single(word, state)),
            Arithmetic::Name(name, text) => match state.get(name, text) {
                Binding::Unset => Number { value: Ok(0), trail: None },
                Binding::Value(value) => number_of(&interpolated(value, text)),
                Binding::Array(_) => not_computed(),
            },
            Arithmetic::Unary(operator, inner) => {
                let inner = self.compute(inner, state);
                let value = match (operator.as_str(), inner.value) {
                    ("-", Ok(n)) => n.checked_neg().ok_or_else(too_large),
                    ("+", value) => value,
                    ("!", Ok(n)) => Ok(i64::from(n == 0)),
                    ("~", Ok(n)) => Ok(!n),
                    (_, Ok(_)) => not_computed().value,
                    (_, Err(bound)) => Err(blurred(&bound)),
                };
                Number { value, trail: inner.trail }
            }
            Arithmetic::Binary(left, operator, right) => {
                let (left, right) = (self.compute(left, state), self.compute(right, state));
                combine(left, operator, right)
            }
            Arithmetic::Choice(condition, then, otherwise) => match self.compute(condition, state).value {
                Ok(0) => self.compute(otherwise, state),
                Ok(_) => self.compute(then, state),
                Err(_) => either(self.compute(then, state), self.compute(otherwise, state)),
            },
            Arithmetic::Assign(name, operator, value) => {
                let right = self.compute(value, state);
                let place = Text::traced("", right.trail.clone().unwrap_or_else(|| state.name.trail()));
                let number = if operator.is_empty() {
                    right
                } else {
                    let left = self.compute(&Arithmetic::Name(name.clone(), place.clone()), state);
                    combine(left, operator, right)
                };
                let trail = number.trail.clone().unwrap_or_else(|| place.trail());
                let value = match &number.value {
                    Ok(n) => Value::Known(Text::traced(n.to_string(), trail)),
                    Err(bound) => Value::counted(&place, Traced::new(bound.clone(), trail)),
                };
                state.set(name, Binding::Value(value));
                number
            }
            Arithmetic::Unreadable => not_computed(),
        }
    }
}

fn number_of(value: &Value) -> Number {
    Number { value: as_number(value), trail: Some(value.trail()) }
}

fn not_computed() -> Number {
    Number { value: Err(nothing_known("this arithmetic is not computed")), trail: None }
}

fn too_large() -> Bound {
    nothing_known("the number is too large for the shell")
}

fn combine(left: Number, operator: &str, right: Number) -> Number {
    // The operand that somebody can change is the one to point at; of two, the unknown one.
    let trail = match (&left.value, &right.value) {
        (Ok(_), Err(_)) => right.trail.or(left.trail),
        _ => left.trail.or(right.trail),
    };
    let value = match (left.value, right.value) {
        (Ok(a), Ok(b)) => whole(a, operator, b),
        (a, b) => affine(&a, operator, &b),
    };
    Number { value, trail }
}

fn whole(a: i64, operator: &str, b: i64) -> Result<i64, Bound> {
    let exponent = u32::try_from(b);
    let truth = |holds: bool| Some(i64::from(holds));
    let value = match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "**" => exponent.ok().and_then(|b| a.checked_pow(b)),
        "<<" => exponent.ok().and_then(|b| a.checked_shl(b)),
        ">>" => exponent.ok().and_then(|b| a.checked_shr(b)),
        "&" => Some(a & b),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "<" => truth(a < b),
        ">" => truth(a > b),
        "<=" => truth(a <= b),
        ">=" => truth(a >= b),
        "==" => truth(a == b),
        "!=" => truth(a != b),
        "&&" => truth(a != 0 && b != 0),
        "||" => truth(a != 0 || b != 0),
        _ => return not_computed().value,
    };
    value.ok_or_else(too_large)
}

/// Sums and products of what is not known; anything else leaves the reason only.
fn affine(a: &Result<i64, Bound>, operator: &str, b: &Result<i64, Bound>) -> Result<i64, Bound> {
    let bound = |side: &Result<i64, Bound>| match side {
        Ok(n) => u64::try_from(*n).ok().map(Bound::Exactly),
        Err(bound) => Some(bound.clone()),
    };
    let reason = || blurred(a.as_ref().err().or(b.as_ref().err()).unwrap_or(&Bound::ZERO));
    let (Some(left), Some(right)) = (bound(a), bound(b)) else { return Err(reason()) };
    match operator {
        "+" => Err(left + right),
        "*" => Err(left * right),
        _ => Err(reason()),
    }
}

fn either(then: Number, otherwise: Number) -> Number {
    let bound = |value: Result<i64, Bound>| match value {
        Ok(n) => Bound::Exactly(u64::try_from(n).unwrap_or(0)),
        Err(bound) => bound,
    };
    let trail = then.trail.or(otherwise.trail);
    Number { value: Err(bound(then.value).or(bound(otherwise.value))), trail }
}

/// The reason alone.
fn blurred(bound: &Bound) -> Bound {
    let why = match bound {
        Bound::Unknown(unknown) => unknown.why.as_ref(),
        _ => "this arithmetic is not computed",
    };
    nothing_known(why)
}
