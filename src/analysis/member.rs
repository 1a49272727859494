//! The members of a project: each service looked into, down to the pools that its processes make.

use crate::client::service_file::{self, Service as Named};
use crate::client::{Url, url};
use crate::config::Config;
use crate::deployment::{Details, Member, Role, Server};
use crate::parallel;
use crate::platform::{self, Container, Image, Project, Service};
use crate::program::postgres;
use crate::source::{Sources, Span, TreePath};
use crate::trace::{Bound, Count, How, Origin, Problem, ProblemKind, Traced};

use super::settings::Seen;
use super::{clients, pooler};

/// A project's members and what was met on the way.
#[derive(Default)]
pub(super) struct Read {
    pub(super) members: Vec<Member>,
    /// Files that were read beside the project's own.
    pub(super) files: Vec<TreePath>,
    pub(super) problems: Vec<Problem>,
    /// What each container is started with.
    pub(super) seen: Vec<Seen>,
}

/// Looks into the services of `project`. Servers come first, since a client is known by the server it names.
pub(super) fn read(sources: &Sources, config: &Config, project: &Project) -> Read {
    let mut read = Read::default();
    let look_into = |service: &Service| {
        let mut container = container(sources, service, &mut read);
        container.cpus.host.clone_from(&config.cpus);
        container
    };
    let containers: Vec<Container> = project.services.iter().map(look_into).collect();
    let receivers: Vec<Option<Role>> = project
        .services
        .iter()
        .zip(&containers)
        .map(|(service, container)| receiver(sources, service, container, &mut read))
        .collect();
    let known = project.services.iter().zip(&receivers).filter(|(_, receiver)| receiver.is_some());
    let hostnames: Vec<String> = known.flat_map(|(service, _)| service.hostnames.iter().cloned()).collect();
    let looked: Vec<_> = project.services.iter().zip(&containers).zip(receivers).collect();
    // Following what a service runs takes longest by far, and none needs another's outcome.
    let clients = parallel::each(&looked, 1, |((service, container), receiver)| {
        let mut found = Read::default();
        // What has ended before the others begin is a guest, and the reserve is for such.
        let is_client = receiver.is_none() && service.ends.is_none();
        let groups = if is_client {
            clients::of(sources, config, service, container, &hostnames, &mut found)
        } else {
            found.seen.push(Seen { environment: container.environment.clone(), is_followed: false });
            Vec::new()
        };
        (groups, found)
    });
    for (((service, container), receiver), (mut groups, found)) in looked.into_iter().zip(clients) {
        read.files.extend(found.files);
        read.problems.extend(found.problems);
        read.seen.extend(found.seen);
        for pool in groups.iter_mut().flat_map(|(_, pools)| pools) {
            malformed_url(sources, &pool.url, &mut read.problems);
            named_service(sources, container, &mut pool.url, &mut read.problems);
        }
        let role = receiver.unwrap_or(Role::Clients(groups));
        read.members.push(Member {
            hostnames: service.hostnames.clone(),
            published: service.published.clone(),
            on_machine: service.on_machine,
            role,
        });
    }
    read
}

/// Says what of `url` no program can take. In a file that stands in for another it is a place for a value, and no mistake.
fn malformed_url(sources: &Sources, url: &Url, problems: &mut Vec<Problem>) {
    let Url::Known(text) = url else { return };
    let Some((at, why)) = url::flaw(text) else { return };
    let is_example = |step: &Origin| matches!(step, Origin::Place { how: How::Example, .. });
    let Some(span) = at.span().filter(|_| !at.trail().steps().any(is_example)) else { return };
    unreadable_url(sources, span, why, problems);
}

fn unreadable_url(sources: &Sources, span: Span, why: &str, problems: &mut Vec<Problem>) {
    let path = sources.file(span.file).path.clone();
    let message = format!("this database URL cannot be read: {why}");
    let problem = Problem::at(ProblemKind::MalformedUrl, &path, span, message);
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// Puts the host of a service in place of a URL that only names the service, or says that no file tells it.
fn named_service(sources: &Sources, container: &Container, url: &mut Url, problems: &mut Vec<Problem>) {
    match service_file::service(sources, container, url) {
        Some(Named::Host(host)) => *url = Url::Host(host),
        Some(Named::Lost(name)) => {
            let Some(span) = name.span() else { return };
            let why = "the service that it names says which server it dials, and its file is not among these";
            unreadable_url(sources, span, why, problems);
        }
        None => {}
    }
}

/// The service together with what its image says, where the tree builds that.
fn container(sources: &Sources, service: &Service, read: &mut Read) -> Container {
    let Some(build) = service.build.as_ref().or(service.built_as.as_ref()) else {
        return Container::of(service, None);
    };
    let image: Option<Image> = platform::build(sources, build, &mut read.problems, &mut read.files);
    let mut container = Container::of(service, image.as_ref());
    if image.is_none() {
        let why = "its Dockerfile is not among these files".to_owned();
        container.unread.push(Traced::new(why, build.context.trail()));
    }
    container
}

/// What takes connections in `container`: a server or a pooler.
fn receiver(sources: &Sources, service: &Service, container: &Container, read: &mut Read) -> Option<Role> {
    if let Some((pooler, upstreams)) = pooler::of(sources, service, container, read) {
        return Some(Role::Pooler(Box::new(pooler), upstreams));
    }
    server(sources, service, container, read).map(|server| Role::Server(Box::new(server)))
}

/// The PostgreSQL server that `container` is, when it is one.
fn server(sources: &Sources, service: &Service, container: &Container, read: &mut Read) -> Option<Server> {
    let image = container.image.as_ref()?;
    let settings = postgres::server(sources, image, container)?;
    read.problems.extend(settings.problems);
    read.files.extend(settings.read);
    Some(Server {
        name: service.name.as_str().to_owned(),
        place: service.name.span(),
        version: Some(image.clone()),
        max_connections: settings.max_connections,
        superuser_reserved: settings.superuser_reserved,
        reserved: settings.reserved,
        details: Details {
            shared_buffers: Some(settings.shared_buffers),
            work_mem: Some(settings.work_mem),
            memory: container.memory.as_ref().and_then(|limit| {
                let bytes = postgres::bytes(limit.as_str()).filter(|bytes| *bytes > 0)?;
                Some(Count::new(Bound::Exactly(bytes), limit.trail()))
            }),
            overridden: settings.overridden,
            superuser: settings.superuser,
        },
    })
}
