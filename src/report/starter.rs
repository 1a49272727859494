//! A `connbudget.toml` to begin with: what was found, and for what the files do not tell the lines that would. Every line of
//! it is a comment, so that it changes nothing until a person has read it.
//!
//! Where only a person knows the number there stands an `N`, which no TOML takes: a number that was made up here would be
//! trusted later.

use super::canvas::wrap;
use super::glance::name_of;
use super::way;
use crate::budget::{Budget, GroupDemand, Measure, ServerBudget, capacity_words, sum_words};
use crate::platform::Project;
use crate::source::Sources;
use crate::trace::Bound;

/// The columns of the text.
const WIDTH: usize = 100;

const HEAD: &str = "\
# What connbudget cannot read from the files of this deployment. `connbudget lint` looks for this file in the folder that
# it lints. Nothing in it is needed: take the `# ` away from a line to make it count, and put a number in place of each N.
# All settings: ";

/// Writes the file for what `sources` have.
pub fn starter(sources: &Sources, projects: &[Project], budgets: &[Budget]) -> String {
    let mut file = File { sources, text: format!("{HEAD}{}#configure\n", env!("CARGO_PKG_REPOSITORY")) };
    file.deployments(projects);
    file.policy(budgets);
    let servers: Vec<&ServerBudget> = budgets.iter().flat_map(|budget| &budget.servers).collect();
    for (index, server) in servers.iter().enumerate() {
        file.server(server, projects);
        // One declaration is for every server of that name.
        if servers[index + 1..].iter().all(|other| other.server.name != server.server.name) {
            file.declaration(server, projects);
        }
    }
    file.clients(budgets);
    file.rules();
    file.text
}

/// A file under construction.
struct File<'a> {
    sources: &'a Sources,
    text: String,
}

impl File<'_> {
    /// Words for people.
    fn say(&mut self, words: &str) {
        for line in wrap(&shown(words), WIDTH - 2, WIDTH - 2) {
            self.line(&format!("# {line}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A setting that does not count yet, with a word about it.
    fn setting(&mut self, setting: &str, word: &str) {
        let space = if word.is_empty() { 0 } else { 34 };
        let word = if word.is_empty() { String::new() } else { format!("  # {}", shown(word)) };
        self.line(&format!("# {setting:<space$}{word}"));
    }

    fn deployments(&mut self, projects: &[Project]) {
        self.line("");
        self.say("The deployments that are found here. Where some are declared, those alone are linted.");
        for project in projects {
            self.line("#");
            self.say(&format!("{}: {}", project.name, project.why));
            let files: Vec<&str> = project.name.split('+').collect();
            let is_file = |name: &&str| project.files.iter().any(|file| file.as_str() == *name);
            let is_compose = files.iter().all(|name| is_file(name) && is_yaml(name));
            if is_compose {
                let files: Vec<String> = files.into_iter().map(quoted).collect();
                self.setting("[[deployment]]", "");
                self.setting(&format!("name = {}", quoted(&project.name)), "");
                self.setting(&format!("compose-files = [{}]", files.join(", ")), "");
            }
        }
    }

    fn policy(&mut self, budgets: &[Budget]) {
        self.line("\n[policy]");
        self.setting("reserve = 10", "slots kept free for migrations, psql, monitoring; or a share: \"10%\"");
        self.setting("gate-on = \"reachable\"", "\"ceiling\" fails also where only the settings go over");
        self.setting("example-env = true", "an example stands in for an env_file that is not there");
        let depend: Vec<&str> = groups(budgets).filter(|group| on_cpus(group)).map(service).collect();
        match depend.first() {
            None => self.setting("cpus = N", "CPUs of the hosts; nothing here depends on them"),
            Some(first) => {
                let others = depend.iter().filter(|other| *other != first).count();
                let more = if others > 0 { " and others start" } else { " starts" };
                self.setting("cpus = N", &format!("CPUs of the hosts: {first}{more} as many processes"));
            }
        }
    }

    fn server(&mut self, server: &ServerBudget, projects: &[Project]) {
        self.line("");
        let place = server.server.place.map(|span| format!(", {}", way::place(self.sources, span)));
        let place = place.unwrap_or_default();
        if is_here(server, projects) {
            self.say(&format!("{}{place}: {}", name_of(server), capacity_words(server).0));
        } else {
            self.say(&format!(
                "{}{place}: no part of these files, and PostgreSQL's defaults are assumed for it",
                name_of(server)
            ));
        }
        for sum in sum_words(server, Measure::Reachable).iter().filter(|_| !server.clients.is_empty()) {
            self.say(sum);
        }
    }

    fn declaration(&mut self, server: &ServerBudget, projects: &[Project]) {
        let name = &server.server.name;
        // A pattern is of the host alone, and takes no colon: an address of IPv6 is matched without them.
        let odd = ['/', ':', '@'];
        self.setting(&format!("[server.{}]", key(&name.replace(odd, "-"))), "");
        if name.contains(odd) {
            self.setting(&format!("url-pattern = {}", quoted(&name.replace(odd, "?"))), "");
        }
        let known = server.server.max_connections.value.number().map(|number| number.to_string());
        if !is_here(server, projects) || known.is_none() {
            let number = known.as_deref().unwrap_or("N");
            self.setting(
                &format!("max-connections = {number}"),
                "what `SHOW max_connections` says there, or",
            );
            self.setting("plan = \"aws-rds/db.t4g.medium\"", "what a provider gives it");
        }
        self.setting("other-connections = N", "what others that are no part of these files open on it");
    }

    fn clients(&mut self, budgets: &[Budget]) {
        let mut said: Vec<&str> = Vec::new();
        for group in groups(budgets) {
            let unplaced = budgets.iter().flat_map(|budget| &budget.unplaced);
            let is_lost = unplaced.into_iter().any(|other| other.group.name == group.group.name);
            let unknown = [&group.reachable, &group.ceiling].into_iter().find_map(|bound| match bound {
                Bound::Unknown(unknown) => Some(&unknown.why),
                Bound::Exactly(_) | Bound::AtMost(_) | Bound::Unbounded => None,
            });
            if said.contains(&service(group)) || (unknown.is_none() && !is_lost) || group.is_pooler() {
                continue;
            }
            said.push(service(group));
            self.line("");
            let words = match unknown {
                Some(why) => format!("{}: how many it opens is not known: {why}", group.group.name),
                None => format!("{}: on which server is not known", group.group.name),
            };
            self.say(&words);
            let servers: Vec<&str> = budgets
                .iter()
                .flat_map(|budget| &budget.servers)
                .filter(|server| is_lost || server.clients.iter().any(|c| service(c) == service(group)))
                .map(|server| server.server.name.as_str())
                .collect();
            self.setting(&format!("[clients.{}]", key(service(group))), "");
            self.setting("connections = N", "what one replica of it opens at most");
            let server = servers.first().copied().unwrap_or("HOST");
            self.setting(&format!("server = {}", quoted(server)), "the one that takes them");
        }
    }

    fn rules(&mut self) {
        self.line("\n[rules]");
        self.say(
            "How bad what a rule finds is: \"off\", \"warning\", \"error\". `connbudget rules` lists them.",
        );
        self.setting("near-limit = \"error\"", "above 80 % of what a server takes");
        self.setting("extra = [\"ops/rules\"]", "rules of your own: ops/rules/FAMILY/NAME.yaml");
    }
}

/// Whether `server` is one of the services that were read.
fn is_here(server: &ServerBudget, projects: &[Project]) -> bool {
    let mut services = projects.iter().flat_map(|project| &project.services);
    services.any(|service| service.name.as_str() == server.server.name)
}

fn groups(budgets: &[Budget]) -> impl Iterator<Item = &GroupDemand> {
    budgets.iter().flat_map(|budget| {
        let of_servers = budget.servers.iter().flat_map(|server| &server.clients);
        let of_poolers = budget.poolers.iter().flat_map(|pooler| &pooler.clients);
        of_servers.chain(of_poolers).chain(&budget.unplaced)
    })
}

/// The service that a group belongs to: one that starts several has their programs in brackets behind it.
fn service(group: &GroupDemand) -> &str {
    let name = &group.group.name;
    name.split_once(" (").map_or(name.as_str(), |(service, _)| service)
}

fn on_cpus(group: &GroupDemand) -> bool {
    let counts = [&group.group.processes.value, &group.group.threads.value, &group.reachable, &group.ceiling];
    counts.into_iter().any(|bound| match bound {
        Bound::Unknown(unknown) => unknown.term.as_ref().is_some_and(|term| &*term.symbol == "CPUs"),
        Bound::Exactly(_) | Bound::AtMost(_) | Bound::Unbounded => false,
    })
}

fn is_yaml(name: &str) -> bool {
    [".yml", ".yaml"].iter().any(|end| name.ends_with(end))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// `text` as a key: bare where TOML takes it so (<https://toml.io/en/v1.0.0#keys>).
fn key(text: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.chars().all(is_bare) { text.to_owned() } else { quoted(text) }
}

/// `text` on one line, and without what a comment must not hold.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
