//! What a worker class makes of threads and connections (facts, B1 and D2).

use crate::program::Value;
use crate::program::command::Command;
use crate::trace::{Bound, Count, Text};

/// How a worker serves requests.
pub(super) enum Worker {
    /// One after the other.
    Sync,
    /// One per thread.
    Threads,
    /// One per greenlet, up to `worker_connections`.
    Greenlets,
    /// As many as come.
    Async,
    /// A class that is not known.
    Unknown(Value),
    /// `sync`, or `gthread` where there is more than one thread; how many there are is not known.
    SyncOrThreads,
}

impl Worker {
    /// The worker that `class` names. With more than one thread `sync` becomes `gthread` (config.py, 27.0.1).
    pub(super) fn of(class: &Value, threads: &Count, command: &Command<'_>) -> Self {
        let Some(text) = class.known() else { return Self::Unknown(class.clone()) };
        match Self::named(text.as_str(), class, threads) {
            // A class of the project's own works as the one that it is made from.
            Self::Unknown(_) => command
                .ancestry(text)
                .into_iter()
                .map(|name| Self::named(&name, class, threads))
                .find(|worker| !matches!(worker, Self::Unknown(_)))
                .unwrap_or_else(|| Self::Unknown(class.clone())),
            worker => worker,
        }
    }

    fn named(name: &str, class: &Value, threads: &Count) -> Self {
        let name = name.strip_prefix("egg:gunicorn#").unwrap_or(name).trim_start_matches('#');
        match name {
            _ if name == "sync" || name.ends_with("SyncWorker") => match threads.value.number() {
                Some(0 | 1) => Self::Sync,
                Some(_) => Self::Threads,
                None => Self::SyncOrThreads,
            },
            "gthread" | "gunicorn.workers.gthread.ThreadWorker" => Self::Threads,
            "gevent" | "gevent_wsgi" | "gevent_pywsgi" | "eventlet" => Self::Greenlets,
            _ if name.starts_with("gunicorn.workers.ggevent.")
                || name.starts_with("gunicorn.workers.geventlet.") =>
            {
                Self::Greenlets
            }
            "tornado"
            | "asgi"
            | "gunicorn.workers.gtornado.TornadoWorker"
            | "gunicorn.workers.gasgi.ASGIWorker" => Self::Async,
            _ if ["uvicorn.workers.", "uvicorn_worker.", "aiohttp."]
                .iter()
                .any(|known| name.starts_with(known)) =>
            {
                Self::Async
            }
            _ => Self::Unknown(class.clone()),
        }
    }

    /// The threads that it runs, of those it was given.
    pub(super) fn threads(&self, given: Count, command: &Command<'_>) -> Count {
        match self {
            Self::Threads | Self::SyncOrThreads | Self::Unknown(_) => given,
            Self::Sync | Self::Greenlets | Self::Async => command.default(1, "gunicorn threads"),
        }
    }

    /// How many requests it serves at once.
    pub(super) fn concurrency(&self, threads: &Count, connections: &Count, command: &Command<'_>) -> Count {
        match self {
            Self::Sync => command.default(1, "gunicorn worker_class"),
            Self::Threads | Self::SyncOrThreads => threads.clone(),
            Self::Greenlets => connections.clone(),
            Self::Async => Count::new(Bound::Unbounded, command.name.trail()),
            Self::Unknown(class) => {
                let at = class.known().cloned().unwrap_or_else(|| Text::traced("", class.trail()));
                let why = match class {
                    Value::Known(name) => format!("the worker class {name} is not known"),
                    Value::Partly { .. } => format!("the worker class is not known: {}", class.why()),
                };
                command.unknown("requests", &why, &at)
            }
        }
    }
}
