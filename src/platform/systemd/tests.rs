use super::*;
use crate::source::Memory;

/// `name replicas: words {A=1}`, one line a service.
fn lines(files: &[(&'static str, &'static str)]) -> (Vec<String>, Vec<String>) {
    let sources = Sources::new(Memory::new(files.iter().copied()));
    let paths: Vec<TreePath> = sources.tree().walk(&TreePath::root(), &|_| false);
    let mut problems = Vec::new();
    let mut lines = Vec::new();
    for project in discover(&sources, &paths) {
        problems.extend(project.problems.iter().map(|problem| problem.message.clone()));
        for service in project.services {
            let words: Vec<&str> = service.command.iter().flatten().map(Text::as_str).collect();
            let variables: Vec<String> = service
                .environment
                .iter()
                .map(|(name, variable)| {
                    format!("{name}={}", variable.value.as_ref().map_or("", Text::as_str))
                })
                .collect();
            lines.push(format!(
                "{} {}: {} {variables:?}",
                service.name,
                service.replicas.value,
                words.join("|")
            ));
        }
    }
    (lines, problems)
}

#[test]
fn a_unit_runs_its_command_with_its_variables() {
    let unit = "[Service]\nEnvironment=W=3 \"N=a b\"\nEnvironment=X=$W\nEnvironmentFile=-/etc/default/app.env\n\
        ExecStartPre=/srv/app/venv/bin/alembic upgrade head\n\
        ExecStart=-/srv/app/venv/bin/gunicorn -w ${W} $ARGS --name=${N} --dollar=$$W $NONE %n%%\n";
    let (lines, problems) = lines(&[("app.service", unit), ("app.env", "ARGS=-b :80 'a b'\nW=5\n")]);
    assert_eq!(
        lines,
        ["app 1: /srv/app/venv/bin/gunicorn|-w|5|-b|:80|a b|--name=a b|--dollar=$W|app.service% \
          [\"W=5\", \"N=a b\", \"X=$W\", \"ARGS=-b :80 'a b'\"]"]
    );
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn drop_ins_take_back_and_add() {
    let (lines, _) = lines(&[
        ("app.service", "[Service]\nExecStart=/a\nEnvironment=A=1 B=2\n"),
        ("app.service.d/10.conf", "[Service]\nExecStart=\nExecStart=/b $A\nEnvironment=A=9\n"),
        ("one.service", "[Service]\nType=oneshot\nExecStart=/c\n"),
        ("up.service", "[Service]\nExecStart=/usr/bin/docker compose up\n"),
    ]);
    assert_eq!(lines, ["app 1: /b|9 [\"A=9\", \"B=2\"]"]);
}

#[test]
fn a_template_runs_as_often_as_it_is_named() {
    let template = ("w@.service", "[Service]\nExecStart=/w --port %i\n");
    let (unnamed, _) = lines(&[template]);
    assert_eq!(unnamed, ["w@ instances: /w|--port|%i []"]);
    let (named, _) = lines(&[
        template,
        ("all.target", "[Unit]\nWants=w@1.service w@2.service x@3.service\nRequires=w@1.service\n"),
    ]);
    assert_eq!(named, ["w@1 1: /w|--port|1 []", "w@2 1: /w|--port|2 []"]);
}
