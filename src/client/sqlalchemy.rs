//! SQLAlchemy's engines, also under SQLModel: facts C1, and `pool/impl.py` of 1.4.54 and 2.0.30.

use crate::pool::{Demand, Made, Pool, Url};
use crate::python::{Call, Constructor, Library, Number, Outcome, Value};
use crate::source::Span;
use crate::trace::{Bound, Traced, Unknown};

use super::library::{count, url as url_of};

mod setting;

/// The library.
pub(crate) const LIBRARY: Library = Library {
    packages: &["sqlalchemy", "sqlmodel"],
    names: &[
        "create_engine",
        "create_async_engine",
        "engine_from_config",
        "async_engine_from_config",
        "QueuePool",
        "AsyncAdaptedQueuePool",
    ],
    is_common: false,
    objects: &[],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    let (package, last) = name.rsplit_once('.')?;
    let is_ours = package.split('.').next().is_some_and(|root| root == "sqlalchemy" || root == "sqlmodel");
    match last {
        _ if !is_ours => None,
        "create_engine" => Some(create_engine),
        "create_async_engine" => Some(create_async_engine),
        "engine_from_config" => Some(engine_from_config),
        "async_engine_from_config" => Some(async_engine_from_config),
        "QueuePool" => Some(queue_pool),
        "AsyncAdaptedQueuePool" => Some(async_queue_pool),
        "NullPool" => Some(null_pool),
        _ => None,
    }
}

/// How a class of pools is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Queue,
    AsyncQueue,
    /// One connection for each checkout.
    Null,
    /// One connection for each thread; `pool_size` is only when it begins to clean up (`impl.py`).
    SingletonThread,
    /// One connection, were it not that first checkouts at once each open one (facts, G).
    Static,
    Assertion,
    Unknown,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Queue => "sqlalchemy.QueuePool",
            Self::AsyncQueue => "sqlalchemy.AsyncAdaptedQueuePool",
            Self::Null => "sqlalchemy.NullPool",
            Self::SingletonThread => "sqlalchemy.SingletonThreadPool",
            Self::Static => "sqlalchemy.StaticPool",
            Self::Assertion => "sqlalchemy.AssertionPool",
            Self::Unknown => "sqlalchemy.Pool",
        }
    }

    fn is_queue(self) -> bool {
        matches!(self, Self::Queue | Self::AsyncQueue)
    }
}

fn create_engine(call: &Call<'_, '_>) -> Outcome {
    engine(call, Kind::Queue, call.argument(Some(0), "url"))
}

fn create_async_engine(call: &Call<'_, '_>) -> Outcome {
    engine(call, Kind::AsyncQueue, call.argument(Some(0), "url"))
}

/// `engine_from_config(configuration, prefix="sqlalchemy.")`: the keys of a dictionary behind the prefix, strings made
/// into numbers.
fn engine_from_config(call: &Call<'_, '_>) -> Outcome {
    from_config(call, Kind::Queue)
}

fn async_engine_from_config(call: &Call<'_, '_>) -> Outcome {
    from_config(call, Kind::AsyncQueue)
}

fn from_config(call: &Call<'_, '_>, kind: Kind) -> Outcome {
    let prefix = match call.argument(Some(1), "prefix") {
        Some(Value::Text(prefix)) => prefix.as_str().to_owned(),
        _ => "sqlalchemy.".to_owned(),
    };
    let configuration = call.argument(Some(0), "configuration");
    let arguments = call.machine.configuration(configuration, &prefix, call.arguments, call.place);
    let inner = call.with(&arguments);
    engine(&inner, kind, inner.argument(None, "url"))
}

/// `QueuePool(creator, pool_size=5, max_overflow=10)`, made by hand. An engine that is given it has no other.
fn queue_pool(call: &Call<'_, '_>) -> Outcome {
    pool(call, Kind::Queue, by_creator(), Some(1))
}

fn async_queue_pool(call: &Call<'_, '_>) -> Outcome {
    pool(call, Kind::AsyncQueue, by_creator(), Some(1))
}

fn null_pool(call: &Call<'_, '_>) -> Outcome {
    pool(call, Kind::Null, by_creator(), Some(1))
}

fn by_creator() -> Url {
    Url::Unknown(Unknown { floor: 0, term: None, why: "the function `creator` dials it".into() })
}

pub(crate) fn engine(call: &Call<'_, '_>, kind: Kind, url: Option<Value>) -> Outcome {
    let Some(url) = url_of(url) else { return Outcome::default() };
    match call.argument(None, "pool") {
        Some(given @ Value::Pool(_)) => {
            let mut refused = Vec::new();
            for name in ["pool_size", "max_overflow"] {
                if call.argument(None, name).is_some_and(|value| !value.may_be_absent()) {
                    refused.push((call.place, format!("`{name}` does not go with a pool that is given")));
                }
            }
            Outcome { gives: Some(given), refused, ..Outcome::default() }
        }
        _ => pool(call, kind, url, None),
    }
}

/// A pool of the class `kind`, unless the call names another. `first` is where its numbers begin among the arguments
/// without a name.
fn pool(call: &Call<'_, '_>, kind: Kind, url: Url, first: Option<usize>) -> Outcome {
    let (mut refused, mut not_numbers) = (Vec::new(), Vec::new());
    let sizes = call.numbers(first, "pool_size", &call.default(5, "SQLAlchemy pool_size"));
    let overflows = call.numbers(
        first.map(|index| index + 1),
        "max_overflow",
        &call.default(10, "SQLAlchemy max_overflow"),
    );
    for (name, numbers) in [("pool_size", &sizes), ("max_overflow", &overflows)] {
        refuse(call, name, numbers, &mut refused, &mut not_numbers);
    }
    let kinds = kinds(call, kind);
    refuse_class(call, kind, &kinds, &mut refused);
    let ceiling = |kind: &Kind| -> Bound {
        let pairs = sizes.iter().flat_map(|size| overflows.iter().map(move |overflow| (size, overflow)));
        let bounds = pairs.map(|(size, overflow)| match kind {
            Kind::Queue | Kind::AsyncQueue => queue_bound(size, overflow, call.machine.has_old_sqlalchemy()),
            Kind::Null | Kind::SingletonThread | Kind::Static | Kind::Assertion => Bound::Unbounded,
            Kind::Unknown => Bound::unknown("connections", "the class of the pool is not known"),
        });
        bounds.reduce(Bound::or).unwrap_or(Bound::Unbounded)
    };
    let bound = kinds.iter().map(ceiling).reduce(Bound::or).unwrap_or(Bound::Unbounded);
    let main = kinds.iter().copied().find(|kind| !kind.is_queue()).unwrap_or(kind);
    let queue = kinds.iter().all(|kind| kind.is_queue());
    let size = queue.then(|| count(&sizes, "connections")).flatten();
    let overflow = queue.then(|| overflow_count(&overflows)).flatten();
    let (size, overflow) = if size.is_some() && overflow.is_some() { (size, overflow) } else { (None, None) };
    let pool = Pool {
        name: String::new(),
        kind: main.name(),
        size,
        overflow,
        ceiling: bound,
        demand: Demand::ByTask { minimum: 0 },
        url,
        place: Some(call.place),
        made: Made::Once,
        settings: Vec::new(),
    };
    let settings = setting::all(call, &pool, queue, first.is_some());
    Outcome { pool: Some(Pool { settings, ..pool }), refused, not_numbers, ..Outcome::default() }
}

/// What a queue pool allows. `_max_overflow = -1 if pool_size == 0` since 2.0 (`impl.py`, line 137); before, an empty
/// queue leaves the overflow.
fn queue_bound(size: &Number, overflow: &Number, is_old: bool) -> Bound {
    let known = |number: &Number| match number {
        Number::Known(number) => Some(number.value),
        _ => None,
    };
    match (known(size), known(overflow)) {
        (_, Some(-1)) => Bound::Unbounded,
        (Some(0), _) if !is_old => Bound::Unbounded,
        (Some(size), Some(overflow)) => {
            // Other negative overflows end in a `RecursionError`; see `refuse`.
            if overflow < 0 {
                return Bound::unknown("connections", "`max_overflow` is negative");
            }
            Bound::Exactly(u64::try_from(size.saturating_add(overflow)).unwrap_or(0))
        }
        _ => bound_of(size) + bound_of(overflow),
    }
}

/// A size or overflow, of which one is not known.
fn bound_of(number: &Number) -> Bound {
    match number {
        Number::Known(number) => Bound::Exactly(u64::try_from(number.value).unwrap_or(0)),
        Number::Counted(count) => count.value.clone(),
        Number::Unknown(gap) => Bound::unknown("connections", gap.why.clone()),
        Number::Nothing(_) | Number::Refused(_) => Bound::unknown("connections", "it is not a number"),
    }
}

/// The overflow as a count: `-1` is without bound.
fn overflow_count(overflows: &[Number]) -> Option<crate::trace::Count> {
    let unbounded = overflows.iter().find_map(|number| match number {
        Number::Known(number) if number.value == -1 => Some(number.trail.clone()),
        _ => None,
    });
    match unbounded {
        Some(trail) => Some(Traced::new(Bound::Unbounded, trail)),
        None => count(overflows, "connections"),
    }
}

/// Arguments that make the engine, or its first checkout, fail.
fn refuse(
    call: &Call<'_, '_>,
    name: &str,
    numbers: &[Number],
    refused: &mut Vec<(Span, String)>,
    not_numbers: &mut Vec<(Span, String)>,
) {
    for number in numbers {
        match number {
            Number::Refused(trail) => {
                not_numbers.push(call.refusal(trail, format!("`{name}` has to be a number, not a string")));
            }
            Number::Nothing(trail) => {
                refused.push(call.refusal(trail, format!("`{name}` has to be a number, not None")));
            }
            Number::Known(number) if name == "max_overflow" && number.value < -1 => {
                let message = "`max_overflow` below -1 ends in a RecursionError; -1 means without bound";
                refused.push(call.refusal(&number.trail, message));
            }
            Number::Known(_) | Number::Counted(_) | Number::Unknown(_) => {}
        }
    }
}

/// A class of pools that does not go with the other arguments (`engine/create.py`: a `TypeError` or `ArgumentError`).
fn refuse_class(call: &Call<'_, '_>, default: Kind, kinds: &[Kind], refused: &mut Vec<(Span, String)>) {
    let [kind] = kinds else { return };
    let is_given = |name: &str| call.argument(None, name).is_some_and(|value| !value.may_be_absent());
    let takes_size = kind.is_queue() || matches!(kind, Kind::SingletonThread | Kind::Unknown);
    for (name, is_taken) in
        [("pool_size", takes_size), ("max_overflow", kind.is_queue() || *kind == Kind::Unknown)]
    {
        if is_given(name) && !is_taken {
            refused.push((call.place, format!("`{name}` goes with no {}", kind.name())));
        }
    }
    let is_new = !call.machine.has_old_sqlalchemy();
    if is_new && *kind == Kind::Queue && default == Kind::AsyncQueue {
        refused.push((call.place, "an asynchronous engine refuses a QueuePool".to_owned()));
    }
    if *kind == Kind::AsyncQueue && default == Kind::Queue {
        refused.push((call.place, "a synchronous engine cannot use an AsyncAdaptedQueuePool".to_owned()));
    }
}

/// The classes that the pool may be of.
fn kinds(call: &Call<'_, '_>, default: Kind) -> Vec<Kind> {
    let given = call.argument(None, "poolclass").or_else(|| call.argument(None, "pool"));
    let Some(given) = given else { return vec![default] };
    let kind = |value: Value| match value {
        Value::Absent | Value::None(_) => default,
        Value::Outside(outside) => {
            match outside.name.trim_end_matches("()").rsplit('.').next().unwrap_or_default() {
                "QueuePool" => Kind::Queue,
                "AsyncAdaptedQueuePool" | "FallbackAsyncAdaptedQueuePool" => Kind::AsyncQueue,
                "NullPool" => Kind::Null,
                "SingletonThreadPool" => Kind::SingletonThread,
                "StaticPool" => Kind::Static,
                "AssertionPool" => Kind::Assertion,
                _ => Kind::Unknown,
            }
        }
        _ => Kind::Unknown,
    };
    given.into_alternatives().into_iter().map(kind).collect()
}
