//! Two branches of which only one runs, and what the code behind them can see of either.

use super::heap::{Key, ObjectId, Written};
use super::machine::{Flow, Machine};

impl Machine<'_> {
    /// Runs two pieces of code of which only one runs in life, and keeps what either may have left behind.
    pub(super) fn either(
        &mut self,
        first: impl FnOnce(&mut Self) -> Flow,
        second: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        let (start, mark) = (self.ledger.mark(), self.heap.begin());
        let flow_first = first(self);
        let written_first = self.heap.take_back(mark);
        let (middle, mark) = (self.ledger.mark(), self.heap.begin());
        let flow_second = second(self);
        let written_second = self.heap.take_back(mark);
        self.ledger.pair(start, middle);
        self.merge((flow_first, written_first), (flow_second, written_second))
    }

    /// Carries out what two branches wrote, as far as the code behind them can see it.
    pub(super) fn merge(&mut self, first: (Flow, Written), second: (Flow, Written)) -> Flow {
        match (first.0, second.0) {
            (Flow::Raised, Flow::Raised) => {
                self.heap.apply_either(&first.1, &second.1);
                Flow::Raised
            }
            (Flow::Raised, flow) => {
                self.heap.apply(second.1);
                flow
            }
            (flow, Flow::Raised) => {
                self.heap.apply(first.1);
                flow
            }
            (Flow::Returned, Flow::Next) => self.merge_returned(first.1, second.1),
            (Flow::Next, Flow::Returned) => self.merge_returned(second.1, first.1),
            (a, b) => {
                self.heap.apply_either(&first.1, &second.1);
                if a == b { a } else { Flow::Next }
            }
        }
    }

    /// One branch has returned, so the names of the function are those of the other one.
    fn merge_returned(&mut self, returned: Written, other: Written) -> Flow {
        let scope = self.frames.last().map(|frame| frame.scope);
        let is_own = |(object, _): &(ObjectId, Key)| Some(*object) == scope;
        let outer_returned = returned.into_iter().filter(|(slot, _)| !is_own(slot)).collect();
        let (own, outer): (Written, Written) = other.into_iter().partition(|(slot, _)| is_own(slot));
        self.heap.apply(own);
        self.heap.apply_either(&outer_returned, &outer);
        Flow::Next
    }
}
