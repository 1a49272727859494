//! Budgets of small deployments, for tests: the places are real places of files in memory.

use crate::client::{Demand, Made, Pool, Url};
use crate::deployment::{Deployment, Group, Overlap, Placed, Server, Target};
use crate::source::{Memory, Sources, Span, TreePath};
use crate::trace::{Bound, Count, How, Origin, Problem, Text, Traced, Trail, Unknown};

use super::{Budget, Policy};

/// A deployment under construction over files in memory.
pub(crate) struct Sample {
    pub(crate) sources: Sources,
    pub(crate) deployment: Deployment,
}

impl Sample {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let paths: Vec<TreePath> = files.iter().map(|(path, _)| TreePath::new(path)).collect();
        let sources = Sources::new(Memory::new(files.iter().copied()));
        let name = paths[0].to_string();
        let (servers, groups, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            sources,
            deployment: Deployment { name, files: paths, servers, poolers: Vec::new(), groups, problems },
        }
    }

    /// The first place of `text` behind `before` in a file.
    pub(crate) fn at(&self, path: &str, before: &str, text: &str) -> Span {
        let file = self.sources.load(&TreePath::new(path)).unwrap();
        let from = file.text.find(before).unwrap() + before.len();
        let start = from + file.text[from..].find(text).unwrap();
        file.at(start..start + text.len())
    }

    /// The number behind `before`.
    pub(crate) fn count(&self, path: &str, before: &str, text: &str) -> Count {
        Count::written(Bound::Exactly(text.parse().unwrap()), self.at(path, before, text))
    }

    pub(crate) fn default(number: u64, of: &'static str, implied_at: Option<Span>) -> Count {
        Traced::new(Bound::Exactly(number), Trail::default_of(of, implied_at))
    }

    /// A PostgreSQL of the compose file whose limit nobody sets.
    pub(crate) fn server(&mut self, name: &str, image: &str) {
        let path = self.deployment.files[0].to_string();
        let place = self.at(&path, "image: ", image);
        let limit = Self::default(100, "PostgreSQL max_connections", Some(place));
        self.deployment.servers.push(Server {
            name: name.to_owned(),
            place: Some(self.at(&path, "", &format!("{name}:"))),
            version: Some(Text::decoded(image, place)),
            max_connections: limit,
            superuser_reserved: Self::default(3, "PostgreSQL superuser_reserved_connections", Some(place)),
            reserved: Self::default(0, "PostgreSQL reserved_connections", Some(place)),
            details: crate::deployment::Details::default(),
        });
    }

    pub(crate) fn group(&mut self, name: &str, processes: Count, pools: Vec<Pool>) -> &mut Group {
        let concurrency = Traced::new(Bound::Unbounded, Trail::default_of("asyncio concurrency", None));
        self.deployment.groups.push(Group {
            name: name.to_owned(),
            program: Some("gunicorn"),
            process_word: "worker",
            replicas: Self::default(1, "compose replicas", None),
            processes,
            alternatives: Vec::new(),
            command: None,
            threads: Self::default(1, "gunicorn threads", None),
            concurrency,
            request_timeout: None,
            development: None,
            engines: Self::default(1, "engines", None),
            overlap: Overlap::default(),
            pools: pools.into_iter().map(|pool| Placed { pool, target: Target::Server(0) }).collect(),
            left: Vec::new(),
        });
        self.deployment.groups.last_mut().unwrap()
    }

    pub(crate) fn pool(name: &str, size: Count, overflow: Count, place: Span) -> Pool {
        Pool {
            name: name.to_owned(),
            kind: "sqlalchemy.QueuePool",
            ceiling: size.value.clone() + overflow.value.clone(),
            size: Some(size),
            overflow: Some(overflow),
            demand: Demand::ByTask { minimum: 0 },
            url: Url::Known(Text::decoded("postgresql://forge:forge@db:5432/forge", place)),
            place: Some(place),
            made: Made::Once,
            settings: Vec::new(),
        }
    }

    pub(crate) fn budget(&self) -> Budget {
        Budget::of(&self.deployment, &Policy::default())
    }
}

const COMPOSE: &str = "services:
  app:
    build: .
    environment:
      DATABASE_URL: postgresql://forge:forge@db:5432/forge
  db:
    image: postgres:14
";

const BEFORE_DOCKERFILE: &str = r#"FROM python:3.12-slim
WORKDIR /app
COPY . .
CMD ["gunicorn", "app.main:app", "-k", "uvicorn.workers.UvicornWorker", "--workers", "10", "--bind", "0.0.0.0:8000", "--timeout", "120", "--graceful-timeout", "30", "--keep-alive", "5", "--access-logfile", "-"]
"#;

const BEFORE_DATABASE: &str = r#"import os

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

POOL_SIZE = 5
MAX_OVERFLOW = 10
URL = os.environ["DATABASE_URL"]

engine = create_engine(
    URL,
    pool_size=POOL_SIZE,
    max_overflow=MAX_OVERFLOW,
)

async_engine = create_async_engine(
    URL.replace("postgresql://", "postgresql+asyncpg://"),
    pool_size=POOL_SIZE,
    max_overflow=MAX_OVERFLOW,
)
"#;

const AFTER_DOCKERFILE: &str = r#"FROM python:3.12-slim
ENV WORKERS=5
ENV DB_POOL_SIZE=3
ENV DB_MAX_OVERFLOW=2
COPY . .
CMD ["sh", "-c", "gunicorn app.main:app -k uvicorn.workers.UvicornWorker --workers ${WORKERS:-5}"]
"#;

const AFTER_DATABASE: &str = r#"pool_size = int(os.getenv("DB_POOL_SIZE", "3"))
max_overflow = int(os.getenv("DB_MAX_OVERFLOW", "2"))
engine = create_engine(URL, pool_size=pool_size, max_overflow=max_overflow)
async_engine = create_async_engine(URL, pool_size=pool_size, max_overflow=max_overflow)
"#;

const DATABASE: &str = "app/core/database.py";

/// 10 × 2 × (5 + 10) = 300.
pub(crate) fn before() -> Sample {
    let files =
        [("docker-compose.yml", COMPOSE), ("Dockerfile", BEFORE_DOCKERFILE), (DATABASE, BEFORE_DATABASE)];
    let mut sample = Sample::new(&files);
    sample.server("db", "postgres:14");
    let setting = |before: &str, text: &str, keyword: &str| {
        sample.count(DATABASE, before, text).then(Origin::at(How::Assigned, sample.at(DATABASE, "", keyword)))
    };
    let (size, overflow) = (
        setting("POOL_SIZE = ", "5", "pool_size=POOL_SIZE"),
        setting("MAX_OVERFLOW = ", "10", "max_overflow=MAX_OVERFLOW"),
    );
    let pools = vec![
        Sample::pool(
            "engine",
            size.clone(),
            overflow.clone(),
            sample.at(DATABASE, "engine = ", "create_engine"),
        ),
        Sample::pool(
            "async_engine",
            size,
            overflow,
            sample.at(DATABASE, "async_engine = ", "create_async_engine"),
        ),
    ];
    let workers = sample.count("Dockerfile", "--workers\", \"", "10");
    sample.group("app", workers, pools);
    sample
}

/// 5 × 2 × (3 + 2) = 50, through variables.
pub(crate) fn after() -> Sample {
    let files =
        [("docker-compose.yml", COMPOSE), ("Dockerfile", AFTER_DOCKERFILE), (DATABASE, AFTER_DATABASE)];
    let mut sample = Sample::new(&files);
    sample.server("db", "postgres:14");
    let setting = |name: &str, number: &str| {
        let read = sample.at(DATABASE, "", &format!("os.getenv(\"{name}\""));
        sample.count("Dockerfile", &format!("{name}="), number).then(Origin::at(How::Read, read))
    };
    let (size, overflow) = (setting("DB_POOL_SIZE", "3"), setting("DB_MAX_OVERFLOW", "2"));
    let pools = vec![
        Sample::pool(
            "engine",
            size.clone(),
            overflow.clone(),
            sample.at(DATABASE, "engine = ", "create_engine"),
        ),
        Sample::pool(
            "async_engine",
            size,
            overflow,
            sample.at(DATABASE, "async_engine = ", "create_async_engine"),
        ),
    ];
    let interpolated = Origin::at(How::Interpolated, sample.at("Dockerfile", "--workers ", "${WORKERS:-5}"));
    let workers = sample.count("Dockerfile", "WORKERS=", "5").then(interpolated);
    sample.group("app", workers, pools);
    sample
}

/// Eight sync workers with SQLAlchemy's default pool, and a queue of which nobody knows how many processes it has.
pub(crate) fn mixed() -> Sample {
    let compose = "services:
  web:
    build: .
    command: gunicorn --workers 8 app:app
  jobs:
    build: .
    command: celery -A jobs worker
  db:
    image: postgres:16
";
    let python = "engine = create_engine(URL)\n";
    let mut sample = Sample::new(&[("compose.yaml", compose), ("app.py", python)]);
    sample.server("db", "postgres:16");
    let place = sample.at("app.py", "", "create_engine");
    let pool = || {
        let (size, overflow) = ("SQLAlchemy pool_size", "SQLAlchemy max_overflow");
        Sample::pool(
            "engine",
            Sample::default(5, size, Some(place)),
            Sample::default(10, overflow, Some(place)),
            place,
        )
    };
    let workers = sample.count("compose.yaml", "--workers ", "8");
    let web = sample.group("web", workers, vec![pool()]);
    web.concurrency = Sample::default(1, "gunicorn sync worker", None);
    let celery = sample.at("compose.yaml", "command: celery -A jobs ", "worker");
    let cpus =
        Bound::unknown("CPUs", "celery starts a process for each CPU, and no file says how many there are");
    let children = Traced::new(cpus, Trail::default_of("celery concurrency", Some(celery)));
    let jobs = sample.group("jobs", children, vec![pool()]);
    (jobs.process_word, jobs.program) = ("child", Some("celery"));
    jobs.concurrency = Sample::default(1, "celery prefork child", None);
    sample
}

/// What no sample has: a pool without limit, a pool that dials nobody knows where, and problems.
pub(crate) fn broken(sample: &mut Sample, problem: Problem) {
    let place = sample.at(DATABASE, "engine = ", "create_engine");
    let unbounded = Traced::written(Bound::Unbounded, place);
    let mut pool =
        Sample::pool("wild", Sample::default(5, "SQLAlchemy pool_size", Some(place)), unbounded, place);
    pool.ceiling = Bound::Unbounded;
    let mut lost = Sample::pool(
        "lost",
        Sample::default(5, "SQLAlchemy pool_size", None),
        Sample::default(10, "SQLAlchemy max_overflow", None),
        place,
    );
    let why = "the URL is put together from variables that nothing sets".into();
    lost.url = Url::Unknown(Unknown { floor: 0, term: None, why });
    let pools = &mut sample.deployment.groups[0].pools;
    pools.push(Placed { pool, target: Target::Server(0) });
    pools.push(Placed { pool: lost, target: Target::Unknown });
    sample.deployment.problems.push(problem);
}
