//! The members of a project: each service looked into, down to the pools that its processes make.

use std::collections::HashMap;

use crate::config::Config;
use crate::deployment::{Member, Role, Server};
use crate::platform::{self, Container, Image, Project, Service};
use crate::program::postgres;
use crate::source::{Sources, TreePath};
use crate::trace::{Problem, Traced};

use super::clients;

/// A project's members and what was met on the way.
#[derive(Default)]
pub(super) struct Read {
    pub(super) members: Vec<Member>,
    /// Files that were read beside the project's own.
    pub(super) files: Vec<TreePath>,
    pub(super) problems: Vec<Problem>,
}

/// Looks into the services of `project`. Servers come first, since a client is known by the server it names.
pub(super) fn read(sources: &Sources, config: &Config, project: &Project) -> Read {
    let mut read = Read::default();
    let images = Images::of(project);
    let container = |service: &Service| {
        let mut container = images.container(sources, service, &mut read);
        container.cpus.host.clone_from(&config.cpus);
        container
    };
    let containers: Vec<Container> = project.services.iter().map(container).collect();
    let servers: Vec<Option<Server>> = project
        .services
        .iter()
        .zip(&containers)
        .map(|(service, container)| server(sources, service, container, &mut read))
        .collect();
    let known = project.services.iter().zip(&servers).filter(|(_, server)| server.is_some());
    let hostnames: Vec<String> = known.flat_map(|(service, _)| service.hostnames.iter().cloned()).collect();
    for ((service, container), server) in project.services.iter().zip(&containers).zip(servers) {
        let role = match server {
            Some(server) => Role::Server(Box::new(server)),
            None => Role::Clients(clients::of(sources, service, container, &hostnames, &mut read)),
        };
        read.members.push(Member { hostnames: service.hostnames.clone(), role });
    }
    read
}

/// Which service builds which image, so that a service which only names the image is looked into as well.
struct Images<'a> {
    builders: HashMap<&'a str, &'a Service>,
}

impl<'a> Images<'a> {
    fn of(project: &'a Project) -> Self {
        let builds = project.services.iter().filter(|service| service.build.is_some());
        let named = |service: &'a Service| Some((service.image.as_ref()?.as_str(), service));
        Self { builders: builds.filter_map(named).collect() }
    }

    fn container(&self, sources: &Sources, service: &Service, read: &mut Read) -> Container {
        let shared = || self.builders.get(service.image.as_ref()?.as_str())?.build.as_ref();
        let Some(build) = service.build.as_ref().or_else(shared) else { return Container::of(service, None) };
        let image: Option<Image> = platform::build(sources, build, &mut read.problems, &mut read.files);
        let mut container = Container::of(service, image.as_ref());
        if image.is_none() {
            let why = "its Dockerfile is not among these files".to_owned();
            container.unread.push(Traced::new(why, build.context.trail()));
        }
        container
    }
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
    })
}
