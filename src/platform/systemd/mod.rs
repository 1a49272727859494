//! Deployments of systemd units: the services of a folder, each with its drop-ins (systemd 252, `man systemd.unit`,
//! `systemd.service`, `systemd.exec`).

mod command;
mod instance;
mod place;

use indexmap::IndexMap;

use crate::source::{Sources, TreePath};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::unit::{self, Assignment};
use crate::syntax::words::split_systemd;
use crate::trace::{Bound, How, Origin, Problem, ProblemKind, Text, Traced, Trail};

use super::{FileView, Project, Service, Variable};
use instance::Instance;

/// Programs that start containers: what runs in those stands in other files.
const CONTAINERS: [&str; 6] = ["docker", "docker-compose", "podman", "podman-compose", "nerdctl", "kubectl"];

/// The deployments of the unit files among `files`: one for each folder that holds services.
pub(super) fn discover(sources: &Sources, files: &[TreePath]) -> Vec<Project> {
    let is_unit = |path: &&TreePath| has_ending(path, ".service");
    let mut folders: Vec<TreePath> = files.iter().filter(is_unit).map(TreePath::parent).collect();
    folders.dedup();
    folders.iter().filter_map(|folder| project(sources, files, folder)).collect()
}

fn project(sources: &Sources, files: &[TreePath], folder: &TreePath) -> Option<Project> {
    let beside = |path: &&TreePath| path.parent() == *folder && has_ending(path, ".service");
    let mut project = Project {
        name: String::new(),
        folder: folder.clone(),
        why: "systemd units say what runs".to_owned(),
        files: Vec::new(),
        services: Vec::new(),
        problems: Vec::new(),
    };
    for path in files.iter().filter(beside) {
        let Some(unit) = Unit::load(sources, files, path, &mut project) else { continue };
        for instance in instance::of(sources, files, &unit) {
            let mut reader = Reader { sources, unit: &unit, instance: &instance, project: &mut project };
            if let Some(service) = reader.service() {
                project.services.push(service);
            }
        }
    }
    let units = |path: &&TreePath| has_ending(path, ".service");
    let names: Vec<&str> = project.files.iter().filter(units).map(TreePath::as_str).collect();
    project.name = names.join("+");
    (!project.services.is_empty()).then_some(project)
}

/// Endings of units are small letters, and nothing else will do.
fn has_ending(path: &TreePath, ending: &str) -> bool {
    path.file_name().ends_with(ending)
}

/// A unit with its drop-ins.
struct Unit {
    path: TreePath,
    lines: Vec<Assignment>,
}

impl Unit {
    fn load(sources: &Sources, files: &[TreePath], path: &TreePath, project: &mut Project) -> Option<Self> {
        if instance::is_instance(path.file_name()) && instance::template_of(sources, path).is_some() {
            // A link to its template, which is read with it.
            return None;
        }
        let drop_ins = path.parent().join(&format!("{}.d", path.file_name()));
        let is_drop_in = |file: &&TreePath| file.parent() == drop_ins && has_ending(file, ".conf");
        let mut lines = Vec::new();
        for file in std::iter::once(path).chain(files.iter().filter(is_drop_in)) {
            match sources.load(file) {
                Ok(loaded) => {
                    lines.extend(unit::read(&loaded));
                    project.files.push(file.clone());
                }
                Err(error) => project.problems.push(Problem::unloadable(file, &error)),
            }
        }
        Some(Self { path: path.clone(), lines })
    }

    /// The values of `key` in order, those that an empty one takes back left out.
    fn all(&self, key: &str) -> Vec<&Text> {
        let mut found = Vec::new();
        for line in self.lines.iter().filter(|line| line.section == "Service" && line.key.as_str() == key) {
            if line.value.is_empty() {
                found.clear();
            } else {
                found.push(&line.value);
            }
        }
        found
    }

    fn last(&self, key: &str) -> Option<&Text> {
        self.all(key).pop()
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    unit: &'a Unit,
    instance: &'a Instance,
    project: &'a mut Project,
}

impl Reader<'_> {
    /// The service; `None` where nothing of it keeps running by itself.
    fn service(&mut self) -> Option<Service> {
        // A oneshot ends before others go on: a migration, a set-up.
        if self.unit.last("Type").is_some_and(|kind| kind.as_str() == "oneshot") {
            return None;
        }
        // Of several, systemd refuses the unit; the last one is what its author means.
        let line = self.unit.last("ExecStart")?;
        let words = self.split(line)?;
        let working_dir = self.unit.last("WorkingDirectory").map(|folder| self.specified(folder));
        let working_dir = working_dir.map(|folder| folder.slice_of(folder.as_str().trim_start_matches('-')));
        let mounts = place::mounts(self.sources, &self.unit.path, working_dir.as_ref(), &words);
        let mut view = FileView::new();
        for mount in &mounts {
            view.add(&mount.target, mount.source.clone());
        }
        let mut unread = Vec::new();
        let environment = self.environment(&view, &mut unread);
        let command = command::of(&words, &environment);
        let first = command.first()?.as_str();
        if CONTAINERS.contains(&first.rsplit('/').next().unwrap_or(first)) {
            return None;
        }
        let name = &self.instance.name;
        Some(Service {
            replicas: self.instance.count.clone(),
            hostnames: vec![name.as_str().to_owned()],
            published: Vec::new(),
            on_machine: true,
            name: name.clone(),
            image: None,
            build: None,
            entrypoint: None,
            command: Some(command),
            environment,
            built_as: None,
            unread_env_files: unread,
            config_vars: None,
            working_dir: working_dir.filter(|folder| folder.as_str().starts_with('/')),
            cpus: None,
            memory: None,
            texts: Vec::new(),
            rollout: None,
            ends: None,
            profiles: Vec::new(),
            mounts,
        })
    }

    /// The words of a line, specifiers replaced; a line that cannot be cut becomes a problem.
    fn split(&mut self, line: &Text) -> Option<Vec<Text>> {
        match split_systemd(line) {
            Ok(words) => Some(words.iter().map(|word| self.specified(word)).collect()),
            Err(error) => {
                if let Some(span) = error.part().span() {
                    let path = self.sources.file(span.file).path.clone();
                    let message = format!("systemd does not take this line: {error}");
                    self.project.problems.push(Problem::at(ProblemKind::MalformedFile, &path, span, message));
                }
                None
            }
        }
    }

    fn specified(&self, text: &Text) -> Text {
        self.instance.specified(text)
    }

    /// The variables of the unit; those of files go over its own (`man systemd.exec`, `EnvironmentFile=`).
    fn environment(
        &mut self,
        view: &FileView,
        unread: &mut Vec<crate::source::Span>,
    ) -> IndexMap<String, Variable> {
        let mut environment = IndexMap::new();
        let lines: Vec<Text> = self.unit.all("Environment").into_iter().cloned().collect();
        for line in &lines {
            for (name, value) in self.split(line).iter().flatten().filter_map(|word| word.split_once('=')) {
                environment.insert(name.as_str().to_owned(), Variable { name, value: Some(value) });
            }
        }
        let files: Vec<Text> = self.unit.all("EnvironmentFile").into_iter().cloned().collect();
        for written in files {
            let path = self.specified(&written);
            let path = path.slice_of(path.as_str().trim_start_matches('-'));
            let Some((file, example)) = self.environment_file(view, &path, unread) else { continue };
            for entry in dotenv::read(&file, Dialect::Systemd, &|_| None).entries {
                let Some(value) = entry.value.known().cloned() else { continue };
                let value = match path.span() {
                    Some(span) if example => value.then(&Origin::at(How::Example, span)),
                    Some(span) => value.then(&Origin::at(How::Environment, span)),
                    None => value,
                };
                let name = entry.name.as_str().to_owned();
                environment.insert(name, Variable { name: entry.name, value: Some(value) });
            }
        }
        environment
    }

    /// The file that `path` names, and whether it is an example that stands in for it.
    fn environment_file(
        &mut self,
        view: &FileView,
        path: &Text,
        unread: &mut Vec<crate::source::Span>,
    ) -> Option<(std::sync::Arc<crate::source::SourceFile>, bool)> {
        let found = place::file(self.sources, &self.unit.path, view, path.as_str());
        let example = found.as_ref().is_some_and(|(_, example)| *example);
        let problem = match &found {
            Some((file, true)) => {
                format!("{path} is not among these files: the values of {file} stand in for it")
            }
            Some(_) => String::new(),
            None => format!("{path} is not among these files: what it sets is not known"),
        };
        if let Some(span) = path.span().filter(|_| !problem.is_empty()) {
            let unit = self.sources.file(span.file).path.clone();
            self.project.problems.push(Problem::at(ProblemKind::MissingEnvFile, &unit, span, problem));
            if found.is_none() {
                unread.push(span);
            }
        }
        let (file, _) = found?;
        match self.sources.load(&file) {
            Ok(loaded) => {
                self.project.files.push(file);
                Some((loaded, example))
            }
            Err(error) => {
                self.project.problems.push(Problem::unloadable(&file, &error));
                None
            }
        }
    }
}

/// One process of a unit that is no template.
fn once(name: &Text) -> crate::trace::Count {
    Traced::new(Bound::ONE, Trail::default_of("one process of each unit", name.span()))
}

#[cfg(test)]
mod tests;
