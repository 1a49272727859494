//! The places that the numbers and addresses of a deployment come from.

use std::collections::HashSet;

use crate::client::{Pool, Url};
use crate::deployment::{Deployment, Group, Pooler, Server};
use crate::source::{FileId, Span};
use crate::trace::{Count, Origin, Text, Trail};

/// All of them, by file.
#[derive(Default)]
pub(super) struct Used {
    spans: HashSet<Span>,
    files: HashSet<FileId>,
}

impl Used {
    /// Those of `deployment`.
    pub(super) fn of(deployment: &Deployment) -> Self {
        let mut used = Self::default();
        deployment.servers.iter().for_each(|server| used.server(server));
        deployment.poolers.iter().for_each(|pooler| used.pooler(pooler));
        deployment.groups.iter().for_each(|group| used.group(group));
        used
    }

    /// Whether any of them lies in `span`, or `span` in it.
    pub(super) fn covers(&self, span: Span) -> bool {
        let touches = |other: &Span| {
            other.file == span.file && other.start < span.end.max(span.start + 1) && span.start <= other.end
        };
        self.files.contains(&span.file) && self.spans.iter().any(touches)
    }

    fn trail(&mut self, trail: &Trail) {
        for span in trail.steps().filter_map(Origin::span) {
            self.files.insert(span.file);
            self.spans.insert(span);
        }
    }

    fn text(&mut self, text: &Text) {
        for span in text.places() {
            self.files.insert(span.file);
            self.spans.insert(span);
        }
    }

    fn counts<'c>(&mut self, counts: impl IntoIterator<Item = &'c Count>) {
        counts.into_iter().for_each(|count| self.trail(&count.trail));
    }

    fn server(&mut self, server: &Server) {
        let details = &server.details;
        self.counts([&server.max_connections, &server.superuser_reserved, &server.reserved]);
        self.counts([&details.shared_buffers, &details.work_mem, &details.memory].into_iter().flatten());
    }

    fn pooler(&mut self, pooler: &Pooler) {
        self.counts([&pooler.replicas, &pooler.processes, &pooler.max_client_conn]);
        self.counts([&pooler.max_db_connections, &pooler.max_user_connections].into_iter().flatten());
        if let Some(mode) = &pooler.mode {
            self.text(mode);
        }
        for database in &pooler.databases {
            self.counts([&database.pool_size, &database.reserve]);
            self.counts(&database.max_connections);
        }
    }

    fn group(&mut self, group: &Group) {
        self.counts([&group.replicas, &group.processes, &group.threads, &group.concurrency, &group.engines]);
        self.counts(&group.request_timeout);
        group.pools.iter().for_each(|placed| self.pool(&placed.pool));
    }

    fn pool(&mut self, pool: &Pool) {
        self.counts([&pool.size, &pool.overflow].into_iter().flatten());
        pool.settings.iter().for_each(|setting| self.trail(&setting.trail));
        if let Url::Known(text) | Url::Host(text) = &pool.url {
            self.text(text);
        }
    }
}
