//! Programs that a project of the tree installs under a name of its own: `[project.scripts]` and its like.

use super::Launcher;
use crate::program::Entry;
use crate::program::command::{Command, Outcome};
use crate::program::python;
use crate::syntax::manifest;
use crate::trace::Text;

/// The object that the program `name` calls, and the folder in which its project stands inside the container.
pub(super) struct Script {
    reference: Text,
    folder: String,
}

/// The program `name` of a project that the process of `launcher` sees.
pub(super) fn find(launcher: &Launcher<'_, '_>, name: &str) -> Option<Script> {
    let world = launcher.world;
    let projects = world.files.projects(world.sources);
    let manifests = projects.iter().flat_map(|(inside, _)| manifest::NAMES.map(|name| (inside, name)));
    manifests.into_iter().find_map(|(folder, manifest)| {
        let path = world.locate(folder.as_str(), manifest)?;
        let file = world.sources.load(&path).ok()?;
        let reference = manifest::script(&file, name)?;
        world.note(&path);
        Some(Script { reference, folder: folder.to_string() })
    })
}

impl Script {
    /// One process that imports the module and calls the object
    /// (<https://packaging.python.org/en/latest/specifications/entry-points/#use-for-scripts>).
    pub(super) fn run(&self, command: &Command<'_>) -> Outcome {
        let Some((module, object)) = self.reference.split_once(':') else { return Outcome::default() };
        let object = object.split_once('[').map_or_else(|| object.clone(), |(object, _extras)| object).trim();
        let call = Text::traced(format!("{object}()"), object.trail());
        let entry = Entry::Module { module: module.trim(), attribute: Some(call) };
        let mut outcome = python::process(command, entry);
        for started in &mut outcome.started {
            started.python_path.extend([self.folder.clone(), format!("{}/src", self.folder)]);
        }
        outcome
    }
}
