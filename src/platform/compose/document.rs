//! One document of a compose file: from YAML nodes to a model, its `!reset` and `!override` tags noted.

use super::refusals::Refusals;
use super::value::{Data, Entry, Kind, Map, Value};
use crate::syntax::yaml::{self, Node, Type};
use crate::trace::Text;

/// Keys from the top of a model to a value that `!reset` or `!override` takes away from the files before.
pub(super) type ResetPath = Vec<String>;

/// A document.
pub(super) struct Document {
    /// Its top-level mapping.
    pub(super) model: Map,
    /// What its tags take away from the documents before it.
    pub(super) resets: Vec<ResetPath>,
}

impl Document {
    /// The document at `node`; `None` when its top level is no mapping, which compose refuses.
    pub(super) fn new(node: &Node, refusals: &mut Refusals<'_>) -> Option<Self> {
        let mut reader = Reader { refusals, resets: Vec::new(), path: Vec::new() };
        let value = reader.value(node);
        let resets = reader.resets;
        if let Some(Value { data: Data::Map(model), .. }) = value {
            return Some(Self { model, resets });
        }
        refusals.malformed(node.span, "the top level of a compose file is a mapping");
        None
    }
}

struct Reader<'a, 'r> {
    refusals: &'a mut Refusals<'r>,
    resets: Vec<ResetPath>,
    path: ResetPath,
}

impl Reader<'_, '_> {
    /// The value at `node`; `None` for one that `!reset` takes away.
    fn value(&mut self, node: &Node) -> Option<Value> {
        match node.tag.as_deref() {
            Some("!reset") => {
                self.resets.push(self.path.clone());
                return None;
            }
            Some("!override") => self.resets.push(self.path.clone()),
            _ => {}
        }
        let data = match &node.data {
            yaml::Data::Scalar(scalar) => {
                let kind = match scalar.typed {
                    Type::Null => Kind::Null,
                    Type::Bool(value) => Kind::Bool(value),
                    Type::Int(value) => Kind::Integer(value),
                    Type::Float(value) => Kind::Float(value),
                    Type::String | Type::Timestamp(_) => Kind::String,
                };
                let text = yaml::as_string(scalar).unwrap_or_else(|| Text::decoded("", node.span));
                return Some(Value::scalar(text, kind, node.span));
            }
            yaml::Data::Sequence(items) => Data::List(self.items(items)),
            yaml::Data::Mapping(entries) => Data::Map(self.entries(entries)),
        };
        Some(Value { data, span: node.span })
    }

    fn items(&mut self, items: &[Node]) -> Vec<Value> {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.push(index.to_string());
            values.extend(self.value(item));
            self.path.pop();
        }
        values
    }

    fn entries(&mut self, entries: &[(Node, Node)]) -> Map {
        let mut map = Map::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = self.key(key) else { continue };
            self.path.push(name.as_str().to_owned());
            if let Some(value) = self.value(value) {
                map.insert(name.as_str().to_owned(), Entry::new(name, value));
            }
            self.path.pop();
        }
        map
    }

    /// The key as a string; compose refuses any other (`Non-string key`).
    fn key(&mut self, key: &Node) -> Option<Text> {
        match &key.data {
            yaml::Data::Scalar(scalar) if scalar.typed == Type::String => Some(scalar.text.clone()),
            _ => {
                self.refusals.malformed(key.span, "a key has to be a string: put it in quotes");
                None
            }
        }
    }
}

/// Takes away what `resets` names. Items of lists are out of its reach, as in compose-go's `applyNullOverrides`.
pub(super) fn apply_resets(model: &mut Map, resets: &[ResetPath]) {
    for path in resets {
        let Some((last, folders)) = path.split_last() else { continue };
        let mut here = Some(&mut *model);
        for key in folders {
            here = here.and_then(|map| map.get_mut(key)).and_then(|entry| entry.value.as_map_mut());
        }
        if let Some(map) = here {
            map.shift_remove(last);
        }
    }
}
