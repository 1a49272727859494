//! The report as a person sees it.

use crate::budget::{Budget, Policy, sample};
use crate::deployment::{Database, Placed, Pooler, Target};
use crate::report::{Report, Style, human};
use crate::rule::{Catalogue, Finding};
use crate::source::TreePath;
use crate::trace::{Bound, Problem, ProblemKind, Text, Trail};

use sample::Sample;

fn judged(budget: &Budget) -> Vec<Finding> {
    Catalogue::built_in().unwrap().judge(std::slice::from_ref(budget), &Policy::default())
}

fn plain(sample: &Sample, width: usize) -> String {
    printed(sample, &Style { color: false, width, links: false })
}

fn printed(sample: &Sample, style: &Style) -> String {
    let budget = sample.budget();
    let findings = judged(&budget);
    let report = Report {
        sources: &sample.sources,
        budgets: &[budget],
        findings: &findings,
        suppressed: &[],
        elapsed: None,
    };
    human(&report, style)
}

#[test]
fn before_at_100_columns() {
    insta::assert_snapshot!(plain(&sample::before(), 100));
}

#[test]
fn before_at_60_columns() {
    insta::assert_snapshot!(plain(&sample::before(), 60));
}

#[test]
fn after_has_nothing_to_say_but_its_budget() {
    insta::assert_snapshot!(plain(&sample::after(), 100));
}

#[test]
fn defaults_and_unknowns_at_100_columns() {
    insta::assert_snapshot!(plain(&sample::mixed(), 100));
}

#[test]
fn defaults_and_unknowns_at_60_columns() {
    insta::assert_snapshot!(plain(&sample::mixed(), 60));
}

/// Eight workers behind a pooler in session mode that accepts few clients and may open more than the server takes.
fn pooled() -> Sample {
    let compose = "services:
  app:
    command: gunicorn --workers 8 app:app
  bouncer:
    image: edoburu/pgbouncer
    environment:
      DATABASE_URL: postgres://forge@db/forge
      DEFAULT_POOL_SIZE: 35
  db:
    image: postgres:16
";
    let python = "engine = create_engine(URL, pool_size=10, max_overflow=5)\n";
    let mut sample = Sample::new(&[("compose.yaml", compose), ("app.py", python)]);
    sample.server("db", "postgres:16");
    let (size, overflow) =
        (sample.count("app.py", "pool_size=", "10"), sample.count("app.py", "max_overflow=", "5"));
    let pool = Sample::pool("engine", size, overflow, sample.at("app.py", "", "create_engine"));
    let workers = sample.count("compose.yaml", "--workers ", "8");
    let target = Target::Pooler(0);
    sample.group("app", workers, Vec::new()).pools.push(Placed { pool, target });
    let image = sample.at("compose.yaml", "image: ", "edoburu/pgbouncer");
    let default = |number, setting| Sample::default(number, setting, Some(image));
    let database = Database {
        name: Text::decoded("forge", sample.at("compose.yaml", "@db/", "forge")),
        targets: vec![Target::Server(0)],
        dbname: None,
        user: None,
        pool_size: sample.count("compose.yaml", "DEFAULT_POOL_SIZE: ", "35"),
        reserve: default(0, "PgBouncer reserve_pool_size"),
        max_connections: None,
        auth_query: None,
        place: Some(sample.at("compose.yaml", "@db/", "forge")),
    };
    sample.deployment.poolers.push(Pooler {
        name: "bouncer".to_owned(),
        place: Some(sample.at("compose.yaml", "", "bouncer:")),
        program: "pgbouncer",
        mode: Some(Text::traced("session", Trail::default_of("PgBouncer pool_mode", Some(image)))),
        replicas: Sample::default(3, "compose replicas", Some(sample.at("compose.yaml", "", "bouncer:"))),
        processes: default(1, "PgBouncer processes"),
        max_client_conn: default(30, "PgBouncer max_client_conn"),
        max_db_connections: None,
        max_user_connections: None,
        databases: vec![database],
        users: Vec::new(),
        known_users: None,
        timeouts: crate::program::pgbouncer::Timeouts::unknown(&crate::trace::Trail::default_of(
            "test", None,
        )),
        prepared_statements: None,
        unread: None,
        declared: None,
    });
    sample
}

#[test]
fn a_pooler_at_100_columns() {
    insta::assert_snapshot!(plain(&pooled(), 100));
}

#[test]
fn a_pooler_at_60_columns() {
    insta::assert_snapshot!(plain(&pooled(), 60));
}

#[test]
fn what_is_broken_is_told() {
    let mut sample = sample::before();
    let at = sample.at("Dockerfile", "--workers\", \"", "10");
    let wrong = Problem::at(
        ProblemKind::NotANumber,
        &TreePath::new("Dockerfile"),
        at,
        "--workers is not a whole number: `\u{1b}[31m`",
    )
    .note(
        sample.at("docker-compose.yml", "DATABASE_URL: ", "postgresql://forge:forge@db:5432/forge"),
        "was put in here",
    )
    .help("write a whole number");
    sample::broken(&mut sample, wrong);
    let mut secret = Problem::at(
        ProblemKind::UnreadableFile,
        &TreePath::new("secret\n.env"),
        at,
        "postgres://u:geheim@h is no file",
    );
    secret.span = None;
    sample.deployment.problems.push(secret);
    let report = plain(&sample, 100);
    assert!(
        !report.contains("geheim") && !report.contains(":forge@") && !report.contains('\u{1b}'),
        "{report}"
    );
    insta::assert_snapshot!(report);
}

#[test]
fn several_groups_are_summed() {
    let mut sample = sample::before();
    let mut second = sample.deployment.groups[0].clone();
    second.name = "jobs".to_owned();
    second.processes = Sample::default(2, "celery concurrency", None);
    sample.deployment.groups.push(second);
    sample.deployment.groups[0].replicas = sample.count("docker-compose.yml", "postgres:1", "4");
    insta::assert_snapshot!(plain(&sample, 100));
}

#[test]
fn near_the_limit_is_a_warning() {
    let mut sample = sample::after();
    sample.deployment.groups[0].processes.value = Bound::Exactly(8);
    insta::assert_snapshot!(plain(&sample, 80));
}

#[test]
fn a_ceiling_alone_is_a_warning_unless_the_policy_says_more() {
    let mut sample = sample::before();
    sample.deployment.groups[0].concurrency = Sample::default(1, "gunicorn sync worker", None);
    let budget = sample.budget();
    let catalogue = Catalogue::built_in().unwrap();
    let severity = |policy: &Policy| {
        let findings = catalogue.judge(std::slice::from_ref(&budget), policy);
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.rule, "over-budget-if-concurrent");
        finding.severity.word()
    };
    assert_eq!(severity(&Policy::default()), "warning");
    assert_eq!(severity(&Policy { gate_on_ceiling: true, ..Policy::default() }), "error");
    insta::assert_snapshot!(plain(&sample, 100));
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let colored = printed(&sample::before(), &Style { color: true, width: 100, links: false });
    let mut stripped = String::new();
    for (index, part) in colored.split('\u{1b}').enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain(&sample::before(), 100));
    assert!(colored.contains("\u{1b}[1;31merror[over-budget]\u{1b}[0m"), "{colored}");
}

#[test]
fn no_line_is_wider_than_the_window() {
    for sample in [sample::before(), sample::after(), sample::mixed(), pooled()] {
        for width in [50, 60, 72, 80, 100, 140] {
            for line in plain(&sample, width).lines() {
                assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn a_line_with_three_labels() {
    let compose = "services:
  app:
    command: gunicorn --threads 4 --workers 12 app:app
  db:
    image: postgres:16
    command: >-
      postgres
      -c shared_buffers=256MB
      -c max_connections=200
";
    let python = "\tengine = create_engine(\"postgresql://app:pässwort@db/app\", pool_size=15, max_overflow=25)  # 日本\n";
    let mut sample = Sample::new(&[("compose.yaml", compose), ("app.py", python)]);
    sample.server("db", "postgres:16");
    sample.deployment.servers[0].max_connections = sample.count("compose.yaml", "max_connections=", "200");
    let (size, overflow) =
        (sample.count("app.py", "pool_size=", "15"), sample.count("app.py", "max_overflow=", "25"));
    let pool = Sample::pool("engine", size, overflow, sample.at("app.py", "", "create_engine"));
    let (workers, threads) =
        (sample.count("compose.yaml", "--workers ", "12"), sample.count("compose.yaml", "--threads ", "4"));
    let group = sample.group("app", workers, vec![pool]);
    group.replicas = Sample::default(5, "nobody", None);
    (group.concurrency, group.threads) = (threads.clone(), threads);
    insta::assert_snapshot!(format!("{}\n{}", plain(&sample, 100), plain(&sample, 60)));
}

#[test]
fn the_name_of_a_rule_is_a_link_where_the_terminal_can() {
    let plain = printed(&sample::before(), &Style { color: false, width: 100, links: false });
    let linked = printed(&sample::before(), &Style { color: false, width: 100, links: true });
    let page = "https://github.com/connbudget/connbudget/blob/main/docs/rules.md#over-budget";
    let link = format!("error[\u{1b}]8;;{page}\u{1b}\\over-budget\u{1b}]8;;\u{1b}\\]: db takes");
    assert!(linked.contains(&link), "{linked}");
    assert_eq!(linked.replace(&link, "error[over-budget]: db takes"), plain);
}
