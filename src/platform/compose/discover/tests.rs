//! Trees as repositories have them.

use super::super::read;
use super::discover;
use crate::source::{Memory, Sources, TreePath};

const WEB: &str = "services:\n  web:\n    image: a\n";
const BARE: &str = "services:\n  web:\n    environment: {A: 1}\n";

fn all(sources: &Sources) -> Vec<TreePath> {
    sources.tree().walk(&TreePath::root(), &|_| false)
}

/// The name of each deployment.
fn deployments(files: &[(&'static str, &'static str)]) -> Vec<String> {
    let sources = Sources::new(Memory::new(files.iter().copied()));
    let requests = discover(&sources, &all(&sources));
    requests.iter().map(|request| read(&sources, request, &|_| None).name).collect()
}

fn reasons(files: &[(&'static str, &'static str)]) -> Vec<String> {
    let sources = Sources::new(Memory::new(files.iter().copied()));
    discover(&sources, &all(&sources)).into_iter().map(|request| request.why).collect()
}

#[test]
fn a_base_with_its_override_is_one() {
    let files = [("docker-compose.yml", WEB), ("docker-compose.override.yml", BARE)];
    assert_eq!(deployments(&files), ["docker-compose.yml+docker-compose.override.yml"]);
    assert_eq!(
        reasons(&files),
        ["docker compose finds it by its name, and lays docker-compose.override.yml over it"]
    );
}

#[test]
fn of_several_default_names_the_first_counts() {
    assert_eq!(deployments(&[("docker-compose.yml", WEB), ("compose.yml", WEB)]), ["compose.yml"]);
}

#[test]
fn what_cannot_stand_alone_is_laid_over_the_base() {
    let files = [
        ("docker-compose.yml", WEB),
        ("docker-compose.prod.yml", BARE),
        ("prod.docker-compose.yml", BARE),
        ("docker-compose-dev.yml", WEB),
        ("docker-compose.tools.yml", "services:\n  tool:\n    image: t\n    depends_on: [web]\n"),
    ];
    assert_eq!(
        deployments(&files),
        [
            "docker-compose.yml",
            "docker-compose-dev.yml",
            "docker-compose.yml+docker-compose.prod.yml",
            "docker-compose.yml+docker-compose.tools.yml",
            "docker-compose.yml+prod.docker-compose.yml",
        ]
    );
    assert_eq!(reasons(&files)[2], "laid over docker-compose.yml, which has what it lacks: web");
}

#[test]
fn without_a_default_name_the_likest_name_is_the_base() {
    let files = [
        ("compose.base.yaml", WEB),
        ("compose.base.gpu.yaml", BARE),
        ("other-compose.yaml", "services:\n  web:\n    image: o\n"),
    ];
    assert_eq!(
        deployments(&files),
        ["compose.base.yaml+compose.base.gpu.yaml", "compose.base.yaml", "other-compose.yaml"]
    );
}

#[test]
fn a_folder_below_may_lay_over_the_base_above() {
    let files = [
        ("docker-compose.yml", WEB),
        ("deploy/docker-compose.prod.yml", BARE),
        (".devcontainer/docker-compose.yml", BARE),
    ];
    assert_eq!(
        deployments(&files),
        [
            "docker-compose.yml",
            "docker-compose.yml+.devcontainer/docker-compose.yml",
            "docker-compose.yml+deploy/docker-compose.prod.yml",
        ]
    );
}

#[test]
fn files_that_others_reach_are_no_deployments() {
    let files = [
        (
            "compose.yaml",
            "include: [db/compose.yaml]\nservices:\n  web:\n    extends: {file: common-compose.yml, service: web}\n",
        ),
        ("db/compose.yaml", "services:\n  db:\n    image: postgres\n"),
        ("common-compose.yml", WEB),
    ];
    assert_eq!(deployments(&files), ["compose.yaml"]);
}

#[test]
fn what_is_only_extended_is_still_found_by_its_name() {
    let files = [
        ("docker-compose.yml", WEB),
        (
            "docker-compose.prod.yml",
            "services:\n  web:\n    extends: {file: docker-compose.yml, service: web}\n",
        ),
    ];
    assert_eq!(deployments(&files), ["docker-compose.yml", "docker-compose.prod.yml"]);
}

#[test]
fn files_that_include_one_another_are_reported() {
    let files =
        [("compose.yaml", "include: [a-compose.yml]\n"), ("a-compose.yml", "include: [compose.yaml]\n")];
    assert_eq!(deployments(&files), ["compose.yaml", "a-compose.yml"]);
}

#[test]
fn a_dotenv_file_names_the_files() {
    let files = [
        (".env", "COMPOSE_FILE=base.yml:prod.yml\n"),
        ("base.yml", WEB),
        ("prod.yml", BARE),
        ("docker-compose.yml", WEB),
    ];
    assert_eq!(deployments(&files), ["base.yml+prod.yml"]);
    assert_eq!(reasons(&files), ["COMPOSE_FILE in .env names its files"]);
}

#[test]
fn other_names_count_by_every_word_of_their_content() {
    let files = [
        ("stack.yml", WEB),
        ("config/services.yaml", "services:\n  App\\Kernel:\n    autowire: true\n"),
        ("values.yaml", "services:\n  web:\n    image: {repository: a}\n"),
        (".github/workflows/ci.yml", "jobs:\n  test:\n    services:\n      db:\n        image: postgres\n"),
        ("docker-compose.volumes.yml", "volumes: {data: }\n"),
    ];
    assert_eq!(deployments(&files), ["stack.yml"]);
}

#[test]
fn a_broken_base_is_reported() {
    assert_eq!(deployments(&[("docker-compose.yml", "services: [\n")]), ["docker-compose.yml"]);
}

#[test]
fn a_file_that_uses_what_the_base_defines_is_laid_over_it() {
    let base = "services:\n  web:\n    image: a\n    networks: [front]\nnetworks:\n  front:\n";
    let upgrade = "services:\n  once:\n    image: b\n    networks: [front]\n    volumes: [\"./x:/x\"]\n";
    let files = [("docker-compose.yml", base), ("compose.upgrade.yml", upgrade)];
    assert_eq!(deployments(&files), ["docker-compose.yml", "docker-compose.yml+compose.upgrade.yml"]);
    assert_eq!(deployments(&[("compose.upgrade.yml", upgrade)]), ["compose.upgrade.yml"]);
}
