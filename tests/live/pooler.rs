//! `SHOW CONFIG` and `SHOW DATABASES` of a running PgBouncer, against our reading of its file.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;

use connbudget::platform::{Container, Environment, FileView};
use connbudget::program::Value as Setting;
use connbudget::program::pgbouncer::{Pooler, pooler};
use connbudget::source::{Memory, Sources, TreePath};
use connbudget::trace::{Bound, Count, Text, Trail};
use serde_json::Value;

use crate::stage::{Client, ask, folder, is_set, program};

/// Where it listens, and whom it lets in.
const BASE: &str = "unix_socket_dir=@DIR@\nauth_type=trust\nauth_file=@DIR@/users.txt\n";

/// psql's option for a character that stands in no name.
const SEPARATED: &str = "-F\x1f";

/// A row by the names of its columns.
type Row = HashMap<String, String>;

/// What a PgBouncer shows.
struct Shown {
    config: HashMap<String, String>,
    databases: Vec<Row>,
}

/// What a PgBouncer with the files of `case` shows; `None` where it does not start.
fn shown(case: &Value, folder: &Path) -> Option<Shown> {
    let fill = |text: &Value| {
        text.as_str().unwrap().replace("@BASE@", BASE).replace("@DIR@", folder.to_str().unwrap())
    };
    std::fs::write(folder.join("pgbouncer.ini"), fill(&case["text"])).unwrap();
    std::fs::write(folder.join("users.txt"), "").unwrap();
    for (name, text) in case["files"].as_object().into_iter().flatten() {
        std::fs::write(folder.join(name), fill(text)).unwrap();
    }
    let started = program(&["pgbouncer", "pgbouncer.ini"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut bouncer = Client(started.unwrap());
    // A client of the same system user is let in as `pgbouncer`, whatever the file says.
    let socket = folder.to_str().unwrap();
    let client = ["psql", "-XA", SEPARATED, "-Pfooter=off", "-h", socket, "-p", "6432", "-U", "pgbouncer"];
    let questions = ["-d", "pgbouncer", "-c", "SHOW CONFIG", "-c", "SHOW DATABASES"];
    // Where a file says another port, the folder tells.
    let listens = || {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter_map(|name| name.into_string().ok()).any(|name| name.starts_with(".s.PGSQL."))
    };
    loop {
        std::thread::sleep(std::time::Duration::from_millis(5));
        if !listens() {
            if bouncer.0.try_wait().unwrap().is_some() {
                return None;
            }
        } else if let Ok(answer) = ask(&[&client[..], &questions[..]].concat(), folder) {
            return Some(read(&answer));
        }
    }
}

fn read(answer: &str) -> Shown {
    let (mut config, mut databases, mut columns) = (HashMap::new(), Vec::new(), None);
    for line in answer.lines() {
        let cells: Vec<String> = line.split('\x1f').map(str::to_owned).collect();
        match &columns {
            _ if line.starts_with("name\x1fhost\x1f") => columns = Some(cells),
            None => {
                config.insert(cells[0].clone(), cells[1].clone());
            }
            Some(columns) => databases.push(columns.iter().cloned().zip(cells).collect()),
        }
    }
    databases.retain(|row: &Row| row["name"] != "pgbouncer");
    Shown { config, databases }
}

/// Our reading of the same; `None` where we say that it does not start.
fn ours(case: &Value, version: &str) -> Option<Pooler> {
    let fill = |text: &Value| text.as_str().unwrap().replace("@BASE@", BASE).replace("@DIR@", "/pgb");
    let mut files =
        vec![("pgbouncer.ini".to_owned(), fill(&case["text"])), ("users.txt".to_owned(), String::new())];
    let others = case["files"].as_object().into_iter().flatten();
    files.extend(others.map(|(name, text)| (name.clone(), fill(text))));
    let sources = Sources::new(Memory::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))));
    let text = |word: &str| Text::traced(word, Trail::default_of("test", None));
    let mut view = FileView::new();
    view.add("/pgb", TreePath::root());
    let container = Container {
        words: ["pgbouncer", "/pgb/pgbouncer.ini"].map(text).to_vec(),
        environment: Environment::new(),
        working_dir: "/".to_owned(),
        files: view,
        image: Some(text(&format!("x/pgbouncer:{version}"))),
        ..Container::default()
    };
    pooler(&sources, &container).filter(|pooler| pooler.unread.is_none())
}

/// A size as PgBouncer shows it, in our meaning of it: 0 or less is one connection, from 1.24 on without a limit.
fn size(shown: &str, minor: u32) -> Bound {
    match shown.parse::<i64>().unwrap_or_else(|_| panic!("{shown:?} is no size")) {
        number if number > 0 => Bound::Exactly(number.unsigned_abs()),
        _ if minor < 24 => Bound::ONE,
        _ => Bound::Unbounded,
    }
}

fn number(count: Option<&Count>) -> String {
    count.and_then(|count| count.value.number()).unwrap_or(0).to_string()
}

/// Where the two differ.
fn differences(ours: &Pooler, theirs: &Shown, minor: u32) -> Vec<String> {
    let mut found = Vec::new();
    let mut hold = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{what}: {ours}, PgBouncer says {theirs}"));
        }
    };
    // A limit below zero is none.
    let limit = |shown: &str| shown.parse::<i64>().unwrap().max(0).to_string();
    for (name, count) in [
        ("max_client_conn", Some(&ours.max_client_conn)),
        ("reserve_pool_size", Some(&ours.reserve_pool_size)),
        ("max_db_connections", ours.max_db_connections.as_ref()),
        ("max_user_connections", ours.max_user_connections.as_ref()),
    ] {
        hold(name, number(count), limit(&theirs.config[name]));
    }
    let default = size(&theirs.config["default_pool_size"], minor);
    hold("default_pool_size", ours.default_pool_size.value.to_string(), default.to_string());
    hold(
        "pool_mode",
        format!("{:?}", ours.mode.as_ref().map(Text::as_str)),
        format!("{:?}", Some(&theirs.config["pool_mode"])),
    );
    for (name, time) in [
        ("server_idle_timeout", &ours.timeouts.server_idle),
        ("client_idle_timeout", &ours.timeouts.client_idle),
        ("server_lifetime", &ours.timeouts.server_lifetime),
    ] {
        hold(
            name,
            time.value.map_or(0.0, |time| time.as_secs_f64()).to_string(),
            theirs.config[name].clone(),
        );
    }
    let entries: Vec<_> = ours.databases.iter().filter(|entry| entry.name.as_str() != "*").collect();
    hold("databases", entries.len().to_string(), theirs.databases.len().to_string());
    for row in &theirs.databases {
        let Some(entry) = entries.iter().find(|entry| entry.name.as_str() == row["name"]) else {
            hold("database", "nothing".to_owned(), row["name"].clone());
            continue;
        };
        let text =
            |value: &Option<Setting>| value.as_ref().and_then(Setting::as_str).unwrap_or("").to_owned();
        hold("host", text(&entry.host), row["host"].clone());
        hold("force_user", text(&entry.user), row["force_user"].clone());
        let pool = entry.pool_size.as_ref().unwrap_or(&ours.default_pool_size);
        hold("pool_size", pool.value.to_string(), size(&row["pool_size"], minor).to_string());
        let reserve = entry.reserve_pool_size.as_ref().or(Some(&ours.reserve_pool_size));
        let column = if row.contains_key("reserve_pool_size") { "reserve_pool_size" } else { "reserve_pool" };
        hold("reserve", number(reserve), limit(&row[column]));
        let most = entry.max_db_connections.as_ref().or(ours.max_db_connections.as_ref());
        hold("max_connections", number(most), limit(&row["max_connections"]));
    }
    found
}

#[test]
fn the_installed_pgbouncer_reads_its_file_as_we_do() {
    if !is_set("the_installed_pgbouncer_reads_its_file_as_we_do") {
        return;
    }
    let said = ask(&["pgbouncer", "--version"], Path::new("/")).unwrap();
    let version =
        said.lines().next().and_then(|line| line.split(' ').nth(1)).unwrap_or_else(|| panic!("{said}"));
    let minor: u32 = version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap();
    let cases =
        std::fs::read_to_string(crate::support::repository().join("fixtures/pgbouncer/cases.json")).unwrap();
    let cases: Value = serde_json::from_str(&cases).unwrap();
    let base = folder();
    let (mut compared, mut refused, mut wrong) = (0, 0, Vec::new());
    for (index, case) in cases.as_array().unwrap().iter().enumerate() {
        // A section that is named again takes away where it listens, and a file that is not there what we know.
        let is_whole = case["text"].as_str().unwrap().matches("[pgbouncer]").count() == 1;
        if !is_whole || case["text"].as_str().unwrap().contains("%include") {
            continue;
        }
        let folder = base.path().join(index.to_string());
        std::fs::create_dir(&folder).unwrap();
        open_to_all(&folder);
        compared += 1;
        match (ours(case, version), shown(case, &folder)) {
            (None, None) => refused += 1,
            (Some(ours), Some(theirs)) => {
                let found = differences(&ours, &theirs, minor);
                wrong.extend(found.iter().map(|found| format!("{}: {found}", case["case"])));
            }
            (ours, _) => {
                let word = if ours.is_some() { "we read it" } else { "it starts" };
                wrong.push(format!("{}: one does not, {word}", case["case"]));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "PgBouncer {version}, {} of {compared} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared >= 60 && refused >= 20, "{compared}, {refused} refused");
}

/// PgBouncer makes its socket there, as somebody else.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}
