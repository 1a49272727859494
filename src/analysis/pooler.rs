//! Poolers: from what their files say to what takes part in a deployment.

use crate::deployment::{Database, Pooler, Upstream, User};
use crate::platform::{Container, Service};
use crate::program::{Value, pgbouncer};
use crate::source::Sources;

use super::member::Read;

/// The pooler that `container` is, when it is one, and whom it dials for each of its databases.
pub(super) fn of(
    sources: &Sources,
    service: &Service,
    container: &Container,
    read: &mut Read,
) -> Option<(Pooler, Vec<Upstream>)> {
    let found = pgbouncer::pooler(sources, container)?;
    read.files.extend(found.read);
    read.problems.extend(found.problems);
    let upstreams = found.databases.iter().map(|entry| Upstream {
        host: entry.host.as_ref().and_then(Value::known).cloned(),
        database: Database {
            name: entry.name.clone(),
            targets: Vec::new(),
            dbname: entry.dbname.clone(),
            user: entry.user.as_ref().map(Value::beginning).cloned(),
            pool_size: entry.pool_size.clone().unwrap_or_else(|| found.default_pool_size.clone()),
            reserve: entry.reserve_pool_size.clone().unwrap_or_else(|| found.reserve_pool_size.clone()),
            max_connections: entry.max_db_connections.clone().or_else(|| found.max_db_connections.clone()),
            auth_query: entry.auth_query.clone().or_else(|| found.auth_query.clone()),
            place: entry.place,
        },
    });
    let upstreams = upstreams.collect();
    let user = |user: &pgbouncer::User| User {
        name: user.name.as_str().to_owned(),
        pool_size: user.pool_size.clone(),
        reserve: user.reserve_pool_size.clone(),
        max_connections: user.max_user_connections.clone(),
    };
    let pooler = Pooler {
        name: service.name.as_str().to_owned(),
        place: service.name.span(),
        program: found.program,
        mode: found.mode,
        replicas: service.replicas.clone(),
        processes: found.processes,
        max_client_conn: found.max_client_conn,
        max_db_connections: found.max_db_connections,
        max_user_connections: found.max_user_connections,
        databases: Vec::new(),
        users: found.users.iter().map(user).collect(),
        known_users: found.known_users,
        timeouts: found.timeouts,
        prepared_statements: found.prepared_statements,
        unread: found.unread,
        declared: None,
    };
    Some((pooler, upstreams))
}
