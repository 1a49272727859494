//! The name that was meant.

/// "did you mean `near-limit`?", or what there is.
pub(super) fn advice<'a>(given: &str, there: impl IntoIterator<Item = &'a str>) -> String {
    let there: Vec<&str> = there.into_iter().collect();
    match (nearest(given, &there), there.as_slice()) {
        (Some(name), _) => format!("did you mean `{name}`?"),
        (None, [only]) => format!("there is only `{only}`"),
        (None, all) if all.len() <= 8 => format!("there is {}", all.join(", ")),
        (None, _) => "`connbudget rules` lists them".to_owned(),
    }
}

/// The one of `there` that is nearest to `given`, where any is near: a slip in a third of its letters at most.
pub(crate) fn nearest<'a>(given: &str, there: &[&'a str]) -> Option<&'a str> {
    let distance = |name: &&&str| strsim::damerau_levenshtein(given, name);
    let name = there.iter().min_by_key(distance)?;
    (distance(&name) <= name.len() / 3).then_some(*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let there = ["near-limit", "over-budget", "threshold"];
        assert_eq!(nearest("near-limt", &there), Some("near-limit"));
        assert_eq!(nearest("over_bugdet", &there), Some("over-budget"));
        assert_eq!(nearest("colour", &there), None);
        assert_eq!(advice("x", ["severity"]), "there is only `severity`");
    }
}
