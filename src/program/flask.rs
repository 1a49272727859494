//! `flask run` (facts, B2): one development process with a thread for each request; other commands end.

use std::sync::OnceLock;

use super::arguments::OptionTable;
use super::command::{Command, Outcome, Program, variable};
use super::{Entry, Value, click};
use crate::trace::Text;

/// flask, also as `python -m flask`.
pub(super) const PROGRAM: Program = Program { name: "flask", modules: &["flask"], read };

fn table(run: bool) -> &'static OptionTable {
    static TABLES: OnceLock<[OptionTable; 2]> = OnceLock::new();
    let [flask, flask_run] = TABLES.get_or_init(|| {
        [
            OptionTable::from_json(include_str!("options/flask.json")),
            OptionTable::from_json(include_str!("options/flask-run.json")),
        ]
    });
    if run { flask_run } else { flask }
}

fn read(command: &Command<'_>) -> Outcome {
    let (general, end) = click::parse(table(false), command.words, true);
    let Some(word) = command.words.get(end).and_then(Value::known).filter(|word| word.as_str() == "run")
    else {
        return Outcome::passing();
    };
    let (given, _) = click::parse(table(true), command.words.get(end + 1..).unwrap_or_default(), false);
    if given.exits {
        return Outcome::passing();
    }
    let named = general.all("app").last().cloned().or_else(|| variable(command.environment, "FLASK_APP"));
    let entry = match named.as_ref().and_then(Value::known) {
        Some(target) => Some(application(target)),
        None => ["wsgi", "app"].iter().find_map(|module| {
            command.world.locate(command.working_dir, &format!("{module}.py"))?;
            Some(Entry::Module { module: Text::traced(*module, command.name.trail()), attribute: None })
        }),
    };
    let mut started = command.started("flask", "process", entry);
    started.python_path.insert(0, command.working_dir.to_owned());
    started.development = Some(word.trail());
    if let Some(option) =
        given.flag("with_threads").filter(|option| option.name.as_str() == "--without-threads")
    {
        started.concurrency = crate::trace::Count::new(crate::trace::Bound::ONE, option.name.trail());
    }
    if let Some(refused) = command.count_when_refused(&given.refusals, "processes") {
        started.processes = refused;
    }
    Outcome { problems: command.refused(&given.refusals), started: vec![started], ..Outcome::default() }
}

/// `FLASK_APP`: a module or a file, with what is taken out of it behind a colon.
fn application(target: &Text) -> Entry {
    match Entry::module(target, None) {
        Entry::Module { module, attribute } => {
            let name = module
                .as_str()
                .strip_suffix(".py")
                .map(|name| name.trim_start_matches("./").replace('/', "."));
            let module = name.map_or(module.clone(), |name| Text::traced(name, module.trail()));
            Entry::Module { module, attribute }
        }
        other => other,
    }
}
