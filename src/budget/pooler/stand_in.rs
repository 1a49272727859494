//! Pools that stand for those of a pooler of which its files tell nothing.

use crate::client::{Demand, Made, Pool, Url};
use crate::deployment::Pooler;
use crate::source::Span;
use crate::trace::{Bound, Count, Unknown};

use super::POOLER_POOL;
use crate::budget::PoolDemand;

/// The pool that stands for what `declared` says.
pub(super) fn declared_pool(pooler: &Pooler, declared: &Count) -> PoolDemand {
    let why = "it is declared how many connections it opens, and not whom it dials".into();
    let pool = Pool {
        name: "connections".to_owned(),
        kind: POOLER_POOL,
        size: Some(declared.clone()),
        overflow: None,
        ceiling: declared.value.clone(),
        demand: Demand::Ahead,
        url: Url::Unknown(Unknown { floor: 0, term: None, why }),
        place: declared.trail.place().or(pooler.place),
        made: Made::Once,
        settings: Vec::new(),
    };
    PoolDemand { ceiling: pool.ceiling.clone(), reachable: pool.ceiling.clone(), terms: None, pool }
}

/// The pool of which nothing is known but `bound`.
pub(super) fn unknown(pooler: &Pooler, bound: &Bound, place: Option<Span>) -> PoolDemand {
    let why = match bound {
        Bound::Unknown(unknown) => unknown.why.to_string(),
        bound => format!("it opens {bound}"),
    };
    let url =
        Url::Unknown(Unknown { floor: 0, term: None, why: "which server it dials is not known".into() });
    let pool = Pool { kind: POOLER_POOL, ..Pool::unknown(url, &why, place.or(pooler.place)) };
    PoolDemand { ceiling: pool.ceiling.clone(), reachable: pool.ceiling.clone(), terms: None, pool }
}
