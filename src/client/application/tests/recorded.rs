//! What real pools of SQLAlchemy did: `fixtures/sqlalchemy/record`.

use serde_json::Value as Json;

use super::*;

/// A file of recorded answers.
pub(super) fn read(path: &str) -> Json {
    let path = format!("{}/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cases(path: &str) -> Vec<Json> {
    read(path)["cases"].as_array().unwrap().clone()
}

/// Pools whose first checkouts race, and one of which each thread has its own connection (facts, G): no number of one
/// run is their bound.
const NO_BOUND: [&str; 3] = ["StaticPool", "AssertionPool", "SingletonThreadPool"];

fn sqlalchemy(version: &str) {
    let head = "from sqlalchemy import create_engine, engine_from_config\n\
        from sqlalchemy.ext.asyncio import create_async_engine\nfrom sqlalchemy.pool import *\nfrom sqlalchemy.pool import \
        QueuePool, NullPool, StaticPool, AssertionPool, SingletonThreadPool, AsyncAdaptedQueuePool\n\
        URL = 'postgresql+psycopg2://app@db/x'\nASYNC_URL = 'postgresql+asyncpg://app@db/x'\nSTUB = len\n";
    let all = cases(&format!("sqlalchemy/pools-{version}.json"));
    assert!(all.len() > 60);
    for case in all {
        let call = case["call"].as_str().unwrap();
        let source = format!("{head}engine = {call}\n");
        let requirements = format!("sqlalchemy=={version}\n");
        let program =
            program(&[("app/main.py", source.as_str()), ("requirements.txt", requirements.as_str())]);
        if case.get("error").is_some() && case.get("most").is_none_or(|_| !call.contains("Assertion")) {
            assert!(!program.opened.problems.is_empty(), "{call}");
            continue;
        }
        assert!(program.opened.problems.is_empty(), "{call}: {:?}", program.opened.problems);
        let expected = match case["most"].as_u64() {
            Some(_) if NO_BOUND.iter().any(|class| call.contains(class)) => Bound::Unbounded,
            Some(most) => Bound::Exactly(most),
            None => Bound::Unbounded,
        };
        assert_eq!(program.only().ceiling, expected, "{call}");
    }
}

#[test]
fn pools_of_sqlalchemy_2_1() {
    sqlalchemy("2.1");
}

#[test]
fn pools_of_sqlalchemy_1_4() {
    sqlalchemy("1.4");
}
