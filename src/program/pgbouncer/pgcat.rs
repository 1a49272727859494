//! PgCat's `pgcat.toml`: every user of a pool gets `pool_size` connections to each server of each shard (postgresml/pgcat
//! `src/config.rs`, `src/pool.rs`).

use std::ops::Range;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::other::Found;
use super::{Database, Pooler};
use crate::program::Value;
use crate::source::{SourceFile, TreePath};
use crate::trace::{Bound, Count, Problem, ProblemKind, Text, Trail};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    general: General,
    #[serde(default)]
    pools: IndexMap<String, Pool>,
}

#[derive(Default, Deserialize)]
struct General {
    auth_query: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Pool {
    #[serde(rename = "pool_mode")]
    mode: Option<Spanned<String>>,
    auth_query: Option<Spanned<String>>,
    #[serde(default)]
    users: IndexMap<String, User>,
    #[serde(default)]
    shards: IndexMap<String, Shard>,
}

#[derive(Deserialize)]
struct User {
    username: Spanned<String>,
    server_username: Option<Spanned<String>>,
    pool_size: Spanned<u32>,
}

#[derive(Deserialize)]
struct Shard {
    database: Spanned<String>,
    servers: Vec<Server>,
}

/// `["host", 5432, "primary"]`, or a table of these names.
#[derive(Deserialize)]
struct Server {
    host: Spanned<String>,
    port: Spanned<u16>,
    #[serde(rename = "role")]
    _role: Option<IgnoredAny>,
}

/// Reads the file that the command names, by default `pgcat.toml` where it starts.
pub(super) fn read(found: &Found<'_>) -> Pooler {
    let inside = inside(found);
    let files = &found.container.files;
    let located = files.locate(found.sources, inside.as_str()).filter(|path| found.sources.is_file(path));
    let Some(path) = located else {
        return found.unread(&format!("PgCat reads {inside}, which is not among these files"));
    };
    let Ok(file) = found.sources.load(&path) else {
        return found.unread(&format!("{path} cannot be read"));
    };
    let mut pooler = match toml::from_str(&file.text) {
        Ok(document) => of(found, &file, &document),
        Err(error) => {
            let mut pooler = found.unread(&format!("PgCat does not start: {path} is not what it takes"));
            let span = file.at(error.span().unwrap_or_default());
            // The parser's own message may quote a value.
            pooler.problems.push(Problem::at(
                ProblemKind::MalformedFile,
                &path,
                span,
                "PgCat does not take this file",
            ));
            pooler
        }
    };
    pooler.read.push(path);
    pooler
}

fn inside(found: &Found<'_>) -> TreePath {
    let image_folder = TreePath::new("/etc/pgcat");
    let Some(call) = &found.call else { return image_folder.join("pgcat.toml") };
    let words = call.words.iter().skip(1).filter_map(Value::as_str);
    let named = words.filter(|word| !word.starts_with('-')).find(|word| word.contains(".toml"));
    // The image starts in a folder of its own where nothing says otherwise.
    let folder = match call.working_dir.as_str() {
        "/" if found.image.is_some() => image_folder,
        folder => TreePath::new(folder),
    };
    folder.join(named.unwrap_or("pgcat.toml"))
}

fn of(found: &Found<'_>, file: &SourceFile, document: &File) -> Pooler {
    let start = Some(file.at(0..file.line_range(0).map_or(0, |line| line.end)));
    let trail = |range: Range<usize>| Trail::written(file.at(range));
    let text = |value: &Spanned<String>| Text::traced(value.get_ref().clone(), trail(value.span()));
    let mut pooler = Pooler::new("pgcat", found.processes.clone());
    pooler.mode = Some(Text::traced("transaction", Trail::default_of("PgCat pool_mode", start)));
    pooler.max_client_conn =
        Count::new(Bound::Unbounded, Trail::default_of("PgCat, which limits no clients", start));
    pooler.default_pool_size =
        Count::new(Bound::ZERO, Trail::default_of("PgCat, which knows no other users", start));
    pooler.auth_query = document.general.auth_query.as_ref().map(|query| trail(query.span()));
    for (name, pool) in &document.pools {
        let mode = pool
            .mode
            .as_ref()
            .map(|mode| Text::traced(mode.get_ref().to_ascii_lowercase(), trail(mode.span())));
        for user in pool.users.values() {
            let login = text(user.server_username.as_ref().unwrap_or(&user.username));
            let size = Count::new(
                Bound::Exactly(u64::from(*user.pool_size.get_ref())),
                trail(user.pool_size.span()),
            );
            for (shard, server) in
                pool.shards.values().flat_map(|shard| shard.servers.iter().map(move |s| (shard, s)))
            {
                let port = Text::traced(server.port.get_ref().to_string(), trail(server.port.span()));
                pooler.databases.push(Database {
                    name: Text::traced(name.clone(), trail(user.pool_size.span())),
                    host: Some(Value::Known(text(&server.host))),
                    port: Some(Value::Known(port)),
                    dbname: Some(Value::Known(text(&shard.database))),
                    user: Some(Value::Known(login.clone())),
                    pool_size: Some(size.clone()),
                    reserve_pool_size: None,
                    max_db_connections: None,
                    pool_mode: mode.clone(),
                    auth_query: pool.auth_query.as_ref().map(|query| trail(query.span())),
                    place: Some(file.at(user.pool_size.span())),
                });
            }
        }
    }
    pooler
}
