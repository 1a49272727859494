//! Who dials whom: pools find their server by the host in their URL.

use crate::client::{Pool, Url, url};
use crate::source::TreePath;
use crate::trace::{Bound, Problem, Text, Traced, Trail};

use super::{Deployment, Group, Placed, Server};

/// A part of a deployment before it is known who dials whom.
#[derive(Clone, Debug)]
pub struct Member {
    /// The names under which the others reach it.
    pub hostnames: Vec<String>,
    /// What it is.
    pub role: Role,
}

/// What a member of a deployment does.
#[derive(Clone, Debug)]
pub enum Role {
    /// It takes connections.
    Server(Box<Server>),
    /// It opens connections, or none.
    Clients(Vec<(Group, Vec<Pool>)>),
}

impl Deployment {
    /// The deployment that `members` make.
    pub fn join(name: String, files: Vec<TreePath>, members: Vec<Member>, problems: Vec<Problem>) -> Self {
        let mut exchange = Exchange::of(&members);
        let mut groups = Vec::new();
        for member in members {
            if let Role::Clients(clients) = member.role {
                for (group, pools) in clients {
                    let pools = pools.into_iter().flat_map(|pool| exchange.place(pool)).collect();
                    groups.push(Group { pools, ..group });
                }
            }
        }
        Self { name, files, servers: exchange.servers, groups, problems }
    }
}

/// The servers, as they become known.
struct Exchange {
    servers: Vec<Server>,
    /// The names of each server, in the order of `servers`.
    names: Vec<Vec<String>>,
    /// The names of members that are no server: what dials them is passed on in a way that is not known.
    others: Vec<String>,
}

impl Exchange {
    fn of(members: &[Member]) -> Self {
        let mut exchange = Self { servers: Vec::new(), names: Vec::new(), others: Vec::new() };
        for member in members {
            match &member.role {
                Role::Server(server) => {
                    exchange.servers.push((**server).clone());
                    exchange.names.push(member.hostnames.clone());
                }
                Role::Clients(_) => exchange.others.extend(member.hostnames.iter().cloned()),
            }
        }
        exchange
    }

    /// `pool` at each server that its URL names. With several hosts, any of them may get all of it.
    fn place(&mut self, pool: Pool) -> Vec<Placed> {
        let hosts = match &pool.url {
            Url::Known(text) => url::hosts(text.as_str()),
            Url::Host(text) => vec![text.as_str().to_owned()],
            Url::Unknown(_) => Vec::new(),
        };
        if hosts.is_empty() {
            return vec![Placed { server: self.only_server(), pool }];
        }
        hosts.iter().map(|host| Placed { server: self.server(host, &pool), pool: pool.clone() }).collect()
    }

    /// A pool whose URL does not tell goes to the only server there is, lest it be counted nowhere.
    fn only_server(&self) -> Option<usize> {
        (self.servers.len() == 1).then_some(0)
    }

    fn server(&mut self, host: &str, pool: &Pool) -> Option<usize> {
        let known =
            self.names.iter().position(|names| names.iter().any(|name| name.eq_ignore_ascii_case(host)));
        if known.is_some() || self.others.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            return known;
        }
        self.servers.push(Server::outside(host, &pool.url));
        self.names.push(vec![host.to_owned()]);
        Some(self.servers.len() - 1)
    }
}

impl Server {
    /// A server that is not part of the deployment: nothing here says what it takes, so PostgreSQL's own defaults are
    /// assumed, and said to be.
    fn outside(host: &str, url: &Url) -> Self {
        let place = match url {
            Url::Known(text) | Url::Host(text) => text.span(),
            Url::Unknown(_) => None,
        };
        let assumed = |setting: &str, number| {
            let of = format!("PostgreSQL {setting}, assumed for {host}");
            Traced::new(Bound::Exactly(number), Trail::default_of(of, place))
        };
        Self {
            name: host.to_owned(),
            place,
            version: None::<Text>,
            max_connections: assumed("max_connections", 100),
            superuser_reserved: assumed("superuser_reserved_connections", 3),
            reserved: assumed("reserved_connections", 0),
        }
    }
}
