//! Deployments without compose: a Procfile, systemd's units, else a Dockerfile, else a script that starts a server, else a
//! configuration of gunicorn, which somebody starts who is not among these files.

use indexmap::IndexMap;

use crate::source::{SourceFile, Sources, Span, TreePath};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::procfile;
use crate::trace::{Bound, How, Origin, Problem, Text, Traced, Trail};

use super::{Build, Mount, Project, Service, Variable, context, systemd};

/// Programs whose appearance in a script makes it one that starts a server.
const SERVERS: [&str; 8] =
    ["gunicorn", "uvicorn", "hypercorn", "granian", "uwsgi", "daphne", "celery", "fastapi run"];

/// How a project without compose is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Procfile,
    Dockerfile,
    Script,
    Gunicorn,
}

/// Modules that are called so because they hold the application, in the order in which they are looked for.
const APPLICATIONS: [&str; 7] = ["wsgi", "asgi", "main", "app", "application", "server", "run"];

/// The deployments among `files` that compose has no part in. A Procfile is always one,
/// and so are systemd's units; where nothing else says what
/// runs (`alone`: no compose file, or only some whose services dial no server, as those that start a database for those who
/// develop), the Dockerfiles are, and without those the scripts.
pub fn discover(sources: &Sources, files: &[TreePath], alone: bool) -> Vec<Project> {
    let of = |form: Form| -> Vec<Project> {
        files.iter().filter(|path| form.fits(path)).filter_map(|path| form.project(sources, path)).collect()
    };
    let mut surely = of(Form::Procfile);
    surely.extend(systemd::discover(sources, files));
    if !surely.is_empty() || !alone {
        return surely;
    }
    [Form::Dockerfile, Form::Script, Form::Gunicorn]
        .into_iter()
        .map(of)
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

impl Form {
    fn fits(self, path: &TreePath) -> bool {
        let name = path.file_name();
        match self {
            Self::Procfile => name == "Procfile",
            Self::Dockerfile => name == "Dockerfile",
            Self::Gunicorn => {
                matches!(name, "gunicorn.conf.py" | "gunicorn_conf.py" | "gunicorn_config.py")
            }
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
            Self::Dockerfile => vec![image(&file, &context::of(sources, &file))],
            Self::Script => vec![script(&file, &folder)?],
            Self::Gunicorn => vec![gunicorn(sources, &file, &folder)],
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
        published: Vec::new(),
        on_machine: true,
        name,
        image: None,
        build: None,
        entrypoint: None,
        command: Some(words),
        environment: IndexMap::new(),
        built_as: None,
        unread_env_files: Vec::new(),
        config_vars: None,
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
    let service = bare(process.name.clone(), words, process.place, folder);
    // Whoever runs a Procfile says on which port to listen (foreman 0.90, `engine.rb`: 5000 for the first; Heroku any).
    let port = Text::traced("5000", Trail::default_of("Procfile PORT", process.command.span()));
    let port = Variable { name: Text::traced("PORT", port.trail()), value: Some(port) };
    let environment = [("PORT".to_owned(), port)].into_iter().collect();
    Service { config_vars: Some(process.place), environment, ..service }
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

/// gunicorn as somebody starts it with this configuration, and the application that is there to be served.
fn gunicorn(sources: &Sources, file: &SourceFile, folder: &TreePath) -> Service {
    let first_line = file.at(file.line_range(0).unwrap_or(0..0));
    let mut words = vec![
        Text::decoded("gunicorn", first_line),
        Text::decoded("-c", first_line),
        Text::decoded(format!("/{}", file.path.file_name()), first_line),
    ];
    words.extend(APPLICATIONS.iter().find_map(|module| application(sources, folder, module)));
    bare(Text::decoded(file.path.file_name(), first_line), words, first_line, folder)
}

/// `module:app`, where that module of `folder` has a variable of one of the usual names.
fn application(sources: &Sources, folder: &TreePath, module: &str) -> Option<Text> {
    let path = folder.join(&format!("{module}.py"));
    let file = sources.is_file(&path).then(|| sources.load(&path).ok())??;
    let (name, line) = file.text.lines().find_map(|line| {
        let (name, _) = line.split_once(['=', ':'])?;
        matches!(name.trim_end(), "app" | "application").then(|| (name.trim_end(), line))
    })?;
    let from = line.as_ptr() as usize - file.text.as_ptr() as usize;
    let place = file.at(from..from + name.len());
    Some(Text::decoded(format!("{module}:{name}"), place).then(&Origin::at(How::Convention, place)))
}

fn image(file: &SourceFile, context: &TreePath) -> Service {
    let first_line = file.at(file.line_range(0).unwrap_or(0..0));
    let name = Text::decoded(file.path.file_name(), first_line);
    let path = file.path.as_str();
    let from_context = path.strip_prefix(&format!("{context}/")).unwrap_or(path);
    let build = Build {
        context: Text::decoded(context.as_str(), first_line),
        dockerfile: Some(Text::decoded(from_context, first_line)),
        folder: Some(context.clone()),
        inline: None,
        target: None,
        args: IndexMap::new(),
    };
    let service = bare(name, Vec::new(), first_line, context);
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
