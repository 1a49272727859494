//! `fastapi run` and `fastapi dev` (fastapi-cli 0.0.34; facts, B2): uvicorn with a search for the application.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program};
use super::uvicorn::web_concurrency;
use super::{Entry, Value, click};
use crate::trace::Text;

/// fastapi, also as `python -m fastapi`.
pub(super) const PROGRAM: Program = Program { name: "fastapi", modules: &["fastapi", "fastapi_cli"], read };

/// Where `fastapi` looks for the application when nobody names a file (discover.py).
const DEFAULT_FILES: [&str; 6] = ["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"];

fn table(development: bool) -> &'static OptionTable {
    static TABLES: OnceLock<[OptionTable; 2]> = OnceLock::new();
    let [run, dev] = TABLES.get_or_init(|| {
        [
            OptionTable::from_json(include_str!("options/fastapi-run.json")),
            OptionTable::from_json(include_str!("options/fastapi-dev.json")),
        ]
    });
    if development { dev } else { run }
}

fn read(command: &Command<'_>) -> Outcome {
    let Some(word) = command.words.first().and_then(Value::known) else {
        return Outcome::passing();
    };
    let development = match word.as_str() {
        "run" => false,
        "dev" => true,
        _ => return Outcome::passing(),
    };
    let (given, _) = click::parse(table(development), &command.words[1..], false);
    if given.exits {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&given.refusals), ..Outcome::default() };
    let path = given.positionals.first().and_then(Value::known).cloned().or_else(|| default_file(command));
    let attribute = given.all("app").last().and_then(Value::known).cloned();
    let mut started = command.started("fastapi", "worker", None);
    match path {
        Some(path) => {
            let (folder, module) = module_of(command, &path);
            started.python_path.insert(0, folder);
            started.entry = Some(Entry::Module { module, attribute });
        }
        None => outcome
            .unknown
            .extend(Outcome::unknown(word, "which file holds the application is not known").unknown),
    }
    let reload = given.flag("reload").filter(|option| option.name.as_str() == "--reload");
    started.development =
        if development { Some(word.trail()) } else { reload.map(|option| option.name.trail()) };
    started.processes = match command.count_when_refused(&given.refusals, "workers") {
        Some(refused) => refused,
        None if started.development.is_some() => command.default(1, "fastapi --reload"),
        None => command
            .given_at_least_one(&given, "workers", "workers", &mut outcome.problems)
            .unwrap_or_else(|| web_concurrency(command, command.environment, &mut outcome.problems)),
    };
    outcome.started.push(started);
    outcome
}

fn default_file(command: &Command<'_>) -> Option<Text> {
    let found =
        DEFAULT_FILES.iter().find(|file| command.world.locate(command.working_dir, file).is_some())?;
    Some(Text::traced(*found, command.name.trail()))
}

/// The module of a file, and the folder it is imported from: the first one above that is no package (discover.py).
fn module_of(command: &Command<'_>, path: &Text) -> (String, Text) {
    let name = path.as_str().strip_suffix(".py").unwrap_or(path.as_str()).trim_start_matches("./");
    let mut parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    let mut module: Vec<&str> = parts.pop().into_iter().collect();
    let start = if name.starts_with('/') { "/" } else { command.working_dir };
    while let Some(package) = parts.last() {
        let marker = format!("{}/__init__.py", parts.join("/"));
        if command.world.locate(start, &marker).is_none() {
            break;
        }
        module.insert(0, package);
        parts.pop();
    }
    let folder = crate::source::TreePath::new(start).join(&parts.join("/")).to_string();
    (folder, Text::traced(module.join("."), path.trail()))
}
