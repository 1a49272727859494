//! `connbudget lsp`, asked by a client over the protocol.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/lsp.rs"]
mod client;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use client::{Client, capabilities, uri};
use serde_json::{Value, json};
use support::{copy, repository};

/// A folder of its own with a fixture in it, links resolved.
struct Project {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Project {
    fn of(fixture: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&repository().join(fixture), folder.path());
        let root = folder.path().canonicalize().expect("it is there");
        Self { _folder: folder, root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }
}

const COMPOSE: &str = "docker-compose.yml";

/// The text under a range that is counted in UTF-16.
fn under(text: &str, range: &Value) -> String {
    let at =
        |end: &str, part: &str| usize::try_from(range[end][part].as_u64().expect("a number")).expect("fits");
    assert_eq!(at("start", "line"), at("end", "line"));
    let line: Vec<u16> = text.lines().nth(at("start", "line")).expect("a line").encode_utf16().collect();
    String::from_utf16(&line[at("start", "character")..at("end", "character")]).expect("whole characters")
}

/// Where `part` stands in `text`, counted in UTF-16.
fn position(text: &str, part: &str) -> Value {
    let at = text.find(part).expect("it is there");
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": text[..at].matches('\n').count(), "character": text[start..at].encode_utf16().count() })
}

#[test]
fn a_change_that_is_not_saved_goes_over_budget_and_back() {
    let project = Project::of("fixtures/forge/after");
    let compose = project.path(COMPOSE);
    let fits = project.text(COMPOSE);
    let over = fits.replacen("    build: .\n", "    build: .\n    deploy:\n      replicas: 40\n", 1);
    assert_ne!(fits, over);
    let mut client = Client::of(&[&project.root], &capabilities());
    client.open(&compose, &fits);
    assert_eq!(client.settled("textDocument/publishDiagnostics"), [Value::Null; 0]);
    let start = Instant::now();
    client.change(&compose, 2, &over);
    let published = client.told("textDocument/publishDiagnostics");
    let took = start.elapsed();
    let found = &published["diagnostics"][0];
    assert_eq!(
        (&found["code"], &found["severity"], &found["source"]),
        (&"over-budget".into(), &1.into(), &"connbudget".into())
    );
    let href = found["codeDescription"]["href"].as_str().expect("a page");
    assert!(href.starts_with("https://") && href.ends_with("#over-budget"), "{href}");
    let message = found["message"].as_str().expect("words");
    assert!(message.starts_with("db takes 87 connections") && message.contains("\nhelp: "), "{message}");
    // The chain: where each factor stands, the typed one in the buffer.
    let related = found["relatedInformation"].as_array().expect("other places");
    let in_compose = related.iter().filter(|one| one["location"]["uri"] == uri(&compose));
    let words: Vec<String> = in_compose.map(|one| under(&over, &one["location"]["range"])).collect();
    assert!(words.contains(&"40".to_owned()), "{words:?}");
    assert!(related.iter().any(|one| one["location"]["uri"] == uri(&project.path("app/core/database.py"))));
    client.change(&compose, 3, &fits);
    let cleared = client.told("textDocument/publishDiagnostics");
    // It is in a file that nobody has open, so it is of no version.
    assert_eq!(cleared, json!({ "uri": published["uri"], "diagnostics": [] }));
    assert!(!fs::read_to_string(&compose).expect("it is there").contains("replicas: 40"));
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(client.shut_down(), Some(0));
}

#[test]
fn many_changes_at_once_are_one_run_and_the_last_one_counts() {
    let project = Project::of("fixtures/forge/before");
    let path = project.path("app/core/database.py");
    let text = project.text("app/core/database.py");
    let mut client = Client::of(&[&project.root], &capabilities());
    client.open(&path, &text);
    client.settled("textDocument/publishDiagnostics");
    let start = Instant::now();
    for version in 2..200 {
        client.change(&path, version, &text.replace("POOL_SIZE = 5", &format!("POOL_SIZE = {version}")));
    }
    let last = text.replace("POOL_SIZE = 5", "POOL_SIZE = 7");
    client.change(&path, 200, &last);
    let published = client.settled("textDocument/publishDiagnostics");
    let message = published.last().expect("it is over")["diagnostics"][0]["message"].as_str().expect("words");
    assert!(message.contains("open 340"), "{message}");
    assert!(published.len() < 150 && start.elapsed() < Duration::from_secs(20), "{}", published.len());
    assert_eq!(client.shut_down(), Some(0));
}

#[test]
fn the_budget_stands_above_services_and_keys() {
    let project = Project::of("fixtures/forge/before");
    let compose = project.text(COMPOSE);
    let typed =
        compose.replacen("    build: .\n", "    build: .\n    deploy:\n      replicas: ${REPLICAS}\n", 1);
    let mut client = Client::of(&[&project.root], &capabilities());
    client.open(&project.path(COMPOSE), &typed);
    client.open(&project.path(".env"), "# 🐘\nREPLICAS=3\nOTHER=1\n");
    let mut lenses = |name: &str, text: &str| {
        let params = json!({ "textDocument": { "uri": uri(&project.path(name)) } });
        let lenses = client.ask("textDocument/codeLens", &params).expect("lenses");
        let lens = |lens: &Value| {
            assert_eq!(lens["command"]["command"], "");
            format!(
                "{}: {}",
                under(text, &lens["range"]),
                lens["command"]["title"].as_str().expect("a title")
            )
        };
        lenses.as_array().expect("a list").iter().map(lens).collect::<Vec<_>>()
    };
    assert_eq!(
        lenses(COMPOSE, &typed),
        [
            "app: 3 replicas × 10 workers × 2 engines × (5 pool + 10 overflow) = 900 of 87 on db",
            "db: 900 connections of 87, 1035 %: 100 max_connections − 3 superuser − 10 reserve = 87",
        ]
    );
    let sum = "3 replicas × 10 workers × 2 engines × (5 pool + 10 overflow) = 900 of 87 on db";
    assert_eq!(lenses(".env", "# 🐘\nREPLICAS=3\nOTHER=1\n"), [format!("3: replicas of app: {sum}")]);
    client.settled("nothing");
    client.change(&project.path(".env"), 2, "REPLICAS=1\n");
    client.settled("nothing");
    assert!(client.notes.iter().any(|note| note["method"] == "workspace/codeLens/refresh"));
}

#[test]
fn a_value_says_where_it_came_from_and_whom_it_feeds() {
    let project = Project::of("fixtures/forge/before");
    let compose = project.text(COMPOSE);
    let typed =
        compose.replacen("    build: .\n", "    build: .\n    deploy:\n      replicas: ${REPLICAS}\n", 1);
    let env = "REPLICAS=3\n";
    for (capabilities, link) in [(capabilities(), true), (json!({}), false)] {
        let mut client = Client::of(&[&project.root], &capabilities);
        client.open(&project.path(COMPOSE), &typed);
        client.open(&project.path(".env"), env);
        let mut hover = |name: &str, position: Value| {
            let params = json!({ "textDocument": { "uri": uri(&project.path(name)) }, "position": position });
            client.ask("textDocument/hover", &params).expect("an answer")
        };
        let sum = "app: 3 replicas × 10 workers × 2 engines × (5 pool + 10 overflow) = 900 of 87 on db";
        for (name, position) in [(".env", position(env, "3")), (COMPOSE, position(&typed, "REPLICAS"))] {
            let found = hover(name, position);
            let text = found["contents"]["value"].as_str().expect("words");
            assert!(text.contains(sum) && text.contains(".env:1:10"), "{text}");
            assert!(text.contains("docker-compose.yml:5:17"), "{text}");
            assert_eq!(text.contains("**3** replicas"), link, "{text}");
            assert_eq!(text.contains(&format!("{}#L1", uri(&project.path(".env")))), link, "{text}");
        }
        let service = hover(COMPOSE, position(&typed, "db:\n    image"));
        assert!(service["contents"]["value"].as_str().expect("words").contains("900 connections of 87"));
        // A variable that no number came through says its way, and not its value.
        let variable = hover(COMPOSE, position(&typed, "POSTGRES_PASSWORD"));
        let text = variable["contents"]["value"].as_str().expect("words");
        assert!(text.contains("of db") && text.contains("docker-compose.yml:21:"), "{text}");
        assert!(!text.contains("forge"), "{text}");
        assert_eq!(hover(COMPOSE, position(&typed, "ports")), Value::Null);
        assert_eq!(hover("nowhere.yml", json!({ "line": 0, "character": 0 })), Value::Null);
    }
}

#[test]
fn places_are_counted_as_the_client_counts() {
    let project = Project::of("fixtures/forge/before");
    let docker = project.text("Dockerfile");
    let typed = docker.replacen("CMD [\"gunicorn\", ", "CMD [\"gunicorn\", \"--name\", \"🐘é\", ", 1);
    assert_ne!(docker, typed);
    let at = typed.find("\"10\"").expect("the workers") + 1;
    let line = typed[..at].rfind('\n').expect("a line") + 1;
    let before = &typed[line..at];
    let bytes = json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } });
    for (capabilities, encoding, character) in
        [(json!({}), "utf-16", before.encode_utf16().count()), (bytes, "utf-8", before.len())]
    {
        let mut client = Client::start(&[]);
        let asked = json!({ "capabilities": capabilities, "rootUri": uri(&project.root) });
        let greeted = client.ask("initialize", &asked).expect("it is initialized");
        assert_eq!(greeted["capabilities"]["positionEncoding"], encoding);
        client.note("initialized", &json!({}));
        client.open(&project.path("Dockerfile"), &typed);
        let published = client.settled("textDocument/publishDiagnostics");
        let start = &published.last().expect("it is over")["diagnostics"][0]["range"]["start"];
        assert_eq!(start["character"], character, "{encoding}");
    }
}

#[test]
fn folders_in_one_another_tell_a_finding_once() {
    let project = Project::of("fixtures/bad-input/two-deployments");
    let inner = project.path("blog");
    let mut client = Client::of(&[&project.root, &inner], &json!({}));
    let published = client.settled("textDocument/publishDiagnostics");
    assert!(!published.is_empty());
    for one in &published {
        let found = one["diagnostics"].as_array().expect("a list");
        assert!((1..found.len()).all(|index| !found[..index].contains(&found[index])), "{one:#}");
    }
    // Other kinds of actions than a quick fix are not made.
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 999, "character": 0 } });
    let path = inner.join(COMPOSE);
    client.open(&path, &fs::read_to_string(&path).expect("it is there"));
    for (only, some) in [("source.organizeImports", false), ("quickfix", true), ("", true)] {
        let params = json!({
            "textDocument": { "uri": uri(&path) }, "range": range, "context": { "diagnostics": [], "only": [only] },
        });
        let found = client.ask("textDocument/codeAction", &params).expect("actions");
        assert_eq!(!found.as_array().expect("a list").is_empty(), some, "{only}");
    }
}

/// The actions for the whole of `name`, and what the file becomes by the first one.
fn actions(client: &mut Client, path: &Path, text: &str) -> (Vec<String>, String) {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 999, "character": 0 } });
    let params =
        json!({ "textDocument": { "uri": uri(path) }, "range": range, "context": { "diagnostics": [] } });
    let found = client.ask("textDocument/codeAction", &params).expect("actions");
    // What a plan changes is looked at elsewhere.
    let is_suppression =
        |action: &&Value| action["title"].as_str().is_some_and(|title| title.starts_with("Suppress"));
    let found: Vec<&Value> = found.as_array().expect("a list").iter().filter(is_suppression).collect();
    let titles = found.iter().map(|action| action["title"].as_str().expect("a title").to_owned()).collect();
    let Some(edit) = found.first().map(|action| &action["edit"]["changes"][uri(path)][0]) else {
        return (titles, text.to_owned());
    };
    let start = &edit["range"]["start"];
    let part = |name: &str| usize::try_from(start[name].as_u64().expect("a number")).expect("fits");
    let line: usize = text.split_inclusive('\n').take(part("line")).map(str::len).sum();
    let mut edited = text.to_owned();
    // Up to there the lines are ASCII.
    edited.insert_str(line + part("character"), edit["newText"].as_str().expect("a text"));
    (titles, edited)
}

#[test]
fn a_finding_is_suppressed_with_a_reason_where_that_changes_nothing_else() {
    let project = Project::of("fixtures/forge/before");
    let (path, text) = (project.path("Dockerfile"), project.text("Dockerfile"));
    let mut client = Client::of(&[&project.root], &capabilities());
    client.open(&path, &text);
    let (titles, edited) = actions(&mut client, &path, &text);
    assert_eq!(
        titles,
        ["Suppress over-budget here, with a reason", "Suppress over-budget in this file, with a reason"]
    );
    assert!(edited.contains("\n# connbudget: ignore[over-budget]: TODO: say why\nCMD ["), "{edited}");
    client.settled("textDocument/publishDiagnostics");
    client.change(&path, 2, &edited);
    let published = client.settled("textDocument/publishDiagnostics");
    assert_eq!(published.last().expect("it is told")["diagnostics"], json!([]));
    // What is typed instead of being saved is what is asked about.
    let crlf = text.replace('\n', "\r\n");
    client.change(&path, 3, &crlf);
    let (_, edited) = actions(&mut client, &path, &crlf);
    assert!(edited.contains("\r\n# connbudget: ignore[over-budget]: TODO: say why\r\nCMD ["), "{edited}");
}

#[test]
fn what_fits_is_offered_as_a_quick_fix() {
    let project = Project::of("fixtures/forge/before");
    let (path, text) = (project.path("Dockerfile"), project.text("Dockerfile"));
    let mut client = Client::of(&[&project.root], &capabilities());
    client.open(&path, &text);
    let range = json!({ "start": { "line": 16, "character": 0 }, "end": { "line": 16, "character": 99 } });
    let params =
        json!({ "textDocument": { "uri": uri(&path) }, "range": range, "context": { "diagnostics": [] } });
    let found = client.ask("textDocument/codeAction", &params).expect("actions");
    let first = &found[0];
    assert_eq!(
        (first["title"].as_str(), &first["isPreferred"]),
        (Some("Make it fit: POOL_SIZE 2 and MAX_OVERFLOW 2"), &true.into())
    );
    let edits = &first["edit"]["changes"][uri(&project.path("app/core/database.py"))];
    let place = json!({ "start": { "line": 9, "character": 12 }, "end": { "line": 9, "character": 13 } });
    assert_eq!(edits[0], json!({ "range": place, "newText": "2" }));
    // A change in several files is one action.
    let second = &found[1]["edit"]["changes"];
    assert_eq!(second.as_object().map(serde_json::Map::len), Some(2), "{second}");
}

#[test]
fn a_comment_that_would_be_part_of_a_value_is_not_offered() {
    let project = Project::of("fixtures/forge/before");
    let (path, compose) = (project.path(COMPOSE), project.text(COMPOSE));
    let line = "    build: .\n";
    let command = "gunicorn app.main:app\n        --workers 12\n        -k uvicorn.workers.UvicornWorker";
    let mut client = Client::of(&[&project.root], &capabilities());
    client.open(&path, &compose);
    for (value, offered) in [
        // In a folded block a comment is a part of the command.
        (format!(">-\n        {command}"), &["in this file"][..]),
        // Within quotes too, above as well as behind.
        (format!("\"{command}\""), &["in this file"]),
        (format!("\"{}\"", command.replace("\n       ", "")), &["here", "in this file"]),
        // The last line of a value in quotes has its end behind it.
        (format!("\"{}\"", command.replace("\n        -k", " -k")), &["here", "in this file"]),
    ] {
        let text = compose.replacen(line, &format!("{line}    command: {value}\n"), 1);
        client.change(&path, 2, &text);
        let (titles, _) = actions(&mut client, &path, &text);
        let expected: Vec<String> =
            offered.iter().map(|place| format!("Suppress over-budget {place}, with a reason")).collect();
        assert_eq!(titles, expected, "{text}");
    }
}

#[test]
fn folders_come_and_go() {
    let (over, other) = (Project::of("fixtures/forge/before"), Project::of("fixtures/forge/before"));
    let mut client = Client::of(&[&over.root], &capabilities());
    let watched = client.told("client/registerCapability");
    let watchers = watched["registrations"][0]["registerOptions"]["watchers"].as_array().expect("watchers");
    assert!(watchers.iter().any(|watcher| watcher["globPattern"] == "**/connbudget.toml"), "{watched}");
    let published = client.settled("textDocument/publishDiagnostics");
    assert_eq!((published.len(), &published[0]["uri"]), (1, &uri(&over.path("Dockerfile")).into()));
    let event = json!({
        "added": [{ "uri": uri(&other.root), "name": "b" }],
        "removed": [{ "uri": uri(&over.root), "name": "a" }],
    });
    client.note("workspace/didChangeWorkspaceFolders", &json!({ "event": event }));
    let mut told: Vec<(String, usize)> = client
        .settled("textDocument/publishDiagnostics")
        .iter()
        .map(|one| {
            let count = one["diagnostics"].as_array().expect("a list").len();
            (one["uri"].as_str().expect("a URI").to_owned(), count)
        })
        .collect();
    told.sort_by_key(|(_, count)| *count);
    assert_eq!(told, [(uri(&over.path("Dockerfile")), 0), (uri(&other.path("Dockerfile")), 1)]);
}

#[test]
fn a_configuration_that_changes_on_the_disk_counts() {
    let project = Project::of("fixtures/forge/before");
    let mut client = Client::of(&[&project.root], &capabilities());
    let severity =
        |published: &[Value]| published.last().map(|one| one["diagnostics"][0]["severity"].clone());
    assert_eq!(severity(&client.settled("textDocument/publishDiagnostics")), Some(1.into()));
    let config = project.path("connbudget.toml");
    let mut changed = |text: &str| {
        fs::write(&config, text).expect("it is written");
        client.note(
            "workspace/didChangeWatchedFiles",
            &json!({ "changes": [{ "uri": uri(&config), "type": 2 }] }),
        );
        client.settled("textDocument/publishDiagnostics")
    };
    let published = changed("[rules]\nover-budget = \"warning\"\n");
    assert_eq!(severity(&published), Some(2.into()));
    // A run that cannot be made is said at its place.
    let published = changed("[rules]\nover-bugdet = \"warning\"\n");
    let at_config = published.iter().find(|one| one["uri"] == uri(&config)).expect("it is told");
    let found = &at_config["diagnostics"][0];
    assert_eq!(under("[rules]\nover-bugdet = \"warning\"\n", &found["range"]), "over-bugdet");
    assert!(found["message"].as_str().expect("words").contains("did you mean `over-budget`"), "{found}");
    assert!(published.iter().any(|one| one["uri"] != uri(&config) && one["diagnostics"] == json!([])));
    let published = changed("[rules]\nover-budget = \"error\"\n");
    assert_eq!(published.iter().filter(|one| one["diagnostics"] == json!([])).count(), 1, "{published:?}");
}

#[test]
fn a_failing_run_is_shown_once() {
    let project = Project::of("fixtures/forge/before");
    let config = project.path("connbudget.toml");
    fs::write(&config, "[policy\n").expect("it is written");
    let mut client = Client::of(&[&project.root], &capabilities());
    let compose = project.text(COMPOSE);
    client.open(&project.path(COMPOSE), &compose);
    client.settled("nothing");
    client.change(&project.path(COMPOSE), 2, &compose);
    let shown = client.settled("window/showMessage");
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0]["message"].as_str().expect("words").contains("the configuration is not valid"));
    client.open(&config, "[policy]\n");
    assert_eq!(client.settled("window/showMessage"), [Value::Null; 0]);
    assert!(client.notes.iter().any(|note| note["params"]["diagnostics"][0]["code"] == "over-budget"));
    client.change(&config, 2, "[policy\n");
    assert_eq!(client.settled("window/showMessage").len(), 1);
}

#[test]
fn a_file_alone_belongs_to_the_project_above_it() {
    let project = Project::of("fixtures/forge/before");
    fs::write(project.path("connbudget.toml"), "").expect("it is written");
    let mut client = Client::of(&[], &json!({}));
    let name = "app/core/database.py";
    client.open(&project.path(name), &project.text(name));
    let published = client.told("textDocument/publishDiagnostics");
    assert_eq!(published["uri"], uri(&project.path("Dockerfile")));
    client.note("textDocument/didClose", &json!({ "textDocument": { "uri": uri(&project.path(name)) } }));
    assert_eq!(client.told("textDocument/publishDiagnostics")["diagnostics"], json!([]));
    // What is no file of this machine is passed over.
    let document =
        json!({ "uri": "untitled:Untitled-1", "languageId": "yaml", "version": 1, "text": "a: 1" });
    client.note("textDocument/didOpen", &json!({ "textDocument": document }));
    assert_eq!(client.settled("window/showMessage"), [Value::Null; 0]);
}

#[test]
fn what_is_no_message_is_refused_and_the_rest_goes_on() {
    let project = Project::of("fixtures/forge/before");
    let mut client = Client::of(&[&project.root], &capabilities());
    client.settled("nothing");
    client.notes.clear();
    client.send_text("{\"jsonrpc\": \"2.0\", ");
    client.send_bytes(b"Content-Length: many\r\n\r\n");
    client.send(&json!({ "jsonrpc": "2.0", "id": "x", "method": 7 }));
    client.note("$/unknown", &json!({}));
    client.note("textDocument/didChange", &json!({ "textDocument": 7 }));
    let unknown = client.ask("textDocument/definition", &json!({})).expect_err("there is none");
    assert_eq!(unknown["code"], -32601);
    let wrong = client.ask("textDocument/hover", &json!({ "textDocument": 7 })).expect_err("it is wrong");
    assert_eq!(wrong["code"], -32602);
    let refused: Vec<(Value, Value)> = client
        .notes
        .iter()
        .filter(|note| note.get("error").is_some())
        .map(|note| (note["id"].clone(), note["error"]["code"].clone()))
        .collect();
    assert_eq!(refused, [(Value::Null, (-32700).into()), ("x".into(), (-32600).into())]);
    assert_eq!(client.shut_down(), Some(0));
}

#[test]
fn what_is_taken_back_is_not_answered() {
    let project = Project::of("fixtures/forge/before");
    let mut client = Client::of(&[&project.root], &capabilities());
    let path = project.path("Dockerfile");
    client.open(&path, &project.text("Dockerfile"));
    client.settled("nothing");
    // All of it is there before the server has looked at the first.
    let change = |version: u64| {
        let document = json!({ "uri": uri(&path), "version": version });
        let changes = json!([{ "text": project.text("Dockerfile") }]);
        json!({ "method": "textDocument/didChange", "params": { "textDocument": document, "contentChanges": changes } })
    };
    let hover = |id: u64| {
        let position = json!({ "line": 0, "character": 0 });
        let params = json!({ "textDocument": { "uri": uri(&path) }, "position": position });
        json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": params })
    };
    let cancel = json!({ "method": "$/cancelRequest", "params": { "id": 902 } });
    let messages = [change(2), hover(901), hover(902), change(3), hover(903), cancel];
    let frames: Vec<String> = messages
        .iter()
        .map(ToString::to_string)
        .map(|text| format!("Content-Length: {}\r\n\r\n{text}", text.len()))
        .collect();
    client.send_bytes(frames.concat().as_bytes());
    // Which of them arrived together is up to the pipe: one that came alone is answered.
    for (id, codes) in [(901, &[-32801][..]), (902, &[-32800, -32801]), (903, &[])] {
        let error = client.answer(id).err().map(|error| error["code"].as_i64().expect("a code"));
        assert!(error.is_none_or(|code| codes.contains(&code)), "{id}: {error:?}");
    }
    client.ask("textDocument/hover", &hover(904)["params"].clone()).expect("it is answered");
}

#[test]
fn the_end_is_in_order_only_after_a_shutdown() {
    let client = Client::of(&[], &json!({}));
    assert_eq!(client.hang_up(), Some(1));
    let mut client = Client::of(&[], &json!({}));
    client.note("exit", &Value::Null);
    assert_eq!(client.hang_up(), Some(1));
    let mut client = Client::start(&["--stdio"]);
    let early = client.ask("textDocument/hover", &json!({})).expect_err("it is too early");
    assert_eq!(early["code"], -32002);
    client.ask("initialize", &json!({ "capabilities": {} })).expect("it is initialized");
    assert_eq!(client.ask("initialize", &json!({ "capabilities": {} })).expect_err("once")["code"], -32600);
    assert_eq!(client.ask("shutdown", &Value::Null), Ok(Value::Null));
    let late = client.ask("textDocument/hover", &json!({})).expect_err("it is too late");
    assert_eq!(late["code"], -32600);
    assert_eq!(client.hang_up(), Some(0));
}
