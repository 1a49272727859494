//! Who dials whom: pools find their server by the host in their URL.

use std::ops::RangeInclusive;

use crate::client::url::{self, Address};
use crate::client::{Pool, Url};
use crate::source::{Span, TreePath};
use crate::trace::{Problem, Text};

use super::{Database, Declared, Deployment, Group, Placed, Pooler, Server, Target, outside};

/// A part of a deployment before it is known who dials whom.
#[derive(Clone, Debug)]
pub struct Member {
    /// The names under which the others reach it.
    pub hostnames: Vec<String>,
    /// The ports of the machine under which it is reached from anywhere.
    pub published: Vec<RangeInclusive<u16>>,
    /// Whether it is in the machine's own network.
    pub on_machine: bool,
    /// What it is.
    pub role: Role,
}

/// What a member of a deployment does.
#[derive(Clone, Debug)]
pub enum Role {
    /// It takes connections.
    Server(Box<Server>),
    /// It takes connections and opens others.
    Pooler(Box<Pooler>, Vec<Upstream>),
    /// It opens connections, or none.
    Clients(Vec<(Group, Vec<Pool>)>),
}

/// Whom a pooler dials for one of its databases.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The database, without its targets.
    pub database: Database,
    /// The hosts, with commas between several; `None` where that is not known.
    pub host: Option<Text>,
}

impl Deployment {
    /// The deployment that `members` make, with what is `declared` of the servers that it dials.
    pub fn join(
        name: String,
        files: Vec<TreePath>,
        members: Vec<Member>,
        problems: Vec<Problem>,
        declared: &[Declared],
    ) -> Self {
        let mut exchange = Exchange::of(&members, declared);
        let (mut groups, mut upstreams) = (Vec::new(), Vec::new());
        for member in members {
            match member.role {
                Role::Server(_) => {}
                Role::Pooler(_, dialled) => upstreams.push((dialled, member.on_machine)),
                Role::Clients(clients) => {
                    for (group, pools) in clients {
                        let pools =
                            pools.into_iter().flat_map(|pool| exchange.place(&pool, member.on_machine));
                        let pools = pools.collect();
                        groups.push(Group { pools, ..group });
                    }
                }
            }
        }
        for (index, (dialled, on_machine)) in upstreams.into_iter().enumerate() {
            let connect = |upstream| exchange.connect(index, upstream, on_machine);
            let databases = dialled.into_iter().map(connect).collect();
            if let Some(pooler) = exchange.poolers.get_mut(index) {
                pooler.databases = databases;
            }
        }
        groups.extend(exchange.others_groups());
        let Exchange { servers, poolers, .. } = exchange;
        Self { name, files, servers, poolers, groups, problems }
    }
}

/// Those who take connections, as they become known.
#[derive(Default)]
struct Exchange<'d> {
    declared: &'d [Declared],
    servers: Vec<Server>,
    /// Which declaration each server has, in the order of `servers`.
    declarations: Vec<Option<usize>>,
    poolers: Vec<Pooler>,
    /// The names under which each of them is reached.
    names: Vec<(Vec<String>, Target)>,
    /// The ports of the machine under which each of them is reached.
    published: Vec<(Vec<RangeInclusive<u16>>, Target)>,
    /// The names of members that take no connections: what dials them is passed on in a way that is not known.
    others: Vec<String>,
}

impl<'d> Exchange<'d> {
    fn of(members: &[Member], declared: &'d [Declared]) -> Self {
        let mut exchange = Self { declared, ..Self::default() };
        for member in members {
            let target = match &member.role {
                Role::Server(server) => exchange.add((**server).clone(), &member.hostnames),
                Role::Pooler(pooler, _) => {
                    exchange.poolers.push((**pooler).clone());
                    Target::Pooler(exchange.poolers.len() - 1)
                }
                Role::Clients(_) => {
                    exchange.others.extend(member.hostnames.iter().cloned());
                    continue;
                }
            };
            exchange.names.push((member.hostnames.clone(), target));
            exchange.published.push((member.published.clone(), target));
        }
        exchange
    }

    /// `server`, reached under `names`, with what is declared of it.
    fn add(&mut self, server: Server, names: &[String]) -> Target {
        let declaration =
            self.declared.iter().position(|declared| names.iter().any(|name| declared.is(name)));
        self.servers.push(match declaration {
            Some(declaration) => self.declared[declaration].over(server),
            None => server,
        });
        self.declarations.push(declaration);
        Target::Server(self.servers.len() - 1)
    }

    /// The groups that stand for the others on shared servers.
    fn others_groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        for (server, declaration) in self.declarations.iter().enumerate() {
            for others in declaration.iter().flat_map(|declaration| &self.declared[*declaration].others) {
                let (group, pool) = others.group();
                groups.push(Group { pools: vec![Placed { pool, target: Target::Server(server) }], ..group });
            }
        }
        groups
    }

    /// `pool` at each target that its URL names. With several hosts, any of them may get all of it.
    fn place(&mut self, pool: &Pool, on_machine: bool) -> Vec<Placed> {
        let (addresses, at) = match &pool.url {
            Url::Known(text) => (url::addresses(text.as_str()), text.span()),
            Url::Host(text) => (vec![Address { host: text.as_str().to_owned(), port: None }], text.span()),
            Url::Unknown(_) => (Vec::new(), None),
        };
        let mut targets: Vec<Target> = Vec::new();
        for address in &addresses {
            let target = self.target(address, at, on_machine);
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        if targets.is_empty() {
            // A URL that does not tell goes to the only one there is, lest it be counted nowhere.
            targets.push(self.only_server());
        }
        targets.into_iter().map(|target| Placed { target, pool: pool.clone() }).collect()
    }

    /// The database of the pooler `index` with its targets.
    fn connect(&mut self, index: usize, upstream: Upstream, on_machine: bool) -> Database {
        let Upstream { database, host } = upstream;
        let mut targets: Vec<Target> = match &host {
            Some(hosts) => {
                let each = hosts.as_str().split(',').map(str::trim).filter(|host| !host.is_empty());
                let addresses = each.map(|host| Address { host: host.to_owned(), port: None });
                addresses.map(|address| self.target(&address, hosts.span(), on_machine)).collect()
            }
            None => Vec::new(),
        };
        targets.retain(|target| *target != Target::Pooler(index));
        if targets.is_empty() {
            targets.push(self.only_server());
        }
        Database { targets, ..database }
    }

    fn only_server(&self) -> Target {
        if self.servers.len() == 1 { Target::Server(0) } else { Target::Unknown }
    }

    /// Who is reached through `port` of the machine itself; without one, the only one that is reached so.
    fn published(&self, port: Option<u16>) -> Option<Target> {
        let leads = |ports: &[RangeInclusive<u16>]| match port {
            Some(port) => ports.iter().any(|range| range.contains(&port)),
            None => !ports.is_empty(),
        };
        let mut reached = self.published.iter().filter(|(ports, _)| leads(ports)).map(|(_, target)| *target);
        let first = reached.next()?;
        (port.is_some() || reached.next().is_none()).then_some(first)
    }

    fn target(&mut self, address: &Address, at: Option<Span>, on_machine: bool) -> Target {
        let host = address.host.as_str();
        let is_meant = |name: &String| name.eq_ignore_ascii_case(host);
        if let Some((_, target)) = self.names.iter().find(|(names, _)| names.iter().any(is_meant)) {
            return *target;
        }
        if self.others.iter().any(is_meant) {
            return Target::Unknown;
        }
        // Of a declared server every host that means it is another name.
        let declaration = self.declared.iter().position(|declared| declared.is(host));
        if declaration.is_none()
            && outside::is_the_machine(host, on_machine)
            && let Some(target) = self.published(address.port)
        {
            return target;
        }
        let known =
            declaration.and_then(|found| self.declarations.iter().position(|own| *own == Some(found)));
        let names = vec![host.to_owned()];
        let target = if let Some(known) = known {
            Target::Server(known)
        } else if declaration.is_none() && outside::is_pooler(host) {
            let behind = self.only_server();
            self.poolers.push(Pooler::outside(host, at, behind));
            Target::Pooler(self.poolers.len() - 1)
        } else {
            let name = declaration.map_or(host, |declaration| self.declared[declaration].name.as_str());
            self.add(Server::outside(name, at), &names)
        };
        self.names.push((names, target));
        target
    }
}
