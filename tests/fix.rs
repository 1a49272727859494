//! Plans written into files: for every deployment of the fixtures that is over budget, a plan fits, `fix` writes it, nothing
//! but its numbers changes, and the next run passes.
//!
//! Where `CONNBUDGET_COMPOSE` names docker compose (a program that takes `-f FILE config --format json`), it has to read the
//! changed files and see the new numbers; where `python3` is there, so has Python's `ast`.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use connbudget::source::{Memory, Sources, TreePath};
use serde_json::Value;
use support::{Run, copy, repository};
use tempfile::TempDir;

/// Families of fixtures that are whole deployments.
const FAMILIES: [&str; 6] = ["forge", "incidents", "poolers", "rules/over-budget", "guide", "fix"];

fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        // `fix` asks git what it ignores.
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("the binary that cargo built can be started");
    Run {
        code: output.status.code().expect("the run was not ended by a signal"),
        stdout: String::from_utf8(output.stdout).expect("a report is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

fn json(folder: &Path, command: &str, arguments: &[String]) -> Value {
    let mut words = vec![command, "--format", "json"];
    words.extend(arguments.iter().map(String::as_str));
    let run = run(folder, &words);
    serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{error} in {}{}", run.stdout, run.stderr))
}

/// A deployment of the fixtures and how it is called.
#[derive(Clone, Debug)]
struct Case {
    folder: PathBuf,
    arguments: Vec<String>,
}

impl Case {
    fn name(&self) -> String {
        let folder = self.folder.strip_prefix(repository().join("fixtures")).expect("it is a fixture");
        format!("{} {}", folder.display(), self.arguments.join(" ")).trim_end().to_owned()
    }
}

/// Every folder with a compose file or a Procfile, but none inside another.
fn cases() -> Vec<Case> {
    const FILES: [&str; 6] = [
        "docker-compose.yml",
        "docker-compose.yaml",
        "compose.yml",
        "compose.yaml",
        "Procfile",
        "connbudget.toml",
    ];
    let mut folders: Vec<PathBuf> = Vec::new();
    // Of the examples of rules, those of other rules are small and alike.
    for family in FAMILIES {
        let files = walkdir::WalkDir::new(repository().join("fixtures").join(family)).sort_by_file_name();
        let files = files.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
        for entry in files.filter(|entry| FILES.iter().any(|name| entry.file_name() == *name)) {
            let folder = entry.path().parent().expect("a file is in a folder");
            // Incidents have their compose files where the original had them.
            let is_side = |folder: &&Path| folder.ends_with("before") || folder.ends_with("after");
            let folder = folder.ancestors().find(is_side).unwrap_or(folder).to_owned();
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let mut cases = Vec::new();
    for folder in folders {
        let name = folder.to_string_lossy().into_owned();
        let arguments = match () {
            () if name.contains("calkit") => words(&["--compose-file", "docker-compose.yml"]),
            () if name.ends_with("guide") => {
                words(&["--compose-file", "docker-compose.yml", "--env-file", "unplanned.env"])
            }
            () => Vec::new(),
        };
        cases.push(Case { folder, arguments });
    }
    cases
}

/// Whether the gate fails for it since more is opened than fits.
fn is_over(report: &Value) -> bool {
    report["findings"].as_array().into_iter().flatten().any(|finding| {
        finding["rule"].as_str().is_some_and(|rule| rule.starts_with("over-budget"))
            && finding["severity"] == "error"
    })
}

fn errors(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings is a list").iter();
    let mut errors: Vec<String> = findings
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| finding["rule"].as_str().expect("a rule has a name").to_owned())
        .collect();
    errors.sort();
    errors
}

/// Those that are over budget and for which no change of their files is found, with the reason that `plan` has to give.
const WITHOUT: [(&str, &str); 0] = [];

fn in_copy(case: &Case) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&case.folder, folder.path());
    folder
}

/// Every file under `folder` with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let entries = entries.filter(|entry| {
        entry.file_type().is_file() && !entry.path().components().any(|part| part.as_os_str() == ".git")
    });
    entries
        .map(|entry| {
            let name =
                entry.path().strip_prefix(folder).expect("it is inside").to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("it can be read"))
        })
        .collect()
}

/// The offset of a line and column, both from 1, columns in characters.
fn offset(text: &str, place: [&Value; 2]) -> usize {
    let [line, column] =
        place.map(|number| usize::try_from(number.as_u64().expect("a number")).expect("it fits"));
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    text[start..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| start + at)
}

/// `before` with the changes of a plan, applied by their places alone.
fn changed(before: &BTreeMap<String, Vec<u8>>, plan: &Value) -> BTreeMap<String, Vec<u8>> {
    let mut by_file: BTreeMap<&str, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for change in plan["changes"].as_array().expect("changes is a list") {
        let file = change["file"].as_str().expect("a change has a file");
        let text = std::str::from_utf8(&before[file]).expect("it is text");
        let start = offset(text, [&change["line"], &change["column"]]);
        let end = offset(text, [&change["end_line"], &change["end_column"]]);
        by_file.entry(file).or_default().push((
            start,
            end,
            change["text"].as_str().expect("a change has a text"),
        ));
    }
    let mut after = before.clone();
    for (file, mut changes) in by_file {
        changes.sort_by_key(|change| (change.0, change.1));
        let text = std::str::from_utf8(&before[file]).expect("it is text");
        let (mut new, mut at) = (String::new(), 0);
        for (start, end, with) in changes {
            assert!(start >= at, "changes of {file} do not overlap");
            new.extend([&text[at..start], with]);
            at = end;
        }
        new.push_str(&text[at..]);
        after.insert(file.to_owned(), new.into_bytes());
    }
    after
}

/// What is wrong with the way that one deployment is fixed.
fn check(case: &Case) -> Result<bool, String> {
    let before_report = json(&case.folder, "lint", &case.arguments);
    if !is_over(&before_report) {
        return Ok(false);
    }
    let plan = json(&case.folder, "plan", &case.arguments);
    let plans = plan["plans"].as_array().ok_or("no plans")?;
    if let Some((_, why)) = WITHOUT.iter().find(|(name, _)| *name == case.name()) {
        let human =
            run(&case.folder, &[vec!["plan"], case.arguments.iter().map(String::as_str).collect()].concat());
        let said = human.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        return if plans.is_empty() && said.contains(why) {
            Ok(true)
        } else {
            Err(format!("not without a plan: {said}"))
        };
    }
    let first = plans.iter().find(|plan| plan["writable"] == true).ok_or("no plan can be written")?;
    let folder = in_copy(case);
    let root = folder.path();
    let before = files(root);
    let wanted = changed(&before, first);
    let words = |more: &[&'static str]| -> Vec<String> {
        more.iter().map(|&word| word.to_owned()).chain(case.arguments.clone()).collect()
    };
    let call = |words: &[String]| run(root, &words.iter().map(String::as_str).collect::<Vec<_>>());
    let number = first["number"].as_u64().ok_or("a number")?.to_string();
    let dry = call(&words(&["fix", "--dry-run"]));
    if files(root) != before {
        return Err("a dry run changed a file".to_owned());
    }
    let written =
        call(&[words(&["fix", "--plan"])[..2].to_vec(), vec![number], case.arguments.clone()].concat());
    if written.code != 0 {
        return Err(format!("fix ends with {}: {}{}", written.code, written.stdout, written.stderr));
    }
    let after = files(root);
    if after != wanted {
        return Err("something else than the numbers was changed".to_owned());
    }
    let report = json(root, "lint", &case.arguments);
    if is_over(&report) {
        return Err(format!("still over: {}", report["findings"]));
    }
    let (now, then) = (errors(&before_report), errors(&report));
    if let Some(new) = then.iter().find(|rule| !now.contains(rule)) {
        return Err(format!("a new error: {new}"));
    }
    applies(&before, &after, &dry.stdout)?;
    python_reads(root, first)?;
    compose_reads(&case.folder, root, first)?;
    Ok(true)
}

/// `git apply` makes of the files what `fix` made of them.
fn applies(
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
    diff: &str,
) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in before {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it is made");
        fs::write(path, bytes).expect("it is written");
    }
    fs::write(folder.path().join("x.diff"), diff).expect("it is written");
    let applied = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "x.diff"])
        .current_dir(folder.path())
        .env("GIT_CEILING_DIRECTORIES", folder.path())
        .output();
    let applied = applied.map_err(|error| format!("git: {error}"))?;
    if !applied.status.success() {
        return Err(format!("git apply: {}", String::from_utf8_lossy(&applied.stderr)));
    }
    fs::remove_file(folder.path().join("x.diff")).expect("it is there");
    if files(folder.path()) == *after {
        Ok(())
    } else {
        Err("git apply makes something else of it".to_owned())
    }
}

/// The parser of ruff, and Python's own where it is there, read what was changed.
fn python_reads(root: &Path, plan: &Value) -> Result<(), String> {
    const SCRIPT: &str = "import ast, sys\n\
        numbers = [n.value for n in ast.walk(ast.parse(open(sys.argv[1], newline='').read())) if isinstance(n, ast.Constant)]\n\
        sys.exit(not any(str(n) == sys.argv[2] for n in numbers))";
    for change in plan["changes"].as_array().into_iter().flatten() {
        let file = change["file"].as_str().unwrap_or_default();
        if !TreePath::new(file).has_ending(&["py"]) {
            continue;
        }
        let text = fs::read_to_string(root.join(file)).map_err(|error| error.to_string())?;
        let mut tree = Memory::default();
        tree.insert("x.py", text.as_bytes());
        let sources = Sources::new(tree);
        let loaded = sources.load(&TreePath::new("x.py")).map_err(|error| error.to_string())?;
        connbudget::syntax::python::parse(&loaded).map_err(|error| format!("{file}: {}", error.message))?;
        let Ok(python) = Command::new("python3")
            .args(["-c", SCRIPT])
            .arg(root.join(file))
            .arg(change["to"].to_string())
            .output()
        else {
            continue;
        };
        if !python.status.success() {
            return Err(format!(
                "{file}: Python does not see {}: {}",
                change["to"],
                String::from_utf8_lossy(&python.stderr)
            ));
        }
    }
    Ok(())
}

/// The real docker compose reads the changed files, and of all that it prints nothing else is different.
fn compose_reads(before: &Path, after: &Path, plan: &Value) -> Result<(), String> {
    let Some(compose) = std::env::var_os("CONNBUDGET_COMPOSE") else { return Ok(()) };
    for change in plan["changes"].as_array().into_iter().flatten() {
        let file = change["file"].as_str().unwrap_or_default();
        if !TreePath::new(file).has_ending(&["yml", "yaml"]) {
            continue;
        }
        let config = |root: &Path| -> Result<Vec<(String, String)>, String> {
            let output = Command::new(&compose)
                .args(["-p", "x", "-f"])
                .arg(root.join(file))
                .args(["config", "--format", "json", "--no-path-resolution"])
                .output()
                .map_err(|error| error.to_string())?;
            let value: Value = serde_json::from_slice(&output.stdout)
                .map_err(|_| format!("compose: {}", String::from_utf8_lossy(&output.stderr)))?;
            let mut leaves = Vec::new();
            leaf(&value, "", &mut leaves);
            Ok(leaves)
        };
        // What compose refused before is none of the change's: a file that a checkout lacks.
        let Ok(old) = config(before) else { continue };
        let new = config(after)?;
        let different: Vec<&(String, String)> = new.iter().filter(|leaf| !old.contains(leaf)).collect();
        let number = change["to"].to_string();
        if !different.iter().any(|(_, value)| value.contains(&number)) {
            return Err(format!("compose does not see {number}: {different:?}"));
        }
        let numbers: Vec<String> =
            plan["changes"].as_array().into_iter().flatten().map(|change| change["to"].to_string()).collect();
        let is_expected = |(place, value): &(String, String)| {
            numbers.iter().any(|number| value.contains(number)) || place.contains("/command/")
        };
        if let Some(other) = different.iter().find(|leaf| !is_expected(leaf)) {
            return Err(format!("compose sees another change: {other:?}"));
        }
    }
    Ok(())
}

fn leaf(value: &Value, place: &str, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| leaf(value, &format!("{place}/{key}"), leaves));
        }
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(index, value)| leaf(value, &format!("{place}/{index}"), leaves));
        }
        value => {
            leaves.push((place.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        }
    }
}

#[test]
fn everything_that_is_over_is_made_to_fit_and_nothing_else_changes() {
    let cases = cases();
    let (next, fixed, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match check(case) {
                        Ok(was_over) => {
                            fixed.fetch_add(usize::from(was_over), Ordering::Relaxed);
                        }
                        Err(why) => {
                            wrong.lock().expect("no thread panics").push(format!("{}: {why}", case.name()));
                        }
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no thread panics");
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let fixed = fixed.into_inner();
    assert!(fixed >= 18, "only {fixed} of {} were over budget", cases.len());
}

/// Every way of writing a number: the digits go and come, and all around them stays.
#[test]
fn each_way_of_writing() {
    let mut diffs = String::new();
    for fixture in [
        "anchor-crlf",
        "default-pool",
        "dockerfile-env",
        "env-file",
        "folded-default",
        "ini",
        "overrides",
        "pooler",
        "postgresql-conf",
    ] {
        let folder = repository().join("fixtures/fix").join(fixture);
        let run = run(&folder, &["fix", "--dry-run"]);
        assert_eq!(run.code, 0, "{fixture}: {}", run.stderr);
        let _ = write!(diffs, "# {fixture}\n{}\n", run.stdout.replace('\r', "␍"));
    }
    // The number of workers of the same files, where the first plan leaves it.
    let folder = repository().join("fixtures/fix/env-file");
    let run = run(&folder, &["fix", "--dry-run", "--set", "WORKERS=3", "--set", "DB_POOL_SIZE=1"]);
    let _ = write!(diffs, "# env-file, --set\n{}", run.stdout);
    insta::assert_snapshot!(diffs);
}
