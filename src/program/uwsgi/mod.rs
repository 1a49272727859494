//! uWSGI (2.0.31; facts, B2): `processes` workers of `threads`, or of `async` or `gevent` cores; `cheaper` is the fewest of
//! them, never the most. Mules and spoolers are processes of the same application beside them.

mod expand;
mod settings;

use super::command::{Command, Outcome, Program};
use super::{Entry, Started, Value};
use crate::platform::Unread;
use crate::trace::{Bound, Count, Problem, ProblemKind, Text};
use settings::{Setting, Settings};

/// uWSGI.
pub(super) const PROGRAM: Program = Program { name: "uwsgi", modules: &[], read };

fn read(command: &Command<'_>) -> Outcome {
    let settings = Settings::read(command);
    if ["help", "version", "show-config"].iter().any(|name| settings.has(name)) {
        return Outcome::passing();
    }
    let mut outcome = Outcome { problems: command.refused(&settings.refusals), ..Outcome::default() };
    if let Some(emperor) = settings.last("emperor").and_then(|setting| setting.value.clone()) {
        let why = "the emperor starts a uWSGI for each file that it finds, which are not read";
        return Outcome { problems: outcome.problems, ..Outcome::unknown(emperor.beginning(), why) };
    }
    outcome.detached = settings.has("daemonize") || settings.has("daemonize2");
    let problems = &mut outcome.problems;
    let workers = settings.count("numproc", "workers", problems);
    let workers = workers.unwrap_or_else(|| command.default(1, "uWSGI processes"));
    let mut started = process(&settings, "uwsgi", "worker");
    started.threads = match settings.count("threads", "threads", problems) {
        Some(count) if count.value == Bound::ZERO => Count::new(Bound::ONE, count.trail),
        Some(count) => count,
        None => command.default(1, "uWSGI threads"),
    };
    started.concurrency = cores(&settings, &started.threads, problems);
    started.request_timeout = settings.count("harakiri_options.workers", "seconds", problems);
    started.development = settings.last("auto_reload").map(|setting| setting.name.trail());
    let refused = command.count_when_refused(&settings.refusals, "workers");
    started.processes = refused.or_else(|| bad_cheaper(&settings, &workers, problems)).unwrap_or(workers);
    outcome.started.push(started);
    // They run what the application hands them, one at a time.
    for (program, word, count) in [
        ("uwsgi mules", "mule", settings.mules(problems)),
        ("uwsgi spoolers", "spooler", settings.spoolers(problems)),
    ] {
        if let Some(processes) = count {
            let concurrency = Count::new(Bound::ONE, processes.trail.clone());
            outcome.started.push(Started { processes, concurrency, ..process(&settings, program, word) });
        }
    }
    outcome.unknown.extend(not_known(&settings));
    outcome.beside.extend(settings.all("attach-daemon").filter_map(|setting| setting.value.clone()));
    outcome
}

/// A process with the application loaded.
fn process(settings: &Settings<'_>, program: &'static str, word: &'static str) -> Started {
    let command = settings.command;
    let mut started = command.started(program, word, None);
    if let Some(folder) = settings.text("chdir") {
        started.working_dir = command.folder(folder.as_str());
    }
    for name in ["env", "setenv"] {
        for text in settings.all(name).filter_map(|setting| settings.known(setting)) {
            if let Some((name, value)) = text.split_once('=') {
                started.environment.set(name.as_str(), value);
            }
        }
    }
    // It puts the folder it is in at the head of the path, and its own options in front of that.
    started.python_path.insert(0, started.working_dir.clone());
    for name in ["pythonpath", "python-path", "pp"] {
        for folder in settings.all(name).filter_map(|setting| settings.known(setting)) {
            let folder = crate::source::TreePath::new(&started.working_dir).join(folder.as_str()).to_string();
            started.python_path.insert(0, folder);
        }
    }
    let mut loaded = applications(settings);
    for list in ["shared_import_list", "import_list"] {
        loaded.extend(imports(settings, list));
    }
    if program == "uwsgi spoolers" {
        loaded.extend(imports(settings, "spooler_import_list"));
    }
    let mut loaded = loaded.into_iter();
    started.entry = loaded.next();
    started.imports = loaded.collect();
    started
}

/// `module = app:callable`, `wsgi-file = app.py`, `mount = /=app:callable`: a process loads all of them
/// (plugins/python/python_plugin.c, `uwsgi_python_init_apps`; core/uwsgi.c, `uwsgi_init_all_apps`).
fn applications(settings: &Settings<'_>) -> Vec<Entry> {
    let callable = settings.text("callable");
    let attribute = callable.as_ref().map_or("application", Text::as_str);
    let module = settings.text("wsgi_config").map(|module| Entry::module(&module, Some(attribute)));
    let file = settings.text("file_config").map(|path| Entry::Script { path });
    let mounted = settings.all("mounts").filter_map(|setting| {
        let (_, target) = settings.known(setting)?.split_once('=')?;
        let is_file = matches!(target.as_str().rsplit_once('.'), Some((_, "py" | "wsgi")));
        Some(if is_file { Entry::Script { path: target } } else { Entry::module(&target, Some(attribute)) })
    });
    module.into_iter().chain(file).chain(mounted).collect()
}

/// `import = module`, `import = file.py` (plugins/python/python_plugin.c).
fn imports(settings: &Settings<'_>, list: &str) -> Vec<Entry> {
    let import = |text: Text| {
        let is_file = text.as_str().contains('/') || text.as_str().strip_suffix(".py").is_some();
        if is_file { Entry::Script { path: text } } else { Entry::Module { module: text, attribute: None } }
    };
    settings.all(list).filter_map(|setting| settings.known(setting)).map(import).collect()
}

/// What it loads and of which the name is not known.
fn not_known(settings: &Settings<'_>) -> Vec<Unread> {
    let lists = ["mounts", "shared_import_list", "import_list", "spooler_import_list"];
    let unknown = |setting: &Setting| {
        let value = settings.expanded(setting).filter(|value| value.known().is_none())?;
        let why = format!("which code {} loads is not known: {}", setting.name, value.why());
        Some(Unread::new(why, value.trail()))
    };
    lists.iter().flat_map(|list| settings.all(list)).filter_map(unknown).collect()
}

/// What a worker serves at once: its threads where there are several, else its asynchronous cores (core/init.c).
fn cores(settings: &Settings<'_>, threads: &Count, problems: &mut Vec<Problem>) -> Count {
    match threads.value {
        Bound::Exactly(0 | 1) => match settings.count("async", "cores", problems) {
            Some(count) if count.value != Bound::ZERO => count,
            _ => threads.clone(),
        },
        _ => threads.clone(),
    }
}

/// uWSGI does not start where the fewest are not fewer than the most (core/init.c).
fn bad_cheaper(settings: &Settings<'_>, workers: &Count, problems: &mut Vec<Problem>) -> Option<Count> {
    let fewest = settings.count("cheaper_count", "workers", problems)?;
    let (Bound::Exactly(least), Bound::Exactly(most)) = (&fewest.value, &workers.value) else { return None };
    if *least == 0 || least < most {
        return None;
    }
    let message = "invalid cheaper value: must be lower than processes";
    let why = format!("{} does not start: {message}", settings.command.name);
    let at = Text::traced("", fewest.trail);
    problems.extend(settings.command.problem(ProblemKind::RefusedArgument, &at, why.clone()));
    Some(Count::new(Bound::unknown("workers", why), at.trail()))
}

/// The number that C's `atoi` finds in `text`: digits at its beginning, and none where there are none.
fn atoi(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = &digits[..end];
    if digits.is_empty() { 0 } else { digits.parse::<i64>().map_or(i64::MAX, |number| sign * number) }
}

/// The count that uWSGI makes of a value; `Err` where it refuses it.
fn count_of(value: &Value, symbol: &str) -> Result<Count, Text> {
    match value {
        Value::Known(text) => match u64::try_from(atoi(text.as_str())) {
            Ok(number) => Ok(Count::new(Bound::Exactly(number), text.trail())),
            Err(_) => Err(text.clone()),
        },
        Value::Partly { prefix, rest } if prefix.is_empty() => {
            Ok(Count::new(super::command::named(&rest.value, symbol), rest.trail.clone()))
        }
        Value::Partly { rest, .. } => Ok(Count::new(Bound::unknown(symbol, value.why()), rest.trail.clone())),
    }
}
