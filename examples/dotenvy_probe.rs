//! What dotenvy itself makes of a file, for `fixtures/dotenv/record`: one JSON object of what its iterator gives, and of
//! what loading the file leaves in the environment of this process.
#![allow(clippy::print_stdout, reason = "this is what the program is for")]

use std::env;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(env::args_os().nth(1).ok_or("usage: dotenvy_probe FILE")?);
    let (mut set, mut failed) = (Map::new(), false);
    for item in dotenvy::from_path_iter(&path)? {
        match item {
            Ok((name, value)) => drop(set.insert(name, Value::String(value))),
            Err(_) => failed = true,
        }
    }
    let load_failed = dotenvy::from_path(&path).is_err();
    let environment: Map<String, Value> =
        env::vars().map(|(name, value)| (name, Value::String(value))).collect();
    println!(
        "{}",
        json!({ "iter": set, "iter_failed": failed, "load": environment, "load_failed": load_failed })
    );
    Ok(())
}
