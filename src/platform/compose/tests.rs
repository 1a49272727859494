//! What docker compose cannot answer for: places, stand-ins, and how far reading goes on past a fault.

use super::{Request, read};
use crate::platform::{Project, Service};
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, How, Origin, Problem, ProblemKind, Text};

struct Case {
    sources: Sources,
    project: Project,
}

impl Case {
    fn new(files: &[(&'static str, &'static str)]) -> Self {
        Self::with(files, |_| {})
    }

    fn with(files: &[(&'static str, &'static str)], change: impl FnOnce(&mut Request)) -> Self {
        let sources = Sources::new(Memory::new(files.iter().copied()));
        let mut request = Request::folder(TreePath::root(), "");
        change(&mut request);
        let project = read(&sources, &request, &|_| None);
        Self { sources, project }
    }

    fn service(&self, name: &str) -> &Service {
        self.project.services.iter().find(|service| service.name.as_str() == name).unwrap()
    }

    fn value(&self, service: &str, name: &str) -> &Text {
        self.service(service).environment[name].value.as_ref().unwrap()
    }

    /// `file:line` of a text, and what stands there.
    fn place(&self, text: &Text) -> (String, String) {
        let span = text.span().unwrap();
        let file = self.sources.file(span.file);
        let line = file.line_column(span.range().start).line;
        (format!("{}:{line}", file.path), self.sources.text(span))
    }

    fn steps(text: &Text) -> Vec<How> {
        let how = |origin: &Origin| match origin {
            Origin::Place { how, .. } => Some(*how),
            Origin::Default { .. } | Origin::CommandLine { .. } => None,
        };
        text.trail().steps().filter_map(how).collect()
    }

    fn problem(&self, kind: ProblemKind) -> &Problem {
        let mut found = self.project.problems.iter().filter(|problem| problem.kind == kind);
        let problem = found.next().unwrap_or_else(|| panic!("{:#?}", self.project.problems));
        assert!(found.next().is_none(), "{:#?}", self.project.problems);
        problem
    }

    /// The text under a problem.
    fn under(&self, kind: ProblemKind) -> String {
        self.sources.text(self.problem(kind).span.unwrap())
    }
}

const FILE: &str = "compose.yaml";

#[test]
fn each_word_of_a_folded_command_has_its_place() {
    let case = Case::new(&[(
        FILE,
        "services:\n  db:\n    image: postgres\n    command: >\n      postgres\n      -c max_connections=200\n",
    )]);
    let command = case.service("db").command.as_ref().unwrap();
    assert_eq!(case.place(&command[2]), ("compose.yaml:6".into(), "max_connections=200".into()));
    let (_, number) = command[2].split_once('=').unwrap();
    assert_eq!(case.place(&number).1, "200");
}

#[test]
fn a_value_remembers_the_way_it_travelled() {
    let case = Case::new(&[
        (
            FILE,
            "services:\n  web:\n    extends: {file: base.yml, service: base}\n  own:\n    image: a\n    environment: {W: \"${WORKERS}\"}\n",
        ),
        (
            "base.yml",
            "services:\n  base:\n    image: a\n    environment:\n      - W=${WORKERS:-4}\n      - X=1\n",
        ),
        (".env", "WORKERS=3\n"),
    ]);
    let workers = case.value("web", "W");
    assert_eq!(case.place(workers), (".env:1".into(), "3".into()));
    assert_eq!(Case::steps(workers), [How::Written, How::Interpolated, How::Merged]);
    assert_eq!(case.place(case.value("web", "X")), ("base.yml:6".into(), "1".into()));
    assert_eq!(Case::steps(case.value("own", "W")), [How::Written, How::Interpolated]);
}

#[test]
fn a_key_laid_over_as_a_list_keeps_the_place_of_its_value() {
    let case = Case::new(&[
        (FILE, "services:\n  web:\n    image: a\n    environment: {A: 010, B: two}\n"),
        ("compose.override.yaml", "services:\n  web:\n    environment: [\"C=3\"]\n"),
    ]);
    assert_eq!(case.value("web", "A").as_str(), "8");
    assert_eq!(case.place(case.value("web", "A")).1, "010");
    assert_eq!(case.place(case.value("web", "B")), ("compose.yaml:4".into(), "two".into()));
    assert_eq!(case.place(case.value("web", "C")).0, "compose.override.yaml:3");
}

#[test]
fn an_example_stands_in_for_an_env_file() {
    let files = [
        (FILE, "services:\n  web:\n    image: a\n    env_file: .env.prod\n  db:\n    image: b\n"),
        (".env.example", "WORKERS=3\n"),
    ];
    let case = Case::new(&files);
    assert_eq!(Case::steps(case.value("web", "WORKERS")), [How::Written, How::Example]);
    assert_eq!(case.place(case.value("web", "WORKERS")).0, ".env.example:1");
    assert_eq!(case.under(ProblemKind::MissingEnvFile), ".env.prod");
    assert!(case.service("web").unread_env_files.is_empty());

    let case = Case::with(&files, |request| request.example_env = false);
    assert!(case.service("web").environment.is_empty());
    assert_eq!(case.service("web").unread_env_files.len(), 1);
    assert_eq!(case.under(ProblemKind::MissingFile), ".env.prod");
    assert_eq!(case.project.services.len(), 2);
}

#[test]
fn an_env_file_that_git_ignores_is_missing_on_purpose() {
    let case = Case::new(&[
        ("app/compose.yaml", "services:\n  web:\n    image: a\n    env_file: [web.env]\n"),
        (".gitignore", "*.env\n"),
        (FILE, "include: [app/compose.yaml]\n"),
    ]);
    assert_eq!(case.under(ProblemKind::MissingEnvFile), "web.env");
    assert_eq!(case.problem(ProblemKind::MissingEnvFile).file.as_str(), "app/compose.yaml");
    assert_eq!(case.service("web").unread_env_files.len(), 1);
}

#[test]
fn an_example_fills_in_what_compose_would_refuse_without_a_dotenv_file() {
    let case = Case::new(&[
        (FILE, "services:\n  web:\n    image: a:${TAG}\n    environment:\n      W: ${WORKERS:?set it}\n"),
        (".env.example", "WORKERS=3\nTAG=1\n"),
    ]);
    assert_eq!(case.value("web", "W").as_str(), "3");
    assert!(Case::steps(case.value("web", "W")).contains(&How::Example));
    assert_eq!(case.service("web").image.as_ref().unwrap().as_str(), "a:1");
    assert_eq!(case.under(ProblemKind::MissingEnvFile), "WORKERS");
}

#[test]
fn an_example_stands_in_for_a_dotenv_file_that_git_ignores() {
    let files = [
        (FILE, "services:\n  web:\n    image: a\n    environment: [\"A=1\", \"W=${WORKERS:-2}\"]\n"),
        (".env.example", "OTHER=1\nWORKERS=8\n"),
        (".gitignore", "/.env\n"),
    ];
    let case = Case::new(&files);
    assert_eq!(case.value("web", "W").as_str(), "8");
    assert_eq!(case.under(ProblemKind::MissingEnvFile), "WORKERS");
    // What no file uses makes no difference, so nothing is said.
    let files = [files[0], (".env.example", "OTHER=1\n"), files[2]];
    let case = Case::new(&files);
    assert_eq!(case.value("web", "W").as_str(), "2");
    assert!(case.project.problems.is_empty());
}

#[test]
fn what_compose_takes_for_empty_is_empty_whatever_the_example_says() {
    let case = Case::new(&[
        (
            FILE,
            "services:\n  web:\n    image: a\n    environment: [\"WORKERS=${WORKERS}\", \"WEB_WORKERS=${WORKERS}\"]\n",
        ),
        (".env.example", "WORKERS=3\n"),
    ]);
    assert_eq!(case.value("web", "WORKERS").as_str(), "");
    assert_eq!(case.under(ProblemKind::UnsetVariable), "WORKERS");
    assert_eq!(case.problem(ProblemKind::UnsetVariable).notes.len(), 1);
}

#[test]
fn a_required_variable_that_is_missing_is_not_known() {
    let case = Case::new(&[(
        FILE,
        "services:\n  web:\n    image: a\n    command: run -w ${W:?set it}\n    environment:\n      W: ${W:?set it}\n      URL: postgresql://a:${P:?}@db/x\n",
    )]);
    assert!(case.service("web").environment["W"].value.is_none());
    assert_eq!(case.value("web", "URL").as_str(), "postgresql://a:${P}@db/x");
    assert_eq!(case.service("web").command.as_ref().unwrap()[2].as_str(), "${W}");
    let required = case.project.problems.iter().filter(|problem| problem.kind == ProblemKind::UnsetVariable);
    assert_eq!(required.count(), 3);
}

#[test]
fn one_bad_service_leaves_the_others_readable() {
    let case = Case::new(&[(
        FILE,
        "services:\n  web:\n    image: 15\n    environment:\n      - A: 1\n      - B=2\n  db:\n    image: postgres\n    scale: 2\n",
    )]);
    assert_eq!(case.value("web", "B").as_str(), "2");
    assert_eq!(case.service("db").replicas.value, Bound::Exactly(2));
    let spans: Vec<String> =
        case.project.problems.iter().map(|problem| case.sources.text(problem.span.unwrap())).collect();
    assert!(spans.contains(&"15".to_owned()), "{spans:?}");
    assert!(spans.iter().any(|text| text.starts_with("A: 1")), "{spans:?}");
}

#[test]
fn a_broken_file_laid_over_leaves_the_one_below() {
    let case = Case::with(
        &[("a.yml", "services:\n  web:\n    image: a\n"), ("b.yml", "services:\n  web:\n    image: \"b\n")],
        |request| request.files = vec![TreePath::new("a.yml"), TreePath::new("b.yml")],
    );
    assert_eq!(case.project.name, "a.yml+b.yml");
    assert_eq!(case.service("web").image.as_ref().unwrap().as_str(), "a");
    assert_eq!(case.problem(ProblemKind::MalformedFile).file.as_str(), "b.yml");
}

#[test]
fn files_outside_the_root_are_read_unless_it_is_the_limit() {
    let files = [
        (FILE, "services:\n  web:\n    image: a\n    env_file: ../outside.env\n"),
        ("../outside.env", "A=1\n"),
    ];
    assert_eq!(Case::new(&files).value("web", "A").as_str(), "1");
    let case = Case::with(&files, |request| request.root_only = true);
    assert_eq!(case.under(ProblemKind::UnreadableFile), "../outside.env");
    assert_eq!(case.service("web").unread_env_files.len(), 1);
}

#[test]
fn names_mounts_and_limits() {
    let case = Case::new(&[(
        FILE,
        "services:
  db:
    image: postgres
    hostname: pg
    container_name: database
    networks: {back: {aliases: [primary]}}
    volumes: [\"./pg/postgresql.conf:/etc/pg.conf:ro\", \"data:/data\", {type: bind, source: pg, target: /pg}]
    configs: [{source: hba, target: /etc/hba}, plain]
    deploy: {mode: global, resources: {limits: {cpus: \"1.5\"}}}
  web:
    image: a
    links: [\"db:sql\"]
networks: {back: }
volumes: {data: }
configs: {hba: {file: ./pg/hba}, plain: {file: pg/plain}}
",
    )]);
    let db = case.service("db");
    assert!(case.project.problems.is_empty(), "{:#?}", case.project.problems);
    assert_eq!(db.hostnames, ["db", "database", "pg", "primary", "sql"]);
    let mounts: Vec<(&str, &str)> =
        db.mounts.iter().map(|mount| (mount.source.as_str(), mount.target.as_str())).collect();
    assert_eq!(
        mounts,
        [
            ("pg/postgresql.conf", "/etc/pg.conf"),
            ("pg", "/pg"),
            ("pg/hba", "/etc/hba"),
            ("pg/plain", "/plain")
        ]
    );
    assert_eq!(db.cpus.as_ref().unwrap().as_str(), "1.5");
    assert!(db.replicas.value.is_unknown());
    assert_eq!(case.service("web").replicas.trail.default(), Some("docker compose scale"));
}

#[test]
fn inclusion_without_end_ends() {
    let mut files: Vec<(String, String)> = vec![(FILE.to_owned(), "include: [f0, f0]\n".to_owned())];
    for n in 0..40 {
        files.push((
            format!("f{n}"),
            format!("include: [f{0}, f{0}]\nservices: {{s{n}: {{image: a}}}}\n", n + 1),
        ));
    }
    let sources = Sources::new(Memory::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))));
    let project = read(&sources, &Request::folder(TreePath::root(), ""), &|_| None);
    assert!(project.services.len() >= 40);
    assert!(project.problems.iter().any(|problem| problem.message.contains("reads more than")));
}

#[test]
fn only_what_may_change_the_budget_is_said_to_be_unset() {
    let case = Case::new(&[
        (
            FILE,
            "services:\n  web:\n    image: a:${TAG}\n    command: [run, \"${ARGS}\"]\n    hostname: ${NAME}\n    labels: [\"a=${LABEL}\"]\n    \
             environment:\n      - KEY=${KEY}\n      - WEB_CONCURRENCY=${COUNT}\n      - HOST=${DB_HOST}\n    \
             deploy: {replicas: 2, labels: {a: \"${L}\"}}\n  db:\n    image: b\n    environment: {PASSWORD: \"${P}\", POOL_SIZE: \"${S}\"}\n    \
             env_file: [a.env]\n",
        ),
        ("a.env", "SECRET=${A}\nREAD_DSN=x${B}\n"),
    ]);
    let unset = case.project.problems.iter().filter(|problem| problem.kind == ProblemKind::UnsetVariable);
    let mut names: Vec<String> = unset.map(|problem| case.sources.text(problem.span.unwrap())).collect();
    names.sort();
    assert_eq!(names, ["ARGS", "B", "COUNT", "DB_HOST", "S", "TAG"]);
}
