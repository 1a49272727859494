//! gunicorn: its settings from the command line, `GUNICORN_CMD_ARGS`, a configuration file and `WEB_CONCURRENCY`
//! (facts, B1), and the processes and threads that they make.

mod file;
mod settings;
mod traps;
mod worker;

use super::command::{Command, Outcome, Program};
use super::{Entry, Reload, Value};
use crate::trace::{How, Origin};
use settings::Settings;
use worker::Worker;

/// gunicorn, also as `python -m gunicorn`.
pub(super) const PROGRAM: Program =
    Program { name: "gunicorn", modules: &["gunicorn", "gunicorn.app.wsgiapp"], read };

fn read(command: &Command<'_>) -> Outcome {
    let mut settings = Settings::read(command);
    if settings.exits() {
        return Outcome::passing();
    }
    let mut outcome = Outcome::default();
    let mut started = command.started("gunicorn", "worker", entry(&settings));
    started.processes = settings.workers();
    let threads = settings.threads();
    let worker = Worker::of(&settings.worker_class(), &threads, command);
    let connections = settings.worker_connections();
    started.concurrency = worker.concurrency(&threads, &connections, command);
    // A sync worker says that it lives between two requests; every other kind does so during them (workers/sync.py and
    // gthread.py, 27.0.1). 0 is without end.
    started.request_timeout = matches!(worker, Worker::Sync)
        .then(|| settings.timeout())
        .filter(|timeout| timeout.value.number() != Some(0));
    if matches!(worker, Worker::Greenlets | Worker::Async) {
        settings.problems.extend(traps::threads(&threads, command));
    }
    started.threads = worker.threads(threads, command);
    started.development = settings.flag("reload");
    started.reload = Reload::StartsAll;
    started.preload = settings.flag("preload_app").filter(|_| !settings.disposes());
    if let Some(Value::Known(folder)) = settings.last("chdir") {
        started.working_dir = command.folder(folder.as_str());
    }
    // The folder is put in front when the settings are read, the paths before it when the application is loaded
    // (app/base.py, 27.0.1).
    started.python_path.insert(0, started.working_dir.clone());
    if let Some(Value::Known(paths)) = settings.last("pythonpath") {
        for path in paths.as_str().split(',') {
            let folder = crate::source::TreePath::new(&started.working_dir).join(path);
            started.python_path.insert(0, folder.to_string());
        }
    }
    for value in settings.raw_environment() {
        if let Some((name, value)) = value.split_once('=') {
            let step = command.name.used_at().map(|span| Origin::at(How::Environment, span));
            let value = step.map_or(value.clone(), |step| value.then(&step));
            started.environment.set(name.as_str(), value);
        }
    }
    // The first process ends as soon as the others are there (util.py, `daemonize`).
    outcome.detached = settings.flag("daemon").is_some();
    outcome.problems = settings.problems;
    outcome.started.push(started);
    outcome
}

fn entry(settings: &Settings<'_>) -> Option<Entry> {
    let target = settings.application()?;
    Some(Entry::module(target.known()?, Some("application")))
}

#[cfg(test)]
mod tests;
