//! A request carried out: from compose files to services.

use std::collections::HashSet;

use super::load::{Loader, Scope};
use super::missing_env_file::{example_beside, is_ignored};
use super::name;
use super::refusals::{Refusals, unplaced};
use super::request::Request;
use super::service::{self, Reader};
use super::setting::{Because, Setting, StandIn};
use super::value::{Entry, Map, Value};
use super::{consistency, decode, traps};
use crate::platform::{Project, Service};
use crate::source::{SourceFile, Sources, Span, TreePath};
use crate::trace::{Problem, ProblemKind, Text};

/// Reads the project that `request` names. `given` are variables of connbudget's own command line, which stand for the
/// shell's. Nothing stops it: what compose would refuse is among the project's problems.
pub fn read(sources: &Sources, request: &Request, given: &dyn Fn(&str) -> Option<Text>) -> Project {
    let first = Attempt::new(sources, request, given, None);
    let Some(stand_in) = first.stand_in(sources, request) else { return first.project };
    let said = stand_in_problem(sources, &stand_in);
    let mut second = Attempt::new(sources, request, given, Some(&stand_in));
    if second.project.problems.iter().all(|problem| problem.span != Some(stand_in.wanted_at)) {
        second.project.problems.insert(0, said);
    }
    second.project
}

fn stand_in_problem(sources: &Sources, stand_in: &StandIn) -> Problem {
    let at = &sources.file(stand_in.wanted_at.file).path;
    let why = match stand_in.because {
        Because::Refused => "compose refuses this without a .env, which is not there",
        Because::Ignored => ".env is not there, and git ignores it",
    };
    let message = format!("{why}: the values of {} stand in for it", stand_in.file.path);
    Problem::at(ProblemKind::MissingEnvFile, at, stand_in.wanted_at, message)
}

/// A project, and what was missed while it was read.
struct Attempt {
    project: Project,
    /// The project's `.env`, where it is not there.
    missing_env: Option<TreePath>,
    /// Required `env_file`s that are not there.
    missing: Vec<(TreePath, Span)>,
    /// Where a required variable is not set.
    required_at: Option<Span>,
}

impl Attempt {
    fn new(
        sources: &Sources,
        request: &Request,
        given: &dyn Fn(&str) -> Option<Text>,
        stand_in: Option<&StandIn>,
    ) -> Self {
        let mut refusals = Refusals::new(sources);
        let mut loader = Loader::new(sources, &mut refusals, request.root_only);
        let mut setting = Setting::new(&mut loader, request, given, stand_in);
        name::settle(&mut loader, &mut setting);
        let Setting { folder, inputs, variables, profiles, missing_env } = setting;
        if inputs.is_empty() {
            let message = "docker compose finds no file here";
            loader.refusals.add(unplaced(ProblemKind::MissingFile, &request.folder, message));
        }
        let scope = Scope { folder, variables: &variables };
        let model = loader.load_model(&inputs, &scope, &[]);
        if let (true, Some(input)) = (model.is_empty() && loader.refusals.is_empty(), inputs.first())
            && let Ok(file) = sources.load(&input.path)
        {
            loader.refusals.malformed(file.at(0..0), "this says nothing: a compose file has services");
        }
        if let Some(services) = model.get("services").and_then(|entry| entry.value.as_map()) {
            decode::check(services, loader.refusals);
        }
        let parts = Parts::new(&model, &profiles);
        parts.check(&model, loader.refusals);
        parts.enabled.iter().for_each(|entry| traps::tell(entry, sources, loader.refusals));
        let mut reader =
            Reader { loader: &mut loader, scope: &scope, model: &model, request, missing: Vec::new() };
        let services = parts.services(&mut reader);
        let missing = std::mem::take(&mut reader.missing);
        let files = std::mem::take(&mut loader.files);
        let required_at = loader.refusals.required_at();
        let names: Vec<&str> = inputs.iter().map(|input| input.path.as_str()).collect();
        let project = Project {
            name: names.join("+"),
            folder: scope.folder.clone(),
            why: request.why.clone(),
            files,
            services,
            problems: refusals.into_problems(),
        };
        Self { project, missing_env, missing, required_at }
    }

    /// The example that stands in for the project's `.env`: where compose refuses the project for want of it, and where
    /// git ignores the `.env`, so that every checkout lacks it and every deployment has it. Elsewhere compose goes on with
    /// empty values, and so does this.
    fn stand_in(&self, sources: &Sources, request: &Request) -> Option<StandIn> {
        let path = self.missing_env.as_ref().filter(|_| request.example_env)?;
        let file = sources.load(&example_beside(sources, path)?).ok()?;
        let named = self.missing.iter().find(|(missing, _)| missing == path).map(|(_, place)| *place);
        let (wanted_at, because) = match named.or(self.required_at) {
            Some(place) => (place, Because::Refused),
            None if is_ignored(sources, path) => (self.first_use(sources, &file)?, Because::Ignored),
            None => return None,
        };
        Some(StandIn { file, wanted_at, because })
    }

    /// Where the project's files use a variable of `example` first.
    fn first_use(&self, sources: &Sources, example: &SourceFile) -> Option<Span> {
        let names: Vec<&str> = example
            .text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name.trim().trim_start_matches("export ").trim())
            .collect();
        self.project.files.iter().filter_map(|path| sources.load(path).ok()).find_map(|file| {
            let text = &*file.text;
            let name_at = |(at, _): (usize, &str)| {
                let from = at + text[at..].find(|c: char| c != '$' && c != '{')?;
                let rest = &text[from..];
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                names.contains(&&rest[..end]).then(|| file.at(from..from + end))
            };
            text.match_indices('$').find_map(name_at)
        })
    }
}

/// The services of a model, told apart by their profiles.
struct Parts<'a> {
    enabled: Vec<&'a Entry>,
    disabled: HashSet<&'a str>,
}

impl<'a> Parts<'a> {
    fn new(model: &'a Map, profiles: &[String]) -> Self {
        let services = model.get("services").and_then(|entry| entry.value.as_map());
        let (mut enabled, mut disabled) = (Vec::new(), HashSet::new());
        for entry in services.into_iter().flat_map(Map::values) {
            if is_enabled(&entry.value, profiles) {
                enabled.push(entry);
            } else {
                disabled.insert(entry.key.as_str());
            }
        }
        Self { enabled, disabled }
    }

    fn check(&self, model: &'a Map, refusals: &mut Refusals<'_>) {
        let Self { enabled, disabled } = self;
        consistency::Project { model, enabled: enabled.clone(), disabled: disabled.clone() }.check(refusals);
    }

    fn services(&self, reader: &mut Reader<'_, '_, '_>) -> Vec<Service> {
        let mut services: Vec<Service> = self.enabled.iter().map(|entry| reader.service(entry)).collect();
        let maps = self.enabled.iter().filter_map(|entry| entry.value.as_map());
        let links: Vec<(String, String)> = maps.flat_map(service::links).collect();
        service::add_links(&mut services, &links);
        for (name, trail) in
            self.enabled.iter().filter_map(|entry| entry.value.as_map()).flat_map(service::awaited)
        {
            if let Some(service) = services.iter_mut().find(|service| service.name.as_str() == name) {
                service.ends.get_or_insert(trail);
            }
        }
        services
    }
}

/// Whether a service without profiles, or with one of `profiles` (`HasProfile`).
fn is_enabled(service: &Value, profiles: &[String]) -> bool {
    let own = service.get("profiles").map(Value::items).unwrap_or_default();
    own.is_empty()
        || profiles
            .iter()
            .any(|profile| profile == "*" || own.iter().filter_map(Value::as_str).any(|own| own == profile))
}
