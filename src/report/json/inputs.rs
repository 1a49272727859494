//! What was read, for programs: with values shown, what `docker compose config --format json` prints of the same.

use indexmap::IndexMap;
use serde::Serialize;

use super::{CountJson, OriginJson, Places, VERSION, print};
use crate::platform::{Project, Service, Variable};
use crate::report::inputs::Values;
use crate::source::Sources;
use crate::trace::{Problem, Text, Trail};

#[derive(Serialize)]
struct InputsJson {
    version: u32,
    deployments: Vec<ProjectJson>,
    errors: Vec<ErrorJson>,
}

#[derive(Serialize)]
struct ProjectJson {
    name: String,
    why: String,
    files: Vec<String>,
    services: IndexMap<String, ServiceJson>,
}

#[derive(Serialize)]
struct ServiceJson {
    image: Option<String>,
    command: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    environment: IndexMap<String, Option<String>>,
    replicas: CountJson,
    profiles: Vec<String>,
    build: Option<BuildJson>,
    origins: IndexMap<String, Vec<OriginJson>>,
}

#[derive(Serialize)]
struct BuildJson {
    context: String,
    dockerfile: Option<String>,
    target: Option<String>,
}

#[derive(Serialize)]
struct ErrorJson {
    rule: &'static str,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
}

/// What `inputs --format json` prints.
pub fn inputs(sources: &Sources, projects: &[Project], values: Values) -> String {
    let places = Places { sources };
    let project = |project: &Project| ProjectJson {
        name: project.name.clone(),
        why: project.why.clone(),
        files: project.files.iter().map(ToString::to_string).collect(),
        services: project
            .services
            .iter()
            .map(|s| (s.name.to_string(), service_json(&places, s, values)))
            .collect(),
    };
    let problems = projects.iter().flat_map(|project| &project.problems);
    print(&InputsJson {
        version: VERSION,
        deployments: projects.iter().map(project).collect(),
        errors: problems.map(|problem| error_json(&places, problem)).collect(),
    })
}

fn service_json(places: &Places<'_>, service: &Service, values: Values) -> ServiceJson {
    let shown = |text: &Text| values.of(text);
    let words = |words: &Option<Vec<Text>>| words.as_ref().map(|words| words.iter().map(shown).collect());
    let value = |variable: &Variable| variable.value.as_ref().map(|value| values.of_variable(value));
    ServiceJson {
        image: service.image.as_ref().map(shown),
        command: words(&service.command),
        entrypoint: words(&service.entrypoint),
        environment: service
            .environment
            .iter()
            .map(|(name, variable)| (name.clone(), value(variable)))
            .collect(),
        replicas: CountJson::of(&service.replicas.value),
        profiles: service.profiles.iter().map(shown).collect(),
        build: service.build.as_ref().map(|build| BuildJson {
            // As compose prints it: the folder, seen from the linted one; a URL stays as it is written.
            context: build.folder.as_ref().map_or_else(|| shown(&build.context), ToString::to_string),
            dockerfile: build.dockerfile.as_ref().map(shown),
            target: build.target.as_ref().map(shown),
        }),
        origins: origins(service).map(|(what, trail)| (what, places.trail(&trail))).collect(),
    }
}

fn error_json(places: &Places<'_>, problem: &Problem) -> ErrorJson {
    let start = problem.span.map(|span| places.sources.file(span.file).line_column(span.range().start));
    ErrorJson {
        rule: problem.kind.rule(),
        file: problem.file.to_string(),
        line: start.map(|start| start.line),
        column: start.map(|start| start.column),
        message: problem.message.clone(),
    }
}

/// The parts of a service that were written somewhere, each with its way.
fn origins(service: &Service) -> impl Iterator<Item = (String, Trail)> + '_ {
    let image = service.image.iter().map(|image| ("image".to_owned(), image.trail()));
    let words = |name: &'static str, words: &Option<Vec<Text>>| {
        words.as_ref().and_then(|words| words.first()).map(|word| (name.to_owned(), word.trail()))
    };
    let variable = |(name, variable): (&String, &Variable)| {
        let written = variable.value.as_ref().unwrap_or(&variable.name);
        (format!("environment.{name}"), written.trail())
    };
    image
        .chain(service.build.iter().map(|build| ("build".to_owned(), build.context.trail())))
        .chain(words("entrypoint", &service.entrypoint))
        .chain(words("command", &service.command))
        .chain(std::iter::once(("replicas".to_owned(), service.replicas.trail.clone())))
        .chain(service.environment.iter().map(variable))
}
