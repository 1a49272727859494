//! A project and its services, as a platform's own files describe them, before images are looked into.

use std::ops::RangeInclusive;

use indexmap::IndexMap;

use crate::source::{Span, TreePath};
use crate::trace::{Count, Problem, Text, Trail};

/// What is started together: one compose project, or the files of a folder without compose.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its compose files joined by `+`, or the file that says what runs.
    pub name: String,
    /// The folder that relative paths are seen from.
    pub folder: TreePath,
    /// Why this is a deployment of its own, for `inputs`: "found by itself", "laid over docker-compose.yml".
    pub why: String,
    /// Every file that was read for it, in reading order.
    pub files: Vec<TreePath>,
    /// The services that are started, in the order of their first file.
    pub services: Vec<Service>,
    /// What was wrong in those files.
    pub problems: Vec<Problem>,
}

/// One service: a command, run as one or more containers or processes.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, at the place that defines it.
    pub name: Text,
    /// The image it runs, `None` when it is only built.
    pub image: Option<Text>,
    /// How its image is built, when it is.
    pub build: Option<Build>,
    /// How the image that it only names is built, where these files say that.
    pub built_as: Option<Build>,
    /// The entrypoint's words; `None` leaves the image's own, an empty list takes it away.
    pub entrypoint: Option<Vec<Text>>,
    /// The command's words; `None` leaves the image's own, an empty list takes it away.
    pub command: Option<Vec<Text>>,
    /// Its variables by name, after `env_file`, interpolation and precedence.
    pub environment: IndexMap<String, Variable>,
    /// `env_file`s that are not there and for which no example stands in: any variable may be set in them.
    pub unread_env_files: Vec<Span>,
    /// What starts it where that is told its variables elsewhere: Heroku's config vars.
    pub config_vars: Option<Span>,
    /// The folder inside the container that the command starts in.
    pub working_dir: Option<Text>,
    /// How many of it run.
    pub replicas: Count,
    /// How many more of it stand beside the old ones while it is replaced; `None` where the old ones are stopped first.
    pub rollout: Option<Count>,
    /// Where another service waits for it to end: it is there only before the others are.
    pub ends: Option<Trail>,
    /// The CPUs it may use, where a limit is set: `cpus`, `deploy.resources.limits.cpus`.
    pub cpus: Option<Text>,
    /// The memory it may use, where a limit is set: `mem_limit`, `deploy.resources.limits.memory`.
    pub memory: Option<Text>,
    /// Its profiles.
    pub profiles: Vec<Text>,
    /// The names under which other services reach it, its own among them.
    pub hostnames: Vec<String>,
    /// The ports of the machine under which it is reached from anywhere.
    pub published: Vec<RangeInclusive<u16>>,
    /// Whether it is in the machine's own network: `localhost` is the machine.
    pub on_machine: bool,
    /// Files and folders of the tree that are mounted into it.
    pub mounts: Vec<Mount>,
    /// Files whose text stands in the platform's own file, each with the path at which the service sees it.
    pub texts: Vec<(String, Text)>,
}

/// A variable of a container.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, where it is set.
    pub name: Text,
    /// Its value; `None` is a name without value, which the shell that starts compose may give.
    pub value: Option<Text>,
}

/// How an image is built.
#[derive(Clone, Debug)]
pub struct Build {
    /// The context as written, with its place.
    pub context: Text,
    /// The context's folder in the tree; `None` for a URL, whose files are not here.
    pub folder: Option<TreePath>,
    /// The Dockerfile's path as written or by default `Dockerfile`; `None` with `dockerfile_inline`.
    pub dockerfile: Option<Text>,
    /// The text of a `dockerfile_inline`.
    pub inline: Option<Text>,
    /// The stage that is built, the last one by default.
    pub target: Option<Text>,
    /// Build arguments by name.
    pub args: IndexMap<String, Variable>,
}

/// A file or folder of the tree that a container sees at a path of its own.
#[derive(Clone, Debug)]
pub struct Mount {
    /// What is mounted.
    pub source: TreePath,
    /// Where the container sees it.
    pub target: String,
    /// Where that is written.
    pub place: Span,
}
