//! What a service opens: its programs, their processes, and the pools of each.

use crate::client::{Pool, Url, application, convention};
use crate::config::Config;
use crate::deployment::{Group, Overlap};
use crate::platform::{Container, Service, Unread};
use crate::program::{self, Running, Started};
use crate::source::{Sources, Span};
use crate::trace::{Bound, Count, How, Note, Origin, Problem, ProblemKind, Traced, Trail};

use super::catalogued::Catalogued;
use super::member::Read;
use super::settings::Seen;
use super::{declared, dials};

/// The groups of `service`, each with the pools that one of its processes has. `servers` are the names of the
/// deployment's own servers.
pub(super) fn of(
    sources: &Sources,
    config: &Config,
    service: &Service,
    container: &Container,
    servers: &[String],
    read: &mut Read,
) -> Vec<(Group, Vec<Pool>)> {
    let database = dials::database(container, servers);
    if let Some(declared) = config.clients.get(service.name.as_str()) {
        return vec![declared::group(service, declared, database)];
    }
    let look = Look { sources, service, container, database };
    let running = look.catalogued().arguments().unwrap_or_else(|| program::run(sources, container));
    let mut groups = Vec::new();
    let mut silent = 0;
    let mut is_followed = !running.started.is_empty() && running.unknown.is_empty();
    for started in &running.started {
        let opened = look.opened(started, read);
        is_followed &= opened.is_followed;
        silent += usize::from(opened.silent);
        if !opened.pools.is_empty() {
            let name = look.name(&running, started);
            let counted = opened.workers.into_iter().find(|(by, _)| Some(*by) == started.counted_by);
            let started = &match counted {
                Some((_, count)) => started.clone().counted(count),
                None => started.clone(),
            };
            let mut group = look.group(name, started, opened.engines);
            group.left = opened.left;
            let others = running.alternatives.iter().filter(|other| other.is_alike(started));
            for other in others.filter(|other| other.processes.value != started.processes.value) {
                if !group.alternatives.contains(&other.processes) {
                    group.alternatives.push(other.processes.clone());
                }
            }
            if let Some(workers) = opened.forked {
                (group.processes, group.process_word) = (workers, "worker");
            }
            if let Some(children) = opened.children {
                // Each of the processes has as many of its own beside it.
                let each = Bound::ONE + children.value;
                group.processes = Traced::new(group.processes.value * each, children.trail);
                group.process_word = "process";
            }
            groups.push((group, opened.pools));
        }
    }
    read.seen.push(Seen { environment: container.environment.clone(), is_followed });
    let found = look.catalogued().found(&running, read);
    // A program that nobody knows, beside one that only the catalogue knows: the first is not to be forgotten.
    let forgotten = !found.groups.is_empty() && found.unknown.is_some();
    let all_silent = silent > 0 && silent == running.started.len() && running.unknown.is_empty();
    let recognised = (found.recognised || all_silent) && found.unknown.is_none();
    groups.extend(found.groups);
    let beside = running.unknown_beside.first().map(|unread| (unread.value.clone(), unread.trail.place()));
    if forgotten || groups.is_empty() && !recognised {
        groups.extend(look.unknown(&running, found.unknown));
    } else if let Some((why, place)) = beside.or(found.unknown_beside)
        && !groups.is_empty()
    {
        // What is known does not speak for what runs beside it.
        groups.extend(look.unknown_beside(&why, place));
    }
    read.files.extend(running.read);
    read.problems.extend(running.problems);
    groups
}

/// The pools of one process.
struct Opened {
    pools: Vec<Pool>,
    /// How many of each pool there are.
    engines: Count,
    /// Whether it is known to open nothing.
    silent: bool,
    /// How many processes there are, where the application says so.
    workers: Vec<(&'static str, Count)>,
    /// How many processes like it the process starts.
    forked: Option<Count>,
    /// How many processes each starts beside itself.
    children: Option<Count>,
    /// What its code leaves in the server's session.
    left: Vec<Note>,
    /// Whether its source is in the tree, all of it that may open anything.
    is_followed: bool,
}

struct Look<'a> {
    sources: &'a Sources,
    service: &'a Service,
    container: &'a Container,
    /// What the service dials, as far as its variables and words tell.
    database: Option<Url>,
}

impl Opened {
    /// No pools.
    fn default_of(engines: Count) -> Self {
        Self {
            pools: Vec::new(),
            engines,
            silent: false,
            workers: Vec::new(),
            forked: None,
            children: None,
            left: Vec::new(),
            is_followed: false,
        }
    }
}

impl Look<'_> {
    fn catalogued(&self) -> Catalogued<'_> {
        Catalogued {
            sources: self.sources,
            service: self.service,
            container: self.container,
            database: self.database.as_ref(),
        }
    }

    /// What one process of `started` opens: what its source makes, else what the names of its variables speak of, else
    /// something unknown where it dials a database.
    fn opened(&self, started: &Started, read: &mut Read) -> Opened {
        let once =
            || Traced::new(Bound::ONE, Trail::default_of("connbudget engines", started.trail().place()));
        let mut opened = application::pools(self.sources, self.container, started);
        read.files.append(&mut opened.read);
        read.problems.append(&mut opened.problems);
        if !opened.entry_found {
            if let Some((pools, engines)) = self.catalogued().pools(started, read) {
                let silent = pools.is_empty();
                return Opened { pools, silent, ..Opened::default_of(engines.unwrap_or_else(once)) };
            }
            return self.by_convention(started, read);
        }
        let is_followed = opened.unknowns.is_empty();
        let mut pools = opened.pools;
        for unknown in &opened.unknowns {
            pools.push(self.unknown_pool(unknown));
        }
        if pools.is_empty()
            && let Some(url) = &self.database
        {
            let why = format!(
                "it dials a database, but no pool was found in {} and what it imports",
                started.target()
            );
            pools.push(Pool::unknown(url.clone(), &why, started.trail().place()));
        }
        let (workers, forked, children) = (opened.workers, opened.forked, opened.children);
        if let Some(preload) = &started.preload {
            read.problems.extend(opened.connected.iter().filter_map(|shared| self.shared(preload, *shared)));
        }
        Opened {
            pools,
            engines: once(),
            silent: false,
            workers,
            forked,
            children,
            left: opened.left,
            is_followed,
        }
    }

    /// A connection that is opened before the workers are forked: `(made, connected)` are where its pool is made and where
    /// it is opened.
    fn shared(&self, preload: &Trail, (made, connected): (Span, Span)) -> Option<Problem> {
        let file = &self.sources.file(connected.file).path;
        let kind = ProblemKind::PreloadSharesConnections;
        let message = "this is connected before the workers are forked, and all of them share the connection";
        let mut problem = Problem::at(kind, file, connected, message);
        if made != connected {
            problem = problem.note(made, "the pool that keeps it");
        }
        Some(problem.note(preload.place()?, "the application is loaded before the workers are forked"))
    }

    fn by_convention(&self, started: &Started, read: &mut Read) -> Opened {
        let place = started.trail().place();
        let once = || Traced::new(Bound::ONE, Trail::default_of("connbudget engines", place));
        let Some(url) = self.database.clone() else { return Opened::default_of(once()) };
        let conventional = convention::pool(&started.environment, url.clone());
        for (name, flaw) in conventional.flaws {
            if let Some(span) = flaw.text.span() {
                let file = self.sources.file(span.file);
                let message = format!("{name} {}", flaw.words());
                read.problems.push(Problem::at(ProblemKind::NotANumber, &file.path, span, message));
            }
        }
        let why = format!("the source of {} is not among these files", started.target());
        match conventional.pool {
            Some(pool) => {
                let engines = Traced::new(Bound::unknown("engines", why), started.trail());
                Opened { pools: vec![pool], ..Opened::default_of(engines) }
            }
            None => Opened { pools: vec![Pool::unknown(url, &why, place)], ..Opened::default_of(once()) },
        }
    }

    fn unknown_pool(&self, unknown: &Count) -> Pool {
        let why = match &unknown.value {
            Bound::Unknown(unknown) => unknown.why.to_string(),
            bound => format!("it opens {bound}"),
        };
        let url = self
            .database
            .clone()
            .unwrap_or_else(|| Url::Unknown(unsaid("nothing says which server it dials")));
        Pool::unknown(url, &why, unknown.trail.place())
    }

    /// A service that dials a database and of which no process is known to open anything.
    fn unknown(
        &self,
        running: &Running,
        stranger: Option<(String, Option<Span>)>,
    ) -> Option<(Group, Vec<Pool>)> {
        let database = self.database.clone()?;
        if running.only_guests() {
            return None;
        }
        let unread = |unread: &Unread| (unread.value.clone(), unread.trail.place());
        let here = self.container.unread.first().map(unread);
        let unread = here.or(stranger).or_else(|| running.unknown.first().map(unread));
        let (why, place) = match (unread, &self.service.image) {
            (Some(unread), _) => unread,
            (None, Some(image)) => (format!("nothing here says what the image {image} opens"), image.span()),
            (None, None) => ("nothing here says what it runs".to_owned(), self.service.name.span()),
        };
        let place = place.or_else(|| self.service.name.span());
        Some((
            self.unknown_group(self.service.name.to_string(), place),
            vec![Pool::unknown(database, &why, place)],
        ))
    }

    /// A program of which nothing is known, beside others of a service that dials a database.
    fn unknown_beside(&self, why: &str, place: Option<Span>) -> Option<(Group, Vec<Pool>)> {
        let database = self.database.clone()?;
        let name = format!("{} (what runs beside)", self.service.name);
        Some((self.unknown_group(name, place), vec![Pool::unknown(database, why, place)]))
    }

    fn unknown_group(&self, name: String, place: Option<Span>) -> Group {
        let here = place.map_or_else(
            || Origin::default_of("connbudget processes"),
            |span| Origin::at(How::Implied, span),
        );
        Group {
            replicas: self.service.replicas.clone(),
            overlap: Overlap { rollout: self.service.rollout.clone(), ..Overlap::default() },
            ..Group::of_one(name, &Trail::new(here))
        }
    }

    /// The service's name; with the program's where the service starts several.
    fn name(&self, running: &Running, started: &Started) -> String {
        let alike = running.started.iter().filter(|other| other.program == started.program).count();
        match (running.started.len(), alike) {
            (1, _) => self.service.name.to_string(),
            (_, 1) => format!("{} ({})", self.service.name, started.program),
            _ => match &started.label {
                Some(label) => format!("{} ({label})", self.service.name),
                None => format!("{} ({} {})", self.service.name, started.program, started.target()),
            },
        }
    }

    /// The way from the service to the program: each command that calls the next.
    fn command(&self, started: &Started) -> Option<Trail> {
        let places = self.service.name.span().into_iter().chain(started.callers.iter().copied());
        let mut steps = places.map(|span| Origin::at(How::Written, span));
        let first = Trail::new(steps.next()?);
        Some(steps.fold(first, Trail::then))
    }

    fn group(&self, name: String, started: &Started, engines: Count) -> Group {
        Group {
            name,
            program: Some(started.program),
            process_word: started.process_word,
            replicas: self.service.replicas.clone(),
            processes: started.processes.clone(),
            alternatives: Vec::new(),
            command: self.command(started),
            threads: started.threads.clone(),
            concurrency: started.concurrency.clone(),
            request_timeout: started.request_timeout.clone(),
            development: started.development.clone(),
            engines,
            overlap: Overlap { reload: started.more_at_reload(), rollout: self.service.rollout.clone() },
            pools: Vec::new(),
            left: Vec::new(),
        }
    }
}

fn unsaid(why: &str) -> crate::trace::Unknown {
    crate::trace::Unknown { floor: 0, term: None, why: why.into() }
}
