//! What constructors of pools demand of their smallest and largest number of connections.

use crate::python::{Call, Number};
use crate::source::Span;
use crate::trace::Trail;

/// The numbers of a pool, and what its library refuses of them.
pub(crate) struct Sizes<'c, 'm, 'a> {
    pub(crate) call: &'c Call<'m, 'a>,
    pub(crate) library: &'static str,
    pub(crate) refused: Vec<(Span, String)>,
}

impl<'c, 'm, 'a> Sizes<'c, 'm, 'a> {
    /// Nothing is refused yet.
    pub(crate) fn of(call: &'c Call<'m, 'a>, library: &'static str) -> Self {
        Self { call, library, refused: Vec::new() }
    }

    fn refuse(&mut self, trail: &Trail, message: String) {
        self.refused.push(self.call.refusal(trail, message));
    }

    /// The number `name` is a number, and not below `least`.
    pub(crate) fn demand(&mut self, name: &str, numbers: &[Number], least: i64, takes_none: bool) {
        for number in numbers {
            match number {
                Number::Refused(trail) => self.refuse(trail, format!("`{name}` has to be a number")),
                Number::Nothing(trail) if !takes_none => {
                    self.refuse(trail, format!("`{name}` has to be a number, not None"));
                }
                Number::Known(number) if number.value < least => {
                    let library = self.library;
                    self.refuse(
                        &number.trail,
                        format!("`{name}` has to be at least {least}, or {library} refuses it"),
                    );
                }
                _ => {}
            }
        }
    }

    /// The minimum is not above the maximum, both by their names. The one that the call gives is at fault.
    pub(crate) fn order(&mut self, minimum: (&str, &[Number]), maximum: (&str, &[Number])) {
        let ([Number::Known(low)], [Number::Known(high)]) = (minimum.1, maximum.1) else { return };
        if low.value > high.value {
            let is_given = self.call.argument(None, maximum.0).is_some();
            let trail = if is_given { &high.trail } else { &low.trail };
            let (least, most, library) = (minimum.0, maximum.0, self.library);
            let (low, high) = (low.value, high.value);
            let message = format!("`{least}` ({low}) is above `{most}` ({high}), which {library} refuses");
            self.refuse(trail, message);
        }
    }
}
