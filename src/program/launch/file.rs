//! Commands that are files of the container: which one a name means, and what its first line has it run by.

use super::alternatives::{Path, Step, What};
use super::{Launcher, interpreter, services};
use crate::platform::Unread;
use crate::program::Value;
use crate::program::shell::{Call, Start, follow, text_of};
use crate::source::TreePath;
use crate::trace::Text;

/// Where a command is looked for when nothing sets `PATH` (docker's default).
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Launcher<'_, '_> {
    /// The file that the first word of `call` names, run as its first line says.
    pub(super) fn file(&self, call: &Call, name: &Text, depth: usize) -> Option<Vec<Path>> {
        let script = match Self::made(call, name.as_str()) {
            Some(Value::Known(text)) => text.clone(),
            Some(unknown) => return Some(vec![vec![Step::unknown(unknown.why(), name.trail())]]),
            None => {
                let found = self.find(call, name.as_str())?;
                self.world.note(&found);
                match self.world.sources.load(&found) {
                    Ok(file) => Text::verbatim(&file, 0..file.text.len()),
                    Err(error) => return Some(vec![vec![Step::unknown(error.to_string(), name.trail())]]),
                }
            }
        };
        let first = script.as_str().lines().next().unwrap_or_default();
        let Some(line) = first.trim_start_matches('\u{feff}').strip_prefix("#!") else {
            // Without such a line the shell that calls it runs it itself.
            return Some(self.script(call, name, &script, &call.words[1..], depth));
        };
        let mut words: Vec<&str> = line.split_whitespace().collect();
        // `#!/usr/bin/env -S bash -e`; s6-overlay's `#!/command/with-contenv bash`.
        while words.first().is_some_and(|word| word.ends_with("/env") || word.ends_with("with-contenv")) {
            words.remove(0);
            words.retain(|word| *word != "-S");
        }
        let interpreter = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
        if interpreter::is_shell(interpreter) {
            return Some(self.script(call, name, &script, &call.words[1..], depth));
        }
        if interpreter::is_python(interpreter) {
            return Some(interpreter::python_script(self, call, name, &call.words[1..], depth));
        }
        if interpreter == "execlineb"
            && let Some(paths) = services::execline(self, call, &script, depth)
        {
            return Some(paths);
        }
        let why = format!("{name} is run by {interpreter}, which is not read");
        Some(vec![vec![Step::of(
            call,
            What::Stranger(Unread::new(why, name.trail()), Box::new(call.clone())),
        )]])
    }

    /// The text of a file at `path` that the script before `call` made.
    pub(super) fn made<'c>(call: &'c Call, path: &str) -> Option<&'c Value> {
        text_of(&call.written, TreePath::new(&call.working_dir).join(path).as_str())
            .filter(|_| path.contains('/'))
    }

    /// The file that `name` means: a path, or a name that is looked for in `PATH`.
    fn find(&self, call: &Call, name: &str) -> Option<TreePath> {
        let file = |folder: &str, name: &str| {
            let found = self.world.locate(folder, name)?;
            self.world.sources.is_file(&found).then_some(found)
        };
        if name.contains('/') {
            return file(&call.working_dir, name);
        }
        let path = call.environment.get("PATH").map_or(DEFAULT_PATH, Text::as_str);
        path.split(':').filter(|folder| folder.starts_with('/')).find_map(|folder| file(folder, name))
    }

    /// The ways in which the shell script `script`, called `name`, may go.
    pub(super) fn script(
        &self,
        call: &Call,
        name: &Text,
        script: &Text,
        arguments: &[Value],
        depth: usize,
    ) -> Vec<Path> {
        let start = Start {
            name: Value::Known(name.clone()),
            arguments: arguments.to_vec(),
            environment: call.environment.clone(),
            working_dir: call.working_dir.clone(),
            written: call.written.clone(),
        };
        let mut paths = Vec::new();
        for events in follow(self.world, script, start) {
            paths.extend(self.events(call, &events, depth));
        }
        paths
    }
}
