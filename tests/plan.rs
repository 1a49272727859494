//! `connbudget plan`: the guide's strategies, what-ifs, bounds, and what cannot be planned.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Run, connbudget, copy, repository};
use tempfile::TempDir;

const GUIDE: [&str; 4] = ["--compose-file", "docker-compose.yml", "--env-file", "unplanned.env"];

fn guide(arguments: &[&str]) -> Value {
    let run = connbudget("fixtures/guide", &[&["plan", "--format", "json"], &GUIDE[..], arguments].concat());
    serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{error} in {}{}", run.stdout, run.stderr))
}

/// The numbers that a plan changes: "WORKERS 10 → 3".
fn changes(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().expect("changes is a list").iter();
    changes.map(|c| format!("{} {} → {}", c["name"].as_str().expect("a name"), c["from"], c["to"])).collect()
}

/// A copy of a fixture in a folder of its own, with files laid over it.
fn copied(fixture: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&repository().join("fixtures").join(fixture), folder.path());
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it is written");
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_connbudget"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("the binary that cargo built can be started");
    Run {
        code: output.status.code().expect("the run was not ended by a signal"),
        stdout: String::from_utf8(output.stdout).expect("a report is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git").args(arguments).current_dir(folder).output().expect("git is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_strategies_of_the_guide() {
    for (arguments, opened, capacity, changed) in [
        (
            &["--strategy", "conservative"][..],
            18,
            87,
            ["WORKERS 10 → 3", "DB_POOL_SIZE 5 → 2", "DB_MAX_OVERFLOW 10 → 1"],
        ),
        (
            &["--strategy", "balanced"],
            50,
            87,
            ["WORKERS 10 → 5", "DB_POOL_SIZE 5 → 3", "DB_MAX_OVERFLOW 10 → 2"],
        ),
        (
            &["--strategy", "high-performance"],
            80,
            187,
            ["WORKERS 10 → 8", "DB_POOL_SIZE 5 → 3", "DB_MAX_OVERFLOW 10 → 2"],
        ),
        (&["--minimal"], 8, 87, ["WORKERS 10 → 2", "DB_POOL_SIZE 5 → 1", "DB_MAX_OVERFLOW 10 → 1"]),
    ] {
        let report = guide(arguments);
        let plan = &report["plans"][0];
        let server = &plan["servers"][0];
        assert_eq!(
            (server["opened"].as_u64(), server["capacity"].as_u64()),
            (Some(opened), Some(capacity)),
            "{arguments:?}"
        );
        let made = changes(plan);
        for change in changed {
            assert!(made.contains(&change.to_owned()), "{change} is not among {made:?}");
        }
    }
}

/// The limit of the guide, and the buffers that it sets beside it.
#[test]
fn high_performance_raises_the_limit_and_names_its_price() {
    let report = guide(&["--strategy", "high-performance"]);
    let price = &report["plans"][0]["prices"][0];
    assert_eq!((price["from"].as_u64(), price["to"].as_u64()), (Some(100), Some(200)));
    assert_eq!(price["memory"].as_u64(), Some(100 * (4 << 20)));
    assert_eq!(price["shared_buffers_then"].as_u64(), Some(512 << 20));
    let human =
        connbudget("fixtures/guide", &[&["plan", "--strategy", "high-performance"], &GUIDE[..]].concat());
    assert!(human.stdout.contains("costs a restart of db and up to 400 MiB of memory"), "{}", human.stdout);
}

#[test]
fn what_if() {
    let report = guide(&["--set", "WORKERS=8", "--set", "db.max_connections=200"]);
    let server = &report["plans"][0]["servers"][0];
    assert_eq!(
        (server["opened"].as_u64(), server["capacity"].as_u64(), &server["fits"]),
        (Some(240), Some(187), &false.into())
    );
    let by_owner = guide(&["--set", "app.workers=2"]);
    assert_eq!(changes(&by_owner["plans"][0]), ["WORKERS 10 → 2"]);
    // What fits ends well, what does not, does not.
    for (workers, code) in [("2", 0), ("3", 1)] {
        let set = format!("WORKERS={workers}");
        let run = connbudget("fixtures/guide", &[&["plan", "--set", &set], &GUIDE[..]].concat());
        assert_eq!(run.code, code, "{}", run.stdout);
    }
}

#[test]
fn pools_for_so_many_workers() {
    let report = guide(&["--for", "8-workers"]);
    for plan in report["plans"].as_array().expect("plans") {
        assert!(changes(plan).contains(&"WORKERS 10 → 8".to_owned()), "{plan}");
        assert!(plan["servers"][0]["opened"].as_u64().is_some_and(|opened| opened <= 87), "{plan}");
    }
    assert!(!report["plans"].as_array().expect("plans").is_empty());
}

#[test]
fn the_table_has_the_numbers_of_the_guide() {
    let report = guide(&["--table"]);
    let rows = report["rows"].as_array().expect("rows");
    for (workers, size, overflow, opened, strategy) in [
        (2, 1, 1, 8, "minimal"),
        (3, 2, 1, 18, "conservative"),
        (5, 3, 2, 50, "balanced"),
        (8, 3, 2, 80, "high-performance"),
    ] {
        let row = rows.iter().find(|row| row["strategy"] == strategy).expect("each strategy has a row");
        let numbers = ["workers", "size", "overflow", "opened"].map(|key| row[key].as_u64());
        assert_eq!(numbers, [workers, size, overflow, opened].map(Some), "{strategy}");
    }
    let now = rows.iter().find(|row| row["now"] == true).expect("a row is as it is");
    assert_eq!((now["opened"].as_u64(), report["capacity"].as_u64()), (Some(300), Some(87)));
}

#[test]
fn bounds_and_what_is_kept() {
    for (settings, first) in [
        ("keep = [\"POOL_SIZE\", \"MAX_OVERFLOW\"]", Some(vec!["--workers 10 → 2"])),
        ("keep = [\"pool-size\", \"overflow\"]\nworkers = \"2..8\"", Some(vec!["--workers 10 → 2"])),
        ("keep = [\"workers\"]\npool-size = \"3..\"", Some(vec!["POOL_SIZE 5 → 3", "MAX_OVERFLOW 10 → 1"])),
        ("keep = [\"pool-size\", \"overflow\"]\nworkers = \"3..\"", None),
        ("keep = [\"workers\", \"pool-size\", \"overflow\", \"max-connections\"]", None),
    ] {
        let folder = copied("forge/before", &[("connbudget.toml", &format!("[plan]\n{settings}\n"))]);
        let report: Value =
            serde_json::from_str(&run(folder.path(), &["plan", "--format", "json"]).stdout).expect("JSON");
        let smaller =
            report["plans"].as_array().expect("plans").iter().find(|plan| plan["kind"] == "smaller");
        assert_eq!(
            smaller.map(changes),
            first.map(|list| list.into_iter().map(str::to_owned).collect()),
            "{settings}"
        );
    }
}

/// All of them are kept: that is said of each, and nothing is written.
#[test]
fn nothing_may_be_changed() {
    let kept = "[plan]\nkeep = [\"workers\", \"pool-size\", \"overflow\", \"max-connections\", \"WORKRS\"]\n";
    let folder = copied("forge/before", &[("connbudget.toml", kept)]);
    let plan = run(folder.path(), &["plan"]);
    assert_eq!(plan.code, 1);
    for words in [
        "nothing that may be changed here",
        "--workers stays 10: connbudget.toml keeps it",
        "keeps `WORKRS`, and no number here is called so",
        "nothing here fits by itself",
    ] {
        let said = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{words}: {}", plan.stdout);
    }
    let fix = run(folder.path(), &["fix"]);
    assert_eq!((fix.code, fix.stdout.as_str()), (2, ""));
    assert!(fix.said().contains("there is no plan that makes everything fit"), "{}", fix.stderr);
}

#[test]
fn bounds_that_contradict_are_refused_at_their_place() {
    for (settings, says) in [
        ("workers = \"8..2\"", "nothing between 8 and 2"),
        ("workers = 8", "invalid type"),
        ("workers = \"many\"", "is a range"),
        ("worker = \"1..2\"", "unknown field"),
    ] {
        let folder = copied("forge/before", &[("connbudget.toml", &format!("[plan]\n{settings}\n"))]);
        let plan = run(folder.path(), &["plan"]);
        assert_eq!(plan.code, 2);
        assert!(plan.said().contains(says), "{settings}: {}", plan.stderr);
    }
}

#[test]
fn no_number_can_be_found() {
    // A server outside the files, and a pool behind arithmetic: nothing here is one number.
    let folder = copied(
        "forge/before",
        &[
            (
                "docker-compose.yml",
                "services:\n  app:\n    build: .\n    environment:\n      DATABASE_URL: postgresql://a:b@db.example.com/x\n",
            ),
            (
                "app/core/database.py",
                "import os\nfrom sqlalchemy import create_engine\nSIZE = 2 * 10\nengine = create_engine(os.environ['DATABASE_URL'], pool_size=SIZE, max_overflow=0)\n\n\ndef get_db():\n    pass\n\n\nget_async_db = get_db\n\n\nclass Base:\n    pass\n",
            ),
            (
                "Dockerfile",
                "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"gunicorn\", \"app.core.database:app\", \"-k\", \"uvicorn.workers.UvicornWorker\", \"-c\", \"conf.py\"]\n",
            ),
            ("conf.py", "workers = 2 * 4 + 1\n"),
        ],
    );
    let plan = run(folder.path(), &["plan"]);
    assert_eq!(plan.code, 1, "{}{}", plan.stdout, plan.stderr);
    let said = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("a part of a calculation is no number of its own: `workers = 2 * 4 + 1`"),
        "{}",
        plan.stdout
    );
    assert!(
        !said.contains("a larger server"),
        "nobody raises a server that is not among the files: {}",
        plan.stdout
    );
}

#[test]
fn names_that_are_none() {
    for (arguments, says) in [
        (&["--set", "WORKRS=8"][..], "did you mean `WORKERS`?"),
        (&["--set", "db.max-conections=8"], "did you mean `db.max-connections`?"),
        (&["--set", "WORKERS"], "write NAME=NUMBER"),
        (&["--set", "WORKERS=many"], "no whole number"),
        (&["--strategy", "balancd"], "'balanced'"),
        (&["--for", "8-cats"], "none of workers, replicas and threads"),
        (&["--for", "0-workers"], "write a number"),
        (&["--for", "90-workers"], "no pools fit 90 workers"),
        (&["--for", "2-threads"], "no number of threads here can be changed"),
    ] {
        let run = connbudget("fixtures/guide", &[&["plan"], &GUIDE[..], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stdout);
        assert!(run.said().contains(says), "{arguments:?}: {}", run.stderr);
    }
}

/// Nothing is over: nothing is read twice, and nothing is written.
#[test]
fn what_fits_is_left_alone() {
    let folder = copied("forge/after", &[]);
    let plan = run(folder.path(), &["plan"]);
    assert_eq!(plan.code, 0);
    assert!(plan.stdout.contains("everything fits: there is nothing to change"), "{}", plan.stdout);
    let fix = run(folder.path(), &["fix"]);
    assert_eq!((fix.code, fix.stdout.as_str()), (0, ""));
    let empty = tempfile::tempdir().expect("a folder");
    for command in ["plan", "fix"] {
        assert_eq!(run(empty.path(), &[command]).code, 3, "{command}");
    }
}

const DATABASE: &str = "app/core/database.py";

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("it can be read")
}

#[test]
fn a_file_that_is_read_only_keeps_everything_as_it_is() {
    let folder = copied("forge/before", &[]);
    let root = folder.path();
    let (before, dockerfile) = (text(root, DATABASE), text(root, "Dockerfile"));
    let path = root.join(DATABASE);
    let mut rights = fs::metadata(&path).expect("it is there").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&path, rights).expect("they are set");
    // The second plan changes another file beside it.
    for number in ["1", "2"] {
        let fix = run(root, &["fix", "--plan", number]);
        assert_eq!((fix.code, fix.stdout.as_str()), (2, ""));
        assert!(fix.said().contains("app/core/database.py is read-only"), "{}", fix.stderr);
    }
    assert_eq!((text(root, DATABASE), text(root, "Dockerfile")), (before, dockerfile));
    let fix = run(root, &["fix", "--plan", "3"]);
    assert_eq!(fix.code, 0, "{}", fix.stderr);
}

#[test]
fn a_file_that_git_ignores_is_written_when_that_is_said() {
    let compose = "services:\n  app:\n    build: .\n    command: gunicorn app.main:app -k uvicorn.workers.UvicornWorker --workers ${WORKERS}\n    environment:\n      DATABASE_URL: postgresql://forge:forge@db:5432/forge\n  db:\n    image: postgres:14\n";
    let files = [
        ("docker-compose.yml", compose),
        (".env", "WORKERS=10\n"),
        (".gitignore", ".env\n"),
        ("connbudget.toml", "[plan]\nkeep = [\"pool-size\", \"overflow\", \"max-connections\"]\n"),
    ];
    let folder = copied("forge/before", &files);
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    let plan = run(root, &["plan"]);
    assert!(plan.stdout.contains("git ignores .env"), "{}", plan.stdout);
    for command in [&["fix"][..], &["fix", "--dry-run"], &["lint", "--fix"]] {
        let fix = run(root, command);
        assert_eq!((fix.code, fix.stdout.as_str()), (2, ""), "{command:?}");
        assert!(fix.said().contains("git ignores .env"), "{}", fix.stderr);
    }
    assert_eq!(text(root, ".env"), "WORKERS=10\n");
    assert_eq!(run(root, &["fix", "--include-ignored"]).code, 0);
    assert_eq!(text(root, ".env"), "WORKERS=2\n");
    // Committed all the same, it is git's.
    fs::write(root.join(".env"), "WORKERS=10\n").expect("it is written");
    git(root, &["add", "--force", ".env"]);
    assert_eq!(run(root, &["fix"]).code, 0);
}

#[test]
fn lint_fix_writes_the_first_plan_and_lints_what_is_there() {
    let folder = copied("forge/before", &[]);
    let lint = run(folder.path(), &["lint", "--fix", "--format", "json"]);
    assert_eq!(lint.code, 0, "{}", lint.stderr);
    let report: Value = serde_json::from_str(&lint.stdout).expect("standard output holds the report alone");
    assert_eq!(report["verdict"], "warn");
    assert!(lint.stderr.contains("POOL_SIZE 5 → 2"), "{}", lint.stderr);
    assert!(text(folder.path(), DATABASE).contains("\nPOOL_SIZE = 2\nMAX_OVERFLOW = 2\n"));
}

#[test]
fn a_plan_is_chosen_by_its_number() {
    let folder = copied("forge/before", &[]);
    let missing = run(folder.path(), &["fix", "--plan", "9"]);
    assert_eq!(missing.code, 2);
    assert!(missing.said().contains("there is no plan 9"), "{}", missing.stderr);
    assert_eq!(run(folder.path(), &["fix", "--plan", "4"]).code, 0);
    assert!(
        text(folder.path(), "docker-compose.yml")
            .contains("    image: postgres:14\n    command: postgres -c max_connections=313\n")
    );
}

#[test]
fn a_strategy_is_written_too() {
    let folder = copied("forge/before", &[]);
    assert_eq!(run(folder.path(), &["fix", "--strategy", "balanced"]).code, 0);
    let report: Value =
        serde_json::from_str(&run(folder.path(), &["lint", "--format", "json"]).stdout).expect("JSON");
    assert_eq!(report["deployments"][0]["servers"][0]["ceiling"], 50);
    assert_eq!(report["verdict"], "pass");
}

/// The help line and the edits of a finding are the plan's.
#[test]
fn findings_carry_the_plan() {
    let (_, report) = support::lint("fixtures/forge/before", &[]);
    let finding = &report["findings"][0];
    let help = finding["help"].as_str().expect("a help line");
    assert_eq!(
        help,
        "POOL_SIZE 2 and MAX_OVERFLOW 2 fit (80); or workers 7 and MAX_OVERFLOW 1 (84); or workers 2 (60); or \
         max_connections=313. `connbudget fix` writes the first"
    );
    let edits = finding["fixes"][0]["edits"].as_array().expect("edits");
    assert_eq!(edits.len(), 2);
    assert_eq!(support::text_at("fixtures/forge/before", &edits[0]), "5");
    let plan = connbudget("fixtures/forge/before", &["plan", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    assert_eq!(edits[0]["text"], plan["plans"][0]["changes"][0]["text"]);
}

#[test]
fn plans_are_what_their_schema_says() {
    let schema = fs::read_to_string(repository().join("schemas/plan.json")).expect("it is there");
    let schema = serde_json::from_str(&schema).expect("it is JSON");
    let schema = jsonschema::validator_for(&schema).expect("it is a schema");
    for fixture in
        ["forge/before", "forge/after", "fix/postgresql-conf", "fix/pooler", "incidents/onyx-2002/before"]
    {
        let run = connbudget(&format!("fixtures/{fixture}"), &["plan", "--format", "json"]);
        let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert!(schema.is_valid(&report), "{fixture}: {:?}", schema.validate(&report));
    }
}

/// What people see: every width, each line inside it.
#[test]
fn plans_look_as_they_are_meant_to() {
    let mut text = String::new();
    for (fixture, arguments) in [
        ("forge/before", &["plan"][..]),
        ("fix/anchor-crlf", &["plan"]),
        ("fix/overrides", &["plan"]),
        ("fix/postgresql-conf", &["plan"]),
        ("fix/default-pool", &["plan"]),
        ("forge/before", &["plan", "--table"]),
        ("forge/before", &["plan", "--strategy", "high-performance"]),
    ] {
        let run = connbudget(&format!("fixtures/{fixture}"), arguments);
        let _ = write!(text, "$ connbudget {}    # {fixture}\n{}\n", arguments.join(" "), run.stdout);
    }
    insta::assert_snapshot!(text);
}

/// The example of the page is what the program prints, and the settings of its table are the guide's.
#[test]
fn the_page_shows_what_the_program_prints() {
    let page = fs::read_to_string(repository().join("docs/plan.md")).expect("it is there");
    let plan = connbudget("fixtures/forge/before", &["plan"]);
    assert!(
        page.contains(&format!("$ connbudget plan\n{}```", plan.stdout)),
        "docs/plan.md is not current:\n{}",
        plan.stdout
    );
    let settings =
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let folder = copied("forge/after", &[("connbudget.toml", settings)]);
    assert_eq!(run(folder.path(), &["plan"]).code, 0, "the example of [plan] is valid");
}
