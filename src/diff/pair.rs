//! Things of two states that are the same thing.

/// Something before and after; one of the two may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<T> {
    /// Before.
    pub base: Option<T>,
    /// After.
    pub head: Option<T>,
}

impl<T> Pair<T> {
    /// After, or before where it is gone.
    pub fn either(&self) -> Option<&T> {
        self.head.as_ref().or(self.base.as_ref())
    }

    /// Whether it was there and still is.
    pub fn is_both(&self) -> bool {
        self.base.is_some() && self.head.is_some()
    }

    /// Both seen through `see`.
    pub fn map<U>(&self, see: impl Fn(&T) -> U) -> Pair<U> {
        Pair { base: self.base.as_ref().map(&see), head: self.head.as_ref().map(&see) }
    }
}

/// Pairs what has the same name, then what is most `alike` of the others: a file that was renamed gives its deployment
/// another name. In the order of `head`, what is gone last.
pub(super) fn pairs<'a, T>(
    base: &'a [T],
    head: &'a [T],
    name: impl Fn(&T) -> &str,
    alike: impl Fn(&T, &T) -> usize,
) -> Vec<Pair<&'a T>> {
    let mut left: Vec<Option<&T>> = base.iter().map(Some).collect();
    let mut take = |found: Option<usize>| found.and_then(|index| left[index].take());
    let by_name = |after: &T| base.iter().position(|before| name(before) == name(after));
    let mut pairs: Vec<Pair<&T>> =
        head.iter().map(|after| Pair { base: take(by_name(after)), head: Some(after) }).collect();
    for pair in pairs.iter_mut().filter(|pair| pair.base.is_none()) {
        let Some(after) = pair.head else { continue };
        let candidates = left.iter().enumerate().filter_map(|(index, before)| Some((index, (*before)?)));
        let scored = candidates.map(|(index, before)| (alike(before, after), index));
        // Of those that are equally alike the first.
        let best =
            scored.filter(|(score, _)| *score > 0).max_by_key(|(score, index)| (*score, usize::MAX - index));
        pair.base = best.and_then(|(_, index)| left[index].take());
    }
    pairs.extend(left.into_iter().flatten().map(|before| Pair { base: Some(before), head: None }));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_first_then_what_is_alike() {
        let (base, head) = (["a:1", "b:2", "c:3"], ["b:9", "x:3", "y:7"]);
        let found = pairs(&base, &head, |text| &text[..1], |a, b| usize::from(a[1..] == b[1..]));
        let found: Vec<(Option<&str>, Option<&str>)> =
            found.into_iter().map(|pair| (pair.base.copied(), pair.head.copied())).collect();
        assert_eq!(
            found,
            [
                (Some("b:2"), Some("b:9")),
                (Some("c:3"), Some("x:3")),
                (None, Some("y:7")),
                (Some("a:1"), None),
            ]
        );
    }
}
