//! Pgpool-II: `num_init_children` processes take a client each, and each keeps `max_pool` connections to every backend
//! (<https://www.pgpool.net/docs/latest/en/html/runtime-config-connection-pooling.html>).

use super::other::Found;
use super::{Database, Pooler};
use crate::program::Value;
use crate::program::command::{named, variable};
use crate::source::Span;
use crate::trace::{Bound, Count, Text, Trail, count_from};

/// Where images have their file.
const PLACES: [&str; 6] = [
    "/etc/pgpool2/pgpool.conf",
    "/config/pgpool.conf",
    "/etc/pgpool-II/pgpool.conf",
    "/etc/pgpool/pgpool.conf",
    "/usr/local/etc/pgpool.conf",
    "/opt/pgpool-II/etc/pgpool.conf",
];

/// What decides its numbers.
struct Settings {
    children: Option<Value>,
    pool: Option<Value>,
    /// Each backend's host and port.
    backends: Vec<(Value, Option<Value>)>,
    /// `max_pool` where nothing sets it (4; bitnami's image has 15).
    default_pool: u64,
    place: Option<Span>,
}

/// Reads the variables of bitnami's image, or the file.
pub(super) fn read(found: &Found<'_>) -> Pooler {
    let is_bitnami = found.image.is_some_and(|image| image.as_str().contains("bitnami"));
    if is_bitnami {
        return by_variables(found);
    }
    let word = |at: usize, words: &[Value]| words.get(at).and_then(Value::as_str).map(str::to_owned);
    let named = found.call.as_ref().and_then(|call| {
        let at = call.words.iter().position(|word| matches!(word.as_str(), Some("-f" | "--config-file")))?;
        word(at + 1, &call.words)
    });
    let places = PLACES.iter().map(|place| (*place).to_owned());
    let mut places = named.into_iter().chain(places);
    let path = places.find_map(|inside| found.container.files.locate(found.sources, &inside));
    let Some(file) = path.as_ref().and_then(|path| found.sources.load_lossy(path).ok()) else {
        return found.unread("Pgpool-II reads a pgpool.conf, which is not among these files");
    };
    let lines = (0..file.lines()).filter_map(|line| Some(Text::verbatim(&file, file.line_range(line)?)));
    let pairs: Vec<(Text, Text)> = lines.filter_map(|line| pair(&line)).collect();
    let last = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key.as_str().eq_ignore_ascii_case(name));
        found.map(|(_, value)| Value::Known(value.clone()))
    };
    let hosts = pairs.iter().filter_map(|(key, value)| {
        let number = key.strip_prefix("backend_hostname")?;
        (!value.is_empty()).then(|| (Value::Known(value.clone()), last(&format!("backend_port{number}"))))
    });
    let place = file.line_range(0).map(|line| file.at(line));
    let settings = Settings {
        children: last("num_init_children"),
        pool: last("max_pool"),
        backends: hosts.collect(),
        default_pool: 4,
        place,
    };
    let mut pooler = settings.pooler(found);
    pooler.read.extend(path);
    pooler
}

/// `key = 'value' # comment`.
fn pair(line: &Text) -> Option<(Text, Text)> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() || key.as_str().starts_with('#') {
        return None;
    }
    let value = match value.strip_prefix("'") {
        Some(quoted) => quoted.slice(0..quoted.as_str().find('\'').unwrap_or(quoted.len())),
        None => value.slice(0..value.as_str().find('#').unwrap_or(value.len())).trim(),
    };
    Some((key, value))
}

/// bitnami/containers@043f89c `libpgpool.sh`, @270fef7 `pgpool-env.sh`.
fn by_variables(found: &Found<'_>) -> Pooler {
    let get = |name: &str| {
        let value = variable(&found.container.environment, name);
        value.filter(|value| value.is_empty() != Some(true))
    };
    if get("PGPOOL_USER_CONF_FILE").is_some() {
        return found.unread("PGPOOL_USER_CONF_FILE adds settings that are not read");
    }
    let backends = match get("PGPOOL_BACKEND_NODES") {
        Some(Value::Known(nodes)) => {
            nodes.as_str().split([',', ';']).filter_map(|node| backend(&nodes, node)).collect()
        }
        Some(unknown) => vec![(unknown, None)],
        None => Vec::new(),
    };
    let settings = Settings {
        children: get("PGPOOL_NUM_INIT_CHILDREN"),
        pool: get("PGPOOL_MAX_POOL"),
        backends,
        default_pool: 15,
        place: found.image.and_then(Text::span),
    };
    settings.pooler(found)
}

/// `0:host:5432`, a weight and a flag behind.
fn backend(nodes: &Text, node: &str) -> Option<(Value, Option<Value>)> {
    let mut parts = node.split(':').skip(1).map(|part| Value::Known(nodes.slice_of(part.trim())));
    Some((parts.next()?, parts.next()))
}

impl Settings {
    fn pooler(self, found: &Found<'_>) -> Pooler {
        let children = self.count(self.children.as_ref(), 32, "Pgpool-II num_init_children");
        let pool = self.count(self.pool.as_ref(), self.default_pool, "Pgpool-II max_pool");
        let most = Count::new(children.value.clone() * pool.value, children.trail.clone());
        let mut pooler = Pooler::new("pgpool", found.processes.clone());
        pooler.mode = Some(Text::traced(
            "session",
            Trail::default_of("Pgpool-II, which keeps a session's connection", self.place),
        ));
        pooler.max_client_conn = children;
        pooler.default_pool_size = most.clone();
        // Whoever logs in, all together are no more.
        pooler.max_db_connections = Some(most.clone());
        let database = |(host, port): (Value, Option<Value>)| Database {
            name: Text::traced("*", host.trail()),
            place: host.span(),
            host: Some(host),
            port,
            dbname: None,
            user: None,
            pool_size: None,
            reserve_pool_size: None,
            max_db_connections: None,
            pool_mode: None,
            auth_query: None,
        };
        pooler.databases = self.backends.into_iter().map(database).collect();
        pooler
    }

    fn count(&self, value: Option<&Value>, default: u64, setting: &'static str) -> Count {
        match value {
            None => Count::new(Bound::Exactly(default), Trail::default_of(setting, self.place)),
            Some(Value::Partly { rest, .. }) => {
                Count::new(named(&rest.value, "connections"), rest.trail.clone())
            }
            Some(Value::Known(text)) => match count_from(text) {
                Ok(number) => Count::new(Bound::Exactly(number), text.trail()),
                Err(flaw) => Count::new(
                    Bound::unknown("connections", format!("{setting} {}", flaw.words())),
                    text.trail(),
                ),
            },
        }
    }
}
