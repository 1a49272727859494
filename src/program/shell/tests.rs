//! What scripts come to.

use super::{Event, Mode, Start, World, follow};
use crate::platform::{Environment, FileView};
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Bound, Text};

/// Each path of the script `run` among `files`, each command in one line: `!` before what replaces the shell, `&`
/// behind what runs beside it, `?` for what is not known.
fn paths(files: &[(&str, &str)], environment: &[(&str, &str)], arguments: &[&str]) -> Vec<Vec<String>> {
    let sources = Sources::new(Memory::new(files.iter().copied()));
    let implied = |value: &str| {
        let file = sources.load(&TreePath::new("run")).unwrap();
        Text::decoded(value, file.at(0..0))
    };
    let mut start = Start {
        name: implied("run").into(),
        arguments: arguments.iter().map(|argument| implied(argument).into()).collect(),
        environment: Environment::new(),
        working_dir: "/".to_owned(),
        written: super::Written::default(),
    };
    for (name, value) in environment {
        start.environment.set(name, implied(value));
    }
    let files = FileView::bare();
    let world = World::new(&sources, &files);
    let script = sources.load(&TreePath::new("run")).unwrap();
    let followed = follow(&world, &Text::verbatim(&script, 0..script.text.len()), start);
    followed.iter().map(|path| path.iter().map(|event| line(event)).collect()).collect()
}

fn line(event: &Event) -> String {
    let call = match event {
        Event::Unknown(why) => return format!("? {}", why.value),
        Event::Call(call) => call,
    };
    let word = |word: &super::Value| match word.missing() {
        None => word.as_str().unwrap_or_default().to_owned(),
        Some(rest) => format!("{}<{}>", word.beginning(), rest.value),
    };
    let words: Vec<String> = call.words.iter().map(word).collect();
    let (before, after) = match call.mode {
        Mode::Foreground => ("", ""),
        Mode::Background => ("", " &"),
        Mode::Replaces => ("!", ""),
    };
    format!("{before}{}{after}{}", words.join(" "), if call.repeated { " …" } else { "" })
}

/// The only path of `script`.
fn path(script: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
    let mut all = paths(&[("run", script)], environment, arguments);
    assert_eq!(all.len(), 1, "{all:?}");
    all.pop().unwrap_or_default()
}

#[test]
fn variables_and_defaults() {
    let environment = [("W", "3"), ("EMPTY", "")];
    for (script, command) in [
        ("x $W ${W} \"$W\"", "x 3 3 3"),
        ("x ${W:-5} ${EMPTY:-5} ${EMPTY-5} ${NONE-7}", "x 3 5 7"),
        ("x ${W:+yes} ${NONE:+yes} end", "x yes end"),
        (": \"${N:=4}\"; x $N", "x 4"),
        ("N=${N:-8}\nx --w=$N", "x --w=8"),
        ("x \"$NONE\" '' $NONE end", "x   end"),
        ("A='a b'; x $A \"$A\"", "x a b a b"),
        ("F=app/main.py; x ${F%.py} ${F##*/} ${#F}", "x app/main main.py 11"),
        ("A=(a 'b c'); A+=(d); x \"${A[@]}\" ${#A[@]}", "x a b c d 3"),
        ("x {1..3} w{a,b}", "x 1 2 3 wa wb"),
        ("x \"a $W b\" 'c $W'", "x a 3 b c $W"),
        ("E='x -w $W'; eval $E", "x -w 3"),
        ("n=${N:-${W}}; x $n", "x 3"),
    ] {
        assert_eq!(path(script, &environment, &[]), [command], "{script}");
    }
}

#[test]
fn arithmetic_keeps_what_it_knows() {
    for (script, command) in [
        ("x $((2 * 3 + 1)) $((7 / 2)) $((W))", "x 7 3 3"),
        ("x -w $((2 * $(nproc) + 1))", "x -w <1 + 2 × CPUs>"),
        ("n=$(nproc); x -w $((n * 2 + 1))", "x -w <1 + 2 × CPUs>"),
        ("n=`nproc --all`; (( m = n + 1 )); x $m", "x <1 + CPUs>"),
        ("x $(expr $(nproc) \\* 2)", "x <2 × CPUs>"),
        ("x --workers=$(getconf _NPROCESSORS_ONLN)", "x --workers=<CPUs>"),
        ("x $(( $(nproc) - 1 ))", "x <?>"),
        ("x $(cat /proc/cpuinfo | wc -l)", "x <?>"),
        ("n=$(( $(nproc) > 4 ? 4 : 2 )); x $n", "x <≤ 4>"),
        ("i=0; i=$((i+1)); let_=1; x $i", "x 1"),
    ] {
        assert_eq!(path(script, &[("W", "3")], &[]), [command], "{script}");
    }
}

#[test]
fn conditions_that_can_be_told_decide() {
    let environment = [("ENV", "prod"), ("N", "3")];
    for (script, command) in [
        ("if [ \"$ENV\" = prod ]; then a; else b; fi", "a"),
        ("if [ \"$ENV\" != prod ]; then a; elif [ -z \"$NONE\" ]; then b; else c; fi", "b"),
        ("[ $N -gt 2 ] && a", "a"),
        ("[[ $ENV == p* && -n $N ]] && a", "a"),
        ("if test -f run; then a; else b; fi", "a"),
        ("if ! [ -d app ] ; then a; fi", "a"),
        ("case $ENV in dev|test) a;; prod*) b;; *) c;; esac", "b"),
        ("case $NONE in '') a;; *) b;; esac", "a"),
        ("if (( N > 2 )); then a; else b; fi", "a"),
        ("[ \"$ENV\" = dev -o \"$N\" -eq 3 ] && a", "a"),
        ("if [ $# -eq 0 ]; then a; fi", "a"),
        ("false || a", "a"),
        ("if [ -z ${NONE+x} ]; then a; else b; fi", "a"),
        ("name=NONE; if [[ -z \"${!name+x}\" ]]; then a; else b; fi", "a"),
        ("name=N; if [[ -z \"${!name+x}\" ]]; then a; else b; fi", "b"),
        ("name=N; [ \"${!name}\" = 3 ] && a", "a"),
        ("name=NONE; [ \"${!name:-4}\" = 4 ] && a", "a"),
        ("d() { if [[ -z ${!1+x} ]]; then export \"$1=$2\"; fi; }; d W 4; d N 5; [ $W$N = 43 ] && a", "a"),
        ("m=(); [ -z \"$N\" ] && m+=(N); if [ ${#m[@]} -gt 0 ]; then b; else a; fi", "a"),
        ("m=(); [ -z \"$NONE\" ] && m+=(N); if [ ${#m[@]} -gt 0 ]; then b; else a; fi", "b"),
        (
            "f() { local m=(); [[ -z $NONE ]] && m+=(N); if [ ${#m[@]} -gt 0 ]; then b; exit 1; fi; }; f; a",
            "b",
        ),
        ("f() { local m=(); [[ -z $N ]] && m+=(N); if [ ${#m[@]} -gt 0 ]; then b; exit 1; fi; }; f; a", "a"),
    ] {
        let files = [("run", script), ("app2/x", "")];
        let all = paths(&files, &environment, &[]);
        assert!(all.iter().any(|path| path == &[command]), "{script}: {all:?}");
        if !script.contains("-d app") {
            assert_eq!(all.len(), 1, "{script}: {all:?}");
        }
    }
}

#[test]
fn conditions_that_cannot_be_told_leave_both() {
    let mut all = paths(&[("run", "if some-check; then W=4; else W=8; fi\nexec x -w $W")], &[], &[]);
    all.sort();
    assert_eq!(all, [["some-check", "!x -w 4"], ["some-check", "!x -w 8"]]);
    let all = paths(&[("run", "nc -z db 5432 && a; b")], &[], &[]);
    assert_eq!(all, [vec!["b"], vec!["a", "b"]]);
}

#[test]
fn the_usual_shapes_of_an_entrypoint() {
    let web = ["web"];
    for (script, arguments, expected) in [
        ("set -e\nexec \"$@\"", ["x", "-w", "4"].as_slice(), vec!["!x -w 4"]),
        ("if [ \"${1#-}\" != \"$1\" ]; then set -- x \"$@\"; fi\nexec \"$@\"", &["-w", "4"], vec!["!x -w 4"]),
        ("case \"$1\" in web) shift; exec x \"$@\" ;; worker) exec y ;; esac", &web, vec!["!x"]),
        ("a & b &\nwait", &[], vec!["a &", "b &"]),
        ("run() { x -w \"$1\"; }\nrun 5", &[], vec!["x -w 5"]),
        ("for i in 1 2; do x $i & done", &[], vec!["x 1 &", "x 2 &"]),
        ("for i in $(seq 2); do x & done", &[], vec!["x &", "x &"]),
        ("for ((i=0;i<2;i++)); do x $i & done", &[], vec!["x 0 &", "x 1 &"]),
        ("i=0\nwhile [ $i -lt 2 ]; do x & i=$((i+1)); done", &[], vec!["x &", "x &"]),
        ("while true; do x; sleep 1; done", &[], vec!["x"]),
        ("while :; do x & sleep 1; done", &[], vec!["x & …"]),
        ("until pg_isready; do sleep 1; done; x", &[], vec!["x"]),
        ("(cd /srv && x)", &[], vec!["x"]),
        ("x 2>&1 | tee log", &[], vec!["x &"]),
        ("cat <<EOF > f\nx\nEOF\ny", &[], vec!["y"]),
        ("cd /app || exit 1\nx", &[], vec!["x"]),
        ("X=1 y", &[], vec!["y"]),
        ("command -v x >/dev/null; y", &[], vec!["y"]),
    ] {
        let all = paths(&[("run", script)], &[], arguments);
        assert_eq!(all, [expected], "{script}");
    }
}

#[test]
fn sourced_files_set_variables() {
    let files = [("run", "set -a; . ./.env; set +a\nx -w $W"), (".env", "W=6 # six\n#W=7\nS='a b'\n")];
    assert_eq!(paths(&files, &[], &[]), [["x -w 6"]]);
    let files = [("run", "export $(grep -v '^#' .env | xargs)\nx -w $W"), (".env", "#W=7\nW=6\n")];
    assert_eq!(paths(&files, &[], &[]), [["x -w 6"]]);
    let missing = [("run", ". ./.env\nx -w ${W:-2}")];
    assert_eq!(paths(&missing, &[], &[]), [["x -w <?>"]]);
    let itself = [("run", ". ./run\nx")];
    let all = paths(&itself, &[], &[]);
    assert!(all[0][0].starts_with("? scripts source one another"), "{all:?}");
}

#[test]
fn values_keep_their_places() {
    let script = "export W=${WEB:-5}\nexec x -w \"$W\"\n";
    let sources = Sources::new(Memory::new([("run", script)]));
    let file = sources.load(&TreePath::new("run")).unwrap();
    let text = Text::verbatim(&file, 0..file.text.len());
    let start = Start {
        name: text.slice(0..0).into(),
        arguments: Vec::new(),
        environment: Environment::new(),
        working_dir: "/".to_owned(),
        written: super::Written::default(),
    };
    let files = FileView::bare();
    let followed = follow(&World::new(&sources, &files), &text, start);
    let Event::Call(call) = &*followed[0][0] else { panic!() };
    let word = call.words[2].known().unwrap();
    let digit = script.find('5').unwrap();
    assert_eq!(word.span().unwrap().range(), digit..digit + 1);
    let used = script.find("$W").unwrap();
    assert_eq!(word.used_at().unwrap().range(), used..used + 2);
    assert_eq!(call.environment.get("W").unwrap().as_str(), "5");
}

#[test]
fn what_is_exported_may_be_unknown() {
    let script = "export W=$(nproc)\nexport A=1\nB=2\nx\n";
    let sources = Sources::new(Memory::new([("run", script)]));
    let file = sources.load(&TreePath::new("run")).unwrap();
    let text = Text::verbatim(&file, 0..file.text.len());
    let start = Start {
        name: text.slice(0..0).into(),
        arguments: Vec::new(),
        environment: Environment::new(),
        working_dir: "/".to_owned(),
        written: super::Written::default(),
    };
    let files = FileView::bare();
    let followed = follow(&World::new(&sources, &files), &text, start);
    let Event::Call(call) = &*followed[0][0] else { panic!() };
    assert!(call.environment.get("W").is_none() && call.environment.get("B").is_none());
    assert_eq!(
        call.environment.unknown("W").unwrap().value.to_string(),
        Bound::unknown("CPUs", "").to_string()
    );
    assert_eq!(call.environment.get("A").unwrap().as_str(), "1");
}

#[test]
fn a_megabyte_takes_no_longer_than_a_second() {
    // A build without optimisation is ten times slower than what users run.
    let size = if cfg!(debug_assertions) { 16 } else { 20 };
    let line = "if [ -f /a/$X ]; then foo --bar=\"$X\" && baz; fi; X=$((X + 1))\n";
    let scripts = [
        line.repeat((1 << size) / line.len()),
        "a && ".repeat(1 << (size - 2)),
        "$(".repeat(1 << (size - 1)),
        "X=$Y; export Z=\"$X\"\n".repeat((1 << size) / 22),
        format!("gunicorn app:x {}\n", "--env A=1 ".repeat((1 << size) / 10)),
    ];
    for script in scripts {
        let started = std::time::Instant::now();
        let all = paths(&[("run", &script)], &[], &[]);
        assert!(!all.is_empty());
        let limit = if cfg!(debug_assertions) { 10_000 } else { 1000 };
        assert!(started.elapsed().as_millis() < limit, "{:?}: {script:.40}", started.elapsed());
    }
}

#[test]
fn a_comment_inside_an_array_is_none_of_its_words() {
    let script = "cmd=(gunicorn\n  -w 4  # four of them\n)\ncmd+=(app:app)\nexec \"${cmd[@]}\"\n";
    assert_eq!(path(script, &[], &[]), ["!gunicorn -w 4 app:app"]);
}

#[test]
fn a_program_is_known_by_its_name_where_its_folder_is_not() {
    let run = "source \"$HOME/.venv/bin/activate\"\nexec \"${VIRTUAL_ENV}/bin/python\" -m granian app:app";
    assert_eq!(path(run, &[], &[]), ["!/.venv/bin/python -m granian app:app"]);
    let run = "PYTHON=\"$(command -v python3)\"\n\"$PYTHON\" -m uvicorn app:app";
    assert_eq!(path(run, &[], &[]), ["python3 -m uvicorn app:app"]);
    let run = "source \"$HOME/settings.sh\"\nexec \"$HOME/venv/bin/celery\" worker --conf=$HOME/bin/x";
    assert_eq!(path(run, &[], &[]), ["!/venv/bin/celery worker --conf=<?>"]);
}
