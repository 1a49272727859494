//! What a command starts: how many processes and threads, and which code they run. Knows gunicorn, not compose.
//!
//! A new program is a file beside the others and a line in [`PROGRAMS`]; a new wrapper is a line in `launch::wrapper`.

#[cfg(test)]
mod answers;
pub mod argparse;
pub mod arguments;
mod arq;
mod bystander;
mod celery;
pub mod click;
mod command;
mod daphne;
mod django;
mod dramatiq;
mod fastapi;
mod flask;
mod getopt;
mod granian;
mod guest;
mod gunicorn;
mod huey;
mod hypercorn;
mod launch;
mod mod_wsgi;
pub mod pgbouncer;
pub mod postgres;
mod python;
mod rq;
mod sanic;
pub mod shell;
mod started;
mod streamlit;
mod taskiq;
mod uvicorn;
mod uwsgi;
mod value;
mod waitress;

pub use crate::python::Entry;
pub use command::{Command, Outcome, Program};
pub use launch::{Guest, Running, Stranger, run};
pub use started::{Reload, Started};
pub use value::Value;

/// Every program that is known.
pub const PROGRAMS: &[Program] = &[
    gunicorn::PROGRAM,
    uvicorn::PROGRAM,
    fastapi::PROGRAM,
    hypercorn::PROGRAM,
    granian::PROGRAM,
    celery::PROGRAM,
    dramatiq::PROGRAM,
    rq::PROGRAM,
    arq::PROGRAM,
    huey::PROGRAM,
    huey::SCRIPT,
    taskiq::PROGRAM,
    uwsgi::PROGRAM,
    daphne::PROGRAM,
    waitress::PROGRAM,
    mod_wsgi::PROGRAM,
    sanic::PROGRAM,
    streamlit::PROGRAM,
    flask::PROGRAM,
    django::MANAGE,
    django::ADMIN,
    guest::ALEMBIC,
    guest::AERICH,
    guest::YOYO,
    guest::FLYWAY,
    guest::PRISMA,
    guest::PYTEST,
    guest::PG_DUMP,
    guest::PG_RESTORE,
    guest::PG_BASEBACKUP,
];
