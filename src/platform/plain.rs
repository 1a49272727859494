//! Deployments without compose: a Procfile, systemd's units, else a Dockerfile, else a script that starts a server.

use indexmap::IndexMap;

use crate::source::{SourceFile, Sources, Span, TreePath};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::procfile;
use crate::trace::{Bound, Problem, Text, Traced, Trail};

use super::{Build, Mount, Project, Service, Variable, systemd};

/// Programs whose appearance in a script makes it one that starts a server.
const SERVERS: [&str; 8] =
    ["gunicorn", "uvicorn", "hypercorn", "granian", "uwsgi", "daphne", "celery", "fastapi run"];

/// How a project without compose is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Procfile,
    Dockerfile,
    Script,
}

/// The deployments among `files` that compose has no part in. A Procfile is always one,
/// and so are systemd's units; where nothing else says what
/// runs (`alone`), the Dockerfiles are, and without those the scripts.
pub fn discover(sources: &Sources, files: &[TreePath], alone: bool) -> Vec<Project> {
    let of = |form: Form| -> Vec<Project> {
        files.iter().filter(|path| form.fits(path)).filter_map(|path| form.project(sources, path)).collect()
    };
    let mut surely = of(Form::Procfile);
    surely.extend(systemd::discover(sources, files));
    if !surely.is_empty() || !alone {
        return surely;
    }
    let dockerfiles = of(Form::Dockerfile);
    if dockerfiles.is_empty() { of(Form::Script) } else { dockerfiles }
}

impl Form {
    fn fits(self, path: &TreePath) -> bool {
        let name = path.file_name();
        match self {
            Self::Procfile => name == "Procfile",
            Self::Dockerfile => name == "Dockerfile",
            Self::Script => name.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "sh" | "bash")),
        }
    }

    fn project(self, sources: &Sources, path: &TreePath) -> Option<Project> {
        let file = match sources.load(path) {
            Ok(file) => file,
            Err(error) => return Some(unreadable(path, Problem::unloadable(path, &error))),
        };
        let folder = path.parent();
        let services = match self {
            Self::Procfile => {
                procfile::parse(&file).iter().map(|process| shell_line(process, &folder)).collect()
            }
            Self::Dockerfile => vec![image(&file, &folder)],
            Self::Script => vec![script(&file, &folder)?],
        };
        let mut project = Project {
            name: path.as_str().to_owned(),
            why: format!("{} says what runs", path.file_name()),
            files: vec![path.clone()],
            problems: Vec::new(),
            services,
            folder,
        };
        if self != Self::Dockerfile {
            read_dotenv(sources, &mut project);
        }
        Some(project)
    }
}

fn unreadable(path: &TreePath, problem: Problem) -> Project {
    Project {
        name: path.as_str().to_owned(),
        folder: path.parent(),
        why: format!("{} says what runs", path.file_name()),
        files: vec![path.clone()],
        services: Vec::new(),
        problems: vec![problem],
    }
}

/// A service that is started in `folder` itself, where the process sees the tree as it is.
fn bare(name: Text, words: Vec<Text>, place: Span, folder: &TreePath) -> Service {
    Service {
        replicas: Traced::new(Bound::ONE, Trail::default_of("one process of each type", name.span())),
        hostnames: vec![name.as_str().to_owned()],
        name,
        image: None,
        build: None,
        entrypoint: None,
        command: Some(words),
        environment: IndexMap::new(),
        built_as: None,
        unread_env_files: Vec::new(),
        working_dir: None,
        rollout: None,
        ends: None,
        cpus: None,
        memory: None,
        profiles: Vec::new(),
        mounts: vec![Mount { source: folder.clone(), target: "/".to_owned(), place }],
        texts: Vec::new(),
    }
}

fn shell_line(process: &procfile::ProcessType, folder: &TreePath) -> Service {
    // Foreman, honcho and Heroku hand the line to a shell.
    let implied = || Trail::default_of("Procfile shell", process.command.span());
    let words = vec![Text::traced("sh", implied()), Text::traced("-c", implied()), process.command.clone()];
    bare(process.name.clone(), words, process.place, folder)
}

fn script(file: &SourceFile, folder: &TreePath) -> Option<Service> {
    let starts = |line: &str| {
        let code = line.split('#').next().unwrap_or_default();
        SERVERS.iter().any(|server| code.contains(server))
    };
    file.text.lines().any(starts).then(|| {
        let first_line = file.at(file.line_range(0).unwrap_or(0..0));
        let path = Text::decoded(format!("/{}", file.path.file_name()), first_line);
        let name = Text::decoded(file.path.file_name(), first_line);
        bare(name, vec![Text::decoded("sh", first_line), path], first_line, folder)
    })
}

fn image(file: &SourceFile, folder: &TreePath) -> Service {
    let first_line = file.at(file.line_range(0).unwrap_or(0..0));
    let name = Text::decoded(file.path.file_name(), first_line);
    let build = Build {
        context: Text::decoded(folder.as_str(), first_line),
        folder: Some(folder.clone()),
        dockerfile: Some(name.clone()),
        inline: None,
        target: None,
        args: IndexMap::new(),
    };
    let service = bare(name, Vec::new(), first_line, folder);
    Service { command: None, build: Some(build), mounts: Vec::new(), ..service }
}

/// Foreman, honcho and whoever starts a script by hand give it the variables of the `.env` beside it.
fn read_dotenv(sources: &Sources, project: &mut Project) {
    let path = project.folder.join(".env");
    if !sources.is_file(&path) {
        return;
    }
    let file = match sources.load(&path) {
        Ok(file) => file,
        Err(error) => return project.problems.push(Problem::unloadable(&path, &error)),
    };
    project.files.push(path);
    for entry in dotenv::read(&file, Dialect::Python, &|_| None).entries {
        if let Some(value) = entry.value.known() {
            for service in &mut project.services {
                let variable = Variable { name: entry.name.clone(), value: Some(value.clone()) };
                service.environment.insert(entry.name.as_str().to_owned(), variable);
            }
        }
    }
}
