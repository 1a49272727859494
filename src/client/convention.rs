//! Names that everybody uses alike. Where an application's source is not at hand, `DB_POOL_SIZE=3` in its environment
//! is taken for the size of each of its pools; how many of those it makes stays unknown.

use crate::platform::Environment;
use crate::trace::{Bound, Count, Flaw, How, Origin, Text, Traced, Trail, count_from};

use super::{Demand, Made, Pool, Url};

/// Pairs of names for a pool's size and its overflow, as public projects use them (incidents.md; corpus).
const NAMES: [(&str, &str); 12] = [
    ("DB_POOL_SIZE", "DB_MAX_OVERFLOW"),
    ("DB_POOL_SIZE", "DB_POOL_MAX_OVERFLOW"),
    ("DATABASE_POOL_SIZE", "DATABASE_MAX_OVERFLOW"),
    ("DATABASE_POOL_SIZE", "DATABASE_POOL_MAX_OVERFLOW"),
    ("SQLALCHEMY_POOL_SIZE", "SQLALCHEMY_MAX_OVERFLOW"),
    ("SQLALCHEMY_POOL_SIZE", "SQLALCHEMY_POOL_MAX_OVERFLOW"),
    ("SQLALCHEMY_ENGINE_POOL_SIZE", "SQLALCHEMY_ENGINE_MAX_OVERFLOW"),
    ("POSTGRES_POOL_SIZE", "POSTGRES_MAX_OVERFLOW"),
    ("PG_POOL_SIZE", "PG_MAX_OVERFLOW"),
    ("DB_SQLALCHEMY_POOL_SIZE", "DB_SQLALCHEMY_MAX_OVERFLOW"),
    ("POOL_SIZE", "MAX_OVERFLOW"),
    ("POOL_SIZE", "POOL_MAX_OVERFLOW"),
];

/// Whether `name` is one of them.
pub fn names(name: &str) -> bool {
    NAMES.iter().any(|(size, overflow)| [*size, *overflow].contains(&name))
}

/// What the names in an environment say of a pool, and the values that should have been counts.
#[derive(Debug)]
pub struct Conventional {
    /// The pool, when a name speaks of one.
    pub pool: Option<Pool>,
    /// Values under those names that are no counts, each with its name.
    pub flaws: Vec<(&'static str, Flaw)>,
}

/// The pool that the names in `environment` speak of, dialling `url`.
///
/// An overflow that no name speaks of is taken for SQLAlchemy's 10: the names are those of its users, and less would
/// count too little.
pub fn pool(environment: &Environment, url: Url) -> Conventional {
    let mut flaws = Vec::new();
    let written = |&(size, overflow): &(&'static str, &'static str)| {
        let found = [size, overflow].map(|name| environment.get(name).map(|value| (name, value)));
        found.iter().any(Option::is_some).then_some(found)
    };
    let best = NAMES.iter().filter_map(written).max_by_key(|found| found.iter().flatten().count());
    let Some([size, overflow]) = best else { return Conventional { pool: None, flaws } };
    let mut count = |found: Option<(&'static str, &Text)>, default: (u64, &'static str)| match found {
        None => Traced::new(Bound::Exactly(default.0), Trail::default_of(default.1, None)),
        Some((name, value)) => conventional(name, value, &mut flaws),
    };
    let size = count(size, (5, "SQLAlchemy pool_size"));
    let overflow = count(overflow, (10, "SQLAlchemy max_overflow"));
    let place = size.trail.place().or_else(|| overflow.trail.place());
    let pool = Pool {
        name: "engine".to_owned(),
        kind: "convention",
        ceiling: size.value.clone() + overflow.value.clone(),
        size: Some(size),
        overflow: Some(overflow),
        demand: Demand::ByTask { minimum: 0 },
        url,
        place,
        made: Made::Once,
        settings: Vec::new(),
    };
    Conventional { pool: Some(pool), flaws }
}

fn conventional(name: &'static str, value: &Text, flaws: &mut Vec<(&'static str, Flaw)>) -> Count {
    let bound = match count_from(value) {
        Ok(number) => Bound::Exactly(number),
        Err(flaw) => {
            let why = format!("{name} {}", flaw.words());
            flaws.push((name, flaw));
            Bound::unknown("connections", why)
        }
    };
    let trail = value.trail();
    let convention = trail.place().map(|span| Origin::at(How::Convention, span));
    Traced::new(bound, convention.into_iter().fold(trail, Trail::then))
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use crate::platform::decides;

    #[test]
    fn every_name_is_known_to_decide() {
        let names = NAMES.iter().flat_map(|(size, overflow)| [size, overflow]);
        assert_eq!(names.filter(|name| !decides(name)).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
