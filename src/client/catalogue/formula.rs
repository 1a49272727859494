//! Numbers as entries spell them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};

use super::entry::OneOrMany;

/// How a number comes about.
#[derive(Clone, Debug)]
pub enum Formula {
    /// The program's default, which nothing here changes.
    Number(u64),
    /// What the command line or the environment says, else the default.
    Setting(Setting),
    /// What a file of the project says, else the default.
    InFile {
        /// The files' paths in the project's folder.
        files: Vec<String>,
        /// What stands in front of the number: `pool:`.
        key: String,
        /// What it is where no file says it.
        default: Box<Formula>,
    },
    /// One, where a file of the project is there and says none of some words; unknown where it says one of them.
    OneUnless {
        /// The files' paths in the project's folder.
        files: Vec<String>,
        /// The words, each at the beginning of a line.
        says: Vec<String>,
        /// Why it is unknown then.
        why: String,
        /// What is missing then, in words that follow a number.
        symbol: Option<String>,
    },
    /// So many for each CPU, and some more.
    Cpus {
        /// For each CPU.
        times: u64,
        /// Beside those.
        plus: u64,
        /// There are at least so many, however few CPUs there are.
        least: u64,
    },
    /// All of them together.
    Sum(Vec<Formula>),
    /// One times the other.
    Product(Vec<Formula>),
    /// The largest of them.
    Largest(Vec<Formula>),
    /// No source tells.
    Unknown {
        /// Why, to be read after "unknown: ".
        why: String,
        /// What is missing, in words that follow a number; what is counted where nothing is said.
        symbol: Option<String>,
        /// What is certain of it.
        floor: u64,
    },
    /// Nothing limits it.
    Unbounded,
}

/// A number that the deployment may set.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Options of the command line, which win.
    pub options: Vec<String>,
    /// Variables; the first that is set counts.
    pub variables: Vec<String>,
    /// A parameter of the database URL, or of what `of` holds.
    pub parameter: Option<String>,
    /// A variable that holds parameters: `?pool=50`.
    pub of: Option<String>,
    /// Values that mean that nothing limits it.
    pub unlimited: Vec<i64>,
    /// Values that mean the default.
    pub unset: Vec<String>,
    /// What it is where nothing sets it.
    pub default: Box<Formula>,
    /// The setting's name; that of the first variable, option or parameter where it has none of its own.
    pub name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    variable: Option<OneOrMany>,
    option: Option<OneOrMany>,
    parameter: Option<String>,
    of: Option<String>,
    #[serde(default)]
    unlimited: Vec<i64>,
    #[serde(default)]
    unset: Vec<String>,
    default: Option<Box<Formula>>,
    name: Option<String>,
    file: Option<OneOrMany>,
    key: Option<String>,
    one_unless: Option<Vec<String>>,
    cpus: Option<u64>,
    plus: Option<u64>,
    least: Option<u64>,
    sum: Option<Vec<Formula>>,
    product: Option<Vec<Formula>>,
    largest: Option<Vec<Formula>>,
    unknown: Option<String>,
    symbol: Option<String>,
    floor: Option<u64>,
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Formula;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, `unbounded`, or a table with `variable`, `cpus`, `sum`, `product`, `largest` or `unknown`")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Formula, E> {
        Ok(Formula::Number(number))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Formula, E> {
        if word == "unbounded" {
            return Ok(Formula::Unbounded);
        }
        Err(E::custom(format!("`{word}` is no number: only `unbounded` is said in a word")))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Formula, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(map))?.formula()
    }
}

impl Table {
    /// The one thing that the table says.
    fn formula<E: Error>(self) -> Result<Formula, E> {
        let is_setting = self.variable.is_some() || self.option.is_some() || self.parameter.is_some();
        let one_unless = self.one_unless.is_some();
        let heads = [
            is_setting,
            self.file.is_some(),
            self.cpus.is_some(),
            self.sum.is_some(),
            self.product.is_some(),
            self.largest.is_some(),
            self.unknown.is_some() && !one_unless,
        ];
        if heads.iter().filter(|there| **there).count() != 1 {
            return Err(E::custom(
                "a number says one of `variable`/`option`/`parameter`, `file`, `cpus`, `sum`, `product`, `largest`, `unknown`",
            ));
        }
        if is_setting {
            return self.setting();
        }
        if let Some(files) = self.file {
            let files = files.names().to_vec();
            if let Some(says) = self.one_unless {
                let why = self.unknown.unwrap_or_default();
                return Ok(Formula::OneUnless { files, says, why, symbol: self.symbol });
            }
            let (Some(key), Some(default)) = (self.key, self.default) else {
                return Err(E::custom("a number in a `file` has a `key` and a `default`"));
            };
            return Ok(Formula::InFile { files, key, default });
        }
        let list = self.sum.map(Formula::Sum).or(self.product.map(Formula::Product));
        if let Some(list) = list.or(self.largest.map(Formula::Largest)) {
            return Ok(list);
        }
        if let Some(why) = self.unknown {
            return Ok(Formula::Unknown { why, symbol: self.symbol, floor: self.floor.unwrap_or(0) });
        }
        Ok(Formula::Cpus {
            times: self.cpus.unwrap_or(1),
            plus: self.plus.unwrap_or(0),
            least: self.least.unwrap_or(0),
        })
    }

    fn setting<E: Error>(self) -> Result<Formula, E> {
        let names = |list: Option<OneOrMany>| list.map(|list| list.names().to_vec()).unwrap_or_default();
        let (variables, options) = (names(self.variable), names(self.option));
        let first = variables.first().or(options.first()).or(self.parameter.as_ref()).cloned();
        let Some(default) = self.default else {
            return Err(E::custom("a setting has a `default`: a number, or `{unknown: why}`"));
        };
        Ok(Formula::Setting(Setting {
            name: self.name.or(first).unwrap_or_default(),
            options,
            variables,
            parameter: self.parameter,
            of: self.of,
            unlimited: self.unlimited,
            unset: self.unset,
            default,
        }))
    }
}
