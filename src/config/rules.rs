//! `[rules]`: which rules are asked, how bad what they find is, and what their options are. Names are not checked here:
//! which rules there are is known to who loads them.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use super::ConfigError;
use crate::source::{SourceFile, TreePath};
use crate::trace::{How, Origin, Traced, Trail};

/// What `[rules]` says.
#[derive(Clone, Debug, Default)]
pub struct RuleSettings {
    /// Folders with rules of the project's own.
    pub extra: Vec<Traced<String>>,
    /// The `[rules.NAME]`s.
    pub rules: Vec<RuleSetting>,
    /// The `[[rules.override]]`s: of those that fit a path, the last one counts.
    pub overrides: Vec<RuleOverride>,
}

/// What `[rules.NAME]` says.
#[derive(Clone, Debug)]
pub struct RuleSetting {
    /// The rule's name.
    pub name: Traced<String>,
    /// How bad what it finds is.
    pub level: Option<Level>,
    /// Its options.
    pub options: Vec<(Traced<String>, Traced<toml::Value>)>,
}

/// What `[[rules.override]]` says.
#[derive(Clone, Debug)]
pub struct RuleOverride {
    /// The paths it is for, seen from the linted root.
    pub paths: Vec<GlobMatcher>,
    /// How bad what each rule finds there is.
    pub levels: Vec<(Traced<String>, Level)>,
}

impl RuleOverride {
    /// Whether it is for `path`.
    pub fn is_for(&self, path: &TreePath) -> bool {
        self.paths.iter().any(|glob| glob.is_match(path.as_str()))
    }
}

/// How bad what a rule finds is, when that is decided by the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not asked.
    Off,
    /// A warning, also where the rule by itself says error.
    Warning,
    /// An error.
    Error,
}

impl Level {
    fn of(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "warning" => Some(Self::Warning),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

const LEVELS: &str = "\"off\", \"warning\" or \"error\"";

/// The table as the file spells it.
#[derive(Default)]
pub(super) struct RulesTable {
    extra: Vec<Spanned<String>>,
    rules: Vec<(Spanned<String>, Spanned<Entry>)>,
    overrides: Vec<Vec<(Spanned<String>, Spanned<toml::Value>)>>,
}

/// `NAME = "off"`, or a table of a severity and options.
enum Entry {
    Word(String),
    Table(Vec<(Spanned<String>, Spanned<toml::Value>)>),
}

impl RulesTable {
    /// What the table says, each part at its place.
    pub(super) fn settings(self, file: &SourceFile) -> Result<RuleSettings, ConfigError> {
        let rule = |(name, entry): (Spanned<String>, Spanned<Entry>)| {
            let at = entry.span();
            let name = traced(file, name);
            let (mut level, mut options) = (None, Vec::new());
            match entry.into_inner() {
                Entry::Word(word) => level = Some(level_of(file, &Spanned::new(at, word.into()))?),
                Entry::Table(table) => {
                    for (key, value) in table {
                        if key.get_ref() == "severity" {
                            level = Some(level_of(file, &value)?);
                        } else {
                            options.push((traced(file, key), traced(file, value)));
                        }
                    }
                }
            }
            Ok(RuleSetting { name, level, options })
        };
        Ok(RuleSettings {
            extra: self.extra.into_iter().map(|folder| traced(file, folder)).collect(),
            rules: self.rules.into_iter().map(rule).collect::<Result<_, _>>()?,
            overrides: self.overrides.into_iter().map(|table| over(file, table)).collect::<Result<_, _>>()?,
        })
    }
}

fn over(
    file: &SourceFile,
    table: Vec<(Spanned<String>, Spanned<toml::Value>)>,
) -> Result<RuleOverride, ConfigError> {
    let (mut paths, mut levels) = (Vec::new(), Vec::new());
    for (key, value) in table {
        if key.get_ref() == "paths" {
            paths = globs(file, &value)?;
        } else {
            let level = level_of(file, &value)?;
            levels.push((traced(file, key), level));
        }
    }
    Ok(RuleOverride { paths, levels })
}

fn globs(file: &SourceFile, value: &Spanned<toml::Value>) -> Result<Vec<GlobMatcher>, ConfigError> {
    let wrong = |why: String| ConfigError::at(file, value.span(), why);
    let toml::Value::Array(paths) = value.get_ref() else {
        return Err(wrong("paths is a list of globs, as [\"legacy/**\"]".to_owned()));
    };
    let glob = |path: &toml::Value| {
        let path = path.as_str().ok_or_else(|| wrong("a path is a text".to_owned()))?;
        let glob = GlobBuilder::new(path.trim_start_matches("./")).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| wrong(error.to_string()))
    };
    paths.iter().map(glob).collect()
}

fn level_of(file: &SourceFile, value: &Spanned<toml::Value>) -> Result<Level, ConfigError> {
    value
        .get_ref()
        .as_str()
        .and_then(Level::of)
        .ok_or_else(|| ConfigError::at(file, value.span(), format!("a rule's severity is {LEVELS}")))
}

fn traced<T>(file: &SourceFile, value: Spanned<T>) -> Traced<T> {
    let at = Origin::at(How::Declared, file.at(value.span()));
    Traced::new(value.into_inner(), Trail::new(at))
}

#[cfg(test)]
impl schemars::JsonSchema for RulesTable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rules".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let level = generator.subschema_for::<Level>();
        schemars::json_schema!({
            "description": "Which rules are asked, how bad what they find is, and what their options are.",
            "type": "object",
            "properties": {
                "extra": {
                    "description": "Folders with rules of the project's own.",
                    "type": "array",
                    "items": {"type": "string"}
                },
                "override": {
                    "description": "Severities by path: of those that fit, the last one counts.",
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"paths": {"type": "array", "items": {"type": "string"}}},
                        "additionalProperties": level
                    }
                }
            },
            "additionalProperties": {
                "description": "A rule: its severity, or a table of its severity and options.",
                "anyOf": [
                    level,
                    {
                        "type": "object",
                        "properties": {"severity": level},
                        "additionalProperties": {"type": ["boolean", "number", "string"]}
                    }
                ]
            }
        })
    }
}

impl<'de> Deserialize<'de> for RulesTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TableVisitor)
    }
}

/// A table whose keys are names of rules, but for two.
struct TableVisitor;

impl<'de> Visitor<'de> for TableVisitor {
    type Value = RulesTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of rules")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RulesTable, A::Error> {
        let mut table = RulesTable::default();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            match key.get_ref().as_str() {
                "extra" => table.extra = map.next_value()?,
                "override" => {
                    let overrides: Vec<Pairs> = map.next_value()?;
                    table.overrides = overrides.into_iter().map(|pairs| pairs.0).collect();
                }
                _ => table.rules.push((key, map.next_value()?)),
            }
        }
        Ok(table)
    }
}

/// A table in the order of the file, each key and value at its place.
struct Pairs(Vec<(Spanned<String>, Spanned<toml::Value>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_map(EntryVisitor)? {
            Entry::Table(pairs) => Ok(Self(pairs)),
            Entry::Word(word) => Err(de::Error::invalid_type(de::Unexpected::Str(&word), &"a table")),
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{LEVELS}, or a table of a severity and options")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Entry, E> {
        Ok(Entry::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            pairs.push((key, map.next_value()?));
        }
        Ok(Entry::Table(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, FILE_NAME};
    use crate::source::{Memory, Sources};

    fn load(text: &str) -> Result<(RuleSettings, Sources), ConfigError> {
        let sources = Sources::new(Memory::new([(FILE_NAME, text)]));
        Config::load(&sources, None).map(|config| (config.rules, sources))
    }

    #[test]
    fn each_part_has_its_place() {
        let text = "[rules]\nextra = [\"ops/rules\"]\nnear-limit = \"off\"\n[rules.x]\nseverity = \"error\"\nthreshold = 0.7\n\
                    [[rules.override]]\npaths = [\"legacy/**\"]\ny = \"warning\"\n";
        let (settings, sources) = load(text).unwrap();
        let at = |trail: &Trail| sources.text(trail.place().unwrap());
        assert_eq!(
            (settings.extra[0].value.as_str(), at(&settings.extra[0].trail)),
            ("ops/rules", "\"ops/rules\"".to_owned())
        );
        let [near, x] = settings.rules.as_slice() else { panic!("two rules") };
        assert_eq!((near.level, at(&near.name.trail).as_str()), (Some(Level::Off), "near-limit"));
        let (option, value) = &x.options[0];
        assert_eq!(
            (x.level, at(&option.trail).as_str(), at(&value.trail).as_str()),
            (Some(Level::Error), "threshold", "0.7")
        );
        let over = &settings.overrides[0];
        assert_eq!((over.levels[0].0.value.as_str(), over.levels[0].1), ("y", Level::Warning));
        for (path, fits) in
            [("legacy/a/b.yml", true), ("legacy/c", true), ("legacy", false), ("a/legacy/c", false)]
        {
            assert_eq!(over.is_for(&TreePath::new(path)), fits, "{path}");
        }
    }

    #[test]
    fn what_is_no_severity_is_refused() {
        for text in [
            "[rules]\nx = \"info\"\n",
            "[rules]\nx = 1\n",
            "[rules.x]\nseverity = true\n",
            "[[rules.override]]\npaths = \"a\"\n",
            "[[rules.override]]\npaths = [\"[\"]\n",
            "[[rules.override]]\npaths = [\"a\"]\nx = 0.5\n",
            "rules = 1\n",
        ] {
            assert!(load(text).is_err(), "{text}");
        }
    }
}
