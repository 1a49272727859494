//! PgBouncer and its like: they take connections from clients, and open connections to servers.

use crate::program::Value;
use crate::program::pgbouncer::Timeouts;
use crate::source::Span;
use crate::trace::{Count, Text, Trail};

use super::Target;

/// A pooler.
#[derive(Clone, Debug)]
pub struct Pooler {
    /// The service's name.
    pub name: String,
    /// Where it is named.
    pub place: Option<Span>,
    /// The program: `pgbouncer`.
    pub program: &'static str,
    /// When a server connection goes back to its pool: `session`, `transaction`, `statement`.
    pub mode: Option<Text>,
    /// How many containers or instances.
    pub replicas: Count,
    /// Processes in each, with pools of their own.
    pub processes: Count,
    /// Clients that one process accepts.
    pub max_client_conn: Count,
    /// Connections of one database over all users, where its entry does not say otherwise; `None` where nothing limits
    /// them.
    pub max_db_connections: Option<Count>,
    /// Connections of one user over all databases; `None` where nothing limits them.
    pub max_user_connections: Option<Count>,
    /// The databases that clients can ask for; `*` stands for any other.
    pub databases: Vec<Database>,
    /// Users that have settings of their own.
    pub users: Vec<User>,
    /// The users that it knows without looking them up; `None` where that list is not at hand.
    pub known_users: Option<Vec<String>>,
    /// After which time it closes connections.
    pub timeouts: Timeouts,
    /// How many prepared statements of a client it keeps from one server connection to the next; `None` where that is not
    /// known.
    pub prepared_statements: Option<Count>,
    /// Why nothing is known of its pools, where nothing is.
    pub unread: Option<Count>,
    /// What each replica of it opens, where that is declared, whatever its files say.
    pub declared: Option<Declaration>,
}

/// What is declared of what a pooler opens.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Connections that each replica opens.
    pub connections: Count,
    /// Whom they go to, where that is declared too.
    pub server: Option<Target>,
}

/// What a pooler makes of a database that clients ask it for.
#[derive(Clone, Debug)]
pub struct Database {
    /// The name that clients ask for, or `*`.
    pub name: Text,
    /// Who takes its connections: each of several may get all of them.
    pub targets: Vec<Target>,
    /// The database that it asks the server for; `None` is the name that its client asks for.
    pub dbname: Option<Value>,
    /// The user that it logs in as, whoever its clients are; `None` where each client's user has a pool of its own.
    pub user: Option<Text>,
    /// Connections for each user.
    pub pool_size: Count,
    /// Connections for each user beyond those, when clients wait.
    pub reserve: Count,
    /// Connections of all users together; `None` where nothing limits them.
    pub max_connections: Option<Count>,
    /// Where it looks passwords up in the server, through a pool of its own.
    pub auth_query: Option<Trail>,
    /// Where the entry stands.
    pub place: Option<Span>,
}

/// A user of a pooler that has settings of its own.
#[derive(Clone, Debug)]
pub struct User {
    /// The name.
    pub name: String,
    /// Its own pool size, over that of the database.
    pub pool_size: Option<Count>,
    /// Its own reserve.
    pub reserve: Option<Count>,
    /// Its connections over all databases.
    pub max_connections: Option<Count>,
}

impl Pooler {
    /// Whom it dials, each once.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let declared = self.declared.as_ref().and_then(|declared| declared.server);
        let mut targets: Vec<Target> = declared.into_iter().collect();
        if declared.is_some() {
            return targets.into_iter();
        }
        for target in self.databases.iter().flat_map(|database| &database.targets) {
            if !targets.contains(target) {
                targets.push(*target);
            }
        }
        targets.into_iter()
    }
}
