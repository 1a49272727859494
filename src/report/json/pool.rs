//! The shape of a pool in the JSON reports.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::RangeJson;
use super::model::{CountJson, OriginJson};
use crate::pool::Meaning;

/// One pool in one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PoolJson {
    /// Its name.
    pub name: String,
    /// The class that keeps it.
    pub kind: &'static str,
    /// Connections it keeps; `null` also where it has no such number.
    pub size: Option<CountJson>,
    /// Connections beyond those; `null` also where it has no such number.
    pub overflow: Option<CountJson>,
    /// What the pools' settings allow.
    pub ceiling: CountJson,
    /// What concurrency lets them reach.
    pub reachable: CountJson,
    /// Where it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<RangeJson>,
    /// What else it is set to, under the names of its library in small letters: `pool_recycle`.
    pub settings: BTreeMap<String, MeaningJson>,
    /// Where the numbers come from.
    pub origins: PoolOrigins,
}

/// Where a pool's numbers come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PoolOrigins {
    /// Connections it keeps; `null` also where it has no such number.
    pub size: Vec<OriginJson>,
    /// Connections beyond those; `null` also where it has no such number.
    pub overflow: Vec<OriginJson>,
    /// Its further settings, under their names in small letters: `conn_max_age`.
    #[serde(flatten)]
    pub settings: BTreeMap<String, Vec<OriginJson>>,
}

/// What a setting comes to: a number, true or false, a text, `"never"`, or `null` for unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeaningJson(Meaning);

impl MeaningJson {
    /// The meaning as programs read it.
    pub fn of(meaning: &Meaning) -> Self {
        Self(meaning.clone())
    }
}

#[cfg(test)]
impl schemars::JsonSchema for MeaningJson {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Meaning".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "What a setting comes to; null for unknown.",
            "type": ["integer", "number", "boolean", "string", "null"]
        })
    }
}

impl Serialize for MeaningJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Meaning::Number(number) => serializer.serialize_i64(*number),
            Meaning::Flag(flag) => serializer.serialize_bool(*flag),
            Meaning::Never => serializer.serialize_str("never"),
            Meaning::Text(text) => serializer.serialize_str(text),
            Meaning::Unknown(_) => serializer.serialize_none(),
        }
    }
}
