//! The arguments of `plan` and `fix`, and what they ask for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::plan::{Role, Strategy, Wish};

use super::arguments::{Format, ReadingArguments};

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArguments {
    /// The folder or compose file to plan for
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Show what workers and pools of usual sizes come to
    #[arg(long, conflicts_with_all = ["strategy", "minimal", "set", "for_count"])]
    pub(super) table: bool,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) wish: WishArguments,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

/// Arguments of `fix`.
#[derive(Debug, Args)]
pub(super) struct FixArguments {
    /// The folder or compose file to fix
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) path: PathBuf,
    /// Which plan to write, by its number in `connbudget plan`; without it, the first that files alone make true
    #[arg(long, value_name = "NUMBER")]
    pub(super) plan: Option<usize>,
    /// Write nothing, and print a diff that `git apply` takes
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write files that git ignores, too
    #[arg(long)]
    pub(super) include_ignored: bool,
    #[command(flatten)]
    pub(super) wish: WishArguments,
    #[command(flatten)]
    pub(super) reading: ReadingArguments,
}

/// What is asked for in place of the smallest change that fits.
#[derive(Debug, Args)]
pub(super) struct WishArguments {
    /// The settings of a strategy: conservative (3 workers, pools of 2 + 1), balanced (5, 3 + 2), high-performance
    /// (8, 3 + 2, and a server with room for them)
    #[arg(long, value_enum, value_name = "STRATEGY", conflicts_with_all = ["minimal", "set", "for_count"])]
    pub(super) strategy: Option<StrategyName>,
    /// As little as runs at all, for an emergency: 2 workers, pools of 1 + 1
    #[arg(long, conflicts_with_all = ["set", "for_count"])]
    pub(super) minimal: bool,
    /// What if: a number by the name that its file has for it (`WORKERS=8`), or by whose it is (`db.max_connections=200`);
    /// repeat it for several
    #[arg(long, value_name = "NAME=NUMBER", value_parser = setting, conflicts_with = "for_count")]
    pub(super) set: Vec<(String, u64)>,
    /// The pools that fit so many: `8-workers`, `4-replicas`, `16-threads`
    #[arg(long = "for", id = "for_count", value_name = "COUNT-KIND", value_parser = count_of)]
    pub(super) for_count: Option<(Role, u64)>,
}

/// A strategy by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StrategyName {
    /// 3 workers, pools of 2 + 1
    Conservative,
    /// 5 workers, pools of 3 + 2
    Balanced,
    /// 8 workers, pools of 3 + 2, a server with room for them
    HighPerformance,
}

impl WishArguments {
    /// What is asked for; `None` for the smallest change that fits.
    pub(super) fn wish(&self) -> Option<Wish> {
        if let Some(strategy) = self.strategy {
            return Some(Wish::Strategy(match strategy {
                StrategyName::Conservative => Strategy::Conservative,
                StrategyName::Balanced => Strategy::Balanced,
                StrategyName::HighPerformance => Strategy::HighPerformance,
            }));
        }
        if self.minimal {
            return Some(Wish::Strategy(Strategy::Minimal));
        }
        if let Some((role, count)) = self.for_count {
            return Some(Wish::For(role, count));
        }
        (!self.set.is_empty()).then(|| Wish::Set(self.set.clone()))
    }
}

fn setting(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=NUMBER: WORKERS=8")?;
    let number = value.trim().parse().map_err(|_| format!("`{value}` is no whole number"))?;
    match name.trim() {
        "" => Err("there is no name before the `=`".to_owned()),
        name => Ok((name.to_owned(), number)),
    }
}

fn count_of(text: &str) -> Result<(Role, u64), String> {
    let example = "write a number and what there are so many of: `8-workers`, `4-replicas`, `16-threads`";
    let (count, kind) = text.split_once('-').ok_or(example)?;
    let role = match kind.trim_end_matches('s') {
        "worker" | "proces" | "process" => Role::Processes,
        "replica" => Role::Replicas,
        "thread" => Role::Threads,
        _ => return Err(format!("`{kind}` is none of workers, replicas and threads")),
    };
    let count = count.parse().ok().filter(|count| *count > 0).ok_or(example)?;
    Ok((role, count))
}
