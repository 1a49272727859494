//! A project's own rules: two new places make one work from end to end, and each mistake in one is said at its place.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::path::Path;

use support::{Run, connbudget, lint, rules};

const DOCS: &str = "docs: |\n  ## What it does\n\n  Finds a server without a version of its own.\n\n  `named` is the name it may have.\n\n  \
                    ## Why is this bad?\n\n  ## Example\n\n  ## How to fix\n\n  ## Source\n";

const RULE: &str = "name: no-own-server
severity: warning
of: server
options: {named: other}
when: server.name != options.named
message: \"{{ server.name }} is no server of ours\"
labels: [{at: server.at, text: here}]
";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
    std::fs::write(path, text).expect("it is written");
}

fn compose(server: &str) -> String {
    format!(
        "services:\n  app:\n    image: registry/app\n    environment:\n      DATABASE_URL: postgres://app@{server}/app\n  \
         {server}:\n    image: postgres:16\n"
    )
}

/// A project with a rule of its own, at `path` of `ops/rules`.
fn project(path: &str, rule: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "compose.yaml", &compose("db"));
    write(
        folder.path(),
        "connbudget.toml",
        "[rules]\nextra = [\"ops/rules\"]\n[clients.app]\nconnections = 5\n",
    );
    write(folder.path(), &format!("ops/rules/{path}"), rule);
    folder
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> Run {
    connbudget(folder.path().to_str().expect("a path"), arguments)
}

#[test]
fn a_rule_is_two_new_places() {
    let folder = project("server/no-own-server.yaml", &format!("{RULE}{DOCS}"));
    let examples = "ops/rules/examples/no-own-server";
    let with_client = "[clients.app]\nconnections = 5\n";
    for (example, server) in [("fires", "db"), ("silent", "other")] {
        write(folder.path(), &format!("{examples}/{example}/compose.yaml"), &compose(server));
        write(folder.path(), &format!("{examples}/{example}/connbudget.toml"), with_client);
    }
    let path = folder.path().to_str().expect("a path");
    let (code, report) = lint(path, &[]);
    assert_eq!((code, rules(&report)), (0, vec!["no-own-server".to_owned()]), "{report:#}");
    let finding = &report["findings"][0];
    assert_eq!(
        (finding["message"].as_str(), finding["file"].as_str(), finding["line"].as_u64()),
        (Some("db is no server of ours"), Some("compose.yaml"), Some(6))
    );
    assert_eq!(report["deployments"].as_array().map(Vec::len), Some(1), "examples are no deployments");
    let said = run(&folder, &["rules", "--check"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (0, "no-own-server: 2 examples behave as they are named\n")
    );
    assert!(run(&folder, &["rules"]).stdout.contains("no-own-server"));
    assert!(run(&folder, &["explain", "no-own-server"]).stdout.contains("without a version of its own"));

    let toml =
        "[rules]\nextra = [\"ops/rules\"]\n[rules.no-own-server]\nseverity = \"error\"\nnamed = \"db\"\n";
    write(folder.path(), "connbudget.toml", toml);
    assert!(!rules(&lint(path, &[]).1).contains(&"no-own-server".to_owned()));
    write(folder.path(), "connbudget.toml", &toml.replace("\"db\"", "\"x\""));
    let (code, report) = lint(path, &[]);
    assert_eq!((code, report["findings"][0]["severity"].as_str()), (1, Some("error")));
}

#[test]
fn an_example_that_does_not_behave_is_said_at_its_rule() {
    let folder = project("server/no-own-server.yaml", &format!("{RULE}{DOCS}"));
    for (examples, says) in [
        (&["fires"][..], "needs an example in ops/rules/examples/no-own-server/silent"),
        (&["silent-too"], "fires on ops/rules/examples/no-own-server/silent-too"),
        (&["quiet"], "quiet is no example"),
    ] {
        let all = folder.path().join("ops/rules/examples");
        let _ = std::fs::remove_dir_all(&all);
        for example in examples {
            write(
                folder.path(),
                &format!("ops/rules/examples/no-own-server/{example}/compose.yaml"),
                &compose("db"),
            );
        }
        let run = run(&folder, &["rules", "--check"]);
        let said = run.said();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{said}");
        assert!(said.contains(says) && said.contains("ops/rules/server/no-own-server.yaml:1:1"), "{said}");
    }
}

#[test]
fn each_mistake_in_a_rule_file_ends_the_run_at_its_place() {
    let rule = format!("{RULE}{DOCS}");
    let file = "ops/rules/server/no-own-server.yaml";
    let deep = format!("when: \"{}1{}\"", "(".repeat(1000), ")".repeat(1000));
    let nested = format!("labels: {}{}", "[".repeat(1000), "]".repeat(1000));
    let when = "when: server.name != options.named";
    let labels = "labels: [{at: server.at, text: here}]";
    for (right, wrong, says, line_column) in [
        ("severity: warning", "severity: info", "unknown variant `info`", "2:11"),
        ("of: server", "of: server\nif: true", "unknown field `if`", "4:1"),
        (when, "when: server.nam != ''", "there is no `server.nam`", "5:7"),
        (when, "when: >-\n  true and\n  server.nam != ''", "there is no `server.nam`", "7:3"),
        (when, "when: server.name !=", "syntax error", "5:19"),
        (when, "when: server.name | nosuch", "there is no filter `nosuch`", "5:21"),
        (when, "when: server.name is nosuch", "there is no test `nosuch`", "5:22"),
        (when, &deep, "maximum recursion", "5:"),
        (labels, &nested, "", "7:"),
        (labels, "labels: &a [*a]", "", "7:"),
        ("no server of ours", "{% if %}", "syntax error", "6:"),
        (labels, "labels: [{each: server.pools, at: it.place}]", "there is no `it.place`", "7:35"),
        ("name: no-own-server", "name: other", "the file's name says", "1:7"),
        ("## Source", "## Sources", "five sections", "8:1"),
        ("`named`", "named", "does not tell of the option `named`", "4:"),
    ] {
        let folder = project("server/no-own-server.yaml", &rule.replacen(right, wrong, 1));
        let run = run(&folder, &["lint"]);
        let said = run.said();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{wrong}: {said}");
        assert!(said.contains(says) && said.contains(&format!("{file}:{line_column}")), "{said}");
    }
}

#[test]
fn a_name_that_exists_and_a_file_outside_a_family_end_the_run() {
    let taken = format!("{RULE}{DOCS}").replacen("no-own-server", "over-budget", 1);
    for (path, text, says, place) in [
        (
            "server/over-budget.yaml",
            taken.as_str(),
            "rules/budget/over-budget.yaml has this name already",
            "server/over-budget.yaml:1:7",
        ),
        ("no-own-server.yaml", RULE, "the folder of its family", "no-own-server.yaml:1:1"),
        ("mine/no-own-server.yaml", RULE, "the families are budget, server", "mine/no-own-server.yaml:1:1"),
        ("server/deeper/no-own-server.yaml", RULE, "the folder of its family", "no-own-server.yaml:1:1"),
        ("server/no-own-server.yml", RULE, "the folder of its family", "no-own-server.yml:1:1"),
        ("readme.md", "", "there is no rule file in ops/rules", "connbudget.toml:2:10"),
    ] {
        let run = run(&project(path, text), &["lint"]);
        let said = run.said();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{path}: {said}");
        assert!(said.contains(says) && said.contains(place), "{said}");
    }
}

#[test]
fn a_rule_that_fails_or_does_not_end_is_a_finding_and_no_pass() {
    let forever = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let when = "when: server.name != options.named";
    for (right, wrong, says) in [
        ("{{ server.name }} is", forever, "fuel"),
        (when, "when: server.clients[7].name == ''", "undefined"),
        (when, "when: \"'a' * 1000000000000 == ''\"", "fuel"),
        (when, "when: server.name / 2 == 1", "could not be asked"),
    ] {
        let folder = project("server/no-own-server.yaml", &format!("{RULE}{DOCS}").replacen(right, wrong, 1));
        let (code, report) = lint(folder.path().to_str().expect("a path"), &[]);
        assert_eq!((code, rules(&report)), (2, vec!["rule-failed".to_owned()]), "{wrong}: {report:#}");
        let finding = &report["findings"][0];
        assert!(finding["message"].as_str().is_some_and(|said| said.contains(says)), "{finding:#}");
        assert_eq!(finding["file"], "ops/rules/server/no-own-server.yaml");
    }
}
