//! An entry as its file spells it.

use indexmap::IndexMap;
use serde::Deserialize;

use super::Formula;

/// What one program opens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// Its name, the same as its file's.
    pub name: String,
    /// Its name in words: "Keycloak". Origins begin with it.
    pub title: String,
    /// The address of what the numbers were read from.
    pub source: String,
    /// The version that was read.
    pub version: String,
    /// What a reader of the numbers should know.
    #[serde(default)]
    pub note: String,
    /// The repositories of its images, without registry and tag.
    #[serde(default)]
    pub images: Vec<String>,
    /// Whether its images hand the command's words to the program, whatever programs those words name elsewhere.
    #[serde(default)]
    pub takes_words: bool,
    /// Options that may stand in front of a subcommand and take a word.
    #[serde(default)]
    pub valued: Vec<String>,
    /// First words of commands that start it.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Files of a project that show that it is built on this library, where its program is nobody's.
    #[serde(default)]
    pub manifests: Vec<Manifest>,
    /// Variables that only this library reads: one of them is enough.
    #[serde(default)]
    pub variables: Vec<String>,
    /// First words of the commands that run such a project; any where none is named.
    #[serde(default)]
    pub runs: Vec<String>,
    /// Of several libraries that a project is built on, the one of the highest rank is taken: an ORM before its driver.
    #[serde(default)]
    pub rank: u8,
    /// Configuration files, as the process sees them, that may say otherwise and are not read.
    #[serde(default)]
    pub files: Vec<String>,
    /// Which server it dials.
    #[serde(default)]
    pub database: Database,
    /// The conditions under which it uses no PostgreSQL: one of them is enough.
    #[serde(default)]
    pub elsewhere: Vec<Condition>,
    /// Commands of it that end by themselves.
    #[serde(default)]
    pub passes: Vec<Words>,
    /// What it runs.
    pub groups: Vec<Group>,
    /// Deployments of it and what they come to.
    pub examples: Vec<Example>,
}

/// A file of a project and what it has to say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its path in the project's folder.
    pub file: String,
    /// A text that it holds: `"@prisma/client"`.
    pub names: String,
}

/// Words that stand in a command in this order, others perhaps between them: `celery worker`.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Words(pub String);

/// Where the address of the server stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Database {
    /// Variables that hold a URL, the first that is set counts.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Variables that hold a host, the first that is set counts.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Options of the command line that hold a URL.
    #[serde(default)]
    pub options: Vec<String>,
    /// Whether it uses PostgreSQL even where nothing here says which server.
    #[serde(default)]
    pub required: bool,
}

/// Something that the variables of a process decide.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Condition {
    /// The variable; of several names the first that is set.
    pub variable: OneOrMany,
    /// It holds one of these.
    pub is: Option<Vec<String>>,
    /// It holds none of these.
    pub is_not: Option<Vec<String>>,
    /// It is set to something, or not.
    pub set: Option<bool>,
    /// What it is where nothing sets it.
    pub default: Option<String>,
}

/// A name or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several, in the order in which they are looked for.
    Many(Vec<String>),
}

/// Identical processes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    /// What it is called behind the service's name.
    pub name: String,
    /// The commands that start it: one of them is enough. Without, any command does.
    #[serde(default)]
    pub when: Vec<Words>,
    /// Whether the image starts it when it is given no command.
    #[serde(default)]
    pub default: bool,
    /// It runs only where all of these hold.
    #[serde(default, rename = "if")]
    pub conditions: Vec<Condition>,
    /// How many processes.
    #[serde(default = "one")]
    pub processes: Formula,
    /// Threads in each.
    #[serde(default = "one")]
    pub threads: Formula,
    /// Tasks that each works on at once; nothing limits it where nothing is said.
    pub concurrency: Option<Formula>,
    /// How many of each of its pools a process has.
    #[serde(default = "one")]
    pub engines: Formula,
    /// The pools of one process.
    pub pools: Vec<PoolEntry>,
}

/// One pool of a process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PoolEntry {
    /// What the program calls it.
    pub name: String,
    /// Connections it keeps.
    pub size: Formula,
    /// Connections beyond those.
    pub overflow: Option<Formula>,
    /// Whether it opens them before they are wanted.
    #[serde(default)]
    pub ahead: bool,
    /// Which server it dials, where that is another one than the program's.
    pub database: Option<Database>,
    /// It is there only where all of these hold.
    #[serde(default, rename = "if")]
    pub conditions: Vec<Condition>,
}

/// A deployment of the program and what it comes to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// The command's words.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its variables.
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    /// Files of the project, where the entry is known by one.
    #[serde(default)]
    pub files: IndexMap<String, String>,
    /// What all its groups together can open.
    pub ceiling: Expected,
    /// The least of it that is certain, where the whole is unknown.
    pub floor: Option<u64>,
}

/// What an example comes to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Expected {
    /// This many.
    Number(u64),
    /// No number.
    Word(ExpectedWord),
}

/// What an example comes to where it is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedWord {
    /// It is not known.
    Unknown,
    /// Nothing limits it.
    Unbounded,
    /// It does not dial PostgreSQL.
    Nothing,
}

impl OneOrMany {
    /// The names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

fn one() -> Formula {
    Formula::Number(1)
}
