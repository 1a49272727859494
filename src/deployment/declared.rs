//! Servers that people declare: outside the deployment, or with numbers that its files do not tell.

use super::{Group, Server};
use crate::platform::name_matches;
use crate::pool::{Demand, Made, Pool, Url};
use crate::source::Span;
use crate::trace::{Bound, Count, How, Origin, Text, Trail, Unknown};

/// A server as it is declared.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its name in reports.
    pub name: String,
    /// Where it is declared.
    pub place: Span,
    /// Which hosts mean it: `*` stands for any letters, `?` for one. In small letters.
    pub pattern: String,
    /// What it is: "Neon 0.25".
    pub version: Option<Text>,
    /// Its limit.
    pub max_connections: Option<Count>,
    /// Slots that only superusers get.
    pub superuser_reserved: Option<Count>,
    /// Slots for members of `pg_use_reserved_connections`.
    pub reserved: Option<Count>,
    /// Who else dials it.
    pub others: Vec<Others>,
}

/// Connections to a shared server that are not this deployment's.
#[derive(Clone, Debug)]
pub struct Others {
    /// Whose they are: the file that says so.
    pub name: String,
    /// What their settings allow.
    pub ceiling: Bound,
    /// What concurrency lets them reach.
    pub reachable: Bound,
    /// Where they are declared.
    pub place: Span,
}

impl Declared {
    /// Whether `host` means this server.
    pub fn is(&self, host: &str) -> bool {
        host.eq_ignore_ascii_case(&self.name) || name_matches(&self.pattern, &host.to_ascii_lowercase())
    }

    /// `server` with what is declared of it in place of what its files say.
    pub(super) fn over(&self, mut server: Server) -> Server {
        let set = |count: &mut Count, declared: &Option<Count>| {
            if let Some(declared) = declared {
                count.clone_from(declared);
            }
        };
        set(&mut server.max_connections, &self.max_connections);
        set(&mut server.superuser_reserved, &self.superuser_reserved);
        set(&mut server.reserved, &self.reserved);
        if self.version.is_some() {
            server.version.clone_from(&self.version);
        }
        server
    }
}

impl Others {
    /// The group that stands for them, and its one pool.
    pub(super) fn group(&self) -> (Group, Pool) {
        let here = Trail::new(Origin::at(How::Declared, self.place));
        let why = "it is declared, and no URL of this deployment dials it".into();
        let pool = Pool {
            name: "connections".to_owned(),
            kind: "declared",
            size: None,
            overflow: None,
            ceiling: self.ceiling.clone(),
            demand: Demand::ByTask { minimum: 0 },
            url: Url::Unknown(Unknown { floor: 0, term: None, why }),
            place: Some(self.place),
            made: Made::Once,
            settings: Vec::new(),
        };
        let group = Group {
            // A pool reaches what its process's concurrency lets it: here that is what is declared.
            concurrency: Count::new(self.reachable.clone(), here.clone()),
            ..Group::of_one(self.name.clone(), &here)
        };
        (group, pool)
    }
}
