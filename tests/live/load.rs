//! A deployment's own programs against real servers: its poolers read its own files, its clients run its own commands, and
//! what its servers count is held against what connbudget says.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stage::{Client, Counter, Stage, told};
use crate::support::connbudget;

/// So long a slow machine may take from one connection to the next.
const PATIENCE: Duration = Duration::from_secs(20);
/// So often a server is asked once more after that, to see whether there are still more.
const MORE: usize = 10;

/// A server under load.
pub(crate) struct Measured {
    pub(crate) server: String,
    /// What connbudget says is reached.
    pub(crate) reachable: u64,
    /// What connbudget says its settings allow.
    pub(crate) ceiling: u64,
    /// The most that the server had.
    pub(crate) peak: u64,
}

/// What a service of a deployment is.
struct Service {
    name: String,
    image: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    replicas: u64,
}

impl Service {
    fn is_server(&self) -> bool {
        self.image.starts_with("postgres:")
    }

    fn is_pooler(&self) -> bool {
        self.image.contains("pgbouncer")
    }

    /// The server whose replica it is: `-c primary_conninfo=host=primary …`.
    fn primary(&self) -> Option<&str> {
        let setting = self.command.iter().find_map(|word| word.strip_prefix("primary_conninfo=host="))?;
        setting.split(' ').next()
    }

    /// Servers before poolers, a primary before its replica; a pooler behind the ones that it dials.
    fn order(&self, folder: &Path) -> usize {
        match self.primary() {
            _ if self.is_server() && self.primary().is_none() => 0,
            Some(_) => 1,
            None => 2 + usize::from(ini(folder, &self.name).contains("port=6432")),
        }
    }
}

/// The file of the pooler `name`.
fn ini(folder: &Path, name: &str) -> String {
    let own = folder.join(format!("{name}.ini"));
    let path = if own.exists() { own } else { folder.join("pgbouncer.ini") };
    std::fs::read_to_string(path).expect("a pooler has its file")
}

fn services(deployment: &str) -> Vec<Service> {
    let inputs = report(deployment, &["inputs", "--show-values", "--format", "json"]);
    let services = inputs["deployments"][0]["services"].as_object().expect("a deployment has services");
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let service = |(name, service): (&String, &Value)| Service {
        name: name.clone(),
        image: text(&service["image"]),
        command: service["command"].as_array().into_iter().flatten().map(text).collect(),
        environment: service["environment"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect(),
        replicas: service["replicas"].as_u64().expect("replicas are a number"),
    };
    services.iter().map(service).collect()
}

fn report(deployment: &str, arguments: &[&str]) -> Value {
    let run = connbudget(&format!("tests/live/deployments/{deployment}"), arguments);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// Runs `deployment` until its servers have what connbudget says they get, and somewhat longer.
pub(crate) fn measure(deployment: &str, base: &Path) -> Result<Vec<Measured>, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/deployments").join(deployment);
    let folder = base.join(deployment);
    let mut services = services(deployment);
    services.sort_by_key(
        |service| if service.is_server() || service.is_pooler() { service.order(&source) } else { 9 },
    );
    let (started, clients): (Vec<_>, Vec<_>) =
        services.into_iter().partition(|service| service.is_server() || service.is_pooler());
    for service in &started {
        lay_out(service, &source, &folder.join(&service.name));
    }
    let names: Vec<String> = started.iter().map(|service| service.name.clone()).collect();
    let stage = Stage::set(&folder, &names, &base.join("template"))?;
    let budget = report(deployment, &["budget", "--format", "json"]);
    let mut measured = said(&budget);
    let mut counters: Vec<Counter> = measured.iter().map(|one| Counter::of(&stage, &one.server)).collect();
    let mut running: Vec<Client> =
        clients.iter().flat_map(|client| start(client, &source, &folder, &stage)).collect();
    let mut grown = Instant::now();
    let mut more = MORE;
    while more > 0 {
        for (one, counter) in measured.iter_mut().zip(&mut counters) {
            let now = counter.count();
            if now > one.peak {
                (one.peak, grown) = (now, Instant::now());
            }
        }
        for client in &mut running {
            if let Some(status) = client.0.try_wait().expect("a client can be asked") {
                let log = std::fs::read_to_string(folder.join("clients.log")).unwrap_or_default();
                return Err(format!("a client has ended, {status}: {log}"));
            }
        }
        if measured.iter().all(|one| one.peak >= one.reachable) {
            more -= 1;
        } else if grown.elapsed() > PATIENCE {
            break;
        }
    }
    Ok(measured)
}

/// What connbudget says of each server.
fn said(budget: &Value) -> Vec<Measured> {
    let servers = budget["deployments"][0]["servers"].as_array().expect("a deployment has servers");
    let number = |server: &Value, key: &str| server[key].as_u64().expect(key);
    let one = |server: &Value| Measured {
        server: server["name"].as_str().expect("a server has a name").to_owned(),
        reachable: number(server, "reachable"),
        ceiling: number(server, "ceiling"),
        peak: 0,
    };
    servers.iter().map(one).collect()
}

/// Writes what `up` needs of a server or pooler.
fn lay_out(service: &Service, source: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder can be made");
    let write =
        |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file can be written");
    let copy = |name: &str| {
        std::fs::copy(source.join(name), folder.join(name)).expect("a file of the deployment can be copied");
    };
    if service.is_pooler() {
        write("pgbouncer.ini", &ini(source, &service.name));
        copy("userlist.txt");
        return;
    }
    let mut arguments: Vec<&str> = service.command.iter().skip(1).map(String::as_str).collect();
    if let Some(primary) = service.primary() {
        write("primary", &format!("{primary}\n"));
        // The copy says where it is from by itself.
        let at =
            arguments.iter().position(|word| word.starts_with("primary_conninfo")).expect("it is a replica");
        arguments.drain(at - 1..=at);
    } else {
        copy("init.sql");
    }
    write("arguments", &(arguments.join("\n") + "\n"));
}

/// The Python that the clients run in: looking for it takes long enough to do it once.
static PYTHON: OnceLock<String> = OnceLock::new();

/// Starts the replicas of a client.
fn start(service: &Service, source: &Path, folder: &Path, stage: &Stage) -> Vec<Client> {
    let log = || {
        let file = std::fs::File::options().create(true).append(true).open(folder.join("clients.log"));
        file.expect("a log can be written")
    };
    assert_eq!(service.command.first().map(String::as_str), Some("python"), "clients are Python programs");
    let python = PYTHON.get_or_init(|| told("python"));
    let start = |_| {
        let environment =
            service.environment.iter().map(|(name, value)| (name.clone(), stage.addressed(value)));
        let child = Command::new(python)
            .args(&service.command[1..])
            .current_dir(source)
            .env_clear()
            .envs(environment)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn();
        Client(child.expect("Python can be started"))
    };
    (0..service.replicas).map(start).collect()
}
