//! Which compose files a project's own scripts and pipelines start together: `docker compose -f docker-compose.yml up -d`.
//!
//! What docker compose finds by itself is often the developer's set: the override beside the base. What runs elsewhere is
//! called by name.

use crate::source::{SourceFile, Sources, TreePath};

use super::request::Request;

/// Options of docker compose in front of the subcommand that take the next word (docker compose 2.26.1, `--help`).
const VALUED: [&str; 9] = [
    "-p",
    "--project-name",
    "--env-file",
    "--profile",
    "--project-directory",
    "--ansi",
    "--parallel",
    "--progress",
    "--context",
];

/// Parts of file names that speak of no deployment.
const ASIDE: [&str; 6] = ["test", "dev", "local", "e2e", "ci", "debug"];

/// More calls than this are not deployments of one project.
const MOST: usize = 8;

/// The sets of files that a script, a makefile or a pipeline among `paths` starts, each once, without those that are
/// `found` already.
pub(super) fn requests(sources: &Sources, paths: &[TreePath], found: &[Vec<TreePath>]) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for path in paths.iter().filter(|path| calls_compose(path)) {
        let Ok(file) = sources.load(path) else { continue };
        for (files, line) in calls(sources, &file) {
            let is_known = found.contains(&files) || requests.iter().any(|other| other.files == files);
            if is_known || requests.len() == MOST {
                continue;
            }
            let folder = files.first().map_or_else(TreePath::root, TreePath::parent);
            requests.push(Request::files(folder, files, format!("{path}:{line} starts it")));
        }
    }
    requests
}

fn calls_compose(path: &TreePath) -> bool {
    let name = path.file_name();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_pipeline = path.as_str().contains(".github/workflows/") || name == ".gitlab-ci.yml";
    matches!(name, "Makefile" | "makefile" | "justfile" | "Justfile" | "Jenkinsfile")
        || matches!(ending, "sh" | "bash")
        || is_pipeline
}

/// The files of each `docker compose … up` of `file`, with its line.
fn calls(sources: &Sources, file: &SourceFile) -> Vec<(Vec<TreePath>, usize)> {
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for name in ["docker compose ", "docker-compose "] {
            let Some((before, rest)) = line.split_once(name) else { continue };
            if before.trim_start().starts_with('#') {
                continue;
            }
            if let Some(files) = started(rest).and_then(|names| located(sources, &file.path, &names)) {
                found.push((files, index + 1));
            }
        }
    }
    found
}

/// The values of `-f` in front of `up`; `None` where there is none, or one that is not written out.
fn started(arguments: &str) -> Option<Vec<String>> {
    // `${{ vars.NAME }}` of a pipeline is one word.
    let joined = arguments.replace("${{ ", "${{").replace(" }}", "}}");
    let mut words = joined.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    let mut files = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "up" => return (!files.is_empty()).then_some(files),
            "-f" | "--file" => files.push(words.next()?.to_owned()),
            _ if VALUED.contains(&word) => {
                words.next()?;
            }
            _ => match word.strip_prefix("--file=").or_else(|| word.strip_prefix("-f")) {
                Some(file) => files.push(file.to_owned()),
                None if word.starts_with('-') => {}
                None => return None,
            },
        }
    }
    None
}

/// The files that `names` mean, seen from the root or from the folder of the script; `None` where they are not all there,
/// or one of them is for something else than a deployment.
fn located(sources: &Sources, script: &TreePath, names: &[String]) -> Option<Vec<TreePath>> {
    let is_aside = |name: &String| {
        let name = name.to_ascii_lowercase();
        name.split(['.', '-', '_', '/']).any(|part| ASIDE.iter().any(|aside| part.starts_with(aside)))
    };
    if names.iter().any(is_aside) {
        return None;
    }
    [TreePath::root(), script.parent()].iter().find_map(|folder| {
        let path = |name: &String| {
            let path = folder.join(name);
            sources.is_file(&path).then_some(path)
        };
        names.iter().map(path).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    #[test]
    fn what_is_started_by_name_is_found_once() {
        let sources = Sources::new(Memory::new([
            ("docker-compose.yml", ""),
            ("deploy/prod.yml", ""),
            ("docker-compose.dev.yml", ""),
            ("Makefile", "up:\n\tdocker compose -f docker-compose.yml -f docker-compose.dev.yml up\n"),
            (
                "deploy/run.sh",
                "# docker compose -f docker-compose.yml up\ndocker-compose --env-file x -fprod.yml up -d\n",
            ),
            (
                ".github/workflows/deploy.yml",
                "      - run: docker compose -f docker-compose.yml --project-name ${{ vars.X }} up -d\n      \
                 - run: docker compose -f docker-compose.yml --project-name x build\n      \
                 - run: docker compose -f $FILE up\n      - run: docker compose -f missing.yml up\n",
            ),
        ]));
        let paths: Vec<TreePath> =
            ["Makefile", "deploy/run.sh", ".github/workflows/deploy.yml"].map(TreePath::new).into();
        let found = requests(&sources, &paths, &[]);
        let files: Vec<String> = found
            .iter()
            .map(|request| request.files.iter().map(TreePath::as_str).collect::<Vec<_>>().join("+"))
            .collect();
        assert_eq!(files, ["deploy/prod.yml", "docker-compose.yml"]);
        assert_eq!(found[1].why, ".github/workflows/deploy.yml:1 starts it");
        assert!(
            requests(&sources, &paths, &[files[..1].iter().map(|f| TreePath::new(f)).collect()]).len() == 1
        );
    }
}
