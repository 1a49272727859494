//! The build context of a Dockerfile that nobody says how to build: the folder from which all that it copies can be copied.

use crate::source::{SourceFile, Sources, TreePath};
use crate::syntax::{docker_words, dockerfile};
use crate::trace::Text;

use super::copy::matching;

/// Files that tell that a folder holds an application and not only what it is deployed with.
const SOURCES: [&str; 8] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "manage.py",
    "Pipfile",
    "package.json",
    "Gemfile",
];

/// The folder that `file` is built in: its own or the nearest above that has everything which it copies by name. Where it
/// copies the whole context, one that holds an application; its own, as `docker build FOLDER` has it, where no folder does.
pub(super) fn of(sources: &Sources, file: &SourceFile) -> TreePath {
    let own = file.path.parent();
    let copied = copied(file);
    if copied.is_empty() {
        return own;
    }
    let fits = |folder: &TreePath| {
        copied.iter().all(|path| {
            let path = TreePath::new(path.trim_start_matches('/'));
            let whole = path.as_str() == ".";
            if whole { is_application(sources, folder) } else { !matching(sources, folder, &path).is_empty() }
        })
    };
    let mut folder = own.clone();
    loop {
        if fits(&folder) {
            return folder;
        }
        if folder == TreePath::root() {
            return own;
        }
        folder = folder.parent();
    }
}

fn is_application(sources: &Sources, folder: &TreePath) -> bool {
    let names = sources.tree().list(folder).unwrap_or_default();
    names.iter().any(|name| SOURCES.contains(&name.as_str()) || name.strip_suffix(".py").is_some())
}

/// The paths that `file` copies from its context, but for those that hang on a build argument.
fn copied(file: &SourceFile) -> Vec<String> {
    let (instructions, _) = dockerfile::parse(file);
    let mut paths = Vec::new();
    for instruction in &instructions {
        if !matches!(instruction.name.as_str(), "COPY" | "ADD") || instruction.flag("from").is_some() {
            continue;
        }
        let words = match instruction.command() {
            dockerfile::CommandForm::Exec(words) => words,
            dockerfile::CommandForm::Shell(line) => docker_words::words(&line, &|_| None),
        };
        let Some((_target, from)) = words.split_last() else { continue };
        let written = instruction.arguments.as_str().contains('$');
        let is_path =
            |path: &&str| !path.contains("://") && !path.starts_with("<<") && !path.starts_with("git@");
        paths.extend(from.iter().map(Text::as_str).filter(is_path).filter(|_| !written).map(str::to_owned));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn the_context_has_what_is_copied() {
        let app = [("app/main.py", ""), ("pyproject.toml", ""), ("docker/supervisord.conf", "")];
        for (dockerfile, expected) in [
            ("FROM x\nCOPY app /app\n", "."),
            ("FROM x\nCOPY . /app\n", "."),
            ("FROM x\nCOPY supervisord.conf /etc/\n", "docker"),
            ("FROM x\nCOPY docker/supervisord.conf /etc/\n", "."),
            ("FROM x\nCOPY --from=y /a /b\n", "docker"),
            ("FROM x\nCOPY pyproject.toml nothing-here /b\n", "docker"),
            ("FROM x\nCOPY $WHAT app /b\n", "docker"),
            ("FROM x\n", "docker"),
        ] {
            let files = app.into_iter().chain([("docker/Dockerfile", dockerfile)]);
            let sources = Sources::new(Memory::new(files));
            let file = sources.load(&TreePath::new("docker/Dockerfile")).unwrap();
            assert_eq!(of(&sources, &file).as_str(), expected, "{dockerfile}");
        }
    }
}
