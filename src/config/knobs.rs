//! `[plan]`: what `connbudget plan` and `connbudget fix` may change, and how far.

use std::ops::RangeInclusive;

use serde::Deserialize;
use toml::Spanned;

use super::ConfigError;
use crate::source::SourceFile;
use crate::trace::{How, Origin, Traced, Trail};

/// What a plan may change.
#[derive(Clone, Debug, Default)]
pub struct PlanSettings {
    /// From where to where the numbers of a kind may be changed: `workers`, `threads`, `replicas`, `pool-size`,
    /// `overflow`, `max-connections`.
    pub bounds: Vec<(&'static str, Traced<RangeInclusive<u64>>)>,
    /// What stays as it is: names as the files have them (`WORKERS`), or kinds as above.
    pub keep: Vec<Traced<String>>,
}

/// The same as the file spells it: a range is `"2..8"`, both ends belong to it, and either may be left out.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct PlanTable {
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    workers: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    threads: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    replicas: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pool_size: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    overflow: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    max_connections: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    keep: Vec<Spanned<String>>,
}

impl PlanTable {
    /// What the table says, each value at its place.
    pub(super) fn settings(&self, file: &SourceFile) -> Result<PlanSettings, ConfigError> {
        let given = [
            ("workers", &self.workers),
            ("threads", &self.threads),
            ("replicas", &self.replicas),
            ("pool-size", &self.pool_size),
            ("overflow", &self.overflow),
            ("max-connections", &self.max_connections),
        ];
        let at = |place| Trail::new(Origin::at(How::Declared, file.at(place)));
        let mut bounds = Vec::new();
        for (name, given) in given {
            let Some(given) = given else { continue };
            let range = range(given.get_ref())
                .map_err(|why| ConfigError::at(file, given.span(), format!("{name} {why}")))?;
            bounds.push((name, Traced::new(range, at(given.span()))));
        }
        let keep =
            self.keep.iter().map(|name| Traced::new(name.get_ref().clone(), at(name.span()))).collect();
        Ok(PlanSettings { bounds, keep })
    }
}

fn range(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (low, high) = text.split_once("..").ok_or("is a range: \"2..8\"")?;
    let number = |text: &str, missing: u64| match text.trim() {
        "" => Ok(missing),
        text => text
            .parse::<u64>()
            .map_err(|_| format!("is a range of whole numbers: \"2..8\", and `{text}` is none")),
    };
    let (low, high) = (number(low, 0)?, number(high.trim_start_matches('='), u64::MAX)?);
    if low > high {
        return Err(format!("has nothing between {low} and {high}: the smaller end comes first"));
    }
    Ok(low..=high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_one_end_at_least() {
        for (text, expected) in [("2..8", 2..=8), ("2..", 2..=u64::MAX), ("..8", 0..=8), (" 2 ..= 8", 2..=8)]
        {
            assert_eq!(range(text), Ok(expected), "{text}");
        }
        for text in ["8..2", "8", "two..8", "-1..4", "1.5..2"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
