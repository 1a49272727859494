//! The budget above the services, and above the keys of a `.env` that it is made of.

use serde_json::{Value, json};

use crate::budget::{Budget, GroupDemand};
use crate::platform::Project;
use crate::source::{SourceFile, Span};

use super::chain;
use super::folder::Run;
use super::position::Encoding;

/// Not more lenses stand above one line.
const MOST_OF_A_LINE: usize = 4;

/// The lenses of the file `uri`.
pub(super) fn of(run: &Run, uri: &str, encoding: Encoding) -> Vec<Value> {
    let files = run.files(uri);
    let Some(file) = files.first() else { return Vec::new() };
    let is_here = |span: Span| Run::is_one(&files, span.file);
    let mut lenses: Vec<(Span, String)> = Vec::new();
    let several = run.checked.budgets.len() > 1;
    for (budget, project) in run.checked.budgets.iter().zip(&run.checked.read.projects) {
        let suffix = if several { format!(" · {}", budget.name) } else { String::new() };
        let mut add = |span: Span, title: String| lenses.push((span, title + &suffix));
        of_services(budget, project, &is_here, &mut add);
        if is_dotenv(file) {
            of_keys(budget, &is_here, &mut add);
        }
    }
    let mut shown: Vec<(usize, String)> = Vec::new();
    let mut values = Vec::new();
    for (span, title) in lenses {
        let line = file.line_of(span.start as usize);
        let of_line = shown.iter().filter(|(other, _)| *other == line).count();
        if of_line >= MOST_OF_A_LINE || shown.contains(&(line, title.clone())) {
            continue;
        }
        // A command without a name is shown and cannot be clicked.
        values.push(json!({
            "range": encoding.range(run.sources(), span),
            "command": { "title": title, "command": "" },
        }));
        shown.push((line, title));
    }
    values
}

/// What is said of the service `name` in `budget`.
pub(super) fn of_service(budget: &Budget, name: &str) -> Vec<String> {
    let is_of = |client: &&GroupDemand| service(client) == name && !client.is_pooler();
    let several = |client: &GroupDemand, words: String| {
        if client.group.name == name { words } else { format!("{}: {words}", client.group.name) }
    };
    let mut said = Vec::new();
    for server in &budget.servers {
        if server.server.name == name {
            said.push(chain::of_server(server));
        }
        let clients = server.clients.iter().filter(is_of);
        said.extend(clients.map(|client| several(client, chain::at_server(client, server))));
    }
    for pooler in &budget.poolers {
        if pooler.pooler.name == name {
            said.push(chain::of_pooler(pooler));
        }
        let clients = pooler.clients.iter().filter(is_of);
        said.extend(clients.map(|client| several(client, chain::at_pooler(client, pooler))));
    }
    let lost = budget.unplaced.iter().filter(is_of);
    said.extend(lost.map(|client| several(client, chain::nowhere(client))));
    said
}

/// The service that a group belongs to: one that starts several has their programs in brackets behind it.
fn service(client: &GroupDemand) -> &str {
    let name = &client.group.name;
    name.split_once(" (").map_or(name.as_str(), |(service, _)| service)
}

fn of_services(
    budget: &Budget,
    project: &Project,
    is_here: &dyn Fn(Span) -> bool,
    add: &mut dyn FnMut(Span, String),
) {
    for service in &project.services {
        let Some(span) = service.name.span().filter(|span| is_here(*span)) else { continue };
        for title in of_service(budget, service.name.as_str()) {
            add(span, title);
        }
    }
}

fn of_keys(budget: &Budget, is_here: &dyn Fn(Span) -> bool, add: &mut dyn FnMut(Span, String)) {
    for link in chain::links(budget, is_here) {
        if let Some(span) = chain::spans(link.factor.trail).find(|span| is_here(*span)) {
            add(span, format!("{} of {}", link.factor.name, link.feeds));
        }
    }
}

/// Whether `file` is one of variables, by its name.
fn is_dotenv(file: &SourceFile) -> bool {
    let name = file.path.file_name();
    name == ".env" || name.starts_with(".env.") || name.rsplit('.').next() == Some("env")
}
