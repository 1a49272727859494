//! What judging promises, with rules made for it and with the built-in ones.

use super::*;
use crate::budget::sample::{self, Sample};
use crate::rule::SECTIONS;
use crate::trace::{Problem, ProblemKind};

/// A rule of these lines.
fn rule(lines: &str) -> Catalogue {
    let docs = SECTIONS.map(|section| format!("  ## {section}\n")).concat();
    let text = format!("name: x\nseverity: warning\n{lines}\ndocs: |\n{docs}");
    Catalogue::load([("rules/budget/x.yaml", text.as_str())])
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(*error)))
}

fn judged(catalogue: &Catalogue, sample: &Sample) -> Vec<Finding> {
    catalogue.judge(&[sample.budget()], &Policy::default())
}

#[test]
fn a_rule_that_fails_or_does_not_end_is_a_finding() {
    let forever = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    for (lines, why) in [
        ("of: server\nwhen: server.clients[7].name == ''\nmessage: m", "undefined"),
        ("of: server\nwhen: server.name / 2 == 1\nmessage: m", "invalid operation"),
        (&format!("of: server\nwhen: true\nmessage: \"{forever}\""), "fuel"),
    ] {
        let findings = judged(&rule(lines), &sample::before());
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert!(finding.message.contains(why), "{}", finding.message);
        assert_eq!(
            (finding.rule.as_str(), finding.severity, finding.incomplete),
            (RULE_FAILED, Severity::Error, true)
        );
        assert_eq!(finding.primary.place, Place::File(TreePath::new("rules/budget/x.yaml")));
    }
}

#[test]
fn labels_come_in_order_once_and_the_primary_first() {
    let lines = "of: server
when: true
message: \"  two
  lines \"
primary: server.max_connections.at
labels:
  - {each: server.pools, at: it.size.at, text: \"{{ index }}: {{ it.size }}\"}
  - {each: server.pools, at: it.size.at, text: the same}
  - {when: false, at: server.at, text: never}
  - {at: server.max_connections.at, text: limit}
help: \"{{ '' }}\"";
    let findings = judged(&rule(lines), &sample::before());
    let texts =
        std::iter::once(&findings[0].primary).chain(&findings[0].labels).map(|label| label.text.as_str());
    assert_eq!(texts.collect::<Vec<_>>(), ["limit", "1: 5", "2: 5", "the same"]);
    assert_eq!((findings[0].message.as_str(), &findings[0].help), ("two lines", &None));
}

#[test]
fn a_problem_of_two_deployments_is_one_finding() {
    let mut sample = sample::before();
    let at = sample.at("Dockerfile", "", "FROM");
    let wrong = Problem::at(ProblemKind::MalformedFile, &TreePath::new("Dockerfile"), at, "no");
    sample.deployment.problems.push(wrong);
    let (one, mut two) = (sample.budget(), sample.budget());
    two.name = "compose.prod.yml".to_owned();
    let findings = Catalogue::built_in().unwrap().judge(&[one, two], &Policy::default());
    let of = |rule: &str| findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!((of("malformed-file"), of("over-budget")), (1, 2));
}

#[test]
fn each_rule_of_a_file_speaks_of_its_kind_alone() {
    let catalogue = Catalogue::built_in().unwrap();
    for kind in ProblemKind::ALL {
        let mut sample = sample::after();
        let at = sample.at("Dockerfile", "", "FROM");
        sample.deployment.problems.push(Problem::at(
            kind,
            &TreePath::new("Dockerfile"),
            at,
            "postgres://u:geheim@h",
        ));
        let findings = judged(&catalogue, &sample);
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.rule, kind.rule());
        assert_eq!(finding.message, "postgres://u:***@h");
    }
}

#[test]
fn exactly_the_capacity_fits_and_one_more_does_not() {
    let catalogue = Catalogue::built_in().unwrap();
    for (limit, rule) in [(313, "near-limit"), (312, "over-budget"), (387, "near-limit"), (388, "")] {
        let mut sample = sample::before();
        sample.deployment.servers[0].max_connections.value = crate::trace::Bound::Exactly(limit);
        let findings = judged(&catalogue, &sample);
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules.join(" "), rule, "{limit}");
    }
}

#[test]
fn what_cannot_be_counted_never_passes() {
    let catalogue = Catalogue::built_in().unwrap();
    let mut sample = sample::before();
    sample.deployment.groups[0].processes.value = crate::trace::Bound::Exactly(u64::MAX);
    let findings = judged(&catalogue, &sample);
    assert_eq!(findings[0].rule, "over-budget");
    assert!(findings[0].message.ends_with("more than can be counted"), "{}", findings[0].message);
    let mut sample = sample::after();
    sample.deployment.servers[0].max_connections.value =
        crate::trace::Bound::unknown("slots", "a script says it");
    assert_eq!(
        judged(&catalogue, &sample)[0].message,
        "nothing says how many connections db takes: a script says it"
    );
}
