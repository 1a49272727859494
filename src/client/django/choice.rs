//! What a database may come to in different branches, and the one that counts.

use crate::pool::{Demand, Made, Pool, Setting, Url};
use crate::source::Span;
use crate::trace::{Bound, Count, Unknown};

/// What keeps the connections of a database.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// Each thread its own.
    ByThread,
    /// A pool.
    Pool(Box<Keeper>),
}

/// A pool of the backend's.
#[derive(Clone, Debug)]
pub(super) struct Keeper {
    /// The class that keeps it.
    pub(super) kind: &'static str,
    pub(super) size: Option<Count>,
    pub(super) overflow: Option<Count>,
    pub(super) ceiling: Bound,
    pub(super) demand: Demand,
    /// Whether it may also be that there is none, and each thread has its own connection.
    pub(super) may_be_absent: bool,
}

/// A database in one branch.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) is_kept: bool,
    pub(super) pool: Kept,
    pub(super) url: Url,
    pub(super) place: Span,
    pub(super) settings: Vec<Setting>,
}

/// The pool that stands for all `choices` of the database `alias`; `None` where there are none.
pub(super) fn choose(alias: &str, choices: &[Choice]) -> Option<Pool> {
    let url = common_url(choices)?;
    let is_kept = choices.iter().any(|choice| choice.is_kept);
    let by_thread = choices.iter().any(|choice| match &choice.pool {
        Kept::ByThread => true,
        Kept::Pool(keeper) => keeper.may_be_absent,
    });
    let largest = choices.iter().enumerate().max_by_key(|(index, choice)| match &choice.pool {
        Kept::ByThread => (0, 0, usize::MAX - index),
        Kept::Pool(keeper) => (1, keeper.ceiling.floor(), usize::MAX - index),
    });
    let chosen = largest.map(|(index, _)| index).and_then(|index| choices.get(index).cloned())?;
    let ceilings = choices.iter().filter_map(|choice| match &choice.pool {
        Kept::ByThread => None,
        Kept::Pool(keeper) => Some(keeper.ceiling.clone()),
    });
    let ceiling = ceilings.reduce(Bound::or);
    let pool = |kind, demand, ceiling| Pool {
        name: alias.to_owned(),
        kind,
        size: None,
        overflow: None,
        ceiling,
        demand,
        url: url.clone(),
        place: Some(chosen.place),
        made: Made::Once,
        settings: chosen.settings.clone(),
    };
    let threads = |pool: u64| Demand::ByThread { is_kept, pool };
    Some(match (chosen.pool, ceiling, by_thread) {
        (Kept::Pool(keeper), Some(ceiling), false) => {
            Pool { size: keeper.size, overflow: keeper.overflow, ..pool(keeper.kind, keeper.demand, ceiling) }
        }
        (Kept::Pool(keeper), Some(ceiling), true) => match ceiling.number() {
            Some(most) => pool("django.connection", threads(most), Bound::Unbounded),
            None => pool(keeper.kind, Demand::Ahead, ceiling),
        },
        _ => pool("django.connection", threads(0), Bound::Unbounded),
    })
}

/// The place that all of them dial.
fn common_url(choices: &[Choice]) -> Option<Url> {
    let host = |url: &Url| match url {
        Url::Known(text) | Url::Host(text) => Some(text.to_string()),
        Url::Unknown(_) => None,
    };
    let first = &choices.first()?.url;
    if choices.iter().all(|choice| host(&choice.url) == host(first)) {
        return Some(first.clone());
    }
    let why = "its host may be one of several".into();
    Some(Url::Unknown(Unknown { floor: 0, term: None, why }))
}
